/* The store: plans that wait. */
#include "waiting_support.h"

#include "ports/store/fault.h"

#include <sys/wait.h>

static void what_waits_is_counted(void **state) {
    struct place *place = *state;
    assert_counts(place, 0, 0, INT64_MAX);
    commit_one(place->store, plan_deferred(1, "U1", "U2", 900));
    commit_one(place->store, plan_deferred(2, "U1", "U3", 700));
    commit_one(place->store, held(3, "U1", "U2"));
    assert_counts(place, 2, 1, 700);
    reopen(place);
    assert_counts(place, 2, 1, 700);
    struct store_mark mark; /* which reads the mark again */
    assert_int_equal(store_mark(place->store, &mark, NULL), 0);
    assert_counts(place, 2, 1, 700);
    commit_one(place->store, instead(plan_direct(2, "U1", "U3", "later"), 2));
    assert_counts(place, 1, 1, 900);
    commit_one(place->store, instead(plan_direct(3, "U1", "U2", "suspicious"), 3));
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "later"), 1));
    assert_counts(place, 0, 0, INT64_MAX);
}

static void a_waiting_plan_comes_back_whole(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_deferred(1, "U1", "U2", 500), *found = NULL;
    size_t count = 0;
    plan->wait.times = 3;
    plan->wait.next_child = 4;
    plan->code = SPAN("night");
    plan->form = INBOX_SEED_DOT;
    plan_add_letter(plan, (struct plan_letter){LETTER_TOPIC, SPAN("k"), SPAN("b"), SPAN_NONE, 0});
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    reopen(place);
    for (int way = 0; way < 2; way++) {
        if (way == 0)
            assert_int_equal(store_due(place->store, 500, &found, 1, &count, NULL), 0);
        else
            assert_int_equal(store_waiting_plan(place->store, &plan->id, &found, NULL), 0);
        assert_int_equal(found->seq, 1);
        assert_int_equal(found->outcome, PLAN_DEFERRED);
        assert_true(found->origin.digest == plan->origin.digest);
        assert_string_equal(found->id.text, plan->id.text);
        assert_same_span(found->sender, plan->sender);
        assert_same_span(found->code, plan->code);
        assert_same_span(found->body.head, plan->body.head);
        assert_same_span(found->body.tail, plan->body.tail);
        assert_int_equal(found->form, INBOX_SEED_DOT);
        assert_int_equal(found->letter_count, 1);
        assert_int_equal(found->wait.due_ms, 500);
        assert_int_equal(found->wait.place, 1);
        assert_int_equal(found->wait.times, 3);
        assert_int_equal(found->wait.next_child, 4);
        plan_free(&found);
    }
    struct ident other = ident_make(INCARNATION, 2, 0);
    assert_int_equal(store_waiting_plan(place->store, &other, &found, NULL), 0);
    assert_null(found);
    plan_free(&plan);
    commit_one(place->store, plan_direct(2, "U1", "U2", "delivered"));
    assert_int_equal(store_waiting_plan(place->store, &other, &found, NULL), 0);
    assert_null(found);
}

static void the_first_of_each_pair_is_due(void **state) {
    struct place *place = *state;
    commit_one(place->store, plan_deferred(1, "U1", "U2", 300));
    commit_one(place->store, plan_deferred(2, "U1", "U2", 100)); /* behind 1, whatever it says */
    commit_one(place->store, plan_deferred(3, "U1", "U3", 200));
    commit_one(place->store, plan_deferred(4, "U2", "U1", 100));
    commit_one(place->store, held(5, "U4", "U1"));
    commit_one(place->store, plan_deferred(6, "U4", "U1", 400)); /* quarantine blocks nobody */
    assert_counts(place, 5, 1, 100);
    assert_int_equal(due(place, 99, 20), 0);
    assert_int_equal(due(place, 100, 20), 4);
    assert_int_equal(due(place, 299, 20), 43);
    assert_int_equal(due(place, 300, 20), 431);
    assert_int_equal(due(place, 9000, 20), 4316);
    assert_int_equal(due(place, 9000, 2), 43);
    reopen(place);
    assert_int_equal(due(place, 9000, 20), 4316);
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "later"), 1));
    assert_int_equal(due(place, 9000, 20), 2436);
    assert_counts(place, 4, 1, 100);
}

