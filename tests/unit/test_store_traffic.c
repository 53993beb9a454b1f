/* The store: statuses and entries that come after the message, and who finds it. */
#include "traffic_support.h"

#include "ports/store/fault.h"

static int64_t status_of(struct place *place, const char *owner, int64_t seq) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT status FROM timeline t, conversation c WHERE c.id = t.conversation"
             " AND c.owner = '%s' AND t.seq = %lld",
             owner, (long long)seq);
    return query_at(place->folder, sql);
}

/* ---- statuses ---- */

static void a_status_only_rises(void **state) {
    struct place *place = *state;
    int64_t seq = say(place, "hello");
    static const struct {
        int said, is;
    } STEPS[] = {{200, 200}, {150, 200}, {100, 200}, {0, 200},    {250, 250},
                 {200, 250}, {300, 300}, {250, 300}, {-100, 300}, {0, 300}};
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        apply(place, on_message(EFFECT_STATUS, "U2", "U1", seq, STEPS[i].said));
        assert_int_equal(status_of(place, "U2", seq), STEPS[i].is);
    }
    assert_int_equal(status_of(place, "U1", seq), 100);
}

static void failed_is_final(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "refused");
    plan->copy_count = 1;
    plan->copies[0].status = STATUS_FAILED;
    int64_t seq = commit_one(place->store, plan);
    apply(place, on_message(EFFECT_STATUS, "U1", "U2", seq, 300));
    assert_int_equal(status_of(place, "U1", seq), -100);
    apply(place, on_message(EFFECT_ENTRY, "U1", "U2", seq, 300));
    assert_int_equal(status_of(place, "U1", seq), -100);
}

static void a_status_of_nothing_changes_nothing(void **state) {
    struct place *place = *state;
    int64_t seq = say(place, "hello");
    apply(place, on_message(EFFECT_STATUS, "U2", "U3", seq, 200));
    apply(place, on_message(EFFECT_STATUS, "U2", "U1", 77, 200));
    assert_int_equal(query_at(place->folder, "SELECT sum(status) FROM timeline"), 250);
    assert_bad(place, on_message(EFFECT_STATUS, "U2", "U1", seq, 7));
    assert_bad(place, on_message(EFFECT_STATUS, "U2", "U1", 0, 200));
    assert_bad(place, (struct plan_effect){.kind = EFFECT_STATUS, .seq = seq, .status = 200});
}

/* ---- entries ---- */

static void a_newcomer_gets_what_was_said_before(void **state) {
    struct place *place = *state;
    int64_t first = say(place, "one"), second = say(place, "two");
    apply(place, on_message(EFFECT_ENTRY, "U3", "group-1", second, 150));
    apply(place, on_message(EFFECT_ENTRY, "U3", "group-1", first, 150));
    assert_int_equal(count_at(place->folder, "U3", "group-1"), 2);
    assert_non_null(strstr(entry_at(place->folder, place->arena, "U3", "group-1", 0), "\"two\""));
    assert_int_equal(
        query_at(place->folder, "SELECT last_seq FROM conversation WHERE owner = 'U3'"), second);
    /* Again, and once more with a higher status. */
    apply(place, on_message(EFFECT_ENTRY, "U3", "group-1", first, 100));
    assert_int_equal(status_of(place, "U3", first), 150);
    apply(place, on_message(EFFECT_ENTRY, "U3", "group-1", first, 200));
    assert_int_equal(status_of(place, "U3", first), 200);
    assert_int_equal(count_at(place->folder, "U3", "group-1"), 2);
    assert_bad(place, on_message(EFFECT_ENTRY, "U3", "group-1", 99, 150));
}

static void an_entry_renews_where_it_is_newer(void **state) {
    struct place *place = *state;
    int64_t first = say(place, "one");
    struct plan_effect entry = on_message(EFFECT_ENTRY, "U3", "U1", first, 150);
    entry.updates_conversation = false;
    apply(place, entry);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM conversation"
                                             " WHERE owner = 'U3' AND last_seq IS NULL"),
                     1);
    apply(place, (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                      .by = SPAN("U3"),
                                      .whom = SPAN("U1"),
                                      .is_new = FLAG_NO,
                                      .archived = FLAG_YES});
    entry.updates_conversation = true;
    apply(place, entry);
    assert_int_equal(query_at(place->folder, "SELECT last_seq * 100 + is_new * 10 + archived"
                                             " FROM conversation WHERE owner = 'U3'"),
                     first * 100 + 10);
}

