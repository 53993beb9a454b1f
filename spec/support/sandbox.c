/* chat21.sandbox: the policy host as a Lua module, so that specs run policies in the real sandbox.
 *
 *     local sandbox = require "chat21.sandbox"
 *     local set, err = sandbox.load{ folder = "policies", now = ms, limits = {…}, overrides = {…} }
 *     local verdict = set:decide{ body = "{…}", app = …, sender = …, recipient = …, … }
 *
 *     local went = set:deliver{ body = "{…}", app = …, sender = …, recipient = …, … }
 *
 * decide asks the policies alone, about a body that nothing stamps; deliver asks the flow's judge
 * what would go out. Time and facts are the spec's own (world.c). */
#include "bench.h"
#include "push.h"

#include "ports/policy/library.h"
#include "ports/policy/question.h"
#include "words/log.h"

static uint32_t limit_field(lua_State *lua, int table, const char *name, uint32_t otherwise) {
    return (uint32_t)number_field(lua, table, name, otherwise);
}

static struct policy_limits read_limits(lua_State *lua, int table) {
    struct policy_limits limits = policy_limits_default();
    lua_getfield(lua, table, "limits");
    if (lua_istable(lua, -1)) {
        int at = lua_gettop(lua);
        limits.call_units = limit_field(lua, at, "call_units", limits.call_units);
        limits.message_units = limit_field(lua, at, "message_units", limits.message_units);
        limits.memory_bytes = limit_field(lua, at, "memory_bytes", limits.memory_bytes);
        limits.call_wall_us = limit_field(lua, at, "call_wall_us", limits.call_wall_us);
    }
    lua_pop(lua, 1);
    return limits;
}

enum { OVERRIDES = 32 };

/* The strings stay on the stack. */
static size_t read_overrides(lua_State *lua, int table, struct policy_override *out) {
    lua_getfield(lua, table, "overrides");
    if (!lua_istable(lua, -1))
        return 0;
    int list = lua_gettop(lua);
    size_t count = lua_objlen(lua, list);
    luaL_argcheck(lua, count <= OVERRIDES, 1, "too many overrides");
    luaL_checkstack(lua, 3 * OVERRIDES + 10, "overrides");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, list, (int)i + 1);
        int item = lua_gettop(lua);
        luaL_checktype(lua, item, LUA_TTABLE);
        out[i].number = number_field(lua, item, "number", 0);
        out[i].policy = text_field(lua, item, "policy").at;
        out[i].key = text_field(lua, item, "key").at;
        if (!out[i].policy || !out[i].key)
            luaL_error(lua, "overrides: { policy =, key =, number = } expected");
    }
    return count;
}

/* ---- sandbox.load ---- */

static int load(lua_State *lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    struct policy_override overrides[OVERRIDES];
    struct bench *bench = lua_newuserdata(lua, sizeof *bench);
    memset(bench, 0, sizeof *bench);
    luaL_getmetatable(lua, BENCH);
    lua_setmetatable(lua, 2);
    bench_open_world(bench, (int64_t)number_field(lua, 1, "now", 1700000000000.0));
    struct policy_host host = {.limits = read_limits(lua, 1),
                               .clock = &bench->clock,
                               .facts = bench_facts(bench),
                               .overrides = overrides};
    host.override_count = read_overrides(lua, 1, overrides);
    struct span folder = text_field(lua, 1, "folder");
    if (!folder.at)
        return luaL_error(lua, "folder: a path expected");
    bench->memory = bench_memory_new(lua, 1);
    struct why why;
    bench->set = policy_set_load(folder.at, &host, bench->memory, &why);
    if (!bench->set) {
        lua_pushnil(lua);
        lua_pushstring(lua, why.words);
        return 2;
    }
    lua_pushvalue(lua, 2);
    return 1;
}

