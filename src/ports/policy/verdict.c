#include "verdict.h"

#include "words/check.h"
#include "words/nearest.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void refuse(lua_State *lua, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void refuse(lua_State *lua, const char *format, ...) {
    const struct state *state = state_of(lua);
    char words[160];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    luaL_error(lua, "%s:%d: verdict: %s", state->name, state->line, words);
    abort();
}

static struct span string_on_top(lua_State *lua) {
    struct span text;
    text.at = lua_tolstring(lua, -1, &text.size);
    return text;
}

/* ---- the verbs ---- */

struct verb {
    const char *name;
    enum answer_kind kind;
    bool in_copy;
    const char *names[4]; /* besides verb */
};
static const struct verb VERBS[] = {
    {"rewrite", ANSWER_REWRITE, false, {"set", "unset", NULL}},
    {"accept", ANSWER_ACCEPT, false, {NULL}},
    {"reject", ANSWER_REJECT, false, {"code", "reason", NULL}},
    {"drop", ANSWER_DROP, true, {"reason", NULL}},
};
enum { VERB_COUNT = sizeof VERBS / sizeof VERBS[0] };

static const struct verb *read_verb(lua_State *lua, const struct call *call) {
    lua_getfield(lua, 1, "verb");
    if (lua_type(lua, -1) != LUA_TSTRING)
        refuse(lua, "verb: a string expected, got %s", luaL_typename(lua, -1));
    struct span name = string_on_top(lua);
    struct nearest nearest = nearest_start(name);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        const struct verb *verb = &VERBS[i];
        if (!span_is(name, verb->name)) {
            nearest_offer(&nearest, span_of(verb->name));
            continue;
        }
        if (call->question->event == POLICY_COPY && !verb->in_copy)
            refuse(lua, "verb: nil or drop expected for a copy, got %s", verb->name);
        lua_pop(lua, 1);
        return verb;
    }
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    refuse(lua, "no such verb: %s%s", shown, nearest_words(&nearest, hint));
}

static void check_names(lua_State *lua, const struct verb *verb) {
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        state_charge(state_of(lua), 10);
        if (lua_type(lua, -2) != LUA_TSTRING)
            refuse(lua, "a %s as a name", lua_typename(lua, lua_type(lua, -2)));
        struct span name;
        name.at = lua_tolstring(lua, -2, &name.size);
        bool is_known = span_is(name, "verb");
        struct nearest nearest = nearest_start(name);
        for (const char *const *known = verb->names; *known && !is_known; known++) {
            is_known = span_is(name, *known);
            nearest_offer(&nearest, span_of(*known));
        }
        if (is_known)
            continue;
        char shown[48], hint[NEAREST_MAX + 24];
        state_clean(shown, sizeof shown, name);
        refuse(lua, "%s takes no %s%s", verb->name, shown, nearest_words(&nearest, hint));
    }
}

/* A string of 1 to `most` bytes, in the arena. */
static struct span read_words(lua_State *lua, struct arena *arena, const char *name, size_t most) {
    lua_getfield(lua, 1, name);
    if (lua_type(lua, -1) != LUA_TSTRING)
        refuse(lua, "%s: a string expected, got %s", name, luaL_typename(lua, -1));
    struct span text = string_on_top(lua);
    if (text.size == 0 || text.size > most)
        refuse(lua, "%s: 1 to %zu bytes expected, got %zu", name, most, text.size);
    text = arena_copy(arena, text);
    lua_pop(lua, 1);
    return text;
}

static void check_code(lua_State *lua, struct span code) {
    for (size_t i = 0; i < code.size; i++) {
        char byte = code.at[i];
        bool is_fit = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
        if (!is_fit)
            refuse(lua, "code: letters, digits, _ - and . expected");
    }
}

/* ---- rewrite ---- */

struct rewrite {
    struct arena *arena;
    struct json_change *changes;
    size_t count;
    size_t bytes;
};

static const char *const IDENTITY[] = {"message_id", "sender",      "recipient",
                                       "app_id",     "timestamp",   "status",
                                       "timelineOf", "conversWith", NULL};

static void check_path(lua_State *lua, const char *what, struct span path) {
    char shown[64];
    state_clean(shown, sizeof shown, path);
    if (path.size == 0 || path.size > VERDICT_PATH_BYTES)
        refuse(lua, "%s: a path of 1 to %d bytes expected, got %zu", what, VERDICT_PATH_BYTES,
               path.size);
    size_t parts = 1, begin = 0, first = path.size;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.at[i] != '.')
            continue;
        if (i == begin)
            refuse(lua, "%s: an empty part in the path %s", what, shown);
        if (begin == 0)
            first = i;
        parts += i < path.size;
        begin = i + 1;
    }
    if (parts > VERDICT_PATH_PARTS)
        refuse(lua, "%s: at most %d parts in a path, got %s", what, VERDICT_PATH_PARTS, shown);
    for (const char *const *name = IDENTITY; *name; name++)
        if (span_is(span_cut(path, 0, first), *name))
            refuse(lua, "%s: %s is not a policy's to change", what, *name);
}

