/* The manifest: which policies run, in which order, for which apps, with which settings. */
#include "load.h"

#include "words/check.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

/* An entry that is being read: its table is on top of the stack. */
struct task {
    struct loading *loading;
    struct entry *entry;
    char what[MANIFEST_WHAT];
    struct subject subject;
};

static const char *const ENTRY_KEYS[] = {"apps", "config", "mode", "on_error", NULL};

struct subject manifest_subject(const struct loading *loading, const struct entry *entry,
                                char what[MANIFEST_WHAT]) {
    bool is_named = entry->name[0] != '\0';
    snprintf(what, MANIFEST_WHAT, "entry %d%s%s%s: ", entry->place, is_named ? " (" : "",
             entry->name, is_named ? ")" : "");
    return (struct subject){.shown = loading->source.shown,
                            .text = {loading->source.bytes, loading->source.size},
                            .faults = loading->faults,
                            .what = what,
                            .within = {is_named ? span_of(entry->name) : SPAN_NONE}};
}

static void name_task(struct task *task) {
    task->subject = manifest_subject(task->loading, task->entry, task->what);
}

/* False: it has none. */
static bool read_name(lua_State *lua, struct task *task) {
    const struct manifest *manifest = &task->loading->manifest;
    struct entry *entry = task->entry;
    struct span name = SPAN_NONE;
    lua_rawgeti(lua, -1, 1);
    if (lua_type(lua, -1) == LUA_TSTRING)
        name.at = lua_tolstring(lua, -1, &name.size);
    if (!policy_is_name(name)) {
        complain(&task->subject, NULL, "first a policy's name: a to z, 0 to 9 and _, at most %d",
                 POLICY_NAME_MAX);
        return false;
    }
    snprintf(entry->name, sizeof entry->name, "%.*s", SPAN_ARGS(name));
    name_task(task);
    for (size_t i = 0; i + 1 < manifest->count; i++)
        if (strcmp(manifest->entries[i].name, entry->name) == 0)
            complain(&task->subject, NULL, "it is there already, as entry %d",
                     manifest->entries[i].place);
    lua_pop(lua, 1);
    return true;
}

/* `pattern` is terminated, as Lua has it. */
static void add_app(struct entry *entry, struct span pattern) {
    check(entry->app_count < POLICY_APPS_MAX);
    entry->apps[entry->app_count++] = must_strdup(pattern.at);
}

/* The list on top of the stack. */
static void read_patterns(lua_State *lua, const struct task *task) {
    size_t size = lua_istable(lua, -1) ? lua_objlen(lua, -1) : 0;
    if (size == 0 || size > POLICY_APPS_MAX) {
        complain(&task->subject, "apps", "apps must be a list of 1 to %d patterns (\"*\" for all)",
                 POLICY_APPS_MAX);
        return;
    }
    for (size_t i = 1; i <= size; i++) {
        lua_rawgeti(lua, -1, (int)i);
        struct span pattern = SPAN_NONE;
        if (lua_type(lua, -1) == LUA_TSTRING)
            pattern.at = lua_tolstring(lua, -1, &pattern.size);
        if (pattern.size == 0 || pattern.size > POLICY_PATTERN_MAX ||
            memchr(pattern.at, '\0', pattern.size))
            complain(&task->subject, "apps",
                     "apps: a name or pattern (with *) expected at place %zu", i);
        else
            add_app(task->entry, pattern);
        lua_pop(lua, 1);
    }
}

static void read_apps(lua_State *lua, const struct task *task) {
    task->entry->apps = must_calloc(POLICY_APPS_MAX, sizeof *task->entry->apps);
    lua_getfield(lua, -1, "apps");
    if (lua_isnil(lua, -1))
        add_app(task->entry, SPAN("*"));
    else
        read_patterns(lua, task);
    lua_pop(lua, 1);
}