/* ---- history ---- */

/* To the group, whose own timeline has it, and U1's. */
static int64_t say_to_group(struct place *place, const char *text) {
    struct plan *plan = plan_at(place->next_offset++);
    plan->sender = SPAN("U1");
    plan->recipient = SPAN("group-1");
    plan_set_body(plan, text);
    plan_add_copy(plan, "U1", "group-1", STATUS_DELIVERED);
    plan_add_copy(plan, "group-1", "group-1", STATUS_SENT);
    return commit_one(place->store, plan);
}

static enum fact ask_history(struct place *place, const char *not_in, size_t limit, size_t bytes,
                             struct fact_past **past, size_t *count) {
    return place->facts.history(place->facts.self, place->arena, SPAN("tilechat"), SPAN("group-1"),
                                SPAN("group-1"), span_of(not_in), limit, bytes, past, count);
}

static void a_history_is_the_newest_oldest_first(void **state) {
    struct place *place = *state;
    struct fact_past *past;
    size_t count;
    assert_int_equal(ask_history(place, NULL, 200, SIZE_MAX, &past, &count), FACT_ABSENT);
    int64_t seqs[] = {say_to_group(place, "one"), say_to_group(place, "two"),
                      say_to_group(place, "three")};
    assert_int_equal(ask_history(place, NULL, 200, SIZE_MAX, &past, &count), FACT_FOUND);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(past[i].seq, seqs[i]);
    assert_true(span_has(past[0].json, SPAN("\"one\"")));
    assert_true(span_has(past[0].json, SPAN("\"conversWith\":\"group-1\"")));
    assert_int_equal(past[0].status, STATUS_SENT);
    size_t two = past[1].json.size + past[2].json.size;
    assert_int_equal(ask_history(place, NULL, 2, SIZE_MAX, &past, &count), FACT_FOUND);
    assert_int_equal(count, 2);
    assert_int_equal(past[0].seq, seqs[1]);
    assert_int_equal(ask_history(place, NULL, 200, two, &past, &count), FACT_FOUND);
    assert_int_equal(count, 2);
    assert_int_equal(past[1].seq, seqs[2]);
    assert_int_equal(ask_history(place, NULL, 200, 10, &past, &count), FACT_ABSENT);
}

static void a_history_leaves_out_what_one_has(void **state) {
    struct place *place = *state;
    struct fact_past *past;
    size_t count;
    int64_t first = say_to_group(place, "one"), second = say_to_group(place, "two");
    assert_int_equal(ask_history(place, "U1", 200, SIZE_MAX, &past, &count), FACT_ABSENT);
    apply(place, on_message(EFFECT_ENTRY, "U3", "group-1", second, 150));
    assert_int_equal(ask_history(place, "U3", 200, SIZE_MAX, &past, &count), FACT_FOUND);
    assert_int_equal(count, 1);
    assert_int_equal(past[0].seq, first);
    /* Of the newest one, not of the newest that is missing. */
    assert_int_equal(ask_history(place, "U3", 1, SIZE_MAX, &past, &count), FACT_ABSENT);
}

/* ---- ids ---- */

static struct plan *plan_foreign(struct place *place, const char *id, const char *owner) {
    struct plan *plan = plan_at(place->next_offset++);
    plan->kind = ROUTE_PERSIST;
    plan->sender = SPAN("U8");
    plan->recipient = SPAN("U9");
    plan->foreign_id = arena_copy(plan->arena, span_of(id));
    plan_set_body(plan, "from elsewhere");
    plan_add_copy(plan, owner, "U8", STATUS_DELIVERED);
    return plan;
}