/* It goes on standing before those that came after it. */
/* What was taken before it is stored, whatever its offset was. */
/* Two of one family would number their own children alike. */
static void a_family_goes_one_at_a_time(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(1, "U1", "U2", "hello"), *found[4];
    size_t count;
    for (unsigned i = 1; i <= 3; i++)
        plan_add_child(plan, plan_reply(plan, i));
    plan_put_off(plan->children[0], PLAN_DEFERRED, 200);
    plan_put_off(plan->children[1], PLAN_DEFERRED, 100)->recipient = SPAN("U9");
    commit_one(place->store, plan);
    commit_one(place->store, plan_deferred(2, "U3", "U4", 300));
    assert_counts(place, 3, 0, 100);
    assert_int_equal(store_due(place->store, 900, found, 4, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(found[0]->child, 2);
    assert_int_equal(found[0]->hops, 1);
    assert_int_equal(found[0]->wait.next_child, 4); /* behind the third, which does not wait */
    assert_int_equal(found[1]->origin.offset, 2);
    struct plan *reply = plan_reply(found[0], 4);
    struct plan *later = instead(plan_reply(found[0], 2), found[0]->seq);
    later->recipient = SPAN("U9");
    plan_add_child(later, reply);
    plan_free(&found[0]);
    plan_free(&found[1]);
    struct store_batch batch = {.plans = &later, .count = 1};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    assert_false(later->is_bad);
    plan_free(&later);
    assert_int_equal(store_due(place->store, 900, found, 4, &count, NULL), 0);
    assert_int_equal(found[0]->child, 1);
    assert_int_equal(found[0]->wait.next_child, 5);
    for (size_t i = 0; i < count; i++)
        plan_free(&found[i]);
}

static void a_waiting_plan_has_no_copies(void **state) {
    struct place *place = *state;
    for (int i = 0; i < 4; i++) {
        struct plan *plan = i % 2 ? held(1, "U1", "U2") : plan_deferred(1, "U1", "U2", 5);
        if (i < 2)
            plan_add_copy(plan, "U2", "U1", STATUS_DELIVERED);
        else
            plan->body = (struct stamped){SPAN_NONE, SPAN_NONE};
        assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
        assert_true(plan->is_bad && plan->seq == 0);
        plan_free(&plan);
    }
    assert_counts(place, 0, 0, INT64_MAX);
}

static enum fact ask(struct store_reader *reader, struct span sender, struct span recipient) {
    struct facts facts = store_reader_facts(reader);
    size_t count;
    return facts.waits(facts.self, SPAN("tilechat"), sender, recipient, &count);
}

static void a_reader_sees_who_waits(void **state) {
    struct place *place = *state;
    struct store_reader *reader = reader_at(place->folder);
    assert_int_equal(ask(reader, SPAN("U1"), SPAN("U2")), FACT_ABSENT);
    commit_one(place->store, plan_deferred(1, "U1", "U2", 5));
    commit_one(place->store, held(2, "U1", "U3"));
    struct plan *nobodys = plan_deferred(3, "U1", "U2", 5);
    nobodys->recipient = SPAN_NONE;
    commit_one(place->store, nobodys);
    assert_int_equal(ask(reader, SPAN("U1"), SPAN("U2")), FACT_FOUND);
    assert_int_equal(ask(reader, SPAN("U2"), SPAN("U1")), FACT_ABSENT);
    assert_int_equal(ask(reader, SPAN("U1"), SPAN("U3")), FACT_ABSENT);
    assert_int_equal(ask(reader, SPAN("U1"), SPAN_NONE), FACT_FOUND);
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "later"), 1));
    assert_int_equal(ask(reader, SPAN("U1"), SPAN("U2")), FACT_ABSENT);
    store_reader_set_broken(reader, true);
    assert_int_equal(ask(reader, SPAN("U1"), SPAN("U2")), FACT_UNAVAILABLE);
    store_reader_close(&reader);
}

