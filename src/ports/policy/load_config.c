/* A policy's settings: the defaults it declares, then the manifest's `config`, then the host's
 * overrides; each is checked against the declaration. */
#include "load.h"

#include "seal.h"
#include "words.h"
#include "words/nearest.h"

#include <lauxlib.h>
#include <stdio.h>

struct settling {
    const struct loading *loading;
    const struct entry *entry;
    const struct subject *policy;
    struct settings *settings;
    int config; /* where the table is that becomes ctx.config */
};

/* Pushes a copy of the value at `index` of `from`, which is another state, and whose value fits its
 * setting: so there are plain values only, and no circle. */
static void copy_value(lua_State *lua, lua_State *from, int index) {
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
    default:
        break;
    }
    luaL_checkstack(lua, 4, "config");
    lua_newtable(lua);
    for (lua_pushnil(from); lua_next(from, index); lua_pop(from, 1)) {
        copy_value(lua, from, lua_gettop(from) - 1);
        copy_value(lua, from, lua_gettop(from));
        lua_rawset(lua, -3);
    }
}

/* The value on top becomes that of the setting. */
static void set_value(lua_State *lua, const struct settling *settling,
                      const struct setting *setting) {
    lua_setfield(lua, settling->config, setting->name);
}

static void take_defaults(lua_State *lua, const struct settling *settling, int declarations) {
    for (size_t i = 0; i < settling->settings->count; i++) {
        const struct setting *setting = &settling->settings->list[i];
        lua_getfield(lua, declarations, setting->name);
        lua_getfield(lua, -1, "default");
        set_value(lua, settling, setting);
        lua_pop(lua, 1);
    }
}

/* ---- the manifest ---- */

/* The setting of that name, or NULL and a complaint. */
static struct setting *known(const struct settling *settling, const struct subject *subject,
                             struct span name) {
    struct setting *setting = settings_find(settling->settings, name);
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    if (!setting)
        complain(subject, shown, "config has no key %s%s", shown,
                 settings_nearest(settling->settings, name, hint));
    return setting;
}

/* Not metered here: one table may stand in many settings, and becomes a table of its own in each.
 */
static bool has_room(lua_State *lua, const struct settling *settling) {
    struct state *state = state_of(lua);
    size_t most = settling->loading->host->limits.memory_bytes;
    return state->used <= most || state_settle(state) <= most;
}

/* The value on top of `from`, its name below it. */
static void take_one(lua_State *lua, lua_State *from, const struct settling *settling,
                     const struct subject *subject) {
    char words[SETTING_WORDS_BYTES];
    struct span name;
    if (lua_type(from, -2) != LUA_TSTRING) {
        complain(subject, NULL, "config: a key that is a %s, not a name", luaL_typename(from, -2));
        return;
    }
    name.at = lua_tolstring(from, -2, &name.size);
    struct setting *setting = known(settling, subject, name);
    if (!setting)
        return;
    if (!setting_fits(setting, from, lua_gettop(from), words)) {
        complain(subject, setting->name, "config %s: %s", setting->name, words);
        return;
    }
    if (!has_room(lua, settling)) {
        complain(subject, setting->name, "config: more than the policy's memory holds");
        return;
    }
    copy_value(lua, from, lua_gettop(from));
    set_value(lua, settling, setting);
    setting->is_set = true;
}

static void take_manifest(lua_State *lua, const struct settling *settling) {
    const struct loading *loading = settling->loading;
    lua_State *from = loading->manifest.state->lua;
    char what[MANIFEST_WHAT];
    struct subject subject = manifest_subject(loading, settling->entry, what);
    subject.within[1] = SPAN("config");
    lua_rawgeti(from, LUA_REGISTRYINDEX, SLOT_CONFIG);
    lua_rawgeti(from, -1, settling->entry->place);
    lua_getfield(from, -1, "config");
    int config = lua_gettop(from);
    if (!lua_istable(from, config))
        return;
    for (lua_pushnil(from); lua_next(from, config); lua_pop(from, 1))
        take_one(lua, from, settling, &subject);
}

/* ---- the host ---- */

static void take_override(lua_State *lua, const struct settling *settling,
                          const struct policy_override *override) {
    char words[SETTING_WORDS_BYTES];
    struct subject subject = {.shown = settling->policy->shown,
                              .faults = settling->loading->faults,
                              .what = "a setting from outside: "};
    struct setting *setting = known(settling, &subject, span_of(override->key));
    if (!setting)
        return;
    lua_pushnumber(lua, override->number);
    if (!setting_fits(setting, lua, lua_gettop(lua), words)) {
        complain(&subject, NULL, "%s: %s", setting->name, words);
        lua_pop(lua, 1);
        return;
    }
    set_value(lua, settling, setting);
    setting->is_set = true;
}

static void take_overrides(lua_State *lua, const struct settling *settling) {
    const struct policy_host *host = settling->loading->host;
    for (size_t i = 0; i < host->override_count; i++)
        if (strcmp(host->overrides[i].policy, settling->entry->name) == 0)
            take_override(lua, settling, &host->overrides[i]);
}

/* ---- what a policy sees of them ---- */

static void open_list(lua_State *lua, const struct settling *settling, const char *name) {
    struct why why;
    struct wordlist *list = list_load(settling->loading, name, &why);
    if (!list) {
        faults_add(settling->loading->faults, "%s", why.words);
        lua_pushnil(lua);
        return;
    }
    words_push(lua, list);
    wordlist_release(&list);
}

static void show_all(lua_State *lua, const struct settling *settling) {
    for (size_t i = 0; i < settling->settings->count; i++) {
        struct setting *setting = &settling->settings->list[i];
        lua_getfield(lua, settling->config, setting->name);
        setting_show(lua, lua_gettop(lua), setting->value, sizeof setting->value);
        lua_pop(lua, 1);
    }
}

static void finish_all(lua_State *lua, const struct settling *settling) {
    for (size_t i = 0; i < settling->settings->count; i++) {
        const struct setting *setting = &settling->settings->list[i];
        lua_getfield(lua, settling->config, setting->name);
        if (setting->type == SETTING_WORDS)
            open_list(lua, settling, lua_tostring(lua, -1));
        else if (lua_istable(lua, -1))
            seal_values(lua, "setting in ctx.config");
        set_value(lua, settling, setting);
        lua_settop(lua, settling->config);
    }
}

void config_settle(lua_State *lua, const struct loading *loading, const struct entry *entry,
                   const struct subject *policy, struct settings *settings) {
    unsigned before = loading->faults->count;
    lua_settop(lua, 0);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    lua_newtable(lua);
    struct settling settling = {loading, entry, policy, settings, lua_gettop(lua)};
    settings_read(lua, 1, policy, settings);
    if (loading->faults->count == before)
        take_defaults(lua, &settling, 1);
    take_manifest(lua, &settling);
    take_overrides(lua, &settling);
    if (loading->faults->count > before)
        return;
    show_all(lua, &settling);
    finish_all(lua, &settling);
    seal_names(lua, "setting in ctx.config");
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
}
