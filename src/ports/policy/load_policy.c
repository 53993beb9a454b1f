/* One policy: its file, its table, its settings. */
#include "load.h"

#include "seal.h"
#include "words/nearest.h"

#include <lauxlib.h>
#include <stdio.h>

enum { CONFIG_DEPTH = 8 };

struct task {
    const struct source *source;
    const struct policy_host *host;
    const struct manifest *manifest;
    const struct entry *entry;
    struct policy *policy;
};

static const char *const POLICY_KEYS[] = {"always", "config", "decide",   "kv",
                                          "name",   "on",     "on_error", NULL};

/* ---- the policy's own table, at index 1 ---- */

static void read_name(lua_State *lua, const struct entry *entry) {
    lua_getfield(lua, 1, "name");
    if (lua_type(lua, -1) != LUA_TSTRING || strcmp(lua_tostring(lua, -1), entry->name) != 0)
        luaL_error(lua, "name must be \"%s\", as the file is called", entry->name);
    lua_pop(lua, 1);
}

static void read_event(lua_State *lua, struct policy *policy) {
    lua_getfield(lua, 1, "on");
    const char *word = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    int event = 0;
    while (event < POLICY_EVENTS && strcmp(word, policy_event_name((enum policy_event)event)) != 0)
        event++;
    if (event == POLICY_EVENTS)
        luaL_error(lua, "on must be \"message\", \"copy\" or \"group\"");
    policy->event = (enum policy_event)event;
    lua_pop(lua, 1);
}

static void read_always(lua_State *lua, struct policy *policy) {
    lua_getfield(lua, 1, "always");
    if (!lua_isnil(lua, -1) && !lua_isboolean(lua, -1))
        luaL_error(lua, "always must be true or false");
    policy->is_always = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
}

static void read_kv(lua_State *lua, struct policy *policy) {
    lua_getfield(lua, 1, "kv");
    struct span word = lua_isnil(lua, -1) ? SPAN("store") : SPAN_NONE;
    if (lua_type(lua, -1) == LUA_TSTRING)
        word.at = lua_tolstring(lua, -1, &word.size);
    policy->is_kv_in_memory = span_is(word, "memory");
    if (!policy->is_kv_in_memory && !span_is(word, "store"))
        luaL_error(lua, "kv must be \"store\" or \"memory\"");
    lua_pop(lua, 1);
}

static void read_decide(lua_State *lua) {
    lua_getfield(lua, 1, "decide");
    if (!lua_isfunction(lua, -1) || lua_iscfunction(lua, -1))
        luaL_error(lua, "decide must be a function(msg, ctx), got %s", luaL_typename(lua, -1));
    lua_Debug about;
    lua_pushvalue(lua, -1);
    lua_getinfo(lua, ">S", &about);
    state_of(lua)->line = about.linedefined;
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_DECIDE);
}

static int read_policy(lua_State *lua) {
    struct task *task = state_of(lua)->task;
    load_chunk(lua, task->source);
    check_keys(lua, 1, "", POLICY_KEYS, 0);
    read_name(lua, task->entry);
    read_event(lua, task->policy);
    read_always(lua, task->policy);
    read_kv(lua, task->policy);
    read_decide(lua);
    read_on_error(lua, 1, &task->policy->on_error);
    lua_getfield(lua, 1, "config");
    if (lua_isnil(lua, -1)) {
        lua_pop(lua, 1);
        lua_newtable(lua);
    }
    if (!lua_istable(lua, -1))
        luaL_error(lua, "config must be a table, got %s", luaL_typename(lua, -1));
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    return 0;
}

/* ---- settings: defaults, the manifest's, overrides ---- */

/* Pushes a copy of the value at `index` of `from`, which is another state. Reading there cannot
 * fail: nothing is converted, and it is not metered now. */
static void copy_value(lua_State *lua, lua_State *from, int index, int depth) {
    struct span text;
    switch (lua_type(from, index)) {
    case LUA_TBOOLEAN:
        lua_pushboolean(lua, lua_toboolean(from, index));
        return;
    case LUA_TNUMBER:
        lua_pushnumber(lua, lua_tonumber(from, index));
        return;
    case LUA_TSTRING:
        text.at = lua_tolstring(from, index, &text.size);
        lua_pushlstring(lua, text.at, text.size);
        return;
    case LUA_TTABLE:
        break;
    default:
        luaL_error(lua, "config: a %s cannot be a setting", luaL_typename(from, index));
    }
    if (depth == CONFIG_DEPTH || !lua_checkstack(from, 4))
        luaL_error(lua, "config: nested over %d deep", CONFIG_DEPTH);
    luaL_checkstack(lua, 4, "config");
    lua_newtable(lua);
    for (lua_pushnil(from); lua_next(from, index); lua_pop(from, 1)) {
        copy_value(lua, from, lua_gettop(from) - 1, depth + 1);
        copy_value(lua, from, lua_gettop(from), depth + 1);
        lua_rawset(lua, -3);
    }
}

