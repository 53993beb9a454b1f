/* The functions on strings, tostring and tonumber: as Lua 5.1 has them, charged before the work. */
#include "library.h"

#include <lauxlib.h>

enum { VALUES_AT_ONCE = 4000 }; /* what byte pushes at most */

lua_Number library_number(lua_State *lua, int arg) {
    if (lua_type(lua, arg) == LUA_TSTRING)
        state_charge_bytes(state_of(lua), 16 * lua_objlen(lua, arg));
    return luaL_checknumber(lua, arg);
}

lua_Number library_number_or(lua_State *lua, int arg, lua_Number otherwise) {
    return lua_isnoneornil(lua, arg) ? otherwise : library_number(lua, arg);
}

size_t library_init(lua_State *lua, int arg, size_t size) {
    lua_Number given = library_number_or(lua, arg, 1);
    if (given < 0)
        given += (lua_Number)size + 1;
    if (!(given >= 1))
        return 0;
    return given - 1 > (lua_Number)size ? size : (size_t)given - 1;
}

static struct span string_at(lua_State *lua, int arg) {
    struct span text;
    text.at = luaL_checklstring(lua, arg, &text.size);
    return text;
}

/* Positions count from 1, negative ones from the end; clamped so that sums cannot overflow. */
static ptrdiff_t position_at(lua_State *lua, int arg, ptrdiff_t otherwise, size_t size) {
    lua_Number given = library_number_or(lua, arg, (lua_Number)otherwise);
    if (!(given >= -1e9))
        given = -1e9;
    if (given > 1e9)
        given = 1e9;
    ptrdiff_t position = (ptrdiff_t)given;
    if (position < 0)
        position += (ptrdiff_t)size + 1;
    return position < 0 ? 0 : position;
}

/* Arguments `arg` and `arg` + 1 as a part of `text`. */
static struct span part_at(lua_State *lua, int arg, struct span text, ptrdiff_t from,
                           ptrdiff_t to) {
    from = position_at(lua, arg, from, text.size);
    to = position_at(lua, arg + 1, to, text.size);
    if (from < 1)
        from = 1;
    if (to > (ptrdiff_t)text.size)
        to = (ptrdiff_t)text.size;
    if (from > to)
        return (struct span){text.at, 0};
    return span_cut(text, (size_t)from - 1, (size_t)(to - from) + 1);
}

int strings_len(lua_State *lua) {
    lua_pushinteger(lua, (lua_Integer)string_at(lua, 1).size);
    return 1;
}

int strings_sub(lua_State *lua) {
    struct span text = string_at(lua, 1);
    library_number(lua, 2);
    struct span part = part_at(lua, 2, text, 1, -1);
    state_charge_bytes(state_of(lua), part.size);
    lua_pushlstring(lua, part.at, part.size);
    return 1;
}

int strings_byte(lua_State *lua) {
    struct span text = string_at(lua, 1);
    ptrdiff_t from = position_at(lua, 2, 1, text.size);
    struct span part = part_at(lua, 2, text, 1, from);
    if (part.size > VALUES_AT_ONCE)
        return luaL_error(lua, "byte: more than %d at once", VALUES_AT_ONCE);
    state_charge(state_of(lua), part.size);
    luaL_checkstack(lua, (int)part.size, "byte");
    for (const char *at = part.at, *end = at + part.size; at != end; at++)
        lua_pushinteger(lua, (unsigned char)*at);
    return (int)part.size;
}

int strings_char(lua_State *lua) {
    int count = lua_gettop(lua);
    struct state *state = state_of(lua);
    state_charge(state, (uint64_t)count);
    char *bytes = state_scratch(state, (size_t)count + 1);
    for (int i = 1; i <= count; i++) {
        lua_Number byte = library_number(lua, i);
        luaL_argcheck(lua, byte >= 0 && byte <= 255, i, "not a byte (0 to 255)");
        bytes[i - 1] = (char)(unsigned char)byte;
    }
    lua_pushlstring(lua, bytes, (size_t)count);
    return 1;
}

