/* webhook_pace: back-off, jitter, endpoints that are down, and what they ask for. */
#include "claims.h"

#include "server/webhook_pace.h"

static const int64_t SECOND = 1000, MINUTE = 60000, HOUR = 3600000;

static struct hook_result failed(int status, int64_t retry_after_ms) {
    return (struct hook_result){
        .class = HOOK_AGAIN, .status = status, .retry_after_ms = retry_after_ms};
}

static const struct hook_result DONE = {.class = HOOK_DONE, .status = 200};
static const struct hook_result FINAL = {.class = HOOK_FINAL, .status = 400};

static void a_back_off_doubles_up_to_its_most(void **state) {
    (void)state;
    static const struct {
        unsigned failures;
        int64_t wait;
    } CASES[] = {{1, 1000},    {2, 2000},    {3, 4000},    {4, 8000},           {9, 256000},
                 {10, 512000}, {11, 600000}, {12, 600000}, {4000000000, 600000}};
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_int_equal(pace_back_off(SECOND, 10 * MINUTE, CASES[i].failures, 0), CASES[i].wait);
    assert_int_equal(pace_back_off(HOUR, 10 * MINUTE, 1, 0), 10 * MINUTE);
}

static void jitter_takes_away_up_to_a_half(void **state) {
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t chance = 0; chance < 10000; chance++) {
        int64_t wait = pace_back_off(SECOND, MINUTE, 4, chance * 7919);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_in_range(least, 4000, 4010);
    assert_in_range(most, 7990, 8000);
    assert_int_equal(pace_back_off(1, MINUTE, 1, UINT64_MAX), 1);
    assert_true(pace_back_off(2, MINUTE, 1, UINT64_MAX) >= 1);
}

static void one_failure_puts_off_its_row_alone(void **state) {
    (void)state;
    struct pace pace = {.first_ms = SECOND};
    struct hook_result result = failed(500, 0);
    assert_int_equal(pace_note(&pace, &result, 1, 0, 0), SECOND);
    assert_int_equal(pace_note(&pace, &result, 3, 0, 0), 4 * SECOND);
    assert_int_equal(pace_room(&pace, 3, 8, 0), 5);
    assert_int_equal(pace_room(&pace, 8, 8, 0), 0);
    assert_int_equal(pace_room(&pace, 9, 8, 0), 0);
}

static void bring_down(struct pace *pace, int64_t now) {
    struct hook_result result = failed(0, 0);
    for (int i = 0; i < PACE_DOWN_AFTER; i++)
        pace_note(pace, &result, 1, now, 0);
    assert_true(pace->is_down);
}

static void five_in_a_row_bring_it_down(void **state) {
    (void)state;
    struct pace pace = {.first_ms = SECOND};
    struct hook_result result = failed(503, 0);
    for (int i = 0; i < 20; i++) { /* with one good answer in between each time */
        for (int j = 1; j < PACE_DOWN_AFTER; j++)
            pace_note(&pace, &result, 1, 0, 0);
        assert_false(pace.is_down);
        pace_note(&pace, i % 2 ? &DONE : &FINAL, 1, 0, 0);
    }
    bring_down(&pace, 0);
    assert_int_equal(pace_room(&pace, 0, 8, 999), 0);
    assert_int_equal(pace_room(&pace, 0, 8, 1000), 1);
    assert_int_equal(pace_room(&pace, 1, 8, 1000), 0);
}

static void probes_back_off_to_a_minute_whatever_the_row_has_behind_it(void **state) {
    (void)state;
    struct pace pace = {.first_ms = SECOND};
    struct hook_result result = failed(0, 0);
    static const int64_t WAITS[] = {2, 4, 8, 16, 32, 60, 60, 60};
    int64_t now = 5000;
    bring_down(&pace, now);
    for (size_t i = 0; i < COUNT(WAITS); i++) {
        now = pace.open_ms;
        assert_int_equal(pace_note(&pace, &result, 100, now, 0), WAITS[i] * SECOND);
        assert_int_equal(pace_room(&pace, 0, 8, now + WAITS[i] * SECOND - 1), 0);
        assert_int_equal(pace_room(&pace, 0, 8, now + WAITS[i] * SECOND), 1);
    }
}

static void what_was_under_way_when_it_went_down_says_nothing_new(void **state) {
    (void)state;
    struct pace pace = {.first_ms = SECOND};
    struct hook_result result = failed(0, 0);
    bring_down(&pace, 0);
    int64_t open = pace.open_ms;
    assert_int_equal(pace_note(&pace, &result, 1, 10, 0), open - 10);
    assert_int_equal(pace.open_ms, open);
}

static void any_answer_brings_it_up(void **state) {
    (void)state;
    struct pace pace = {.first_ms = SECOND};
    bring_down(&pace, 0);
    pace_note(&pace, &DONE, 1, 5000, 0);
    assert_int_equal(pace_room(&pace, 0, 8, 0), 8);
    bring_down(&pace, 0);
    pace_note(&pace, &FINAL, 1, 5000, 0);
    assert_int_equal(pace_room(&pace, 0, 8, 0), 8);
}

static void an_endpoint_that_asks_to_be_left_alone_is(void **state) {
    (void)state;
    static const struct {
        int status;
        int64_t asked, wait;
    } CASES[] = {{429, 0, SECOND},          {429, 30000, 30000}, {503, 30000, 30000},
                 {429, 500, SECOND},        {429, HOUR, HOUR},   {429, 48 * HOUR, HOUR},
                 {503, INT64_MAX / 2, HOUR}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct pace pace = {.first_ms = SECOND};
        struct hook_result result = failed(CASES[i].status, CASES[i].asked);
        assert_int_equal(pace_note(&pace, &result, 1, 7, 0), CASES[i].wait);
        assert_int_equal(pace_room(&pace, 0, 8, 7 + CASES[i].wait - 1), 0);
        assert_int_equal(pace_room(&pace, 0, 8, 7 + CASES[i].wait), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_back_off_doubles_up_to_its_most),
        cmocka_unit_test(jitter_takes_away_up_to_a_half),
        cmocka_unit_test(one_failure_puts_off_its_row_alone),
        cmocka_unit_test(five_in_a_row_bring_it_down),
        cmocka_unit_test(probes_back_off_to_a_minute_whatever_the_row_has_behind_it),
        cmocka_unit_test(what_was_under_way_when_it_went_down_says_nothing_new),
        cmocka_unit_test(any_answer_brings_it_up),
        cmocka_unit_test(an_endpoint_that_asks_to_be_left_alone_is),
    };
    return cmocka_run_group_tests_name("webhook_pace", tests, NULL, NULL);
}
