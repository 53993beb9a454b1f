/* The store: plans that take the place of one that waited. */
#include "waiting_support.h"

static void who_is_put_off_again_keeps_its_place(void **state) {
    struct place *place = *state;
    struct plan *found;
    size_t count;
    commit_one(place->store, plan_deferred(1, "U1", "U2", 100));
    commit_one(place->store, plan_deferred(2, "U1", "U2", 100));
    commit_one(place->store, plan_deferred(3, "U1", "U2", 100));
    int64_t seq = commit_one(place->store, instead(plan_deferred(1, "U1", "U2", 500), 1));
    assert_int_equal(seq, 4);
    assert_int_equal(due(place, 499, 20), 0);
    assert_counts(place, 3, 0, 500);
    seq = commit_one(place->store, instead(plan_deferred(1, "U1", "U2", 600), seq));
    assert_int_equal(store_due(place->store, 600, &found, 1, &count, NULL), 0);
    assert_int_equal(found->seq, 5);
    assert_int_equal(found->wait.place, 1);
    plan_free(&found);
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "later"), seq));
    assert_int_equal(due(place, 600, 20), 2);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), 3);
    /* One in the middle that goes makes no other the first. */
    commit_one(place->store, plan_deferred(4, "U1", "U2", 100));
    commit_one(place->store, instead(plan_direct(3, "U1", "U2", "later"), 3));
    assert_int_equal(due(place, 600, 20), 2);
    commit_one(place->store, instead(plan_direct(2, "U1", "U2", "later"), 2));
    assert_int_equal(due(place, 600, 20), 4);
}

static void a_successor_stands_for_its_message(void **state) {
    struct place *place = *state;
    bool is_known = false;
    struct plan *again = plan_direct(1, "U1", "U2", "read again");
    commit_one(place->store, plan_deferred(1, "U1", "U2", 100));
    assert_int_equal(count_at(place->folder, "U1", NULL), 0);
    assert_int_equal(count_at(place->folder, "U2", NULL), 0);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM conversation"), 0);
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "released"), 1));
    assert_int_equal(count_at(place->folder, "U2", "U1"), 1);
    assert_non_null(strstr(entry_at(place->folder, place->arena, "U2", "U1", 0), "released"));
    assert_int_equal(store_knows(place->store, 1, 8, &is_known, NULL), 0);
    assert_true(is_known);
    assert_int_equal(commit_plans(place->store, &again, 1, NULL), 0);
    assert_true(again->is_bad && again->seq == 2);
    plan_free(&again);
}

/* What was drained is known again by its digest, and numbered on as if nothing had waited. */
static void a_drained_message_is_known_behind_its_successor(void **state) {
    struct place *place = *state;
    struct store_mark before, after;
    uint64_t *digests;
    size_t count = 0;
    for (int i = 0; i < 2; i++) {
        struct plan *plan = i ? instead(plan_direct(0, "U1", "U2", "released"), 1)
                              : plan_deferred(0, "U1", "U2", 100);
        assert_int_equal(store_mark(place->store, i ? &after : &before, NULL), 0);
        plan->origin = (struct origin){0, before.drained_next, 77};
        plan->id = ident_make(0, before.drained_next, 0);
        struct store_batch batch = {.plans = &plan, .count = 1};
        assert_int_equal(store_commit(place->store, &batch, NULL), 0);
        assert_int_equal(plan->seq, i + 1);
        plan_free(&plan);
    }
    assert_int_equal(after.drained_next, before.drained_next + 1);
    assert_int_equal(store_mark(place->store, &after, NULL), 0);
    assert_int_equal(after.drained_next, before.drained_next + 1);
    assert_int_equal(store_drained_recent(place->store, place->arena, 3, &digests, &count, NULL),
                     0);
    assert_true(count == 1 && digests[0] == 77);
    assert_counts(place, 0, 0, INT64_MAX);
}

static void nothing_takes_a_place_twice(void **state) {
    struct place *place = *state;
    commit_one(place->store, held(1, "U1", "U2"));
    struct plan *plans[3] = {instead(plan_direct(1, "U1", "U2", "released"), 1),
                             instead(plan_direct(1, "U1", "U2", "deleted"), 1),
                             plan_direct(2, "U1", "U2", "next")};
    struct store_batch batch = {.plans = plans, .count = 3};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    assert_true(!plans[0]->is_bad && plans[0]->seq == 2);
    assert_true(plans[1]->is_bad && plans[1]->seq == 2);
    assert_true(!plans[2]->is_bad && plans[2]->seq == 3);
    for (size_t i = 0; i < 3; i++)
        plan_free(&plans[i]);
    assert_int_equal(count_at(place->folder, "U2", "U1"), 2);
    assert_counts(place, 0, 0, INT64_MAX);
}