static enum fact ask_message(struct place *place, const char *app, struct span id,
                             struct fact_message *out) {
    *out = (struct fact_message){.seq = 0};
    return place->facts.message(place->facts.self, place->arena, span_of(app), id, true, out);
}

static enum fact ask_entry(struct place *place, const char *owner, const char *other,
                           struct span id, struct fact_message *out) {
    *out = (struct fact_message){.seq = 0};
    return place->facts.entry(place->facts.self, place->arena, SPAN("tilechat"), span_of(owner),
                              span_of(other), id, false, out);
}

static void a_message_is_found_by_its_id(void **state) {
    struct place *place = *state;
    struct fact_message found;
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "hello");
    plan_add_child(plan, plan_reply(plan, 1));
    struct ident id = plan->id, child = plan->children[0]->id;
    int64_t seq = commit_one(place->store, plan);
    assert_int_equal(ask_message(place, "tilechat", span_of(id.text), &found), FACT_FOUND);
    assert_true(found.seq == seq && found.status == 0);
    assert_span(found.sender, "U1");
    assert_span(found.recipient, "U2");
    assert_non_null(memmem(found.body.head.at, found.body.head.size, "hello", 5));
    assert_int_equal(ask_message(place, "other", span_of(id.text), &found), FACT_ABSENT);
    assert_int_equal(ask_message(place, "tilechat", SPAN("nobody's"), &found), FACT_ABSENT);
    assert_int_equal(ask_message(place, "tilechat", span_of(child.text), &found), FACT_FOUND);
    assert_int_equal(found.seq, seq + 1);
    assert_int_equal(ask_entry(place, "U2", "U1", span_of(id.text), &found), FACT_FOUND);
    assert_true(found.seq == seq && found.status == 150 && !found.body.head.at);
    assert_int_equal(ask_entry(place, "U1", "U2", span_of(id.text), &found), FACT_FOUND);
    assert_int_equal(found.status, 100);
    assert_int_equal(ask_entry(place, "U2", "U3", span_of(id.text), &found), FACT_ABSENT);
    assert_int_equal(ask_entry(place, "U3", "U1", span_of(id.text), &found), FACT_ABSENT);
    store_reader_set_broken(place->reader, true);
    assert_int_equal(ask_entry(place, "U2", "U1", span_of(id.text), &found), FACT_UNAVAILABLE);
    assert_int_equal(ask_message(place, "tilechat", SPAN("x"), &found), FACT_UNAVAILABLE);
}

static void what_waits_is_no_message_yet(void **state) {
    struct place *place = *state;
    struct fact_message found;
    struct plan *plan = plan_deferred(place->next_offset++, "U1", "U2", 100);
    struct ident id = plan->id;
    commit_one(place->store, plan);
    assert_int_equal(ask_message(place, "tilechat", span_of(id.text), &found), FACT_ABSENT);
}

static void a_foreign_id_is_kept(void **state) {
    struct place *place = *state;
    struct fact_message found;
    struct plan *again = NULL;
    struct plan *plan = plan_foreign(place, "their-id", "U9");
    struct ident id = plan->id;
    int64_t seq = commit_one(place->store, plan);
    assert_int_equal(ask_message(place, "tilechat", SPAN("their-id"), &found), FACT_FOUND);
    assert_int_equal(found.seq, seq);
    assert_int_equal(ask_entry(place, "U9", "U8", SPAN("their-id"), &found), FACT_FOUND);
    assert_int_equal(ask_message(place, "other", SPAN("their-id"), &found), FACT_ABSENT);
    assert_int_equal(store_reader_plan(place->reader, &id, &again, NULL), 0);
    assert_int_equal(again->kind, ROUTE_PERSIST);
    assert_span(again->foreign_id, "their-id");
    plan_free(&again);
    struct store_entry *entries;
    size_t count;
    assert_int_equal(store_history(place->reader, place->arena, SPAN("tilechat"), SPAN("U9"),
                                   SPAN_NONE, 0, 10, &entries, &count, NULL),
                     0);
    assert_int_equal(count, 1);
    assert_span(entries[0].message_id, "their-id");
    struct ident own;
    bool is_known;
    assert_int_equal(store_reader_own_id(place->reader, SPAN("their-id"), &own, &is_known, NULL),
                     0);
    assert_true(is_known);
    assert_string_equal(own.text, id.text);
    assert_int_equal(store_reader_own_id(place->reader, SPAN("x"), &own, &is_known, NULL), 0);
    assert_false(is_known);
    /* An id that looks like ours, of a store that is no more. */
    struct ident lost = ident_make(99, 99, 0);
    seq = commit_one(place->store, plan_foreign(place, lost.text, "U9"));
    assert_int_equal(ask_message(place, "tilechat", span_of(lost.text), &found), FACT_FOUND);
    assert_int_equal(found.seq, seq);
}

