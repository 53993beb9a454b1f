/* ctx.limit, ctx.kv, ctx.count: what a policy may remember. */
#include "question.h"

#include "library.h"
#include "memory.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT_KEY_BYTES = 512 };
static const lua_Number LIFE_MOST = 10.0 * 366 * 86400; /* seconds */

/* Units of some 3 ns: a bucket or a key is found in 100 to 200 ns, a value that is set costs two
 * allocations and its place in the journal. */
enum { COST_LIMIT = 80, COST_GET = 80, COST_SET = 250, COST_COUNT = 80 };

static struct memory_scope scope_of(const struct call *call) {
    return (struct memory_scope){.policy = span_of(call->policy->name),
                                 .app = call->question->app,
                                 .is_shadow = call->policy->mode == POLICY_SHADOW,
                                 .is_durable = !call->policy->is_kv_in_memory &&
                                               call->policy->mode == POLICY_ON};
}

static struct owner *owner_here(lua_State *lua) {
    struct call *call = question_call(lua);
    struct memory_scope scope = scope_of(call);
    struct owner *owner = memory_owner(call->set->memory, &scope);
    if (!owner)
        luaL_error(lua, "no room to remember anything of one more app");
    return owner;
}

/* ---- ctx.limit ---- */

static uint32_t rate_at(lua_State *lua, int arg, const char *what) {
    lua_Number given = library_number(lua, arg);
    if (!(given >= 1 && given <= 1e9))
        luaL_error(lua, "ctx.limit: %s must be at least 1", what);
    return (uint32_t)given;
}

int ctx_limit(lua_State *lua) {
    struct call *call = question_call(lua);
    struct memory_limit limit = {.cost = 1, .now_us = call->now_us};
    limit.key.at = luaL_checklstring(lua, 1, &limit.key.size);
    luaL_argcheck(lua, limit.key.size <= LIMIT_KEY_BYTES, 1, "a key of over 512 bytes");
    limit.burst = rate_at(lua, 2, "burst");
    limit.per_minute = rate_at(lua, 3, "per_minute");
    if (!lua_isnoneornil(lua, 4))
        limit.cost = rate_at(lua, 4, "cost");
    state_charge(state_of(lua), COST_LIMIT);
    bool is_granted = memory_take(call->set->memory, owner_here(lua), &limit);
    trace_asked(call, is_granted ? SPAN("true") : SPAN("false"), "limit(%.*s, %u, %u%s%.0u)",
                SPAN_ARGS(limit.key), limit.burst, limit.per_minute, limit.cost > 1 ? ", " : "",
                limit.cost > 1 ? limit.cost : 0);
    lua_pushboolean(lua, is_granted);
    return 1;
}

/* ---- ctx.kv ---- */

static struct span key_at(lua_State *lua, const char *what) {
    if (lua_type(lua, 1) == LUA_TUSERDATA)
        luaL_error(lua, "ctx.kv.%s: with a dot, not a colon", what);
    if (lua_type(lua, 1) != LUA_TSTRING)
        luaL_error(lua, "ctx.kv.%s: a key must be a string, got %s", what, luaL_typename(lua, 1));
    struct span key;
    key.at = lua_tolstring(lua, 1, &key.size);
    if (key.size == 0 || key.size > KV_KEY_BYTES)
        luaL_error(lua, "ctx.kv.%s: a key of 1 to %d bytes expected, got %d", what, KV_KEY_BYTES,
                   (int)key.size);
    return key;
}

/* When what is set now is gone; 0: never. */
static int64_t expires_at(lua_State *lua, int arg, const char *what) {
    if (lua_isnoneornil(lua, arg))
        return 0;
    lua_Number seconds = library_number(lua, arg);
    if (!(seconds > 0 && seconds <= LIFE_MOST))
        luaL_error(lua, "ctx.kv.%s: a life-time is over 0 seconds and at most ten years", what);
    return question_call(lua)->question->now_ms + (int64_t)ceil(seconds * 1000);
}

static bool find(lua_State *lua, struct span key, struct kv_change *found) {
    struct call *call = question_call(lua);
    state_charge(state_of(lua), COST_GET);
    return memory_get(call->set->memory, owner_here(lua), key, call->question->now_ms, found);
}

static void put(lua_State *lua, struct span key, struct span value, int64_t expires_ms) {
    struct call *call = question_call(lua);
    struct kept_value wanted = {key, value, expires_ms, call->question->now_ms};
    struct state *state = state_of(lua);
    state_charge(state, COST_SET);
    state_charge_bytes(state, key.size + value.size);
    memory_set(call->set->memory, owner_here(lua), &wanted);
}

static double number_of(struct span json) {
    char digits[40];
    snprintf(digits, sizeof digits, "%.*s", SPAN_ARGS(json));
    return strtod(digits, NULL);
}

