#include "meaning/bucket.h"

#include "words/check.h"

#include <stdlib.h>

/* A bucket is one number: when it will be full again. Taking a token moves that by the time a token
 * takes to come back; a token is there as long as it does not move beyond `burst` of those. So
 * nothing ever has to be refilled, and a bucket that was never seen is one that is full since 0.
 *
 * The table is cut into rows, which a key's hash picks: finding and forgetting look at one row. */
enum { ROW = 8 };

struct bucket {
    uint64_t hash;
    int64_t full_ns;
};

struct buckets {
    uint64_t seed;
    size_t row_count;
    struct bucket rows[][ROW];
};

struct buckets *buckets_new(size_t entries, uint64_t seed) {
    check(entries > 0 && entries < SIZE_MAX / 2 / sizeof(struct bucket));
    size_t row_count = (entries + ROW - 1) / ROW;
    struct buckets *buckets = must_calloc(1, sizeof *buckets + row_count * sizeof buckets->rows[0]);
    buckets->seed = seed;
    buckets->row_count = row_count;
    return buckets;
}

void buckets_free(struct buckets **buckets) {
    free(*buckets);
    *buckets = NULL;
}

static uint64_t fold(uint64_t left, uint64_t right) {
    __extension__ unsigned __int128 product = (unsigned __int128)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Folding the 128-bit product of two halves keeps every bit's influence. What is folded starts from
 * the secret seed, so nobody can choose a key that shares somebody else's bucket. The factors are
 * fixed: with the seed as a factor, one of all ones would fold everything into one number. */
static uint64_t hash_of(struct span key, uint64_t seed) {
    uint64_t hash = fold(seed ^ 0x9E3779B97F4A7C15, key.size ^ 0xD1B54A32D192ED03) ^ seed;
    for (size_t i = 0; i < key.size; i += sizeof hash) {
        uint64_t word = 0;
        size_t left = key.size - i;
        memcpy(&word, key.at + i, left < sizeof word ? left : sizeof word);
        hash = fold(hash ^ word, 0x8CB92BA72F3D8DD7) + seed;
    }
    return fold(hash, 0xA0761D6478BD642F);
}

/* The key's bucket; a new one takes the place of the one that is full longest, or soonest. */
static struct bucket *bucket_of(struct buckets *buckets, uint64_t hash) {
    struct bucket *row = buckets->rows[hash % buckets->row_count];
    struct bucket *fullest = &row[0];
    for (int i = 0; i < ROW; i++) {
        if (row[i].hash == hash)
            return &row[i];
        if (row[i].full_ns < fullest->full_ns)
            fullest = &row[i];
    }
    *fullest = (struct bucket){.hash = hash};
    return fullest;
}

bool buckets_take_many(struct buckets *buckets, struct span key, struct bucket_limit limit,
                       uint32_t tokens, int64_t now_us) {
    check(limit.burst > 0 && limit.per_minute > 0);
    const int64_t token_ns = INT64_C(60000000000) / limit.per_minute;
    const int64_t longest_ns = INT64_C(1000000000000000000); /* 31 years: as good as for ever */
    if (tokens > limit.burst)
        return false;
    int64_t span_ns = limit.burst < longest_ns / token_ns ? limit.burst * token_ns : longest_ns;
    int64_t now_ns = now_us * 1000;
    struct bucket *bucket = bucket_of(buckets, hash_of(key, buckets->seed));
    int64_t from_ns = bucket->full_ns > now_ns ? bucket->full_ns : now_ns;
    if (tokens > (span_ns - (from_ns - now_ns)) / token_ns)
        return false;
    bucket->full_ns = from_ns + tokens * token_ns;
    return true;
}

bool buckets_take(struct buckets *buckets, struct span key, uint32_t burst, uint32_t per_minute,
                  int64_t now_us) {
    struct bucket_limit limit = {burst, per_minute};
    return buckets_take_many(buckets, key, limit, 1, now_us);
}
