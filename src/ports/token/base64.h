/* base64: base64url without padding (RFC 4648, section 5; RFC 7515, section 2). Only the one
 * spelling that encoding gives is taken: no padding, no white space, no bits to spare in the last
 * character, so that no two texts stand for the same bytes. */
#ifndef CHAT21D_TOKEN_BASE64_H
#define CHAT21D_TOKEN_BASE64_H

#include "words/arena.h"

/* False: it is none. `*bytes` is in the arena. */
bool base64_decode(struct arena *arena, struct span text, struct span *bytes);

#endif
