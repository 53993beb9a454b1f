/* options: what every command makes of its arguments. */
#include "claims.h"

#include "server/commands.h"
#include "server/options.h"

#include <unistd.h>

struct read {
    bool flag;
    const char *text;
    int64_t number, span;
    bool goes_on;
    int rc;
    struct arguments rest;
};

/* Reads the words with a flag, a text, a number from 1 to 10 and a span; up to two arguments. */
static struct read reading(int count, const char *const *words) {
    static char copies[16][32];
    static char *argv[17];
    struct read read = {.text = "untouched", .number = 7, .span = 8};
    const struct option_row rows[] = {
        {"flag", OPTION_FLAG, &read.flag, 0, 0},
        {"text", OPTION_TEXT, &read.text, 0, 0},
        {"number", OPTION_NUMBER, &read.number, 1, 10},
        {"span", OPTION_SPAN, &read.span, 0, 0},
    };
    const struct options options = {
        .help = "the help\n", OPTION_ROWS(rows), .least = 0, .most = 2, .expects = "expected two"};
    snprintf(copies[0], sizeof copies[0], "chat21d test");
    argv[0] = copies[0];
    for (int i = 0; i < count; i++) {
        snprintf(copies[i + 1], sizeof copies[i + 1], "%s", words[i]);
        argv[i + 1] = copies[i + 1];
    }
    argv[count + 1] = NULL;
    read.goes_on = options_read(&options, count + 1, argv, &read.rest, &read.rc);
    return read;
}
#define READ(...)                                                                                  \
    reading((int)COUNT(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

static void options_stand_anywhere(void **state) {
    (void)state;
    struct read read = READ("one", "--number", "10", "two", "--flag", "--span=2h");
    assert_true(read.goes_on);
    assert_true(read.flag);
    assert_int_equal(read.number, 10);
    assert_int_equal(read.span, 2 * 60 * 60 * 1000);
    assert_string_equal(read.text, "untouched");
    assert_int_equal(read.rest.count, 2);
    assert_string_equal(read.rest.at[0], "one");
    assert_string_equal(read.rest.at[1], "two");
    assert_null(read.rest.at[2]);
}

static void after_two_dashes_all_are_arguments(void **state) {
    (void)state;
    struct read read = READ("--", "--flag");
    assert_true(read.goes_on);
    assert_false(read.flag);
    assert_string_equal(read.rest.at[0], "--flag");
}

static void what_is_not_said_stays(void **state) {
    (void)state;
    struct read read = reading(0, NULL);
    assert_true(read.goes_on);
    assert_int_equal(read.rest.count, 0);
    assert_int_equal(read.number, 7);
    assert_int_equal(read.span, 8);
}

static void wrong_words_are_usage(void **state) {
    (void)state;
    static const char *const WRONG[][2] = {
        {"--number", "0"},   {"--number", "11"},
        {"--number", "x"},   {"--number", ""},
        {"--span", "5"},     {"--span", "h"},
        {"--span", "-1h"},   {"--span", "0s"},
        {"--span", "2 h"},   {"--span", "9999d"},
        {"--span", "1.5h"},  {"--nothing", "x"},
        {"--flag=yes", "x"}, {"--span", "99999999999999999999s"},
    };
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        struct read read = reading(2, WRONG[i]);
        assert_false(read.goes_on);
        assert_int_equal(read.rc, COMMAND_USAGE);
    }
    assert_int_equal(READ("--text").rc, COMMAND_USAGE);
    assert_int_equal(READ("1", "2", "3").rc, COMMAND_USAGE);
}

static void help_ends_it_well(void **state) {
    (void)state;
    struct read read = READ("--number", "3", "--help", "--nonsense");
    assert_false(read.goes_on);
    assert_int_equal(read.rc, COMMAND_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(after_two_dashes_all_are_arguments),
        cmocka_unit_test(what_is_not_said_stays),
        cmocka_unit_test(wrong_words_are_usage),
        cmocka_unit_test(help_ends_it_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
