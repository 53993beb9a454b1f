#include "seal.h"

#include "words/nearest.h"

#include <lauxlib.h>

/* Upvalues: what it is, the table of the names there are. */
static int unknown(lua_State *lua) {
    const char *what = lua_tostring(lua, lua_upvalueindex(1));
    if (lua_type(lua, 2) != LUA_TSTRING)
        return luaL_error(lua, "no such %s: a %s", what, luaL_typename(lua, 2));
    struct span name;
    name.at = lua_tolstring(lua, 2, &name.size);
    struct nearest nearest = nearest_start(name);
    for (lua_pushnil(lua); lua_next(lua, lua_upvalueindex(2)); lua_pop(lua, 1)) {
        state_charge(state_of(lua), 20);
        if (lua_type(lua, -2) == LUA_TSTRING)
            nearest_offer(&nearest, span_of(lua_tostring(lua, -2)));
    }
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    return luaL_error(lua, "no such %s: %s%s", what, shown, nearest_words(&nearest, hint));
}

/* Upvalue: what it is. */
static int unwritable(lua_State *lua) {
    const char *what = lua_tostring(lua, lua_upvalueindex(1));
    char shown[48] = "it";
    if (lua_type(lua, 2) == LUA_TSTRING) {
        struct span name;
        name.at = lua_tolstring(lua, 2, &name.size);
        state_clean(shown, sizeof shown, name);
    }
    bool is_global = strcmp(what, "global") == 0;
    return luaL_error(lua, "cannot assign to %s: a %s can only be read%s", shown, what,
                      is_global ? " (is `local` missing?)" : "");
}

static void lock(lua_State *lua, const char *what) {
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, unwritable, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
}

/* The table on top becomes readable through `proxy` (its index). Leaves the stack without it. */
static void seal_into(lua_State *lua, int proxy, const char *what) {
    int names = lua_gettop(lua);
    lua_createtable(lua, 0, 1); /* unknown names, behind the known ones */
    lua_pushstring(lua, what);
    lua_pushvalue(lua, names);
    lua_pushcclosure(lua, unknown, 2);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, names);

    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, names);
    lua_setfield(lua, -2, "__index");
    lock(lua, what);
    lua_setmetatable(lua, proxy);
    lua_pop(lua, 1);
}

void seal_environment(lua_State *lua, int environment) {
    seal_into(lua, environment, "global");
}

void seal_names(lua_State *lua, const char *what) {
    lua_newuserdata(lua, 1);
    lua_insert(lua, -2);
    seal_into(lua, lua_gettop(lua) - 1, what);
}

/* ---- values ---- */

static int length(lua_State *lua) {
    seal_open(lua, 1);
    lua_pushinteger(lua, (lua_Integer)lua_objlen(lua, 1));
    return 1;
}

/* The table itself stands at place 1 of the metatable, where policies cannot get. */
void seal_values(lua_State *lua, const char *what) {
    luaL_checkstack(lua, 8, "settings");
    int table = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (!lua_istable(lua, -1))
            continue;
        seal_values(lua, what);
        lua_pushvalue(lua, -2);
        lua_pushvalue(lua, -2);
        lua_rawset(lua, table);
    }
    lua_newuserdata(lua, 1);
    lua_createtable(lua, 1, 4);
    lua_pushvalue(lua, table);
    lua_rawseti(lua, -2, 1);
    lua_pushvalue(lua, table);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, length);
    lua_setfield(lua, -2, "__len");
    lock(lua, what);
    lua_setmetatable(lua, -2);
    lua_replace(lua, table);
}

/* Pushes the table behind a sealed value; nothing where there is none. */
static bool push_behind(lua_State *lua, int index) {
    if (lua_type(lua, index) != LUA_TUSERDATA || !lua_getmetatable(lua, index))
        return false;
    lua_rawgeti(lua, -1, 1);
    lua_remove(lua, -2);
    if (lua_istable(lua, -1))
        return true;
    lua_pop(lua, 1);
    return false;
}

bool seal_is_values(lua_State *lua, int index) {
    bool is_sealed = push_behind(lua, index);
    if (is_sealed)
        lua_pop(lua, 1);
    return is_sealed;
}

void seal_open(lua_State *lua, int index) {
    if (push_behind(lua, index))
        lua_replace(lua, index);
}

static int next_item(lua_State *lua) {
    int place = (int)lua_tointeger(lua, 2) + 1;
    state_charge(state_of(lua), 10);
    seal_open(lua, 1);
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_pushinteger(lua, place);
    lua_rawgeti(lua, 1, place);
    if (lua_isnil(lua, -1))
        return 1; /* the nil ends the loop */
    return 2;
}

static int next_entry(lua_State *lua) {
    state_charge(state_of(lua), 10);
    seal_open(lua, 1);
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 2);
    return lua_next(lua, 1) ? 2 : 0;
}

static int walk(lua_State *lua, lua_CFunction next, bool from_zero) {
    if (!seal_is_values(lua, 1)) {
        lua_pushvalue(lua, lua_upvalueindex(1));
        lua_insert(lua, 1);
        lua_call(lua, lua_gettop(lua) - 1, 3);
        return 3;
    }
    lua_settop(lua, 1);
    lua_pushcfunction(lua, next);
    lua_insert(lua, 1);
    if (from_zero)
        lua_pushinteger(lua, 0);
    else
        lua_pushnil(lua);
    return 3;
}

int seal_ipairs(lua_State *lua) {
    return walk(lua, next_item, true);
}

int seal_pairs(lua_State *lua) {
    return walk(lua, next_entry, false);
}
