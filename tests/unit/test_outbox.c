/* The outbox: what waits to be posted, in what order, and how it comes to an end. */
#include "outbox_support.h"

#include "ports/store/fault.h"

static void an_event_of_a_copy_is_that_copy(void **state) {
    struct place *place = *state;
    struct plan *plan = direct(place, "U1", "U2");
    const char *id = arena_string(place->arena, span_of(plan->id.text));
    tell(place, plan);
    due(place, 0);
    assert_int_equal(place->count, 1); /* the other one waits behind it */
    assert_int_equal(place->next_due_ms, INT64_MAX);
    struct outbox_row *row = &place->rows[0];
    assert_span(row->url, ONE);
    assert_int_equal(row->endpoint, 0);
    assert_int_equal(row->tries, 0);
    assert_span(
        event_write(place->arena, &row->event),
        arena_print(place->arena,
                    "{\"event_type\":\"message-sent\",\"createdAt\":5000000,"
                    "\"recipient_id\":\"U2\",\"app_id\":\"tilechat\",\"message_id\":\"%s\","
                    "\"data\":{\"text\":\"hi\",\"message_id\":\"%s\",\"sender\":\"U1\","
                    "\"recipient\":\"U2\",\"app_id\":\"tilechat\",\"timestamp\":1700000000001,"
                    "\"status\":100},"
                    "\"extras\":{\"topic\":\"apps.tilechat.users.U1.messages.U2.clientadded\"},"
                    "\"delivered_to\":\"U1\"}",
                    id, id));
    change(place, (struct outbox_change){.what = OUTBOX_POSTED, .id = row->id});
    due(place, 0);
    assert_int_equal(place->count, 1);
    row = &place->rows[0];
    assert_int_equal(row->event.kind, EVENT_DELIVERED);
    assert_span(row->event.owner, SPAN("U2"));
    assert_span(row->event.topic, SPAN("apps.tilechat.users.U2.messages.U1.clientadded"));
    assert_true(span_has(row->event.data, SPAN("\"status\":150")));
    change(place, (struct outbox_change){.what = OUTBOX_POSTED, .id = row->id});
    assert_counts(place, 0, 0, 0);
    assert_int_equal(outbox_counts(place->store, 0).bytes, 0);
}

static void the_topic_has_the_form_it_was_published_in(void **state) {
    struct place *place = *state;
    struct plan *plan = direct(place, "U1", "U2");
    plan->form = INBOX_SEED_DOT;
    tell(place, plan);
    due(place, 0);
    assert_span(place->rows[0].event.topic,
                SPAN(".apps.tilechat.users.U1.U2.messages.clientadded"));
}

static void a_copy_to_a_sender_who_was_refused_is_told_to_nobody(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "hi");
    plan->tells_copies = true;
    plan->copies[0].status = STATUS_FAILED;
    plan->copy_count = 1;
    tell(place, plan);
    assert_counts(place, 0, 0, 0);
}

static void a_plan_that_does_not_say_so_tells_nothing(void **state) {
    struct place *place = *state;
    tell(place, plan_direct(place->next_offset++, "U1", "U2", "hi"));
    assert_counts(place, 0, 0, 0);
}

static void a_group_is_told_once_for_each_member(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_at(place->next_offset++);
    plan->sender = SPAN("U1"), plan->recipient = SPAN("group-1");
    plan_set_body(plan, "hi");
    plan_add_copy(plan, "group-1", "group-1", STATUS_SENT);
    plan_add_copy(plan, "U1", "group-1", STATUS_DELIVERED);
    plan_add_copy(plan, "U2", "group-1", STATUS_DELIVERED);
    plan->tells_copies = true;
    tell(place, plan);
    due(place, 0);
    assert_int_equal(place->count, 3); /* members do not wait for each other */
    assert_int_equal(place->rows[0].event.kind, EVENT_SENT);
    assert_span(place->rows[0].event.owner, SPAN("group-1"));
    assert_span(place->rows[2].event.owner, SPAN("U2"));
    assert_span(place->rows[2].event.recipient, SPAN("group-1"));
}

