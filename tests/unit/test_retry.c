/* retry: what the broker refused goes out again, an inbox at a time in its order. */
#include "claims.h"

#include "flow/retry.h"

enum { BOB = 1, CAROL = 2 };

static struct retries *retries;

static int begin(void **state) {
    (void)state;
    retries = retries_new(7);
    return 0;
}

static int end(void **state) {
    (void)state;
    retries_free(&retries);
    assert_null(retries);
    return 0;
}

static struct retry *refused(uint64_t inbox, uint32_t index, int64_t due_us) {
    struct retry *retry = retries_add(retries, inbox, NULL, index);
    retries_wait(retries, retry, due_us);
    return retry;
}

static void assert_next(int64_t now_us, uint32_t index) {
    struct retry *retry = retries_due(retries, now_us);
    assert_non_null(retry);
    assert_int_equal(retry->index, index);
}

static void each_is_due_in_its_time(void **state) {
    (void)state;
    assert_null(retries_due(retries, INT64_MAX - 1));
    assert_true(retries_due_us(retries) == INT64_MAX);
    struct retry *bob = refused(BOB, 1, 300), *carol = refused(CAROL, 2, 200);
    assert_true(retries_due_us(retries) == 200);
    assert_null(retries_due(retries, 199));
    assert_next(200, 2);
    assert_next(999, 2);
    retries_sent(retries, carol);
    assert_true(retries_due_us(retries) == 300);
    assert_next(300, 1);
    retries_wait(retries, carol, 250);
    assert_next(300, 2);
    assert_int_equal(carol->tries, 2);
    assert_int_equal(bob->tries, 1);
}

static void an_inbox_keeps_its_order(void **state) {
    (void)state;
    struct retry *first = refused(BOB, 1, 500);
    assert_true(retries_hold(retries, BOB));
    assert_false(retries_hold(retries, CAROL));
    retries_add(retries, BOB, NULL, 2);
    refused(BOB, 3, 100);
    assert_int_equal(retries_count(retries), 3);
    assert_null(retries_due(retries, 499));
    retries_sent(retries, retries_due(retries, 500));
    assert_null(retries_due(retries, 9999));
    retries_confirmed(retries, &first);
    assert_null(first);
    assert_next(500, 2);
    struct retry *second = retries_due(retries, 500);
    retries_sent(retries, second);
    retries_confirmed(retries, &second);
    assert_next(500, 3);
    struct retry *third = retries_due(retries, 500);
    assert_int_equal(third->tries, 1);
    retries_sent(retries, third);
    retries_confirmed(retries, &third);
    assert_int_equal(retries_count(retries), 0);
    assert_false(retries_hold(retries, BOB));
}

static void behind_one_given_up_each_has_one_try(void **state) {
    (void)state;
    struct retry *first = refused(BOB, 1, 100);
    retries_add(retries, BOB, NULL, 2);
    refused(BOB, 3, 1000);
    retries_sent(retries, first);
    retries_give_up(retries, &first);
    retries_add(retries, BOB, NULL, 4);
    for (uint32_t index = 2; index <= 4; index++) {
        assert_next(0, index);
        struct retry *retry = retries_due(retries, 0);
        assert_int_equal(retry->tries, index < 4 ? RETRY_TRIES - 1 : 0);
        retries_sent(retries, retry);
        retries_confirmed(retries, &retry);
    }
}

static void a_group_refused_whole_goes_out_in_order(void **state) {
    (void)state;
    enum { MEMBERS = 5000 };
    for (uint32_t i = 0; i < MEMBERS; i++)
        refused((uint64_t)i * 64, i, 1000 + i % 3); /* hashes that are much alike */
    for (int64_t now = 1000; now < 1003; now++)
        for (uint32_t i = (uint32_t)(now - 1000); i < MEMBERS; i += 3) {
            assert_next(now, i);
            struct retry *retry = retries_due(retries, now);
            retries_sent(retries, retry);
            retries_confirmed(retries, &retry);
        }
    assert_int_equal(retries_count(retries), 0);
}

static void what_is_forgotten_is_gone(void **state) {
    (void)state;
    refused(BOB, 1, 1);
    retries_add(retries, BOB, NULL, 2);
    retries_clear(retries);
    assert_int_equal(retries_count(retries), 0);
    assert_null(retries_due(retries, 9));
    assert_false(retries_hold(retries, BOB));
    refused(BOB, 3, 1);
    assert_next(1, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_due_in_its_time, begin, end),
        cmocka_unit_test_setup_teardown(an_inbox_keeps_its_order, begin, end),
        cmocka_unit_test_setup_teardown(behind_one_given_up_each_has_one_try, begin, end),
        cmocka_unit_test_setup_teardown(a_group_refused_whole_goes_out_in_order, begin, end),
        cmocka_unit_test_setup_teardown(what_is_forgotten_is_gone, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
