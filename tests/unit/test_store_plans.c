/* The store: plans read back as they were, letters, facts, conversations. */
#include "place_support.h"

#include "ports/store/fault.h"

static int64_t query(const struct place *place, const char *sql) {
    return query_at(place->folder, sql);
}

static struct plan *rich_plan(void) {
    struct plan *plan = plan_direct(1, "U1", "U2", "hello");
    plan->id = ident_make(INCARNATION, 1, 7);
    plan->form = INBOX_SEED_DOT;
    plan->outcome = PLAN_REJECTED;
    plan->policy = SPAN("block_list");
    plan->code = SPAN("blocked");
    plan->reason = SPAN("");
    plan->updates_conversation = false;
    plan_add_copy(plan, "U3", "group-1", STATUS_DELIVERED);
    plan_add_copy(plan, "group-1", "group-1", STATUS_FAILED);
    plan_add_copy(plan, "\xff\xfe", "U 4", 300);
    plan_add_letter(plan,
                    (struct plan_letter){LETTER_TOPIC, SPAN("a.key"), SPAN("{}"), SPAN_NONE, 0});
    plan_add_letter(plan, (struct plan_letter){LETTER_DEAD, SPAN("another.key"),
                                               SPAN("bytes\0of\xff any kind"), SPAN("why"), 1});
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_OUTBOX, .key = SPAN("a third")});
    return plan;
}

static struct plan *poor_plan(void) {
    struct plan *plan = plan_at(2);
    plan->app = SPAN_NONE;
    plan->outcome = PLAN_DEAD;
    plan->origin.digest = UINT64_MAX;
    for (int i = 0; i < 9; i++)
        plan_add_letter(plan, (struct plan_letter){LETTER_DEAD, SPAN(""), SPAN_NONE, SPAN_NONE, 0});
    return plan;
}

static void assert_same_copies(const struct plan *found, const struct plan *expected) {
    assert_int_equal(found->copy_count, expected->copy_count);
    for (size_t i = 0; i < found->copy_count; i++) {
        assert_same_span(found->copies[i].owner, expected->copies[i].owner);
        assert_same_span(found->copies[i].other, expected->copies[i].other);
        assert_int_equal(found->copies[i].status, expected->copies[i].status);
    }
    assert_int_equal(found->letter_count, expected->letter_count);
    for (size_t i = 0; i < found->letter_count; i++) {
        assert_int_equal(found->letters[i].to, expected->letters[i].to);
        assert_same_span(found->letters[i].key, expected->letters[i].key);
        assert_same_span(found->letters[i].body, expected->letters[i].body);
        assert_same_span(found->letters[i].reason, expected->letters[i].reason);
        assert_true(found->letters[i].whole == expected->letters[i].whole);
    }
}

static void assert_same_plan(const struct plan *found, const struct plan *expected) {
    assert_int_equal(found->seq, expected->seq);
    assert_true(found->origin.incarnation == expected->origin.incarnation);
    assert_true(found->origin.offset == expected->origin.offset);
    assert_true(found->origin.digest == expected->origin.digest);
    assert_string_equal(found->id.text, expected->id.text);
    assert_same_span(found->app, expected->app);
    assert_same_span(found->sender, expected->sender);
    assert_same_span(found->recipient, expected->recipient);
    assert_int_equal(found->form, expected->form);
    assert_int_equal(found->received_ms, expected->received_ms);
    assert_int_equal(found->outcome, expected->outcome);
    assert_same_span(found->policy, expected->policy);
    assert_same_span(found->code, expected->code);
    assert_same_span(found->reason, expected->reason);
    assert_true(found->generation == expected->generation);
    assert_int_equal(found->updates_conversation, expected->updates_conversation);
    assert_same_span(found->body.head, expected->body.head);
    assert_same_span(found->body.tail, expected->body.tail);
    assert_int_equal(found->effect_count, 0);
    assert_false(found->is_bad);
    assert_same_copies(found, expected);
}

static void what_is_unconfirmed_comes_back_whole(void **state) {
    struct place *place = *state;
    struct plan *plans[2] = {rich_plan(), poor_plan()}, *found[10];
    size_t count = 0;
    assert_int_equal(commit_plans(place->store, plans, 2, NULL), 0);
    store_close(&place->store);
    place->store = store_at(place->folder);
    assert_int_equal(store_unconfirmed(place->store, 0, found, 10, &count, NULL), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_same_plan(found[i], plans[i]);
        plan_free(&found[i]);
        plan_free(&plans[i]);
    }
}

static void unconfirmed_plans_come_in_pages(void **state) {
    struct place *place = *state;
    struct plan *found[3];
    size_t count = 0, all = 0;
    for (uint64_t i = 0; i < 8; i++)
        commit_one(place->store, plan_direct(i, "U1", "U2", "hello"));
    confirm(place->store, 1);
    for (int64_t after = 0;; all += count) {
        assert_int_equal(store_unconfirmed(place->store, after, found, 3, &count, NULL), 0);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(found[i]->seq, 2 + (int64_t)(all + i));
            after = found[i]->seq;
            plan_free(&found[i]);
        }
        if (count < 3)
            break;
    }
    assert_int_equal(all + count, 7);
}

