/* One policy: its file, its table. load_config.c has its settings. */
#include "load.h"

#include <lauxlib.h>
#include <stdio.h>

struct task {
    const struct loading *loading;
    const struct source *source;
    const struct entry *entry;
    struct policy *policy;
    struct subject subject; /* the file */
};

static const char *const POLICY_KEYS[] = {"always", "decide",   "kv",       "name",
                                          "on",     "on_error", "settings", NULL};

/* ---- the policy's own table, at index 1 ---- */

static void read_name(lua_State *lua, const struct task *task) {
    lua_getfield(lua, 1, "name");
    if (lua_type(lua, -1) != LUA_TSTRING || strcmp(lua_tostring(lua, -1), task->entry->name) != 0)
        complain(&task->subject, "name", "name must be \"%s\", as the file is called",
                 task->entry->name);
    lua_pop(lua, 1);
}

static void read_event(lua_State *lua, const struct task *task) {
    lua_getfield(lua, 1, "on");
    const char *word = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    int event = 0;
    while (event < POLICY_EVENTS && strcmp(word, policy_event_name((enum policy_event)event)) != 0)
        event++;
    if (event == POLICY_EVENTS)
        complain(&task->subject, "on", "on must be %s", policy_event_names());
    task->policy->event = (enum policy_event)event;
    lua_pop(lua, 1);
}

static void read_always(lua_State *lua, const struct task *task) {
    lua_getfield(lua, 1, "always");
    if (!lua_isnil(lua, -1) && !lua_isboolean(lua, -1))
        complain(&task->subject, "always", "always must be true or false");
    task->policy->is_always = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
}

static void read_kv(lua_State *lua, const struct task *task) {
    lua_getfield(lua, 1, "kv");
    struct span word = lua_isnil(lua, -1) ? SPAN("store") : SPAN_NONE;
    if (lua_type(lua, -1) == LUA_TSTRING)
        word.at = lua_tolstring(lua, -1, &word.size);
    task->policy->is_kv_in_memory = span_is(word, "memory");
    if (!task->policy->is_kv_in_memory && !span_is(word, "store"))
        complain(&task->subject, "kv", "kv must be \"store\" or \"memory\"");
    lua_pop(lua, 1);
}

static void read_decide(lua_State *lua, const struct task *task) {
    lua_getfield(lua, 1, "decide");
    if (!lua_isfunction(lua, -1) || lua_iscfunction(lua, -1)) {
        complain(&task->subject, "decide", "decide must be a function(msg, ctx), got %s",
                 luaL_typename(lua, -1));
        lua_pop(lua, 1);
        return;
    }
    lua_Debug about;
    lua_pushvalue(lua, -1);
    lua_getinfo(lua, ">S", &about);
    state_of(lua)->line = about.linedefined;
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_DECIDE);
}

/* Of these nothing is kept that could be judged again. (On copies and groups "defer" means
 * "closed".) */
enum {
    CANNOT_WAIT =
        1 << POLICY_RECEIPT | 1 << POLICY_CONVERSATION | 1 << POLICY_ARCHIVE | 1 << POLICY_PRESENCE
};

static void check_on_error(const struct task *task, const struct subject *subject,
                           enum policy_on_error on_error) {
    enum policy_event event = task->policy->event;
    if (on_error == ON_ERROR_DEFER && (CANNOT_WAIT & 1 << event))
        complain(subject, "on_error",
                 "on_error must be \"open\" or \"closed\" on %s, which cannot wait",
                 policy_event_name(event));
}

static void check_both_on_error(const struct task *task) {
    char what[MANIFEST_WHAT];
    struct subject manifest = manifest_subject(task->loading, task->entry, what);
    check_on_error(task, &task->subject, task->policy->on_error);
    if (task->entry->says_on_error)
        check_on_error(task, &manifest, task->entry->on_error);
}

/* The declarations wait in SLOT_CONFIG for config_settle. */
static void read_settings(lua_State *lua, const struct task *task) {
    lua_getfield(lua, 1, "settings");
    if (!lua_isnil(lua, -1) && !lua_istable(lua, -1))
        complain(&task->subject, "settings", "settings must be a table, got %s",
                 luaL_typename(lua, -1));
    if (!lua_istable(lua, -1)) {
        lua_pop(lua, 1);
        lua_newtable(lua);
    }
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
}

static int read_policy(lua_State *lua) {
    struct task *task = state_of(lua)->task;
    load_chunk(lua, task->source);
    check_keys(lua, 1, &task->subject, POLICY_KEYS, 0);
    read_name(lua, task);
    read_event(lua, task);
    read_always(lua, task);
    read_kv(lua, task);
    read_decide(lua, task);
    read_on_error(lua, 1, &task->subject, &task->policy->on_error);
    check_both_on_error(task);
    read_settings(lua, task);
    return 0;
}

static int settle(lua_State *lua) {
    struct task *task = state_of(lua)->task;
    config_settle(lua, task->loading, task->entry, &task->subject, &task->policy->settings);
    return 0;
}

/* ---- the whole ---- */

static void check_size(const struct task *task, struct state *state) {
    size_t used = state_settle(state), most = task->loading->host->limits.memory_bytes;
    if (used > most / 4 * 3)
        complain(&task->subject, NULL, "uses %zu bytes once loaded, which leaves too little of %zu",
                 used, most);
}

static int run(struct state *state, const struct task *task) {
    struct faults *faults = task->loading->faults;
    unsigned before = faults->count;
    struct why why;
    if (load_run(state, task->loading->host, read_policy, &why) < 0) {
        faults_add(faults, "%s", why.words);
        return -1;
    }
    int rc = state_build(state, settle);
    lua_settop(task->loading->manifest.state->lua, 0);
    if (rc < 0)
        faults_add(faults, "%s", state->words);
    if (faults->count == before)
        check_size(task, state);
    return faults->count == before ? 0 : -1;
}

static void take_entry(struct policy *policy, struct entry *entry) {
    if (entry->says_on_error)
        policy->on_error = entry->on_error;
    policy->apps = entry->apps;
    policy->app_count = entry->app_count;
    entry->apps = NULL;
    entry->app_count = 0;
}

int policy_load(const struct loading *loading, const struct source *source, struct entry *entry,
                struct policy *out) {
    struct why why;
    *out = (struct policy){.mode = entry->mode, .on_error = ON_ERROR_CLOSED};
    struct task task = {loading,
                        source,
                        entry,
                        out,
                        {.shown = source->shown,
                         .text = {source->bytes, source->size},
                         .faults = loading->faults,
                         .what = "",
                         .from_key = true}};
    snprintf(out->name, sizeof out->name, "%s", entry->name);
    out->state = load_open(source, loading->host, &why);
    if (!out->state) {
        faults_add(loading->faults, "%s", why.words);
        return -1;
    }
    out->state->task = &task;
    int rc = run(out->state, &task);
    out->state->task = NULL;
    if (rc == 0) {
        take_entry(out, entry);
        return 0;
    }
    state_free(&out->state);
    settings_free(&out->settings);
    return -1;
}
