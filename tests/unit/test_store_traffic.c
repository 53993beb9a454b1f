/* The store: statuses, entries and conversations that change after the message, and who finds them.
 */
#include "store_support.h"

#include "ports/store/fault.h"

struct place {
    char *folder;
    struct store *store;
    struct store_reader *reader;
    struct facts facts;
    struct arena *arena;
    uint64_t next_offset;
};

static int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->store = store_at(place->folder);
    place->reader = reader_at(place->folder);
    place->facts = store_reader_facts(place->reader);
    place->arena = arena_new();
    place->next_offset = 1;
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    store_reader_close(&place->reader);
    store_close(&place->store);
    arena_free(&place->arena);
    folder_remove(place->folder);
    free(place);
    return 0;
}

/* U1 writes to U2. */
static int64_t say(struct place *place, const char *text) {
    return commit_one(place->store, plan_direct(place->next_offset++, "U1", "U2", text));
}

static void apply(struct place *place, struct plan_effect effect) {
    commit_one(place->store, plan_effecting(place->next_offset++, effect));
}

static void assert_bad(struct place *place, struct plan_effect effect) {
    struct plan *plan = plan_effecting(place->next_offset++, effect);
    int64_t before = query_at(place->folder, "SELECT newest_seq FROM mark");
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_true(plan->is_bad && plan->seq == 0);
    assert_int_equal(query_at(place->folder, "SELECT newest_seq FROM mark"), before);
    plan_free(&plan);
}

static struct plan_effect on_message(enum effect_kind kind, const char *owner, const char *other,
                                     int64_t seq, int status) {
    return (struct plan_effect){.kind = kind,
                                .by = span_of(owner),
                                .whom = span_of(other),
                                .seq = seq,
                                .status = status,
                                .updates_conversation = true};
}

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

/* ---- conversations ---- */

static struct plan_effect patch(const char *owner, const char *other, const char *json) {
    return (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                .by = span_of(owner),
                                .whom = span_of(other),
                                .patch = span_of(json)};
}

/* What U2 sees of its conversation with U1. */
static enum fact see(struct place *place, struct fact_conversation *out) {
    return place->facts.conversation(place->facts.self, place->arena, SPAN("tilechat"), SPAN("U2"),
                                     SPAN("U1"), out);
}

static void assert_sees(struct place *place, const char *field, const char *expected) {
    struct fact_conversation found;
    struct json_value value;
    assert_int_equal(see(place, &found), FACT_FOUND);
    assert_int_equal(json_check(found.json, NULL, NULL), 0);
    if (!json_find(found.json, span_of(field), &value))
        value.text = SPAN("nothing");
    assert_span(value.text, expected);
}

static void a_conversation_is_its_last_message(void **state) {
    struct place *place = *state;
    struct fact_conversation found;
    assert_int_equal(see(place, &found), FACT_ABSENT);
    say(place, "one");
    int64_t seq = say(place, "two");
    assert_int_equal(see(place, &found), FACT_FOUND);
    assert_true(found.is_new && !found.archived && !found.patches.recent.at);
    assert_sees(place, "text", "\"two\"");
    assert_sees(place, "last_message_text", "\"two\"");
    assert_sees(place, "key", "\"U1\"");
    assert_sees(place, "timelineOf", "\"U2\"");
    assert_sees(place, "status", "150");
    apply(place, on_message(EFFECT_STATUS, "U2", "U1", seq, 200));
    assert_sees(place, "status", "200");
    store_reader_set_broken(place->reader, true);
    assert_int_equal(see(place, &found), FACT_UNAVAILABLE);
}