static void letters_go_when_they_are_confirmed(void **state) {
    struct place *place = *state;
    struct plan *found[3];
    size_t count = 0;
    for (uint64_t i = 0; i < 3; i++) {
        struct plan *plan = plan_at(i);
        plan->outcome = PLAN_APPLIED;
        for (int letter = 0; letter < 900; letter++)
            plan_add_letter(plan,
                            (struct plan_letter){LETTER_TOPIC, SPAN("k"), SPAN("b"), SPAN_NONE, 0});
        commit_one(place->store, plan);
    }
    assert_int_equal(query(place, "SELECT count(*) FROM letter"), 2700);
    confirm(place->store, 2);
    /* A bounded number in one commit, the rest with the next. */
    assert_int_equal(query(place, "SELECT count(*) FROM letter"), 1700);
    confirm(place->store, 1);
    assert_int_equal(query(place, "SELECT count(*) FROM letter"), 900);
    int64_t newest, confirmed;
    assert_int_equal(store_progress(place->store, &newest, &confirmed, NULL), 0);
    assert_true(newest == 3 && confirmed == 2);
    assert_int_equal(store_unconfirmed(place->store, 0, found, 3, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(found[0]->letter_count, 900);
    plan_free(&found[0]);
    confirm(place->store, 3);
    assert_int_equal(query(place, "SELECT count(*) FROM letter"), 0);
}

static void a_message_renews_both_conversations(void **state) {
    struct place *place = *state;
    static const char SUM[] =
        "SELECT sum(last_seq * 100 + is_new * 10 + archived) FROM conversation"
        " WHERE app = 'tilechat' AND owner = 'U2' AND other = 'U1'";
    commit_one(place->store, plan_direct(1, "U1", "U2", "a"));
    assert_int_equal(query(place, SUM), 110);
    commit_one(place->store, plan_direct(2, "U2", "U1", "b"));
    assert_int_equal(query(place, SUM), 210);
    assert_int_equal(query(place, "SELECT count(*) FROM conversation"), 2);
    /* attributes.updateconversation is false. */
    struct plan *quiet = plan_direct(3, "U1", "U2", "c");
    quiet->updates_conversation = false;
    commit_one(place->store, quiet);
    assert_int_equal(query(place, SUM), 210);
    quiet = plan_direct(4, "U1", "U9", "d");
    quiet->updates_conversation = false;
    commit_one(place->store, quiet);
    assert_int_equal(query(place, "SELECT last_seq IS NULL AND is_new = 0 FROM conversation"
                                  " WHERE owner = 'U9'"),
                     1);
    assert_int_equal(count_at(place->folder, "U9", "U1"), 1);
}

static void a_refused_copy_marks_nothing_unread(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(1, "U1", "U2", "a");
    plan->copy_count = 1;
    plan->copies[0].status = STATUS_FAILED;
    commit_one(place->store, plan);
    assert_int_equal(query(place, "SELECT last_seq * 10 + is_new FROM conversation"), 10);
    assert_int_equal(query(place, "SELECT count(*) FROM conversation"), 1);
    commit_one(place->store, plan_direct(2, "U1", "U2", "b"));
    assert_int_equal(query(place, "SELECT is_new FROM conversation WHERE owner = 'U1'"), 1);
    plan = plan_direct(3, "U1", "U2", "c");
    plan->copy_count = 1;
    plan->copies[0].status = STATUS_FAILED;
    commit_one(place->store, plan);
    assert_int_equal(query(place, "SELECT last_seq * 10 + is_new FROM conversation"
                                  " WHERE owner = 'U1'"),
                     31);
}

static enum fact ask_blocked(struct store_reader *reader, const char *by, const char *whom) {
    struct facts facts = store_reader_facts(reader);
    return facts.blocked(facts.self, SPAN("tilechat"), span_of(by), span_of(whom));
}

static void commit_block(struct store *store, uint64_t offset, enum effect_kind kind) {
    struct plan *plan = plan_at(offset);
    plan_set_effect(plan, (struct plan_effect){.kind = kind, .by = SPAN("U1"), .whom = SPAN("U2")});
    commit_one(store, plan);
}

static void blocks_are_found_absent_or_unavailable(void **state) {
    struct place *place = *state;
    struct store_reader *reader = reader_at(place->folder);
    assert_int_equal(ask_blocked(reader, "U1", "U2"), FACT_ABSENT);
    commit_block(place->store, 1, EFFECT_BLOCK);
    commit_block(place->store, 2, EFFECT_BLOCK);
    assert_int_equal(ask_blocked(reader, "U1", "U2"), FACT_FOUND);
    assert_int_equal(ask_blocked(reader, "U2", "U1"), FACT_ABSENT);
    store_reader_set_broken(reader, true);
    assert_int_equal(ask_blocked(reader, "U1", "U2"), FACT_UNAVAILABLE);
    assert_int_equal(ask_blocked(reader, "U2", "U1"), FACT_UNAVAILABLE);
    store_reader_set_broken(reader, false);
    commit_block(place->store, 3, EFFECT_UNBLOCK);
    commit_block(place->store, 4, EFFECT_UNBLOCK);
    assert_int_equal(ask_blocked(reader, "U1", "U2"), FACT_ABSENT);
    store_reader_close(&reader);
}

static void a_bad_plan_has_no_effect(void **state) {
    struct place *place = *state;
    struct store_reader *reader = reader_at(place->folder);
    struct plan *plan = plan_direct(1, "U1", "U2", "a");
    plan_set_effect(
        plan, (struct plan_effect){.kind = EFFECT_BLOCK, .by = SPAN("U1"), .whom = SPAN("U2")});
    plan_add_letter(plan, (struct plan_letter){LETTER_TOPIC, SPAN("k"), SPAN("b"), SPAN_NONE, 0});
    commit_one(place->store, plan_direct(1, "U1", "U2", "a"));
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_true(plan->is_bad);
    assert_int_equal(ask_blocked(reader, "U1", "U2"), FACT_ABSENT);
    assert_int_equal(query(place, "SELECT count(*) FROM letter"), 0);
    plan_free(&plan);
    store_reader_close(&reader);
}

static void what_waits_writes_to_no_outbox(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_deferred(1, "U1", "U2", 5);
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_OUTBOX, .key = SPAN("k")});
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_true(plan->is_bad);
    plan_free(&plan);
}