static void an_endpoint_is_told_what_it_wants(void **state) {
    struct place *place = *state;
    place->settings.endpoint_count = 2;
    reopen(place);
    tell(place, direct(place, "U1", "U2"));
    assert_int_equal(outbox_counts(place->store, 0).waiting, 2);
    assert_int_equal(outbox_counts(place->store, 1).waiting, 1);
    due(place, 1);
    assert_int_equal(place->count, 1);
    assert_span(place->rows[0].url, TWO);
    assert_int_equal(place->rows[0].event.kind, EVENT_DELIVERED);
}

static void events_of_their_own_words(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_at(place->next_offset++);
    struct plan_event events[] = {
        {EVENT_RETURN_RECEIPT, SPAN("R"), SPAN("U"), SPAN("M"), SPAN("a.topic"), SPAN("{\"a\":1}")},
        {.kind = EVENT_ONLINE, .owner = SPAN("U")},
    };
    plan->events = events, plan->event_count = 2;
    tell(place, plan);
    due(place, 0);
    assert_int_equal(place->count, 2);
    const struct event *event = &place->rows[0].event;
    assert_span(event->app, SPAN("tilechat"));
    assert_span(event->owner, SPAN("R"));
    assert_span(event->recipient, SPAN("U"));
    assert_span(event->message_id, SPAN("M"));
    assert_span(event->topic, SPAN("a.topic"));
    assert_span(event->data, SPAN("{\"a\":1}"));
    assert_int_equal(place->rows[1].event.kind, EVENT_ONLINE);
    assert_null(place->rows[1].event.data.at);
}

static void children_are_told_too(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "hi"), *child;
    child = plan_at(plan->origin.offset);
    child->id = ident_make(INCARNATION, plan->origin.offset, 1);
    child->child = 1;
    child->sender = SPAN("system"), child->recipient = SPAN("U1");
    plan_set_body(child, "a reply");
    plan_add_copy(child, "U1", "system", STATUS_DELIVERED);
    child->tells_copies = true;
    plan->children = arena_array(plan->arena, 1, sizeof *plan->children);
    plan->children[0] = child;
    plan->child_count = 1;
    const char *id = arena_string(place->arena, span_of(child->id.text));
    tell(place, plan);
    due(place, 0);
    assert_int_equal(place->count, 1);
    assert_span(place->rows[0].event.message_id, span_of(id));
}

static void what_failed_is_tried_again_later_and_its_lane_waits(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    tell(place, direct(place, "U3", "U4"));
    due(place, 0);
    assert_int_equal(place->count, 2);
    int64_t first = place->rows[0].id;
    change(
        place,
        (struct outbox_change){
            .what = OUTBOX_AGAIN, .id = first, .due_ms = NOW + 500, .answer = 503, .error = "no"});
    due(place, 0);
    assert_int_equal(place->count, 1);
    assert_span(place->rows[0].event.owner, SPAN("U3"));
    assert_int_equal(place->next_due_ms, NOW + 500);
    place->now_ms = NOW + 500;
    due(place, 0);
    assert_int_equal(place->count, 2);
    assert_int_equal(place->rows[1].id, first);
    assert_int_equal(place->rows[1].tries, 1);
    assert_int_equal(place->rows[1].answer, 503);
    assert_span(place->rows[1].error, SPAN("no"));
    due_except(place, 0, &first, 1);
    assert_int_equal(place->count, 1);
}

/* Until the time that it was then, a lane would wait for years. */
static void a_clock_that_was_set_back_holds_nothing_up(void **state) {
    struct place *place = *state;
    enum { HOUR = 60 * 60 * 1000 };
    place->now_ms = NOW + INT64_C(48) * HOUR;
    tell(place, direct(place, "U1", "U2"));
    tell(place, direct(place, "U3", "U4"));
    place->now_ms = NOW;
    tell(place, direct(place, "U1", "U2"));
    tell(place, direct(place, "U5", "U6"));
    due(place, 0);
    assert_int_equal(place->count, 3);
    assert_span(place->rows[0].event.owner, SPAN("U5"));
    int64_t under_way[] = {place->rows[0].id, place->rows[1].id};
    due_except(place, 0, under_way, 2);
    assert_int_equal(place->count, 1);
    assert_int_not_equal(place->rows[0].id, under_way[1]);
    change(place,
           (struct outbox_change){.what = OUTBOX_AGAIN, .id = under_way[1], .due_ms = NOW + HOUR});
    due(place, 0);
    assert_int_equal(place->count, 2);
    assert_int_equal(place->next_due_ms, NOW + HOUR);
}

