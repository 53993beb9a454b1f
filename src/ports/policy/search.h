/* search: find, match, gmatch and gsub as Lua 5.1 has them, over any matcher: Lua's patterns
 * (pattern_lua.c) and regular expressions (regex_lua.c).
 *
 * Everything is charged before it is done; the matcher charges for its own work. */
#ifndef CHAT21D_POLICY_SEARCH_H
#define CHAT21D_POLICY_SEARCH_H

#include "pattern.h"
#include "state.h"

/* The size of a capture that took no part in the match: `false` in Lua. */
enum { CAPTURE_UNSET = -2 };

struct search;
struct search_kind {
    /* Looks at the pattern and the subject once. May leave one string on the stack. */
    void (*start)(struct search *search);
    /* The first match at `init` (at most the subject's size) or later, into `search->match`. */
    bool (*next)(struct search *search, size_t init);
    lua_CFunction iterator; /* search_iterate for this kind */
};

struct search {
    const struct search_kind *kind;
    lua_State *lua;
    struct state *state;
    struct span subject, pattern;
    struct span clean; /* what is matched; as long as the subject */
    bool is_anchored;  /* matches nowhere but at init */
    struct pattern_match match;
};

/* Arguments 1 and 2 are subject and pattern. */
void search_start(struct search *search, const struct search_kind *kind, lua_State *lua);

/* The functions, from `init` on. */
int search_find(struct search *search, size_t init);
int search_match(struct search *search, size_t init);
int search_gmatch(lua_State *lua, const struct search_kind *kind);
int search_iterate(lua_State *lua, const struct search_kind *kind);
int search_gsub(lua_State *lua, const struct search_kind *kind);

#endif
