/* The store against a model of a few arrays: random families that wait, replace each other, are bad
 * or meet a store that fails. Whatever happens, both say the same. */
#include "store_model.h"
#include "waiting_support.h"

#include "ports/store/fault.h"

enum { BATCH = 4, BATCHES = 1200, FAMILY = 4 };

struct run {
    struct place *place;
    struct model now, next;
    uint64_t next_offset;
    uint64_t state; /* of the random numbers */
};

static unsigned draw(struct run *run, unsigned below) {
    run->state ^= run->state << 13;
    run->state ^= run->state >> 7;
    run->state ^= run->state << 17;
    return (unsigned)(run->state >> 33) % below;
}

/* ---- what goes in ---- */

static const char *const NAMES[USERS] = {"U0", "U1", "U2"};

static struct plan *plan_of(struct run *run, uint64_t offset, unsigned child, int from, int to) {
    struct plan *plan = plan_direct(offset, NAMES[from], NAMES[to], "text");
    plan->child = child;
    plan->id = ident_make(INCARNATION, offset, child);
    unsigned kind = draw(run, 10);
    if (kind < 6)
        plan_put_off(plan, kind < 5 ? PLAN_DEFERRED : PLAN_QUARANTINED, draw(run, 100));
    plan->wait.times = draw(run, 5);
    if (draw(run, 4) == 0)
        plan_add_letter(plan,
                        (struct plan_letter){LETTER_TOPIC, SPAN("k"), SPAN("b"), SPAN_NONE, 0});
    return plan;
}

static void add_children(struct run *run, struct plan *plan, unsigned first) {
    unsigned count = draw(run, FAMILY);
    for (unsigned i = 0; i < count; i++)
        plan_add_child(plan, plan_of(run, plan->origin.offset, first + i, (int)draw(run, USERS),
                                     (int)draw(run, USERS)));
}

static void add_keys(struct run *run, struct plan *plan) {
    for (unsigned i = draw(run, 3); i > 0; i--) {
        char key[2] = {(char)('a' + draw(run, KEYS)), '\0'};
        char value[2] = {(char)('0' + draw(run, 10)), '\0'};
        plan_add_key(plan, key, draw(run, 4) ? value : NULL, 0);
    }
}

/* One that waits, from a random row on; NULL: none does. */
static const struct row *some_waiting(struct run *run) {
    const struct model *model = &run->now;
    size_t start = model->count ? draw(run, (unsigned)model->count) : 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct row *row = &model->rows[(start + i) % model->count];
        if (row_waits(row))
            return row;
    }
    return NULL;
}

static struct plan *make(struct run *run) {
    const struct row *row = draw(run, 5) < 3 ? some_waiting(run) : NULL;
    struct plan *plan;
    if (row) {
        plan = instead(plan_of(run, row->offset, row->child, row->from, row->to), row->seq);
        if (draw(run, 12) == 0)
            plan->replaces_seq = row->seq - 1; /* nothing waits there, or somebody else */
        add_children(run, plan, next_child(&run->now, row->offset));
    } else {
        plan = plan_of(run, run->next_offset++, 0, (int)draw(run, USERS), (int)draw(run, USERS));
        add_children(run, plan, 1);
    }
    if (draw(run, 12) == 0) /* a child that is there already */
        plan_add_child(plan, plan_of(run, plan->origin.offset, plan->child, 0, 1));
    add_keys(run, plan);
    return plan;
}

/* ---- what both say ---- */

/* Of each plan, what became of it. */
static void put_batch(struct run *run, struct plan **plans, size_t count) {
    static struct model before;
    bool is_stopped = false;
    for (size_t i = 0; i < count; i++) {
        int64_t stands = 0, seq = run->now.newest_seq + 1;
        before = run->now;
        bool is_bad = !is_stopped && put_family(&run->now, plans[i], &stands) < 0;
        if (is_bad)
            run->now = before;
        assert_int_equal(plans[i]->is_bad, is_bad);
        assert_int_equal(plans[i]->seq, is_stopped ? 0 : is_bad ? stands : seq);
        is_stopped |= is_bad && !stands;
    }
}

static void compare_counts(struct run *run) {
    const struct row *found[PAIRS];
    int64_t next_due_ms = INT64_MAX;
    uint64_t deferred = 0, quarantined = 0;
    for (size_t i = heads(&run->now, found); i-- > 0;)
        next_due_ms = found[i]->due_ms < next_due_ms ? found[i]->due_ms : next_due_ms;
    for (size_t i = 0; i < run->now.count; i++) {
        deferred += run->now.rows[i].outcome == PLAN_DEFERRED;
        quarantined += run->now.rows[i].outcome == PLAN_QUARANTINED;
    }
    assert_counts(run->place, deferred, quarantined, next_due_ms);
}

static void assert_row(const struct plan *plan, const struct row *row) {
    assert_int_equal(plan->seq, row->seq);
    assert_int_equal(plan->origin.offset, row->offset);
    assert_int_equal(plan->child, row->child);
    assert_int_equal(plan->outcome, row->outcome);
    if (row_waits(row)) {
        assert_int_equal(plan->wait.due_ms, row->due_ms);
        assert_int_equal(plan->wait.place, row->place);
        assert_int_equal(plan->wait.times, row->times);
    }
}

