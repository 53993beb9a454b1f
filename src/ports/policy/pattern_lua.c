/* find, match, gmatch and gsub: as Lua 5.1 has them, on the matcher that is charged by the step. */
#include "library.h"

#include "search.h"

#include <lauxlib.h>

/* The pattern goes without its ^. gmatch takes that for a byte like any other, as Lua does. */
static void start(struct search *search) {
    search->is_anchored = search->pattern.size && search->pattern.at[0] == '^';
    if (search->is_anchored)
        search->pattern = span_cut(search->pattern, 1, search->pattern.size);
}

/* Matches exactly at `init`. */
static bool matches_at(struct search *search, size_t init) {
    struct why why;
    uint64_t all = search->state->is_metered ? search->state->units : UINT64_MAX / 2;
    uint64_t steps = all;
    enum pattern_result result =
        pattern_match_at(search->subject, init, search->pattern, &search->match, &steps, &why);
    if (result != PATTERN_BUDGET)
        state_charge(search->state, all - steps);
    switch (result) {
    case PATTERN_NO:
        return false;
    case PATTERN_YES:
        return true;
    case PATTERN_BUDGET:
        state_charge(search->state, all + 1); /* does not return */
        break;
    case PATTERN_BAD:
        luaL_error(search->lua, "%s", why.words);
    }
    return false;
}

static const char SPECIAL[] = "^$*+?.([%-";

/* A first byte that every match begins with lets memchr find where to try. */
static bool begins_with(struct span pattern, char *byte) {
    if (pattern.size == 0 || memchr(SPECIAL, pattern.at[0], sizeof SPECIAL - 1))
        return false;
    if (pattern.size > 1 && memchr("*?-", pattern.at[1], 3))
        return false;
    *byte = pattern.at[0];
    return true;
}

/* The first match at `init` or later. */
static bool matches_from(struct search *search, size_t init) {
    char byte = '\0';
    bool skips = !search->is_anchored && begins_with(search->pattern, &byte);
    for (; init <= search->subject.size; init++) {
        if (skips) {
            size_t left = search->subject.size - init;
            const char *next = left ? memchr(search->subject.at + init, byte, left) : NULL;
            size_t passed = next ? (size_t)(next - search->subject.at) - init : left;
            state_charge(search->state, 1 + passed / 64);
            if (!next)
                return false;
            init += passed;
        }
        if (matches_at(search, init))
            return true;
        if (search->is_anchored)
            return false;
    }
    return false;
}

static int iterate(lua_State *lua);
static const struct search_kind PATTERNS = {start, matches_from, iterate};

static int iterate(lua_State *lua) {
    return search_iterate(lua, &PATTERNS);
}

static int find_plain(struct search *search, struct span pattern, size_t init) {
    struct span rest = span_cut(search->subject, init, search->subject.size);
    state_charge_bytes(search->state, rest.size + pattern.size);
    const char *found = rest.at;
    if (rest.at && rest.size && pattern.size)
        found = memmem(rest.at, rest.size, pattern.at, pattern.size);
    else if (pattern.size)
        found = NULL;
    if (!found) {
        lua_pushnil(search->lua);
        return 1;
    }
    lua_Integer from = found - search->subject.at + 1;
    lua_pushinteger(search->lua, from);
    lua_pushinteger(search->lua, from + (lua_Integer)pattern.size - 1);
    return 2;
}

static bool is_plain(struct span pattern) {
    for (size_t i = 0; i < pattern.size; i++)
        if (memchr(SPECIAL, pattern.at[i], sizeof SPECIAL - 1))
            return false;
    return true;
}

int pattern_find(lua_State *lua) {
    struct search search;
    search_start(&search, &PATTERNS, lua);
    size_t init = library_init(lua, 3, search.subject.size);
    struct span whole = {.size = 0};
    whole.at = lua_tolstring(lua, 2, &whole.size);
    state_charge_bytes(search.state, 4 * whole.size);
    if (lua_toboolean(lua, 4) || is_plain(whole))
        return find_plain(&search, whole, init);
    return search_find(&search, init);
}

int pattern_match(lua_State *lua) {
    struct search search;
    search_start(&search, &PATTERNS, lua);
    return search_match(&search, library_init(lua, 3, search.subject.size));
}

int pattern_gmatch(lua_State *lua) {
    return search_gmatch(lua, &PATTERNS);
}

int pattern_gsub(lua_State *lua) {
    return search_gsub(lua, &PATTERNS);
}