/* Both were taken before either was stored: they are one message. */
static void twins_of_a_foreign_id_are_one_message(void **state) {
    struct place *place = *state;
    struct plan *plans[2] = {plan_foreign(place, "twin", "U9"), plan_foreign(place, "twin", "U8")};
    plans[1]->copies[0].other = SPAN("U9");
    assert_int_equal(commit_plans(place->store, plans, 2, NULL), 0);
    assert_true(plans[0]->seq == 1 && plans[1]->seq == 2 && !plans[1]->is_bad);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline WHERE seq = 1"), 2);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline WHERE seq = 2"), 0);
    assert_int_equal(query_at(place->folder, "SELECT sum(last_seq) FROM conversation"), 2);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM foreign_message"), 1);
    plan_free(&plans[0]);
    plan_free(&plans[1]);
    commit_one(place->store, plan_foreign(place, "twin", "U9"));
    assert_int_equal(count_at(place->folder, "U9", "U8"), 1);
}

/* ---- nothing by halves, nothing twice ---- */

static struct plan *everything(struct place *place, int64_t seq) {
    struct plan *plan = plan_foreign(place, "all", "U9");
    struct plan_effect effects[] = {
        on_message(EFFECT_STATUS, "U2", "U1", seq, 200),
        on_message(EFFECT_ENTRY, "U3", "U1", seq, 150),
        patch("U2", "U1", "{\"mark\":1,\"archived\":true}"),
        {.kind = EFFECT_PRESENCE, .by = SPAN("U1"), .whom = SPAN("C1"), .is_connected = true},
    };
    plan->effects = arena_take(plan->arena, sizeof effects);
    memcpy(plan->effects, effects, sizeof effects);
    plan->effect_count = sizeof effects / sizeof *effects;
    return plan;
}

static void a_failure_leaves_nothing_behind(void **state) {
    struct place *place = *state;
    int64_t seq = say(place, "one");
    uint64_t before = digest_of(place->folder);
    struct plan *plan = everything(place, seq);
    unsigned after = 0;
    for (int rc = -1; rc < 0; after++) {
        store_set_fault(place->store,
                        &(struct store_fault){STORE_FAULT_IO, .after = after, .times = 1});
        rc = commit_plans(place->store, &plan, 1, NULL);
        store_set_fault(place->store, &(struct store_fault){0});
        if (rc < 0)
            assert_true(before == digest_of(place->folder));
    }
    assert_true(after > 10);
    assert_int_equal(plan->seq, seq + 1);
    /* Read again after a crash: it stands already. */
    uint64_t stored = digest_of(place->folder);
    plan->seq = 0;
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_true(plan->is_bad && plan->seq == seq + 1);
    assert_true(stored == digest_of(place->folder));
    plan_free(&plan);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_status_only_rises),
        CASE(failed_is_final),
        CASE(a_status_of_nothing_changes_nothing),
        CASE(a_newcomer_gets_what_was_said_before),
        CASE(an_entry_renews_where_it_is_newer),
        CASE(a_history_is_the_newest_oldest_first),
        CASE(a_history_leaves_out_what_one_has),
        CASE(a_message_is_found_by_its_id),
        CASE(what_waits_is_no_message_yet),
        CASE(a_foreign_id_is_kept),
        CASE(twins_of_a_foreign_id_are_one_message),
        CASE(a_failure_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("store traffic", tests, NULL, NULL);
}
