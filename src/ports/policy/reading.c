/* What reading the parts of a verdict has in common. */
#include "verdict.h"

#include "meaning/route.h"
#include "seal.h"
#include "words/nearest.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void reading_refuse(const struct reading *reading, const char *format, ...) {
    const struct state *state = state_of(reading->lua);
    char words[160];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    luaL_error(reading->lua, "%s:%d: verdict: %s%s", state->name, state->line, reading->what,
               words);
    abort();
}

void reading_push(const struct reading *reading, const char *name) {
    lua_pushstring(reading->lua, name);
    lua_rawget(reading->lua, reading->table);
}

bool reading_is_table(const struct reading *reading) {
    lua_State *lua = reading->lua;
    if (seal_is_values(lua, lua_gettop(lua)))
        seal_open(lua, lua_gettop(lua));
    return lua_istable(lua, -1);
}

size_t reading_list(const struct reading *reading, size_t most) {
    lua_State *lua = reading->lua;
    size_t size = lua_objlen(lua, -1), seen = 0;
    if (size > most)
        return 0;
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) == LUA_TNUMBER && ++seen <= size)
            continue;
        lua_pop(lua, 2);
        return 0;
    }
    return seen == size ? size : 0; /* the length operator may count a hole */
}

static struct span string_on_top(lua_State *lua) {
    struct span text;
    text.at = lua_tolstring(lua, -1, &text.size);
    return text;
}

struct span reading_words(const struct reading *reading, const char *name, size_t most) {
    lua_State *lua = reading->lua;
    reading_push(reading, name);
    if (lua_type(lua, -1) != LUA_TSTRING)
        reading_refuse(reading, "%s: a string expected, got %s", name, luaL_typename(lua, -1));
    struct span text = string_on_top(lua);
    if (text.size == 0 || text.size > most)
        reading_refuse(reading, "%s: 1 to %zu bytes expected, got %zu", name, most, text.size);
    state_charge_bytes(state_of(lua), text.size);
    text = arena_copy(reading->call->arena, text);
    lua_pop(lua, 1);
    return text;
}

/* Nobody is called "system": the server and the back ends speak under that name. */
struct span reading_id(const struct reading *reading, const char *name) {
    lua_State *lua = reading->lua;
    if (lua_type(lua, -1) != LUA_TSTRING)
        reading_refuse(reading, "%s: the id of a user or a group expected, got %s", name,
                       luaL_typename(lua, -1));
    struct span id = string_on_top(lua);
    char shown[48];
    state_clean(shown, sizeof shown, id);
    if (!route_is_id(id) || id.size > ROUTE_KEY_MAX)
        reading_refuse(reading,
                       "%s: the id of a user or a group expected (1 to %d bytes without . / # * + "
                       "and NUL), got \"%s\"",
                       name, ROUTE_KEY_MAX, shown);
    if (span_is(id, "system"))
        reading_refuse(reading, "%s: the id \"%s\" is reserved", name, shown);
    state_charge_bytes(state_of(lua), id.size);
    return arena_copy(reading->call->arena, id);
}

static bool is_in(const char *const *list, struct span name) {
    for (; *list; list++)
        if (span_is(name, *list))
            return true;
    return false;
}

/* Looked for when it is needed: it costs as much as the rest of reading a verdict. */
static _Noreturn void refuse_name(const struct reading *reading, const char *owner,
                                  struct span name, const char *const *const lists[2]) {
    struct nearest nearest = nearest_start(name);
    for (size_t i = 0; i < 2; i++)
        for (const char *const *known = lists[i]; *known; known++)
            nearest_offer(&nearest, span_of(*known));
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    reading_refuse(reading, "%s takes no %s%s", owner, shown, nearest_words(&nearest, hint));
}

void reading_names(const struct reading *reading, const char *owner, const char *const *known,
                   const char *const *also) {
    lua_State *lua = reading->lua;
    for (lua_pushnil(lua); lua_next(lua, reading->table); lua_pop(lua, 1)) {
        state_charge(state_of(lua), 10);
        if (lua_type(lua, -2) != LUA_TSTRING)
            reading_refuse(reading, "a %s as a name", lua_typename(lua, lua_type(lua, -2)));
        struct span name;
        name.at = lua_tolstring(lua, -2, &name.size);
        if (!is_in(known, name) && !is_in(also, name))
            refuse_name(reading, owner, name, (const char *const *const[]){known, also});
    }
}
