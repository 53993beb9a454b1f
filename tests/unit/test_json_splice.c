/* json_splice: what it changes, what it leaves alone, and what it refuses. */
#include "arena_support.h"
#include "claims.h"

#include "words/json.h"

enum { CHANGES_MAX = 4 };

#define SET(p, v)                                                                                  \
    { .path = SPAN(p), .value = SPAN(v) }
#define UNSET(p)                                                                                   \
    { .path = SPAN(p), .unset = true }

static const struct splice_case {
    const char *claim;
    const char *object;
    struct json_change changes[CHANGES_MAX];
    const char *result; /* NULL: refused */
    const char *says;
} SPLICES[] = {
    {"no change, no difference", " { \"a\" : 1 } ", {{.path = SPAN_NONE}}, " { \"a\" : 1 } ", ""},
    {"a member is replaced in place",
     "{\"a\":1,\"b\":2,\"c\":3}",
     {SET("b", "[]")},
     "{\"a\":1,\"b\":[],\"c\":3}",
     ""},
    {"white space stays",
     "{ \"a\" :\t1 ,\n \"b\" : 2 }",
     {SET("a", "9")},
     "{ \"a\" :\t9 ,\n \"b\" : 2 }",
     ""},
    {"a missing member comes last",
     "{ \"a\":1 }",
     {SET("b", "2"), SET("c", "3")},
     "{ \"a\":1,\"b\":2,\"c\":3 }",
     ""},
    {"an empty object gets its first member", "{ }", {SET("b", "2")}, "{\"b\":2 }", ""},
    {"the key's spelling stays", "{\"\\u0061\":1}", {SET("a", "2")}, "{\"\\u0061\":2}", ""},
    {"duplicates of a touched key go",
     "{\"a\":1,\"b\":2,\"\\u0061\":3 , \"a\":4}",
     {SET("a", "5")},
     "{\"a\":5,\"b\":2}",
     ""},
    {"duplicates of other keys stay",
     "{\"b\":1,\"b\":2,\"a\":3}",
     {SET("a", "5")},
     "{\"b\":1,\"b\":2,\"a\":5}",
     ""},
    {"a name is quoted", "{}", {SET("a\"\n", "1")}, "{\"a\\\"\\n\":1}", ""},
    {"the only member is taken out", "{ \"a\":1 }", {UNSET("a")}, "{  }", ""},
    {"the first member is taken out", "{ \"a\":1 , \"b\":2 }", {UNSET("a")}, "{ \"b\":2 }", ""},
    {"the last member is taken out", "{ \"a\":1 , \"b\":2 }", {UNSET("b")}, "{ \"a\":1 }", ""},
    {"one in the middle is taken out",
     "{\"a\":1, \"b\":2 ,\"c\":3}",
     {UNSET("b")},
     "{\"a\":1 ,\"c\":3}",
     ""},
    {"all are taken out", "{\"a\":1,\"b\":2,\"a\":3}", {UNSET("b"), UNSET("a")}, "{}", ""},
    {"all are taken out and one comes",
     "{ \"a\":1,\"b\":2 }",
     {UNSET("a"), UNSET("b"), SET("c", "3")},
     "{ \"c\":3 }",
     ""},
    {"the first two go", "{\"a\":1,\"b\":2,\"c\":3}", {UNSET("a"), UNSET("b")}, "{\"c\":3}", ""},
    {"the first and the last go",
     "{\"a\":1,\"b\":2,\"c\":3}",
     {UNSET("a"), UNSET("c")},
     "{\"b\":2}",
     ""},
    {"the first goes, the second changes",
     "{\"a\":1,\"b\":2}",
     {UNSET("a"), SET("b", "3")},
     "{\"b\":3}",
     ""},
    {"what is not there need not be taken out",
     "{\"a\":1}",
     {UNSET("b"), UNSET("b.c")},
     "{\"a\":1}",
     ""},
    {"a path leads down",
     "{\"a\":{ \"b\" : {\"c\":1}, \"d\":2 },\"e\":3}",
     {SET("a.b.c", "9")},
     "{\"a\":{ \"b\" : {\"c\":9}, \"d\":2 },\"e\":3}",
     ""},
    {"two paths share their way",
     "{\"a\":{\"b\":1}}",
     {SET("a.c", "2"), SET("a.d.e", "3"), SET("a.b", "0")},
     "{\"a\":{\"b\":0,\"c\":2,\"d\":{\"e\":3}}}",
     ""},
    {"missing objects are made",
     "{\"x\":1}",
     {SET("a.b.c", "1"), SET("a.b.d", "2")},
     "{\"x\":1,\"a\":{\"b\":{\"c\":1,\"d\":2}}}",
     ""},
    {"null becomes an object", "{\"a\": null }", {SET("a.b", "1")}, "{\"a\": {\"b\":1} }", ""},
    {"null stays where nothing is set", "{\"a\":null}", {UNSET("a.b")}, "{\"a\":null}", ""},
    {"nothing is made for an unset", "{}", {UNSET("a.b.c")}, "{}", ""},
    {"an unset below a string has nothing to do",
     "{\"a\":\"x\"}",
     {UNSET("a.b")},
     "{\"a\":\"x\"}",
     ""},
    {"of repeated objects the last one counts",
     "{\"a\":{\"b\":1},\"a\":{\"c\":2}}",
     {SET("a.d", "3")},
     "{\"a\":{\"c\":2,\"d\":3}}",
     ""},
    {"the later of two wins", "{\"a\":1}", {SET("a", "2"), SET("a", "3")}, "{\"a\":3}", ""},
    {"a later unset wins", "{\"a\":1}", {SET("a", "2"), UNSET("a")}, "{}", ""},
    {"a later set wins", "{\"a\":1}", {UNSET("a"), SET("a", "2")}, "{\"a\":2}", ""},
    {"a later path above wins",
     "{\"a\":{\"b\":1}}",
     {SET("a.b", "2"), SET("a", "{}")},
     "{\"a\":{}}",
     ""},
    {"a later path below wins",
     "{\"a\":{\"b\":1}}",
     {SET("a", "5"), SET("a.b", "2")},
     "{\"a\":{\"b\":2}}",
     ""},
    {"what a later unset undoes is not made", "{}", {SET("a.b.c", "1"), UNSET("a.b")}, "{}", ""},
    {"an empty part is the key \"\"", "{\"\":{\"\":1}}", {SET(".", "2")}, "{\"\":{\"\":2}}", ""},
    {"a value may be anything",
     "{}",
     {SET("a", " [1, {\"b\":null}] ")},
     "{\"a\": [1, {\"b\":null}] }",
     ""},
    {"a string is no way down",
     "{\"a\":{\"b\":\"x\"}}",
     {SET("a.b.c", "1")},
     NULL,
     "\"a.b\" is a string, so \"a.b.c\" cannot be set"},
    {"an array is no way down",
     "{\"a\":[]}",
     {UNSET("a.x"), SET("a.b", "1")},
     NULL,
     "\"a\" is an array, so \"a.b\" cannot be set"},
    {"false is no way down", "{\"a\":false}", {SET("a.b", "1")}, NULL, "\"a\" is a boolean"},
};