static void a_patch_holds_until_the_next_message(void **state) {
    struct place *place = *state;
    say(place, "one");
    apply(place, patch("U2", "U1", "{\"text\":\"mine\",\"mark\":1,\"is_new\":false,\"key\":5}"));
    assert_sees(place, "text", "\"mine\"");
    assert_sees(place, "mark", "1");
    assert_sees(place, "is_new", "false");
    assert_sees(place, "key", "\"U1\"");
    say(place, "two");
    assert_sees(place, "text", "\"two\"");
    assert_sees(place, "mark", "1");
    assert_sees(place, "is_new", "true");
    apply(place, patch("U2", "U1", "{\"type\":\"note\"}"));
    assert_sees(place, "text", "\"two\"");
    assert_sees(place, "type", "\"note\"");
    assert_sees(place, "mark", "1");
    apply(place, patch("U2", "U1", "{\"mark\":2}"));
    assert_sees(place, "mark", "2");
    assert_sees(place, "type", "\"note\"");
    /* U1's own is another. */
    assert_int_equal(
        query_at(place->folder,
                 "SELECT count(*) FROM conversation WHERE owner = 'U1' AND patch IS NOT NULL"),
        0);
}

static void a_flag_alone_leaves_the_patches(void **state) {
    struct place *place = *state;
    say(place, "one");
    apply(place, patch("U2", "U1", "{\"is_new\":false}"));
    assert_sees(place, "is_new", "false");
    apply(place, patch("U2", "U1", "{\"is_new\":1,\"archived\":\"yes\"}"));
    assert_sees(place, "is_new", "false");
    assert_sees(place, "archived", "false");
    assert_int_equal(
        query_at(place->folder, "SELECT count(*) FROM conversation WHERE patch IS NOT NULL"), 0);
    struct plan_effect archive = patch("U2", "U1", "{\"archived\":false}");
    archive.archived = FLAG_YES;
    apply(place, archive);
    assert_sees(place, "archived", "true");
    say(place, "two");
    assert_sees(place, "archived", "false");
    assert_sees(place, "is_new", "true");
}

static void an_unknown_conversation_is_made_by_a_patch(void **state) {
    struct place *place = *state;
    struct fact_conversation found;
    apply(place, patch("U2", "U1", "{\"is_new\":false}"));
    assert_int_equal(see(place, &found), FACT_FOUND);
    assert_span(found.json, "{\"app_id\":\"tilechat\",\"key\":\"U1\",\"is_new\":false,"
                            "\"archived\":false,\"timelineOf\":\"U2\",\"conversWith\":\"U1\"}");
    apply(place, patch("U2", "U1", "{\"mark\":1}"));
    say(place, "one");
    assert_sees(place, "mark", "1");
    assert_sees(place, "text", "\"one\"");
}

/* A message that is not to update it leaves nothing to show. */
static void what_shows_nothing_is_absent(void **state) {
    struct place *place = *state;
    struct fact_conversation found;
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "quiet");
    plan->updates_conversation = false;
    commit_one(place->store, plan);
    assert_int_equal(see(place, &found), FACT_ABSENT);
    apply(place, patch("U2", "U1", "{\"mark\":1}"));
    assert_sees(place, "mark", "1");
}

static void patches_are_bounded(void **state) {
    struct place *place = *state;
    char text[16 * 1024 + 100];
    say(place, "one");
    snprintf(text, sizeof text, "{\"a\":\"%*s\"}", 9000, "");
    apply(place, patch("U2", "U1", text));
    text[2] = 'b';
    assert_bad(place, patch("U2", "U1", text));
    snprintf(text, sizeof text, "{\"a\":\"%*s\"}", 16 * 1024, "");
    assert_bad(place, patch("U2", "U1", text));
    assert_bad(place, patch("U2", "U1", "{\"a\":}"));
    assert_bad(place, patch("U2", "U1", "[]"));
    struct fact_conversation found;
    struct why why;
    assert_int_equal(see(place, &found), FACT_FOUND);
    snprintf(text, sizeof text, "{\"b\":\"%*s\"}", 9000, "");
    assert_int_equal(patches_add(place->arena, &found.patches, span_of(text), &why), -1);
}