static void the_longest_due_come_first_and_the_next_is_known(void **state) {
    struct place *place = *state;
    for (int i = 0; i < 5; i++, place->now_ms++)
        tell(place, direct(place, i % 2 ? "U1" : "A1", i < 2 ? "U2" : i < 4 ? "U3" : "U4"));
    struct why why;
    assert_int_equal(outbox_due(place->reader, place->arena, 0, place->now_ms, NULL, 0, place->rows,
                                3, &place->count, &place->next_due_ms, &why),
                     0);
    assert_int_equal(place->count, 3);
    assert_int_equal(place->rows[0].due_ms, NOW);
    assert_int_equal(place->rows[2].due_ms, NOW + 2);
    assert_int_equal(place->next_due_ms, NOW + 3);
}

static void given_up_is_among_the_dead(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    int64_t id = place->rows[0].id;
    change(place, (struct outbox_change){
                      .what = OUTBOX_GIVEN_UP, .id = id, .answer = 400, .error = "bad request"});
    assert_counts(place, 0, 1, 1);
    assert_int_equal(outbox_counts(place->store, 0).given_up, 1);
    assert_int_equal(place->rows[0].id, id);
    assert_int_equal(place->rows[0].tries, 1);
    assert_int_equal(place->rows[0].due_ms, NOW);
    assert_span(place->rows[0].error, SPAN("bad request"));
    assert_true(span_has(place->rows[0].event.data, SPAN("\"status\":100")));
    due(place, 0);
    assert_int_equal(place->rows[0].event.kind, EVENT_DELIVERED);
    reopen(place);
    assert_counts(place, 0, 1, 1);
}

static void the_dead_come_back_behind_their_lane(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    int64_t id = place->rows[0].id;
    change(place, (struct outbox_change){.what = OUTBOX_GIVEN_UP, .id = id});
    place->now_ms += 2 * place->settings.age_max_ms;
    change(place, (struct outbox_change){.what = OUTBOX_RETRY, .id = id});
    assert_counts(place, 0, 1, 1); /* what had waited meanwhile was too old */
    due(place, 0);
    assert_true(place->rows[0].id > id);
    assert_int_equal(place->rows[0].event.kind, EVENT_SENT);
    assert_int_equal(place->rows[0].event.created_ms, NOW);
    assert_int_equal(place->rows[0].since_ms, place->now_ms); /* a whole age from now on */
    assert_int_equal(place->rows[0].tries, 0);
    tick(place);
    assert_counts(place, 0, 1, 1);
}

static void a_persons_word_brings_a_lane_forward(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    change(place, (struct outbox_change){
                      .what = OUTBOX_AGAIN, .id = place->rows[0].id, .due_ms = NOW + 1000});
    list(place, false);
    assert_int_equal(place->count, 2);
    change(place, (struct outbox_change){.what = OUTBOX_RETRY, .id = place->rows[0].id});
    due(place, 0);
    assert_int_equal(place->count, 1);
}

static void dropped_is_gone_waiting_or_dead(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    int64_t id = place->rows[0].id;
    change(place, (struct outbox_change){.what = OUTBOX_GIVEN_UP, .id = id});
    change(place, (struct outbox_change){.what = OUTBOX_DROP, .id = id});
    assert_counts(place, 0, 1, 0);
    due(place, 0);
    change(place, (struct outbox_change){.what = OUTBOX_DROP, .id = place->rows[0].id});
    assert_counts(place, 0, 0, 0);
    change(place, (struct outbox_change){.what = OUTBOX_DROP, .id = 77});
    change(place, (struct outbox_change){.what = OUTBOX_POSTED, .id = 77});
    change(place, (struct outbox_change){.what = OUTBOX_RETRY, .id = 77});
    assert_counts(place, 0, 0, 0);
}

