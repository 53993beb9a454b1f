/* secret_hash: 64 bits that stand for bytes, which nobody can aim at without the secret.
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012): made for tables whose keys others choose. Two keys
 * share a hash once in some 10^19 pairs. */
#ifndef CHAT21D_POLICY_SECRET_HASH_H
#define CHAT21D_POLICY_SECRET_HASH_H

#include "words/span.h"

#include <stdint.h>

struct secret {
    uint64_t low, high;
};
/* From the system's random bytes. */
struct secret secret_new(void);

uint64_t secret_hash(const struct secret *secret, struct span bytes);

#endif
