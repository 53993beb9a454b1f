/* The store: who is online. */
#include "store_support.h"

struct place {
    char *folder;
    struct store *store;
    uint64_t next_offset;
};

static int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->store = store_at(place->folder);
    tell_of_all(place->store);
    place->next_offset = 1;
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    store_close(&place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

enum { AGE_MS = 1000 };

static void commit_at(struct place *place, int64_t now_ms, struct plan *plan) {
    struct store_batch batch = {
        .plans = &plan, .count = plan ? 1 : 0, .now_ms = now_ms, .presence_age_ms = AGE_MS};
    if (plan) {
        batch.has_passed = true;
        batch.passed = plan->origin;
    }
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    if (plan) {
        assert_false(plan->is_bad);
        plan_free(&plan);
    }
}

static void report(struct place *place, int64_t now_ms, const char *user, const char *client,
                   bool is_connected) {
    struct plan_effect effect = {.kind = EFFECT_PRESENCE,
                                 .by = span_of(user),
                                 .whom = span_of(client),
                                 .is_connected = is_connected};
    commit_at(place, now_ms, plan_effecting(place->next_offset++, effect));
}

static void assert_clients(struct place *place, const char *user, int64_t expected) {
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM presence WHERE user = '%s'", user);
    assert_int_equal(query_at(place->folder, sql), expected);
}

/* How often it was told. */
static void assert_told(struct place *place, const char *user, int64_t online, int64_t offline) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(CASE kind WHEN %d THEN 1000 WHEN %d THEN 1 END), 0)"
             " FROM outbox WHERE owner = '%s'",
             EVENT_ONLINE, EVENT_OFFLINE, user);
    assert_int_equal(query_at(place->folder, sql), online * 1000 + offline);
}

static void clients_come_and_go(void **state) {
    struct place *place = *state;
    report(place, 1, "U1", "C1", true);
    report(place, 2, "U1", "C2", true);
    report(place, 3, "U1", "C1", true);
    report(place, 3, "U2", "C1", true);
    assert_clients(place, "U1", 2);
    assert_int_equal(query_at(place->folder, "SELECT seen_ms FROM presence"
                                             " WHERE user = 'U1' AND client = 'C1'"),
                     3);
    assert_told(place, "U1", 1, 0);
    report(place, 4, "U1", "C1", false);
    assert_clients(place, "U1", 1);
    report(place, 5, "U1", "C1", false);
    assert_told(place, "U1", 1, 0);
    report(place, 6, "U1", "C2", false);
    assert_clients(place, "U1", 0);
    assert_told(place, "U1", 1, 1);
    report(place, 7, "U1", "C2", true);
    assert_told(place, "U1", 2, 1);
    assert_clients(place, "U2", 1);
    assert_told(place, "U2", 1, 0);
}

/* Older clients say only, by their last will, that they have gone. */
static void one_that_never_came_goes(void **state) {
    struct place *place = *state;
    report(place, 1, "U1", "C1", false);
    assert_told(place, "U1", 0, 1);
    report(place, 2, "U1", "C2", true);
    report(place, 3, "U1", "C1", false);
    assert_told(place, "U1", 1, 1);
}

static void the_longest_unseen_makes_room(void **state) {
    struct place *place = *state;
    char client[16];
    for (int i = 0; i < 64; i++) {
        snprintf(client, sizeof client, "C%d", i);
        report(place, 1 + i, "U1", client, true);
    }
    report(place, 100, "U1", "C0", true);
    report(place, 101, "U1", "one more", true);
    assert_clients(place, "U1", 64);
    assert_int_equal(query_at(place->folder, "SELECT min(seen_ms) FROM presence"), 3);
}

static void the_silent_are_swept_even_where_nothing_happens(void **state) {
    struct place *place = *state;
    report(place, 10, "U1", "C1", true);
    report(place, 20, "U1", "C2", true);
    commit_at(place, 10 + AGE_MS - 1, NULL);
    assert_clients(place, "U1", 2);
    commit_at(place, 10 + AGE_MS, NULL);
    assert_clients(place, "U1", 1);
    report(place, 25, "U1", "C2", true);
    commit_at(place, 20 + AGE_MS, NULL);
    assert_clients(place, "U1", 1);
    assert_told(place, "U1", 1, 0);
    /* Also after a new start. */
    store_close(&place->store);
    place->store = store_at(place->folder);
    tell_of_all(place->store);
    commit_at(place, 25 + AGE_MS - 1, NULL);
    assert_clients(place, "U1", 1);
    commit_at(place, 25 + AGE_MS, NULL);
    assert_clients(place, "U1", 0);
    assert_told(place, "U1", 1, 1);
}

/* Nothing is over, so nothing is written. */
static void an_idle_server_does_not_write(void **state) {
    struct place *place = *state;
    sqlite3 *watcher = connect_to(place->folder, SQLITE_OPEN_READONLY);
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(watcher, "PRAGMA data_version", -1, &statement, NULL),
                     SQLITE_OK);
    report(place, 10, "U1", "C1", true);
    report(place, 900, "U1", "C1", true);
    int64_t version[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        version[i] = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
        commit_at(place, 10 + AGE_MS, NULL);
    }
    assert_int_equal(version[0], version[1]);
    sqlite3_finalize(statement);
    sqlite3_close(watcher);
    assert_clients(place, "U1", 1);
}

static void many_are_swept_a_few_at_a_time(void **state) {
    struct place *place = *state;
    char user[16];
    for (int i = 0; i < 100; i++) {
        snprintf(user, sizeof user, "U%d", i);
        report(place, 1 + i, user, "C1", true);
    }
    commit_at(place, 500 + AGE_MS, NULL);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM presence"), 68);
    for (int i = 0; i < 3; i++)
        commit_at(place, 500 + AGE_MS, NULL);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM presence"), 0);
    assert_told(place, "U99", 1, 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(clients_come_and_go),           CASE(one_that_never_came_goes),
        CASE(the_longest_unseen_makes_room), CASE(the_silent_are_swept_even_where_nothing_happens),
        CASE(an_idle_server_does_not_write), CASE(many_are_swept_a_few_at_a_time),
    };
    return cmocka_run_group_tests_name("store presence", tests, NULL, NULL);
}