static int close_set(lua_State *lua) {
    struct bench *bench = luaL_checkudata(lua, 1, BENCH);
    policy_set_free(&bench->set);
    policy_memory_free(&bench->memory);
    arena_free(&bench->arena);
    bench->block_count = bench->group_count = bench->revocation_count = 0;
    return 0;
}

/* ---- set:decide ---- */

enum policy_event bench_event(lua_State *lua) {
    struct span event = text_field(lua, 2, "event");
    for (int i = 0; i < POLICY_EVENTS && event.at; i++)
        if (span_is(event, policy_event_name((enum policy_event)i)))
            return (enum policy_event)i;
    if (event.at)
        luaL_error(lua, "event: %s expected", policy_event_names());
    return POLICY_MESSAGE;
}

static void read_question(lua_State *lua, struct bench *bench, struct arena *arena,
                          struct policy_question *out) {
    struct why why;
    enum json_type type;
    *out = (struct policy_question){.now_ms = bench->now_ms};
    out->body = text_field(lua, 2, "body");
    if (json_check(out->body, &type, &why) < 0)
        luaL_error(lua, "body: %s", why.words);
    if (type != JSON_OBJECT)
        luaL_error(lua, "body: an object expected, got %s", json_type_name(type));
    out->app = text_field(lua, 2, "app");
    out->sender = text_field(lua, 2, "sender");
    out->recipient = text_field(lua, 2, "recipient");
    out->owner = text_field(lua, 2, "owner");
    out->message_id = text_field(lua, 2, "message_id");
    out->event = bench_event(lua);
    out->is_group = flag_field(lua, 2, "is_group");
    out->is_released = flag_field(lua, 2, "is_released");
    out->deferred = (unsigned)number_field(lua, 2, "deferred", 0);
    out->hops = (unsigned)number_field(lua, 2, "hops", 0);
    lua_getfield(lua, 2, "group");
    out->group = read_group(lua, lua_gettop(lua), arena);
}

static int decide(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_settop(lua, 2);
    struct arena *arena = new_arena(lua);
    struct policy_question question;
    struct verdict verdict;
    luaL_checkstack(lua, 40, "decide");
    read_question(lua, bench, arena, &question);
    bench_start(bench);
    struct policy_share share = policy_share_start(bench->set, 0);
    if (flag_field(lua, 2, "trace"))
        share.trace = arena_array(arena, 1, sizeof *share.trace);
    question.share = &share;
    int64_t before = clock_steady_us(&clock_real);
    policy_decide(bench->set, arena, &question, &verdict);
    int64_t us = clock_steady_us(&clock_real) - before;
    bench_stop(bench);
    push_verdict(lua, &verdict, us);
    if (share.trace) {
        push_trace(lua, share.trace);
        lua_setfield(lua, -2, "trace");
    }
    arena_free(lua_touserdata(lua, 3));
    return 1;
}

/* ---- the rest of a set ---- */

static int names(lua_State *lua) {
    const struct bench *bench = bench_at(lua);
    lua_newtable(lua);
    for (size_t i = 0; i < policy_set_count(bench->set); i++) {
        lua_pushstring(lua, policy_set_name(bench->set, i));
        lua_rawseti(lua, -2, (int)i + 1);
    }
    return 1;
}

/* In hexadecimal: a number would lose digits. */
static int generation(lua_State *lua) {
    char digits[20];
    snprintf(digits, sizeof digits, "%016llx",
             (unsigned long long)policy_set_generation(bench_at(lua)->set));
    lua_pushstring(lua, digits);
    return 1;
}

/* Of policy `index`, from 1, in the manifest's order. */
static int health(lua_State *lua) {
    const struct bench *bench = bench_at(lua);
    lua_Integer index = luaL_checkinteger(lua, 2);
    bool is_there = index >= 1 && (size_t)index <= policy_set_count(bench->set);
    luaL_argcheck(lua, is_there, 2, "no such policy");
    struct policy_health found;
    policy_set_health(bench->set, (size_t)index - 1, &found);
    push_health(lua, &found);
    return 1;
}

