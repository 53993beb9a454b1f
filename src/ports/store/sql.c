#include "ports/store/sql.h"

#include "words/check.h"

#include <stddef.h>

/* A plan with what is known of its waiting: what plan_read takes. The next child is numbered behind
 * all that are stored of the message, whoever of its family caused them. */
#define PLAN_COLUMNS                                                                               \
    "SELECT p.seq, p.incarnation, p.stream_offset, p.child, p.digest, p.app, p.sender,"            \
    " p.recipient, p.form, p.received_ms, p.outcome, p.policy, p.code, p.reason, p.generation,"    \
    " p.updates_conversation, p.copies, p.head, p.tail, p.hops, w.due_ms, w.place, w.times,"       \
    " CASE WHEN w.seq IS NOT NULL THEN max(w.next_child, (SELECT max(c.child) + 1 FROM plan c"     \
    " WHERE c.incarnation = p.incarnation AND c.stream_offset = p.stream_offset)) END,"            \
    " p.kind, p.foreign_id"
#define HAS_MESSAGE " AND EXISTS (SELECT 1 FROM plan p WHERE p.seq = t.seq)"
/* Its pair. The number is PLAN_DEFERRED, as in the index. */
#define PAIR " outcome = 5 AND app = ?1 AND sender = ?2 AND recipient = ?3"

/* What an event of the outbox holds, as outbox_read.c takes it, of `o` with its endpoint's place
 * and URL. A copy's words come from its plan and conversation. */
#define EVENT_COLUMNS                                                                              \
    " o.kind, o.created_ms, o.tries, o.answer, o.error, o.app, o.owner, o.other, o.message_id,"    \
    " o.topic, o.data, o.conversation, c.owner, c.other, p.app, p.recipient, p.form,"              \
    " p.incarnation, p.stream_offset, p.child, p.foreign_id, p.head, p.tail"
#define EVENT_PARTS                                                                                \
    " LEFT JOIN conversation c ON c.id = o.conversation AND c.app <> ''"                           \
    " LEFT JOIN plan p ON p.seq = o.seq AND o.conversation IS NOT NULL"
/* Is it about a user (?3, ?4), and of before (?2)? A copy, also where its message or its place is
 * gone. */
#define EVENT_IS_OF                                                                                \
    "o.created_ms <= ?2 AND ((o.app = ?3 AND (o.owner = ?4 OR o.other = ?4))"                      \
    " OR (o.conversation IS NOT NULL AND (p.seq IS NULL OR c.id IS NULL OR c.app = ''"             \
    " OR (c.app = ?3 AND c.owner = ?4))))"
#define EVENT_PLACES                                                                               \
    " LEFT JOIN conversation c ON c.id = o.conversation LEFT JOIN plan p ON p.seq = o.seq"
/* What moves between those that wait and the dead. */
#define EVENT_WORDS "app, owner, other, message_id, topic, data"

#define ERASURE_COLUMNS                                                                            \
    "SELECT id, app, target, newest_seq, messages, entries, conversations, others, log_lines,"     \
    " letters, begun_ms, stored_ms, log_ms, dead_ms, phase FROM erasure"