static void assert_listed(struct place *place, bool archived, const char *expected) {
    struct span *list;
    struct json_value key;
    size_t count;
    char found[200] = "";
    assert_int_equal(store_conversations(place->reader, place->arena, SPAN("tilechat"), SPAN("U1"),
                                         archived, 3, &list, &count, NULL),
                     0);
    for (size_t i = 0; i < count; i++) {
        assert_true(json_find(list[i], SPAN("key"), &key));
        strncat(found, arena_string(place->arena, key.text), 20);
    }
    assert_string_equal(found, expected);
}

static void conversations_are_listed_newest_first(void **state) {
    struct place *place = *state;
    assert_listed(place, false, "");
    for (char other[] = "U2"; other[1] < '7'; other[1]++)
        commit_one(place->store, plan_direct(place->next_offset++, other, "U1", "hello"));
    assert_listed(place, false, "\"U6\"\"U5\"\"U4\"");
    commit_one(place->store, plan_direct(place->next_offset++, "U1", "U2", "back"));
    apply(place, patch("U1", "U6", "{\"archived\":true}"));
    apply(place, patch("U1", "U4", "{\"archived\":true}"));
    apply(place, patch("U1", "U9", "{\"a\":1,\"archived\":true}"));
    assert_listed(place, false, "\"U2\"\"U5\"\"U3\"");
    assert_listed(place, true, "\"U6\"\"U4\"\"U9\"");
    struct plan *plan = plan_direct(place->next_offset++, "U7", "U1", "quiet");
    plan->updates_conversation = false;
    commit_one(place->store, plan);
    assert_listed(place, false, "\"U2\"\"U5\"\"U3\"");
    struct span *list;
    size_t count;
    struct why why = {""};
    store_reader_set_broken(place->reader, true);
    assert_int_equal(store_conversations(place->reader, place->arena, SPAN("tilechat"), SPAN("U1"),
                                         false, 3, &list, &count, &why),
                     -1);
    assert_non_null(strstr(why.words, "could not read the conversations"));
}

static void it_is_told_what_leaves_the_archive(void **state) {
    struct place *place = *state;
    static const char TOLD[] = "SELECT count(*) FROM outbox WHERE kind = 5 AND owner = 'U2'"
                               " AND other = 'U1' AND CAST(data AS TEXT) = '{\"timelineOf\":\"U2\","
                               "\"conversWith\":\"U1\",\"archived\":false}'";
    tell_of_all(place->store);
    int64_t first = say(place, "one");
    apply(place, patch("U2", "U1", "{\"archived\":true}"));
    say(place, "two");
    assert_int_equal(query_at(place->folder, TOLD), 1);
    say(place, "three");
    apply(place, patch("U2", "U1", "{\"archived\":false}"));
    assert_int_equal(query_at(place->folder, TOLD), 1);
    apply(place, patch("U2", "U1", "{\"archived\":true}"));
    apply(place, on_message(EFFECT_ENTRY, "U2", "U1", first, 150)); /* not the newest */
    assert_int_equal(query_at(place->folder, TOLD), 1);
    apply(place, patch("U2", "U1", "{\"archived\":false}"));
    assert_int_equal(query_at(place->folder, TOLD), 2);
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
        CASE(a_message_is_found_by_its_id),
        CASE(what_waits_is_no_message_yet),
        CASE(a_foreign_id_is_kept),
        CASE(twins_of_a_foreign_id_are_one_message),
        CASE(a_conversation_is_its_last_message),
        CASE(a_patch_holds_until_the_next_message),
        CASE(a_flag_alone_leaves_the_patches),
        CASE(an_unknown_conversation_is_made_by_a_patch),
        CASE(what_shows_nothing_is_absent),
        CASE(patches_are_bounded),
        CASE(conversations_are_listed_newest_first),
        CASE(it_is_told_what_leaves_the_archive),
        CASE(a_failure_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("store traffic", tests, NULL, NULL);
}