static int differences(lua_State *lua) {
    push_differences(lua, bench_at(lua)->memory);
    return 1;
}

/* { ["policy.name"] = count } */
static int counters(lua_State *lua) {
    const struct policy_counter *list;
    size_t count = policy_memory_counters(bench_at(lua)->memory, &list);
    lua_newtable(lua);
    for (size_t i = 0; i < count; i++) {
        lua_pushfstring(lua, "%s.%s", list[i].policy, list[i].name);
        lua_pushnumber(lua, (lua_Number)list[i].count);
        lua_rawset(lua, -3);
    }
    return 1;
}

/* ---- the module ---- */

/* Every name a policy may use: "assert", …, "string.rep". */
static int globals(lua_State *lua) {
    lua_newtable(lua);
    for (size_t i = 0; library_name(i); i++) {
        lua_pushstring(lua, library_name(i));
        lua_rawseti(lua, -2, (int)i + 1);
    }
    return 1;
}

/* Adds the members' names to the list on top; those of kv stand for kv itself. */
static void add_members(lua_State *lua, const char *prefix, const struct question_member *member) {
    for (; member->name; member++) {
        if (strcmp(member->name, "kv") == 0)
            continue;
        lua_pushfstring(lua, "%s%s", prefix, member->name);
        lua_rawseti(lua, -2, (int)lua_objlen(lua, -2) + 1);
    }
}

/* Every name in ctx: "app", …, "kv.get". */
static int context(lua_State *lua) {
    lua_newtable(lua);
    add_members(lua, "", ctx_members);
    add_members(lua, "kv.", kv_members);
    return 1;
}

/* Specs fail policies on purpose: by default only errors of the host are logged. */
static int log_level(lua_State *lua) {
    enum log_level level;
    luaL_argcheck(lua, log_level_named(luaL_checkstring(lua, 1), &level), 1, "no such level");
    log_set_level(level);
    return 0;
}

/* sandbox.decode(text, null): Lua's words for JSON, or nil and what is wrong with it. */
static int decode(lua_State *lua) {
    struct why why;
    struct span text;
    text.at = luaL_checklstring(lua, 1, &text.size);
    lua_settop(lua, 2);
    if (json_check(text, NULL, &why) < 0) {
        lua_pushnil(lua);
        lua_pushstring(lua, why.words);
        return 2;
    }
    push_json(lua, json_value(text), 2);
    return 1;
}

static const luaL_Reg METHODS[] = {
    {"decide", decide}, {"deliver", bench_deliver},   {"change", bench_change},
    {"names", names},   {"generation", generation},   {"counters", counters},
    {"health", health}, {"differences", differences}, {"close", close_set},
    {NULL, NULL},
};

static const luaL_Reg FUNCTIONS[] = {
    {"load", load},       {"decode", decode},       {"globals", globals},
    {"context", context}, {"log_level", log_level}, {NULL, NULL},
};

/* Adds them to the table on top. */
static void set_functions(lua_State *lua, const luaL_Reg *list) {
    for (; list->name; list++) {
        lua_pushcfunction(lua, list->func);
        lua_setfield(lua, -2, list->name);
    }
}

int luaopen_chat21_sandbox(lua_State *lua);
int luaopen_chat21_sandbox(lua_State *lua) {
    log_set_level(LOG_ERROR);
    open_arenas(lua);
    open_plans(lua);
    luaL_newmetatable(lua, BENCH);
    lua_pushcfunction(lua, close_set);
    lua_setfield(lua, -2, "__gc");
    lua_newtable(lua);
    set_functions(lua, METHODS);
    set_functions(lua, bench_memory_methods);
    set_functions(lua, bench_world_methods);
    lua_setfield(lua, -2, "__index");
    lua_newtable(lua);
    set_functions(lua, FUNCTIONS);
    return 1;
}
