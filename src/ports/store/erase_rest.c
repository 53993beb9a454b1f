/* Erasures of what stands beside a user's messages. */
#include "ports/store/erase.h"

enum { AT_ONCE = 200 };

static const enum sql SMALL[] = {SQL_ERASE_SENT, SQL_ERASE_BLOCKS, SQL_ERASE_PRESENCE,
                                 SQL_ERASE_INSTANCES};
enum { SMALL_COUNT = sizeof SMALL / sizeof *SMALL };

int erase_small(struct store *store, struct erasure *erasure, struct progress *next,
                bool *is_over) {
    (void)next;
    struct call call = call_start(&store->handle, SMALL[erasure->position]);
    call_text(&call, erasure->app);
    call_text(&call, erasure->target);
    call_number(&call, erasure->begun_ms);
    call_number(&call, AT_ONCE);
    int code = call_run(&call);
    int64_t erased = code == SQLITE_OK ? sqlite3_changes64(store->handle.connection) : 0;
    erasure->others += erased;
    erasure->position += code == SQLITE_OK && erased < AT_ONCE;
    *is_over = erasure->position == SMALL_COUNT;
    return code;
}

/* Those that wait, or are dead: the phase says. */
int erase_events(struct store *store, struct erasure *erasure, struct progress *next,
                 bool *is_over) {
    bool are_dead = erasure->phase == ERASE_DEAD_EVENTS;
    const struct erase_scan what = {are_dead ? SQL_SCAN_DEAD_EVENTS : SQL_SCAN_EVENTS,
                                    erasure->begun_ms, AT_ONCE};
    int64_t ids[ERASE_SCANNED_MAX];
    size_t count;
    int code = erase_read(store, erasure, &what, ids, &count, is_over, &erasure->position);
    for (size_t i = 0; code == SQLITE_OK && i < count; i++)
        code = outbox_remove(store, ids[i], next);
    erasure->others += code == SQLITE_OK ? (int64_t)count : 0;
    return code;
}
