#include "bench.h"

static const char *const ARENA = "chat21.sandbox.arena";

/* ---- reading ---- */

struct span text_field(lua_State *lua, int table, const char *name) {
    struct span text = SPAN_NONE;
    lua_getfield(lua, table, name);
    if (lua_type(lua, -1) == LUA_TSTRING || lua_type(lua, -1) == LUA_TNUMBER)
        text.at = lua_tolstring(lua, -1, &text.size);
    else if (!lua_isnil(lua, -1))
        luaL_error(lua, "%s: a string expected", name);
    return text;
}

lua_Number number_field(lua_State *lua, int table, const char *name, lua_Number otherwise) {
    lua_getfield(lua, table, name);
    lua_Number number = otherwise;
    if (lua_isnumber(lua, -1))
        number = lua_tonumber(lua, -1);
    else if (!lua_isnil(lua, -1))
        luaL_error(lua, "%s: a number expected", name);
    lua_pop(lua, 1);
    return number;
}

bool flag_field(lua_State *lua, int table, const char *name) {
    lua_getfield(lua, table, name);
    bool is_true = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is_true;
}

static void read_members(lua_State *lua, int table, struct arena *arena, struct group *out) {
    lua_getfield(lua, table, "members");
    size_t count = lua_istable(lua, -1) ? lua_objlen(lua, -1) : 0;
    out->members = arena_array(arena, count + 1, sizeof *out->members);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, (int)i);
        struct span member = SPAN_NONE;
        if (lua_type(lua, -1) == LUA_TSTRING)
            member.at = lua_tolstring(lua, -1, &member.size);
        out->members[out->member_count++] = arena_copy(arena, member);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static struct span copy_field(lua_State *lua, int table, const char *name, struct arena *arena) {
    struct span text = text_field(lua, table, name);
    if (text.at)
        text = arena_copy(arena, text);
    lua_pop(lua, 1);
    return text;
}

const struct group *read_group(lua_State *lua, int index, struct arena *arena) {
    if (!lua_istable(lua, index))
        return NULL;
    struct group *group = arena_array(arena, 1, sizeof *group);
    group->json = SPAN("{}");
    group->id = copy_field(lua, index, "id", arena);
    group->owner = copy_field(lua, index, "owner", arena);
    read_members(lua, index, arena, group);
    return group;
}

/* ---- writing ---- */

void set_text(lua_State *lua, const char *name, struct span text) {
    if (!text.at)
        return;
    lua_pushlstring(lua, text.at, text.size);
    lua_setfield(lua, -2, name);
}

void set_number(lua_State *lua, const char *name, lua_Number number) {
    lua_pushnumber(lua, number);
    lua_setfield(lua, -2, name);
}

void set_flag(lua_State *lua, const char *name, bool flag) {
    lua_pushboolean(lua, flag);
    lua_setfield(lua, -2, name);
}

static void push_unquoted(lua_State *lua, struct span text) {
    struct arena *arena = new_arena(lua);
    struct span bytes = json_unquote(arena, text);
    lua_pushlstring(lua, bytes.at ? bytes.at : "", bytes.size);
    lua_remove(lua, -2);
}

static void push_members(lua_State *lua, struct json_value value, int null) {
    luaL_checkstack(lua, 8, "a body nested too deep");
    lua_newtable(lua);
    struct json_walk walk = json_walk(value.text);
    for (int place = 1; json_next(&walk); place++) {
        if (walk.is_object)
            push_unquoted(lua, walk.key);
        else
            lua_pushinteger(lua, place);
        push_json(lua, walk.value, null);
        lua_rawset(lua, -3);
    }
}

void push_json(lua_State *lua, struct json_value value, int null) {
    switch (value.type) {
    case JSON_NULL:
        lua_pushvalue(lua, null);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        lua_pushboolean(lua, value.type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        lua_pushlstring(lua, value.text.at, value.text.size);
        lua_pushnumber(lua, lua_tonumber(lua, -1));
        lua_remove(lua, -2);
        break;
    case JSON_STRING:
        push_unquoted(lua, value.text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        push_members(lua, value, null);
        break;
    }
}

/* ---- arenas ---- */

struct arena *new_arena(lua_State *lua) {
    struct arena **arena = lua_newuserdata(lua, sizeof *arena);
    *arena = NULL;
    luaL_getmetatable(lua, ARENA);
    lua_setmetatable(lua, -2);
    return *arena = arena_new();
}

static int free_arena(lua_State *lua) {
    arena_free(lua_touserdata(lua, 1));
    return 0;
}

void open_arenas(lua_State *lua) {
    luaL_newmetatable(lua, ARENA);
    lua_pushcfunction(lua, free_arena);
    lua_setfield(lua, -2, "__gc");
    lua_pop(lua, 1);
}
