#include "meaning/ident.h"

#include "words/check.h"

#include <stdio.h>

/* The mix: neighbouring offsets should not look alike, or people read meaning into an id (and
 * hashes of ids cluster). Each step can be undone on 62 bits: adding the right half to the left by
 * exclusive or undoes itself, and an odd factor has an inverse. */
static const uint64_t MASK = ((uint64_t)1 << 62) - 1;
static const uint64_t FACTOR = 0x1E3779B97F4A7C15;
enum { CHILD_BITS = 10, HALF_BITS = 31 };

/* Newton's iteration: an odd number is its own inverse modulo 8, and each round doubles the bits
 * that are right: 3, 6, 12, 24, 48, 96. */
static uint64_t inverse(uint64_t odd) {
    uint64_t x = odd;
    for (int round = 0; round < 5; round++)
        x *= 2 - odd * x;
    return x;
}

static uint64_t mix(uint64_t number) {
    number ^= number >> HALF_BITS;
    number = number * FACTOR & MASK;
    number ^= number >> HALF_BITS;
    number = number * FACTOR & MASK;
    return number ^ number >> HALF_BITS;
}

static uint64_t unmix(uint64_t number) {
    number ^= number >> HALF_BITS;
    number = number * inverse(FACTOR) & MASK;
    number ^= number >> HALF_BITS;
    number = number * inverse(FACTOR) & MASK;
    return number ^ number >> HALF_BITS;
}

static void put_hex(char *at, uint64_t number, int digits) {
    while (digits-- > 0) {
        at[digits] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
}

struct ident ident_make(uint64_t incarnation, uint64_t offset, unsigned child) {
    check(incarnation < IDENT_INCARNATION_END);
    check(offset < IDENT_OFFSET_END);
    check(child < IDENT_CHILDREN);
    uint64_t mixed = mix(offset << CHILD_BITS | child);
    struct ident ident;
    memcpy(ident.text, "00000000-0000-8000-0000-000000000000", sizeof ident.text);
    put_hex(ident.text, incarnation >> 28, 8);
    put_hex(ident.text + 9, incarnation >> 12, 4);
    put_hex(ident.text + 15, incarnation, 3);
    put_hex(ident.text + 19, (uint64_t)2 << 14 | mixed >> 48, 4); /* the variant, 10 in binary */
    put_hex(ident.text + 24, mixed, 12);
    return ident;
}

static int digit_of(char byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* `count` lower-case digits onto `number`. */
static bool take_hex(const char *at, int count, uint64_t *number) {
    for (int i = 0; i < count; i++) {
        int digit = digit_of(at[i]);
        if (digit < 0)
            return false;
        *number = *number << 4 | (uint64_t)digit;
    }
    return true;
}

bool ident_read(struct span text, uint64_t *incarnation, uint64_t *offset, unsigned *child) {
    if (text.size != IDENT_SIZE || text.at[8] != '-' || text.at[13] != '-' || text.at[14] != '8' ||
        text.at[18] != '-' || text.at[23] != '-')
        return false;
    uint64_t high = 0, low = 0;
    bool is_hex = take_hex(text.at, 8, &high) && take_hex(text.at + 9, 4, &high) &&
                  take_hex(text.at + 15, 3, &high) && take_hex(text.at + 19, 4, &low) &&
                  take_hex(text.at + 24, 12, &low);
    if (!is_hex || low >> 62 != 2)
        return false;
    uint64_t number = unmix(low & MASK);
    *incarnation = high;
    *offset = number >> CHILD_BITS;
    *child = (unsigned)(number & (IDENT_CHILDREN - 1));
    return true;
}
