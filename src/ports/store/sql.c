#include "ports/store/sql.h"

#include "words/check.h"

#include <stddef.h>

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
};

/* A conversation's id is looked up first, then the row is changed by its id: one upsert with
 * RETURNING builds a temporary table each time and cost 30 % more a direct message, 70 % more a
 * group's. */
static const char *const TEXTS[SQL_END] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SAVE] = "SAVEPOINT one_plan",
    [SQL_UNDO] = "ROLLBACK TO one_plan",
    [SQL_RELEASE] = "RELEASE one_plan",
    [SQL_MARK] = "SELECT incarnation, stream_offset, digest, drained, drained_next, newest_seq,"
                 " confirmed_seq FROM mark WHERE id = 1",
    [SQL_SET_MARK] = "UPDATE mark SET incarnation = ?1, stream_offset = ?2, digest = ?3,"
                     " drained = ?4, drained_next = ?5, newest_seq = ?6, confirmed_seq = ?7"
                     " WHERE id = 1",
    [SQL_BINDINGS] = "SELECT pattern FROM binding ORDER BY position",
    [SQL_CLEAR_BINDINGS] = "DELETE FROM binding",
    [SQL_ADD_BINDING] = "INSERT INTO binding (pattern) VALUES (?1)",
    [SQL_FIND_CONVERSATION] = "SELECT id FROM conversation"
                              " WHERE app = ?1 AND owner = ?2 AND other = ?3",
    [SQL_ADD_CONVERSATION] = "INSERT INTO conversation (app, owner, other, last_seq, is_new,"
                             " archived) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
    [SQL_RENEW_CONVERSATION] = "UPDATE conversation SET last_seq = ?2, is_new = 1, archived = 0"
                               " WHERE id = ?1 AND (last_seq IS NULL OR last_seq < ?2)",
    [SQL_CONTINUE_CONVERSATION] = "UPDATE conversation SET last_seq = ?2, archived = 0"
                                  " WHERE id = ?1 AND (last_seq IS NULL OR last_seq < ?2)",
    /* A status only rises, and failed is final. */
    [SQL_ADD_ENTRY] = "INSERT INTO timeline (conversation, seq, status) VALUES (?1, ?2, ?3)"
                      " ON CONFLICT (conversation, seq) DO UPDATE SET status ="
                      " CASE WHEN status = -100 THEN -100 ELSE max(status, excluded.status) END",
    [SQL_ADD_PLAN] = "INSERT INTO plan (seq, incarnation, stream_offset, child, digest, app,"
                     " sender, recipient, form, received_ms, outcome, policy, code, reason,"
                     " generation, updates_conversation, copies, head, tail)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                     " ?16, ?17, ?18, ?19)",
    [SQL_FIND_PLAN] = "SELECT seq FROM plan"
                      " WHERE incarnation = ?1 AND stream_offset = ?2 AND child = ?3",
    /* The incarnations are few: each is one step in the index of (incarnation, …). */
    [SQL_KNOWS] = "WITH RECURSIVE taken (incarnation) AS ("
                  " SELECT min(incarnation) FROM plan WHERE incarnation > 0"
                  " UNION ALL SELECT (SELECT min(p.incarnation) FROM plan p"
                  " WHERE p.incarnation > taken.incarnation)"
                  " FROM taken WHERE taken.incarnation IS NOT NULL)"
                  " SELECT 1 FROM taken CROSS JOIN plan p"
                  " WHERE p.incarnation = taken.incarnation AND p.stream_offset = ?1"
                  " AND p.child = 0 AND p.digest = ?2 LIMIT 1",
    [SQL_DRAINED_RECENT] = "SELECT digest FROM plan WHERE incarnation = 0 AND child = 0"
                           " ORDER BY stream_offset DESC LIMIT ?1",
    [SQL_ADD_LETTER] = "INSERT INTO letter (seq, position, to_dead, key, body, reason)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_DROP_LETTERS] = "DELETE FROM letter WHERE (seq, position) IN (SELECT seq, position"
                         " FROM letter WHERE seq <= ?1 ORDER BY seq, position LIMIT ?2)",
    [SQL_NEWEST_LETTER] = "SELECT max(seq) FROM letter",
    [SQL_BLOCK] = "INSERT OR IGNORE INTO block (app, blocker, blocked) VALUES (?1, ?2, ?3)",
    [SQL_UNBLOCK] = "DELETE FROM block WHERE app = ?1 AND blocker = ?2 AND blocked = ?3",
    [SQL_PUT_GROUP] = "INSERT INTO chat_group (app, id, owner, members, json)"
                      " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (app, id) DO UPDATE SET"
                      " owner = excluded.owner, members = excluded.members, json = excluded.json",
    [SQL_UNCONFIRMED] = "SELECT seq, incarnation, stream_offset, child, digest, app, sender,"
                        " recipient, form, received_ms, outcome, policy, code, reason, generation,"
                        " updates_conversation, copies, head, tail"
                        " FROM plan WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    [SQL_CONVERSATION] = "SELECT owner, other FROM conversation WHERE id = ?1",
    [SQL_LETTERS] = "SELECT to_dead, key, body, reason FROM letter WHERE seq = ?1"
                    " ORDER BY position",

    [SQL_BLOCKED] = "SELECT 1 FROM block WHERE app = ?1 AND blocker = ?2 AND blocked = ?3",
    [SQL_GROUP] = "SELECT owner, members, json FROM chat_group WHERE app = ?1 AND id = ?2",
    [SQL_HISTORY_OF_CONVERSATION] =
        "SELECT t.seq, t.status, c.owner, c.other, p.incarnation, p.stream_offset, p.child,"
        " p.head, p.tail FROM conversation c CROSS JOIN timeline t CROSS JOIN plan p"
        " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3 AND t.conversation = c.id"
        " AND t.seq < ?4 AND p.seq = t.seq ORDER BY t.seq DESC LIMIT ?5",
    /* The newest few of each conversation first, then the newest few of those: no timeline is read
     * whole, and bodies are read last. */
    [SQL_HISTORY_OF_OWNER] =
        "SELECT n.seq, n.status, n.owner, n.other, p.incarnation, p.stream_offset, p.child,"
        " p.head, p.tail FROM (SELECT t.seq, t.status, c.owner, c.other"
        " FROM conversation c CROSS JOIN timeline t WHERE c.app = ?1 AND c.owner = ?2"
        " AND t.conversation = c.id AND t.seq IN (SELECT x.seq FROM timeline x"
        " WHERE x.conversation = c.id AND x.seq < ?3 ORDER BY x.seq DESC LIMIT ?4)"
        " ORDER BY t.seq DESC LIMIT ?4) n CROSS JOIN plan p WHERE p.seq = n.seq"
        " ORDER BY n.seq DESC",
    [SQL_COUNT_OF_CONVERSATION] = "SELECT count(*) FROM conversation c CROSS JOIN timeline t"
                                  " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3"
                                  " AND t.conversation = c.id",
    [SQL_COUNT_OF_OWNER] = "SELECT count(*) FROM conversation c CROSS JOIN timeline t"
                           " WHERE c.app = ?1 AND c.owner = ?2 AND t.conversation = c.id",
};

