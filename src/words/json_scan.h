/* json_scan: the steps that the parts of json share. Nobody else includes it. */
#ifndef CHAT21D_JSON_SCAN_H
#define CHAT21D_JSON_SCAN_H

#include "words/json.h"
#include "words/text.h"

#include <stdint.h>

static inline bool json_is_space(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static inline const char *json_skip_space(const char *at, const char *end) {
    while (at < end && json_is_space(*at))
        at++;
    return at;
}

/* Eight bytes at a time. Both return a word that is zero where no byte qualifies; a byte's top bit
 * set in it may be a false alarm, but only above (little-endian: after) a true one. */
static inline uint64_t json_any_equal(uint64_t word, char byte) {
    uint64_t zero_where = word ^ (0x0101010101010101u * (unsigned char)byte);
    return (zero_where - 0x0101010101010101u) & ~zero_where & 0x8080808080808080u;
}

static inline uint64_t json_any_control(uint64_t word) {
    return (word - 0x2020202020202020u) & ~word & 0x8080808080808080u;
}

static inline uint64_t json_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Past a string, its quotes included; `at` is at the opening one. Never beyond `end`. */
const char *json_skip_string(const char *at, const char *end);

/* Takes one escape or one plain byte at `at`, which is before `end`: writes what it stands for and
 * its size, returns what comes after it. A lone surrogate stands for U+FFFD. */
const char *json_decode(const char *at, const char *end, char out[4], size_t *size);

/* json_quote into a text that is being built. */
void json_quote_into(struct text *text, struct span bytes);

#endif
