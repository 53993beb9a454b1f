/* When a policy is set aside, and when it is not. */
#include "ports/policy/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000000)

/* Failures of senders 1 to `senders`, in turn, a second apart. */
static enum breaker_change fail_in_turn(struct breaker *breaker, unsigned senders, unsigned times,
                                        int64_t *now_us) {
    enum breaker_change change = BREAKER_SAME;
    for (unsigned i = 0; i < times && change == BREAKER_SAME; i++) {
        *now_us += SECOND;
        change = breaker_note(breaker, 1 + i % senders, true, *now_us);
    }
    return change;
}

static void test_opens_for_three_senders(void **state) {
    (void)state;
    struct breaker breaker = {.is_open = false};
    int64_t now = 100 * SECOND;
    assert_int_equal(fail_in_turn(&breaker, 3, 4, &now), BREAKER_SAME);
    assert_true(breaker_lets(&breaker, 9, now));
    assert_int_equal(fail_in_turn(&breaker, 3, 1, &now), BREAKER_OPENED);
    assert_false(breaker_lets(&breaker, 9, now));
    assert_false(breaker_lets(&breaker, 9, now + 30 * SECOND - 1));
    assert_true(breaker_lets(&breaker, 9, now + 30 * SECOND));
}

static void test_one_or_two_senders_never_open_it(void **state) {
    (void)state;
    for (unsigned senders = 1; senders <= 2; senders++) {
        struct breaker breaker = {.is_open = false};
        int64_t now = 0;
        assert_int_equal(fail_in_turn(&breaker, senders, 10000, &now), BREAKER_SAME);
    }
}

/* Whatever three of them send, while a hundred others are judged as they should be. */
static void test_a_few_among_many_never_open_it(void **state) {
    (void)state;
    struct breaker breaker = {.is_open = false};
    int64_t now = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        now += SECOND / 100;
        assert_int_equal(breaker_note(&breaker, 100 + i % 100, false, now), BREAKER_SAME);
        if (i > 20)
            assert_int_equal(breaker_note(&breaker, i % 3, true, now), BREAKER_SAME);
    }
}

static void test_half_of_the_last_twenty_open_it(void **state) {
    (void)state;
    struct breaker breaker = {.is_open = false};
    for (uint64_t i = 0; i < 20; i++)
        breaker_note(&breaker, i, false, SECOND);
    for (uint64_t i = 0; i < 9; i++)
        assert_int_equal(breaker_note(&breaker, i, true, SECOND), BREAKER_SAME);
    assert_int_equal(breaker_note(&breaker, 9, true, SECOND), BREAKER_OPENED);
}

static void test_what_is_a_minute_ago_does_not_count(void **state) {
    (void)state;
    struct breaker breaker = {.is_open = false};
    int64_t now = 0;
    fail_in_turn(&breaker, 4, 4, &now);
    now += 58 * SECOND; /* the first is 61 s ago */
    assert_int_equal(breaker_note(&breaker, 5, true, now), BREAKER_SAME);
    now += 120 * SECOND; /* successes of long ago do not hold it closed */
    struct breaker other = {.is_open = false};
    for (uint64_t i = 0; i < 20; i++)
        breaker_note(&other, 100 + i, false, 0);
    assert_int_equal(fail_in_turn(&other, 3, 5, &now), BREAKER_OPENED);
}

static void test_doubles_its_wait_and_closes(void **state) {
    (void)state;
    static const int64_t WAITS[] = {60, 120, 240, 480, 600, 600};
    struct breaker breaker = {.is_open = false};
    int64_t now = 0;
    assert_int_equal(fail_in_turn(&breaker, 5, 5, &now), BREAKER_OPENED);
    for (size_t i = 0; i < sizeof WAITS / sizeof WAITS[0]; i++) {
        now = breaker.again_us;
        assert_true(breaker_lets(&breaker, 100 + i, now));
        assert_int_equal(breaker_note(&breaker, 100 + i, true, now), BREAKER_STAYS_OPEN);
        assert_false(breaker_lets(&breaker, 9, now + WAITS[i] * SECOND - 1));
        assert_true(breaker_lets(&breaker, 9, now + WAITS[i] * SECOND));
    }
    now = breaker.again_us;
    assert_int_equal(breaker_note(&breaker, 1, false, now), BREAKER_CLOSED);
    assert_true(breaker_lets(&breaker, 1, now));
    assert_int_equal(fail_in_turn(&breaker, 5, 4, &now), BREAKER_SAME); /* from the beginning */
    assert_int_equal(fail_in_turn(&breaker, 5, 1, &now), BREAKER_OPENED);
    assert_int_equal(breaker.wait_us, 30 * SECOND);
}

/* One of those who set it aside sends without a pause, so that any trial would be theirs. */
static void test_one_sender_cannot_keep_it_open(void **state) {
    (void)state;
    struct breaker breaker = {.is_open = false};
    int64_t now = 0;
    assert_int_equal(fail_in_turn(&breaker, 3, 5, &now), BREAKER_OPENED);
    assert_false(breaker_lets(&breaker, 1, breaker.again_us));
    assert_true(breaker_lets(&breaker, 9, breaker.again_us));
    now = breaker.again_us + 30 * SECOND; /* nobody else wrote */
    assert_false(breaker_lets(&breaker, 1, now - 1));
    assert_true(breaker_lets(&breaker, 1, now));
    assert_int_equal(breaker_note(&breaker, 1, true, now), BREAKER_STAYS_OPEN);
    now = breaker.again_us;
    assert_false(breaker_lets(&breaker, 1, now));
    assert_int_equal(breaker_note(&breaker, 9, true, now), BREAKER_STAYS_OPEN);
    assert_false(breaker_lets(&breaker, 9, breaker.again_us)); /* one of them now */
    assert_true(breaker_lets(&breaker, 10, breaker.again_us));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_for_three_senders),
        cmocka_unit_test(test_one_or_two_senders_never_open_it),
        cmocka_unit_test(test_a_few_among_many_never_open_it),
        cmocka_unit_test(test_half_of_the_last_twenty_open_it),
        cmocka_unit_test(test_what_is_a_minute_ago_does_not_count),
        cmocka_unit_test(test_doubles_its_wait_and_closes),
        cmocka_unit_test(test_one_sender_cannot_keep_it_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
