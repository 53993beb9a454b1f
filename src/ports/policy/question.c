#include "question.h"

#include <lauxlib.h>
#include <lua5.1/lua-cjson.h>

struct call *question_call(lua_State *lua) {
    struct call *call = state_of(lua)->task;
    if (!call)
        luaL_error(lua, "asked outside of a decision");
    return call;
}

void question_push(lua_State *lua, struct span bytes) {
    struct state *state = state_of(lua);
    state_suspend(state, bytes.size + 64);
    lua_pushlstring(lua, bytes.at ? bytes.at : "", bytes.size);
    state_resume(state);
}

static int read_only(lua_State *lua) {
    const char *what = lua_tostring(lua, lua_upvalueindex(1));
    return luaL_error(lua, "cannot assign to %s.%s: %s can only be read%s", what,
                      lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?", what,
                      strcmp(what, "msg") == 0 ? " (return { verb = \"rewrite\", set = … })" : "");
}

/* Pushes a userdata whose members are read by `index` (with `members` as its upvalue). */
static void push_object(lua_State *lua, const char *what, lua_CFunction index,
                        const struct question_member *members) {
    lua_newuserdata(lua, 1);
    lua_createtable(lua, 0, 3);
    lua_newtable(lua);
    for (; members && members->name; members++) {
        if (members->function)
            lua_pushcfunction(lua, members->function);
        else
            lua_pushinteger(lua, members->field);
        lua_setfield(lua, -2, members->name);
    }
    lua_pushcclosure(lua, index, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, read_only, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

static void open_decoder(lua_State *lua) {
    lua_pushcfunction(lua, luaopen_cjson);
    lua_call(lua, 0, 1);
    lua_getfield(lua, -1, "decode_invalid_numbers");
    lua_pushboolean(lua, 0);
    lua_call(lua, 1, 0);
    lua_getfield(lua, -1, "decode");
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_DECODE);
    lua_pop(lua, 1);
}

void question_open(lua_State *lua) {
    open_decoder(lua);
    push_object(lua, "msg", msg_index, NULL);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_MSG);
    push_object(lua, "ctx", ctx_index, ctx_members);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CTX);
    push_object(lua, "ctx.group", group_index, group_members);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_GROUP);
    push_object(lua, "ctx.kv", kv_index, kv_members);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_KV);
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CACHE);
}
