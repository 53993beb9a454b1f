#include "ports/token/base64.h"

#include <stdint.h>

enum { BITS = 6 };

/* -1: no character of the alphabet. */
static int value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64_decode(struct arena *arena, struct span text, struct span *bytes) {
    char *out = arena_take(arena, text.size / 4 * 3 + 3);
    size_t size = 0;
    uint32_t held = 0;
    unsigned bits = 0;
    if (text.size % 4 == 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.at[i]);
        if (value < 0)
            return false;
        held = held << BITS | (uint32_t)value;
        bits += BITS;
        if (bits >= 8) {
            bits -= 8;
            out[size++] = (char)(held >> bits);
            held &= (1u << bits) - 1;
        }
    }
    *bytes = (struct span){out, size};
    return held == 0;
}
