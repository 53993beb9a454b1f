/* utf8: well-formed sequences, and nothing else (Unicode, table 3-7; RFC 3629): no overlong form,
 * no surrogate, nothing above U+10FFFF. */
#ifndef CHAT21D_UTF8_H
#define CHAT21D_UTF8_H

#include "words/span.h"

#include <stdint.h>

/* The size, 1 to 4, of the sequence that begins at `at`, of which `left` bytes may be read.
 * 0: none that is well formed begins there. */
size_t utf8_size(const char *at, size_t left);

/* Well formed, and without control characters (below U+0020, and U+007F)? */
bool utf8_is_plain(struct span text);

/* Writes a code point (at most U+10FFFF, no surrogate) and returns its size, 1 to 4. */
size_t utf8_put(char out[4], uint32_t code);

#endif