/* A conversation with its last message: what read_conversation takes. */
#define CONVERSATION_COLUMNS                                                                       \
    "SELECT c.other, c.is_new, c.archived, c.patch, c.patch_seq IS c.last_seq, c.old_patch,"       \
    " t.status, p.head, p.tail, c.last_seq, c.id FROM conversation c LEFT JOIN plan p ON p.seq = " \
    "c.last_seq"                                                                                   \
    " LEFT JOIN timeline t ON t.conversation = c.id AND t.seq = c.last_seq"

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
                 " confirmed_seq, newest_event FROM mark WHERE id = 1",
    [SQL_SET_MARK] = "UPDATE mark SET incarnation = ?1, stream_offset = ?2, digest = ?3,"
                     " drained = ?4, drained_next = ?5, newest_seq = ?6, confirmed_seq = ?7,"
                     " newest_event = ?8 WHERE id = 1",
    [SQL_BINDINGS] = "SELECT pattern FROM binding ORDER BY position",
    [SQL_CLEAR_BINDINGS] = "DELETE FROM binding",
    [SQL_ADD_BINDING] = "INSERT INTO binding (pattern) VALUES (?1)",
    [SQL_FIND_CONVERSATION] = "SELECT id FROM conversation"
                              " WHERE app = ?1 AND owner = ?2 AND other = ?3",
    [SQL_CONVERSATION_STATE] = "SELECT last_seq, archived FROM conversation WHERE id = ?1",
    [SQL_ADD_CONVERSATION] = "INSERT INTO conversation (app, owner, other, last_seq, is_new,"
                             " archived) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
    [SQL_RENEW_CONVERSATION] = "UPDATE conversation SET last_seq = ?2, is_new = is_new | ?3"
                               " WHERE id = ?1 AND last_seq < ?2 AND archived = 0",
    [SQL_RAISE_CONVERSATION] = "UPDATE conversation SET last_seq = ?2, is_new = is_new | ?3,"
                               " archived = 0 WHERE id = ?1",
    [SQL_PATCHES] = "SELECT patch, patch_seq IS last_seq, old_patch FROM conversation"
                    " WHERE id = ?1",
    [SQL_SET_PATCHES] = "UPDATE conversation SET patch = ?2, patch_seq = last_seq, old_patch = ?3"
                        " WHERE id = ?1",
    [SQL_SET_FLAGS] = "UPDATE conversation SET is_new = ifnull(?2, is_new),"
                      " archived = ifnull(?3, archived),"
                      " read_seq = CASE WHEN ?2 = 0 THEN last_seq ELSE read_seq END"
                      " WHERE id = ?1",
    /* A status only rises, and failed is final. */
    [SQL_ADD_ENTRY] = "INSERT INTO timeline (conversation, seq, status) VALUES (?1, ?2, ?3)"
                      " ON CONFLICT (conversation, seq) DO UPDATE SET status ="
                      " CASE WHEN status = -100 THEN -100 ELSE max(status, excluded.status) END",
    [SQL_RAISE_STATUS] = "UPDATE timeline SET status = ?5 WHERE conversation = (SELECT id"
                         " FROM conversation WHERE app = ?1 AND owner = ?2 AND other = ?3)"
                         " AND seq = ?4 AND status < ?5 AND status <> -100",
    [SQL_HAS_PLAN] = "SELECT 1 FROM plan WHERE seq = ?1",
    [SQL_ADD_FOREIGN] = "INSERT INTO foreign_message (app, message_id, seq) VALUES (?1, ?2, ?3)",
    [SQL_FIND_FOREIGN] = "SELECT seq FROM foreign_message WHERE app = ?1 AND message_id = ?2",
    [SQL_IMPORT_PLACE] = "SELECT position, lines, documents FROM import WHERE file = ?1",
    [SQL_SET_IMPORT_PLACE] = "INSERT OR REPLACE INTO import (file, position, lines, documents)"
                             " VALUES (?1, ?2, ?3, ?4)",
    [SQL_NEWEST_IMPORTED] = "SELECT max(seq) FROM (SELECT max(seq) AS seq FROM plan WHERE seq < 0"
                            " UNION ALL SELECT max(newest_imported) FROM erasure)",
    [SQL_IMPORT_LAST] = "UPDATE conversation SET last_seq = ?2"
                        " WHERE id = ?1 AND (last_seq IS NULL OR last_seq < ?2)",
    /* What has happened here since counts, and what was patched here. */
    [SQL_IMPORT_CONVERSATION] = "UPDATE conversation SET old_patch = ?2, is_new = ?3, archived = ?4"
                                " WHERE id = ?1 AND patch IS NULL"
                                " AND (last_seq IS NULL OR last_seq < 0) AND (old_patch IS NOT ?2"
                                " OR is_new <> ?3 OR archived <> ?4)",
    [SQL_IMPORT_ENTRY] = "INSERT INTO timeline (conversation, seq, status) VALUES (?1, ?2, ?3)"
                         " ON CONFLICT (conversation, seq) DO UPDATE SET status = excluded.status"
                         " WHERE status < excluded.status AND status <> -100",
    [SQL_FIND_MESSAGE] = "SELECT seq FROM plan WHERE app = ?1 AND incarnation = ?2"
                         " AND stream_offset = ?3 AND child = ?4 AND head IS NOT NULL"
                         " AND outcome NOT IN (5, 6)",
    [SQL_STORED_GROUP] = "SELECT json FROM chat_group WHERE app = ?1 AND id = ?2",
    [SQL_IMPORT_INSTANCE] = "INSERT OR IGNORE INTO instance (app, user, id, json)"
                            " VALUES (?1, ?2, ?3, ?4)",
    [SQL_SEE_CLIENT] = "UPDATE presence SET seen_ms = max(seen_ms, ?4)"
                       " WHERE app = ?1 AND user = ?2 AND client = ?3",
    [SQL_ADD_CLIENT] = "INSERT INTO presence (app, user, client, seen_ms) VALUES (?1, ?2, ?3, ?4)",
    [SQL_REMOVE_CLIENT] = "DELETE FROM presence WHERE app = ?1 AND user = ?2 AND client = ?3",
    [SQL_REMOVE_OLDEST_CLIENT] = "DELETE FROM presence WHERE app = ?1 AND user = ?2 AND client ="
                                 " (SELECT client FROM presence WHERE app = ?1 AND user = ?2"
                                 " ORDER BY seen_ms LIMIT 1)",
    [SQL_COUNT_CLIENTS] = "SELECT count(*) FROM presence WHERE app = ?1 AND user = ?2",
    [SQL_OLD_CLIENT] = "SELECT app, user, client FROM presence WHERE seen_ms <= ?1"
                       " ORDER BY seen_ms LIMIT 1",
    [SQL_LONGEST_UNSEEN] = "SELECT min(seen_ms) FROM presence",
    [SQL_ADD_PLAN] = "INSERT INTO plan (seq, incarnation, stream_offset, child, digest, app,"
                     " sender, recipient, form, received_ms, outcome, policy, code, reason,"
                     " generation, updates_conversation, copies, head, tail, hops, kind,"
                     " foreign_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
                     " ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
    [SQL_REMOVE_PLAN] = "DELETE FROM plan WHERE seq = ?1",
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
                  " AND p.child = 0 AND p.digest = ?2"
                  " UNION ALL SELECT 1 FROM erased WHERE stream_offset = ?1 AND digest = ?2"
                  " LIMIT 1",
    [SQL_DRAINED_RECENT] = "SELECT digest FROM plan WHERE incarnation = 0 AND child = 0"
                           " ORDER BY stream_offset DESC LIMIT ?1",
    [SQL_ADD_LETTER] = "INSERT INTO letter (seq, position, to_dead, key, body, reason,"
                       " whole) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_DROP_LETTERS] = "DELETE FROM letter WHERE (seq, position) IN (SELECT seq, position"
                         " FROM letter WHERE seq <= ?1 ORDER BY seq, position LIMIT ?2)",
    [SQL_NEWEST_LETTER] = "SELECT max(seq) FROM letter",
    [SQL_REVOKE] = "INSERT INTO revocation (app, user, since_s, until_ms) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (app, user) DO UPDATE SET since_s = max(since_s,"
                   " excluded.since_s), until_ms = max(until_ms, excluded.until_ms)",
    [SQL_RESTORE] = "DELETE FROM revocation WHERE app = ?1 AND user = ?2",
    [SQL_DROP_REVOCATIONS] = "DELETE FROM revocation WHERE until_ms <= ?1",
    [SQL_PUT_INSTANCE] = "INSERT OR REPLACE INTO instance (app, user, id, json)"
                         " VALUES (?1, ?2, ?3, ?4)",
    [SQL_NO_INSTANCE] = "DELETE FROM instance WHERE app = ?1 AND user = ?2 AND id = ?3",
    /* One that has done nothing yet is not begun twice. */
    [SQL_BEGIN_ERASURE] =
        "INSERT INTO erasure (kind, app, target, newest_seq, newest_imported, phase, position,"
        " copies, place, messages, entries, conversations, others, log_lines, letters, begun_ms)"
        " SELECT ?1, ?2, ?3, ?4, (SELECT max(seq) FROM plan WHERE seq < 0), 0, 0, 0, '', 0, 0, 0,"
        " 0, 0, 0, ?5 WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE app = ?2 AND target = ?3"
        " AND kind = ?1 AND newest_seq = ?4 AND stored_ms IS NULL)",
    [SQL_COUNT_ERASURES] = "SELECT count(*) FROM erasure WHERE (stored_ms IS NULL OR log_ms IS NULL"
                           " OR dead_ms IS NULL) AND stored_ms IS NULL",
    [SQL_NEXT_ERASURE] =
        "SELECT id, kind, app, target, newest_seq, begun_ms, phase, position, copies, place"
        " FROM erasure WHERE (stored_ms IS NULL OR log_ms IS NULL OR dead_ms IS NULL)"
        " AND stored_ms IS NULL ORDER BY id LIMIT 1",
    [SQL_SET_ERASURE] =
        "UPDATE erasure SET phase = ?2, position = ?3, copies = ?4, place = ?5,"
        " messages = messages + ?6, entries = entries + ?7, conversations = conversations + ?8,"
        " others = others + ?9 WHERE id = ?1",
    /* Of a group there is nothing elsewhere. */
    [SQL_ERASED_STORED] = "UPDATE erasure SET stored_ms = ?2,"
                          " log_ms = CASE WHEN ?3 THEN log_ms ELSE ?2 END,"
                          " dead_ms = CASE WHEN ?3 THEN dead_ms ELSE ?2 END WHERE id = ?1",
    [SQL_ERASED_LOG] = "UPDATE erasure SET log_ms = ?2, log_lines = log_lines + ?3"
                       " WHERE id = ?1 AND log_ms IS NULL",
    [SQL_ERASED_DEAD] = "UPDATE erasure SET dead_ms = ?2, letters = letters + ?3"
                        " WHERE id = ?1 AND dead_ms IS NULL",
    [SQL_NEXT_OWN] = "SELECT id, other, last_seq > ?4 FROM conversation"
                     " WHERE app = ?1 AND owner = ?2 AND other > ?3 ORDER BY other LIMIT 1",
    [SQL_ERASE_ENTRIES] = "DELETE FROM timeline WHERE conversation = ?1 AND seq IN (SELECT seq"
                          " FROM timeline WHERE conversation = ?1 AND seq <= ?2 ORDER BY seq"
                          " LIMIT ?3)",
    [SQL_HAS_ENTRIES] = "SELECT 1 FROM timeline WHERE conversation = ?1 LIMIT 1",
    [SQL_REMOVE_CONVERSATION] = "DELETE FROM conversation WHERE id = ?1"
                                " AND id < (SELECT max(id) FROM conversation)",
    [SQL_EMPTY_CONVERSATION] =
        "UPDATE OR REPLACE conversation SET app = '', owner = '', other = '', last_seq = NULL,"
        " is_new = 0, archived = 0, patch = NULL, patch_seq = NULL, old_patch = NULL,"
        " read_seq = NULL WHERE id = ?1",
    [SQL_ERASE_PATCHES] = "UPDATE conversation SET old_patch = NULL,"
                          " patch = CASE WHEN patch_seq > ?2 THEN patch END,"
                          " last_seq = CASE WHEN last_seq > ?2 THEN last_seq END WHERE id = ?1",
    [SQL_SCAN_PLANS] = "SELECT seq, app = ?3 AND (recipient = ?4 OR sender = ?4) FROM plan"
                       " WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?5",
    [SQL_ERASED_PLAN] = "SELECT app, sender, copies, foreign_id, head IS NOT NULL, outcome"
                        " FROM plan WHERE seq = ?1",
    [SQL_REMOVE_ENTRY] = "DELETE FROM timeline WHERE conversation = ?1 AND seq = ?2",
    [SQL_HAS_ENTRY] = "SELECT 1 FROM timeline WHERE conversation = ?1 AND seq = ?2",
    [SQL_ADD_ERASED] = "INSERT OR IGNORE INTO erased SELECT stream_offset, digest FROM plan"
                       " WHERE seq = ?1 AND incarnation > 0 AND child = 0",
    [SQL_REMOVE_LETTERS] = "DELETE FROM letter WHERE seq = ?1",
    [SQL_REMOVE_FOREIGN] = "DELETE FROM foreign_message WHERE app = ?1 AND message_id = ?2"
                           " AND seq = ?3",
    [SQL_LAST_OF] = "SELECT last_seq, other, app <> '' FROM conversation WHERE id = ?1",
    /* Of the newest thousand: one that is no last message by its sender's word comes seldom. */
    [SQL_LAST_BEFORE] =
        "SELECT t.seq FROM timeline t WHERE t.conversation = ?1 AND t.seq < ?2"
        " AND t.seq >= ifnull((SELECT seq FROM timeline WHERE conversation = ?1 AND seq < ?2"
        " ORDER BY seq DESC LIMIT 1 OFFSET 999), -9223372036854775807)"
        " AND EXISTS (SELECT 1 FROM plan p WHERE p.seq = t.seq AND p.updates_conversation = 1)"
        " ORDER BY t.seq DESC LIMIT 1",
    [SQL_SET_LAST] = "UPDATE conversation SET last_seq = ?2, patch = NULL, patch_seq = NULL,"
                     " old_patch = NULL, is_new = ifnull(is_new AND"
                     " ?2 > ifnull(read_seq, -9223372036854775807), 0) WHERE id = ?1",
    [SQL_REMOVE_DANGLING] =
        "DELETE FROM timeline WHERE conversation = ?1 AND seq IN (SELECT seq FROM timeline"
        " WHERE conversation = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1000)"
        " AND NOT EXISTS (SELECT 1 FROM plan p WHERE p.seq = timeline.seq)",
    [SQL_SCAN_LASTS] =
        "SELECT c.id, c.app = ?3 AND c.last_seq <= ?2 AND NOT EXISTS (SELECT 1 FROM plan p"
        " WHERE p.seq = c.last_seq) FROM conversation c WHERE c.id > ?1 ORDER BY c.id LIMIT ?5",
    [SQL_SCAN_OTHERS] = "SELECT id, app = ?3 AND other = ?4 AND ifnull(last_seq <= ?2, 1)"
                        " FROM conversation WHERE id > ?1 ORDER BY id LIMIT ?5",
    [SQL_ERASE_SENT] = "DELETE FROM client_message WHERE id IN (SELECT id FROM client_message"
                       " WHERE app = ?1 AND sender = ?2 AND received_ms <= ?3 LIMIT ?4)",
    [SQL_ERASE_BLOCKS] = "DELETE FROM block WHERE app = ?1 AND blocker = ?2 AND blocked IN"
                         " (SELECT blocked FROM block WHERE app = ?1 AND blocker = ?2 LIMIT ?4)",
    [SQL_ERASE_PRESENCE] = "DELETE FROM presence WHERE app = ?1 AND user = ?2 AND client IN (SELECT"
                           " client FROM presence WHERE app = ?1 AND user = ?2 LIMIT ?4)",
    [SQL_ERASE_INSTANCES] = "DELETE FROM instance WHERE app = ?1 AND user = ?2 AND id IN (SELECT"
                            " id FROM instance WHERE app = ?1 AND user = ?2 LIMIT ?4)",
    [SQL_SCAN_EVENTS] = "SELECT o.id, " EVENT_IS_OF " FROM outbox o" EVENT_PLACES
                        " WHERE o.id > ?1 ORDER BY o.id LIMIT ?5",
    [SQL_SCAN_DEAD_EVENTS] = "SELECT o.id, " EVENT_IS_OF " FROM outbox_dead o" EVENT_PLACES
                             " WHERE o.id > ?1 ORDER BY o.id LIMIT ?5",
    [SQL_BLOCK] = "INSERT OR IGNORE INTO block (app, blocker, blocked) VALUES (?1, ?2, ?3)",
    [SQL_UNBLOCK] = "DELETE FROM block WHERE app = ?1 AND blocker = ?2 AND blocked = ?3",
    [SQL_PUT_GROUP] = "INSERT INTO chat_group (app, id, owner, members, json)"
                      " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (app, id) DO UPDATE SET"
                      " owner = excluded.owner, members = excluded.members, json = excluded.json",
    [SQL_MOVE_LETTERS] = "UPDATE letter SET seq = ?1, position = position + 1000000"
                         " WHERE seq = ?2",

    [SQL_ADD_WAITING] = "INSERT INTO waiting (app, sender, recipient, seq, outcome, due_ms, place,"
                        " times, next_child, bytes, is_head)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
    [SQL_FIND_WAITING] = "SELECT w.outcome, w.place, w.bytes, p.incarnation, p.stream_offset,"
                         " p.child, p.digest FROM waiting w CROSS JOIN plan p"
                         " WHERE w.seq = ?1 AND p.seq = ?1",
    [SQL_REMOVE_WAITING] = "DELETE FROM waiting WHERE seq = ?1",
    /* A pair may be long: only its first two can be wrong. */
    [SQL_RENEW_HEAD] = "UPDATE waiting SET is_head = (seq = (SELECT seq FROM waiting WHERE" PAIR
                       " ORDER BY place LIMIT 1)) WHERE seq IN (SELECT seq FROM waiting WHERE" PAIR
                       " ORDER BY place LIMIT 2)",
    [SQL_PROMOTE_NEXT] = "UPDATE waiting SET is_head = 1 WHERE seq = (SELECT n.seq"
                         " FROM waiting o CROSS JOIN waiting n WHERE o.seq = ?1 AND o.is_head = 1"
                         " AND n.outcome = 5 AND n.app = o.app AND n.sender = o.sender"
                         " AND n.recipient = o.recipient AND n.place > o.place"
                         " ORDER BY n.place LIMIT 1)",
    [SQL_COUNT_WAITING] = "SELECT outcome, count(*), sum(bytes) FROM waiting GROUP BY outcome",
    [SQL_NEXT_DUE] = "SELECT due_ms FROM waiting WHERE is_head = 1 ORDER BY due_ms LIMIT 1",
    [SQL_DUE] = PLAN_COLUMNS " FROM waiting w CROSS JOIN plan p WHERE w.is_head = 1"
                             " AND w.due_ms <= ?1 AND p.seq = w.seq ORDER BY w.due_ms, w.seq"
                             " LIMIT ?2",

    [SQL_SET_KEY] = "INSERT OR REPLACE INTO kv (policy, app, key, value, expires_ms)"
                    " VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_REMOVE_KEY] = "DELETE FROM kv WHERE policy = ?1 AND app = ?2 AND key = ?3",
    [SQL_REMOVE_OLD_KEYS] = "DELETE FROM kv WHERE id IN (SELECT id FROM kv WHERE expires_ms > 0"
                            " AND expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2)",
    [SQL_KEYS] = "SELECT policy, app, key, value, expires_ms FROM kv ORDER BY id",

    [SQL_ADD_SENT] = "INSERT OR IGNORE INTO client_message (app, sender, client_id, incarnation,"
                     " stream_offset, child, received_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_OLDEST_SENT] = "SELECT id, received_ms, (SELECT max(id) FROM client_message)"
                        " FROM client_message ORDER BY id LIMIT 1",
    [SQL_SWEEP_SENT] = "DELETE FROM client_message WHERE id IN (SELECT id FROM client_message"
                       " ORDER BY id LIMIT ?3) AND (received_ms <= ?1 OR id <= ?2)",

    [SQL_UNCONFIRMED] = PLAN_COLUMNS " FROM plan p LEFT JOIN waiting w ON w.seq = p.seq"
                                     " WHERE p.seq > ?1 ORDER BY p.seq LIMIT ?2",
    [SQL_FAMILY] = PLAN_COLUMNS " FROM plan p LEFT JOIN waiting w ON w.seq = p.seq"
                                " WHERE p.incarnation = ?1 AND p.stream_offset = ?2"
                                " AND p.child BETWEEN ?3 AND ?4 ORDER BY p.child",
    [SQL_CONVERSATION] = "SELECT owner, other FROM conversation WHERE id = ?1 AND app <> ''",
    [SQL_LETTERS] = "SELECT to_dead, key, body, reason, whole FROM letter WHERE seq = ?1"
                    " ORDER BY position",

    [SQL_UNNAME_ENDPOINTS] = "UPDATE endpoint SET position = NULL WHERE position IS NOT NULL",
    [SQL_NAME_ENDPOINT] = "INSERT INTO endpoint (url, position) VALUES (?1, ?2)"
                          " ON CONFLICT (url) DO UPDATE SET position = excluded.position",
    [SQL_FIND_ENDPOINT] = "SELECT id FROM endpoint WHERE url = ?1",
    [SQL_NEXT_GONE] = "SELECT e.id FROM endpoint e WHERE e.position IS NULL AND EXISTS"
                      " (SELECT 1 FROM outbox o WHERE o.id BETWEEN e.id << 40"
                      " AND (e.id << 40) + 1099511627775) LIMIT 1",
    [SQL_COUNT_EVENTS] = "SELECT count(*), ifnull(sum(bytes), 0) FROM outbox"
                         " WHERE id BETWEEN ?1 AND ?2",
    [SQL_COUNT_DEAD] = "SELECT count(*) FROM outbox_dead",
    [SQL_ADD_EVENT] = "INSERT INTO outbox (id, endpoint, lane, kind, created_ms, due_ms, tries,"
                      " bytes, is_head, seq, " EVENT_WORDS ") VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0,"
                      " ?6, NOT EXISTS (SELECT 1 FROM outbox WHERE endpoint = ?2 AND lane = ?3),"
                      " ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [SQL_ADD_COPY_EVENT] =
        "INSERT INTO outbox (id, endpoint, lane, kind, created_ms, due_ms, tries, bytes, is_head,"
        " seq, conversation) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, ?6,"
        " NOT EXISTS (SELECT 1 FROM outbox WHERE endpoint = ?2 AND lane = ?3), ?7, ?8)",
    [SQL_FIND_EVENT] = "SELECT endpoint, lane, is_head, bytes FROM outbox WHERE id = ?1",
    [SQL_PROMOTE_LANE] = "UPDATE outbox SET is_head = 1 WHERE id = (SELECT id FROM outbox"
                         " WHERE endpoint = ?1 AND lane = ?2 AND id > ?3 ORDER BY id LIMIT 1)",
    [SQL_REMOVE_EVENT] = "DELETE FROM outbox WHERE id = ?1",
    [SQL_REMOVE_DEAD] = "DELETE FROM outbox_dead WHERE id = ?1",
    [SQL_PUT_OFF_EVENT] = "UPDATE outbox SET tries = tries + 1, due_ms = ?2, answer = ?3,"
                          " error = ?4 WHERE id = ?1",
    [SQL_HURRY_LANE] = "UPDATE outbox SET due_ms = min(due_ms, ?2) WHERE id = (SELECT h.id"
                       " FROM outbox o CROSS JOIN outbox h WHERE o.id = ?1"
                       " AND h.endpoint = o.endpoint AND h.lane = o.lane ORDER BY h.id LIMIT 1)",
    [SQL_HURRY_LANES] = "UPDATE outbox SET due_ms = ?2 WHERE id IN (SELECT id FROM outbox"
                        " WHERE endpoint = ?1 AND is_head = 1 AND due_ms > ?2 ORDER BY due_ms"
                        " LIMIT ?3)",
    [SQL_OLDEST_EVENTS] = "SELECT id, bytes, ifnull(since_ms, created_ms) FROM outbox"
                          " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
    [SQL_BURY_EVENTS] =
        "INSERT INTO outbox_dead (id, url, dead_ms, lane, kind, created_ms, tries, bytes, seq,"
        " conversation, answer, error, " EVENT_WORDS ")"
        " SELECT o.id, e.url, ?3, o.lane, o.kind, o.created_ms, o.tries, o.bytes, o.seq,"
        " o.conversation, o.answer,"
        " CASE WHEN ?4 IS NULL THEN o.error ELSE ?4 || ifnull('; before that: ' || o.error, '') "
        "END,"
        " " EVENT_WORDS " FROM outbox o CROSS JOIN endpoint e"
        " WHERE o.id BETWEEN ?1 AND ?2 AND e.id = o.endpoint",
    [SQL_PROMOTE_BEHIND] = "UPDATE outbox SET is_head = 1 WHERE id IN (SELECT (SELECT n.id"
                           " FROM outbox n WHERE n.endpoint = ?1 AND n.lane = o.lane AND n.id > ?3"
                           " ORDER BY n.id LIMIT 1) FROM outbox o WHERE o.id BETWEEN ?2 AND ?3"
                           " AND o.is_head = 1)",
    [SQL_REMOVE_EVENTS] = "DELETE FROM outbox WHERE id BETWEEN ?1 AND ?2",
    [SQL_FIND_DEAD] = "SELECT e.id, e.position, d.bytes FROM outbox_dead d CROSS JOIN endpoint e"
                      " WHERE d.id = ?1 AND e.url = d.url AND e.position IS NOT NULL",
    [SQL_OLDEST_DEAD] = "SELECT d.id FROM outbox_dead d CROSS JOIN endpoint e WHERE d.dead_ms <= ?1"
                        " AND e.url = d.url AND e.position IS NOT NULL ORDER BY d.dead_ms, d.id"
                        " LIMIT ?2",
    [SQL_REVIVE_EVENT] =
        "INSERT INTO outbox (id, endpoint, lane, kind, created_ms, due_ms, tries, bytes, is_head,"
        " seq, conversation, since_ms, answer, error, " EVENT_WORDS ")"
        " SELECT ?2, ?3, d.lane, d.kind, d.created_ms, ?4, 0, d.bytes,"
        " NOT EXISTS (SELECT 1 FROM outbox o WHERE o.endpoint = ?3 AND o.lane = d.lane),"
        " d.seq, d.conversation, ?4, d.answer, d.error, " EVENT_WORDS
        " FROM outbox_dead d WHERE d.id = ?1",
    [SQL_REMOVE_OLD_DEAD] = "DELETE FROM outbox_dead WHERE id IN (SELECT id FROM outbox_dead"
                            " WHERE dead_ms <= ?1 ORDER BY dead_ms, id LIMIT ?2)",

    [SQL_BLOCKED] = "SELECT 1 FROM block WHERE app = ?1 AND blocker = ?2 AND blocked = ?3",
    [SQL_REVOKED] = "SELECT since_s FROM revocation WHERE app = ?1 AND user = ?2"
                    " AND until_ms > ?3",
    [SQL_COUNT_REVOKED] = "SELECT count(*) FROM revocation WHERE until_ms > ?1",
    [SQL_ERASURE] = ERASURE_COLUMNS " WHERE app = ?1 AND target = ?2 AND kind = ?3"
                                    " ORDER BY id DESC LIMIT 1",
    [SQL_OPEN_ERASURE] = ERASURE_COLUMNS " WHERE (stored_ms IS NULL OR log_ms IS NULL"
                                         " OR dead_ms IS NULL) AND stored_ms IS NOT NULL"
                                         " ORDER BY id LIMIT 1",
    [SQL_GROUP] = "SELECT owner, members, json FROM chat_group WHERE app = ?1 AND id = ?2",
    [SQL_SENT] = "SELECT incarnation, stream_offset, child FROM client_message"
                 " WHERE app = ?1 AND sender = ?2 AND client_id = ?3",
    /* The apps are few: each is one step in the index. */
    [SQL_OWN_ID] = "WITH RECURSIVE served (app) AS (SELECT min(app) FROM foreign_message"
                   " UNION ALL SELECT (SELECT min(f.app) FROM foreign_message f"
                   " WHERE f.app > served.app) FROM served WHERE served.app IS NOT NULL)"
                   " SELECT p.incarnation, p.stream_offset, p.child FROM served"
                   " CROSS JOIN foreign_message f CROSS JOIN plan p WHERE f.app = served.app"
                   " AND f.message_id = ?1 AND p.seq = f.seq LIMIT 1",
    [SQL_ENTRY] = "SELECT t.seq, t.status, p.sender, p.recipient, p.head, p.tail"
                  " FROM conversation c CROSS JOIN timeline t CROSS JOIN plan p"
                  " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3"
                  " AND t.conversation = c.id AND t.seq = ?4 AND p.seq = t.seq",
    /* What waits is no message yet: another plan takes its place. */
    [SQL_MESSAGE] = "SELECT seq, 0, sender, recipient, head, tail FROM plan"
                    " WHERE app = ?1 AND seq = ?2 AND head IS NOT NULL AND outcome NOT IN (5, 6)",
    [SQL_CONVERSATION_OF] =
        CONVERSATION_COLUMNS " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3"
                             " AND (c.last_seq IS NOT NULL OR c.patch IS NOT NULL"
                             " OR c.old_patch IS NOT NULL)",
    [SQL_PATCHES_OF] = "SELECT patch, patch_seq IS last_seq, old_patch FROM conversation"
                       " WHERE app = ?1 AND owner = ?2 AND other = ?3",
    /* Reads all of the owner's rows, but no message beside the newest few: 10 ms for 10,000
     * conversations, 40 for 100,000. An index by recency, however coarse, cost a message that makes
     * its conversations 45 % more. */
    [SQL_CONVERSATIONS] = CONVERSATION_COLUMNS
    " WHERE c.id IN (SELECT id FROM conversation WHERE app = ?1 AND owner = ?2 AND archived = ?3"
    " AND (last_seq IS NOT NULL OR patch IS NOT NULL OR old_patch IS NOT NULL)"
    " ORDER BY last_seq DESC LIMIT ?4) ORDER BY c.last_seq DESC",
    [SQL_CONVERSATIONS_BEFORE] = CONVERSATION_COLUMNS
    " WHERE c.id IN (SELECT id FROM conversation WHERE app = ?1 AND owner = ?2 AND archived = ?3"
    " AND last_seq < ?5 ORDER BY last_seq DESC LIMIT ?4) ORDER BY c.last_seq DESC",
    [SQL_CONVERSATIONS_AFTER] = CONVERSATION_COLUMNS
    " WHERE c.id IN (SELECT id FROM conversation WHERE app = ?1 AND owner = ?2 AND archived = ?3"
    " AND last_seq > ?5 ORDER BY last_seq LIMIT ?4) ORDER BY c.last_seq",
    /* What its owner wrote there is not unread. */
    [SQL_UNREAD_OF] = "SELECT count(*), ifnull(sum(is_theirs), 0) FROM ("
                      "SELECT p.sender <> c.owner AS is_theirs FROM conversation c"
                      " CROSS JOIN timeline t CROSS JOIN plan p WHERE c.id = ?1 AND c.is_new = 1"
                      " AND t.conversation = c.id"
                      " AND t.seq > ifnull(c.read_seq, -9223372036854775807)"
                      " AND p.seq = t.seq ORDER BY t.seq DESC LIMIT ?2)",
    [SQL_UNREAD] = "SELECT id FROM conversation WHERE app = ?1 AND owner = ?2 AND archived = 0"
                   " AND is_new = 1 AND last_seq IS NOT NULL ORDER BY last_seq DESC LIMIT ?3",
    [SQL_BLOCKS] = "SELECT blocked FROM block WHERE app = ?1 AND blocker = ?2 AND blocked > ?3"
                   " ORDER BY blocked LIMIT ?4",
    [SQL_OTHER_INSTANCES] = "SELECT count(*) FROM (SELECT 1 FROM instance WHERE app = ?1"
                            " AND user = ?2 AND id <> ?3 LIMIT ?4)",
    [SQL_WAITS] = "SELECT count(*) FROM (SELECT 1 FROM waiting WHERE" PAIR " LIMIT ?4)",
    [SQL_WAITS_OF] = "SELECT count(*), total(bytes) FROM waiting WHERE app = ?1 AND sender = ?2",
    [SQL_WAITING] = PLAN_COLUMNS " FROM waiting w CROSS JOIN plan p WHERE w.outcome = ?1"
                                 " AND w.seq < ?2 AND p.seq = w.seq ORDER BY w.seq DESC LIMIT ?3",
    [SQL_HISTORY_OF_CONVERSATION] =
        "SELECT t.seq, t.status, c.owner, c.other, p.incarnation, p.stream_offset, p.child,"
        " p.head, p.tail, p.foreign_id FROM conversation c CROSS JOIN timeline t CROSS JOIN plan p"
        " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3 AND t.conversation = c.id"
        " AND t.seq < ?4 AND p.seq = t.seq ORDER BY t.seq DESC LIMIT ?5",
    [SQL_HISTORY_AFTER] =
        "SELECT t.seq, t.status, c.owner, c.other, p.incarnation, p.stream_offset, p.child,"
        " p.head, p.tail, p.foreign_id FROM conversation c CROSS JOIN timeline t CROSS JOIN plan p"
        " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3 AND t.conversation = c.id"
        " AND t.seq > ?4 AND p.seq = t.seq ORDER BY t.seq LIMIT ?5",
    /* The newest few of each conversation first, then the newest few of those: no timeline is read
     * whole, and bodies are read last. */
    [SQL_HISTORY_OF_OWNER] =
        "SELECT n.seq, n.status, n.owner, n.other, p.incarnation, p.stream_offset, p.child,"
        " p.head, p.tail, p.foreign_id FROM (SELECT t.seq, t.status, c.owner, c.other"
        " FROM conversation c CROSS JOIN timeline t WHERE c.app = ?1 AND c.owner = ?2"
        " AND t.conversation = c.id AND t.seq IN (SELECT x.seq FROM timeline x"
        " WHERE x.conversation = c.id AND x.seq < ?3 ORDER BY x.seq DESC LIMIT ?4)"
        " ORDER BY t.seq DESC LIMIT ?4) n CROSS JOIN plan p WHERE p.seq = n.seq"
        " ORDER BY n.seq DESC",
    [SQL_HISTORY_BUT] =
        "SELECT n.seq, n.status, n.owner, n.other, p.incarnation, p.stream_offset, p.child,"
        " p.head, p.tail, p.foreign_id FROM (SELECT t.seq, t.status, c.owner, c.other"
        " FROM conversation c CROSS JOIN timeline t WHERE c.app = ?1 AND c.owner = ?2"
        " AND c.other = ?3 AND t.conversation = c.id ORDER BY t.seq DESC LIMIT ?5) n"
        " CROSS JOIN plan p WHERE p.seq = n.seq AND NOT EXISTS (SELECT 1 FROM conversation d"
        " CROSS JOIN timeline x WHERE d.app = ?1 AND d.owner = ?4 AND d.other = ?3"
        " AND x.conversation = d.id AND x.seq = n.seq) ORDER BY n.seq DESC",
    /* An entry may outlive its message, which was erased. */
    [SQL_COUNT_OF_CONVERSATION] = "SELECT count(*) FROM conversation c CROSS JOIN timeline t"
                                  " WHERE c.app = ?1 AND c.owner = ?2 AND c.other = ?3"
                                  " AND t.conversation = c.id" HAS_MESSAGE,
    [SQL_COUNT_OF_OWNER] =
        "SELECT count(*) FROM conversation c CROSS JOIN timeline t"
        " WHERE c.app = ?1 AND c.owner = ?2 AND t.conversation = c.id" HAS_MESSAGE,
    [SQL_EXPORT_CONVERSATIONS] = CONVERSATION_COLUMNS " WHERE c.app = ?1 AND c.owner = ?2"
                                                      " AND c.other > ?3 ORDER BY c.other LIMIT 1",
    [SQL_EXPORT_INSTANCES] = "SELECT id, json FROM instance WHERE app = ?1 AND user = ?2"
                             " AND id > ?3 ORDER BY id LIMIT ?4",
    [SQL_EXPORT_PRESENCE] = "SELECT client, seen_ms FROM presence WHERE app = ?1 AND user = ?2"
                            " AND client > ?3 ORDER BY client LIMIT ?4",
    [SQL_EXPORT_REVOCATION] = "SELECT user, since_s, until_ms FROM revocation WHERE app = ?1"
                              " AND user = ?2 AND ?3 = '' LIMIT ?4",
    [SQL_EXPORT_SENT] = "SELECT client_id, incarnation, stream_offset, child, received_ms"
                        " FROM client_message WHERE app = ?1 AND sender = ?2 AND client_id > ?3"
                        " ORDER BY client_id LIMIT ?4",
    [SQL_EXPORT_GROUPS] = "SELECT key, app = ?1, id, owner, members FROM chat_group WHERE key > ?3"
                          " ORDER BY key LIMIT ?4",
    [SQL_EXPORT_PLANS] = "SELECT seq, app = ?1 AND sender = ?2 FROM plan WHERE seq > ?3"
                         " ORDER BY seq LIMIT ?4",
    [SQL_EXPORT_PLAN] = "SELECT incarnation, stream_offset, child, foreign_id, recipient,"
                        " received_ms, outcome, policy, code, reason, head, tail FROM plan"
                        " WHERE seq = ?1",
    [SQL_HEADS] =
        "SELECT o.id, e.position, e.url, o.due_ms, ifnull(o.since_ms, o.created_ms)," EVENT_COLUMNS
        " FROM outbox o INDEXED BY outbox_head CROSS JOIN endpoint e" EVENT_PARTS
        " WHERE o.endpoint = (SELECT id FROM endpoint WHERE position = ?1)"
        " AND o.is_head = 1 AND o.due_ms >= ?2 AND e.id = o.endpoint"
        " ORDER BY o.due_ms, o.id",
    [SQL_WAITING_EVENTS] =
        "SELECT o.id, e.position, e.url, o.due_ms, ifnull(o.since_ms, o.created_ms)," EVENT_COLUMNS
        " FROM outbox o CROSS JOIN endpoint e" EVENT_PARTS
        " WHERE o.id < ?1 AND e.id = o.endpoint ORDER BY o.id DESC LIMIT ?2",
    [SQL_DEAD_EVENTS] = "SELECT o.id, e.position, o.url, o.dead_ms, o.created_ms," EVENT_COLUMNS
                        " FROM outbox_dead o LEFT JOIN endpoint e ON e.url = o.url" EVENT_PARTS
                        " WHERE o.id < ?1 ORDER BY o.id DESC LIMIT ?2",
};

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
