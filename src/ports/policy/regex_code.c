/* Compiling patterns, and keeping the last ones. */
#include "regex_code.h"

#include "pattern.h"
#include "words/check.h"
#include "words/utf8.h"

#include <lauxlib.h>
#include <stdlib.h>

enum {
    COMPILE_UNITS = 400, /* whatever the pattern, */
    BYTE_UNITS = 30,     /* for each of its bytes, and one for each byte of the code, which */
                         /* counted groups make many times as long; */
    RANGE_UNITS = 1,     /* for each character of a range */
    WIDEST = 0x110000,
    SHORT_BEHIND = 16
};

/* ---- the ranges of classes ---- */

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static uint32_t decode(const char *at, size_t size) {
    if (size == 1)
        return (unsigned char)at[0];
    uint32_t code = (unsigned char)at[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

/* The hexadecimal digits of `\x{…}` that begins at `at`; WIDEST where it is something else. */
static uint32_t read_braced(struct span pattern, size_t at) {
    uint32_t code = 0;
    if (pattern.size - at < 3 || memcmp(pattern.at + at, "\\x{", 3) != 0)
        return WIDEST;
    for (at += 3; at < pattern.size && pattern.at[at] != '}'; at++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, pattern.at[at] | 0x20, sizeof digits - 1);
        if (!digit || code > WIDEST)
            return WIDEST;
        code = code * 16 + (uint32_t)(digit - digits);
    }
    return code;
}

/* The least that the range before the hyphen at `at` can begin with. */
static uint32_t range_from(struct span pattern, size_t at) {
    while (at > 0 && is_blank(pattern.at[at - 1]))
        at--;
    if (at == 0)
        return WIDEST; /* no range */
    if (pattern.at[at - 1] == '}') {
        while (at > 0 && pattern.at[at - 1] != '\\')
            at--;
        uint32_t code = at > 0 ? read_braced(pattern, at - 1) : 0;
        return code == WIDEST ? 0 : code;
    }
    size_t size = 1;
    while (size < 4 && size < at && ((unsigned char)pattern.at[at - size] & 0xc0) == 0x80)
        size++;
    uint32_t code = decode(pattern.at + at - size, size);
    return code < 128 ? 0 : code; /* the end of an escape, perhaps */
}

/* The most that the range behind the hyphen at `at` can end with. */
static uint32_t range_to(struct span pattern, size_t at) {
    for (at++; at < pattern.size && is_blank(pattern.at[at]);)
        at++;
    if (at == pattern.size)
        return 0;
    if (pattern.at[at] == '\\') {
        bool is_code = at + 1 < pattern.size && strchr("xoNQE01234567", pattern.at[at + 1]);
        return is_code ? read_braced(pattern, at) : 127;
    }
    size_t size = utf8_size(pattern.at + at, pattern.size - at);
    return size ? decode(pattern.at + at, size) : 0;
}

uint64_t regex_range_units(struct span pattern) {
    uint64_t units = 0;
    check(pattern.at);
    for (size_t i = 0; i < pattern.size; i++) {
        if (pattern.at[i] != '-')
            continue;
        uint32_t from = range_from(pattern, i), to = range_to(pattern, i);
        if (to > from)
            units += RANGE_UNITS * (uint64_t)(to - from);
    }
    return units;
}

/* ---- codes ---- */

static void drop(struct regexes *regexes, struct regex_code *code) {
    if (!code->code)
        return;
    pcre2_code_free(code->code);
    state_give(regexes->state, code->pattern);
    regexes->bytes -= code->bytes;
    *code = (struct regex_code){.code = NULL};
}

void regex_codes_free(struct regexes *regexes) {
    for (size_t i = 0; i < REGEX_CODES; i++)
        drop(regexes, &regexes->codes[i]);
}

static struct regex_code *find(struct regexes *regexes, struct span pattern) {
    for (size_t i = 0; i < REGEX_CODES; i++) {
        struct regex_code *code = &regexes->codes[i];
        if (code->code && span_equal((struct span){code->pattern, code->pattern_size}, pattern))
            return code;
    }
    return NULL;
}

static struct regex_code *oldest(struct regexes *regexes, bool only_used) {
    struct regex_code *oldest = NULL;
    for (size_t i = 0; i < REGEX_CODES; i++) {
        struct regex_code *code = &regexes->codes[i];
        if (only_used && !code->code)
            continue;
        if (!oldest || code->used_at < oldest->used_at)
            oldest = code;
    }
    return oldest;
}

_Noreturn static void refuse(struct state *state, int error, size_t at) {
    char words[120];
    state_check(state); /* out of memory or units while it was compiled */
    pcre2_get_error_message(error, (PCRE2_UCHAR *)words, sizeof words);
    luaL_error(state->lua, "malformed regex (at byte %d: %s)", (int)at + 1, words);
    abort();
}

static pcre2_code *compile(struct regexes *regexes, struct span pattern) {
    struct state *state = regexes->state;
    if (pattern.size > REGEX_PATTERN)
        luaL_error(state->lua, "malformed regex (over %d bytes)", REGEX_PATTERN);
    state_charge(state, COMPILE_UNITS + BYTE_UNITS * pattern.size + regex_range_units(pattern));
    int error = 0;
    size_t at = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.size,
                                     PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT,
                                     &error, &at, regexes->compile);
    if (!code)
        refuse(state, error, at);
    uint32_t captures = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures);
    if (captures > PATTERN_CAPTURES) {
        pcre2_code_free(code);
        luaL_error(state->lua, "malformed regex (over %d captures)", PATTERN_CAPTURES);
    }
    return code;
}

