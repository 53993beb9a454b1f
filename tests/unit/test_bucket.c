/* bucket: what a limit lets through. */
#include "claims.h"

#include "meaning/bucket.h"

#include <stdio.h>

static const int64_t SECOND = 1000000;

static unsigned take_all(struct buckets *buckets, struct span key, uint32_t burst, uint32_t rate,
                         int64_t now) {
    unsigned taken = 0;
    while (taken < 100000 && buckets_take(buckets, key, burst, rate, now))
        taken++;
    return taken;
}

static void a_burst_passes_and_no_more(void **state) {
    (void)state;
    static const uint32_t BURSTS[] = {1, 2, 30, 1000};
    for (size_t i = 0; i < COUNT(BURSTS); i++) {
        struct buckets *buckets = buckets_new(100, 1);
        assert_int_equal(take_all(buckets, SPAN("U1"), BURSTS[i], 30, 0), BURSTS[i]);
        assert_int_equal(take_all(buckets, SPAN("U1"), BURSTS[i], 30, 0), 0);
        buckets_free(&buckets);
        assert_null(buckets);
    }
}

static void tokens_come_back_at_their_rate(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(100, 1);
    int64_t now = 77 * SECOND;
    take_all(buckets, SPAN("U1"), 30, 30, now);
    assert_false(buckets_take(buckets, SPAN("U1"), 30, 30, now + 2 * SECOND - 1));
    assert_true(buckets_take(buckets, SPAN("U1"), 30, 30, now + 2 * SECOND));
    assert_false(buckets_take(buckets, SPAN("U1"), 30, 30, now + 2 * SECOND));
    assert_int_equal(take_all(buckets, SPAN("U1"), 30, 30, now + 12 * SECOND), 5);
    assert_int_equal(take_all(buckets, SPAN("U1"), 30, 30, now + 3600 * SECOND), 30);
    buckets_free(&buckets);
}

/* A minute under a steady load gives the burst and the minute's tokens, with any rate. */
static void a_rate_is_kept_exactly(void **state) {
    (void)state;
    static const uint32_t RATES[] = {1, 7, 30, 59, 61, 999, 6000};
    for (size_t i = 0; i < COUNT(RATES); i++) {
        struct buckets *buckets = buckets_new(1, 1);
        unsigned taken = 0;
        for (int64_t now = 0; now <= 60 * SECOND; now += 1000)
            taken += buckets_take(buckets, SPAN("U1"), 3, RATES[i], now);
        assert_in_range(taken, 3 + RATES[i], 3 + RATES[i] + 1);
        buckets_free(&buckets);
    }
}

static void a_refusal_costs_nothing(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(1, 1);
    take_all(buckets, SPAN("U1"), 1, 60, 0);
    for (int i = 0; i < 1000; i++)
        assert_false(buckets_take(buckets, SPAN("U1"), 1, 60, SECOND / 2));
    assert_true(buckets_take(buckets, SPAN("U1"), 1, 60, SECOND));
    buckets_free(&buckets);
}

static void keys_have_buckets_of_their_own(void **state) {
    (void)state;
    static const struct span KEYS[] = {SPAN_NONE,         SPAN("a"),        SPAN("b"),
                                       SPAN("a\0"),       SPAN("aaaaaaaa"), SPAN("aaaaaaaaa"),
                                       SPAN("aaaaaaaab"), SPAN("baaaaaaaa")};
    struct buckets *buckets = buckets_new(1000, 42);
    for (size_t i = 0; i < COUNT(KEYS); i++)
        assert_int_equal(take_all(buckets, KEYS[i], 5, 1, 0), 5);
    for (size_t i = 0; i < COUNT(KEYS); i++)
        assert_int_equal(take_all(buckets, KEYS[i], 5, 1, 0), 0);
    buckets_free(&buckets);
}

