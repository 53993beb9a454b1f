/* pattern: whatever pattern meets whatever subject, the budget holds and everything said of a match
 * lies within the subject. The input is the pattern, a 0xff, and the subject. */
#include "ports/policy/pattern.h"
#include "words/check.h"

#include <stdint.h>

enum { STEPS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_match(struct span subject, const struct pattern_match *match) {
    const char *end = subject.at + subject.size;
    check(match->from >= subject.at && match->from <= match->to && match->to <= end);
    check(match->count <= PATTERN_CAPTURES);
    for (unsigned i = 0; i < match->count; i++) {
        struct pattern_capture capture = match->captures[i];
        check(capture.size >= -1);
        check(capture.at >= match->from && capture.at <= match->to);
        check(capture.size < 0 || capture.size <= match->to - capture.at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span input = {(const char *)data, size};
    const char *split = size ? memchr(input.at, 0xff, size) : NULL;
    size_t pattern_size = split ? (size_t)(split - input.at) : size;
    struct span pattern = span_cut(input, 0, pattern_size);
    struct span subject = span_cut(input, pattern_size + 1, size);
    if (!subject.at)
        return 0;
    uint64_t steps = STEPS, before = STEPS;
    for (size_t init = 0; init <= subject.size; init++) {
        struct pattern_match match;
        struct why why = {""};
        enum pattern_result result = pattern_match_at(subject, init, pattern, &match, &steps, &why);
        check(steps < before);
        check((result == PATTERN_BAD) == (why.words[0] != '\0'));
        if (result == PATTERN_YES) {
            check(match.from == subject.at + init);
            check_match(subject, &match);
        }
        if (result == PATTERN_BUDGET)
            check(steps == 0);
        if (result == PATTERN_BUDGET || result == PATTERN_BAD || steps == 0)
            break;
        before = steps;
    }
    return 0;
}