/* `key` must be among the declared defaults (the table at index 1), of the same type. */
static void check_setting(lua_State *lua, const char *where, struct span key, int type) {
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, key);
    lua_pushlstring(lua, key.at, key.size);
    lua_rawget(lua, 1);
    if (lua_isnil(lua, -1)) {
        struct nearest nearest = nearest_start(key);
        for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1))
            if (lua_type(lua, -2) == LUA_TSTRING)
                nearest_offer(&nearest, span_of(lua_tostring(lua, -2)));
        luaL_error(lua, "%s: config has no key %s%s", where, shown, nearest_words(&nearest, hint));
    }
    if (lua_type(lua, -1) != type)
        luaL_error(lua, "%s: config %s must be a %s, got a %s", where, shown,
                   luaL_typename(lua, -1), lua_typename(lua, type));
    lua_pop(lua, 1);
}

/* The table on top: plain values only, and no circle. */
static void check_values(lua_State *lua, int depth) {
    if (depth == CONFIG_DEPTH)
        luaL_error(lua, "config: nested over %d deep", CONFIG_DEPTH);
    luaL_checkstack(lua, 6, "config");
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        int type = lua_type(lua, -1);
        if (depth == 0 && lua_type(lua, -2) != LUA_TSTRING)
            luaL_error(lua, "config: a key that is a %s, not a name",
                       lua_typename(lua, lua_type(lua, -2)));
        if (type == LUA_TTABLE)
            check_values(lua, depth + 1);
        else if (type != LUA_TBOOLEAN && type != LUA_TNUMBER && type != LUA_TSTRING)
            luaL_error(lua, "config: a %s cannot be a setting", lua_typename(lua, type));
    }
}

static void take_manifest(lua_State *lua, const struct task *task) {
    lua_State *from = task->manifest->state->lua;
    char where[160];
    snprintf(where, sizeof where, "%s: entry %d (%s)", task->manifest->state->name,
             task->entry->place, task->entry->name);
    lua_rawgeti(from, LUA_REGISTRYINDEX, SLOT_CONFIG);
    lua_rawgeti(from, -1, task->entry->place);
    lua_getfield(from, -1, "config");
    int config = lua_gettop(from);
    if (!lua_istable(from, config))
        return;
    for (lua_pushnil(from); lua_next(from, config); lua_pop(from, 1)) {
        struct span key = SPAN("?");
        if (lua_type(from, -2) == LUA_TSTRING)
            key.at = lua_tolstring(from, -2, &key.size);
        check_setting(lua, where, key, lua_type(from, -1));
        lua_pushlstring(lua, key.at, key.size);
        copy_value(lua, from, lua_gettop(from), 0);
        lua_rawset(lua, 1);
    }
}

static void take_overrides(lua_State *lua, const struct task *task) {
    for (size_t i = 0; i < task->host->override_count; i++) {
        const struct policy_override *override = &task->host->overrides[i];
        if (strcmp(override->policy, task->entry->name) != 0)
            continue;
        check_setting(lua, "a setting from outside", span_of(override->key), LUA_TNUMBER);
        lua_pushstring(lua, override->key);
        lua_pushnumber(lua, override->number);
        lua_rawset(lua, 1);
    }
}

static int settle_config(lua_State *lua) {
    const struct task *task = state_of(lua)->task;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    check_values(lua, 0);
    take_manifest(lua, task);
    take_overrides(lua, task);
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        if (!lua_istable(lua, -1))
            continue;
        seal_values(lua, "setting in ctx.config");
        lua_pushvalue(lua, -2);
        lua_pushvalue(lua, -2);
        lua_rawset(lua, 1);
    }
    seal_names(lua, "setting in ctx.config");
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    return 0;
}

static int run(struct state *state, const struct task *task, struct why *why) {
    if (load_run(state, task->host, read_policy, why) < 0)
        return -1;
    int rc = state_build(state, settle_config);
    lua_settop(task->manifest->state->lua, 0);
    if (rc < 0)
        return why_say(why, "%s", state->words);
    size_t used = state_settle(state), most = task->host->limits.memory_bytes;
    if (used > most / 4 * 3)
        return why_say(why, "%s: uses %zu bytes once loaded, which leaves too little of %zu",
                       state->name, used, most);
    return 0;
}

int policy_load(const struct source *source, const struct policy_host *host,
                const struct manifest *manifest, struct entry *entry, struct policy *out,
                struct why *why) {
    *out = (struct policy){.on_error = ON_ERROR_CLOSED};
    struct task task = {source, host, manifest, entry, out};
    snprintf(out->name, sizeof out->name, "%s", entry->name);
    out->state = load_open(source, host, why);
    if (!out->state)
        return -1;
    out->state->task = &task;
    int rc = run(out->state, &task, why);
    out->state->task = NULL;
    if (rc < 0) {
        state_free(&out->state);
        return -1;
    }
    if (entry->says_on_error)
        out->on_error = entry->on_error;
    out->mode = entry->mode;
    out->apps = entry->apps;
    out->app_count = entry->app_count;
    entry->apps = NULL;
    entry->app_count = 0;
    return 0;
}