static size_t code_bytes(const pcre2_code *code) {
    size_t bytes = 0;
    pcre2_pattern_info(code, PCRE2_INFO_SIZE, &bytes);
    return bytes;
}

/* Each branch of an assertion steps back by itself. Short ones are not worth the charge. */
static size_t steps_behind(const pcre2_code *code, struct span pattern) {
    uint32_t most = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MAXLOOKBEHIND, &most);
    size_t branches = 1;
    for (size_t i = 0; i < pattern.size; i++)
        branches += pattern.at[i] == '|';
    return most > SHORT_BEHIND ? most * branches : 0;
}

/* Is there an `i` among the options that a (? begins? */
static bool may_ignore_case(struct span pattern) {
    for (size_t i = 0; i + 2 < pattern.size; i++) {
        if (pattern.at[i] != '(' || pattern.at[i + 1] != '?')
            continue;
        for (size_t j = i + 2; j < pattern.size && strchr("^-JUimnsx", pattern.at[j]); j++)
            if (pattern.at[j] == 'i')
                return true;
    }
    return false;
}

static bool has_script_runs(struct span pattern) {
    return span_has(pattern, SPAN("(*sr:")) || span_has(pattern, SPAN("(*asr:")) ||
           span_has(pattern, SPAN("script_run:"));
}

static bool begins_either_case(const pcre2_code *code, struct span pattern) {
    uint32_t type = 0;
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type);
    return type == 1 && may_ignore_case(pattern);
}

/* Nothing throws while the code is in nobody's hands. */
static struct regex_code *add(struct regexes *regexes, struct span pattern) {
    check(pattern.at);
    struct regex_code *place = oldest(regexes, false);
    drop(regexes, place);
    pcre2_code *code = compile(regexes, pattern);
    char *copy = state_take(regexes->state, pattern.size + 1);
    if (!copy) {
        pcre2_code_free(code);
        state_check(regexes->state);
        abort();
    }
    memcpy(copy, pattern.at, pattern.size);
    uint32_t references = 0;
    pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references);
    size_t bytes = code_bytes(code);
    *place = (struct regex_code){.code = code,
                                 .pattern = copy,
                                 .pattern_size = pattern.size,
                                 .bytes = bytes,
                                 .has_references = references > 0,
                                 .has_counts = span_has(pattern, SPAN("{")),
                                 .has_clusters = span_has(pattern, SPAN("\\X")),
                                 .has_script_runs = has_script_runs(pattern),
                                 .begins_either_case = begins_either_case(code, pattern),
                                 .behind = steps_behind(code, pattern)};
    regexes->bytes += place->bytes;
    place->used_at = ++regexes->clock;
    while (regexes->bytes > REGEX_CODES_BYTES && oldest(regexes, true) != place)
        drop(regexes, oldest(regexes, true));
    state_charge(regexes->state, bytes);
    return place;
}

const struct regex_code *regex_code(struct regexes *regexes, struct span pattern) {
    state_charge_bytes(regexes->state, pattern.size);
    struct regex_code *code = find(regexes, pattern);
    if (!code)
        code = add(regexes, pattern);
    code->used_at = ++regexes->clock;
    return code;
}
