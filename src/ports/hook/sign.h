/* sign: HMAC-SHA256 (RFC 2104) and SHA-256, as hexadecimal digits. */
#ifndef CHAT21D_HOOK_SIGN_H
#define CHAT21D_HOOK_SIGN_H

#include "words/span.h"

enum { SIGN_HEX = 65 };

/* Of the parts, one behind the other. */
void sign_hex(struct span secret, const struct span *parts, size_t count, char out[SIGN_HEX]);
void digest_hex(const struct span *parts, size_t count, char out[SIGN_HEX]);

#endif