static void claim_of(struct store_reader *reader, struct span sender, uint64_t right) {
    struct facts facts = store_reader_facts(reader);
    uint64_t count = 99, bytes = 0;
    enum fact fact = facts.waits_of(facts.self, SPAN("tilechat"), sender, &count, &bytes);
    assert_int_equal(fact, right ? FACT_FOUND : FACT_ABSENT);
    assert_int_equal(count, right);
    assert_true((bytes > 0) == (right > 0));
}

static void a_reader_counts_what_waits_of_a_sender(void **state) {
    struct place *place = *state;
    struct store_reader *reader = reader_at(place->folder);
    struct facts facts = store_reader_facts(reader);
    uint64_t count, bytes;
    commit_one(place->store, plan_deferred(1, "U1", "U2", 5));
    commit_one(place->store, held(2, "U1", "U3"));
    commit_one(place->store, held(3, "U2", "U3"));
    claim_of(reader, SPAN("U1"), 2);
    claim_of(reader, SPAN("U2"), 1);
    claim_of(reader, SPAN("U3"), 0);
    commit_one(place->store, instead(plan_direct(1, "U1", "U2", "later"), 1));
    claim_of(reader, SPAN("U1"), 1);
    store_reader_set_broken(reader, true);
    assert_int_equal(facts.waits_of(facts.self, SPAN("tilechat"), SPAN("U1"), &count, &bytes),
                     FACT_UNAVAILABLE);
    store_reader_close(&reader);
}

static void the_quarantine_is_read_in_pages(void **state) {
    struct place *place = *state;
    struct plan *found[3];
    size_t count = 3;
    int64_t before = 0, seq = 14;
    for (uint64_t i = 1; i <= 7; i++) {
        commit_one(place->store, held(2 * i, "U1", "U2"));
        commit_one(place->store, plan_deferred(2 * i + 1, "U1", "U2", 5));
    }
    struct store_reader *reader = reader_at(place->folder);
    while (count == 3) {
        assert_int_equal(
            store_reader_waiting(reader, PLAN_QUARANTINED, before, found, 3, &count, NULL), 0);
        for (size_t i = 0; i < count; i++) {
            before = found[i]->seq;
            assert_int_equal(before, seq - 1);
            assert_int_equal(found[i]->outcome, PLAN_QUARANTINED);
            assert_int_equal(found[i]->wait.times, 1);
            seq -= 2;
            plan_free(&found[i]);
        }
    }
    assert_int_equal(before, 1);
    assert_int_equal(store_reader_waiting(reader, PLAN_DEFERRED, 4, found, 3, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(found[0]->seq, 2);
    plan_free(&found[0]);
    store_reader_close(&reader);
}

/* As a command does while the server runs: another process, the store open and written to. */
static void another_process_reads_meanwhile(void **state) {
    struct place *place = *state;
    commit_one(place->store, held(1, "U1", "U2"));
    pid_t child = fork();
    if (child == 0) {
        struct plan *found[2], *one = NULL;
        size_t count = 0;
        struct ident id = ident_make(INCARNATION, 1, 0);
        struct store_reader *reader = store_reader_open(place->folder, NULL);
        bool is_well =
            reader && store_reader_plan(reader, &id, &one, NULL) == 0 && one &&
            store_reader_waiting(reader, PLAN_QUARANTINED, 0, found, 2, &count, NULL) == 0 &&
            count == 1;
        _exit(is_well ? 0 : 1);
    }
    for (uint64_t i = 2; i < 50; i++)
        commit_one(place->store, plan_direct(i, "U1", "U2", "hello"));
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(what_waits_is_counted),
        CASE(a_waiting_plan_comes_back_whole),
        CASE(the_first_of_each_pair_is_due),
        CASE(a_family_goes_one_at_a_time),
        CASE(a_waiting_plan_has_no_copies),
        CASE(a_reader_sees_who_waits),
        CASE(a_reader_counts_what_waits_of_a_sender),
        CASE(the_quarantine_is_read_in_pages),
        CASE(another_process_reads_meanwhile),
    };
    return cmocka_run_group_tests_name("store waiting", tests, NULL, NULL);
}