int strings_rep(lua_State *lua) {
    struct span text = string_at(lua, 1);
    lua_Number times = library_number(lua, 2);
    struct span between = SPAN_NONE;
    if (!lua_isnoneornil(lua, 3))
        between = string_at(lua, 3);
    size_t each = text.size + between.size;
    if (!(times >= 1) || each == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if (times * (lua_Number)each > STATE_LARGEST)
        return luaL_error(lua, "rep: the result would be over %d bytes", STATE_LARGEST);
    size_t count = (size_t)times;
    size_t size = count * each - between.size;
    struct state *state = state_of(lua);
    state_charge_bytes(state, size + each);
    char *bytes = state_scratch(state, size + each);
    memcpy(bytes, text.at, text.size);
    if (between.size)
        memcpy(bytes + text.size, between.at, between.size);
    for (size_t used = each; used < size;) { /* doubling: as fast as one memcpy */
        size_t more = used < size - used ? used : size - used;
        memcpy(bytes + used, bytes, more);
        used += more;
    }
    lua_pushlstring(lua, bytes, size);
    return 1;
}

static int mapped(lua_State *lua, char (*map)(char)) {
    struct span text = string_at(lua, 1);
    struct state *state = state_of(lua);
    state_charge_bytes(state, 4 * text.size);
    char *bytes = state_scratch(state, text.size + 1);
    for (size_t i = 0; i < text.size; i++)
        bytes[i] = map(text.at[i]);
    lua_pushlstring(lua, bytes, text.size);
    return 1;
}

/* ASCII, whatever the locale. */
static char lower(char byte) {
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

static char upper(char byte) {
    return byte >= 'a' && byte <= 'z' ? (char)(byte - 32) : byte;
}

int strings_lower(lua_State *lua) {
    return mapped(lua, lower);
}

int strings_upper(lua_State *lua) {
    return mapped(lua, upper);
}

int strings_reverse(lua_State *lua) {
    struct span text = string_at(lua, 1);
    struct state *state = state_of(lua);
    state_charge_bytes(state, 4 * text.size);
    char *bytes = state_scratch(state, text.size + 1);
    for (size_t i = 0; i < text.size; i++)
        bytes[i] = text.at[text.size - 1 - i];
    lua_pushlstring(lua, bytes, text.size);
    return 1;
}

static int call_own(lua_State *lua) {
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* What format may be given: no address of anything may show (%p, a table's name). */
static void check_format(lua_State *lua, struct state *state) {
    struct span format = string_at(lua, 1);
    state_charge_bytes(state, format.size);
    for (size_t i = 0; i < format.size; i++) {
        if (format.at[i] != '%')
            continue;
        i++;
        while (i < format.size && format.at[i] && strchr("-+ #0123456789.", format.at[i]))
            i++;
        if (i < format.size && format.at[i] == 'p')
            luaL_error(lua, "format: %%p is not to be had");
        state_charge(state, 400);
    }
    int count = lua_gettop(lua);
    for (int arg = 2; arg <= count; arg++) {
        int type = lua_type(lua, arg);
        if (type == LUA_TSTRING)
            state_charge_bytes(state, 4 * lua_objlen(lua, arg)); /* %q may make it four times */
        else if (type != LUA_TNUMBER && type != LUA_TBOOLEAN && type != LUA_TNIL)
            luaL_argerror(lua, arg,
                          lua_pushfstring(lua, "a %s cannot be shown", lua_typename(lua, type)));
    }
}

int strings_format(lua_State *lua) {
    check_format(lua, state_of(lua));
    return call_own(lua);
}

int strings_numbers(lua_State *lua) {
    int count = lua_gettop(lua);
    state_charge(state_of(lua), 20 + (uint64_t)count);
    for (int arg = 1; arg <= count; arg++)
        library_number(lua, arg);
    return call_own(lua);
}

int strings_tonumber(lua_State *lua) {
    if (lua_type(lua, 1) == LUA_TSTRING)
        state_charge_bytes(state_of(lua), 16 * lua_objlen(lua, 1));
    return call_own(lua);
}

/* Never an address: the same message must get the same verdict. */
int strings_tostring(lua_State *lua) {
    luaL_checkany(lua, 1);
    lua_settop(lua, 1);
    switch (lua_type(lua, 1)) {
    case LUA_TSTRING:
        break;
    case LUA_TNUMBER:
        lua_tolstring(lua, 1, NULL);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(lua, lua_toboolean(lua, 1) ? "true" : "false");
        break;
    default:
        lua_pushstring(lua, luaL_typename(lua, 1));
    }
    return 1;
}
