/* The committer: batches go in, in order, once, on a thread of their own or in the call. */
#include "store_support.h"

#include "ports/committer.h"
#include "ports/store/fault.h"

#include <poll.h>

struct place {
    char *folder;
    struct store *store;
    struct committer *committer;
    struct plan *plan;
    struct store_batch batch;
};

static struct place place_make(bool own_thread) {
    struct place place = {.folder = folder_make()};
    place.store = store_at(place.folder);
    place.committer = committer_new(place.store, own_thread);
    return place;
}

static void place_free(struct place *place) {
    plan_free(&place->plan);
    committer_free(&place->committer);
    assert_null(place->committer);
    store_close(&place->store);
    folder_remove(place->folder);
}

static void submit_next(struct place *place, uint64_t offset) {
    plan_free(&place->plan);
    place->plan = plan_direct(offset, "U1", "U2", "hello");
    place->batch = (struct store_batch){
        .plans = &place->plan, .count = 1, .has_passed = true, .passed = place->plan->origin};
    committer_submit(place->committer, &place->batch);
    assert_true(committer_is_busy(place->committer));
}

static bool is_readable(const struct place *place, int wait_ms) {
    struct pollfd poller = {committer_descriptor(place->committer), POLLIN, 0};
    return poll(&poller, 1, wait_ms) == 1;
}

static void take_one(struct place *place, bool expect_failed, struct why *why) {
    bool failed = !expect_failed;
    assert_true(is_readable(place, 10000));
    assert_ptr_equal(committer_take(place->committer, &failed, why), &place->batch);
    assert_int_equal(failed, expect_failed);
    assert_false(committer_is_busy(place->committer));
    assert_false(is_readable(place, 0));
    assert_null(committer_take(place->committer, &failed, why));
}

static void goes_round(bool own_thread) {
    struct place place = place_make(own_thread);
    struct why why = {""};
    bool failed;
    assert_false(committer_is_busy(place.committer));
    assert_null(committer_take(place.committer, &failed, &why));
    for (uint64_t i = 0; i < 200; i++) {
        submit_next(&place, i);
        take_one(&place, false, &why);
        assert_int_equal(place.plan->seq, (int64_t)i + 1);
    }
    assert_string_equal(why.words, "");
    assert_int_equal(count_at(place.folder, "U2", "U1"), 200);
    place_free(&place);
}

static void batches_go_round_on_a_thread(void **state) {
    (void)state;
    goes_round(true);
}

static void batches_go_round_in_the_call(void **state) {
    (void)state;
    goes_round(false);
}

static void fails_and_succeeds(bool own_thread) {
    struct place place = place_make(own_thread);
    struct why why = {""};
    store_set_fault(place.store, &(struct store_fault){STORE_FAULT_FULL, .after = 3, .times = 1});
    submit_next(&place, 0);
    take_one(&place, true, &why);
    assert_non_null(strstr(why.words, "the disk is full"));
    assert_int_equal(place.plan->seq, 0);
    committer_submit(place.committer, &place.batch);
    take_one(&place, false, &why);
    assert_int_equal(place.plan->seq, 1);
    place_free(&place);
}

static void a_failure_is_handed_back_with_its_words(void **state) {
    (void)state;
    fails_and_succeeds(true);
    fails_and_succeeds(false);
}

static void readers_read_while_it_commits(void **state) {
    (void)state;
    struct place place = place_make(true);
    struct store_reader *reader = reader_at(place.folder);
    struct facts facts = store_reader_facts(reader);
    for (uint64_t i = 0; i < 100; i++) {
        int64_t count = -1;
        submit_next(&place, i);
        assert_int_equal(facts.blocked(facts.self, SPAN("tilechat"), SPAN("U1"), SPAN("U2")),
                         FACT_ABSENT);
        assert_int_equal(
            store_history_count(reader, SPAN("tilechat"), SPAN("U1"), SPAN("U2"), &count, NULL), 0);
        assert_true(count == (int64_t)i || count == (int64_t)i + 1);
        take_one(&place, false, NULL);
    }
    store_reader_close(&reader);
    place_free(&place);
}

/* What was submitted is committed even where nobody takes it back. */
static void closing_waits_for_the_batch(void **state) {
    (void)state;
    for (int own_thread = 0; own_thread < 2; own_thread++) {
        struct place place = place_make(own_thread);
        submit_next(&place, 0);
        committer_free(&place.committer);
        assert_int_equal(place.plan->seq, 1);
        assert_int_equal(count_at(place.folder, "U1", "U2"), 1);
        place_free(&place);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_go_round_on_a_thread),
        cmocka_unit_test(batches_go_round_in_the_call),
        cmocka_unit_test(a_failure_is_handed_back_with_its_words),
        cmocka_unit_test(readers_read_while_it_commits),
        cmocka_unit_test(closing_waits_for_the_batch),
    };
    return cmocka_run_group_tests_name("committer", tests, NULL, NULL);
}
