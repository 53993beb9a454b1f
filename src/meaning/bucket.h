/* bucket: token buckets by key, for limits per sender.
 *
 * A fixed number of entries, in rows of eight that a key's hash picks. Where a row is full, the
 * bucket of it that has been full longest (or will be soonest) is forgotten for a new key. A
 * forgotten bucket is a full one, so a limit is never stricter than asked: to keep what it asks,
 * have some four times more entries than keys that are busy at a time.
 * Keys are kept as 64-bit hashes with a random seed: two keys that share a hash share a bucket,
 * once in some 10^19 pairs. Time is the caller's, in microseconds, and must not go back. */
#ifndef CHAT21D_BUCKET_H
#define CHAT21D_BUCKET_H

#include "words/span.h"

#include <stdbool.h>
#include <stdint.h>

struct buckets;

struct buckets *buckets_new(size_t entries, uint64_t seed);
void buckets_free(struct buckets **buckets);

/* A limit: `burst` tokens at once at most, `per_minute` of them come back a minute; both at
 * least 1.
 */
struct bucket_limit {
    uint32_t burst, per_minute;
};

/* Takes `tokens`, all or none. False where there are not so many: over the limit. */
bool buckets_take_many(struct buckets *buckets, struct span key, struct bucket_limit limit,
                       uint32_t tokens, int64_t now_us);
/* Takes one. */
bool buckets_take(struct buckets *buckets, struct span key, uint32_t burst, uint32_t per_minute,
                  int64_t now_us);

#endif
