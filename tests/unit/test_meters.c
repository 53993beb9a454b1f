/* histogram and tally: what the metrics are counted in. */
#include "claims.h"

#include "words/histogram.h"
#include "words/tally.h"

#include <stdio.h>

/* --- histogram --- */

static void durations_fall_into_the_first_bucket_that_holds_them(void **state) {
    struct histogram histogram = {0};
    (void)state;
    histogram_add(&histogram, -1);
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        histogram_add(&histogram, HISTOGRAM_BOUNDS_US[i]);
        histogram_add(&histogram, HISTOGRAM_BOUNDS_US[i] + 1);
    }
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        assert_int_equal(histogram.buckets[i], i == HISTOGRAM_BOUNDS ? 1 : 2);
}

static void what_is_shown_adds_up(void **state) {
    struct histogram histogram = {0};
    (void)state;
    histogram_add(&histogram, 5);
    histogram_add(&histogram, 30);
    histogram_add(&histogram, 3600LL * 1000000);
    assert_int_equal(histogram_up_to(&histogram, 0), 1);
    assert_int_equal(histogram_up_to(&histogram, 2), 2);
    assert_int_equal(histogram_up_to(&histogram, HISTOGRAM_BOUNDS - 1), 2);
    assert_int_equal(histogram_up_to(&histogram, HISTOGRAM_BOUNDS), 3);
    assert_int_equal(histogram.sum_us, 35 + 3600LL * 1000000);
}

static void bounds_rise(void **state) {
    (void)state;
    for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
        assert_true(HISTOGRAM_BOUNDS_US[i] > HISTOGRAM_BOUNDS_US[i - 1]);
}

/* --- tally --- */

struct bench {
    struct arena *arena;
    struct tally *tally;
};

static int setup(void **state) {
    static struct bench bench;
    bench = (struct bench){arena_new(), tally_new(3, 42)};
    *state = &bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    tally_free(&bench->tally);
    arena_free(&bench->arena);
    return 0;
}

static void count(struct bench *bench, const char *first, const char *second) {
    tally_add(bench->tally, span_of(first), span_of(second));
}

static struct tally_rows rows(struct bench *bench) {
    return tally_rows(bench->tally, bench->arena);
}

static void each_label_is_counted_by_itself(void **state) {
    struct bench *bench = *state;
    count(bench, "one", NULL);
    count(bench, "two", NULL);
    count(bench, "one", NULL);
    struct tally_rows found = rows(bench);
    assert_int_equal(found.count, 2);
    assert_span(found.rows[0].first, SPAN("one"));
    assert_int_equal(found.rows[0].count, 2);
    assert_null(found.rows[0].second.at);
    assert_int_equal(found.rows[1].count, 1);
    assert_int_equal(found.other, 0);
}

static void pairs_are_not_joined(void **state) {
    struct bench *bench = *state;
    count(bench, "a", "bc");
    count(bench, "ab", "c");
    count(bench, "abc", "");
    struct tally_rows found = rows(bench);
    assert_int_equal(found.count, 3);
    assert_span(found.rows[1].first, SPAN("ab"));
    assert_span(found.rows[1].second, SPAN("c"));
}

static void the_rest_is_under_other(void **state) {
    struct bench *bench = *state;
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        count(bench, name, NULL);
    }
    count(bench, "n1", NULL);
    struct tally_rows found = rows(bench);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.rows[1].count, 2);
    assert_int_equal(found.other, 997);
}

/* Else there would be two lines of one name and label. */
static void who_is_called_other_is_there_too(void **state) {
    struct bench *bench = *state;
    count(bench, "other", NULL);
    count(bench, "other", "other");
    count(bench, "other", "one");
    assert_int_equal(rows(bench).count, 1);
    assert_int_equal(rows(bench).other, 2);
}

static void labels_are_cut_and_cleaned(void **state) {
    struct bench *bench = *state;
    char longest[TALLY_VALUE_MAX + 10];
    memset(longest, 'x', sizeof longest);
    memcpy(longest + TALLY_VALUE_MAX - 1, "\xc3\xa9", 2); /* would be cut in the middle */
    tally_add(bench->tally, (struct span){longest, sizeof longest}, SPAN_NONE);
    tally_add(bench->tally, (struct span){"a\0\xff\n", 4}, SPAN_NONE);
    tally_add(bench->tally, SPAN(""), SPAN_NONE);
    struct tally_rows found = rows(bench);
    assert_int_equal(found.rows[0].first.size, TALLY_VALUE_MAX - 1);
    assert_span(found.rows[1].first, SPAN("a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
    assert_span(found.rows[2].first, SPAN(""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_fall_into_the_first_bucket_that_holds_them),
        cmocka_unit_test(what_is_shown_adds_up),
        cmocka_unit_test(bounds_rise),
        TEST(each_label_is_counted_by_itself),
        TEST(pairs_are_not_joined),
        TEST(the_rest_is_under_other),
        TEST(who_is_called_other_is_there_too),
        TEST(labels_are_cut_and_cleaned),
    };
    return cmocka_run_group_tests_name("meters", tests, NULL, NULL);
}
