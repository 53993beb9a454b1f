#include "words/utf8.h"

#include "words/check.h"

static bool between(char byte, unsigned least, unsigned most) {
    return (unsigned char)byte >= least && (unsigned char)byte <= most;
}

static bool follows(const char *at, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!between(at[i], 0x80, 0xBF))
            return false;
    return true;
}

/* The second byte is where overlong forms, surrogates and too large numbers show. */
static bool second_fits(unsigned char first, char second) {
    switch (first) {
    case 0xE0:
        return between(second, 0xA0, 0xBF);
    case 0xED:
        return between(second, 0x80, 0x9F);
    case 0xF0:
        return between(second, 0x90, 0xBF);
    case 0xF4:
        return between(second, 0x80, 0x8F);
    default:
        return between(second, 0x80, 0xBF);
    }
}

size_t utf8_size(const char *at, size_t left) {
    if (left == 0)
        return 0;
    unsigned char first = (unsigned char)*at;
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < size || !second_fits(first, at[1]) || !follows(at + 2, size - 2))
        return 0;
    return size;
}

bool utf8_is_plain(struct span text) {
    size_t size;
    for (size_t i = 0; i < text.size; i += size) {
        size = utf8_size(text.at + i, text.size - i);
        if (size == 0 || (unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7F)
            return false;
    }
    return true;
}

static char tail(uint32_t code, unsigned shift) {
    return (char)(0x80 | ((code >> shift) & 0x3F));
}

size_t utf8_put(char out[4], uint32_t code) {
    check(code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF));
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | (code >> 6));
        out[1] = tail(code, 0);
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | (code >> 12));
        out[1] = tail(code, 6);
        out[2] = tail(code, 0);
        return 3;
    }
    out[0] = (char)(0xF0 | (code >> 18));
    out[1] = tail(code, 12);
    out[2] = tail(code, 6);
    out[3] = tail(code, 0);
    return 4;
}
