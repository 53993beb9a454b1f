/* The store: what senders call their messages. */
#include "place_support.h"

#include "ports/store/fault.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static struct plan *plan_named(uint64_t offset, const char *from, const char *name) {
    struct plan *plan = plan_direct(offset, from, "U2", "hello");
    plan->client_id = arena_copy(plan->arena, span_of(name));
    return plan;
}

/* The offset of the message that `from` called so; -1: none. */
static long sent(const struct place *place, const char *from, const char *name) {
    struct store_reader *reader = reader_at(place->folder);
    struct facts facts = store_reader_facts(reader);
    struct ident id;
    uint64_t incarnation, offset = 0;
    unsigned child;
    enum fact fact = facts.sent(facts.self, SPAN("tilechat"), span_of(from), span_of(name), &id);
    store_reader_close(&reader);
    if (fact == FACT_FOUND)
        assert_true(ident_read(span_of(id.text), &incarnation, &offset, &child));
    return fact == FACT_FOUND ? (long)offset : -1;
}

/* An idle commit at that time. */
static void commit_at(struct store *store, int64_t now_ms) {
    struct store_batch batch = {.now_ms = now_ms};
    assert_int_equal(store_commit(store, &batch, NULL), 0);
}

static int64_t count(const struct place *place) {
    return query_at(place->folder, "SELECT count(*) FROM client_message");
}

static void a_name_is_known_by_its_sender(void **state) {
    struct place *place = *state;
    assert_int_equal(sent(place, "U1", "one"), -1);
    commit_one(place->store, plan_named(5, "U1", "one"));
    commit_one(place->store, plan_named(6, "U3", "one"));
    commit_one(place->store, plan_direct(7, "U1", "U2", "no name"));
    assert_int_equal(sent(place, "U1", "one"), 5);
    assert_int_equal(sent(place, "U3", "one"), 6);
    assert_int_equal(sent(place, "U4", "one"), -1);
    assert_int_equal(sent(place, "U1", "ONE"), -1);
    store_close(&place->store);
    place->store = store_at(place->folder);
    assert_int_equal(sent(place, "U1", "one"), 5);
}

static void of_two_alike_the_first_stays(void **state) {
    struct place *place = *state;
    commit_one(place->store, plan_named(5, "U1", "one"));
    commit_one(place->store, plan_named(6, "U1", "one"));
    assert_int_equal(sent(place, "U1", "one"), 5);
    assert_int_equal(count(place), 1);
}

static void what_takes_the_place_of_one_that_waited_keeps_its_name(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_deferred(5, "U1", "U2", 10);
    plan->client_id = SPAN("one");
    int64_t seq = commit_one(place->store, plan);
    assert_int_equal(sent(place, "U1", "one"), 5);
    plan = plan_direct(5, "U1", "U2", "later");
    plan->replaces_seq = seq;
    commit_one(place->store, plan);
    assert_int_equal(sent(place, "U1", "one"), 5);
}

static void a_bad_plan_leaves_no_name(void **state) {
    struct place *place = *state;
    char longest[CLIENT_ID_MAX + 2] = "";
    memset(longest, 'x', CLIENT_ID_MAX + 1);
    struct plan *plans[] = {plan_named(1, "U1", "one"), plan_named(2, "U1", longest)};
    store_set_fault(place->store,
                    &(struct store_fault){.kind = STORE_FAULT_DATA, .offset = 1, .times = 1});
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(commit_plans(place->store, &plans[i], 1, NULL), 0);
        assert_true(plans[i]->is_bad);
        plan_free(&plans[i]);
    }
    assert_int_equal(count(place), 0);
    assert_false(store_sent_is_over(place->store, INT64_MAX));
}

static void names_are_forgotten_after_a_day(void **state) {
    struct place *place = *state;
    const int64_t first = 1700000000001; /* when the one at offset 1 came */
    for (uint64_t offset = 1; offset <= 100; offset++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", (int)offset);
        commit_one(place->store, plan_named(offset, "U1", name));
    }
    store_close(&place->store);
    place->store = store_at(place->folder);
    assert_false(store_sent_is_over(place->store, first + DAY_MS - 1));
    commit_at(place->store, first + DAY_MS - 1);
    assert_int_equal(count(place), 100);
    assert_true(store_sent_is_over(place->store, first + DAY_MS + 9));
    commit_at(place->store, first + DAY_MS + 9);
    assert_int_equal(count(place), 90);
    assert_int_equal(sent(place, "U1", "n10"), -1);
    assert_int_equal(sent(place, "U1", "n11"), 11);
    assert_false(store_sent_is_over(place->store, first + DAY_MS + 9));
    commit_at(place->store, first + 2 * (int64_t)DAY_MS);
    assert_int_equal(count(place), 90 - 64);
    commit_at(place->store, first + 2 * (int64_t)DAY_MS);
    assert_int_equal(count(place), 0);
    assert_false(store_sent_is_over(place->store, INT64_MAX));
    commit_one(place->store, plan_named(101, "U1", "n1"));
    assert_int_equal(sent(place, "U1", "n1"), 101);
}

/* As if so many had come in between. */
static void skip_rows(struct place *place, int rows) {
    char sql[120];
    store_close(&place->store);
    sqlite3 *connection = connect_to(place->folder, SQLITE_OPEN_READWRITE);
    snprintf(sql, sizeof sql,
             "UPDATE client_message SET id = id + %d WHERE id = (SELECT max(id)"
             " FROM client_message)",
             rows);
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(connection);
    place->store = store_at(place->folder);
}

static void the_oldest_make_room(void **state) {
    struct place *place = *state;
    commit_one(place->store, plan_named(1, "U1", "one"));
    commit_one(place->store, plan_named(2, "U1", "two"));
    commit_one(place->store, plan_named(3, "U1", "three"));
    skip_rows(place, STORE_SENT_MAX - 3);
    assert_false(store_sent_is_over(place->store, 0));
    commit_one(place->store, plan_named(4, "U1", "four"));
    assert_int_equal(sent(place, "U1", "one"), -1);
    assert_int_equal(sent(place, "U1", "two"), 2);
    commit_one(place->store, plan_named(5, "U1", "five"));
    assert_int_equal(sent(place, "U1", "two"), -1);
    assert_int_equal(count(place), 3);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_name_is_known_by_its_sender),
        CASE(of_two_alike_the_first_stays),
        CASE(what_takes_the_place_of_one_that_waited_keeps_its_name),
        CASE(a_bad_plan_leaves_no_name),
        CASE(names_are_forgotten_after_a_day),
        CASE(the_oldest_make_room),
    };
    return cmocka_run_group_tests_name("store sent", tests, NULL, NULL);
}
