#include "fold.h"

#include "words/check.h"
#include "words/utf8.h"

#include <stdint.h>
#include <wctype.h>

/* Marks that are put on the letter before them, where Unicode does not call them alphabetic. */
static bool is_mark(uint32_t code) {
    return (code >= 0x300 && code <= 0x36f) || (code >= 0x1ab0 && code <= 0x1aff) ||
           (code >= 0x1dc0 && code <= 0x1dff) || (code >= 0x20d0 && code <= 0x20ff) ||
           (code >= 0xfe20 && code <= 0xfe2f);
}

static uint32_t fold_code(const struct fold *fold, uint32_t code) {
    wint_t upper = towupper_l((wint_t)code, fold->locale);
    return (uint32_t)towlower_l(upper, fold->locale);
}

int fold_open(struct fold *fold, struct why *why) {
    fold->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (fold->locale == (locale_t)0)
        return why_say(why, "this C library has no locale C.UTF-8");
    for (unsigned byte = 0; byte < 128; byte++) {
        fold->lower[byte] = (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
        fold->is_word[byte] = iswalnum_l(byte, fold->locale) != 0;
    }
    return 0;
}

void fold_close(struct fold *fold) {
    if (fold->locale != (locale_t)0)
        freelocale(fold->locale);
    fold->locale = (locale_t)0;
}

static uint32_t decode(const char *at, size_t size) {
    uint32_t code = (unsigned char)at[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

/* The well-formed sequence of `size` bytes, more than one, at `at`. */
static struct folded fold_sequence(const struct fold *fold, const char *at, size_t size) {
    struct folded out = {.taken = (unsigned char)size};
    uint32_t code = decode(at, size);
    out.is_word = iswalnum_l((wint_t)code, fold->locale) || is_mark(code);
    out.size = (unsigned char)utf8_put(out.bytes, fold_code(fold, code));
    return out;
}

/* A byte that is part of no character. */
static struct folded fold_byte(char byte) {
    return (struct folded){.bytes = {byte}, .size = 1, .taken = 1};
}

struct folded fold_at_other(const struct fold *fold, struct span text, size_t at) {
    check(at < text.size);
    size_t size = utf8_size(text.at + at, text.size - at);
    return size > 1 ? fold_sequence(fold, text.at + at, size) : fold_byte(text.at[at]);
}

/* A lead byte is never inside of another sequence: going back to one finds what going on found. */
struct folded fold_before_other(const struct fold *fold, struct span text, size_t end) {
    check(end > 0 && end <= text.size);
    size_t size = 1;
    while (size < 4 && size < end && ((unsigned char)text.at[end - size] & 0xc0) == 0x80)
        size++;
    if (size > 1 && utf8_size(text.at + end - size, size) == size)
        return fold_sequence(fold, text.at + end - size, size);
    return fold_byte(text.at[end - 1]);
}
