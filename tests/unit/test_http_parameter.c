/* http: what a query's or form's parameters and a path's words are. */
#include "claims.h"
#include "own_arena.h"

#include "ports/http.h"

static void a_parameter_is_found(void **state) {
    static const struct {
        const char *query, *name, *value;
    } CASES[] = {
        {"a=1", "a", "1"},
        {"a=1&b=2", "b", "2"},
        {"a=1&a=2", "a", "1"},
        {"aa=1&a=2", "a", "2"},
        {"A=1&a=2", "a", "2"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"b&a&c", "a", ""},
        {"&&a=1&", "a", "1"},
        {"a=b=c", "a", "b=c"},
        {"a=%20+%2b", "a", "  +"},
        {"%61=1", "a", "1"},
        {"a+b=1", "a b", "1"},
        {"a=%26&b=1", "b", "1"},
        {"a=%", "a", "%"},
        {"a=%4", "a", "%4"},
        {"a=%4g%zz%%41", "a", "%4g%zz%A"},
        {"a=%c3%A9\xff", "a", "\xc3\xa9\xff"},
        {"=1", "", "1"},
        {"a?=1", "a?", "1"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_span(http_parameter(*state, span_of(CASES[i].query), CASES[i].name),
                    span_of(CASES[i].value));
    assert_span(http_parameter(*state, SPAN("a=1%002"), "a"), SPAN("1\0002"));
}

/* Which is not the same as to be there without a value. */
static void one_that_is_not_there_is_absent(void **state) {
    assert_null(http_parameter(*state, SPAN_NONE, "a").at);
    assert_null(http_parameter(*state, SPAN("b=a&c"), "a").at);
    assert_null(http_parameter(*state, SPAN("&&"), "").at);
    assert_null(http_parameter(*state, SPAN("a%00=1"), "a").at);
    assert_non_null(http_parameter(*state, SPAN("a"), "a").at);
}

static void a_word_is_decoded(void **state) {
    static const char *const CASES[][2] = {
        {"", ""},         {"abc", "abc"},     {"a%20b+c", "a b+c"}, {"%2F%2f", "//"},
        {"%25%32", "%2"}, {"%e2%82%ac", "€"}, {"%zz%", "%zz%"},     {"€", "€"},
    };
    struct span word;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        assert_int_equal(http_decode(*state, span_of(CASES[i][0]), &word), 0);
        assert_span(word, span_of(CASES[i][1]));
    }
    assert_int_equal(http_decode(*state, SPAN_NONE, &word), 0);
    assert_int_equal(word.size, 0);
}

static void a_word_is_text(void **state) {
    static const char *const CASES[] = {"%00", "a%00b",  "%ff",       "\xff",
                                        "%c3", "%c0%80", "%ed%a0%80", "%f4%90%80%80"};
    struct span word = SPAN("untouched");
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_int_equal(http_decode(*state, span_of(CASES[i]), &word), -1);
    assert_int_equal(http_decode(*state, SPAN("a\0b"), &word), -1);
    assert_span(word, SPAN("untouched"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_parameter_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_not_there_is_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_is_decoded, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_is_text, setup, teardown),
    };
    return cmocka_run_group_tests_name("http_parameter", tests, NULL, NULL);
}
