/* digest: 64 bits that stand for bytes. Not cryptographic. */
#ifndef CHAT21D_POLICY_DIGEST_H
#define CHAT21D_POLICY_DIGEST_H

#include "words/span.h"

#include <stdint.h>

/* Goes on from `digest` (at first any seed) with the size and bytes of `bytes`. */
static inline uint64_t digest_add(uint64_t digest, struct span bytes) {
    const uint64_t odd = 0x9fb21c651e98df25;
    digest = (digest ^ bytes.size) * odd;
    for (size_t i = 0; i < bytes.size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = bytes.size - i;
        memcpy(&word, bytes.at + i, left < sizeof word ? left : sizeof word);
        digest = (digest ^ word) * odd;
        digest ^= digest >> 29;
    }
    return digest ^ (digest >> 32);
}

#endif
