/* The store: a plan and what it caused go in together, or not at all. */
#include "place_support.h"

#include "ports/store/fault.h"

static struct plan *family(uint64_t offset, unsigned children) {
    struct plan *plan = plan_direct(offset, "U1", "U2", "hello");
    for (unsigned i = 1; i <= children; i++)
        plan_add_child(plan, plan_reply(plan, i));
    return plan;
}

static void free_all(struct plan **plans, size_t count) {
    for (size_t i = 0; i < count; i++)
        plan_free(&plans[i]);
}

static void a_family_has_seqs_in_a_row(void **state) {
    struct place *place = *state;
    struct plan *plans[3] = {family(1, 2), family(2, 0), family(3, 1)};
    assert_int_equal(commit_plans(place->store, plans, 3, NULL), 0);
    assert_int_equal(plans[0]->seq, 1);
    assert_int_equal(plans[0]->children[0]->seq, 2);
    assert_int_equal(plans[0]->children[1]->seq, 3);
    assert_int_equal(plans[1]->seq, 4);
    assert_int_equal(plans[2]->seq, 5);
    assert_int_equal(plans[2]->children[0]->seq, 6);
    assert_int_equal(count_at(place->folder, "U1", "system"), 3);
    assert_int_equal(count_at(place->folder, "U2", "U1"), 3);
    free_all(plans, 3);
    assert_int_equal(commit_one(place->store, plan_direct(4, "U1", "U2", "next")), 7);
}

