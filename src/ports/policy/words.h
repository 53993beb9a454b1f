/* words: word lists as policies see them.
 *
 *     list:has(text)             -> is there a match?
 *     list:find(text [, init])   -> first, last, word (bytes from 1, as string.find; nil: none)
 *     list:count(text)           -> how many
 *     list:mask(text [, with])   -> text, count: each character of a match but blanks becomes
 * `with` list:replace(text, with)   -> text, count: each match becomes `with`
 *
 * What matches is meaning/wordlist.h's. Charged by the step and by the byte written, as every
 * helper is; nothing is kept beyond the call. A list is a userdata that cannot be changed, and
 * holds a reference until the state is closed. */
#ifndef CHAT21D_POLICY_WORDS_H
#define CHAT21D_POLICY_WORDS_H

#include "meaning/wordlist.h"
#include "state.h"

/* Pushes a value for `list`, with a reference of its own. For a state that is being built
 * (state_build). */
void words_push(lua_State *lua, struct wordlist *list);

/* Is the value at `index` one? */
bool words_is(lua_State *lua, int index);

#endif
