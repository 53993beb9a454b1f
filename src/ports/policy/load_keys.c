#include "load_keys.h"

#include "words/nearest.h"

static void check_name(const struct subject *subject, struct span name, const char *const *known) {
    struct nearest nearest = nearest_start(name);
    for (; *known; known++) {
        if (span_is(name, *known))
            return;
        nearest_offer(&nearest, span_of(*known));
    }
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    complain(subject, shown, "no such key: %s%s", shown, nearest_words(&nearest, hint));
}

static bool is_place(lua_State *lua, int index, int places) {
    return lua_type(lua, index) == LUA_TNUMBER && lua_tonumber(lua, index) >= 1 &&
           lua_tonumber(lua, index) <= places;
}

void check_keys(lua_State *lua, int index, const struct subject *subject, const char *const *known,
                int places) {
    for (lua_pushnil(lua); lua_next(lua, index); lua_pop(lua, 1)) {
        if (is_place(lua, -2, places))
            continue;
        struct span name;
        if (lua_type(lua, -2) == LUA_TSTRING) {
            name.at = lua_tolstring(lua, -2, &name.size);
            check_name(subject, name, known);
        } else {
            complain(subject, NULL, "a key that is a %s, not a name",
                     lua_typename(lua, lua_type(lua, -2)));
        }
    }
}

static bool on_error_named(const char *word, enum policy_on_error *on_error) {
    static const enum policy_on_error ALL[] = {ON_ERROR_CLOSED, ON_ERROR_OPEN, ON_ERROR_DEFER};
    for (size_t i = 0; i < sizeof ALL / sizeof ALL[0]; i++) {
        if (strcmp(word, on_error_name(ALL[i])) != 0)
            continue;
        *on_error = ALL[i];
        return true;
    }
    return false;
}

bool read_on_error(lua_State *lua, int index, const struct subject *subject,
                   enum policy_on_error *on_error) {
    lua_getfield(lua, index, "on_error");
    bool is_there = !lua_isnil(lua, -1);
    const char *word = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    if (is_there && !on_error_named(word, on_error))
        complain(subject, "on_error", "on_error must be \"open\", \"closed\" or \"defer\"");
    lua_pop(lua, 1);
    return is_there;
}
