/* pattern: Lua 5.1's patterns, matched under a budget.
 *
 * Policies see string.find, match, gmatch and gsub over this matcher and never LuaJIT's own, which
 * no hook can interrupt: 30 letters "a" against "a*" ten times and a "b" run 37 s there.
 *
 * Says what LuaJIT says (%g included, as there); tests/unit/test_pattern_differential.c compares
 * the two. Different on purpose: NUL is a byte like any other in a pattern too; a match with a
 * capture that is never closed is always an error (Lua's gsub may pass over it); and what counts as
 * too deep is the number of open choices, since nothing here recurses.
 *
 * Promises: time linear in the steps charged (one for each byte of the subject tested, each piece
 * of a pattern or of a set looked at, each byte a back-reference compares), no allocation, no
 * recursion (some 8 KB of stack), reads within the two spans only, ASCII whatever the locale.
 * Source: Lua 5.1 Reference Manual, 5.4.1. */
#ifndef CHAT21D_PATTERN_H
#define CHAT21D_PATTERN_H

#include "words/span.h"
#include "words/why.h"

#include <stdint.h>

/* Captures of one pattern, as in Lua; and choices (quantified items that could still match
 * otherwise) open at a time: a pattern has to hold more than that many * + - ? to get there. */
enum { PATTERN_CAPTURES = 32, PATTERN_DEPTH = 200 };

struct pattern_capture {
    const char *at;
    ptrdiff_t size; /* -1: a position capture, `at` is the position */
};

/* Everything points into the subject. */
struct pattern_match {
    const char *from, *to;
    struct pattern_capture captures[PATTERN_CAPTURES];
    unsigned count;
};

enum pattern_result {
    PATTERN_NO,
    PATTERN_YES,
    PATTERN_BUDGET, /* no steps left; `*steps` is 0 */
    PATTERN_BAD,    /* the pattern is wrong, said in `why`; as in Lua, found only when reached */
};

/* Tries `pattern` (without a leading ^; the caller moves `init` on where there was none) at
 * subject+init; `init` is at most the subject's size. Every step is taken from `*steps`, at least
 * one a call. `*out` is meaningful for PATTERN_YES only; `why` is filled for PATTERN_BAD. */
enum pattern_result pattern_match_at(struct span subject, size_t init, struct span pattern,
                                     struct pattern_match *out, uint64_t *steps, struct why *why);

#endif
