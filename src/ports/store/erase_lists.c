/* Erasures in timelines and lists of conversations. */
#include "ports/store/erase.h"

enum { ENTRIES = 200, SCANNED = 200 };

static int64_t changed(const struct store *store) {
    return sqlite3_changes64(store->handle.connection);
}

int erase_conversation(struct store *store, struct erasure *erasure, int64_t id) {
    int code = erase_run(store, SQL_REMOVE_CONVERSATION, id);
    erasure->conversations++;
    if (code != SQLITE_OK || changed(store))
        return code;
    return erase_run(store, SQL_EMPTY_CONVERSATION, id);
}

/* ---- the user's own ---- */

struct own {
    int64_t id;
    struct span other;
    bool has_newer; /* it was written in since */
};

static int next_own(struct store *store, const struct erasure *erasure, struct own *own) {
    struct call call = call_start(&store->handle, SQL_NEXT_OWN);
    call_text(&call, erasure->app);
    call_text(&call, erasure->target);
    call_text(&call, erasure->place);
    call_number(&call, erasure->newest_seq);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *own = (struct own){call_get_number(&call, 0), call_get_span(&call, 1, erasure->arena),
                            call_get_number(&call, 2) != 0};
    call_end(&call);
    return code;
}

static int erase_entries(struct store *store, struct erasure *erasure, int64_t id,
                         int64_t *erased) {
    struct call call = call_start(&store->handle, SQL_ERASE_ENTRIES);
    call_number(&call, id);
    call_number(&call, erasure->newest_seq);
    call_number(&call, ENTRIES);
    int code = call_run(&call);
    *erased = code == SQLITE_OK ? changed(store) : 0;
    erasure->entries += *erased;
    return code;
}

/* Nothing of before is left in it. */
static int close_own(struct store *store, struct erasure *erasure, const struct own *own) {
    int code = erase_has(store, SQL_HAS_ENTRIES, own->id, 0);
    erasure->place = own->other;
    if (code == SQLITE_DONE && !own->has_newer)
        return erase_conversation(store, erasure, own->id);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? erase_run_two(store, SQL_ERASE_PATCHES, own->id, erasure->newest_seq)
               : code;
}

int erase_own(struct store *store, struct erasure *erasure, struct progress *next, bool *is_over) {
    struct own own;
    int64_t erased;
    (void)next;
    int code = next_own(store, erasure, &own);
    *is_over = code == SQLITE_DONE;
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? SQLITE_OK : code;
    code = erase_entries(store, erasure, own.id, &erased);
    return code == SQLITE_OK && erased < ENTRIES ? close_own(store, erasure, &own) : code;
}

/* ---- the last message is the one before ---- */

struct last {
    bool has, is_with_target;
    int64_t seq;
};

static int read_last(struct store *store, const struct erasure *erasure, int64_t id,
                     struct last *last) {
    struct call call = call_start(&store->handle, SQL_LAST_OF);
    call_number(&call, id);
    int code = call_row(&call);
    *last = (struct last){.has = false};
    if (code == SQLITE_ROW)
        *last = (struct last){!call_get_is_null(&call, 0),
                              erasure->kind == ORDER_ERASE_USER &&
                                  span_equal(call_peek_span(&call, 1), erasure->target) &&
                                  call_get_number(&call, 2),
                              call_get_number(&call, 0)};
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int find_before(struct store *store, int64_t id, struct last *last) {
    struct call call = call_start(&store->handle, SQL_LAST_BEFORE);
    call_number(&call, id);
    call_number(&call, last->seq);
    int code = call_row(&call);
    last->has = code == SQLITE_ROW;
    last->seq = last->has ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int set_last(struct store *store, int64_t id, const struct last *last) {
    struct call call = call_start(&store->handle, SQL_SET_LAST);
    call_number(&call, id);
    if (last->has)
        call_number(&call, last->seq);
    else
        call_null(&call);
    return call_run(&call);
}

static int remove_if_empty(struct store *store, struct erasure *erasure, int64_t id) {
    int code = erase_has(store, SQL_HAS_ENTRIES, id, 0);
    return code == SQLITE_DONE  ? erase_conversation(store, erasure, id)
           : code == SQLITE_ROW ? SQLITE_OK
                                : code;
}

int erase_last(struct store *store, struct erasure *erasure, int64_t id, int64_t seq) {
    struct last last;
    int code = read_last(store, erasure, id, &last);
    if (code == SQLITE_OK && last.has && last.seq == seq) {
        code = find_before(store, id, &last);
        if (code == SQLITE_OK)
            code = set_last(store, id, &last);
    }
    return code == SQLITE_OK && !last.has && last.is_with_target
               ? remove_if_empty(store, erasure, id)
               : code;
}

/* Entries that no plan's copies name (a group's history that was given to a newcomer, what was
 * imported) outlive their messages: nobody sees them. Where such a one is the last it goes. */
static int mend_last(struct store *store, struct erasure *erasure, int64_t id) {
    struct last last;
    int code = read_last(store, erasure, id, &last);
    if (code != SQLITE_OK || !last.has)
        return code;
    code = erase_run_two(store, SQL_REMOVE_DANGLING, id, last.seq);
    erasure->entries += code == SQLITE_OK ? changed(store) : 0;
    return code == SQLITE_OK ? erase_last(store, erasure, id, last.seq) : code;
}

static int scan(struct store *store, struct erasure *erasure, enum sql sql,
                int (*mend)(struct store *store, struct erasure *erasure, int64_t id),
                bool *is_over) {
    const struct erase_scan what = {sql, erasure->newest_seq, SCANNED};
    int64_t ids[ERASE_SCANNED_MAX], last;
    size_t count, done = 0;
    int code = erase_read(store, erasure, &what, ids, &count, is_over, &last);
    while (code == SQLITE_OK && done < count && (done == 0 || !erase_is_late(erasure)))
        code = mend(store, erasure, ids[done++]);
    if (code != SQLITE_OK)
        return code;
    *is_over = *is_over && done == count;
    erasure->position = done < count ? ids[done - 1] : last;
    return code;
}

int erase_lasts(struct store *store, struct erasure *erasure, struct progress *next,
                bool *is_over) {
    (void)next;
    return scan(store, erasure, SQL_SCAN_LASTS, mend_last, is_over);
}

/* ---- a group's conversations ---- */

/* Its timeline stays: only the lists do not show it. */
static int show_nothing(struct store *store, struct erasure *erasure, int64_t id) {
    erasure->conversations++;
    return set_last(store, id, &(struct last){.has = false});
}

int erase_lists(struct store *store, struct erasure *erasure, struct progress *next,
                bool *is_over) {
    (void)next;
    return scan(store, erasure, SQL_SCAN_OTHERS, show_nothing, is_over);
}