static void push_value(lua_State *lua, struct span json) {
    struct json_value value = json_value(json);
    if (value.type == JSON_STRING) {
        state_charge_bytes(state_of(lua), json.size);
        question_push(lua, json_unquote(question_call(lua)->arena, json));
    } else if (value.type == JSON_NUMBER) {
        lua_pushnumber(lua, number_of(json));
    } else if (value.type == JSON_TRUE || value.type == JSON_FALSE) {
        lua_pushboolean(lua, value.type == JSON_TRUE);
    } else {
        lua_pushnil(lua); /* nothing of ours */
    }
}

static int kv_get(lua_State *lua) {
    struct kv_change found;
    struct span key = key_at(lua, "get");
    bool is_there = find(lua, key, &found);
    trace_asked(question_call(lua), is_there ? found.value : SPAN("nil"), "kv.get(%.*s)",
                SPAN_ARGS(key));
    if (is_there)
        push_value(lua, found.value);
    else
        lua_pushnil(lua);
    return 1;
}

/* In 17 digits a number comes back as it was. */
static struct span number_json(struct arena *arena, const char *what, lua_State *lua,
                               double number) {
    if (!isfinite(number))
        luaL_error(lua, "ctx.kv.%s: the number must be finite", what);
    if (number == floor(number) && fabs(number) < 1e15)
        return arena_print(arena, "%.0f", number);
    return arena_print(arena, "%.17g", number);
}

static struct span value_at(lua_State *lua, int arg) {
    struct arena *arena = question_call(lua)->arena;
    struct span text;
    switch (lua_type(lua, arg)) {
    case LUA_TNIL:
    case LUA_TNONE:
        return SPAN_NONE;
    case LUA_TBOOLEAN:
        return lua_toboolean(lua, arg) ? SPAN("true") : SPAN("false");
    case LUA_TNUMBER:
        return number_json(arena, "set", lua, lua_tonumber(lua, arg));
    case LUA_TSTRING:
        text.at = lua_tolstring(lua, arg, &text.size);
        if (text.size <= KV_VALUE_BYTES) {
            state_charge_bytes(state_of(lua), text.size);
            text = json_quote(arena, text);
        }
        if (text.size > KV_VALUE_BYTES)
            luaL_error(lua, "ctx.kv.set: a value of over %d bytes", KV_VALUE_BYTES);
        return text;
    default:
        luaL_error(lua, "ctx.kv.set: a value is a string, a number or a boolean, got %s",
                   luaL_typename(lua, arg));
        return SPAN_NONE;
    }
}

static int kv_set(lua_State *lua) {
    struct span key = key_at(lua, "set");
    int64_t expires_ms = expires_at(lua, 3, "set");
    struct span value = value_at(lua, 2);
    put(lua, key, value, expires_ms);
    trace_asked(question_call(lua), value.at ? value : SPAN("nil"), "kv.set(%.*s)", SPAN_ARGS(key));
    return 0;
}

static int kv_delete(lua_State *lua) {
    struct span key = key_at(lua, "delete");
    put(lua, key, SPAN_NONE, 0);
    trace_asked(question_call(lua), SPAN("nil"), "kv.delete(%.*s)", SPAN_ARGS(key));
    return 0;
}

static int kv_incr(lua_State *lua) {
    struct call *call = question_call(lua);
    struct span key = key_at(lua, "incr");
    double by = lua_isnoneornil(lua, 2) ? 1 : library_number(lua, 2);
    struct kv_change found = {.expires_ms = expires_at(lua, 3, "incr")};
    if (find(lua, key, &found)) {
        if (json_value(found.value).type != JSON_NUMBER)
            luaL_error(lua, "ctx.kv.incr: what is there is no number");
        by += number_of(found.value);
    }
    struct span value = number_json(call->arena, "incr", lua, by);
    put(lua, key, value, found.expires_ms);
    trace_asked(call, value, "kv.incr(%.*s)", SPAN_ARGS(key));
    lua_pushnumber(lua, by);
    return 1;
}

const struct question_member kv_members[] = {
    {"delete", -1, kv_delete}, {"get", -1, kv_get}, {"incr", -1, kv_incr},
    {"set", -1, kv_set},       {NULL, 0, NULL},
};

/* ---- ctx.count ---- */

static bool is_metric_name(struct span name) {
    bool is_fit = name.size >= 1 && name.size <= POLICY_NAME_MAX;
    for (size_t i = 0; i < name.size && is_fit; i++)
        is_fit = (name.at[i] >= 'a' && name.at[i] <= 'z') || name.at[i] == '_' ||
                 (name.at[i] >= '0' && name.at[i] <= '9');
    return is_fit;
}

int ctx_count(lua_State *lua) {
    struct call *call = question_call(lua);
    struct span name;
    name.at = luaL_checklstring(lua, 1, &name.size);
    if (!is_metric_name(name))
        return luaL_error(lua, "ctx.count: a name of a to z, 0 to 9 and _ (at most %d) expected",
                          POLICY_NAME_MAX);
    state_charge(state_of(lua), COST_COUNT);
    struct memory_scope scope = scope_of(call);
    memory_count(call->set->memory, &scope, name);
    return 0;
}
