/* regex.find, match, gmatch and gsub: as Lua's functions on strings are, with regular expressions.
 */
#include "library.h"

#include "regex.h"
#include "search.h"
#include "words/utf8.h"

#include <lauxlib.h>

/* Stands for a byte that is part of no character: SUBSTITUTE, as in ASCII. */
enum { BROKEN = 0x1a };

/* The first place from `at` on where no character begins. */
static size_t next_broken(struct span text, size_t at) {
    while (at < text.size) {
        size_t size = utf8_size(text.at + at, text.size - at);
        if (size == 0)
            break;
        at += size;
    }
    return at;
}

/* Matches must not meet what is no UTF-8: then a copy is matched, of the same size. */
static void start(struct search *search) {
    struct span subject = search->subject;
    state_charge_bytes(search->state, 4 * subject.size);
    size_t at = next_broken(subject, 0);
    if (at == subject.size)
        return;
    char *bytes = state_scratch(search->state, subject.size);
    memcpy(bytes, subject.at, subject.size);
    for (; at < subject.size; at = next_broken(subject, at + 1))
        bytes[at] = BROKEN;
    lua_pushlstring(search->lua, bytes, subject.size);
    search->clean.at = lua_tolstring(search->lua, -1, &search->clean.size);
}

/* What was found in the clean text, in the subject. */
static const char *in_subject(const struct search *search, const char *at) {
    return search->subject.at + (at - search->clean.at);
}

static bool next(struct search *search, size_t init) {
    struct span clean = search->clean;
    while (init < clean.size && ((unsigned char)clean.at[init] & 0xc0) == 0x80)
        init++;
    struct pattern_match *match = &search->match;
    if (!regex_search(search->state, search->pattern, clean, init, match))
        return false;
    match->from = in_subject(search, match->from);
    match->to = in_subject(search, match->to);
    for (unsigned i = 0; i < match->count; i++)
        match->captures[i].at = in_subject(search, match->captures[i].at);
    return true;
}

static int iterate(lua_State *lua);
static const struct search_kind REGEXES = {start, next, iterate};

static int iterate(lua_State *lua) {
    return search_iterate(lua, &REGEXES);
}

int regex_find(lua_State *lua) {
    struct search search;
    lua_settop(lua, 3);
    search_start(&search, &REGEXES, lua);
    return search_find(&search, library_init(lua, 3, search.subject.size));
}

int regex_match(lua_State *lua) {
    struct search search;
    lua_settop(lua, 3);
    search_start(&search, &REGEXES, lua);
    return search_match(&search, library_init(lua, 3, search.subject.size));
}

int regex_gmatch(lua_State *lua) {
    return search_gmatch(lua, &REGEXES);
}

int regex_gsub(lua_State *lua) {
    return search_gsub(lua, &REGEXES);
}
