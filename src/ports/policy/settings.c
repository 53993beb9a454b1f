#include "load_keys.h"

#include "words/check.h"
#include "words/nearest.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const DECLARATION_KEYS[] = {"about", "choices", "default", "max",
                                               "min",   "type",    NULL};
static const char *const TYPES[] = {"integer", "number",  "boolean", "string",
                                    "strings", "numbers", "words",   "table"};
enum { TYPE_COUNT = sizeof TYPES / sizeof TYPES[0] };

void settings_free(struct settings *settings) {
    for (size_t i = 0; i < settings->count; i++) {
        struct setting *setting = &settings->list[i];
        for (size_t j = 0; j < setting->choice_count; j++)
            free(setting->choices[j]);
        free(setting->choices);
        free(setting->name);
        free(setting->about);
    }
    free(settings->list);
    *settings = (struct settings){.count = 0};
}

struct setting *settings_find(const struct settings *settings, struct span name) {
    for (size_t i = 0; i < settings->count; i++)
        if (span_is(name, settings->list[i].name))
            return &settings->list[i];
    return NULL;
}

const char *settings_nearest(const struct settings *settings, struct span name, char *out) {
    struct nearest nearest = nearest_start(name);
    for (size_t i = 0; i < settings->count; i++)
        nearest_offer(&nearest, span_of(settings->list[i].name));
    return nearest_words(&nearest, out);
}

/* ---- a declaration ---- */

struct declared {
    struct subject subject; /* "settings.burst: " */
    struct setting *setting;
    int index; /* of its table */
};

static bool read_type(lua_State *lua, const struct declared *declared) {
    struct span word = SPAN_NONE;
    lua_getfield(lua, declared->index, "type");
    if (lua_type(lua, -1) == LUA_TSTRING)
        word.at = lua_tolstring(lua, -1, &word.size);
    struct nearest nearest = nearest_start(word);
    bool is_known = false;
    for (int i = 0; i < TYPE_COUNT && !is_known; i++) {
        is_known = span_is(word, TYPES[i]);
        declared->setting->type = (enum setting_type)i;
        nearest_offer(&nearest, span_of(TYPES[i]));
    }
    char hint[NEAREST_MAX + 24];
    if (!is_known)
        complain(&declared->subject, "type",
                 "type must be integer, number, boolean, string, strings, numbers, words "
                 "or table%s",
                 nearest_words(&nearest, hint));
    lua_pop(lua, 1);
    return is_known;
}

static void read_about(lua_State *lua, const struct declared *declared) {
    lua_getfield(lua, declared->index, "about");
    bool is_text = lua_type(lua, -1) == LUA_TSTRING;
    if (!is_text && !lua_isnil(lua, -1))
        complain(&declared->subject, "about", "about must be a string");
    declared->setting->about = must_strdup(is_text ? lua_tostring(lua, -1) : "");
    lua_pop(lua, 1);
}

static bool has_range(enum setting_type type) {
    return type == SETTING_INTEGER || type == SETTING_NUMBER || type == SETTING_NUMBERS;
}

static bool read_bound(lua_State *lua, const struct declared *declared, const char *name,
                       double *bound) {
    lua_getfield(lua, declared->index, name);
    bool is_there = !lua_isnil(lua, -1);
    if (is_there && (lua_type(lua, -1) != LUA_TNUMBER || !has_range(declared->setting->type)))
        complain(&declared->subject, name, "%s must be a number, and is for numbers", name);
    *bound = is_there ? lua_tonumber(lua, -1) : 0;
    lua_pop(lua, 1);
    return is_there;
}

static void read_range(lua_State *lua, const struct declared *declared) {
    struct setting *setting = declared->setting;
    setting->has_min = read_bound(lua, declared, "min", &setting->min);
    setting->has_max = read_bound(lua, declared, "max", &setting->max);
    if (setting->has_min && setting->has_max && setting->min > setting->max)
        complain(&declared->subject, "min", "min is larger than max");
}

