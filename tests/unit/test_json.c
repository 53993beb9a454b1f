/* json: what is valid, and how it is walked and read. */
#include "arena_support.h"
#include "claims.h"

#include "words/json.h"

#include <stdlib.h>

/* A copy of exactly its size, so that the sanitizers see a read one byte beyond. */
static char *exact(struct span text) {
    char *copy = malloc(text.size ? text.size : 1);
    if (text.at)
        memcpy(copy, text.at, text.size);
    return copy;
}

/* --- json_check --- */

static const struct {
    struct span text;
    enum json_type type;
} VALID[] = {
    {SPAN("null"), JSON_NULL},
    {SPAN("true"), JSON_TRUE},
    {SPAN("false"), JSON_FALSE},
    {SPAN("0"), JSON_NUMBER},
    {SPAN("-0"), JSON_NUMBER},
    {SPAN("5"), JSON_NUMBER},
    {SPAN("-12.50"), JSON_NUMBER},
    {SPAN("1e5"), JSON_NUMBER},
    {SPAN("1E+05"), JSON_NUMBER},
    {SPAN("0.1e-400"), JSON_NUMBER},
    {SPAN("123456789012345678901234567890"), JSON_NUMBER},
    {SPAN("\"\""), JSON_STRING},
    {SPAN("\"a\x7f\""), JSON_STRING},
    {SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00Ff\""), JSON_STRING},
    {SPAN("\"\\ud800\""), JSON_STRING}, /* a lone half, escaped */
    {SPAN("\"\\u0000\""), JSON_STRING},
    {SPAN("\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\""), JSON_STRING},
    {SPAN("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""), JSON_STRING},
    {SPAN("\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""), JSON_STRING},
    {SPAN("[]"), JSON_ARRAY},
    {SPAN("[ ]"), JSON_ARRAY},
    {SPAN("[1,[2],{\"a\":[]}]"), JSON_ARRAY},
    {SPAN("{}"), JSON_OBJECT},
    {SPAN(" \t\r\n{ \"a\" : 1 , \"a\" : [ ] } \n"), JSON_OBJECT},
    {SPAN("{\"\":{}}"), JSON_OBJECT},
};

static void accepts_every_value(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(VALID); i++) {
        enum json_type type = JSON_NULL;
        struct why why = {""};
        char *copy = exact(VALID[i].text);
        if (json_check((struct span){copy, VALID[i].text.size}, &type, &why) == -1)
            fail_msg("%.*s: %s", SPAN_ARGS(VALID[i].text), why.words);
        assert_int_equal(type, VALID[i].type);
        free(copy);
    }
}

static const struct {
    struct span text;
    const char *says;
} INVALID[] = {
    {SPAN_NONE, "empty"},
    {SPAN(""), "empty"},
    {SPAN(" "), "a value expected at byte 1, where the text ends"},
    {SPAN("hello"), "a value expected at byte 0"},
    {SPAN("nul"), "a value expected"},
    {SPAN("True"), "a value expected"},
    {SPAN("NaN"), "a value expected"},
    {SPAN("'a'"), "a value expected"},
    {SPAN("\xEF\xBB\xBF{}"), "a value expected at byte 0"}, /* a byte order mark */
    {SPAN("1 2"), "something after the value at byte 2"},
    {SPAN("{}{}"), "something after the value at byte 2"},
    {SPAN("null\0"), "something after the value at byte 4"},
    {SPAN("01"), "something after the value"},
    {SPAN("0x10"), "something after the value"},
    {SPAN("+1"), "a value expected"},
    {SPAN(".5"), "a value expected"},
    {SPAN("-"), "a digit expected at byte 1, where the text ends"},
    {SPAN("1."), "a digit expected"},
    {SPAN("1e"), "a digit expected"},
    {SPAN("1e+"), "a digit expected"},
    {SPAN("\"abc"), "a string that does not end"},
    {SPAN("\""), "a string that does not end"},
    {SPAN("\"\\\""), "a string that does not end"},
    {SPAN("\"\\"), "an escape that does not exist"},
    {SPAN("\"\\x41\""), "an escape that does not exist at byte 1"},
    {SPAN("\"\\u12\""), "an escape that does not exist"},
    {SPAN("\"\\u12G4\""), "an escape that does not exist"},
    {SPAN("\"\\\0\""), "an escape that does not exist"},
    {SPAN("\"a\nb\""), "a bare control character in a string at byte 2"},
    {SPAN("\"12345678\x1f\""), "a bare control character in a string at byte 9"},
    {SPAN("\"\0\""), "a bare control character in a string"},
    {SPAN("[1,]"), "a value expected at byte 3"},
    {SPAN("[,1]"), "a value expected at byte 1"},
    {SPAN("[1 2]"), "a comma or ] expected at byte 3"},
    {SPAN("[1"), "a comma or ] expected at byte 2, where the text ends"},
    {SPAN("[1}"), "a comma or ] expected"},
    {SPAN("["), "a value expected"},
    {SPAN("]"), "a value expected"},
    {SPAN("{"), "a key expected"},
    {SPAN("{\"a\""), "a colon expected"},
    {SPAN("{\"a\" 1}"), "a colon expected at byte 5"},
    {SPAN("{\"a\":}"), "a value expected at byte 5"},
    {SPAN("{\"a\":1,}"), "a key expected at byte 7"},
    {SPAN("{,}"), "a key expected at byte 1"},
    {SPAN("{1:2}"), "a key expected at byte 1"},
    {SPAN("{a:1}"), "a key expected at byte 1"},
    {SPAN("{\"a\":1]"), "a comma or } expected at byte 6"},
    {SPAN("{\"a\":1"), "a comma or } expected"},
};

static void refuses_and_says_where(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(INVALID); i++) {
        enum json_type type = JSON_TRUE;
        struct why why = {""};
        char *copy = exact(INVALID[i].text);
        if (json_check((struct span){copy, INVALID[i].text.size}, &type, &why) == 0)
            fail_msg("accepted %.*s", SPAN_ARGS(INVALID[i].text));
        assert_says(&why, INVALID[i].says);
        assert_int_equal(type, JSON_TRUE);
        free(copy);
    }
}

static const struct span NOT_UTF8[] = {
    SPAN("\x80"),             /* a tail without a head */
    SPAN("\xBF"),             /* the same */
    SPAN("\xC0\xAF"),         /* overlong */
    SPAN("\xC1\xBF"),         /* overlong */
    SPAN("\xE0\x80\xAF"),     /* overlong */
    SPAN("\xE0\x9F\xBF"),     /* overlong */
    SPAN("\xF0\x80\x80\xAF"), /* overlong */
    SPAN("\xF0\x8F\xBF\xBF"), /* overlong */
    SPAN("\xED\xA0\x80"),     /* a surrogate */
    SPAN("\xED\xBF\xBF"),     /* a surrogate */
    SPAN("\xF4\x90\x80\x80"), /* above U+10FFFF */
    SPAN("\xF5\x80\x80\x80"), /* above U+10FFFF */
    SPAN("\xFE"),             /* never a byte of UTF-8 */
    SPAN("\xFF"),             /* never a byte of UTF-8 */
    SPAN("\xC3"),             /* cut off */
    SPAN("\xE2\x82"),         /* cut off */
    SPAN("\xF0\x9F\x98"),     /* cut off */
    SPAN("\xC3x"),            /* cut off */
    SPAN("\xE2\x82x"),        /* cut off */
    SPAN("\xF0\x9F\x98x"),    /* cut off */
};

static void refuses_what_is_not_utf8(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(NOT_UTF8); i++)
        for (size_t before = 0; before < 10; before++) {
            struct why why;
            struct span text = arena_print(arena, "\"%.*s%.*s\"", (int)before, "abcdefghij",
                                           SPAN_ARGS(NOT_UTF8[i]));
            assert_int_equal(json_check(text, NULL, &why), -1);
            assert_says(&why, "not UTF-8");
            /* Cut off by the end of the text, not by a quote. */
            struct span cut = span_cut(text, 0, text.size - 1);
            char *copy = exact(cut);
            assert_int_equal(json_check((struct span){copy, cut.size}, NULL, &why), -1);
            free(copy);
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

static void holds_128_levels_and_no_more(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(json_check(nested(JSON_DEPTH, "[", "]"), NULL, &why), 0);
    assert_int_equal(json_check(nested(JSON_DEPTH + 1, "[", "]"), NULL, &why), -1);
    assert_says(&why, "more levels than 128 at byte 128");
    assert_int_equal(json_check(nested(JSON_DEPTH + 1, "{\"a\":[", "]}"), NULL, &why), -1);
    assert_int_equal(json_check(nested(100000, "[", "]"), NULL, &why), -1);
    assert_int_equal(json_check(nested(100000, "{\"a\":", "}"), NULL, &why), -1);
    assert_int_equal(json_check(nested(100000, "[", ""), NULL, &why), -1);
}

/* Each of these made some parser quadratic: then 4 MB of any take hours, and the limit of a test
 * program ends it. */
static void takes_linear_time(void **state) {
    (void)state;
    static const struct span HARD[] = {SPAN("\\u0061"), SPAN("\\\\"), SPAN("\xF0\x9F\x98\x80"),
                                       SPAN("[{"), SPAN("a")};
    for (size_t i = 0; i < COUNT(HARD); i++) {
        size_t size = 0, most = (size_t)4 << 20;
        char *text = malloc(most + 16);
        text[size++] = '[';
        text[size++] = '"';
        for (; size < most; size += HARD[i].size)
            memcpy(text + size, HARD[i].at, HARD[i].size);
        text[size++] = '"';
        text[size++] = ']';
        assert_int_equal(json_check((struct span){text, size}, NULL, NULL), 0);
        struct json_walk walk = json_walk((struct span){text, size});
        assert_true(json_next(&walk));
        assert_true(json_unquote(arena, walk.value.text).size > 0);
        assert_false(json_next(&walk));
        free(text);
    }
}

static void may_be_asked_without_wanting_to_know(void **state) {
    (void)state;
    assert_int_equal(json_check(SPAN("x"), NULL, NULL), -1);
    assert_int_equal(json_check(SPAN("1"), NULL, NULL), 0);
}

/* --- walking --- */

static void walks_members_in_order(void **state) {
    (void)state;
    struct span text =
        SPAN(" { \"a\" : 1 ,\"b\\n\":\"x,}\" , \"\":[1,{\"c\":\"]\"}]  , \"d\":{ }\t} ");
    static const struct {
        struct span key, value;
        enum json_type type;
    } WANTED[] = {
        {SPAN("a"), SPAN("1"), JSON_NUMBER},
        {SPAN("b\\n"), SPAN("\"x,}\""), JSON_STRING},
        {SPAN(""), SPAN("[1,{\"c\":\"]\"}]"), JSON_ARRAY},
        {SPAN("d"), SPAN("{ }"), JSON_OBJECT},
    };
    struct json_walk walk = json_walk(text);
    for (size_t i = 0; i < COUNT(WANTED); i++) {
        assert_true(json_next(&walk));
        assert_span(walk.key, WANTED[i].key);
        assert_span(walk.value.text, WANTED[i].value);
        assert_int_equal(walk.value.type, WANTED[i].type);
        assert_int_equal(*walk.member, '"');
    }
    assert_false(json_next(&walk));
    assert_false(json_next(&walk));
}

static void walks_items_in_order(void **state) {
    (void)state;
    struct json_walk walk = json_walk(SPAN("[ true,false , null,-1.5e3,\"\\\"\" ]"));
    static const struct span WANTED[] = {SPAN("true"), SPAN("false"), SPAN("null"), SPAN("-1.5e3"),
                                         SPAN("\"\\\"\"")};
    for (size_t i = 0; i < COUNT(WANTED); i++) {
        assert_true(json_next(&walk));
        assert_null(walk.key.at);
        assert_span(walk.value.text, WANTED[i]);
    }
    assert_false(json_next(&walk));
}

static void walks_nothing_in_what_holds_nothing(void **state) {
    (void)state;
    static const struct span NOTHING[] = {SPAN("{}"),      SPAN(" [ ] "), SPAN("5"),
                                          SPAN("\"[1]\""), SPAN("null"),  SPAN_NONE};
    for (size_t i = 0; i < COUNT(NOTHING); i++) {
        struct json_walk walk = json_walk(NOTHING[i]);
        assert_false(json_next(&walk));
    }
}

/* Nobody should; it must still end, and inside the span. */
static void walks_unchecked_text_to_an_end(void **state) {
    (void)state;
    static const struct span BROKEN[] = {
        SPAN("{"),   SPAN("{\"a"),    SPAN("{\"a\""),     SPAN("{\"a\":"), SPAN("[}]"),
        SPAN("[:"),  SPAN("{:::,,}"), SPAN("[[[["),       SPAN("{\"\\"),   SPAN("[\"\\\"]"),
        SPAN("{]}"), SPAN("[]]]"),    SPAN("{\"a\":}}}"), SPAN("[\"\\\\"), SPAN("{x}")};
    for (size_t i = 0; i < COUNT(BROKEN); i++) {
        char *copy = exact(BROKEN[i]);
        struct json_walk walk = json_walk((struct span){copy, BROKEN[i].size});
        int steps = 0;
        while (json_next(&walk))
            assert_true(steps++ < 20);
        free(copy);
    }
}

static void finds_the_last_of_a_name(void **state) {
    (void)state;
    struct span text = SPAN("{\"sender\":1,\"\\u0073ender\":2,\"x\":{\"y\":{\"z\":3},\"y\":4},"
                            "\"p\":{\"q\":{\"r\":5,\"r\":6}},\"\":{\"\":7},\"s\":[{\"t\":8}]}");
    struct json_value value = {JSON_NULL, SPAN_NONE};
    assert_true(json_find(text, SPAN("sender"), &value));
    assert_span(value.text, SPAN("2"));
    assert_false(json_find(text, SPAN("Sender"), &value));
    assert_span(value.text, SPAN("2")); /* untouched */
    assert_true(json_find_path(text, SPAN("p.q.r"), &value));
    assert_span(value.text, SPAN("6"));
    assert_true(json_find_path(text, SPAN("p.q"), &value));
    assert_true(json_find_path(text, SPAN("."), &value)); /* the key "" in the key "" */
    assert_span(value.text, SPAN("7"));
    static const struct span ABSENT[] = {SPAN("x.y.z"), SPAN("p.q.r.s"), SPAN("sender.a"),
                                         SPAN("p."),    SPAN("s.t"),     SPAN("s.0")};
    for (size_t i = 0; i < COUNT(ABSENT); i++)
        assert_false(json_find_path(text, ABSENT[i], &value));
    assert_false(json_find(SPAN("[1]"), SPAN(""), &value));
    assert_false(json_find_path(SPAN("5"), SPAN("a"), &value));
}

static void a_text_is_a_string_that_says_something(void **state) {
    (void)state;
    struct span object = SPAN("{\"a\":{\"s\":\"x\\u0041\",\"e\":\"\",\"n\":5},\"s\":\"y\"}");
    static const struct span ABSENT[] = {{"a.e", 3}, {"a.n", 3}, {"a.x", 3}, {"a", 1}, {"s.s", 3}};
    assert_span(json_find_text(arena, object, SPAN("a.s")), SPAN("xA"));
    assert_span(json_find_text(arena, object, SPAN("s")), SPAN("y"));
    for (size_t i = 0; i < COUNT(ABSENT); i++)
        assert_null(json_find_text(arena, object, ABSENT[i]).at);
}

static void knows_a_key_in_every_spelling(void **state) {
    (void)state;
    static const struct {
        struct span escaped, name;
        bool is;
    } CASES[] = {
        {SPAN("sender"), SPAN("sender"), true},
        {SPAN("\\u0073ender"), SPAN("sender"), true},
        {SPAN("sende\\u0072"), SPAN("sender"), true},
        {SPAN("\\u0073\\u0065\\u006E\\u0064\\u0065\\u0072"), SPAN("sender"), true},
        {SPAN("a\\/b"), SPAN("a/b"), true},
        {SPAN("\\ud83d\\ude00"), SPAN("\xF0\x9F\x98\x80"), true},
        {SPAN("\\u0000"), SPAN("\0"), true},
        {SPAN(""), SPAN(""), true},
        {SPAN(""), SPAN("a"), false},
        {SPAN("a"), SPAN(""), false},
        {SPAN("\\u0061"), SPAN(""), false},
        {SPAN("\\u0061"), SPAN("\\u0061"), false}, /* the name is not escaped */
        {SPAN("\\u0073ende"), SPAN("sender"), false},
        {SPAN("\\u0073enderx"), SPAN("sender"), false},
        {SPAN("senderx"), SPAN("sender"), false},
        {SPAN("sendeR"), SPAN("sender"), false},
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_int_equal(json_key_is(CASES[i].escaped, CASES[i].name), CASES[i].is);
}

/* --- scalars --- */

static void unescapes_strings(void **state) {
    (void)state;
    static const struct {
        struct span text, bytes;
    } CASES[] = {
        {SPAN("\"\""), SPAN("")},
        {SPAN("\"plain\""), SPAN("plain")},
        {SPAN("key"), SPAN("key")},
        {SPAN("k\\ney"), SPAN("k\ney")},
        {SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), SPAN("\"\\/\b\f\n\r\t")},
        {SPAN("\\\"a\\\""), SPAN("\"a\"")}, /* a key made of quotes */
        {SPAN("\"\\u0000\""), SPAN("\0")},
        {SPAN("\"\\u00e9\\u20AC\""), SPAN("\xC3\xA9\xE2\x82\xAC")},
        {SPAN("\"\\ud83d\\ude00\""), SPAN("\xF0\x9F\x98\x80")},
        {SPAN("\"\\udbff\\udfff\""), SPAN("\xF4\x8F\xBF\xBF")},
        {SPAN("\"\\ud83d\""), SPAN("\xEF\xBF\xBD")},
        {SPAN("\"\\ude00\\ud83d\""), SPAN("\xEF\xBF\xBD\xEF\xBF\xBD")},
        {SPAN("\"\\ud83d\\ud83d\\ude00\""), SPAN("\xEF\xBF\xBD\xF0\x9F\x98\x80")},
        {SPAN("\"\\ud83dx\""), SPAN("\xEF\xBF\xBDx")},
        {SPAN("\"\\ud83d\\n\""), SPAN("\xEF\xBF\xBD\n")},
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_span(json_unquote(arena, CASES[i].text), CASES[i].bytes);
}

static void a_plain_string_is_not_copied(void **state) {
    (void)state;
    struct span text = SPAN("\"plain\"");
    assert_ptr_equal(json_unquote(arena, text).at, text.at + 1);
}

static void quotes_any_bytes(void **state) {
    (void)state;
    static const struct {
        struct span bytes, text;
    } CASES[] = {
        {SPAN_NONE, SPAN("\"\"")},
        {SPAN("plain/"), SPAN("\"plain/\"")},
        {SPAN("\"\\\b\f\n\r\t"), SPAN("\"\\\"\\\\\\b\\f\\n\\r\\t\"")},
        {SPAN("\0\x1f\x7f"), SPAN("\"\\u0000\\u001f\x7f\"")},
        {SPAN("\xC3\xA9"), SPAN("\"\xC3\xA9\"")},
        {SPAN("a\xC3"), SPAN("\"a\xEF\xBF\xBD\"")},
        {SPAN("\xED\xA0\x80"), SPAN("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")},
        {SPAN("12345678\xFFx"), SPAN("\"12345678\xEF\xBF\xBDx\"")},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span quoted = json_quote(arena, CASES[i].bytes);
        assert_span(quoted, CASES[i].text);
        assert_int_equal(json_check(quoted, NULL, NULL), 0);
    }
}

static void reads_whole_numbers_exactly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_whole;
        int64_t number;
    } CASES[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"0.000", true, 0},
        {"0e999999999999999999999", true, 0},
        {"1700000000000", true, 1700000000000},
        {"1700000000000.0", true, 1700000000000},
        {"1.7e12", true, 1700000000000},
        {"17E+11", true, 1700000000000},
        {"170000000000000e-2", true, 1700000000000},
        {"0.00017e4", false, 0},
        {"0.00017e5", true, 17},
        {"-5", true, -5},
        {"9007199254740992", true, 9007199254740992},
        {"-9007199254740992", true, -9007199254740992},
        {"9007199254740993", false, 0},
        {"9007199254740992.5", false, 0},
        {"90071992547409920", false, 0},
        {"90071992547409920e-1", true, 9007199254740992},
        {"1000000000000000000000000000000e-30", true, 1},
        {"1.0000000000000000000000000000", true, 1},
        {"1.0000000000000000000000000001", false, 0},
        {"10000000000000000000000000001", false, 0},
        {"1.5", false, 0},
        {"1e-1", false, 0},
        {"1e400", false, 0},
        {"1e99999999999999999999999999", false, 0},
        {"1e-99999999999999999999999999", false, 0},
        {"1e16", false, 0},
        {"1e15", true, 1000000000000000},
        {"\"5\"", false, 0},
        {"null", false, 0},
        {"true", false, 0},
        {"[5]", false, 0},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        int64_t number = 0;
        assert_int_equal(json_check(span_of(CASES[i].text), NULL, NULL), 0);
        bool is_whole = json_whole(json_value(span_of(CASES[i].text)), &number);
        if (is_whole != CASES[i].is_whole || number != CASES[i].number)
            fail_msg("%s: %d, %lld", CASES[i].text, is_whole, (long long)number);
    }
}

