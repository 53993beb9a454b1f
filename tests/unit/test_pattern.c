/* pattern: every construct of Lua's patterns, its mistakes, and that the budget holds. */
#include "ports/policy/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { PLENTY = 1000000 };

/* What string.find does with a matcher: every start, or only the first behind a ^. */
static enum pattern_result find(struct span subject, struct span pattern,
                                struct pattern_match *match, uint64_t *steps, struct why *why) {
    bool is_anchored = span_starts(pattern, SPAN("^"));
    if (is_anchored)
        pattern = span_cut(pattern, 1, pattern.size);
    enum pattern_result result = PATTERN_NO;
    for (size_t init = 0; result == PATTERN_NO && init <= subject.size; init++) {
        result = pattern_match_at(subject, init, pattern, match, steps, why);
        if (is_anchored)
            break;
    }
    return result;
}

/* "from-to capture capture", positions counted from 1 as in Lua; what was captured in <>. */
static void describe(struct span subject, const struct pattern_match *match, char *text,
                     size_t room) {
    size_t used = (size_t)snprintf(text, room, "%td-%td", match->from - subject.at + 1,
                                   match->to - subject.at);
    for (unsigned i = 0; i < match->count && used < room; i++) {
        struct pattern_capture capture = match->captures[i];
        int more =
            capture.size < 0
                ? snprintf(text + used, room - used, " %td", capture.at - subject.at + 1)
                : snprintf(text + used, room - used, " <%.*s>", (int)capture.size, capture.at);
        used += (size_t)more;
    }
}

struct example {
    struct span subject, pattern;
    const char *found; /* NULL: nothing */
};
#define E(subject, pattern, found)                                                                 \
    { SPAN(subject), SPAN(pattern), found }