static void nothing_takes_the_place_of_another_message(void **state) {
    struct place *place = *state;
    commit_one(place->store, held(1, "U1", "U2"));
    struct plan *strangers[3] = {
        instead(plan_direct(2, "U1", "U2", "another offset"), 1),
        instead(plan_direct(1, "U1", "U2", "a child"), 1),
        instead(plan_direct(1, "U1", "U2", "another digest"), 1),
    };
    strangers[1]->id = ident_make(INCARNATION, 1, 1);
    strangers[2]->origin.digest++;
    uint64_t before = digest_of(place->folder);
    for (size_t i = 0; i < 3; i++) {
        struct store_batch batch = {.plans = &strangers[i], .count = 1};
        assert_int_equal(store_commit(place->store, &batch, NULL), 0);
        assert_true(strangers[i]->is_bad);
        assert_counts(place, 0, 1, INT64_MAX);
        assert_true(before == digest_of(place->folder));
        plan_free(&strangers[i]);
    }
}

static void the_mark_does_not_follow_what_waited(void **state) {
    struct place *place = *state;
    struct store_mark mark;
    struct plan *old = plan_deferred(7, "U1", "U2", 100);
    old->origin.incarnation = 5;
    old->id = ident_make(5, 7, 0);
    commit_one(place->store, old);
    assert_int_equal(store_set_incarnation(place->store, INCARNATION, NULL), 0);
    struct plan *plans[3] = {plan_direct(1, "U1", "U2", "a"), plan_direct(7, "U1", "U2", "later"),
                             plan_direct(2, "U1", "U2", "b")};
    plans[1]->origin.incarnation = 5;
    plans[1]->id = ident_make(5, 7, 0);
    instead(plans[1], 1);
    plans[2]->copies[0].status = 7;
    assert_int_equal(commit_plans(place->store, plans, 3, NULL), 0);
    assert_true(plans[1]->seq == 3 && plans[2]->is_bad);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_true(mark.incarnation == INCARNATION && mark.offset == 1);
    for (size_t i = 0; i < 3; i++)
        plan_free(&plans[i]);
}

static void the_mark_passes_what_stood_before_a_bad_successor(void **state) {
    struct place *place = *state;
    struct store_mark mark;
    commit_one(place->store, plan_deferred(1, "U1", "U2", 100));
    struct plan *plans[3] = {plan_direct(2, "U1", "U2", "a"),
                             instead(plan_direct(1, "U1", "U2", "later"), 1),
                             plan_direct(3, "U1", "U2", "b")};
    plans[1]->copies[0].status = 7;
    assert_int_equal(commit_plans(place->store, plans, 3, NULL), 0);
    assert_true(plans[0]->seq == 2 && plans[1]->is_bad && plans[2]->seq == 0);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_int_equal(mark.offset, 2);
    assert_counts(place, 1, 0, 100);
    for (size_t i = 0; i < 3; i++)
        plan_free(&plans[i]);
}

static void unconfirmed_letters_outlive_the_plan(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_deferred(1, "U1", "U2", 100), *found[4];
    struct plan_letter first = {LETTER_TOPIC, SPAN("first"), SPAN("b"), SPAN_NONE, 0};
    struct plan_letter second = {LETTER_TOPIC, SPAN("second"), SPAN("b"), SPAN_NONE, 0};
    size_t count;
    plan_add_letter(plan, first);
    commit_one(place->store, plan);
    for (int i = 0; i < 2; i++) {
        plan = instead(plan_deferred(1, "U1", "U2", 100), 1 + i);
        plan_add_letter(plan, second);
        commit_one(place->store, plan);
    }
    assert_int_equal(store_unconfirmed(place->store, 0, found, 4, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(found[0]->letter_count, 3);
    assert_same_span(found[0]->letters[2].key, SPAN("first"));
    plan_free(&found[0]);
    /* Those that went out are not sent twice. */
    confirm(place->store, 3);
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "later"), 3));
    assert_int_equal(store_unconfirmed(place->store, 0, found, 4, &count, NULL), 0);
    assert_int_equal(found[0]->letter_count, 0);
    plan_free(&found[0]);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(who_is_put_off_again_keeps_its_place),
        CASE(a_successor_stands_for_its_message),
        CASE(a_drained_message_is_known_behind_its_successor),
        CASE(nothing_takes_a_place_twice),
        CASE(nothing_takes_the_place_of_another_message),
        CASE(the_mark_does_not_follow_what_waited),
        CASE(the_mark_passes_what_stood_before_a_bad_successor),
        CASE(unconfirmed_letters_outlive_the_plan),
    };
    return cmocka_run_group_tests_name("store successors", tests, NULL, NULL);
}