static struct json_change *add_change(lua_State *lua, struct rewrite *rewrite, const char *what,
                                      struct span path) {
    state_charge(state_of(lua), 100);
    check_path(lua, what, path);
    if (rewrite->count == VERDICT_PATHS)
        refuse(lua, "at most %d paths in one rewrite", VERDICT_PATHS);
    struct json_change *change = &rewrite->changes[rewrite->count++];
    *change = (struct json_change){.path = arena_copy(rewrite->arena, path)};
    return change;
}

/* encode_value throws without naming the path. */
static void read_set(lua_State *lua, struct rewrite *rewrite) {
    lua_getfield(lua, 1, "set");
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        return;
    }
    if (!lua_istable(lua, -1))
        refuse(lua, "set: a table expected, got %s", luaL_typename(lua, -1));
    int table = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TSTRING)
            refuse(lua, "set: a path expected, got a %s", lua_typename(lua, lua_type(lua, -2)));
        struct span path;
        path.at = lua_tolstring(lua, -2, &path.size);
        struct json_change *change = add_change(lua, rewrite, "set", path);
        change->value = encode_value(lua, rewrite->arena, lua_gettop(lua));
        rewrite->bytes += change->value.size;
        if (rewrite->bytes > ENCODE_BYTES)
            refuse(lua, "set: over %d bytes in all", ENCODE_BYTES);
    }
    lua_pop(lua, 1);
}

static void read_unset(lua_State *lua, struct rewrite *rewrite) {
    lua_getfield(lua, 1, "unset");
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        return;
    }
    if (!lua_istable(lua, -1))
        refuse(lua, "unset: a list of paths expected, got %s", luaL_typename(lua, -1));
    int table = lua_gettop(lua);
    size_t size = lua_objlen(lua, table), seen = 0;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TNUMBER || ++seen > size)
            refuse(lua, "unset: a list of paths expected, got names or holes");
        if (lua_type(lua, -1) != LUA_TSTRING)
            refuse(lua, "unset: a path expected, got %s", luaL_typename(lua, -1));
        add_change(lua, rewrite, "unset", string_on_top(lua))->unset = true;
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
static void check_apart(lua_State *lua, const struct rewrite *rewrite) {
    for (size_t i = 0; i < rewrite->count; i++)
        for (size_t j = i + 1; j < rewrite->count; j++) {
            struct span above = rewrite->changes[i].path, below = rewrite->changes[j].path;
            if (!span_starts(below, above))
                continue;
            char shown[64];
            state_clean(shown, sizeof shown, below);
            if (below.size == above.size)
                refuse(lua, "%s is changed twice", shown);
            if (below.at[above.size] == '.')
                refuse(lua, "%s is changed, and something above it", shown);
        }
}

static void read_rewrite(lua_State *lua, struct call *call) {
    struct rewrite rewrite = {.arena = call->arena};
    rewrite.changes = arena_array(call->arena, VERDICT_PATHS, sizeof *rewrite.changes);
    read_set(lua, &rewrite);
    read_unset(lua, &rewrite);
    if (rewrite.count == 0)
        refuse(lua, "rewrite: set or unset expected");
    qsort(rewrite.changes, rewrite.count, sizeof *rewrite.changes, by_path);
    check_apart(lua, &rewrite);
    state_charge_bytes(state_of(lua), 8 * call->body.size);
    struct why why;
    if (json_splice(call->arena, call->body, rewrite.changes, rewrite.count, &call->answer.body,
                    &why) < 0)
        refuse(lua, "%s", why.words);
}

void verdict_read(lua_State *lua, struct call *call) {
    if (lua_isnil(lua, -1))
        return;
    if (!lua_istable(lua, -1))
        refuse(lua, "nil or a table expected, got %s", luaL_typename(lua, -1));
    check(lua_gettop(lua) == 1);
    luaL_checkstack(lua, 10, "verdict");
    const struct verb *verb = read_verb(lua, call);
    check_names(lua, verb);
    switch (verb->kind) {
    case ANSWER_NONE:
    case ANSWER_ACCEPT:
        break;
    case ANSWER_REWRITE:
        read_rewrite(lua, call);
        break;
    case ANSWER_REJECT:
        call->answer.code = read_words(lua, call->arena, "code", VERDICT_CODE_BYTES);
        check_code(lua, call->answer.code);
        call->answer.reason = read_words(lua, call->arena, "reason", VERDICT_REASON_BYTES);
        break;
    case ANSWER_DROP:
        call->answer.reason = read_words(lua, call->arena, "reason", VERDICT_REASON_BYTES);
        break;
    }
    call->answer.kind = verb->kind;
}
