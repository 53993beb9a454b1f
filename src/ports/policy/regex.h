/* regex: PCRE2's regular expressions, matched under the budget of a call.
 *
 * Without its compiler to machine code, and with a callout before each item of a pattern: there the
 * budget is charged (a constant, and each byte of the subject that was passed or gone back over)
 * and the clock is looked at, so that no pattern outruns either. What an item can do unseen before
 * the next callout is charged at its own: the characters of `x{1000}` that may be too few, what a
 * back-reference compares, the way back of a look behind, what a script run goes through again
 * where it ends. Before the first callout it looks for where to begin: of a letter in either case,
 * in all of the text at each match. Compiling is charged by the pattern's size, its code's, and the
 * characters its ranges hold. PCRE2's memory comes off the state's cap.
 *
 * Limits: 1,024 bytes of pattern, 30 groups in each other, 32 captures, 500 KB for going back, and
 * no \C. Compiled patterns are kept, the last 32 of a state, 256 KB at most. The subject must be
 * UTF-8: PCRE2's own way with what is none checks the whole subject again at each match, which is
 * quadratic in a gsub; so the caller puts another byte in the place of each that belongs to no
 * character (regex_lua.c). Source: pcre2api(3), pcre2callout(3), 10.42. */
#ifndef CHAT21D_POLICY_REGEX_H
#define CHAT21D_POLICY_REGEX_H

#include "pattern.h"
#include "state.h"

/* Within state_build, once. */
void regex_open(lua_State *lua);

/* The first match of `pattern` in `subject`, which is well-formed UTF-8, that begins at `init`, the
 * beginning of a character, or later. What took no part has the size -2. Does not return where the
 * pattern is wrong or something runs dry. */
bool regex_search(struct state *state, struct span pattern, struct span subject, size_t init,
                  struct pattern_match *out);

#endif