static void posted_after_it_was_given_up_is_over(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    int64_t id = place->rows[0].id;
    change(place, (struct outbox_change){.what = OUTBOX_GIVEN_UP, .id = id});
    change(place, (struct outbox_change){.what = OUTBOX_POSTED, .id = id});
    assert_counts(place, 0, 1, 0);
}

static void ids_are_never_given_twice(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    int64_t id = place->rows[0].id;
    change(place, (struct outbox_change){.what = OUTBOX_DROP});
    reopen(place);
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    assert_int_equal(place->count, 1);
    assert_true(place->rows[0].id > id + 1);
    assert_true(place->rows[0].id < INT64_C(1) << 53);
}

static void after_a_failed_commit_nothing_has_changed(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    due(place, 0);
    struct outbox_change posted = {.what = OUTBOX_POSTED, .id = place->rows[0].id};
    struct plan *plan = direct(place, "U1", "U2");
    struct store_batch batch = {
        .plans = &plan, .count = 1, .changes = &posted, .change_count = 1, .now_ms = NOW};
    struct outbox_counts before = outbox_counts(place->store, 0);
    for (unsigned after = 0;; after++) {
        struct why why;
        store_set_fault(place->store, &(struct store_fault){STORE_FAULT_IO, after, 1, 0, NULL, 0});
        if (store_commit(place->store, &batch, &why) == 0)
            break;
        struct outbox_counts now = outbox_counts(place->store, 0);
        assert_memory_equal(&now, &before, sizeof now);
    }
    store_set_fault(place->store, &(struct store_fault){.kind = STORE_FAULT_NONE});
    plan_free(&plan);
    assert_counts(place, 0, 3, 0);
}

static void a_plan_that_is_bad_tells_nothing(void **state) {
    struct place *place = *state;
    struct plan *plans[] = {direct(place, "U1", "U2"), direct(place, "U3", "U4")};
    plans[1]->copies[0].status = 77;
    struct store_batch batch = {.plans = plans, .count = 2};
    assert_int_equal(commit_batch(place, &batch), 0);
    assert_true(plans[1]->is_bad);
    plan_free(&plans[0]);
    plan_free(&plans[1]);
    assert_counts(place, 0, 2, 0);
}

static void a_message_that_is_stored_already_is_told_once(void **state) {
    struct place *place = *state;
    tell(place, direct(place, "U1", "U2"));
    place->next_offset--;
    struct plan *again = direct(place, "U1", "U2");
    struct store_batch batch = {.plans = &again, .count = 1};
    assert_int_equal(commit_batch(place, &batch), 0);
    assert_true(again->is_bad);
    plan_free(&again);
    assert_counts(place, 0, 2, 0);
    reopen(place);
    assert_counts(place, 0, 2, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        claim(an_event_of_a_copy_is_that_copy),
        claim(the_topic_has_the_form_it_was_published_in),
        claim(a_copy_to_a_sender_who_was_refused_is_told_to_nobody),
        claim(a_plan_that_does_not_say_so_tells_nothing),
        claim(a_group_is_told_once_for_each_member),
        claim(an_endpoint_is_told_what_it_wants),
        claim(events_of_their_own_words),
        claim(children_are_told_too),
        claim(what_failed_is_tried_again_later_and_its_lane_waits),
        claim(a_clock_that_was_set_back_holds_nothing_up),
        claim(the_longest_due_come_first_and_the_next_is_known),
        claim(given_up_is_among_the_dead),
        claim(the_dead_come_back_behind_their_lane),
        claim(a_persons_word_brings_a_lane_forward),
        claim(dropped_is_gone_waiting_or_dead),
        claim(posted_after_it_was_given_up_is_over),
        claim(ids_are_never_given_twice),
        claim(after_a_failed_commit_nothing_has_changed),
        claim(a_plan_that_is_bad_tells_nothing),
        claim(a_message_that_is_stored_already_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
