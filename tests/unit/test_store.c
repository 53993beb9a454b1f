/* The store: what goes in comes out, in order, once. */
#include "place_support.h"

#include <sys/stat.h>

static void reopen(struct place *place) {
    store_close(&place->store);
    place->store = store_at(place->folder);
}

static void a_new_store_has_no_mark(void **state) {
    struct place *place = *state;
    struct store_mark mark;
    int64_t newest = -1, confirmed = -1;
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_int_equal(mark.incarnation, 0);
    assert_false(mark.has_offset);
    assert_false(mark.drained);
    assert_int_equal(store_progress(place->store, &newest, &confirmed, NULL), 0);
    assert_int_equal(newest, 0);
    assert_int_equal(confirmed, 0);
}

static void the_mark_survives(void **state) {
    struct place *place = *state;
    struct store_mark mark;
    assert_int_equal(store_set_incarnation(place->store, INCARNATION, NULL), 0);
    struct store_batch batch = {.has_passed = true, .passed = {INCARNATION, 41, UINT64_MAX}};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    assert_int_equal(store_set_drained(place->store, true, NULL), 0);
    reopen(place);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_true(mark.incarnation == INCARNATION && mark.has_offset && mark.offset == 41);
    assert_true(mark.digest == UINT64_MAX && mark.drained);
    batch.passed.offset = 40;
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_int_equal(mark.offset, 41);
    assert_int_equal(store_set_incarnation(place->store, 5, NULL), 0);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_true(mark.incarnation == 5 && !mark.has_offset && mark.drained);
}

static void a_new_incarnation_may_begin_behind_an_offset(void **state) {
    struct place *place = *state;
    struct store_mark mark;
    struct origin passed = {5, 30, UINT64_MAX - 1};
    commit_one(place->store, plan_direct(41, "U1", "U2", "one"));
    assert_int_equal(store_set_drained(place->store, true, NULL), 0);
    assert_int_equal(store_set_position(place->store, &passed, NULL), 0);
    reopen(place);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_true(mark.incarnation == 5 && mark.has_offset && mark.offset == 30);
    assert_true(mark.digest == UINT64_MAX - 1 && mark.drained);
    /* An offset that was used under the old incarnation is free under the new one. */
    struct plan *plan = plan_direct(41, "U1", "U2", "two");
    plan->origin.incarnation = 5;
    plan->id = ident_make(5, 41, 0);
    commit_one(place->store, plan);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_true(mark.incarnation == 5 && mark.offset == 41);
}

static bool knows(struct place *place, uint64_t offset, uint64_t digest) {
    struct why why = {""};
    bool is_known = false;
    if (store_knows(place->store, offset, digest, &is_known, &why) != 0)
        fail_msg("%s", why.words);
    return is_known;
}

static void a_message_of_the_stream_is_known_by_its_digest(void **state) {
    struct place *place = *state;
    assert_false(knows(place, 3, 22));
    commit_one(place->store, plan_direct(3, "U1", "U2", "one"));
    assert_true(knows(place, 3, 22));
    assert_false(knows(place, 3, 23));
    assert_false(knows(place, 4, 22));
    struct plan *plan = plan_direct(4, "U1", "U2", "of a later incarnation");
    plan->origin = (struct origin){INCARNATION + 1, 4, UINT64_MAX};
    plan->id = ident_make(INCARNATION + 1, 4, 0);
    commit_one(place->store, plan);
    assert_true(knows(place, 3, 22));
    assert_true(knows(place, 4, UINT64_MAX));
    assert_false(knows(place, 3, UINT64_MAX));
}

static void a_drained_message_is_none_of_the_stream(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(0, "U1", "U2", "old");
    plan->origin = (struct origin){0, 7, 50};
    plan->id = ident_make(0, 7, 0);
    struct store_batch batch = {.plans = &plan, .count = 1};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    plan_free(&plan);
    assert_false(knows(place, 7, 50));
}

static void drained_messages_are_numbered(void **state) {
    struct place *place = *state;
    struct store_mark mark;
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    uint64_t sixth = mark.drained_next + 6;
    struct plan *plan = plan_direct(0, "U1", "U2", "old");
    plan->origin = (struct origin){0, sixth, 0};
    plan->id = ident_make(0, sixth, 0);
    struct store_batch batch = {.plans = &plan, .count = 1};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    assert_false(plan->is_bad);
    plan_free(&plan);
    reopen(place);
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_int_equal(mark.drained_next, sixth + 1);
    assert_false(mark.has_offset);
}

