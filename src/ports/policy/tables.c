/* The functions on tables, and unpack: as Lua 5.1 has them, charged before the work. Sorting is by
 * heap: Lua's own runs n² comparisons on the right data, and no hook sees those in C. */
#include "library.h"
#include "seal.h"

#include <lauxlib.h>
#include <limits.h>

enum { VALUES_AT_ONCE = 4000 }; /* what unpack pushes at most */

static int index_at(lua_State *lua, int arg, int otherwise) {
    lua_Number given = library_number_or(lua, arg, (lua_Number)otherwise);
    luaL_argcheck(lua, given > INT_MIN / 2 && given < INT_MAX / 2, arg, "not an index");
    return (int)given;
}

static int length_of(lua_State *lua, int arg) {
    luaL_checktype(lua, arg, LUA_TTABLE);
    state_charge(state_of(lua), 12);
    return (int)lua_objlen(lua, arg);
}

int tables_insert(lua_State *lua) {
    int size = length_of(lua, 1);
    int place = size + 1;
    switch (lua_gettop(lua)) {
    case 2:
        break;
    case 3: {
        int wanted = index_at(lua, 2, 0);
        if (wanted > place)
            place = wanted;
        if (wanted < place)
            state_charge(state_of(lua), 4 * (uint64_t)(place - wanted));
        for (; place > wanted; place--) {
            lua_rawgeti(lua, 1, place - 1);
            lua_rawseti(lua, 1, place);
        }
        break;
    }
    default:
        return luaL_error(lua, "insert: a table, a place (or none) and a value, please");
    }
    lua_rawseti(lua, 1, place);
    return 0;
}

int tables_remove(lua_State *lua) {
    int size = length_of(lua, 1);
    int place = index_at(lua, 2, size);
    if (place < 1 || place > size)
        return 0;
    state_charge(state_of(lua), 4 * (uint64_t)(size - place));
    lua_rawgeti(lua, 1, place);
    for (; place < size; place++) {
        lua_rawgeti(lua, 1, place + 1);
        lua_rawseti(lua, 1, place);
    }
    lua_pushnil(lua);
    lua_rawseti(lua, 1, size);
    return 1;
}

int tables_maxn(lua_State *lua) {
    seal_open(lua, 1);
    luaL_checktype(lua, 1, LUA_TTABLE);
    struct state *state = state_of(lua);
    lua_Number most = 0;
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        state_charge(state, 2);
        if (lua_type(lua, -2) == LUA_TNUMBER && lua_tonumber(lua, -2) > most)
            most = lua_tonumber(lua, -2);
    }
    lua_pushnumber(lua, most);
    return 1;
}

/* The item as a string on top of the stack. */
static struct span item(lua_State *lua, int index) {
    struct span text;
    lua_rawgeti(lua, 1, index);
    if (!lua_isstring(lua, -1))
        luaL_error(lua, "concat: item %d is a %s", index, luaL_typename(lua, -1));
    text.at = lua_tolstring(lua, -1, &text.size);
    return text;
}

int tables_concat(lua_State *lua) {
    struct state *state = state_of(lua);
    seal_open(lua, 1);
    luaL_checktype(lua, 1, LUA_TTABLE);
    struct span between = SPAN("");
    if (!lua_isnoneornil(lua, 2))
        between.at = luaL_checklstring(lua, 2, &between.size);
    int from = index_at(lua, 3, 1);
    int to = index_at(lua, 4, (int)lua_objlen(lua, 1));
    size_t size = 0;
    for (int i = from; i <= to; i++) {
        state_charge(state, 10);
        size += item(lua, i).size + between.size;
        lua_pop(lua, 1);
        if (size > STATE_LARGEST)
            return luaL_error(lua, "concat: the result would be over %d bytes", STATE_LARGEST);
    }
    state_charge_bytes(state, 2 * size);
    char *bytes = state_scratch(state, size + 1);
    size_t used = 0;
    for (int i = from; i <= to; i++) {
        struct span text = item(lua, i);
        memcpy(bytes + used, text.at, text.size);
        used += text.size;
        if (i < to && between.size) {
            memcpy(bytes + used, between.at, between.size);
            used += between.size;
        }
        lua_pop(lua, 1);
    }
    lua_pushlstring(lua, bytes, used);
    return 1;
}

int tables_unpack(lua_State *lua) {
    seal_open(lua, 1);
    luaL_checktype(lua, 1, LUA_TTABLE);
    int from = index_at(lua, 2, 1);
    int to = lua_isnoneornil(lua, 3) ? (int)lua_objlen(lua, 1) : index_at(lua, 3, 0);
    if (from > to)
        return 0;
    if (to - from >= VALUES_AT_ONCE)
        return luaL_error(lua, "unpack: more than %d at once", VALUES_AT_ONCE);
    int count = to - from + 1;
    state_charge(state_of(lua), (uint64_t)count);
    luaL_checkstack(lua, count, "unpack");
    for (int i = 0; i < count; i++)
        lua_rawgeti(lua, 1, from + i);
    return count;
}

/* Is the value at `left` before the one at `right` (indices from the top)? */
static bool comes_first(lua_State *lua, struct state *state, int left, int right) {
    state_charge(state, 8);
    if (lua_isnil(lua, 2)) {
        if (lua_type(lua, left) == LUA_TSTRING)
            state_charge_bytes(state, lua_objlen(lua, left));
        return lua_lessthan(lua, left, right);
    }
    state_charge(state, 24);
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, left - 1);
    lua_pushvalue(lua, right - 2);
    lua_call(lua, 2, 1);
    bool yes = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return yes;
}

/* Lets the value at `root` sink to its place in the heap that ends at `last`. */
static void sink(lua_State *lua, struct state *state, int root, int last) {
    lua_rawgeti(lua, 1, root);
    while (root <= last / 2) {
        int child = 2 * root;
        lua_rawgeti(lua, 1, child);
        if (child < last) {
            lua_rawgeti(lua, 1, child + 1);
            if (comes_first(lua, state, -2, -1)) {
                lua_remove(lua, -2);
                child++;
            } else {
                lua_pop(lua, 1);
            }
        }
        if (!comes_first(lua, state, -2, -1)) {
            lua_pop(lua, 1);
            break;
        }
        lua_rawseti(lua, 1, root);
        root = child;
    }
    lua_rawseti(lua, 1, root);
}

int tables_sort(lua_State *lua) {
    int size = length_of(lua, 1);
    if (!lua_isnoneornil(lua, 2))
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    struct state *state = state_of(lua);
    state_enter(state);
    for (int root = size / 2; root >= 1; root--)
        sink(lua, state, root, size);
    for (int last = size; last > 1; last--) {
        lua_rawgeti(lua, 1, 1);
        lua_rawgeti(lua, 1, last);
        lua_rawseti(lua, 1, 1);
        lua_rawseti(lua, 1, last);
        sink(lua, state, 1, last - 1);
    }
    state_leave(state);
    return 0;
}
