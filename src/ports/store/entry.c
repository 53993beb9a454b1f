/* Messages into timelines, and the conversations that they renew. */
#include "ports/store/inside.h"

static void call_sides(struct call *call, struct span app, struct span owner, struct span other) {
    call_text(call, app);
    call_text(call, owner);
    call_text(call, other);
}

int conversation_find(struct store *store, struct span app, struct span owner, struct span other,
                      int64_t *id) {
    struct call call = call_start(&store->handle, SQL_FIND_CONVERSATION);
    call_sides(&call, app, owner, other);
    int code = call_row(&call);
    *id = code == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int conversation_state(struct store *store, int64_t id, struct conversation_state *state) {
    struct call call = call_start(&store->handle, SQL_CONVERSATION_STATE);
    call_number(&call, id);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *state = (struct conversation_state){.has_last = !call_get_is_null(&call, 0),
                                             .last_seq = call_get_number(&call, 0),
                                             .is_archived = call_get_number(&call, 1) != 0};
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

int conversation_add(struct store *store, const struct plan *plan, const struct plan_copy *copy,
                     int64_t last_seq, int64_t *id) {
    struct call call = call_start(&store->handle, SQL_ADD_CONVERSATION);
    call_sides(&call, plan->app, copy->owner, copy->other);
    if (last_seq)
        call_number(&call, last_seq);
    else
        call_null(&call);
    call_number(&call, last_seq && copy->status != STATUS_FAILED);
    int code = call_run(&call);
    *id = sqlite3_last_insert_rowid(store->handle.connection);
    return code;
}

int conversation_tell(struct store *store, const struct plan *plan, const struct plan_copy *copy,
                      struct progress *next) {
    struct arena *arena = arena_new();
    struct span owner = json_quote(arena, copy->owner), other = json_quote(arena, copy->other);
    struct plan_event event = {
        .kind = EVENT_UNARCHIVED,
        .owner = copy->owner,
        .other = copy->other,
        .data = arena_print(arena, "{\"timelineOf\":%.*s,\"conversWith\":%.*s,\"archived\":false}",
                            SPAN_ARGS(owner), SPAN_ARGS(other)),
    };
    int code = outbox_add(store, plan->app, &event, 0, store->now_ms, next);
    arena_free(&arena);
    return code;
}

/* The statement makes the message the last one. A refused one leaves nothing unread. */
static int put_last(struct store *store, enum sql sql, int64_t id, int64_t seq, int status) {
    struct call call = call_start(&store->handle, sql);
    call_number(&call, id);
    call_number(&call, seq);
    call_number(&call, status != STATUS_FAILED);
    return call_run(&call);
}

/* Nearly always one statement does; only where it changes nothing is the row looked at: the message
 * may be older than the last one, or the first, or the conversation was archived. */
static int renew_conversation(struct store *store, const struct plan *plan,
                              const struct plan_copy *copy, int64_t seq, int64_t id,
                              struct progress *next) {
    struct conversation_state state = {.has_last = false};
    int code = put_last(store, SQL_RENEW_CONVERSATION, id, seq, copy->status);
    if (code != SQLITE_OK || sqlite3_changes64(store->handle.connection) > 0)
        return code;
    code = conversation_state(store, id, &state);
    if (code != SQLITE_OK || (state.has_last && state.last_seq >= seq))
        return code;
    code = put_last(store, SQL_RAISE_CONVERSATION, id, seq, copy->status);
    return code == SQLITE_OK && state.is_archived ? conversation_tell(store, plan, copy, next)
                                                  : code;
}

static int add_entry(struct store *store, int64_t conversation, int64_t seq, int status) {
    struct call call = call_start(&store->handle, SQL_ADD_ENTRY);
    call_number(&call, conversation);
    call_number(&call, seq);
    call_number(&call, status);
    return call_run(&call);
}

int entry_put(struct store *store, const struct plan *plan, const struct plan_copy *copy,
              int64_t seq, bool updates_conversation, int64_t *id, struct progress *next) {
    int code = conversation_find(store, plan->app, copy->owner, copy->other, id);
    if (code != SQLITE_OK)
        return code;
    if (*id == 0)
        code = conversation_add(store, plan, copy, updates_conversation ? seq : 0, id);
    else if (updates_conversation)
        code = renew_conversation(store, plan, copy, seq, *id, next);
    return code == SQLITE_OK ? add_entry(store, *id, seq, copy->status) : code;
}

/* ---- effects on messages that are stored already ---- */

/* SQLITE_ROW: it is there. SQLITE_DONE: it was erased since the effect was decided. One that never
 * was: the data is at fault. */
static int has_plan(struct store *store, int64_t seq, const struct progress *next) {
    struct call call = call_start(&store->handle, SQL_HAS_PLAN);
    call_number(&call, seq);
    int code = call_row(&call);
    call_end(&call);
    return code == SQLITE_DONE && seq > next->newest_seq ? SQLITE_CONSTRAINT : code;
}

int entry_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect,
                struct progress *next) {
    struct plan_copy copy = {effect->by, effect->whom, effect->status};
    int64_t row;
    int code = has_plan(store, effect->seq, next);
    if (code == SQLITE_ROW)
        return entry_put(store, plan, &copy, effect->seq, effect->updates_conversation, &row, next);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int status_apply(struct store *store, const struct plan *plan, const struct plan_effect *effect) {
    struct call call = call_start(&store->handle, SQL_RAISE_STATUS);
    call_sides(&call, plan->app, effect->by, effect->whom);
    call_number(&call, effect->seq);
    call_number(&call, effect->status);
    return call_run(&call);
}
