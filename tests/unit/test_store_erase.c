/* The store: erasures of users and of groups, chunk by chunk. */
#include "outbox_support.h"

#include "ports/store/fault.h"
#include "words/text.h"

#define ZOE "U-zoe"

/* ---- what happened before ---- */

static struct plan *plan_to(struct place *place, const char *from, const char *to,
                            const char *text) {
    struct plan *plan = plan_direct(place->next_offset++, from, to, text);
    plan->received_ms = NOW - 1;
    plan->tells_copies = true;
    return plan;
}

/* At the time that it is. */
static int64_t put(struct place *place, struct plan *plan) {
    struct store_batch batch = {
        .plans = &plan, .count = 1, .has_passed = true, .passed = plan->origin};
    assert_int_equal(commit_batch(place, &batch), 0);
    assert_false(plan->is_bad);
    int64_t seq = plan->seq;
    plan_free(&plan);
    return seq;
}

static int64_t say(struct place *place, const char *from, const char *to, const char *text) {
    return put(place, plan_to(place, from, to, text));
}

static int64_t say_in_group(struct place *place, const char *from, const char *group,
                            const char *const *members, const char *text) {
    struct plan *plan = plan_at(place->next_offset++);
    plan->sender = arena_copy(plan->arena, span_of(from));
    plan->recipient = arena_copy(plan->arena, span_of(group));
    plan_set_body(plan, text);
    plan_add_copy(plan, group, group, STATUS_SENT);
    for (; *members; members++)
        plan_add_copy(plan, *members, group, STATUS_DELIVERED);
    return put(place, plan);
}

static void effect(struct place *place, const char *from, struct plan_effect effect) {
    struct plan *plan = plan_effecting(place->next_offset++, effect);
    plan->sender = span_of(from);
    put(place, plan);
}

static void block(struct place *place, const char *by, const char *whom) {
    effect(place, by,
           (struct plan_effect){.kind = EFFECT_BLOCK, .by = span_of(by), .whom = span_of(whom)});
}

static void give(struct place *place, struct order order) {
    struct store_batch batch = {.orders = &order, .order_count = 1};
    order.app = SPAN("tilechat");
    order.now_ms = place->now_ms;
    assert_int_equal(commit_batch(place, &batch), 0);
}

static void ask(struct place *place, enum order_kind kind, const char *target) {
    give(place, (struct order){.kind = kind, .target = span_of(target)});
}

static void chunk(struct place *place) {
    struct store_batch batch = {.erases = true};
    assert_int_equal(commit_batch(place, &batch), 0);
}

static void erase(struct place *place, enum order_kind kind, const char *target) {
    ask(place, kind, target);
    while (store_erases(place->store))
        chunk(place);
}

static struct store_erasure state_of(struct place *place, enum order_kind kind,
                                     const char *target) {
    struct store_erasure found;
    struct why why = {""};
    assert_int_equal(store_erasure(place->reader, place->arena, kind, SPAN("tilechat"),
                                   span_of(target), &found, &why),
                     0);
    return found;
}

static const char *last_of(struct place *place, const char *owner, const char *other) {
    struct facts facts = store_reader_facts(place->reader);
    struct fact_conversation found;
    if (facts.conversation(facts.self, place->arena, SPAN("tilechat"), span_of(owner),
                           span_of(other), &found) != FACT_FOUND)
        return NULL;
    return arena_string(place->arena, found.json);
}

static void assert_shows(const char *json, const char *text) {
    if (!json || !strstr(json, text))
        fail_msg("%s is not in %s", text, json ? json : "nothing");
}

/* ---- a user ---- */