/* Each is published by itself, so after a crash each comes back by itself. */
static void children_come_back_one_by_one(void **state) {
    struct place *place = *state;
    struct plan *plan = family(1, 2), *found[5];
    size_t count;
    plan_add_letter(plan->children[1],
                    (struct plan_letter){LETTER_TOPIC, SPAN("k"), SPAN("b"), SPAN_NONE, 0});
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    confirm(place->store, 2);
    assert_int_equal(store_unconfirmed(place->store, 0, found, 5, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(found[0]->seq, 3);
    assert_int_equal(found[0]->child, 2);
    assert_int_equal(found[0]->hops, 1);
    assert_int_equal(found[0]->child_count, 0);
    assert_int_equal(found[0]->letter_count, 1);
    assert_string_equal(found[0]->id.text, plan->children[1]->id.text);
    assert_same_span(found[0]->sender, SPAN("system"));
    plan_free(&found[0]);
    confirm(place->store, 3);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM letter"), 0);
    plan_free(&plan);
}

static void a_plan_is_read_with_its_children(void **state) {
    struct place *place = *state;
    struct plan *plan = family(1, 2), *found = NULL;
    plan_add_letter(plan, (struct plan_letter){LETTER_DEAD, SPAN("k"), SPAN("b"), SPAN("why"), 1});
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    struct store_reader *reader = reader_at(place->folder);
    assert_int_equal(store_reader_plan(reader, &plan->id, &found, NULL), 0);
    assert_non_null(found);
    assert_int_equal(found->seq, 1);
    assert_int_equal(found->child, 0);
    assert_int_equal(found->copy_count, 2);
    assert_int_equal(found->letter_count, 1);
    assert_int_equal(found->child_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(found->children[i]->child, i + 1);
        assert_string_equal(found->children[i]->id.text, plan->children[i]->id.text);
        assert_int_equal(found->children[i]->copy_count, 1);
    }
    plan_free(&found);
    assert_int_equal(store_reader_plan(reader, &plan->children[1]->id, &found, NULL), 0);
    assert_int_equal(found->seq, 3);
    assert_int_equal(found->child_count, 0);
    plan_free(&found);
    struct ident other = ident_make(INCARNATION, 2, 0), foreign = {"no id of ours"};
    assert_int_equal(store_reader_plan(reader, &other, &found, NULL), 0);
    assert_null(found);
    found = plan;
    assert_int_equal(store_reader_plan(reader, &foreign, &found, NULL), 0);
    assert_null(found);
    struct why why = {""};
    store_reader_set_broken(reader, true);
    assert_int_equal(store_reader_plan(reader, &plan->id, &found, &why), -1);
    assert_non_null(strstr(why.words, "could not read the plans"));
    store_reader_close(&reader);
    plan_free(&plan);
}

static char *too_big;
enum { TOO_BIG = 65 << 20 };

static void spoil_status(struct plan *child) {
    child->copies[0].status = 7;
}
static void spoil_origin(struct plan *child) {
    child->origin.offset = 99;
    child->id = ident_make(INCARNATION, 99, child->child);
}
static void spoil_number(struct plan *child) {
    child->id = ident_make(INCARNATION, child->origin.offset, 0);
}
static void spoil_size(struct plan *child) {
    child->body.tail = (struct span){too_big, TOO_BIG};
}
static void spoil_children(struct plan *child) {
    plan_add_child(child, plan_reply(child, 9));
}
static void spoil_wait(struct plan *child) {
    child->outcome = PLAN_DEFERRED;
}
static void spoil_replaced(struct plan *child) {
    child->replaces_seq = 1;
}
static void spoil_key(struct plan *child) {
    plan_add_key(child, "k", "1", 0);
    ((struct kv_change *)child->kv)[0].policy = SPAN_NONE;
}

static void a_bad_child_spoils_the_family(void **state) {
    struct place *place = *state;
    static void (*const SPOIL[])(struct plan *) = {spoil_status,   spoil_origin, spoil_number,
                                                   spoil_size,     spoil_wait,   spoil_children,
                                                   spoil_replaced, spoil_key};
    too_big = must_calloc(1, TOO_BIG);
    commit_one(place->store, plan_direct(0, "U1", "U2", "before"));
    for (uint64_t i = 0; i < sizeof SPOIL / sizeof *SPOIL; i++) {
        struct plan *plans[3] = {family(3 * i + 1, 1), family(3 * i + 2, 3), family(3 * i + 3, 1)};
        plan_add_key(plans[1], "before the bad child", "1", 0);
        int64_t first = query_at(place->folder, "SELECT newest_seq + 1 FROM mark");
        SPOIL[i](plans[1]->children[1]);
        assert_int_equal(commit_plans(place->store, plans, 3, NULL), 0);
        assert_false(plans[0]->is_bad);
        assert_int_equal(plans[0]->children[0]->seq, first + 1);
        assert_true(plans[1]->is_bad && plans[1]->seq == 0);
        assert_true(plans[1]->children[0]->seq == 0 && plans[1]->children[2]->seq == 0);
        assert_true(!plans[2]->is_bad && plans[2]->seq == 0);
        assert_int_equal(query_at(place->folder, "SELECT newest_seq FROM mark"), first + 1);
        assert_int_equal(query_at(place->folder, "SELECT max(seq) FROM plan"), first + 1);
        assert_int_equal(query_at(place->folder, "SELECT count(*) FROM kv"), 0);
        /* Another in its place, and the rest goes in; the first one is passed over. */
        plan_free(&plans[1]);
        plans[1] = family(3 * i + 2, 0);
        assert_int_equal(commit_plans(place->store, plans, 3, NULL), 0);
        assert_int_equal(plans[0]->seq, first);
        assert_int_equal(plans[1]->seq, first + 2);
        assert_int_equal(plans[2]->children[0]->seq, first + 4);
        free_all(plans, 3);
    }
    free(too_big);
}

static void a_family_is_not_stored_twice(void **state) {
    struct place *place = *state;
    commit_one(place->store, family(1, 2));
    struct plan *plans[2] = {family(1, 2), family(2, 1)};
    assert_int_equal(commit_plans(place->store, plans, 2, NULL), 0);
    assert_true(plans[0]->is_bad && plans[0]->seq == 1);
    assert_int_equal(plans[0]->children[0]->seq, 0);
    assert_true(!plans[1]->is_bad && plans[1]->seq == 4);
    uint64_t before = digest_of(place->folder);
    plans[0]->is_bad = false;
    assert_int_equal(commit_plans(place->store, plans, 2, NULL), 0);
    assert_true(before == digest_of(place->folder));
    assert_int_equal(plans[1]->children[0]->seq, 5);
    free_all(plans, 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_family_has_seqs_in_a_row),       CASE(children_come_back_one_by_one),
        CASE(a_plan_is_read_with_its_children), CASE(a_bad_child_spoils_the_family),
        CASE(a_family_is_not_stored_twice),
    };
    return cmocka_run_group_tests_name("store families", tests, NULL, NULL);
}