/* Each that is due is one of the model's, the longest due first; of each that is not there a
 * sibling is. */
static void compare_due(struct run *run) {
    const struct row *found[PAIRS];
    struct plan *plans[PAIRS];
    int64_t now_ms = draw(run, 120), last = 0;
    size_t count, families = 0, all = heads(&run->now, found);
    assert_int_equal(store_due(run->place->store, now_ms, plans, PAIRS, &count, NULL), 0);
    for (size_t i = 0; i < all; i++) {
        bool is_first = found[i]->due_ms <= now_ms;
        for (size_t j = 0; j < i; j++)
            is_first &= found[j]->due_ms > now_ms || found[j]->offset != found[i]->offset;
        families += is_first;
    }
    assert_int_equal(count, families);
    for (size_t i = 0; i < count; i++) {
        struct row *row = row_of_seq(&run->now, plans[i]->seq);
        assert_non_null(row);
        assert_row(plans[i], row);
        assert_true(is_head(&run->now, row) && row->due_ms <= now_ms && row->due_ms >= last);
        assert_int_equal(plans[i]->wait.next_child, next_child(&run->now, row->offset));
        last = row->due_ms;
        plan_free(&plans[i]);
    }
}

static void compare_rows(struct run *run) {
    struct plan *plans[100];
    size_t count = 100, at = 0;
    for (int64_t after = 0; count == 100;) {
        assert_int_equal(store_unconfirmed(run->place->store, after, plans, 100, &count, NULL), 0);
        for (size_t i = 0; i < count; i++) {
            assert_true(at < run->now.count);
            assert_row(plans[i], &run->now.rows[at++]);
            after = plans[i]->seq;
            plan_free(&plans[i]);
        }
    }
    assert_int_equal(at, run->now.count);
}

static void compare_key(void *self, const struct kv_change *stored) {
    struct run *run = self;
    size_t at = run->next.key_count++;
    assert_true(at < run->now.key_count);
    assert_int_equal(stored->key.at[0] - 'a', run->now.keys[at]);
    assert_int_equal(stored->value.at[0], run->now.values[at]);
}

static void compare_keys(struct run *run) {
    run->next.key_count = 0;
    assert_int_equal(store_kv_each(run->place->store, 0, compare_key, run, NULL), 0);
    assert_int_equal(run->next.key_count, run->now.key_count);
}

static void compare_waits(struct run *run, struct store_reader *reader) {
    struct facts facts = store_reader_facts(reader);
    int from = (int)draw(run, USERS), to = (int)draw(run, USERS);
    size_t expected = 0, count = 0;
    for (size_t i = 0; i < run->now.count; i++) {
        const struct row *row = &run->now.rows[i];
        if (row->outcome == PLAN_DEFERRED && row->from == from && row->to == to)
            expected++;
    }
    assert_int_equal(
        facts.waits(facts.self, SPAN("tilechat"), span_of(NAMES[from]), span_of(NAMES[to]), &count),
        expected ? FACT_FOUND : FACT_ABSENT);
    assert_int_equal(count, expected < FACT_WAITS_MAX ? expected : FACT_WAITS_MAX);
}

/* ---- */

static void commit_batch(struct run *run) {
    struct plan *plans[BATCH];
    size_t count = 1 + draw(run, BATCH);
    for (size_t i = 0; i < count; i++)
        plans[i] = make(run);
    struct store_batch batch = {.plans = plans, .count = count};
    int rc = -1;
    if (draw(run, 4) == 0) {
        uint64_t before = draw(run, 8) ? 0 : digest_of(run->place->folder);
        store_set_fault(run->place->store,
                        &(struct store_fault){STORE_FAULT_IO, .after = draw(run, 60), .times = 1});
        rc = store_commit(run->place->store, &batch, NULL);
        store_set_fault(run->place->store, &(struct store_fault){0});
        if (rc < 0 && before)
            assert_true(before == digest_of(run->place->folder));
        if (rc < 0)
            compare_counts(run);
    }
    if (rc < 0 && store_commit(run->place->store, &batch, NULL) < 0)
        fail_msg("the store failed");
    put_batch(run, plans, count);
    for (size_t i = 0; i < count; i++)
        plan_free(&plans[i]);
}

static void both_say_the_same(void **state) {
    struct run *run = must_calloc(1, sizeof *run);
    run->place = *state;
    run->next_offset = 1;
    run->state = UINT64_C(0x9e3779b97f4a7c15);
    struct store_reader *reader = reader_at(run->place->folder);
    for (int i = 0; i < BATCHES; i++) {
        commit_batch(run);
        compare_due(run);
        compare_waits(run, reader);
        if (i % 10 == 0)
            compare_counts(run);
        if (i % 100 == 99) {
            reopen(run->place);
            compare_counts(run);
            compare_rows(run);
            compare_keys(run);
        }
    }
    store_reader_close(&reader);
    free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_say_the_same, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("store model", tests, NULL, NULL);
}