static void splices(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(SPLICES); i++) {
        const struct splice_case *c = &SPLICES[i];
        size_t count = 0;
        while (count < CHANGES_MAX && c->changes[count].path.at)
            count++;
        struct why why = {""};
        struct span out = SPAN("untouched");
        int rc = json_splice(arena, span_of(c->object), c->changes, count, &out, &why);
        struct span wanted = c->result ? span_of(c->result) : SPAN("untouched");
        if (rc != (c->result ? 0 : -1) || !span_equal(out, wanted))
            fail_msg("%s: %d, %.*s (%s)", c->claim, rc, SPAN_ARGS(out), why.words);
        assert_says(&why, c->says);
        assert_int_equal(json_check(c->result ? out : SPAN("0"), NULL, NULL), 0);
    }
}

static struct span nested(size_t depth, const char *open, const char *close) {
    size_t unit = strlen(open);
    char *text = arena_take(arena, depth * (unit + strlen(close)) + 1);
    for (size_t i = 0; i < depth; i++) {
        memcpy(text + i * unit, open, unit);
        memcpy(text + depth * unit + i * strlen(close), close, strlen(close));
    }
    return (struct span){text, depth * (unit + strlen(close))};
}

static void a_splice_keeps_within_128_levels(void **state) {
    (void)state;
    struct why why;
    struct span out;
    struct json_change fits = {.path = SPAN("a.b"), .value = nested(JSON_DEPTH - 2, "[", "]")};
    assert_int_equal(json_splice(arena, SPAN("{}"), &fits, 1, &out, &why), 0);
    assert_int_equal(json_check(out, NULL, &why), 0);
    struct json_change deep = {.path = SPAN("a.b"), .value = nested(JSON_DEPTH - 1, "[", "]")};
    assert_int_equal(json_splice(arena, SPAN("{}"), &deep, 1, &out, &why), -1);
    assert_says(&why, "\"a.b\" would be more than 128 levels deep");
    struct json_change path = {.path = nested(JSON_DEPTH - 1, "a.", ""), .value = SPAN("1")};
    assert_int_equal(json_splice(arena, SPAN("{}"), &path, 1, &out, &why), 0);
    assert_int_equal(json_check(out, NULL, &why), 0);
    path.path = nested(100000, "a.", "");
    assert_int_equal(json_splice(arena, SPAN("{}"), &path, 1, &out, &why), -1);
}

static void a_splice_can_leave_a_hole(void **state) {
    (void)state;
    struct why why;
    struct span head, tail;
    struct json_change changes[] = {SET("x", "1"), SET("status", ""), SET("y", "2")};
    struct span there = SPAN("{\"a\":1,\"status\":5 ,\"status\":6}"), missing = SPAN("{}");
    assert_int_equal(json_splice_around(arena, there, changes, 3, 1, &head, &tail, &why), 0);
    assert_span(head, SPAN("{\"a\":1,\"status\":"));
    assert_span(tail, SPAN(",\"x\":1,\"y\":2}"));
    assert_int_equal(json_splice_around(arena, missing, changes, 3, 1, &head, &tail, &why), 0);
    assert_span(head, SPAN("{\"x\":1,\"status\":"));
    assert_span(tail, SPAN(",\"y\":2}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splices),
        cmocka_unit_test(a_splice_keeps_within_128_levels),
        cmocka_unit_test(a_splice_can_leave_a_hole),
    };
    return cmocka_run_group_tests_name("json_splice", tests, make_arena, drop_arena);
}