static void names_types_for_people(void **state) {
    (void)state;
    assert_string_equal(json_type_name(JSON_NULL), "null");
    assert_string_equal(json_type_name(JSON_TRUE), "a boolean");
    assert_string_equal(json_type_name(JSON_FALSE), "a boolean");
    assert_string_equal(json_type_name(JSON_NUMBER), "a number");
    assert_string_equal(json_type_name(JSON_STRING), "a string");
    assert_string_equal(json_type_name(JSON_ARRAY), "an array");
    assert_string_equal(json_type_name(JSON_OBJECT), "an object");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_value),
        cmocka_unit_test(refuses_and_says_where),
        cmocka_unit_test(refuses_what_is_not_utf8),
        cmocka_unit_test(holds_128_levels_and_no_more),
        cmocka_unit_test(takes_linear_time),
        cmocka_unit_test(may_be_asked_without_wanting_to_know),
        cmocka_unit_test(walks_members_in_order),
        cmocka_unit_test(walks_items_in_order),
        cmocka_unit_test(walks_nothing_in_what_holds_nothing),
        cmocka_unit_test(walks_unchecked_text_to_an_end),
        cmocka_unit_test(finds_the_last_of_a_name),
        cmocka_unit_test(a_text_is_a_string_that_says_something),
        cmocka_unit_test(knows_a_key_in_every_spelling),
        cmocka_unit_test(unescapes_strings),
        cmocka_unit_test(a_plain_string_is_not_copied),
        cmocka_unit_test(quotes_any_bytes),
        cmocka_unit_test(reads_whole_numbers_exactly),
        cmocka_unit_test(names_types_for_people),
    };
    return cmocka_run_group_tests_name("json", tests, make_arena, drop_arena);
}
