/* The store: whatever goes wrong in whichever statement, nothing is half stored. */
#include "waiting_support.h"

#include "ports/store/fault.h"

#include <signal.h>
#include <sys/wait.h>

enum { PLANS = 4, PATIENCE = 400 };

/* One that waits, with a letter that nobody confirmed, and what policies remember. */
static void begin(struct store *store) {
    struct plan *plan = plan_deferred(1, "U1", "U2", 100);
    plan_add_letter(plan, (struct plan_letter){LETTER_TOPIC, SPAN("k"), SPAN("b"), SPAN_NONE, 0});
    plan_add_key(plan, "kept", "1", 0);
    plan_add_key(plan, "old", "2", 1700000000001);
    commit_one(store, plan);
    commit_one(store, plan_deferred(2, "U1", "U2", 100));
    commit_one(store, held(3, "U1", "U2"));
}

/* A successor that waits again, one that does not, and a family, with all that a plan can have; the
 * last one is bad, in a way that only the database sees. */
static void make(struct plan **plans) {
    plans[0] = instead(plan_deferred(1, "U1", "U2", 900), 1);
    plan_add_child(plans[0], plan_reply(plans[0], 1));
    plan_add_key(plans[0], "kept", NULL, 0);
    plan_add_key(plans[0], "new", "3", 0);
    plans[1] = instead(plan_direct(3, "U1", "U2", "released"), 3);
    plan_add_letter(plans[1],
                    (struct plan_letter){LETTER_DEAD, SPAN("k"), SPAN("b"), SPAN("why"), 1});
    plans[2] = plan_direct(4, "U3", "U4", "new");
    plan_add_child(plans[2], plan_put_off(plan_reply(plans[2], 1), PLAN_DEFERRED, 50));
    plan_add_child(plans[2], plan_reply(plans[2], 2));
    plan_set_effect(
        plans[2], (struct plan_effect){.kind = EFFECT_BLOCK, .by = SPAN("U3"), .whom = SPAN("U5")});
    plans[3] = plan_direct(5, "U3", "U4", "bad");
    plan_add_key(plans[3], "never", "4", 0);
    plan_add_child(plans[3], plan_reply(plans[3], 1));
    plan_add_child(plans[3], plan_reply(plans[3], 1));
}

static void free_plans(struct plan **plans) {
    for (size_t i = 0; i < PLANS; i++)
        plan_free(&plans[i]);
}

static void assert_untouched(struct plan **plans) {
    for (size_t i = 0; i < PLANS; i++) {
        assert_true(plans[i]->seq == 0 && !plans[i]->is_bad);
        for (size_t j = 0; j < plans[i]->child_count; j++)
            assert_int_equal(plans[i]->children[j]->seq, 0);
    }
}

static void assert_stored(const struct place *place, struct plan **plans) {
    assert_int_equal(plans[0]->seq, 4);
    assert_int_equal(plans[0]->children[0]->seq, 5);
    assert_int_equal(plans[1]->seq, 6);
    assert_int_equal(plans[2]->seq, 7);
    assert_int_equal(plans[2]->children[1]->seq, 9);
    assert_true(plans[3]->is_bad && plans[3]->seq == 0);
    assert_counts(place, 3, 0, 50);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM kv WHERE key = 'new'"), 1);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM kv"), 1);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM letter"), 2);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), 7);
}

static void a_fault_anywhere_leaves_all_as_it_was(void **state) {
    struct place *place = *state;
    static const enum store_fault_kind KINDS[] = {STORE_FAULT_FULL, STORE_FAULT_BUSY,
                                                  STORE_FAULT_IO};
    struct plan *plans[PLANS];
    begin(place->store);
    make(plans);
    uint64_t before = digest_of(place->folder);
    unsigned after = 0;
    for (int rc = -1; rc != 0; after++) {
        assert_true(after < PATIENCE);
        store_set_fault(place->store,
                        &(struct store_fault){KINDS[after % 3], .after = after, .times = 1});
        rc = commit_plans(place->store, plans, PLANS, NULL);
        if (rc == 0)
            break;
        assert_untouched(plans);
        assert_true(before == digest_of(place->folder));
        assert_counts(place, 2, 1, 100);
    }
    /* Each statement of both passes was struck: with the bad one, and up to it. */
    assert_true(after > 80);
    assert_stored(place, plans);
    /* As it is once more: only the bad one is looked at again. */
    store_set_fault(place->store, &(struct store_fault){0});
    uint64_t stored = digest_of(place->folder);
    assert_int_equal(commit_plans(place->store, plans, PLANS, NULL), 0);
    assert_true(stored == digest_of(place->folder));
    free_plans(plans);
}

static void end_process(void *self) {
    (void)self;
    raise(SIGKILL);
}

static bool commit_and_die(const char *folder, unsigned after) {
    pid_t child = fork();
    if (child == 0) {
        struct plan *plans[PLANS];
        struct store *store = store_open(folder, true, NULL);
        check(store);
        make(plans);
        store_set_fault(store,
                        &(struct store_fault){STORE_FAULT_IO, after, 1, 0, end_process, NULL});
        _exit(commit_plans(store, plans, PLANS, NULL) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void a_kill_anywhere_leaves_all_as_it_was(void **state) {
    struct place *place = *state;
    begin(place->store);
    uint64_t before = digest_of(place->folder);
    store_close(&place->store);
    unsigned after = 0;
    while (commit_and_die(place->folder, after)) {
        assert_true(++after < PATIENCE);
        place->store = store_at(place->folder);
        assert_true(before == digest_of(place->folder));
        assert_counts(place, 2, 1, 100);
        store_close(&place->store);
    }
    assert_true(after > 80);
    place->store = store_at(place->folder);
    assert_true(before != digest_of(place->folder));
    assert_counts(place, 3, 0, 50);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_fault_anywhere_leaves_all_as_it_was),
        CASE(a_kill_anywhere_leaves_all_as_it_was),
    };
    return cmocka_run_group_tests_name("store whole", tests, NULL, NULL);
}
