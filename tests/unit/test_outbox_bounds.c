/* The outbox: how much waits at most and how long, and what a person wants of all of it. */
#include "outbox_support.h"

static void fill(struct place *place, int messages) {
    for (int i = 0; i < messages; i++) {
        char from[16];
        snprintf(from, sizeof from, "A%d", i % 100);
        tell(place, direct(place, from, "B"));
    }
}

static void too_many_rows_push_out_the_oldest(void **state) {
    struct place *place = *state;
    place->settings.rows_max = 10;
    reopen(place);
    fill(place, 8);
    assert_counts(place, 0, 10, 6);
    assert_int_equal(outbox_counts(place->store, 0).given_up, 6);
    assert_span(place->rows[0].error, SPAN("too many waited for this endpoint"));
    due(place, 0);
    assert_int_equal(place->count, 5);
    assert_span(place->rows[0].event.owner, SPAN("A3"));
}

static void too_many_bytes_push_out_the_oldest(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    uint64_t bytes = outbox_counts(place->store, 0).bytes;
    assert_true(bytes > 0);
    place->settings.bytes_max = bytes * 3;
    reopen(place);
    assert_int_equal(outbox_counts(place->store, 0).bytes, bytes);
    fill(place, 5);
    assert_counts(place, 0, 6, 6);
}

static void what_waited_too_long_is_given_up(void **state) {
    struct place *place = *state;
    fill(place, 3);
    place->now_ms += 10;
    fill(place, 1);
    place->now_ms = NOW + place->settings.age_max_ms;
    assert_false(outbox_is_due(place->store, place->now_ms));
    place->now_ms++;
    assert_true(outbox_is_due(place->store, place->now_ms));
    tick(place);
    assert_counts(place, 0, 2, 6);
    assert_span(place->rows[0].error, SPAN("it waited too long"));
    assert_false(outbox_is_due(place->store, place->now_ms));
}

static void much_that_is_too_old_goes_a_bounded_number_at_a_time(void **state) {
    struct place *place = *state;
    fill(place, 1600);
    place->now_ms += 2 * place->settings.age_max_ms;
    tick(place);
    assert_int_equal(outbox_counts(place->store, 0).waiting, 2200);
    while (outbox_is_due(place->store, place->now_ms))
        tick(place);
    assert_int_equal(outbox_counts(place->store, 0).waiting, 0);
    assert_int_equal(outbox_counts(place->store, 0).dead, 3200);
    assert_int_equal(outbox_counts(place->store, 0).bytes, 0);
}

static void of_the_dead_the_oldest_go(void **state) {
    struct place *place = *state;
    place->settings.rows_max = 0;
    place->settings.dead_max = 3;
    reopen(place);
    fill(place, 3);
    assert_counts(place, 0, 0, 3);
    assert_int_equal(outbox_counts(place->store, 0).given_up, 6);
    assert_span(place->rows[0].event.other, SPAN("A2"));
}

static void what_waits_for_an_endpoint_that_is_gone_is_given_up(void **state) {
    struct place *place = *state;
    fill(place, 2);
    place->endpoints[0].url = TWO;
    reopen(place);
    assert_true(outbox_is_due(place->store, place->now_ms));
    while (outbox_is_due(place->store, place->now_ms))
        tick(place);
    assert_counts(place, 0, 0, 4);
    assert_span(place->rows[0].error, SPAN("the settings name this endpoint no more"));
    assert_span(place->rows[0].url, ONE);
    assert_true(place->rows[0].endpoint == SIZE_MAX);
    change(place, (struct outbox_change){.what = OUTBOX_RETRY, .id = place->rows[0].id});
    assert_counts(place, 0, 0, 4); /* to whom? */
    place->endpoints[0].url = ONE;
    reopen(place);
    list(place, true);
    change(place, (struct outbox_change){.what = OUTBOX_RETRY, .id = place->rows[0].id});
    assert_counts(place, 0, 1, 3);
}

static void until_done(struct place *place) {
    while (outbox_is_due(place->store, place->now_ms))
        tick(place);
}

static void all_that_waits_is_dropped_and_what_comes_later_is_not(void **state) {
    struct place *place = *state;
    fill(place, 800);
    change(place, (struct outbox_change){.what = OUTBOX_DROP});
    fill(place, 1);
    until_done(place);
    assert_counts(place, 0, 2, 0);
    due(place, 0);
    assert_int_equal(place->count, 1);
}

static void all_the_dead_come_back_or_are_dropped(void **state) {
    struct place *place = *state;
    place->settings.rows_max = 0;
    reopen(place);
    fill(place, 800);
    place->settings.rows_max = 100000;
    reopen(place);
    fill(place, 1);
    due(place, 0);
    change(place, (struct outbox_change){.what = OUTBOX_RETRY, .of_dead = true});
    until_done(place);
    assert_counts(place, 0, 1602, 0);
    due(place, 0);
    assert_int_equal(place->count, 100);
    place->settings.rows_max = 0;
    reopen(place);
    until_done(place);
    assert_counts(place, 0, 0, 1602);
    change(place, (struct outbox_change){.what = OUTBOX_DROP, .of_dead = true});
    until_done(place);
    assert_counts(place, 0, 0, 0);
}

static void all_that_waits_is_brought_forward(void **state) {
    struct place *place = *state;
    fill(place, 5);
    due(place, 0);
    for (size_t i = 0; i < 5; i++)
        change(place, (struct outbox_change){
                          .what = OUTBOX_AGAIN, .id = place->rows[i].id, .due_ms = NOW + 1000});
    due(place, 0);
    assert_int_equal(place->count, 0);
    change(place, (struct outbox_change){.what = OUTBOX_RETRY});
    until_done(place);
    due(place, 0);
    assert_int_equal(place->count, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        claim(too_many_rows_push_out_the_oldest),
        claim(too_many_bytes_push_out_the_oldest),
        claim(what_waited_too_long_is_given_up),
        claim(much_that_is_too_old_goes_a_bounded_number_at_a_time),
        claim(of_the_dead_the_oldest_go),
        claim(what_waits_for_an_endpoint_that_is_gone_is_given_up),
        claim(all_that_waits_is_dropped_and_what_comes_later_is_not),
        claim(all_the_dead_come_back_or_are_dropped),
        claim(all_that_waits_is_brought_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
