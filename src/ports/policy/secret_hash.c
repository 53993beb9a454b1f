#include "secret_hash.h"

#include "words/check.h"

#include <endian.h>
#include <sys/random.h>

struct secret secret_new(void) {
    struct secret secret;
    check(getrandom(&secret, sizeof secret, 0) == sizeof secret);
    return secret;
}

struct mix {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t word, int bits) {
    return word << bits | word >> (64 - bits);
}

static void stir(struct mix *mix, int rounds) {
    for (; rounds > 0; rounds--) {
        mix->a += mix->b;
        mix->c += mix->d;
        mix->b = rotate(mix->b, 13) ^ mix->a;
        mix->d = rotate(mix->d, 16) ^ mix->c;
        mix->a = rotate(mix->a, 32);
        mix->c += mix->b;
        mix->a += mix->d;
        mix->b = rotate(mix->b, 17) ^ mix->c;
        mix->d = rotate(mix->d, 21) ^ mix->a;
        mix->c = rotate(mix->c, 32);
    }
}

static void add_word(struct mix *mix, uint64_t word) {
    mix->d ^= word;
    stir(mix, 2);
    mix->a ^= word;
}

uint64_t secret_hash(const struct secret *secret, struct span bytes) {
    struct mix mix = {secret->low ^ 0x736f6d6570736575, secret->high ^ 0x646f72616e646f6d,
                      secret->low ^ 0x6c7967656e657261, secret->high ^ 0x7465646279746573};
    size_t at = 0;
    uint64_t word;
    for (; bytes.size - at >= sizeof word; at += sizeof word) {
        memcpy(&word, bytes.at + at, sizeof word);
        add_word(&mix, le64toh(word));
    }
    word = 0;
    if (bytes.size > at)
        memcpy(&word, bytes.at + at, bytes.size - at);
    add_word(&mix, le64toh(word) | (uint64_t)bytes.size << 56);
    mix.c ^= 0xff;
    stir(&mix, 4);
    return mix.a ^ mix.b ^ mix.c ^ mix.d;
}