static void what_it_wrote_is_gone_for_everybody(void **state) {
    struct place *place = *state;
    say(place, "U1", ZOE, "from one");
    say(place, ZOE, "U1", "from zoe");
    say(place, ZOE, "U2", "zoe alone");
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(count_at(place->folder, "U1", ZOE), 1);
    assert_shows(entry_at(place->folder, place->arena, "U1", ZOE, 0), "from one");
    assert_shows(last_of(place, "U1", ZOE), "from one");
    assert_null(last_of(place, "U2", ZOE));
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline"), 1);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), 1);
    assert_int_equal(
        query_at(place->folder, "SELECT count(*) FROM conversation WHERE owner = '" ZOE "'"), 0);
    struct store_erasure done = state_of(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(done.messages, 2);
    assert_int_equal(done.entries, 5);
    assert_int_equal(done.conversations, 3);
    assert_int_equal(done.begun_ms, NOW);
    assert_int_equal(done.stored_ms, NOW);
    assert_int_equal(done.log_ms, 0);
}

static void groups_keep_the_messages_of_others(void **state) {
    struct place *place = *state;
    static const char *const MEMBERS[] = {"U1", ZOE, NULL};
    say_in_group(place, "U1", "group-1", MEMBERS, "from one");
    say_in_group(place, ZOE, "group-1", MEMBERS, "from zoe");
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_shows(last_of(place, "U1", "group-1"), "from one");
    assert_shows(last_of(place, "group-1", "group-1"), "from one");
    assert_int_equal(count_at(place->folder, ZOE, "group-1"), 0);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline"), 2);
}

static void an_entry_that_no_copy_names_is_passed_over(void **state) {
    struct place *place = *state;
    static const char *const MEMBERS[] = {ZOE, "U2", NULL};
    int64_t first = say_in_group(place, "U2", "group-1", MEMBERS, "from two");
    int64_t seq = say_in_group(place, ZOE, "group-1", MEMBERS, "from zoe");
    for (int i = 0; i < 2; i++)
        effect(place, "U9",
               (struct plan_effect){.kind = EFFECT_ENTRY,
                                    .by = SPAN("U3"),
                                    .whom = SPAN("group-1"),
                                    .seq = i ? seq : first,
                                    .status = STATUS_DELIVERED,
                                    .updates_conversation = true});
    assert_shows(last_of(place, "U3", "group-1"), "from zoe");
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(count_at(place->folder, "U3", "group-1"), 1);
    assert_shows(last_of(place, "U3", "group-1"), "from two");
}

static void what_comes_after_it_was_asked_for_stays(void **state) {
    struct place *place = *state;
    say(place, ZOE, "U1", "before");
    ask(place, ORDER_ERASE_USER, ZOE);
    say(place, ZOE, "U1", "after");
    while (store_erases(place->store))
        chunk(place);
    assert_int_equal(count_at(place->folder, ZOE, "U1"), 1);
    assert_int_equal(count_at(place->folder, "U1", ZOE), 1);
    assert_shows(last_of(place, ZOE, "U1"), "after");
    assert_shows(last_of(place, "U1", ZOE), "after");
}

static void what_waits_of_it_is_gone(void **state) {
    struct place *place = *state;
    put(place, plan_deferred(place->next_offset++, ZOE, "U1", NOW + 1000));
    put(place, plan_deferred(place->next_offset++, ZOE, "U1", NOW + 2000));
    put(place, plan_put_off(plan_to(place, ZOE, "U1", "held"), PLAN_QUARANTINED, 0));
    put(place, plan_put_off(plan_to(place, "U1", ZOE, "held"), PLAN_QUARANTINED, 0));
    erase(place, ORDER_ERASE_USER, ZOE);
    struct store_waiting_counts counts = store_waiting_counts(place->store);
    assert_int_equal(counts.deferred, 0);
    assert_int_equal(counts.quarantined, 1);
    assert_true(counts.next_due_ms == INT64_MAX);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM waiting"), 1);
}

/* The flow had it in hand when it was erased: that is no message to be buried. */
static void a_plan_for_what_was_erased_meanwhile_is_dropped(void **state) {
    struct place *place = *state;
    int64_t seq = put(place, plan_deferred(1, ZOE, "U1", NOW));
    struct plan *plan = plan_direct(1, ZOE, "U1", "later");
    plan->replaces_seq = seq;
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_true(plan->is_bad);
    assert_int_equal(plan->seq, seq);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), 0);
    plan_free(&plan);
}

/* The stream has it until its retention ends: it is not taken anew. */
static void the_stream_is_known_by_it(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_to(place, ZOE, "U1", "from zoe");
    struct origin origin = plan->origin;
    bool is_known = false;
    put(place, plan);
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), 0);
    assert_int_equal(store_knows(place->store, origin.offset, origin.digest, &is_known, NULL), 0);
    assert_true(is_known);
    assert_int_equal(store_knows(place->store, origin.offset, 1, &is_known, NULL), 0);
    assert_false(is_known);
}