/* The checkpoint runs inside the commit that crosses its size and is the tail of latency: 4,000
 * pages made it 10 ms (1,000: 4 ms) and won 15 % of throughput at no less CPU, 16,000 pages 15 ms
 * and 5 % more. Pages of 8 KB won nothing. */
const char sql_writer_setup[] = "PRAGMA journal_mode = WAL;"
                                "PRAGMA foreign_keys = OFF;"
                                "PRAGMA temp_store = MEMORY;"
                                "PRAGMA cache_size = -65536;"
                                "PRAGMA wal_autocheckpoint = 1000;"
                                "PRAGMA journal_size_limit = 67108864;";
/* No mmap: a fact just after a commit took 18 us with it, 8 without. */
const char sql_reader_setup[] = "PRAGMA query_only = ON;"
                                "PRAGMA temp_store = MEMORY;"
                                "PRAGMA cache_size = -16384;";
const char sql_sync_full[] = "PRAGMA synchronous = FULL";
const char sql_sync_normal[] = "PRAGMA synchronous = NORMAL";

const char sql_get_journal[] = "PRAGMA journal_mode";
const char sql_get_application_id[] = "PRAGMA application_id";
const char sql_get_version[] = "PRAGMA user_version";
const char sql_count_tables[] = "SELECT count(*) FROM sqlite_schema";
const char sql_set_identity[] = "PRAGMA application_id = %d; PRAGMA user_version = %d";

const char sql_stop_growth[] = "PRAGMA max_page_count = 1";
const char sql_allow_growth[] = "PRAGMA max_page_count = 1073741823";

const char *sql_text(enum sql sql) {
    check(sql < SQL_END && TEXTS[sql]);
    return TEXTS[sql];
}

const char *sql_schema_step(int version) {
    check(version >= 0 && version < SQL_SCHEMA_VERSION);
    return SCHEMA[version];
}
