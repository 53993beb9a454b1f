/* settings: the table, and what is made of it for people: help, manual, hints. */
#include "own_arena.h"

#include "server/settings.h"
#include "words/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void names_are_unique(void **state) {
    (void)state;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        assert_int_equal(setting_of_variable(span_of(SETTINGS[i].variable)), i);
        if (SETTINGS[i].name)
            assert_int_equal(setting_named(span_of(SETTINGS[i].name)), i);
    }
}

static void bytes_are_written_short(void **state) {
    static const struct {
        int64_t bytes;
        const char *text;
    } CASES[] = {{0, "0"},       {1023, "1023"},           {1024, "1K"},
                 {1536, "1536"}, {(int64_t)5 << 30, "5G"}, {(int64_t)1 << 40, "1024G"},
                 {4 << 20, "4M"}};
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_true(span_is(setting_bytes(arena, CASES[i].bytes), CASES[i].text));
}

static void the_nearest_name_is_one_that_was_meant(void **state) {
    static const char *const NAMES[] = {"prefetch", "policies", "apps", "stream", "stream_max_age"};
    static const struct {
        const char *mistyped, *meant;
    } CASES[] = {{"prefech", "prefetch"},
                 {"preftech", "prefetch"},
                 {"PREFETCH", "prefetch"},
                 {"prefetches", "prefetch"},
                 {"app", "apps"},
                 {"steam", "stream"},
                 {"stream_maxage", "stream_max_age"},
                 {"zebra", NULL},
                 {"x", NULL},
                 {"", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct nearest nearest = nearest_start(span_of(CASES[i].mistyped));
        for (size_t j = 0; j < sizeof NAMES / sizeof NAMES[0]; j++)
            nearest_offer(&nearest, span_of(NAMES[j]));
        if (CASES[i].meant)
            assert_string_equal(nearest.name, CASES[i].meant);
        else
            assert_string_equal(nearest.name, "");
    }
}

static void a_very_long_name_is_near_to_none(void **state) {
    (void)state;
    char name[200];
    memset(name, 'p', sizeof name);
    struct nearest nearest = nearest_start(((struct span){name, sizeof name}));
    nearest_offer(&nearest, span_of("prefetch"));
    assert_string_equal(nearest.name, "");
}

static void help_names_every_setting_and_its_default(void **state) {
    struct arena *arena = *state;
    struct span help = config_help(arena);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        assert_true(span_has(help, span_of(SETTINGS[i].variable)));
        assert_true(span_has(help, span_of(SETTINGS[i].help)));
        assert_true(!SETTINGS[i].standard || span_has(help, span_of(SETTINGS[i].standard)));
    }
    assert_true(span_has(help, SPAN("  prefetch              PREFETCH_MESSAGES              256\n"
                                    "      deliveries in flight\n"
                                    "      (a whole number from 1 to 1000)\n")));
}

/* Each setting has its entry in the manual, with the same names and default. */
static void the_manual_knows_the_same_settings(void **state) {
    struct arena *arena = *state;
    FILE *file = fopen("doc/chat21d.1", "r");
    if (!file)
        fail_msg("doc/chat21d.1 cannot be read; run the tests from the top of the repository");
    char *manual = arena_take(arena, 1 << 18);
    size_t size = fread(manual, 1, 1 << 18, file);
    fclose(file);
    size_t entries = 0;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        if (!setting->name)
            continue;
        struct span entry =
            arena_print(arena, "\n.It Sy %s Pq Ev %s", setting->name, setting->variable);
        if (!span_has((struct span){manual, size}, entry))
            fail_msg("the manual does not have: %s", entry.at + 1);
        entries++;
    }
    struct span rest = {manual, size};
    for (const char *at; (at = memmem(rest.at, rest.size, "\n.It Sy ", 8)); entries--)
        rest = span_cut(rest, (size_t)(at - rest.at) + 8, rest.size);
    assert_int_equal(entries, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_are_unique),
        TEST(bytes_are_written_short),
        TEST(the_nearest_name_is_one_that_was_meant),
        TEST(a_very_long_name_is_near_to_none),
        TEST(help_names_every_setting_and_its_default),
        TEST(the_manual_knows_the_same_settings),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
