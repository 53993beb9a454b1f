/* What the policies of a set remember, for specs:
 *
 *     set:begin()            opens a judgement
 *     set:keep()             keeps it: { { policy, app, key, value, expires_ms }, … }, value in
 * JSON set:undo() set:stored{ policy =, app =, key =, value = , expires_ms = }   as read from the
 * store at start set:memory_bytes() */
#include "bench.h"

static int begin(lua_State *lua) {
    policy_memory_begin(bench_at(lua)->memory);
    return 0;
}

static int undo(lua_State *lua) {
    policy_memory_undo(bench_at(lua)->memory);
    return 0;
}

static void push_change(lua_State *lua, const struct kv_change *change) {
    lua_newtable(lua);
    set_text(lua, "policy", change->policy);
    set_text(lua, "app", change->app);
    set_text(lua, "key", change->key);
    set_text(lua, "value", change->value);
    if (change->expires_ms)
        set_number(lua, "expires_ms", (lua_Number)change->expires_ms);
}

static int keep(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    lua_settop(lua, 1);
    struct arena *arena = new_arena(lua);
    const struct kv_change *changes;
    size_t count;
    policy_memory_keep(bench->memory, arena, &changes, &count);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_change(lua, &changes[i]);
        lua_rawseti(lua, -2, (int)i + 1);
    }
    return 1;
}

static int stored(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    luaL_checktype(lua, 2, LUA_TTABLE);
    struct kv_change change = {.expires_ms = (int64_t)number_field(lua, 2, "expires_ms", 0)};
    change.policy = text_field(lua, 2, "policy");
    change.app = text_field(lua, 2, "app");
    change.key = text_field(lua, 2, "key");
    change.value = text_field(lua, 2, "value");
    policy_memory_load(bench->memory, &change);
    return 0;
}

static int memory_bytes(lua_State *lua) {
    lua_pushnumber(lua, (lua_Number)policy_memory_bytes(bench_at(lua)->memory));
    return 1;
}

const luaL_Reg bench_memory_methods[] = {
    {"begin", begin},
    {"keep", keep},
    {"undo", undo},
    {"stored", stored},
    {"memory_bytes", memory_bytes},
    {NULL, NULL},
};

static uint32_t bound(lua_State *lua, int table, const char *name, uint32_t otherwise) {
    return (uint32_t)number_field(lua, table, name, otherwise);
}

struct policy_memory *bench_memory_new(lua_State *lua, int table) {
    struct policy_memory_limits limits = policy_memory_limits_default();
    lua_getfield(lua, table, "memory");
    if (lua_istable(lua, -1)) {
        int at = lua_gettop(lua);
        limits.limit_entries = bound(lua, at, "limit_entries", limits.limit_entries);
        limits.kv_entries = bound(lua, at, "kv_entries", limits.kv_entries);
        limits.kv_bytes = bound(lua, at, "kv_bytes", limits.kv_bytes);
        limits.total_bytes = bound(lua, at, "total_bytes", (uint32_t)limits.total_bytes);
    }
    lua_pop(lua, 1);
    return policy_memory_new(&limits);
}