/* Whatever the seed, also one that is all zeros or all ones. */
static void hardly_any_two_keys_share_a_bucket(void **state) {
    (void)state;
    static const uint64_t SEEDS[] = {0, 1, UINT64_MAX, 0x9E3779B97F4A7C15, 0x0123456789ABCDEF};
    for (size_t s = 0; s < COUNT(SEEDS); s++) {
        struct buckets *buckets = buckets_new(1 << 16, SEEDS[s]);
        for (int i = 0; i < 10000; i++) {
            char name[32];
            struct span user = {name, (size_t)snprintf(name, sizeof name, "%d", i * 7919)};
            assert_true(buckets_take(buckets, user, 1, 1, 0));
        }
        buckets_free(&buckets);
    }
}

static void one_flooder_among_many_stays_limited(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(4096, 99);
    int64_t now = 0;
    unsigned passed = 0;
    for (int i = 0; i < 100000; i++, now += 100) {
        char name[32];
        struct span user = {name, (size_t)snprintf(name, sizeof name, "user-%d", i)};
        buckets_take(buckets, user, 30, 30, now);
        passed += buckets_take(buckets, SPAN("flooder"), 30, 30, now);
    }
    assert_int_equal(passed, 30 + 4); /* the burst, and what 9.99 seconds bring back */
    buckets_free(&buckets);
}

/* A full table forgets; it never takes a limit further than asked. */
static void a_full_table_is_never_stricter(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(8, 5);
    for (int i = 0; i < 1000; i++) {
        char name[32];
        struct span user = {name, (size_t)snprintf(name, sizeof name, "user-%d", i)};
        assert_int_equal(take_all(buckets, user, 3, 1, 0), 3);
    }
    buckets_free(&buckets);
}

static void the_fullest_is_forgotten_first(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(8, 5); /* one row */
    take_all(buckets, SPAN("busy"), 100, 1, 0);
    for (int i = 0; i < 1000; i++) {
        char name[32];
        struct span user = {name, (size_t)snprintf(name, sizeof name, "user-%d", i)};
        assert_true(buckets_take(buckets, user, 100, 1, 0));
    }
    assert_false(buckets_take(buckets, SPAN("busy"), 100, 1, 0));
    buckets_free(&buckets);
}

static void the_largest_numbers_do_no_harm(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(8, UINT64_MAX);
    int64_t year = SECOND * 86400 * 365;
    assert_true(buckets_take(buckets, SPAN("a"), UINT32_MAX, 1, year));
    assert_true(buckets_take(buckets, SPAN("b"), UINT32_MAX, UINT32_MAX, year));
    assert_true(buckets_take(buckets, SPAN("c"), 1, UINT32_MAX, year));
    assert_false(buckets_take(buckets, SPAN("c"), 1, UINT32_MAX, year));
    assert_true(buckets_take(buckets, SPAN("c"), 1, UINT32_MAX, year + 1));
    buckets_free(&buckets);
    buckets_free(&buckets);
}

static void many_are_taken_all_or_none(void **state) {
    (void)state;
    struct buckets *buckets = buckets_new(64, 1);
    struct bucket_limit limit = {10, 60};
    assert_false(buckets_take_many(buckets, SPAN("U1"), limit, 11, 0));
    assert_true(buckets_take_many(buckets, SPAN("U1"), limit, 7, 0));
    assert_false(buckets_take_many(buckets, SPAN("U1"), limit, 4, 0));
    assert_true(buckets_take_many(buckets, SPAN("U1"), limit, 3, 0));
    assert_false(buckets_take_many(buckets, SPAN("U1"), limit, 2, SECOND));
    assert_true(buckets_take_many(buckets, SPAN("U1"), limit, 1, SECOND));
    buckets_free(&buckets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_and_no_more),
        cmocka_unit_test(tokens_come_back_at_their_rate),
        cmocka_unit_test(a_rate_is_kept_exactly),
        cmocka_unit_test(a_refusal_costs_nothing),
        cmocka_unit_test(keys_have_buckets_of_their_own),
        cmocka_unit_test(hardly_any_two_keys_share_a_bucket),
        cmocka_unit_test(one_flooder_among_many_stays_limited),
        cmocka_unit_test(a_full_table_is_never_stricter),
        cmocka_unit_test(the_fullest_is_forgotten_first),
        cmocka_unit_test(the_largest_numbers_do_no_harm),
        cmocka_unit_test(many_are_taken_all_or_none),
    };
    return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
