/* chat21.sandbox: the policy host as a Lua module, so that specs run policies in the real sandbox.
 *
 *     local sandbox = require "chat21.sandbox"
 *     local set, err = sandbox.load{ folder = "policies", now = ms, limits = {…}, overrides = {…} }
 *     local verdict = set:decide{ body = "{…}", app = …, sender = …, recipient = …, … }
 *
 * Time is the spec's own: it stands still but for set_now and advance, and within a call (so that
 * the wall-clock backstop works). Facts are a table of blocks. Nothing is stamped. */
#include "push.h"

#include "ports/policy/library.h"
#include "words/check.h"
#include "words/log.h"

#include <lauxlib.h>
#include <stdlib.h>

static const char *const SET = "chat21.sandbox.set";

struct block {
    char *app, *by, *whom;
};

struct bench {
    struct policy_set *set;
    struct policy_memory *memory;
    struct clock clock;
    int64_t now_ms, steady_us;
    int64_t real_us; /* when the running decision first looked at the clock; 0: it has not */
    bool is_deciding;
    bool is_unavailable;
    struct block *blocks;
    size_t block_count;
};

/* ---- time and facts ---- */

static int64_t wall_ms(void *self) {
    return ((struct bench *)self)->now_ms;
}

static int64_t steady_us(void *self) {
    struct bench *bench = self;
    if (!bench->is_deciding)
        return bench->steady_us;
    int64_t real = clock_steady_us(&clock_real);
    if (bench->real_us == 0)
        bench->real_us = real;
    return bench->steady_us + (real - bench->real_us);
}

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    const struct bench *bench = self;
    if (bench->is_unavailable)
        return FACT_UNAVAILABLE;
    for (size_t i = 0; i < bench->block_count; i++) {
        const struct block *block = &bench->blocks[i];
        if (span_is(app, block->app) && span_is(by, block->by) && span_is(whom, block->whom))
            return FACT_FOUND;
    }
    return FACT_ABSENT;
}

static enum fact group(void *self, struct arena *arena, struct span app, struct span id,
                       struct group *out) {
    (void)self, (void)arena, (void)app, (void)id, (void)out;
    return FACT_ABSENT;
}

static void remove_block(struct bench *bench, size_t index) {
    free(bench->blocks[index].app);
    free(bench->blocks[index].by);
    free(bench->blocks[index].whom);
    bench->blocks[index] = bench->blocks[--bench->block_count];
}

/* ---- reading tables ---- */

static struct span text_field(lua_State *lua, int table, const char *name) {
    struct span text = SPAN_NONE;
    lua_getfield(lua, table, name);
    if (lua_type(lua, -1) == LUA_TSTRING || lua_type(lua, -1) == LUA_TNUMBER)
        text.at = lua_tolstring(lua, -1, &text.size);
    else if (!lua_isnil(lua, -1))
        luaL_error(lua, "%s: a string expected", name);
    return text; /* the value stays on the stack, and with it the bytes */
}

static lua_Number number_field(lua_State *lua, int table, const char *name, lua_Number otherwise) {
    lua_getfield(lua, table, name);
    lua_Number number = otherwise;
    if (lua_isnumber(lua, -1))
        number = lua_tonumber(lua, -1);
    else if (!lua_isnil(lua, -1))
        luaL_error(lua, "%s: a number expected", name);
    lua_pop(lua, 1);
    return number;
}

static bool flag_field(lua_State *lua, int table, const char *name) {
    lua_getfield(lua, table, name);
    bool flag = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return flag;
}

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

static struct bench *bench_at(lua_State *lua) {
    struct bench *bench = luaL_checkudata(lua, 1, SET);
    luaL_argcheck(lua, bench->set, 1, "the set was closed");
    return bench;
}

/* ---- sandbox.load ---- */

static int load(lua_State *lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    struct policy_override overrides[OVERRIDES];
    struct bench *bench = lua_newuserdata(lua, sizeof *bench);
    memset(bench, 0, sizeof *bench);
    luaL_getmetatable(lua, SET);
    lua_setmetatable(lua, 2);
    bench->now_ms = (int64_t)number_field(lua, 1, "now", 1700000000000.0);
    bench->steady_us = 1000000;
    bench->clock = (struct clock){bench, wall_ms, steady_us};
    struct policy_host host = {.limits = read_limits(lua, 1),
                               .clock = &bench->clock,
                               .facts = {bench, blocked, group},
                               .overrides = overrides};
    host.override_count = read_overrides(lua, 1, overrides);
    struct span folder = text_field(lua, 1, "folder");
    if (!folder.at)
        return luaL_error(lua, "folder: a path expected");
    bench->memory = policy_memory_new(NULL);
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
    struct bench *bench = luaL_checkudata(lua, 1, SET);
    policy_set_free(&bench->set);
    policy_memory_free(&bench->memory);
    while (bench->block_count)
        remove_block(bench, bench->block_count - 1);
    free(bench->blocks);
    bench->blocks = NULL;
    return 0;
}

/* ---- set:decide ---- */

