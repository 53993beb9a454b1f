/* Does a value fit its declaration? And how to say so. */
#include "settings.h"

#include "words/nearest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- words ---- */

/* Text that grows in a bounded place; what is too long is cut. */
struct words {
    char *at;
    size_t size, used;
};

static void say(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct words *words, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(words->at + words->used, words->size - words->used, format, args);
    va_end(args);
    words->used += wanted < 0 ? 0 : (size_t)wanted;
    if (words->used >= words->size)
        words->used = words->size - 1;
}

static void say_range(struct words *words, const struct setting *setting) {
    if (setting->has_min && setting->has_max)
        say(words, " from %.14g to %.14g", setting->min, setting->max);
    else if (setting->has_min)
        say(words, " of at least %.14g", setting->min);
    else if (setting->has_max)
        say(words, " of at most %.14g", setting->max);
}

static void say_choices(struct words *words, const struct setting *setting) {
    for (size_t i = 0; i < setting->choice_count; i++)
        say(words, "%s\"%s\"", i ? ", " : "", setting->choices[i]);
}

void setting_wanted(const struct setting *setting, char *out, size_t size) {
    static const char *const WHAT[] = {
        "an integer",        "a number",          "true or false",    "a string",
        "a list of strings", "a list of numbers", "a file in lists/", "a table of plain values"};
    out[0] = '\0';
    struct words words = {out, size, 0};
    if (setting->type == SETTING_STRING && setting->choice_count)
        say(&words, "one of ");
    else
        say(&words, "%s%s", WHAT[setting->type], setting->choice_count ? " of " : "");
    say_choices(&words, setting);
    say_range(&words, setting);
}

static void say_string(struct words *words, lua_State *lua, int index) {
    struct span text;
    char shown[48];
    text.at = lua_tolstring(lua, index, &text.size);
    state_clean(shown, sizeof shown, text);
    say(words, "\"%s%s\"", shown, text.size >= sizeof shown ? "…" : "");
}

static void say_value(struct words *words, lua_State *lua, int index) {
    switch (lua_type(lua, index)) {
    case LUA_TSTRING:
        say_string(words, lua, index);
        return;
    case LUA_TNUMBER:
        say(words, "%.14g", lua_tonumber(lua, index));
        return;
    case LUA_TBOOLEAN:
        say(words, "%s", lua_toboolean(lua, index) ? "true" : "false");
        return;
    case LUA_TNIL:
    case LUA_TNONE:
        say(words, "nothing");
        return;
    default:
        say(words, "a %s", lua_typename(lua, lua_type(lua, index)));
    }
}

void setting_show(lua_State *lua, int index, char *out, size_t size) {
    out[0] = '\0';
    struct words words = {out, size, 0};
    size_t count = lua_istable(lua, index) ? lua_objlen(lua, index) : 0;
    if (count == 0) {
        say_value(&words, lua, index);
        return;
    }
    for (size_t i = 1; i <= count && words.used + 1 < size; i++) {
        lua_rawgeti(lua, index, (int)i);
        say(&words, "%s", i > 1 ? ", " : "{ ");
        say_value(&words, lua, lua_gettop(lua));
        lua_pop(lua, 1);
    }
    say(&words, " }");
}

/* ---- one value ---- */

static bool is_in_range(const struct setting *setting, double number) {
    return !isnan(number) && !(setting->has_min && number < setting->min) &&
           !(setting->has_max && number > setting->max);
}

static bool number_fits(const struct setting *setting, lua_State *lua, int index) {
    return lua_type(lua, index) == LUA_TNUMBER && is_in_range(setting, lua_tonumber(lua, index));
}

static bool integer_fits(const struct setting *setting, lua_State *lua, int index) {
    return number_fits(setting, lua, index) &&
           lua_tonumber(lua, index) == floor(lua_tonumber(lua, index)) &&
           fabs(lua_tonumber(lua, index)) <= 9007199254740992.0;
}

static bool string_fits(const struct setting *setting, lua_State *lua, int index) {
    if (lua_type(lua, index) != LUA_TSTRING)
        return false;
    struct span text;
    text.at = lua_tolstring(lua, index, &text.size);
    bool is_choice = setting->choice_count == 0;
    for (size_t i = 0; i < setting->choice_count && !is_choice; i++)
        is_choice = span_is(text, setting->choices[i]);
    return is_choice;
}

/* A file right below lists/: with no way out of it. */
static bool words_fit(const struct setting *setting, lua_State *lua, int index) {
    const struct span folder = SPAN("lists/");
    struct span path = SPAN_NONE;
    if (!string_fits(setting, lua, index))
        return false;
    path.at = lua_tolstring(lua, index, &path.size);
    struct span name = span_cut(path, folder.size, path.size);
    return span_starts(path, folder) && name.size > 0 && name.size <= 200 && name.at[0] != '.' &&
           !memchr(name.at, '/', name.size) && !memchr(name.at, '\0', name.size);
}

