/* sql: every SQL statement of the store, in one place, with the schema and its version.
 *
 * Statements are named by what they do. A handle prepares them once; the parameters of each are
 * bound in the order they are numbered in its text. */
#ifndef CHAT21D_STORE_SQL_H
#define CHAT21D_STORE_SQL_H

enum sql {
    /* The writer's. */
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_SAVE,    /* a savepoint … */
    SQL_UNDO,    /* … back to it … */
    SQL_RELEASE, /* … and gone */
    SQL_SET_MARK,
    SQL_BINDINGS,
    SQL_CLEAR_BINDINGS,
    SQL_ADD_BINDING,
    SQL_FIND_CONVERSATION,
    SQL_CONVERSATION_STATE,
    SQL_ADD_CONVERSATION,
    SQL_RENEW_CONVERSATION, /* a new message is the last one; the usual case */
    SQL_RAISE_CONVERSATION, /* the same, where it was archived or had none */
    SQL_PATCHES,
    SQL_SET_PATCHES,
    SQL_SET_FLAGS,
    SQL_ADD_ENTRY,
    SQL_RAISE_STATUS,
    SQL_HAS_PLAN,
    SQL_ADD_FOREIGN,
    SQL_IMPORT_PLACE,
    SQL_SET_IMPORT_PLACE,
    SQL_NEWEST_IMPORTED,
    SQL_IMPORT_LAST, /* an imported message is the last one; nothing becomes unread */
    SQL_IMPORT_CONVERSATION,
    SQL_IMPORT_ENTRY, /* rises, or is new, or changes nothing */
    SQL_FIND_MESSAGE,
    SQL_IMPORT_INSTANCE,
    SQL_STORED_GROUP,
    SQL_SEE_CLIENT,
    SQL_ADD_CLIENT,
    SQL_REMOVE_CLIENT,
    SQL_REMOVE_OLDEST_CLIENT,
    SQL_COUNT_CLIENTS,
    SQL_OLD_CLIENT,
    SQL_LONGEST_UNSEEN,
    SQL_ADD_PLAN,
    SQL_REMOVE_PLAN,
    SQL_KNOWS,
    SQL_DRAINED_RECENT, /* newest first */
    SQL_ADD_LETTER,
    SQL_DROP_LETTERS,
    SQL_NEWEST_LETTER,
    SQL_REVOKE,
    SQL_RESTORE,
    SQL_DROP_REVOCATIONS, /* that are over */
    SQL_PUT_INSTANCE,
    SQL_NO_INSTANCE,
    SQL_BEGIN_ERASURE,
    /* Erasures (erase.c). `?`s of the scans: they say which of the rows they read are meant. */
    SQL_COUNT_ERASURES, /* under way in the store */
    SQL_NEXT_ERASURE,
    SQL_SET_ERASURE,
    SQL_ERASED_STORED,
    SQL_ERASED_LOG,
    SQL_ERASED_DEAD,
    SQL_NEXT_OWN, /* conversation of an owner */
    SQL_ERASE_ENTRIES,
    SQL_HAS_ENTRIES,
    SQL_REMOVE_CONVERSATION, /* unless it is the newest … */
    SQL_EMPTY_CONVERSATION,  /* … which stays for its number, and says nothing */
    SQL_ERASE_PATCHES,
    SQL_SCAN_PLANS,
    SQL_ERASED_PLAN,
    SQL_REMOVE_ENTRY,
    SQL_HAS_ENTRY,
    SQL_ADD_ERASED,
    SQL_REMOVE_LETTERS,
    SQL_REMOVE_FOREIGN,
    SQL_LAST_OF,
    SQL_LAST_BEFORE,
    SQL_SET_LAST,
    SQL_REMOVE_DANGLING,
    SQL_SCAN_LASTS,
    SQL_SCAN_OTHERS,
    SQL_ERASE_SENT,
    SQL_ERASE_BLOCKS,
    SQL_ERASE_PRESENCE,
    SQL_ERASE_INSTANCES,
    SQL_SCAN_EVENTS,
    SQL_SCAN_DEAD_EVENTS,
    SQL_BLOCK,
    SQL_UNBLOCK,
    SQL_PUT_GROUP,
    SQL_MOVE_LETTERS, /* of a plan that was replaced */
    SQL_ADD_WAITING,
    SQL_FIND_WAITING,
    SQL_REMOVE_WAITING,
    SQL_RENEW_HEAD,   /* the pair's first two have changed */
    SQL_PROMOTE_NEXT, /* one that stands first is about to leave */
    SQL_COUNT_WAITING,
    SQL_NEXT_DUE,
    SQL_DUE,
    SQL_SET_KEY,
    SQL_REMOVE_KEY,
    SQL_REMOVE_OLD_KEYS,
    SQL_ADD_SENT,
    SQL_OLDEST_SENT, /* and the newest's id */
    SQL_SWEEP_SENT,
    SQL_UNCONFIRMED,
    /* The outbox (outbox.h). Ranges of ids are of one endpoint. */
    SQL_UNNAME_ENDPOINTS,
    SQL_NAME_ENDPOINT,
    SQL_FIND_ENDPOINT,
    SQL_NEXT_GONE, /* an endpoint that is named no more, and has rows */
    SQL_COUNT_EVENTS,
    SQL_COUNT_DEAD,
    SQL_ADD_EVENT,
    SQL_ADD_COPY_EVENT,
    SQL_FIND_EVENT,
    SQL_PROMOTE_LANE, /* its first row is about to leave */
    SQL_REMOVE_EVENT,
    SQL_REMOVE_DEAD,
    SQL_PUT_OFF_EVENT,
    SQL_HURRY_LANE,  /* the lane of a row goes on at once */
    SQL_HURRY_LANES, /* of an endpoint */
    SQL_OLDEST_EVENTS,
    SQL_BURY_EVENTS,    /* a range, which stays: to the dead */
    SQL_PROMOTE_BEHIND, /* a range of an endpoint's oldest is about to leave */
    SQL_REMOVE_EVENTS,  /* a range */
    SQL_FIND_DEAD,
    SQL_OLDEST_DEAD,
    SQL_REVIVE_EVENT,
    SQL_REMOVE_OLD_DEAD,
    /* Of both. */
    SQL_FAMILY, /* the plans of one message */
    SQL_READER_BEGIN = SQL_FAMILY,
    SQL_FIND_PLAN,
    SQL_FIND_FOREIGN,
    SQL_MARK,
    SQL_KEYS,
    SQL_CONVERSATION,
    SQL_LETTERS,
    SQL_WRITER_END,
    /* The reader's. */
    SQL_BLOCKED = SQL_WRITER_END,
    SQL_GROUP,
    SQL_SENT,
    SQL_REVOKED,
    SQL_COUNT_REVOKED,
    SQL_ERASURE,      /* the newest of a target */
    SQL_OPEN_ERASURE, /* the oldest that has more to do, but not in the store */
    SQL_OWN_ID,       /* of a foreign one */
    SQL_ENTRY,
    SQL_MESSAGE,
    SQL_CONVERSATION_OF,
    SQL_PATCHES_OF,
    SQL_CONVERSATIONS, /* newest first, as are the next two */
    SQL_CONVERSATIONS_BEFORE,
    SQL_CONVERSATIONS_AFTER,
    SQL_UNREAD_OF,
    SQL_UNREAD,
    SQL_BLOCKS,
    SQL_OTHER_INSTANCES,
    SQL_WAITS,
    SQL_WAITS_OF,
    SQL_WAITING, /* newest first */
    SQL_HISTORY_OF_CONVERSATION,
    SQL_HISTORY_AFTER, /* oldest first */
    SQL_HISTORY_OF_OWNER,
    SQL_HISTORY_BUT,
    SQL_COUNT_OF_CONVERSATION,
    SQL_COUNT_OF_OWNER,
    /* Of one user, in order, from behind ?3 on (export.c). */
    SQL_EXPORT_CONVERSATIONS,
    SQL_EXPORT_INSTANCES,
    SQL_EXPORT_PRESENCE,
    SQL_EXPORT_REVOCATION,
    SQL_EXPORT_SENT,
    SQL_EXPORT_GROUPS,
    SQL_EXPORT_PLANS,
    SQL_EXPORT_PLAN,
    SQL_HEADS, /* of an endpoint's lanes, due from a time on, the longest due first */
    SQL_WAITING_EVENTS,
    SQL_DEAD_EVENTS,
    SQL_END
};

const char *sql_text(enum sql sql);

/* schema.c. The schema's steps: step N (from 0) brings a file from version N to N + 1. */
enum { SQL_SCHEMA_VERSION = 4 };
const char *sql_schema_step(int version);

/* PRAGMAs of a new connection. */
extern const char sql_writer_setup[];
extern const char sql_reader_setup[];
extern const char sql_sync_full[];
extern const char sql_sync_normal[];

/* "c21d": what PRAGMA application_id says in a file of ours. */
enum { SQL_APPLICATION_ID = 0x63323164 };
extern const char sql_get_journal[];
extern const char sql_get_application_id[];
extern const char sql_get_version[];
extern const char sql_count_tables[];
extern const char sql_set_identity[]; /* printf: application id, version */

/* For fault.h: the file may not grow; it may again. */
extern const char sql_stop_growth[];
extern const char sql_allow_growth[];

#endif
