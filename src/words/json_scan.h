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

/* Eight bytes at a time. Both return a word that is zero where no byte qualifies; else the top bits
 * of its bytes say which do, with false alarms only above the lowest one. */
static inline uint64_t json_any_equal(uint64_t word, char byte) {
    uint64_t zero_where = word ^ (0x0101010101010101u * (unsigned char)byte);
    return (zero_where - 0x0101010101010101u) & ~zero_where & 0x8080808080808080u;
}

static inline uint64_t json_any_control(uint64_t word) {
    return (word - 0x2020202020202020u) & ~word & 0x8080808080808080u;
}

/* How many bytes come before the first one that qualifies, as far as it can be said at once: the
 * caller goes on byte by byte from there. */
static inline size_t json_bytes_before(uint64_t hits) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(hits) / 8;
#else
    (void)hits;
    return 0;
#endif
}

static inline uint64_t json_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline bool json_is_plain(char byte) {
    return (unsigned char)byte >= 0x20 && (unsigned char)byte < 0x80 && byte != '"' && byte != '\\';
}

/* The first byte that cannot stand in a string as plain ASCII does, or the end. */
static inline const char *json_skip_plain(const char *at, const char *end) {
    for (; end - at >= 8; at += 8) {
        uint64_t word = json_word(at);
        uint64_t hits = json_any_control(word) | json_any_equal(word, '"') |
                        json_any_equal(word, '\\') | (word & 0x8080808080808080u);
        if (hits) {
            at += json_bytes_before(hits);
            break;
        }
    }
    while (at < end && json_is_plain(*at))
        at++;
    return at;
}

/* Past a string, its quotes included; `at` is at the opening one. Never beyond `end`. */
const char *json_skip_string(const char *at, const char *end);

/* Takes one escape or one plain byte at `at`, which is before `end`: writes what it stands for and
 * its size, returns what comes after it. A lone surrogate stands for U+FFFD. */
const char *json_decode(const char *at, const char *end, char out[4], size_t *size);

/* json_quote into a text that is being built. */
void json_quote_into(struct text *text, struct span bytes);

#endif