static bool is_plain(int type) {
    return type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING;
}

/* What is wrong with the value at `index`; NULL: nothing. A table that stands in several places
 * counts in each: it is copied to each. */
static const char *plain_fault(lua_State *lua, int index, int depth, unsigned *entries) {
    int type = lua_type(lua, index);
    if (is_plain(type))
        return NULL;
    if (type != LUA_TTABLE)
        return lua_typename(lua, type);
    if (depth == SETTING_DEPTH || !lua_checkstack(lua, 4))
        return "table nested over 8 deep";
    const char *fault = NULL;
    for (lua_pushnil(lua); !fault && lua_next(lua, index); lua_pop(lua, fault ? 2 : 1)) {
        if (++*entries > SETTING_ENTRIES)
            fault = "table of over 100000 entries";
        else if (!is_plain(lua_type(lua, -2)))
            fault = "table with a name that is no plain value";
        else
            fault = plain_fault(lua, lua_gettop(lua), depth + 1, entries);
    }
    return fault;
}

/* ---- lists ---- */

/* The place of the first item that does not fit; 0: all do. */
static size_t misfit(const struct setting *setting, lua_State *lua, int index) {
    size_t count = lua_objlen(lua, index);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(lua, index, (int)i);
        int item = lua_gettop(lua);
        bool fits = setting->type == SETTING_STRINGS ? string_fits(setting, lua, item)
                                                     : number_fits(setting, lua, item);
        lua_pop(lua, 1);
        if (!fits)
            return i;
    }
    return 0;
}

static bool has_names(lua_State *lua, int index) {
    size_t count = 0;
    for (lua_pushnil(lua); lua_next(lua, index); lua_pop(lua, 1))
        count++;
    return count != lua_objlen(lua, index);
}

static bool list_fits(const struct setting *setting, lua_State *lua, int index,
                      struct words *came) {
    if (!lua_istable(lua, index)) {
        say_value(came, lua, index);
        return false;
    }
    size_t item = misfit(setting, lua, index);
    if (item) {
        lua_rawgeti(lua, index, (int)item);
        say_value(came, lua, lua_gettop(lua));
        say(came, " at place %zu", item);
        lua_pop(lua, 1);
        return false;
    }
    if (has_names(lua, index))
        say(came, "one with names or holes");
    return came->used == 0;
}

/* ---- all ---- */

static bool value_fits(const struct setting *setting, lua_State *lua, int index,
                       struct words *came) {
    const char *fault;
    unsigned entries = 0;
    switch (setting->type) {
    case SETTING_INTEGER:
        return integer_fits(setting, lua, index);
    case SETTING_NUMBER:
        return number_fits(setting, lua, index);
    case SETTING_BOOLEAN:
        return lua_isboolean(lua, index);
    case SETTING_STRING:
        return string_fits(setting, lua, index);
    case SETTING_WORDS:
        return words_fit(setting, lua, index);
    case SETTING_STRINGS:
    case SETTING_NUMBERS:
        return list_fits(setting, lua, index, came);
    case SETTING_TABLE:
        fault = plain_fault(lua, index, 0, &entries);
        if (fault)
            say(came, "a %s", fault);
        return lua_istable(lua, index) && !fault;
    }
    return false;
}

/* A choice that was mistyped. */
static void say_nearest(struct words *words, const struct setting *setting, lua_State *lua,
                        int index) {
    if (!setting->choice_count || lua_type(lua, index) != LUA_TSTRING)
        return;
    struct span text;
    char hint[NEAREST_MAX + 24];
    text.at = lua_tolstring(lua, index, &text.size);
    struct nearest nearest = nearest_start(text);
    for (size_t i = 0; i < setting->choice_count; i++)
        nearest_offer(&nearest, span_of(setting->choices[i]));
    say(words, "%s", nearest_words(&nearest, hint));
}

bool setting_fits(const struct setting *setting, lua_State *lua, int index,
                  char out[SETTING_WORDS_BYTES]) {
    char came[100], expected[120];
    out[0] = '\0';
    struct words words = {out, SETTING_WORDS_BYTES, 0};
    struct words got = {came, sizeof came, 0};
    if (value_fits(setting, lua, index, &got))
        return true;
    if (got.used == 0)
        say_value(&got, lua, index);
    setting_wanted(setting, expected, sizeof expected);
    say(&words, "%s expected, got %s", expected, came);
    say_nearest(&words, setting, lua, index);
    return false;
}