static void read_choices(lua_State *lua, const struct declared *declared) {
    struct setting *setting = declared->setting;
    lua_getfield(lua, declared->index, "choices");
    int list = lua_gettop(lua);
    size_t count = lua_istable(lua, list) ? lua_objlen(lua, list) : 0;
    bool is_right = (setting->type == SETTING_STRING || setting->type == SETTING_STRINGS) &&
                    count > 0 && count <= SETTING_CHOICES;
    setting->choices = must_calloc(count + 1, sizeof *setting->choices);
    for (size_t i = 1; is_right && i <= count; i++) {
        lua_rawgeti(lua, list, (int)i);
        is_right = lua_type(lua, -1) == LUA_TSTRING;
        if (is_right)
            setting->choices[setting->choice_count++] = must_strdup(lua_tostring(lua, -1));
        lua_pop(lua, 1);
    }
    if (!is_right && !lua_isnil(lua, list))
        complain(&declared->subject, "choices",
                 "choices must be a list of 1 to %d strings, and is for strings", SETTING_CHOICES);
    lua_pop(lua, 1);
}

static void check_default(lua_State *lua, const struct declared *declared) {
    char words[SETTING_WORDS_BYTES];
    lua_getfield(lua, declared->index, "default");
    if (!setting_fits(declared->setting, lua, lua_gettop(lua), words))
        complain(&declared->subject, "default", "default: %s", words);
    lua_pop(lua, 1);
}

static void read_declaration(lua_State *lua, const struct declared *declared) {
    struct setting *setting = declared->setting;
    if (!lua_istable(lua, declared->index)) {
        setting->about = must_strdup("");
        complain(&declared->subject, NULL, "{ type = …, default = … } expected, got a %s",
                 luaL_typename(lua, declared->index));
        return;
    }
    check_keys(lua, declared->index, &declared->subject, DECLARATION_KEYS, 0);
    read_about(lua, declared);
    if (!read_type(lua, declared))
        return;
    unsigned before = declared->subject.faults->count;
    read_range(lua, declared);
    read_choices(lua, declared);
    if (declared->subject.faults->count == before)
        check_default(lua, declared);
}

/* ---- all of them ---- */

static int by_name(const void *left, const void *right) {
    return strcmp(((const struct setting *)left)->name, ((const struct setting *)right)->name);
}

static bool is_name(lua_State *lua, int index) {
    struct span name = SPAN_NONE;
    if (lua_type(lua, index) == LUA_TSTRING)
        name.at = lua_tolstring(lua, index, &name.size);
    return policy_is_name(name);
}

/* The declaration on top of the stack, its name below it. */
static void add(lua_State *lua, const struct subject *all, struct settings *out) {
    char what[64];
    struct setting *setting = &out->list[out->count++];
    setting->name = must_strdup(lua_tostring(lua, -2));
    struct declared declared = {*all, setting, lua_gettop(lua)};
    snprintf(what, sizeof what, "settings.%s: ", setting->name);
    declared.subject.what = what;
    declared.subject.within[1] = span_of(setting->name);
    read_declaration(lua, &declared);
}

void settings_read(lua_State *lua, int index, const struct subject *policy, struct settings *out) {
    struct subject all = *policy;
    all.within[0] = SPAN("settings");
    out->list = must_calloc(SETTINGS_MAX, sizeof *out->list);
    for (lua_pushnil(lua); lua_next(lua, index); lua_pop(lua, 1)) {
        if (!is_name(lua, lua_gettop(lua) - 1))
            complain(&all, NULL, "settings: a name of a to z, 0 to 9 and _ expected");
        else if (out->count < SETTINGS_MAX)
            add(lua, &all, out);
        else
            complain(&all, NULL, "settings: at most %d", SETTINGS_MAX);
    }
    qsort(out->list, out->count, sizeof *out->list, by_name);
}
