/* A verdict's changes of the message. */
#include "verdict.h"

#include <lauxlib.h>
#include <stdlib.h>

struct rewrite {
    const struct reading *reading;
    struct arena *arena;
    struct json_change *changes;
    size_t count;
    size_t bytes;
};

/* What says who and which: the server's own, by event. */
static const char *const OF_MESSAGE[] = {"message_id", "sender",      "recipient",
                                         "app_id",     "timestamp",   "status",
                                         "timelineOf", "conversWith", NULL};
static const char *const OF_GROUP[] = {"uid", "owner", "members", "appId", "createdOn", NULL};
static const char *const OF_CONVERSATION[] = {"timelineOf", "conversWith", "app_id", "key", NULL};
static const char *const NOTHING[] = {NULL}; /* nobody may rewrite it */
static const char *const *const IDENTITY[POLICY_EVENTS] = {
    [POLICY_MESSAGE] = OF_MESSAGE, [POLICY_COPY] = NOTHING,
    [POLICY_GROUP] = OF_GROUP,     [POLICY_CONVERSATION] = OF_CONVERSATION,
    [POLICY_RECEIPT] = NOTHING,    [POLICY_ARCHIVE] = NOTHING,
    [POLICY_PRESENCE] = NOTHING,
};

static void check_path(const struct reading *reading, const char *what, struct span path) {
    char shown[64];
    state_clean(shown, sizeof shown, path);
    if (path.size == 0 || path.size > VERDICT_PATH_BYTES)
        reading_refuse(reading, "%s: a path of 1 to %d bytes expected, got %zu", what,
                       VERDICT_PATH_BYTES, path.size);
    size_t parts = 1, begin = 0, first = path.size;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.at[i] != '.')
            continue;
        if (i == begin)
            reading_refuse(reading, "%s: an empty part in the path %s", what, shown);
        if (begin == 0)
            first = i;
        parts += i < path.size;
        begin = i + 1;
    }
    if (parts > VERDICT_PATH_PARTS)
        reading_refuse(reading, "%s: at most %d parts in a path, got %s", what, VERDICT_PATH_PARTS,
                       shown);
    const char *const *name = IDENTITY[reading->call->question->event];
    for (; *name; name++)
        if (span_is(span_cut(path, 0, first), *name))
            reading_refuse(reading, "%s: %s is not a policy's to change", what, *name);
}

static struct json_change *add_change(struct rewrite *rewrite, const char *what, struct span path) {
    const struct reading *reading = rewrite->reading;
    state_charge(state_of(reading->lua), 100);
    check_path(reading, what, path);
    if (rewrite->count == VERDICT_PATHS)
        reading_refuse(reading, "at most %d paths in one rewrite", VERDICT_PATHS);
    struct json_change *change = &rewrite->changes[rewrite->count++];
    *change = (struct json_change){.path = arena_copy(rewrite->arena, path)};
    return change;
}

/* encode_value throws without naming the path. */
static void read_set(struct rewrite *rewrite) {
    const struct reading *reading = rewrite->reading;
    lua_State *lua = reading->lua;
    reading_push(reading, "set");
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        return;
    }
    if (!reading_is_table(reading))
        reading_refuse(reading, "set: a table expected, got %s", luaL_typename(lua, -1));
    int table = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TSTRING)
            reading_refuse(reading, "set: a path expected, got a %s",
                           lua_typename(lua, lua_type(lua, -2)));
        struct span path;
        path.at = lua_tolstring(lua, -2, &path.size);
        struct json_change *change = add_change(rewrite, "set", path);
        if (lua_isfunction(lua, -1))
            reading_refuse(reading, "set: %s: a function, which JSON does not have", path.at);
        change->value = encode_value(lua, rewrite->arena, lua_gettop(lua));
        rewrite->bytes += change->value.size;
        if (rewrite->bytes > ENCODE_BYTES)
            reading_refuse(reading, "set: over %d bytes in all", ENCODE_BYTES);
    }
    lua_pop(lua, 1);
}

static void read_unset(struct rewrite *rewrite) {
    const struct reading *reading = rewrite->reading;
    lua_State *lua = reading->lua;
    reading_push(reading, "unset");
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        return;
    }
    if (!reading_is_table(reading))
        reading_refuse(reading, "unset: a list of paths expected, got %s", luaL_typename(lua, -1));
    int table = lua_gettop(lua);
    size_t size = lua_objlen(lua, table), seen = 0;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TNUMBER || ++seen > size)
            reading_refuse(reading, "unset: a list of paths expected, got names or holes");
        if (lua_type(lua, -1) != LUA_TSTRING)
            reading_refuse(reading, "unset: a path expected, got %s", luaL_typename(lua, -1));
        struct span path;
        path.at = lua_tolstring(lua, -1, &path.size);
        add_change(rewrite, "unset", path)->unset = true;
    }
    lua_pop(lua, 1);
}

static int by_path(const void *left, const void *right) {
    const struct span *a = &((const struct json_change *)left)->path;
    const struct span *b = &((const struct json_change *)right)->path;
    int order = memcmp(a->at, b->at, a->size < b->size ? a->size : b->size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* A table has no order, so two changes that meet would fall out one way today, another tomorrow. */
static void check_apart(const struct rewrite *rewrite) {
    const struct reading *reading = rewrite->reading;
    for (size_t i = 0; i < rewrite->count; i++)
        for (size_t j = i + 1; j < rewrite->count; j++) {
            struct span above = rewrite->changes[i].path, below = rewrite->changes[j].path;
            if (!span_starts(below, above))
                continue;
            char shown[64];
            state_clean(shown, sizeof shown, below);
            if (below.size == above.size)
                reading_refuse(reading, "%s is changed twice", shown);
            if (below.at[above.size] == '.')
                reading_refuse(reading, "%s is changed, and something above it", shown);
        }
}

void rewrite_read(const struct reading *reading) {
    struct call *call = reading->call;
    struct rewrite rewrite = {.reading = reading, .arena = call->arena};
    rewrite.changes = arena_array(call->arena, VERDICT_PATHS, sizeof *rewrite.changes);
    read_set(&rewrite);
    read_unset(&rewrite);
    if (rewrite.count == 0)
        reading_refuse(reading, "rewrite: set or unset expected");
    qsort(rewrite.changes, rewrite.count, sizeof *rewrite.changes, by_path);
    check_apart(&rewrite);
    state_charge_bytes(state_of(reading->lua), 8 * call->body.size);
    struct why why;
    if (json_splice(call->arena, call->body, rewrite.changes, rewrite.count, &call->answer.body,
                    &why) < 0)
        reading_refuse(reading, "%s", why.words);
    call->answer.changes = rewrite.changes;
    call->answer.change_count = rewrite.count;
}