static void every_construct(void **state) {
    (void)state;
    static const struct example examples[] = {
        /* plain bytes and the dot */
        E("", "", "1-0"),
        E("abc", "", "1-0"),
        E("abc", "b", "2-2"),
        E("abc", "bc", "2-3"),
        E("abc", "bd", NULL),
        E("abc", "abcd", NULL),
        E("abc", "a.c", "1-3"),
        E("a\0c", "a.c", "1-3"),
        E("a\0c", "\0c", "2-3"),
        E("a\0c", "a%zc", "1-3"),
        E("\xff\x80", "\x80", "2-2"),
        /* anchors */
        E("abab", "^ab", "1-2"),
        E("abab", "^b", NULL),
        E("abab", "ab$", "3-4"),
        E("abab", "^ab$", NULL),
        E("a$b", "a$b", "1-3"),
        E("a^b", "a^b", "1-3"),
        E("abc", "$", "4-3"),
        E("abc", "^$", NULL),
        E("", "^$", "1-0"),
        E("a$", "%$$", "2-2"),
        /* quantifiers */
        E("aaab", "a*", "1-3"),
        E("baaab", "a*", "1-0"),
        E("baaab", "a+", "2-4"),
        E("bbb", "a+", NULL),
        E("aaab", "a-b", "1-4"),
        E("aaab", "a-", "1-0"),
        E("ab", "ax?b", "1-2"),
        E("axb", "ax?b", "1-3"),
        E("axxb", "ax?b", NULL),
        E("aaa", "a*a", "1-3"),
        E("aaa", "a?a?a?aaa", "1-3"),
        E("aXbXc", ".*X", "1-4"),
        E("aXbXc", ".-X", "1-2"),
        E("aXbXc", ".+X.-c", "1-5"),
        E("abc", "^.-$", "1-3"),
        E("*a", "*a", "1-2"),
        E("+-?", "^+%-?$", NULL),
        E("+-?", "^+%-%?", "1-3"),
        E("a**", "a**", "1-2"),
        /* classes and their complements */
        E("1a", "%a", "2-2"),
        E("a1", "%A", "2-2"),
        E("a\1", "%c", "2-2"),
        E("\x7f", "%c", "1-1"),
        E("\1b", "%C", "2-2"),
        E("a7", "%d", "2-2"),
        E("7a", "%D", "2-2"),
        E("Ab", "%l", "2-2"),
        E("bA", "%L", "2-2"),
        E("a!", "%p", "2-2"),
        E("!a", "%P", "2-2"),
        E("a\t", "%s", "2-2"),
        E("\v\f\r\n a", "%s+", "1-5"),
        E(" a", "%S", "2-2"),
        E("aB", "%u", "2-2"),
        E("Ba", "%U", "2-2"),
        E("_9", "%w", "2-2"),
        E("9_", "%W", "2-2"),
        E("gF", "%x", "2-2"),
        E("Fg", "%X", "2-2"),
        E("a\0", "%z", "2-2"),
        E("\0a", "%Z", "2-2"),
        E(" ~", "%g", "2-2"),
        E("\xe9\xff", "%a", NULL),
        E("\xe9\xff", "%w", NULL),
        E("\xe9\xff", "[%s%p%c%d]", NULL),
        E("a.b", "%.", "2-2"),
        E("a%b", "%%", "2-2"),
        E("a]b", "%]", "2-2"),
        /* sets */
        E("xyz", "[zy]", "2-2"),
        E("xyz", "[^xy]", "3-3"),
        E("m5", "[0-9]", "2-2"),
        E("m5", "[a-m]", "1-1"),
        E("5m", "[^0-9]", "2-2"),
        E("a]b", "[]]", "2-2"),
        E("]b", "[^]]", "2-2"),
        E("a-b", "[a-]+", "1-2"),
        E("-ab", "[-a]+", "1-2"),
        E("a^b", "[b^]+", "2-3"),
        E("a_1-", "[%w_]+", "1-3"),
        E("a]b", "[%]]", "2-2"),
        E("a%b", "[%%]", "2-2"),
        E("a.b", "[.]", "2-2"),
        E("9-", "[%d-]+", "1-2"),
        E("z", "[a-%z]", "1-1"),
        E("a\0b", "[%z]", "2-2"),
        E("a\0b", "[\0]", "2-2"),
        E("\xc3\xa9", "[\x80-\xff]+", "1-2"),
        /* captures */
        E("key = value", "(%w+)%s*=%s*(%w+)", "1-11 <key> <value>"),
        E("abc", "((a)(b))", "1-2 <ab> <a> <b>"),
        E("abc", "()b()", "2-2 2 3"),
        E("abc", "(b())", "2-2 <b> 3"),
        E("abc", "a()", "1-1 2"),
        E("abc", "(b*)", "1-0 <>"),
        E("aab", "(a-)(b)", "1-3 <aa> <b>"),
        E("aaa", "(a*)(a)", "1-3 <aa> <a>"),
        E("aaab", "(a?)(a?)(a?)(a?)b", "1-4 <a> <a> <a> <>"),
        /* a choice left inside a capture takes the capture back with it */
        E("abcabd", "(a(b*)c?)a?d", "4-6 <ab> <b>"),
        E("aac", "(a*(a))b?(a*)c", "1-3 <aa> <a> <>"),
        /* back-references */
        E("say 'hi' now", "(['\"])(.-)%1", "5-8 <'> <hi>"),
        E("abab", "(ab)%1", "1-4 <ab>"),
        E("abaB", "(ab)%1", NULL),
        E("ab", "()%1", NULL),
        E("xx", "(x-)%1x", "1-1 <>"),
        E("aa", "(a)%1%1", NULL),
        /* balanced */
        E("f(a(b)c)d", "%b()", "2-8"),
        E("f(a(b)c", "%b()", "4-6"),
        E("(((", "%b()", NULL),
        E("''", "%b''", "1-2"),
        E("'a'b'", "%b''*", NULL),
        E("(a)x(b)", "%b()x%b()", "1-7"),
        /* frontier */
        E("THE (quick) fox", "%f[%a]%a+%f[%A]", "1-3"),
        E("a (quick) fox", "%f[%l]%l+%f[%L]", "1-1"),
        E("foo.bar", "%f[%w]%w+$", "5-7"),
        E("a1", "%f[%z]", "3-2"),
        E("", "%f[%z]", NULL),
        E("", "%f[%Z]", NULL),
        E("[[]]", "%f[]]", "3-2"),
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *example = &examples[i];
        struct pattern_match match;
        struct why why = {"no reason"};
        uint64_t steps = PLENTY;
        char text[sizeof why.words] = "nothing";
        enum pattern_result result = find(example->subject, example->pattern, &match, &steps, &why);
        if (result == PATTERN_YES)
            describe(example->subject, &match, text, sizeof text);
        else if (result != PATTERN_NO)
            snprintf(text, sizeof text, "%s", why.words);
        const char *expected = example->found ? example->found : "nothing";
        if (strcmp(text, expected) != 0)
            fail_msg("\"%.*s\" in \"%.*s\": %s, expected %s", SPAN_ARGS(example->pattern),
                     SPAN_ARGS(example->subject), text, expected);
    }
}