/* A newcomer's history was decided when one of its messages was still there. */
static void the_rest_of_a_history_stays(void **state) {
    struct place *place = *state;
    static const char *const members[] = {"U1", ZOE, NULL};
    int64_t seqs[3];
    for (int i = 0; i < 3; i++)
        seqs[i] = say_in_group(place, i == 1 ? ZOE : "U1", "group-1", members, "in the group");
    struct plan *plan = plan_at(place->next_offset++);
    plan->sender = SPAN("group-1");
    for (int i = 0; i < 3; i++)
        plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_ENTRY,
                                                   .by = SPAN("U9"),
                                                   .whom = SPAN("group-1"),
                                                   .seq = seqs[i],
                                                   .status = STATUS_DELIVERED,
                                                   .updates_conversation = true});
    erase(place, ORDER_ERASE_USER, ZOE);
    put(place, plan);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline t JOIN conversation c"
                                             " ON c.id = t.conversation WHERE c.owner = 'U9'"),
                     2);
}

static void webhooks_are_told_nothing_more_of_it(void **state) {
    struct place *place = *state;
    say(place, "U1", ZOE, "from one");
    say(place, ZOE, "U1", "from zoe");
    say(place, "U1", "U2", "others");
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM outbox"), 6);
    struct outbox_change give_up = {.what = OUTBOX_GIVEN_UP};
    give_up.id = query_at(place->folder, "SELECT min(id) + 3 FROM outbox");
    struct store_batch batch = {.changes = &give_up, .change_count = 1};
    assert_int_equal(commit_batch(place, &batch), 0);
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM outbox"), 3);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM outbox_dead"), 0);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM outbox WHERE is_head"), 2);
}

/* ---- every table ---- */

/* Where `text` still stands: the names of the tables, each once. */
static const char *tables_with(struct place *place, const char *text) {
    struct text found = text_start(place->arena, 100);
    sqlite3 *connection = connect_to(place->folder, SQLITE_OPEN_READONLY);
    sqlite3_stmt *tables, *rows;
    assert_int_equal(sqlite3_prepare_v2(connection,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                        " ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(tables, 0);
        char sql[100];
        bool has = false;
        snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
        assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &rows, NULL), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(rows); i++)
                has |= span_has((struct span){sqlite3_column_blob(rows, i),
                                              (size_t)sqlite3_column_bytes(rows, i)},
                                span_of(text));
        sqlite3_finalize(rows);
        if (has)
            text_print(&found, "%s ", name);
    }
    sqlite3_finalize(tables);
    sqlite3_close(connection);
    return arena_string(place->arena, text_span(&found));
}

static void use_all_tables(struct place *place) {
    static const char *const MEMBERS[] = {"U1", ZOE, NULL};
    struct span members[] = {SPAN("U1"), SPAN(ZOE)};
    struct group group = {.id = SPAN("group-1"),
                          .owner = SPAN("U1"),
                          .members = members,
                          .member_count = 2,
                          .json = SPAN("{\"members\":{\"U1\":1,\"" ZOE "\":1}}")};
    say(place, "U1", ZOE, "to her");
    say(place, ZOE, "U1", "secret one");
    say_in_group(place, ZOE, "group-1", MEMBERS, "secret two");
    struct plan *plan = plan_to(place, ZOE, "U1", "secret three");
    plan->client_id = SPAN("secret name");
    plan->foreign_id = SPAN("secret id");
    put(place, plan);
    put(place, plan_put_off(plan_to(place, ZOE, "U1", "secret four"), PLAN_QUARANTINED, 0));
    effect(place, "U1", (struct plan_effect){.kind = EFFECT_GROUP, .group = &group});
    effect(place, ZOE,
           (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                .by = SPAN(ZOE),
                                .whom = SPAN("U1"),
                                .patch = SPAN("{\"note\":\"secret five\"}")});
    effect(place, "U1",
           (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                .by = SPAN("U1"),
                                .whom = SPAN(ZOE),
                                .patch = SPAN("{\"last_message_text\":\"secret six\"}")});
    effect(place, ZOE,
           (struct plan_effect){.kind = EFFECT_PRESENCE,
                                .by = SPAN(ZOE),
                                .whom = SPAN("secret client"),
                                .is_connected = true});
    block(place, ZOE, "U1");
    block(place, "U1", ZOE);
    give(place, (struct order){.kind = ORDER_INSTANCE,
                               .target = SPAN(ZOE),
                               .instance = SPAN("I1"),
                               .json = SPAN("{\"device\":\"secret device\"}")});
    give(place,
         (struct order){
             .kind = ORDER_REVOKE, .target = SPAN(ZOE), .since = 1, .until_ms = INT64_C(2) * NOW});
}

