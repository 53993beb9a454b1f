/* fold: a text character by character, without regard to case.
 *
 * A character is a well-formed UTF-8 sequence, or one byte of what is none: nothing is ever an
 * error. Folding takes a character to the lower case of its upper case, one to one, so that ς and σ
 * are the same, and ſ and s; it may change the number of bytes (the Kelvin sign has three, k has
 * one). Nothing is composed or decomposed. The tables are glibc's own C.UTF-8 (2.35 and later have
 * it built in), whatever the process' locale. */
#ifndef CHAT21D_FOLD_H
#define CHAT21D_FOLD_H

#include "words/span.h"
#include "words/why.h"

#include <locale.h>

struct fold {
    locale_t locale;
    unsigned char lower[128];
    bool is_word[128];
};

/* -1: this C library has no C.UTF-8. */
int fold_open(struct fold *fold, struct why *why);
void fold_close(struct fold *fold);

struct folded {
    char bytes[4];
    unsigned char size;  /* of `bytes`, 1 to 4 */
    unsigned char taken; /* bytes of the text, 1 to 4 */
    bool is_word;        /* a letter, a digit, or a mark that belongs to one */
};

/* The same for what is not ASCII; see below. */
struct folded fold_at_other(const struct fold *fold, struct span text, size_t at);
struct folded fold_before_other(const struct fold *fold, struct span text, size_t end);

static inline struct folded fold_ascii(const struct fold *fold, unsigned char byte) {
    return (struct folded){{(char)fold->lower[byte]}, 1, 1, fold->is_word[byte]};
}

/* The character that begins at `at`, which is less than the text's size. */
static inline struct folded fold_at(const struct fold *fold, struct span text, size_t at) {
    unsigned char byte = (unsigned char)text.at[at];
    return byte < 128 ? fold_ascii(fold, byte) : fold_at_other(fold, text, at);
}

/* The character that ends at `end`, which is more than 0. */
static inline struct folded fold_before(const struct fold *fold, struct span text, size_t end) {
    unsigned char byte = (unsigned char)text.at[end - 1];
    return byte < 128 ? fold_ascii(fold, byte) : fold_before_other(fold, text, end);
}

#endif