static void commit_drained(struct place *place, uint64_t number, uint64_t digest) {
    struct plan *plan = plan_direct(0, "U1", "U2", "old");
    plan->origin = (struct origin){0, number, digest};
    plan->id = ident_make(0, number, 0);
    struct store_batch batch = {.plans = &plan, .count = 1};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    plan_free(&plan);
}

static void the_newest_drained_messages_are_remembered(void **state) {
    struct place *place = *state;
    uint64_t *digests;
    size_t count = 99;
    assert_int_equal(store_drained_recent(place->store, place->arena, 3, &digests, &count, NULL),
                     0);
    assert_int_equal(count, 0);
    commit_one(place->store, plan_direct(8, "U1", "U2", "of the stream"));
    for (uint64_t i = 0; i < 5; i++)
        commit_drained(place, 70 + i, UINT64_MAX - i / 2);
    assert_int_equal(store_drained_recent(place->store, place->arena, 3, &digests, &count, NULL),
                     0);
    assert_int_equal(count, 3);
    assert_true(digests[0] == UINT64_MAX - 1 && digests[1] == UINT64_MAX - 1 &&
                digests[2] == UINT64_MAX - 2);
    assert_int_equal(store_drained_recent(place->store, place->arena, 9, &digests, &count, NULL),
                     0);
    assert_int_equal(count, 5);
    assert_true(digests[0] == UINT64_MAX && digests[4] == UINT64_MAX - 2);
}