static void every_table_forgets_it(void **state) {
    struct place *place = *state;
    use_all_tables(place);
    assert_string_equal(tables_with(place, "secret"),
                        "client_message conversation foreign_message instance plan presence ");
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_string_equal(tables_with(place, "secret"), "");
    /* What U1 wrote to her and has of her, who is in the group; and what guards, and says so. */
    assert_string_equal(tables_with(place, ZOE), "block chat_group conversation erasure plan "
                                                 "revocation ");
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM block"), 1);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan WHERE sender = '" ZOE "'"),
                     0);
}

/* ---- chunks ---- */

/* As it would be without a break, wherever it is broken off. */
static void it_goes_on_where_it_was(void **state) {
    struct place *place = *state;
    use_all_tables(place);
    ask(place, ORDER_ERASE_USER, ZOE);
    int chunks = 0;
    for (; store_erases(place->store); chunks++) {
        store_set_erase_steps(place->store, 1);
        chunk(place);
        reopen(place);
    }
    assert_true(chunks > 12);
    assert_string_equal(tables_with(place, "secret"), "");
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline"), 1);
    struct store_erasure done = state_of(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(done.messages, 4);
}

static void a_failing_disk_changes_nothing(void **state) {
    struct place *place = *state;
    use_all_tables(place);
    ask(place, ORDER_ERASE_USER, ZOE);
    for (unsigned after = 0; store_erases(place->store); after = (after + 1) % 7) {
        struct store_fault fault = {.kind = STORE_FAULT_FULL, .after = after, .times = 1};
        struct store_batch batch = {.erases = true};
        uint64_t before = digest_of(place->folder);
        store_set_erase_steps(place->store, 2);
        store_set_fault(place->store, &fault);
        if (commit_batch(place, &batch) < 0)
            assert_true(digest_of(place->folder) == before);
        store_set_fault(place->store, &(struct store_fault){.kind = STORE_FAULT_NONE});
        chunk(place);
    }
    assert_string_equal(tables_with(place, "secret"), "");
}

static void a_large_group_is_no_single_step(void **state) {
    struct place *place = *state;
    const char *members[352];
    for (int i = 0; i < 350; i++)
        members[i] = arena_string(place->arena, arena_print(place->arena, "U%d", i));
    members[350] = ZOE;
    members[351] = NULL;
    say_in_group(place, "U1", "group-1", members, "from one");
    say_in_group(place, ZOE, "group-1", members, "from zoe");
    ask(place, ORDER_ERASE_USER, ZOE);
    store_set_erase_steps(place->store, 1);
    int chunks = 0;
    for (; store_erases(place->store); chunks++)
        chunk(place);
    assert_true(chunks > 8);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM timeline"), 351);
    assert_int_equal(query_at(place->folder, "SELECT count(DISTINCT last_seq) FROM conversation"),
                     1);
}

static void one_waits_for_the_one_before(void **state) {
    struct place *place = *state;
    say(place, ZOE, "U1", "from zoe");
    say(place, "U2", "U1", "from two");
    ask(place, ORDER_ERASE_USER, ZOE);
    ask(place, ORDER_ERASE_USER, ZOE);
    ask(place, ORDER_ERASE_USER, "U2");
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM erasure"), 2);
    while (store_erases(place->store))
        chunk(place);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), 0);
}

