/* hash: FNV-1a of 64 bits, for telling bytes apart where nobody gains by two that hash alike. Add
 * piece after piece; what separates two pieces is the caller's to add. Some values are stored, so
 * it stays what it is. Source: the algorithm's authors (Fowler, Noll, Vo). */
#ifndef CHAT21D_HASH_H
#define CHAT21D_HASH_H

#include "words/span.h"

#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_add(uint64_t hash, struct span bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ (unsigned char)bytes.at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
