/* The tables, step by step, and how a connection is set up. A step that was released is never
 * changed: files are out there that were made by it. */
#include "ports/store/sql.h"

#include "words/check.h"

/* A body is kept once, in its plan, split around its status. `copies` lists the plan's inbox copies
 * as (conversation, status) pairs in the order of publishing (copies.h): an index from a plan to
 * its timeline rows would cost 13 % of a group's message. Ids of messages are derived from
 * (incarnation, stream_offset, child) and back (ident.h), so that there is no index on ids either.
 */
static const char *const SCHEMA[SQL_SCHEMA_VERSION] = {
    "CREATE TABLE mark ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  incarnation INTEGER NOT NULL,"
    "  stream_offset INTEGER," /* NULL: none yet */
    "  digest INTEGER NOT NULL,"
    "  drained INTEGER NOT NULL,"
    "  drained_next INTEGER NOT NULL,"
    "  newest_seq INTEGER NOT NULL,"
    "  confirmed_seq INTEGER NOT NULL"
    ") STRICT;"
    /* Drained messages are numbered from a random number on: their ids come from it alone, and must
     * not be those of another store's. */
    "INSERT INTO mark VALUES (1, 0, NULL, 0, 0, abs(random() % 281474976710656), 0, 0);"
    "CREATE TABLE binding ("
    "  position INTEGER PRIMARY KEY,"
    "  pattern TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE plan ("
    "  seq INTEGER PRIMARY KEY,"
    "  incarnation INTEGER NOT NULL,"
    "  stream_offset INTEGER NOT NULL,"
    "  child INTEGER NOT NULL,"
    "  digest INTEGER NOT NULL,"
    "  app TEXT,"
    "  sender TEXT,"
    "  recipient TEXT,"
    "  form INTEGER NOT NULL,"
    "  received_ms INTEGER NOT NULL,"
    "  outcome INTEGER NOT NULL,"
    "  policy TEXT,"
    "  code TEXT,"
    "  reason TEXT,"
    "  generation INTEGER NOT NULL,"
    "  updates_conversation INTEGER NOT NULL,"
    "  copies BLOB,"
    "  head BLOB,"
    "  tail BLOB,"
    "  UNIQUE (incarnation, stream_offset, child)"
    ") STRICT;"
    "CREATE TABLE conversation ("
    "  id INTEGER PRIMARY KEY,"
    "  app TEXT NOT NULL,"
    "  owner TEXT NOT NULL,"
    "  other TEXT NOT NULL,"
    "  last_seq INTEGER," /* NULL: nothing to show yet */
    "  is_new INTEGER NOT NULL,"
    "  archived INTEGER NOT NULL,"
    "  UNIQUE (app, owner, other)"
    ") STRICT;"
    /* Against a rowid and UNIQUE: a group's message is 11 % cheaper; no difference to one packed
     * integer key. */
    "CREATE TABLE timeline ("
    "  conversation INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  status INTEGER NOT NULL,"
    "  PRIMARY KEY (conversation, seq)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE letter ("
    "  seq INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  to_dead INTEGER NOT NULL,"
    "  key TEXT,"
    "  body BLOB,"
    "  reason TEXT,"
    "  PRIMARY KEY (seq, position)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE block ("
    "  app TEXT NOT NULL,"
    "  blocker TEXT NOT NULL,"
    "  blocked TEXT NOT NULL,"
    "  PRIMARY KEY (app, blocker, blocked)"
    ") STRICT, WITHOUT ROWID;"
    /* `members` are the ids with a NUL after each (no id has one): 1,000 are read in 22 us; parsing
     * the object each time took 223. */
    "CREATE TABLE chat_group ("
    "  key INTEGER PRIMARY KEY,"
    "  app TEXT NOT NULL,"
    "  id TEXT NOT NULL,"
    "  owner TEXT,"
    "  members BLOB NOT NULL,"
    "  json BLOB NOT NULL,"
    "  UNIQUE (app, id)"
    ") STRICT;",
    /* What waits (deferred, quarantined) beside its plan's row. The sides are '' where the key told
     * none. `is_head`: a deferred one with the lowest place of its pair; so those that may go are
     * found without looking at those behind them. */
    "ALTER TABLE plan ADD COLUMN hops INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE waiting ("
    "  seq INTEGER PRIMARY KEY," /* of the plan */
    "  outcome INTEGER NOT NULL,"
    "  due_ms INTEGER NOT NULL,"
    "  place INTEGER NOT NULL,"
    "  times INTEGER NOT NULL,"
    "  next_child INTEGER NOT NULL,"
    "  app TEXT NOT NULL,"
    "  sender TEXT NOT NULL,"
    "  recipient TEXT NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  is_head INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX waiting_sender ON waiting (app, sender, bytes);"
    "CREATE INDEX waiting_outcome ON waiting (outcome);"
    "CREATE INDEX waiting_pair ON waiting (app, sender, recipient, place) WHERE outcome = 5;"
    "CREATE INDEX waiting_head ON waiting (due_ms) WHERE is_head = 1;"
    /* A change makes a new row, so that `id` says which key is longest unchanged. */
    "CREATE TABLE kv ("
    "  id INTEGER PRIMARY KEY,"
    "  policy TEXT NOT NULL,"
    "  app TEXT NOT NULL,"
    "  key TEXT NOT NULL,"
    "  value BLOB NOT NULL,"
    "  expires_ms INTEGER NOT NULL," /* 0: never */
    "  UNIQUE (policy, app, key)"
    ") STRICT;"
    "CREATE INDEX kv_expires ON kv (expires_ms) WHERE expires_ms > 0;",
    /* `kind`: of the traffic (enum route_kind). `foreign_id`: messages whose id is not derived from
     * where they stand: what other servers gave them. What was imported has seqs below 0. */
    "ALTER TABLE plan ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE plan ADD COLUMN foreign_id TEXT;"
    "CREATE TABLE foreign_message ("
    "  app TEXT NOT NULL,"
    "  message_id TEXT NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  PRIMARY KEY (app, message_id)"
    ") STRICT, WITHOUT ROWID;"
    /* What clients patched: since the last message (`patch`, as of `patch_seq`), and before it
     * (`old_patch`), where the message's own fields win. */
    "ALTER TABLE conversation ADD COLUMN patch BLOB;"
    "ALTER TABLE conversation ADD COLUMN patch_seq INTEGER;"
    "ALTER TABLE conversation ADD COLUMN old_patch BLOB;"
    "CREATE TABLE presence ("
    "  app TEXT NOT NULL,"
    "  user TEXT NOT NULL,"
    "  client TEXT NOT NULL,"
    "  seen_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (app, user, client)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX presence_seen ON presence (seen_ms);"
    "CREATE TABLE instance ("
    "  app TEXT NOT NULL,"
    "  user TEXT NOT NULL,"
    "  id TEXT NOT NULL,"
    "  json BLOB NOT NULL,"
    "  PRIMARY KEY (app, user, id)"
    ") STRICT, WITHOUT ROWID;"
    /* How far each file of an import was read. */
    "CREATE TABLE import ("
    "  file TEXT PRIMARY KEY,"
    "  position INTEGER NOT NULL,"
    "  lines INTEGER NOT NULL,"
    "  documents INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    /* `position`: in the settings; NULL: it is named no more. A row stays for ever, so that its
     * number is never another's. */
    "CREATE TABLE endpoint ("
    "  id INTEGER PRIMARY KEY,"
    "  url TEXT NOT NULL UNIQUE,"
    "  position INTEGER"
    ") STRICT;"
    /* Events that wait to be posted. `id` is the endpoint's number and the event's (outbox.h), so
     * that the oldest of an endpoint are found without an index. Those of copies refer to the
     * message (`seq`) and to the conversation it is a copy in; others have their words with them.
     * `is_head`: the first of its lane, which the others wait for. `since_ms`: since when it waits,
     * where that is not since it happened. */
    "CREATE TABLE outbox ("
    "  id INTEGER PRIMARY KEY,"
    "  endpoint INTEGER NOT NULL,"
    "  lane INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  due_ms INTEGER NOT NULL,"
    "  tries INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  is_head INTEGER NOT NULL,"
    "  seq INTEGER,"
    "  conversation INTEGER,"
    "  since_ms INTEGER,"
    "  answer INTEGER,"
    "  error TEXT,"
    "  app TEXT,"
    "  owner TEXT,"
    "  other TEXT,"
    "  message_id TEXT,"
    "  topic TEXT,"
    "  data BLOB"
    ") STRICT;"
    "CREATE INDEX outbox_lane ON outbox (endpoint, lane);"
    "CREATE INDEX outbox_head ON outbox (endpoint, due_ms) WHERE is_head = 1;"
    "CREATE TABLE outbox_dead ("
    "  id INTEGER PRIMARY KEY,"
    "  url TEXT NOT NULL,"
    "  dead_ms INTEGER NOT NULL,"
    "  lane INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  tries INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  seq INTEGER,"
    "  conversation INTEGER,"
    "  answer INTEGER,"
    "  error TEXT,"
    "  app TEXT,"
    "  owner TEXT,"
    "  other TEXT,"
    "  message_id TEXT,"
    "  topic TEXT,"
    "  data BLOB"
    ") STRICT;"
    "CREATE INDEX outbox_dead_time ON outbox_dead (dead_ms);"
    "ALTER TABLE mark ADD COLUMN newest_event INTEGER NOT NULL DEFAULT 0;"
    /* Of a dead letter, whose body may be a first part; 0: not known. */
    "ALTER TABLE letter ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;",
    /* What senders call their messages, so that none is sent twice; in the order they came, so that
     * the oldest are swept first. */
    "CREATE TABLE client_message ("
    "  id INTEGER PRIMARY KEY,"
    "  app TEXT NOT NULL,"
    "  sender TEXT NOT NULL,"
    "  client_id TEXT NOT NULL,"
    "  incarnation INTEGER NOT NULL,"
    "  stream_offset INTEGER NOT NULL,"
    "  child INTEGER NOT NULL,"
    "  received_ms INTEGER NOT NULL,"
    "  UNIQUE (app, sender, client_id)"
    ") STRICT;"
    /* `since_s`: tokens issued before are refused; `until_ms`: messages are, until then. */
    "CREATE TABLE revocation ("
    "  app TEXT NOT NULL,"
    "  user TEXT NOT NULL,"
    "  since_s INTEGER NOT NULL,"
    "  until_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (app, user)"
    ") STRICT, WITHOUT ROWID;"
    /* What its owner has read, as far as is known: all up to when it last stopped being new. */
    "ALTER TABLE conversation ADD COLUMN read_seq INTEGER;"
    "UPDATE conversation SET read_seq = last_seq - is_new;"
    /* Of what was stored up to `newest_seq`. `phase` and the three behind it: how far it has come
     * (erase.c). `newest_imported`: the newest message that came by an import, whose number must
     * not become another's. NULL while it is under way: `stored_ms` here, `log_ms` in the decision
     * log, `dead_ms` in the dead queue. A row stays: it says what was done, and when. */
    "CREATE TABLE erasure ("
    "  id INTEGER PRIMARY KEY,"
    "  kind INTEGER NOT NULL,"
    "  app TEXT NOT NULL,"
    "  target TEXT NOT NULL,"
    "  newest_seq INTEGER NOT NULL,"
    "  newest_imported INTEGER,"
    "  phase INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  copies INTEGER NOT NULL,"
    "  place TEXT NOT NULL,"
    "  messages INTEGER NOT NULL,"
    "  entries INTEGER NOT NULL,"
    "  conversations INTEGER NOT NULL,"
    "  others INTEGER NOT NULL,"
    "  log_lines INTEGER NOT NULL,"
    "  letters INTEGER NOT NULL,"
    "  begun_ms INTEGER NOT NULL,"
    "  stored_ms INTEGER,"
    "  log_ms INTEGER,"
    "  dead_ms INTEGER"
    ") STRICT;"
    /* Where in the stream erased messages stand, and what they are told by: the stream is known
     * again by its messages (store_knows), and what it still has of them must not be taken anew. */
    "CREATE TABLE erased ("
    "  stream_offset INTEGER NOT NULL,"
    "  digest INTEGER NOT NULL,"
    "  PRIMARY KEY (stream_offset, digest)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX erasure_target ON erasure (app, target, kind);"
    "CREATE INDEX erasure_open ON erasure (id)"
    " WHERE stored_ms IS NULL OR log_ms IS NULL OR dead_ms IS NULL;",
};

const char *sql_schema_step(int version) {
    check(version >= 0 && version < SQL_SCHEMA_VERSION);
    return SCHEMA[version];
}

/* The checkpoint runs inside the commit that crosses its size and is the tail of latency: 4,000
 * pages made it 10 ms (1,000: 4 ms) and won 15 % of throughput at no less CPU, 16,000 pages 15 ms
 * and 5 % more. Pages of 8 KB won nothing. */
const char sql_writer_setup[] = "PRAGMA journal_mode = WAL;"
                                "PRAGMA foreign_keys = OFF;"
                                "PRAGMA temp_store = MEMORY;"
                                "PRAGMA cache_size = -65536;"
                                "PRAGMA wal_autocheckpoint = 1000;"
                                "PRAGMA secure_delete = ON;" /* what is erased is */
                                "PRAGMA journal_size_limit = 67108864;";
/* No mmap: a fact just after a commit took 18 us with it, 8 without. */
const char sql_reader_setup[] = "PRAGMA query_only = ON;"
                                "PRAGMA temp_store = MEMORY;"
                                "PRAGMA cache_size = -16384;";
const char sql_sync_full[] = "PRAGMA synchronous = FULL";
const char sql_sync_normal[] = "PRAGMA synchronous = NORMAL";