static void bindings_are_replaced_whole(void **state) {
    struct place *place = *state;
    struct span *found, some[20];
    size_t count = 99;
    for (size_t i = 0; i < 20; i++)
        some[i] = arena_print(place->arena, "apps.a%zu.#", i);
    assert_int_equal(store_bindings(place->store, place->arena, &found, &count, NULL), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_set_bindings(place->store, some, 20, NULL), 0);
    reopen(place);
    assert_int_equal(store_bindings(place->store, place->arena, &found, &count, NULL), 0);
    assert_int_equal(count, 20);
    assert_span(found[19], "apps.a19.#");
    assert_int_equal(store_set_bindings(place->store, some + 3, 1, NULL), 0);
    assert_int_equal(store_bindings(place->store, place->arena, &found, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_span(found[0], "apps.a3.#");
}

static void a_direct_message_is_in_both_timelines(void **state) {
    struct place *place = *state;
    assert_int_equal(commit_one(place->store, plan_direct(1, "U1", "U2", "hello")), 1);
    struct ident id = ident_make(INCARNATION, 1, 0);
    struct span sent = arena_print(
        place->arena,
        "{\"text\":\"hello\",\"message_id\":\"%s\",\"sender\":\"U1\",\"recipient\":\"U2\","
        "\"app_id\":\"tilechat\",\"timestamp\":1700000000001,\"status\":100,"
        "\"timelineOf\":\"U1\",\"conversWith\":\"U2\"}",
        id.text);
    assert_string_equal(entry_at(place->folder, place->arena, "U1", "U2", 0), sent.at);
    const char *delivered = entry_at(place->folder, place->arena, "U2", "U1", 0);
    assert_non_null(
        strstr(delivered, "\"status\":150,\"timelineOf\":\"U2\",\"conversWith\":\"U1\"}"));
    assert_int_equal(count_at(place->folder, "U1", "U2"), 1);
    assert_int_equal(count_at(place->folder, "U1", "U3"), 0);
    assert_null(entry_at(place->folder, place->arena, "U3", NULL, 0));
}

/* What a client wrote as timelineOf is not believed. */
static void timeline_of_is_the_servers(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(1, "U1", "U2", "");
    struct stamp stamp = {plan->id, plan->sender, plan->recipient, plan->app, 1};
    plan->body = message_stamp(
        plan->arena, SPAN("{\"timelineOf\":\"X\",\"a\":1,\"conversWith\":5,\"timelineOf\":2} "),
        &stamp);
    commit_one(place->store, plan);
    const char *json = entry_at(place->folder, place->arena, "U1", "U2", 0);
    assert_non_null(strstr(json, "{\"timelineOf\":\"U1\",\"a\":1,\"conversWith\":\"U2\""));
    assert_null(strstr(strstr(json, "U1"), "timelineOf"));
}

static void history_is_newest_first_and_paged(void **state) {
    struct place *place = *state;
    char text[16];
    for (uint64_t i = 1; i <= 30; i++) {
        snprintf(text, sizeof text, "m%d", (int)i);
        commit_one(place->store, plan_direct(i, "U1", i % 3 ? "U2" : "U3", text));
    }
    struct store_reader *reader = reader_at(place->folder);
    struct store_entry *entries;
    size_t count;
    assert_int_equal(store_history(reader, place->arena, SPAN("tilechat"), SPAN("U1"), SPAN("U2"),
                                   0, 5, &entries, &count, NULL),
                     0);
    int64_t expected[] = {29, 28, 26, 25, 23};
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(entries[i].seq, expected[i]);
        assert_span(entries[i].message_id, ident_make(INCARNATION, (uint64_t)expected[i], 0).text);
    }
    assert_int_equal(store_history(reader, place->arena, SPAN("tilechat"), SPAN("U1"), SPAN("U2"),
                                   23, 200, &entries, &count, NULL),
                     0);
    assert_int_equal(count, 15);
    assert_int_equal(entries[0].seq, 22);
    /* Every conversation of the owner. */
    assert_int_equal(store_history(reader, place->arena, SPAN("tilechat"), SPAN("U1"), SPAN_NONE,
                                   28, 4, &entries, &count, NULL),
                     0);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(entries[i].seq, 27 - (int64_t)i);
    store_reader_close(&reader);
    assert_int_equal(count_at(place->folder, "U1", NULL), 30);
}

static void a_message_to_oneself_is_one_entry(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(1, "U1", "U1", "note"), *again[4];
    commit_one(place->store, plan);
    assert_int_equal(count_at(place->folder, "U1", "U1"), 1);
    assert_non_null(strstr(entry_at(place->folder, place->arena, "U1", "U1", 0), "\"status\":150"));
    size_t count;
    assert_int_equal(store_unconfirmed(place->store, 0, again, 4, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(again[0]->copy_count, 2);
    assert_int_equal(again[0]->copies[0].status, 100);
    assert_int_equal(again[0]->copies[1].status, 150);
    plan_free(&again[0]);
}

static void a_status_never_goes_down(void **state) {
    struct place *place = *state;
    static const struct {
        int first, second;
        const char *expected;
    } CASES[] = {
        {150, 100, "\"status\":150"},   {200, 150, "\"status\":200"},  {0, 300, "\"status\":300"},
        {-100, 250, "\"status\":-100"}, {250, -100, "\"status\":250"},
    };
    for (uint64_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct plan *plan = plan_direct(i, "U1", "U2", "");
        plan->copy_count = 0;
        plan_add_copy(plan, "U1", "U1", CASES[i].first);
        plan_add_copy(plan, "U1", "U1", CASES[i].second);
        commit_one(place->store, plan);
        assert_non_null(
            strstr(entry_at(place->folder, place->arena, "U1", "U1", 0), CASES[i].expected));
    }
}

static void a_refused_copy_is_kept_for_the_sender_alone(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_at(1);
    struct stamp stamp = {plan->id, SPAN("U1"), SPAN("U2"), plan->app, 1};
    plan->outcome = PLAN_REJECTED;
    plan->body = message_refused(plan->arena, SPAN("{\"text\":\"hi\"}"), &stamp, SPAN("blocked"),
                                 SPAN("U2 blocked you"));
    plan_add_copy(plan, "U1", "U2", STATUS_FAILED);
    commit_one(place->store, plan);
    const char *json = entry_at(place->folder, place->arena, "U1", "U2", 0);
    assert_non_null(strstr(json, "\"status\":-100"));
    assert_non_null(strstr(json, "U2 blocked you"));
    assert_int_equal(count_at(place->folder, "U2", "U1"), 0);
}

static void the_files_are_the_owners_alone(void **state) {
    struct place *place = *state;
    static const char *const NAMES[] = {"chat21d.db", "chat21d.db-wal", "chat21d.db-shm"};
    char path[300];
    struct stat found;
    commit_one(place->store, plan_direct(1, "U1", "U2", "hello"));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", place->folder, NAMES[i]);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0600);
        chmod(path, 0644);
    }
    struct store *other = store_at(place->folder);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", place->folder, NAMES[i]);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0600);
    }
    store_close(&other);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_new_store_has_no_mark),
        CASE(the_mark_survives),
        CASE(a_new_incarnation_may_begin_behind_an_offset),
        CASE(a_message_of_the_stream_is_known_by_its_digest),
        CASE(a_drained_message_is_none_of_the_stream),
        CASE(drained_messages_are_numbered),
        CASE(the_newest_drained_messages_are_remembered),
        CASE(bindings_are_replaced_whole),
        CASE(a_direct_message_is_in_both_timelines),
        CASE(timeline_of_is_the_servers),
        CASE(history_is_newest_first_and_paged),
        CASE(a_message_to_oneself_is_one_entry),
        CASE(a_status_never_goes_down),
        CASE(a_refused_copy_is_kept_for_the_sender_alone),
        CASE(the_files_are_the_owners_alone),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
