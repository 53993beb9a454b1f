/* What clients change of a conversation. */
#include "ports/store/inside.h"

#include "meaning/conversation.h"

static int read_patches(struct store *store, int64_t id, struct arena *arena,
                        struct patches *patches) {
    struct call call = call_start(&store->handle, SQL_PATCHES);
    call_number(&call, id);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        *patches = (struct patches){call_get_span(&call, 0, arena), call_get_span(&call, 2, arena)};
        if (!call_get_number(&call, 1))
            patches_settle(arena, patches);
    }
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

static int write_patches(struct store *store, int64_t id, const struct patches *patches) {
    struct call call = call_start(&store->handle, SQL_SET_PATCHES);
    call_number(&call, id);
    call_bytes(&call, patches->recent);
    call_bytes(&call, patches->old);
    return call_run(&call);
}

/* One without a message shows itself once something was patched, be it nothing but a flag; and one
 * that was imported is known to have changed since. */
static int put_patch(struct store *store, int64_t id, bool has_last, struct span patch) {
    struct arena *arena = arena_new();
    struct patches patches = {SPAN_NONE, SPAN_NONE};
    int code = read_patches(store, id, arena, &patches);
    struct span before = patches.recent;
    if (code == SQLITE_OK && patch.at && patches_add(arena, &patches, patch, NULL) < 0)
        code = SQLITE_CONSTRAINT;
    if (code == SQLITE_OK && !patches.recent.at && (!has_last || patches.old.at))
        patches.recent = SPAN("{}");
    if (code == SQLITE_OK && patches.recent.at != before.at)
        code = write_patches(store, id, &patches);
    arena_free(&arena);
    return code;
}

static void call_flag(struct call *call, enum plan_flag flag) {
    if (flag == FLAG_AS_IT_IS)
        call_null(call);
    else
        call_number(call, flag == FLAG_YES);
}

static int set_flags(struct store *store, int64_t id, enum plan_flag is_new,
                     enum plan_flag archived) {
    if (is_new == FLAG_AS_IT_IS && archived == FLAG_AS_IT_IS)
        return SQLITE_OK;
    struct call call = call_start(&store->handle, SQL_SET_FLAGS);
    call_number(&call, id);
    call_flag(&call, is_new);
    call_flag(&call, archived);
    return call_run(&call);
}

/* What is said of a flag itself wins over what the patch says. */
static enum plan_flag flag_of(enum plan_flag said, struct span patch, struct span name) {
    return said == FLAG_AS_IT_IS ? conversation_flag(patch, name) : said;
}

int conversation_apply(struct store *store, const struct plan *plan,
                       const struct plan_effect *effect, struct progress *next) {
    struct plan_copy copy = {effect->by, effect->whom, 0};
    struct conversation_state state = {.has_last = false};
    int64_t id;
    enum plan_flag is_new = flag_of(effect->is_new, effect->patch, SPAN("is_new"));
    enum plan_flag archived = flag_of(effect->archived, effect->patch, SPAN("archived"));
    int code = conversation_find(store, plan->app, effect->by, effect->whom, &id);
    if (code == SQLITE_OK)
        code = id ? conversation_state(store, id, &state)
                  : conversation_add(store, plan, &copy, 0, &id);
    if (code == SQLITE_OK)
        code = put_patch(store, id, state.has_last, effect->patch);
    if (code == SQLITE_OK)
        code = set_flags(store, id, is_new, archived);
    return code == SQLITE_OK && state.is_archived && archived == FLAG_NO
               ? conversation_tell(store, plan, &copy, next)
               : code;
}
