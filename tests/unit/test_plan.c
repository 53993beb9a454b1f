/* plan: its life, and what carrying it out publishes. */
#include "claims.h"

#include "meaning/plan.h"

static struct stamp stamp_of(uint64_t offset) {
    return (struct stamp){.id = ident_make(1, offset, 0),
                          .sender = SPAN("U1"),
                          .recipient = SPAN("U2"),
                          .app = SPAN("a"),
                          .timestamp = 5};
}

static void a_new_plan_is_empty(void **state) {
    (void)state;
    struct plan *plan = plan_new();
    assert_non_null(plan->arena);
    assert_int_equal(plan->seq, 0);
    assert_int_equal(plan->outcome, PLAN_DELIVERED);
    assert_null(plan->policy.at);
    assert_int_equal(plan_publication_count(plan), 0);
    plan_free(&plan);
    assert_null(plan);
    plan_free(&plan);
}

static void copies_go_first_then_letters(void **state) {
    (void)state;
    struct plan *plan = plan_new();
    struct stamp stamp = stamp_of(9);
    struct plan_copy copies[] = {{SPAN("U1"), SPAN("U2"), 100}, {SPAN("U2"), SPAN("U1"), 150}};
    struct plan_letter letters[] = {
        {LETTER_TOPIC, SPAN("apps.a.users.U.groups.G.clientupdated"), SPAN("{\"uid\":1}"),
         SPAN_NONE, 0},
        {LETTER_DEAD, SPAN("apps.what"), SPAN("\xFF"), SPAN("not JSON"), 7},
    };
    plan->app = SPAN("a");
    plan->form = INBOX_SEED_DOT;
    plan->body = message_stamp(plan->arena, SPAN("{\"status\":0}"), &stamp);
    plan->copies = copies;
    plan->copy_count = COUNT(copies);
    plan->letters = letters;
    plan->letter_count = COUNT(letters);
    assert_int_equal(plan_publication_count(plan), 4);

    struct arena *arena = arena_new();
    struct publication out;
    plan_publication(plan, 0, arena, &out);
    assert_false(out.to_dead);
    assert_span(out.key, SPAN(".apps.a.users.U1.U2.messages.clientadded"));
    assert_true(span_starts(out.body, SPAN("{\"status\":100,\"message_id\":")));
    plan_publication(plan, 1, arena, &out);
    assert_span(out.key, SPAN(".apps.a.users.U2.U1.messages.clientadded"));
    assert_true(span_starts(out.body, SPAN("{\"status\":150,")));
    plan_publication(plan, 2, arena, &out);
    assert_false(out.to_dead);
    assert_span(out.key, letters[0].key);
    assert_span(out.body, letters[0].body);
    plan_publication(plan, 3, arena, &out);
    assert_true(out.to_dead);
    assert_span(out.key, SPAN("apps.what"));
    assert_span(out.body, SPAN("\xFF"));
    assert_span(out.reason, SPAN("not JSON"));
    arena_free(&arena);
    plan_free(&plan);
}

static void what_goes_to_an_outbox_has_an_id_of_its_own(void **state) {
    (void)state;
    struct plan *plan = plan_new();
    plan->id = ident_make(1, 9, 0);
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_TOPIC, .key = SPAN("a")});
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_OUTBOX, .key = SPAN("b")});
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_OUTBOX, .key = SPAN("c")});
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_DEAD, .key = SPAN("d")});
    struct arena *arena = arena_new();
    struct publication out;
    plan_publication(plan, 0, arena, &out);
    assert_null(out.id.at);
    plan_publication(plan, 1, arena, &out);
    assert_false(out.to_dead);
    assert_span(out.id, arena_print(arena, "%s.1", plan->id.text));
    plan_publication(plan, 2, arena, &out);
    assert_span(out.id, arena_print(arena, "%s.2", plan->id.text));
    plan_publication(plan, 3, arena, &out);
    assert_span(out.id, span_of(plan->id.text));
    arena_free(&arena);
    plan_free(&plan);
}

static void outcomes_have_names(void **state) {
    (void)state;
    assert_string_equal(plan_outcome_name(PLAN_DELIVERED), "delivered");
    assert_string_equal(plan_outcome_name(PLAN_REJECTED), "rejected");
    assert_string_equal(plan_outcome_name(PLAN_DROPPED), "dropped");
    assert_string_equal(plan_outcome_name(PLAN_DEAD), "dead");
    assert_string_equal(plan_outcome_name(PLAN_APPLIED), "applied");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_plan_is_empty),
        cmocka_unit_test(copies_go_first_then_letters),
        cmocka_unit_test(what_goes_to_an_outbox_has_an_id_of_its_own),
        cmocka_unit_test(outcomes_have_names),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
