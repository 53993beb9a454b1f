/* The manifest: which policies run, in which order, for which apps, with which settings. */
#include "load.h"

#include "words/check.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

struct task {
    const struct source *source;
    struct manifest *manifest;
};

static const char *const ENTRY_KEYS[] = {"apps", "config", "mode", "on_error", NULL};

/* "entry 2 (block_list): " in front of every complaint. */
struct label {
    char text[80];
};

static struct label label_of(const struct entry *entry) {
    struct label label;
    snprintf(label.text, sizeof label.text, "entry %d%s%s%s: ", entry->place,
             entry->name[0] ? " (" : "", entry->name, entry->name[0] ? ")" : "");
    return label;
}

static void read_name(lua_State *lua, struct manifest *manifest, struct entry *entry) {
    lua_rawgeti(lua, -1, 1);
    struct span name = SPAN_NONE;
    if (lua_type(lua, -1) == LUA_TSTRING)
        name.at = lua_tolstring(lua, -1, &name.size);
    if (!policy_is_name(name))
        luaL_error(lua, "%sfirst a policy's name: a to z, 0 to 9 and _, at most %d",
                   label_of(entry).text, POLICY_NAME_MAX);
    snprintf(entry->name, sizeof entry->name, "%.*s", SPAN_ARGS(name));
    for (size_t i = 0; i + 1 < manifest->count; i++)
        if (strcmp(manifest->entries[i].name, entry->name) == 0)
            luaL_error(lua, "%sit is there already, as entry %d", label_of(entry).text,
                       manifest->entries[i].place);
    lua_pop(lua, 1);
}

/* `pattern` is terminated, as Lua has it. */
static void add_app(struct entry *entry, struct span pattern) {
    check(entry->app_count < POLICY_APPS_MAX);
    entry->apps[entry->app_count++] = must_strdup(pattern.at);
}

static void read_apps(lua_State *lua, struct entry *entry) {
    entry->apps = must_calloc(POLICY_APPS_MAX, sizeof *entry->apps);
    lua_getfield(lua, -1, "apps");
    if (lua_isnil(lua, -1)) {
        add_app(entry, SPAN("*"));
        lua_pop(lua, 1);
        return;
    }
    size_t size = lua_istable(lua, -1) ? lua_objlen(lua, -1) : 0;
    if (size == 0 || size > POLICY_APPS_MAX)
        luaL_error(lua, "%sapps must be a list of 1 to %d patterns (\"*\" for all)",
                   label_of(entry).text, POLICY_APPS_MAX);
    for (size_t i = 1; i <= size; i++) {
        lua_rawgeti(lua, -1, (int)i);
        struct span pattern = SPAN_NONE;
        if (lua_type(lua, -1) == LUA_TSTRING)
            pattern.at = lua_tolstring(lua, -1, &pattern.size);
        if (pattern.size == 0 || pattern.size > POLICY_PATTERN_MAX ||
            memchr(pattern.at, '\0', pattern.size))
            luaL_error(lua, "%sapps: a name or pattern (with *) expected at place %d",
                       label_of(entry).text, (int)i);
        add_app(entry, pattern);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static void read_mode(lua_State *lua, struct entry *entry) {
    lua_getfield(lua, -1, "mode");
    struct span mode = SPAN_NONE;
    if (lua_isnil(lua, -1))
        mode = SPAN("on");
    else if (lua_type(lua, -1) == LUA_TSTRING)
        mode.at = lua_tolstring(lua, -1, &mode.size);
    entry->is_off = span_is(mode, "off");
    entry->mode = span_is(mode, "shadow") ? POLICY_SHADOW : POLICY_ON;
    if (!entry->is_off && entry->mode == POLICY_ON && !span_is(mode, "on"))
        luaL_error(lua, "%smode must be \"on\", \"shadow\" or \"off\"", label_of(entry).text);
    lua_pop(lua, 1);
}

static void read_entry(lua_State *lua, struct manifest *manifest, int place) {
    struct entry *entry = &manifest->entries[manifest->count++];
    *entry = (struct entry){.place = place};
    if (!lua_istable(lua, -1))
        luaL_error(lua, "%sa table expected ({ \"block_list\", … }), got %s", label_of(entry).text,
                   luaL_typename(lua, -1));
    read_name(lua, manifest, entry);
    check_keys(lua, lua_gettop(lua), label_of(entry).text, ENTRY_KEYS, 1);
    read_apps(lua, entry);
    read_mode(lua, entry);
    entry->says_on_error = read_on_error(lua, lua_gettop(lua), &entry->on_error);
    lua_getfield(lua, -1, "config");
    if (!lua_isnil(lua, -1) && !lua_istable(lua, -1))
        luaL_error(lua, "%sconfig must be a table, got %s", label_of(entry).text,
                   luaL_typename(lua, -1));
    lua_pop(lua, 1);
}

static int read_manifest(lua_State *lua) {
    struct task *task = state_of(lua)->task;
    load_chunk(lua, task->source);
    int list = lua_gettop(lua);
    size_t size = lua_objlen(lua, list), seen = 0;
    if (size > POLICIES_MAX)
        luaL_error(lua, "%d entries, at most %d are taken", (int)size, POLICIES_MAX);
    for (lua_pushnil(lua); lua_next(lua, list); lua_pop(lua, 1))
        if (lua_type(lua, -2) != LUA_TNUMBER || ++seen > size)
            luaL_error(lua, "a list of entries expected, without names or holes");
    for (size_t i = 1; i <= size; i++) {
        lua_rawgeti(lua, list, (int)i);
        read_entry(lua, task->manifest, (int)i);
        lua_settop(lua, list);
    }
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    return 0;
}

void entry_free(struct entry *entry) {
    for (size_t i = 0; i < entry->app_count; i++)
        free(entry->apps[i]);
    free(entry->apps);
    entry->apps = NULL;
    entry->app_count = 0;
}

int manifest_load(const struct source *source, const struct policy_host *host, struct manifest *out,
                  struct why *why) {
    *out = (struct manifest){.count = 0};
    out->state = load_open(source, host, why);
    if (!out->state)
        return -1;
    struct task task = {.source = source, .manifest = out};
    out->state->task = &task;
    int rc = load_run(out->state, host, read_manifest, why);
    out->state->task = NULL;
    if (rc < 0)
        manifest_free(out);
    return rc;
}

void manifest_free(struct manifest *manifest) {
    for (size_t i = 0; i < manifest->count; i++)
        entry_free(&manifest->entries[i]);
    manifest->count = 0;
    state_free(&manifest->state);
}