static void every_mistake(void **state) {
    (void)state;
    static const struct {
        struct span subject, pattern;
        const char *words; /* NULL: not reached, so not seen, as in Lua */
    } mistakes[] = {
        {SPAN("a"), SPAN("%"), "malformed pattern (ends with '%')"},
        {SPAN("a"), SPAN("a%"), "malformed pattern (ends with '%')"},
        {SPAN("b"), SPAN("a%"), NULL},
        {SPAN("a"), SPAN("["), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("[]"), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("[^"), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("[^]"), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("[a%]"), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("[a%"), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("%b"), "unbalanced pattern"},
        {SPAN("a"), SPAN("%b("), "unbalanced pattern"},
        {SPAN("a"), SPAN("%f"), "missing '[' after '%f' in pattern"},
        {SPAN("a"), SPAN("%fa"), "missing '[' after '%f' in pattern"},
        {SPAN("a"), SPAN("%f[a"), "malformed pattern (missing ']')"},
        {SPAN("a"), SPAN("a)"), "invalid pattern capture"},
        {SPAN("a"), SPAN("(a))"), "invalid pattern capture"},
        {SPAN("a"), SPAN("(a"), "unfinished capture"},
        {SPAN("a"), SPAN("(b"), NULL},
        {SPAN("a"), SPAN("%0"), "invalid capture index"},
        {SPAN("a"), SPAN("%1"), "invalid capture index"},
        {SPAN("a"), SPAN("(%1)"), "invalid capture index"},
        {SPAN("a"), SPAN("(a)%2"), "invalid capture index"},
        {SPAN("a"), SPAN("()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()"),
         "too many captures"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct pattern_match match;
        struct why why = {"nothing"};
        uint64_t steps = PLENTY;
        enum pattern_result result =
            find(mistakes[i].subject, mistakes[i].pattern, &match, &steps, &why);
        assert_int_equal(result, mistakes[i].words ? PATTERN_BAD : PATTERN_NO);
        assert_string_equal(why.words, mistakes[i].words ? mistakes[i].words : "nothing");
    }
}

static void captures_may_be_32(void **state) {
    (void)state;
    struct span pattern = SPAN("()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()");
    struct pattern_match match;
    uint64_t steps = PLENTY;
    assert_int_equal(find(SPAN("a"), pattern, &match, &steps, NULL), PATTERN_YES);
    assert_int_equal(match.count, PATTERN_CAPTURES);
}

static void choices_may_be_200(void **state) {
    (void)state;
    char pattern[2 * (PATTERN_DEPTH + 1)], subject[PATTERN_DEPTH + 1];
    memset(subject, 'a', sizeof subject);
    for (size_t i = 0; i < sizeof pattern; i += 2)
        memcpy(pattern + i, "a?", 2);
    struct span whole = {subject, sizeof subject};
    struct pattern_match match;
    struct why why = {"nothing"};
    uint64_t steps = PLENTY;
    struct span deep = {pattern, sizeof pattern - 2}, too_deep = {pattern, sizeof pattern};
    assert_int_equal(find(whole, deep, &match, &steps, &why), PATTERN_YES);
    assert_int_equal(match.to - match.from, PATTERN_DEPTH);
    assert_int_equal(find(whole, too_deep, &match, &steps, &why), PATTERN_BAD);
    assert_string_equal(why.words, "pattern too complex");
}

/* With LuaJIT's matcher these take seconds to centuries. */
static void the_budget_ends_everything(void **state) {
    (void)state;
    static char text[100000];
    memset(text, 'a', sizeof text);
    static const struct span patterns[] = {
        SPAN("a*a*a*a*a*a*a*a*a*a*b"),
        SPAN(".-.-.-X"),
        SPAN(".-X"),
        SPAN("%ba!"),
        SPAN("(a*)%1b"),
        SPAN("a*$b"),
        SPAN("(.-)(.-)%1%2X"),
        SPAN("[^%s%p%d_]-X"),
        SPAN("%f[b]"),
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct pattern_match match;
        uint64_t steps = 50000;
        struct span subject = {text, sizeof text};
        assert_int_equal(find(subject, patterns[i], &match, &steps, NULL), PATTERN_BUDGET);
        assert_int_equal(steps, 0);
    }
}

static void nothing_is_free(void **state) {
    (void)state;
    struct pattern_match match;
    uint64_t steps = 1;
    assert_int_equal(pattern_match_at(SPAN_NONE, 0, SPAN_NONE, &match, &steps, NULL), PATTERN_YES);
    assert_int_equal(steps, 0);
    assert_int_equal(pattern_match_at(SPAN_NONE, 0, SPAN_NONE, &match, &steps, NULL),
                     PATTERN_BUDGET);
}

/* Whatever the budget, a match either is the one it would have been or is not said at all. */
static void a_small_budget_never_lies(void **state) {
    (void)state;
    struct span subject = SPAN("x = (a, (b), c) 'q' end"),
                pattern = SPAN("(%w+)%s*=%s*(%b()).-(')");
    struct pattern_match whole, match;
    uint64_t plenty = PLENTY;
    assert_int_equal(find(subject, pattern, &whole, &plenty, NULL), PATTERN_YES);
    uint64_t cost = PLENTY - plenty;
    for (uint64_t budget = 0; budget <= cost; budget++) {
        uint64_t steps = budget;
        enum pattern_result result = find(subject, pattern, &match, &steps, NULL);
        assert_int_equal(result, budget < cost ? PATTERN_BUDGET : PATTERN_YES);
    }
    assert_int_equal(match.count, whole.count);
    assert_ptr_equal(match.to, whole.to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_construct),
        cmocka_unit_test(every_mistake),
        cmocka_unit_test(captures_may_be_32),
        cmocka_unit_test(choices_may_be_200),
        cmocka_unit_test(the_budget_ends_everything),
        cmocka_unit_test(nothing_is_free),
        cmocka_unit_test(a_small_budget_never_lies),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