static void what_is_elsewhere_is_noted(void **state) {
    struct place *place = *state;
    struct store_erasure found;
    say(place, ZOE, "U1", "from zoe");
    ask(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(store_erasure_elsewhere(place->reader, place->arena, &found, NULL), 0);
    assert_int_equal(found.id, 0);
    while (store_erases(place->store))
        chunk(place);
    assert_int_equal(store_erasure_elsewhere(place->reader, place->arena, &found, NULL), 0);
    assert_span(found.target, SPAN(ZOE));
    give(place, (struct order){.kind = ORDER_ERASED_LOG, .erasure = found.id, .count = 7});
    give(place, (struct order){.kind = ORDER_ERASED_DEAD, .erasure = found.id, .count = 2});
    assert_int_equal(store_erasure_elsewhere(place->reader, place->arena, &found, NULL), 0);
    assert_int_equal(found.id, 0);
    found = state_of(place, ORDER_ERASE_USER, ZOE);
    assert_int_equal(found.log_lines, 7);
    assert_int_equal(found.letters, 2);
    assert_int_equal(found.dead_ms, NOW);
}

/* Plans name conversations by their numbers. */
static void numbers_of_conversations_are_never_anothers(void **state) {
    struct place *place = *state;
    say(place, "U1", ZOE, "from one");
    int64_t newest = query_at(place->folder, "SELECT max(id) FROM conversation");
    erase(place, ORDER_ERASE_USER, ZOE);
    say(place, "U3", "U4", "others");
    assert_true(query_at(place->folder, "SELECT id FROM conversation WHERE owner = 'U3'") > newest);
    say(place, "U5", ZOE, "again");
    erase(place, ORDER_ERASE_USER, ZOE);
    assert_true(query_at(place->folder, "SELECT count(*) FROM conversation WHERE app = ''") <= 1);
    struct plan *plan = NULL;
    struct ident id = ident_make(INCARNATION, 1, 0);
    assert_int_equal(store_reader_plan(place->reader, &id, &plan, NULL), 0);
    assert_int_equal(plan->copy_count, 1);
    assert_span(plan->copies[0].owner, SPAN("U1"));
    plan_free(&plan);
}

/* ---- a group ---- */

static void a_groups_messages_go_from_every_timeline(void **state) {
    struct place *place = *state;
    static const char *const MEMBERS[] = {"U1", "U2", NULL};
    say_in_group(place, "U1", "group-1", MEMBERS, "one");
    say_in_group(place, "U2", "group-1", MEMBERS, "two");
    say_in_group(place, "U2", "group-2", MEMBERS, "other");
    say(place, "U1", "U2", "direct");
    erase(place, ORDER_ERASE_MESSAGES, "group-1");
    assert_int_equal(count_at(place->folder, "U1", "group-1"), 0);
    assert_int_equal(count_at(place->folder, "U1", "group-2"), 1);
    assert_int_equal(count_at(place->folder, "U1", "U2"), 1);
    assert_null(last_of(place, "U1", "group-1"));
    struct store_erasure done = state_of(place, ORDER_ERASE_MESSAGES, "group-1");
    assert_int_equal(done.messages, 2);
    assert_int_equal(done.dead_ms, NOW);
    say_in_group(place, "U2", "group-1", MEMBERS, "again");
    assert_shows(last_of(place, "U1", "group-1"), "again");
}

static void a_groups_conversations_leave_every_list(void **state) {
    struct place *place = *state;
    static const char *const MEMBERS[] = {"U1", "U2", NULL};
    say_in_group(place, "U1", "group-1", MEMBERS, "one");
    say(place, "U1", "U2", "direct");
    erase(place, ORDER_ERASE_CONVERSATIONS, "group-1");
    assert_null(last_of(place, "U1", "group-1"));
    assert_null(last_of(place, "U2", "group-1"));
    assert_shows(last_of(place, "U1", "U2"), "direct");
    assert_int_equal(count_at(place->folder, "U1", "group-1"), 1);
    say_in_group(place, "U2", "group-1", MEMBERS, "again");
    assert_shows(last_of(place, "U1", "group-1"), "again");
    assert_int_equal(count_at(place->folder, "U1", "group-1"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_it_wrote_is_gone_for_everybody),
        TEST(groups_keep_the_messages_of_others),
        TEST(an_entry_that_no_copy_names_is_passed_over),
        TEST(what_comes_after_it_was_asked_for_stays),
        TEST(what_waits_of_it_is_gone),
        TEST(a_plan_for_what_was_erased_meanwhile_is_dropped),
        TEST(the_stream_is_known_by_it),
        TEST(the_rest_of_a_history_stays),
        TEST(webhooks_are_told_nothing_more_of_it),
        TEST(every_table_forgets_it),
        TEST(it_goes_on_where_it_was),
        TEST(a_failing_disk_changes_nothing),
        TEST(a_large_group_is_no_single_step),
        TEST(one_waits_for_the_one_before),
        TEST(what_is_elsewhere_is_noted),
        TEST(numbers_of_conversations_are_never_anothers),
        TEST(a_groups_messages_go_from_every_timeline),
        TEST(a_groups_conversations_leave_every_list),
    };
    return cmocka_run_group_tests_name("store_erase", tests, NULL, NULL);
}