static void read_members(lua_State *lua, int table, struct arena *arena, struct group *out) {
    lua_getfield(lua, table, "members");
    if (!lua_istable(lua, -1)) {
        lua_pop(lua, 1);
        return;
    }
    size_t count = lua_objlen(lua, -1);
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

static const struct group *read_group(lua_State *lua, struct arena *arena, struct group *out) {
    lua_getfield(lua, 2, "group");
    if (!lua_istable(lua, -1))
        return NULL;
    int table = lua_gettop(lua);
    *out = (struct group){.json = SPAN("{}")};
    out->id = text_field(lua, table, "id");
    out->owner = text_field(lua, table, "owner");
    read_members(lua, table, arena, out);
    return out;
}

static enum policy_event read_event(lua_State *lua) {
    struct span event = text_field(lua, 2, "event");
    for (int i = 0; i < POLICY_EVENTS && event.at; i++)
        if (span_is(event, policy_event_name((enum policy_event)i)))
            return (enum policy_event)i;
    if (event.at)
        luaL_error(lua, "event: message, copy or group expected");
    return POLICY_MESSAGE;
}

static void read_question(lua_State *lua, struct bench *bench, struct arena *arena,
                          struct group *group, struct policy_question *out) {
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
    out->event = read_event(lua);
    out->is_group = flag_field(lua, 2, "is_group");
    out->is_released = flag_field(lua, 2, "is_released");
    out->deferred = (unsigned)number_field(lua, 2, "deferred", 0);
    out->hops = (unsigned)number_field(lua, 2, "hops", 0);
    out->group = read_group(lua, arena, group);
}

/* The arena belongs to a userdata, so that an error in the spec's own tables does not leak it. */
static struct arena *new_arena(lua_State *lua) {
    struct arena **arena = lua_newuserdata(lua, sizeof *arena);
    *arena = NULL;
    luaL_getmetatable(lua, "chat21.sandbox.arena");
    lua_setmetatable(lua, -2);
    return *arena = arena_new();
}

static int free_arena(lua_State *lua) {
    arena_free(lua_touserdata(lua, 1));
    return 0;
}

static int decide(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    luaL_checktype(lua, 2, LUA_TTABLE);
    lua_settop(lua, 2);
    struct arena *arena = new_arena(lua);
    struct group group_read;
    struct policy_question question;
    struct verdict verdict;
    luaL_checkstack(lua, 40, "decide");
    read_question(lua, bench, arena, &group_read, &question);
    bench->real_us = 0;
    bench->is_deciding = true;
    struct policy_share share = policy_share_start(bench->set, 0);
    if (flag_field(lua, 2, "trace"))
        share.trace = arena_array(arena, 1, sizeof *share.trace);
    question.share = &share;
    int64_t before = clock_steady_us(&clock_real);
    policy_decide(bench->set, arena, &question, &verdict);
    int64_t us = clock_steady_us(&clock_real) - before;
    bench->is_deciding = false;
    push_verdict(lua, &verdict, us);
    if (share.trace) {
        push_trace(lua, share.trace);
        lua_setfield(lua, -2, "trace");
    }
    arena_free(lua_touserdata(lua, 3));
    return 1;
}

/* ---- the rest of a set ---- */

static int set_now(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    int64_t now = (int64_t)luaL_checknumber(lua, 2);
    bench->steady_us += (now - bench->now_ms) * 1000;
    bench->now_ms = now;
    return 0;
}

static int advance(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    int64_t by = (int64_t)luaL_checknumber(lua, 2);
    bench->steady_us += by * 1000;
    bench->now_ms += by;
    return 0;
}

static int block_someone(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    const char *app = luaL_checkstring(lua, 2), *by = luaL_checkstring(lua, 3);
    const char *whom = luaL_checkstring(lua, 4);
    bench->blocks = must_realloc(bench->blocks, (bench->block_count + 1) * sizeof *bench->blocks);
    bench->blocks[bench->block_count++] =
        (struct block){must_strdup(app), must_strdup(by), must_strdup(whom)};
    return 0;
}

static int unblock_someone(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    const char *app = luaL_checkstring(lua, 2), *by = luaL_checkstring(lua, 3);
    const char *whom = luaL_checkstring(lua, 4);
    for (size_t i = bench->block_count; i > 0; i--) {
        const struct block *block = &bench->blocks[i - 1];
        if (!strcmp(block->app, app) && !strcmp(block->by, by) && !strcmp(block->whom, whom))
            remove_block(bench, i - 1);
    }
    return 0;
}

static int facts_unavailable(lua_State *lua) {
    bench_at(lua)->is_unavailable = lua_isnone(lua, 2) || lua_toboolean(lua, 2);
    return 0;
}

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

/* Specs fail policies on purpose: by default only errors of the host are logged. */
static int log_level(lua_State *lua) {
    enum log_level level;
    luaL_argcheck(lua, log_level_named(luaL_checkstring(lua, 1), &level), 1, "no such level");
    log_set_level(level);
    return 0;
}

static const luaL_Reg METHODS[] = {
    {"decide", decide},
    {"set_now", set_now},
    {"advance", advance},
    {"block", block_someone},
    {"unblock", unblock_someone},
    {"facts_unavailable", facts_unavailable},
    {"names", names},
    {"generation", generation},
    {"counters", counters},
    {"close", close_set},
    {NULL, NULL},
};

int luaopen_chat21_sandbox(lua_State *lua);
int luaopen_chat21_sandbox(lua_State *lua) {
    log_set_level(LOG_ERROR);
    luaL_newmetatable(lua, "chat21.sandbox.arena");
    lua_pushcfunction(lua, free_arena);
    lua_setfield(lua, -2, "__gc");
    luaL_newmetatable(lua, SET);
    lua_pushcfunction(lua, close_set);
    lua_setfield(lua, -2, "__gc");
    lua_newtable(lua);
    for (const luaL_Reg *method = METHODS; method->name; method++) {
        lua_pushcfunction(lua, method->func);
        lua_setfield(lua, -2, method->name);
    }
    lua_setfield(lua, -2, "__index");
    lua_newtable(lua);
    lua_pushcfunction(lua, load);
    lua_setfield(lua, -2, "load");
    lua_pushcfunction(lua, globals);
    lua_setfield(lua, -2, "globals");
    lua_pushcfunction(lua, log_level);
    lua_setfield(lua, -2, "log_level");
    return 1;
}
