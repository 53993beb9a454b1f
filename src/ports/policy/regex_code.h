/* regex_code: compiled patterns and the room they need; for regex.c alone. */
#ifndef CHAT21D_POLICY_REGEX_CODE_H
#define CHAT21D_POLICY_REGEX_CODE_H

#include "state.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { REGEX_PATTERN = 1024, REGEX_CODES = 32, REGEX_CODES_BYTES = 256 * 1024 };

struct regex_code {
    pcre2_code *code; /* NULL: the place is free */
    char *pattern;
    size_t pattern_size, bytes;
    uint64_t used_at;
    /* Items that may work unseen, see regex.c. */
    bool has_references, has_counts, has_clusters, has_script_runs;
    bool begins_either_case; /* with a letter, great or small */
    size_t behind;           /* characters that looking back may step over and find too few */
};

struct regexes {
    struct state *state;
    pcre2_general_context *memory;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    pcre2_match_data *data;
    struct regex_code codes[REGEX_CODES];
    uint64_t clock; /* of uses */
    size_t bytes;
};

/* What looking at the ranges of its classes costs: PCRE2 walks through each character of one. */
uint64_t regex_range_units(struct span pattern);

/* The code of `pattern`, kept or new. Does not return where it is wrong. */
const struct regex_code *regex_code(struct regexes *regexes, struct span pattern);
void regex_codes_free(struct regexes *regexes);

#endif
