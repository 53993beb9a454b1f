/* What became of events: posted, to be tried again, given up; and a person's word about one of
 * them.
 */
#include "ports/store/inside.h"

#include "words/check.h"

struct stood {
    int64_t endpoint, lane, bytes;
    bool is_head;
};

/* SQLITE_ROW: it waits. */
static int find(struct store *store, int64_t id, struct stood *stood) {
    struct call call = call_start(&store->handle, SQL_FIND_EVENT);
    call_number(&call, id);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *stood = (struct stood){call_get_number(&call, 0), call_get_number(&call, 1),
                                call_get_number(&call, 3), call_get_number(&call, 2) != 0};
    call_end(&call);
    return code;
}

static int run_for(struct store *store, enum sql sql, int64_t id) {
    struct call call = call_start(&store->handle, sql);
    call_number(&call, id);
    return call_run(&call);
}

static int remove_dead(struct store *store, int64_t id, struct progress *next) {
    int code = run_for(store, SQL_REMOVE_DEAD, id);
    if (code == SQLITE_OK && sqlite3_changes64(store->handle.connection) > 0)
        next->outbox.dead--;
    return code;
}

static int bury(struct store *store, int64_t id, struct progress *next) {
    struct call call = call_start(&store->handle, SQL_BURY_EVENTS);
    call_number(&call, id);
    call_number(&call, id);
    call_number(&call, store->now_ms);
    call_null(&call);
    next->outbox.dead++;
    next->outbox.given_up++;
    return call_run(&call);
}

static int promote(struct store *store, int64_t id, const struct stood *stood) {
    struct call call = call_start(&store->handle, SQL_PROMOTE_LANE);
    call_number(&call, stood->endpoint);
    call_number(&call, stood->lane);
    call_number(&call, id);
    return call_run(&call);
}

/* It leaves its lane; one that waits no more may be among the dead. */
static int take_out(struct store *store, int64_t id, bool is_buried, struct progress *next) {
    struct stood stood;
    int code = find(store, id, &stood);
    if (code == SQLITE_DONE)
        return is_buried ? SQLITE_OK : remove_dead(store, id, next);
    if (code != SQLITE_ROW)
        return code;
    code = is_buried ? bury(store, id, next) : SQLITE_OK;
    if (code == SQLITE_OK && stood.is_head)
        code = promote(store, id, &stood);
    if (code == SQLITE_OK)
        code = run_for(store, SQL_REMOVE_EVENT, id);
    outbox_count(store, stood.endpoint, -1, -stood.bytes, next);
    return code;
}

int outbox_remove(struct store *store, int64_t id, struct progress *next) {
    return take_out(store, id, false, next);
}

static int put_off(struct store *store, const struct outbox_change *change) {
    struct call call = call_start(&store->handle, SQL_PUT_OFF_EVENT);
    call_number(&call, change->id);
    call_number(&call, change->due_ms);
    call_number(&call, change->answer);
    call_text(&call, change->error[0] ? span_of(change->error) : SPAN_NONE);
    return call_run(&call);
}

static int hurry(struct store *store, int64_t id) {
    struct call call = call_start(&store->handle, SQL_HURRY_LANE);
    call_number(&call, id);
    call_number(&call, store->now_ms);
    return call_run(&call);
}

/* Where it would go; SQLITE_DONE: it is not among the dead, or its endpoint is named no more. */
static int find_dead(struct store *store, int64_t id, int64_t *endpoint, int64_t *bytes) {
    struct call call = call_start(&store->handle, SQL_FIND_DEAD);
    call_number(&call, id);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        *endpoint = call_get_number(&call, 0);
        *bytes = call_get_number(&call, 2);
    }
    call_end(&call);
    return code;
}

int outbox_revive(struct store *store, int64_t id, struct progress *next) {
    int64_t endpoint, bytes;
    int code = find_dead(store, id, &endpoint, &bytes);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? SQLITE_OK : code;
    struct call call = call_start(&store->handle, SQL_REVIVE_EVENT);
    call_number(&call, id);
    call_number(&call, outbox_id(endpoint, outbox_next(next)));
    call_number(&call, endpoint);
    call_number(&call, store->now_ms);
    code = call_run(&call);
    outbox_count(store, endpoint, 1, bytes, next);
    return code == SQLITE_OK ? remove_dead(store, id, next) : code;
}

static uint64_t all_waiting(const struct store *store, const struct progress *next) {
    uint64_t count = 0;
    for (size_t i = 0; i < store->outbox.count; i++)
        count += next->outbox.loads[i].waiting;
    return count;
}

static int begin_word(const struct store *store, const struct outbox_change *change,
                      struct progress *next) {
    struct outbox_progress *outbox = &next->outbox;
    struct outbox_word word = {store->now_ms, outbox->newest,
                               change->of_dead ? outbox->dead : all_waiting(store, next)};
    if (change->what == OUTBOX_RETRY)
        *(change->of_dead ? &outbox->revive : &outbox->hurry) = word;
    else
        *(change->of_dead ? &outbox->drop_dead : &outbox->drop) = word;
    return SQLITE_OK;
}

static int retry(struct store *store, const struct outbox_change *change, struct progress *next) {
    if (change->id == 0)
        return begin_word(store, change, next);
    int code = hurry(store, change->id);
    return code == SQLITE_OK ? outbox_revive(store, change->id, next) : code;
}

static int apply(struct store *store, const struct outbox_change *change, struct progress *next) {
    int code;
    switch (change->what) {
    case OUTBOX_POSTED:
        return take_out(store, change->id, false, next);
    case OUTBOX_AGAIN:
        return put_off(store, change);
    case OUTBOX_GIVEN_UP:
        code = put_off(store, change);
        return code == SQLITE_OK ? take_out(store, change->id, true, next) : code;
    case OUTBOX_RETRY:
        return retry(store, change, next);
    case OUTBOX_DROP:
        return change->id ? take_out(store, change->id, false, next)
                          : begin_word(store, change, next);
    }
    return SQLITE_OK;
}

int outbox_apply(struct store *store, const struct store_batch *batch, struct progress *next) {
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < batch->change_count; i++)
        code = apply(store, &batch->changes[i], next);
    return code;
}