static void read_mode(lua_State *lua, const struct task *task) {
    struct entry *entry = task->entry;
    lua_getfield(lua, -1, "mode");
    struct span mode = SPAN_NONE;
    if (lua_isnil(lua, -1))
        mode = SPAN("on");
    else if (lua_type(lua, -1) == LUA_TSTRING)
        mode.at = lua_tolstring(lua, -1, &mode.size);
    entry->is_off = span_is(mode, "off");
    entry->mode = span_is(mode, "shadow") ? POLICY_SHADOW : POLICY_ON;
    if (!entry->is_off && entry->mode == POLICY_ON && !span_is(mode, "on"))
        complain(&task->subject, "mode", "mode must be \"on\", \"shadow\" or \"off\"");
    lua_pop(lua, 1);
}

static void read_config(lua_State *lua, const struct task *task) {
    lua_getfield(lua, -1, "config");
    if (!lua_isnil(lua, -1) && !lua_istable(lua, -1))
        complain(&task->subject, "config", "config must be a table, got %s",
                 luaL_typename(lua, -1));
    lua_pop(lua, 1);
}

static void read_entry(lua_State *lua, struct loading *loading, int place) {
    struct manifest *manifest = &loading->manifest;
    struct task task = {.loading = loading, .entry = &manifest->entries[manifest->count++]};
    *task.entry = (struct entry){.place = place, .is_off = true};
    name_task(&task);
    if (!lua_istable(lua, -1)) {
        complain(&task.subject, NULL, "a table expected ({ \"block_list\", … }), got %s",
                 luaL_typename(lua, -1));
        return;
    }
    if (!read_name(lua, &task))
        return;
    check_keys(lua, lua_gettop(lua), &task.subject, ENTRY_KEYS, 1);
    read_apps(lua, &task);
    read_mode(lua, &task);
    task.entry->says_on_error =
        read_on_error(lua, lua_gettop(lua), &task.subject, &task.entry->on_error);
    read_config(lua, &task);
}

static int read_manifest(lua_State *lua) {
    struct loading *loading = state_of(lua)->task;
    load_chunk(lua, &loading->source);
    int list = lua_gettop(lua);
    size_t size = lua_objlen(lua, list), seen = 0;
    if (size > POLICIES_MAX)
        luaL_error(lua, "%d entries, at most %d are taken", (int)size, POLICIES_MAX);
    for (lua_pushnil(lua); lua_next(lua, list); lua_pop(lua, 1))
        if (lua_type(lua, -2) != LUA_TNUMBER || ++seen > size)
            luaL_error(lua, "a list of entries expected, without names or holes");
    for (size_t i = 1; i <= size; i++) {
        lua_rawgeti(lua, list, (int)i);
        read_entry(lua, loading, (int)i);
        lua_settop(lua, list);
    }
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    return 0;
}

static void entry_free(struct entry *entry) {
    for (size_t i = 0; i < entry->app_count; i++)
        free(entry->apps[i]);
    free(entry->apps);
    entry->apps = NULL;
    entry->app_count = 0;
}

static void forget_entries(struct manifest *manifest) {
    for (size_t i = 0; i < manifest->count; i++)
        entry_free(&manifest->entries[i]);
    manifest->count = 0;
}

int manifest_load(struct loading *loading) {
    struct why why;
    unsigned before = loading->faults->count;
    struct state *state = load_open(&loading->source, loading->host, &why);
    loading->manifest.state = state;
    if (!state) {
        faults_add(loading->faults, "%s", why.words);
        return -1;
    }
    state->task = loading;
    if (load_run(state, loading->host, read_manifest, &why) < 0) {
        faults_add(loading->faults, "%s", why.words);
        forget_entries(&loading->manifest);
    }
    state->task = NULL;
    return loading->faults->count == before ? 0 : -1;
}

void manifest_free(struct manifest *manifest) {
    forget_entries(manifest);
    state_free(&manifest->state);
}
