/* pattern against LuaJIT's own string.find: 200,000 short random patterns and subjects, the same
 * ones every time. Short, because LuaJIT's matcher takes exponential time.
 *
 * Left out: NUL in a pattern, which ends it in LuaJIT and is a byte like any other here. */
#include "ports/policy/pattern.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CASES = 200000, PIECES_MAX = 7, SUBJECT_MAX = 10, TEXT_MAX = 512 };

static uint64_t seed = 20240501;

static size_t below(size_t bound) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % bound);
}

/* Pieces that make sense next to each other often enough, and often enough do not. */
static const char *const pieces[] = {
    "a",    "b",     "c",     "(",     ")",     "()",     "*",      "+",     "-",      "?",
    ".",    ".",     "$",     "^",     "%",     "[",      "]",      "%a",    "%A",     "%d",
    "%s",   "%p",    "%w",    "%W",    "%x",    "%c",     "%z",     "%Z",    "%l",     "%U",
    "%g",   "%1",    "%2",    "%0",    "%b()",  "%bab",   "%baa",   "%f[a]", "%f[%A]", "%f",
    "[ab]", "[^ab]", "[%a-]", "[a-c]", "[]]",   "[^]]",   "[a-%]]", "[%w_]", "[b-]",   "[+--]",
    "(a)",  "(b*)",  "(a-)",  "(.)",   "(%a+)", "(.-)%1", "a*",     ".-",    "b+",     "c?",
};
static const char letters[] = "aaabbbcc()-%]\0 1_\xe9";

static size_t random_pattern(char *text) {
    size_t size = 0;
    for (size_t left = 1 + below(PIECES_MAX); left > 0; left--) {
        const char *piece = pieces[below(sizeof pieces / sizeof *pieces)];
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return size;
}

static size_t random_subject(char *text) {
    size_t size = below(SUBJECT_MAX + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = letters[below(sizeof letters - 1)];
    return size;
}

/* What is compared: "found from to [capture] position …", "nothing", or the error's words. Captures
 * are cut at a NUL on both sides. */
static void ask_luajit(lua_State *lua, struct span subject, struct span pattern, char *text) {
    lua_getglobal(lua, "string");
    lua_getfield(lua, -1, "find");
    lua_remove(lua, -2);
    lua_pushlstring(lua, subject.at, subject.size);
    lua_pushlstring(lua, pattern.at, pattern.size);
    if (lua_pcall(lua, 2, LUA_MULTRET, 0) != 0) {
        snprintf(text, TEXT_MAX, "%.400s", lua_tostring(lua, 1));
    } else if (lua_isnil(lua, 1)) {
        snprintf(text, TEXT_MAX, "nothing");
    } else {
        size_t used = (size_t)snprintf(text, TEXT_MAX, "found");
        for (int i = 1; i <= lua_gettop(lua); i++) {
            const char *format = lua_type(lua, i) == LUA_TNUMBER ? " %s" : " [%s]";
            used += (size_t)snprintf(text + used, TEXT_MAX - used, format, lua_tostring(lua, i));
        }
    }
    lua_settop(lua, 0);
}

static void ask_ours(struct span subject, struct span pattern, char *text) {
    bool is_anchored = span_starts(pattern, SPAN("^"));
    if (is_anchored)
        pattern = span_cut(pattern, 1, pattern.size);
    struct pattern_match match;
    struct why why;
    uint64_t steps = 1000000;
    enum pattern_result result = PATTERN_NO;
    for (size_t init = 0; result == PATTERN_NO && init <= subject.size; init++) {
        result = pattern_match_at(subject, init, pattern, &match, &steps, &why);
        if (is_anchored)
            break;
    }
    if (result != PATTERN_YES) {
        snprintf(text, TEXT_MAX, "%.400s",
                 result == PATTERN_NO       ? "nothing"
                 : result == PATTERN_BUDGET ? "budget"
                                            : why.words);
        return;
    }
    size_t used = (size_t)snprintf(text, TEXT_MAX, "found %td %td", match.from - subject.at + 1,
                                   match.to - subject.at);
    for (unsigned i = 0; i < match.count; i++) {
        struct pattern_capture capture = match.captures[i];
        int more =
            capture.size < 0
                ? snprintf(text + used, TEXT_MAX - used, " %td", capture.at - subject.at + 1)
                : snprintf(text + used, TEXT_MAX - used, " [%.*s]", (int)capture.size, capture.at);
        used += (size_t)more;
    }
}

/* string.find takes a pattern without any of these for plain text, a lone ")" included. */
static bool is_plain(struct span pattern) {
    for (size_t i = 0; i < pattern.size; i++)
        if (strchr("^$*+?.([%-", pattern.at[i]))
            return false;
    return true;
}

static void says_what_luajit_says(void **state) {
    (void)state;
    lua_State *lua = luaL_newstate();
    luaL_openlibs(lua);
    size_t found = 0, missed = 0, refused = 0;
    for (size_t i = 0; i < CASES; i++) {
        char pattern_text[PIECES_MAX * 8], subject_text[SUBJECT_MAX + 1];
        struct span pattern = {pattern_text, random_pattern(pattern_text)};
        struct span subject = {subject_text, random_subject(subject_text)};
        if (is_plain(pattern))
            continue;
        char theirs[TEXT_MAX], ours[TEXT_MAX];
        ask_luajit(lua, subject, pattern, theirs);
        ask_ours(subject, pattern, ours);
        if (strcmp(theirs, ours) != 0) /* a mistake in a pattern is said in the same words */
            fail_msg("case %zu: \"%.*s\" in \"%.*s\": LuaJIT says %s, we say %s", i,
                     SPAN_ARGS(pattern), SPAN_ARGS(subject), theirs, ours);
        bool is_found = strncmp(ours, "found", 5) == 0;
        found += is_found;
        missed += strcmp(ours, "nothing") == 0;
        refused += !is_found && strcmp(ours, "nothing") != 0;
    }
    lua_close(lua);
    /* The cases are worth something: each outcome comes up often. */
    assert_in_range(found, CASES / 10, CASES);
    assert_in_range(refused, CASES / 10, CASES);
    assert_in_range(missed, CASES / 10, CASES);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_luajit_says)};
    return cmocka_run_group_tests_name("pattern_differential", tests, NULL, NULL);
}