static void commit_group(struct store *store, uint64_t offset, const struct group *group) {
    struct plan *plan = plan_at(offset);
    plan_set_effect(plan, (struct plan_effect){.kind = EFFECT_GROUP, .group = group});
    commit_one(store, plan);
}

static void a_group_of_a_thousand_comes_back_whole(void **state) {
    struct place *place = *state;
    struct store_reader *reader = reader_at(place->folder);
    struct facts facts = store_reader_facts(reader);
    struct group found,
        group = {SPAN("group-1"), SPAN("U0"), NULL, 0, SPAN("{\"uid\":\"group-1\"}")};
    for (int i = 0; i < 1000; i++)
        group_add(place->arena, &group, arena_print(place->arena, "U%d", i));
    assert_int_equal(
        facts.group(facts.self, place->arena, SPAN("tilechat"), SPAN("group-1"), &found),
        FACT_ABSENT);
    commit_group(place->store, 1, &group);
    assert_int_equal(
        facts.group(facts.self, place->arena, SPAN("tilechat"), SPAN("group-1"), &found),
        FACT_FOUND);
    assert_int_equal(found.member_count, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_same_span(found.members[i], group.members[i]);
    assert_same_span(found.id, group.id);
    assert_same_span(found.owner, group.owner);
    assert_same_span(found.json, group.json);
    struct group empty = {SPAN("group-1"), SPAN_NONE, NULL, 0, SPAN("{}")};
    commit_group(place->store, 2, &empty);
    assert_int_equal(
        facts.group(facts.self, place->arena, SPAN("tilechat"), SPAN("group-1"), &found),
        FACT_FOUND);
    assert_true(found.member_count == 0 && !found.owner.at);
    assert_int_equal(facts.group(facts.self, place->arena, SPAN("other"), SPAN("group-1"), &found),
                     FACT_ABSENT);
    store_reader_set_broken(reader, true);
    assert_int_equal(
        facts.group(facts.self, place->arena, SPAN("tilechat"), SPAN("group-1"), &found),
        FACT_UNAVAILABLE);
    store_reader_close(&reader);
}

static void a_thousand_copies_keep_their_order(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(1, "U0", "group-1", "hello"), *found;
    size_t count;
    plan->copy_count = 0;
    for (int i = 999; i >= 0; i--) {
        char member[16];
        snprintf(member, sizeof member, "U%d", i);
        plan_add_copy(plan, member, "group-1", i ? STATUS_DELIVERED : STATUS_SENT);
    }
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_int_equal(store_unconfirmed(place->store, 0, &found, 1, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_same_plan(found, plan);
    assert_int_equal(count_at(place->folder, "U500", "group-1"), 1);
    plan_free(&found);
    plan_free(&plan);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(what_is_unconfirmed_comes_back_whole),
        CASE(unconfirmed_plans_come_in_pages),
        CASE(letters_go_when_they_are_confirmed),
        CASE(a_message_renews_both_conversations),
        CASE(a_refused_copy_marks_nothing_unread),
        CASE(blocks_are_found_absent_or_unavailable),
        CASE(a_bad_plan_has_no_effect),
        CASE(what_waits_writes_to_no_outbox),
        CASE(a_group_of_a_thousand_comes_back_whole),
        CASE(a_thousand_copies_keep_their_order),
    };
    return cmocka_run_group_tests_name("store plans", tests, NULL, NULL);
}
