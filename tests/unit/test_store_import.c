/* The store: what another server's database held. */
#include "place_support.h"

#include "ports/store/fault.h"

static struct span entry_text(struct place *place, const char *id, const char *owner,
                              const char *other, int status) {
    return arena_print(place->arena,
                       "{\"message_id\":\"%s\",\"app_id\":\"tilechat\",\"timelineOf\":\"%s\","
                       "\"conversWith\":\"%s\",\"text\":\"%s\",\"sender\":\"U1\","
                       "\"recipient\":\"U2\",\"timestamp\":5,\"status\":%d}",
                       id, owner, other, id, status);
}

static int put_entry(struct place *place, const char *id, const char *owner, const char *other,
                     int status, enum store_imported *done) {
    struct imported_entry entry;
    struct why why = {""};
    if (imported_entry(place->arena, entry_text(place, id, owner, other, status), &entry, &why) < 0)
        fail_msg("%s", why.words);
    return store_import_entry(place->store, &entry, done, &why);
}

static enum store_imported entry(struct place *place, const char *id, const char *owner,
                                 const char *other, int status) {
    enum store_imported done = IMPORTED_REPLACED;
    struct store_import_place at = {1, 1, 1};
    assert_int_equal(store_import_begin(place->store, NULL), 0);
    assert_int_equal(put_entry(place, id, owner, other, status, &done), 0);
    assert_int_equal(store_import_end(place->store, SPAN("file"), &at, NULL), 0);
    return done;
}

static void history_stands_before_all_of_our_own(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "ours");
    commit_one(place->store, plan);
    assert_int_equal(entry(place, "m-1", "U1", "U2", 100), IMPORTED_NEW);
    assert_int_equal(entry(place, "m-1", "U2", "U1", 150), IMPORTED_ENTRY);
    assert_int_equal(entry(place, "m-2", "U2", "U1", 150), IMPORTED_NEW);
    assert_non_null(strstr(entry_at(place->folder, place->arena, "U2", "U1", 0), "\"ours\""));
    assert_non_null(strstr(entry_at(place->folder, place->arena, "U2", "U1", 1), "\"m-2\""));
    assert_string_equal(
        entry_at(place->folder, place->arena, "U2", "U1", 2),
        "{\"message_id\":\"m-1\",\"app_id\":\"tilechat\",\"text\":\"m-1\",\"sender\":\"U1\","
        "\"recipient\":\"U2\",\"timestamp\":5,\"status\":150,\"timelineOf\":\"U2\","
        "\"conversWith\":\"U1\"}");
    assert_int_equal(query_at(place->folder, "SELECT min(seq) FROM plan"), -2147483647 - 1);
    assert_int_equal(query_at(place->folder, "SELECT min(last_seq) FROM conversation"), 1);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM foreign_message"), 2);
    /* The server goes on as if nothing had happened. */
    int64_t newest, confirmed;
    struct plan *found[5];
    size_t count;
    assert_int_equal(store_progress(place->store, &newest, &confirmed, NULL), 0);
    assert_true(newest == 1 && confirmed == 0);
    assert_int_equal(store_unconfirmed(place->store, 0, found, 5, &count, NULL), 0);
    assert_int_equal(count, 1);
    plan_free(&found[0]);
}

static void nothing_is_imported_twice(void **state) {
    struct place *place = *state;
    entry(place, "m-1", "U1", "U2", 100);
    entry(place, "m-1", "U2", "U1", 200);
    uint64_t before = digest_of(place->folder);
    assert_int_equal(entry(place, "m-1", "U1", "U2", 100), IMPORTED_KNOWN);
    assert_int_equal(entry(place, "m-1", "U2", "U1", 150), IMPORTED_KNOWN);
    assert_true(before == digest_of(place->folder));
    entry(place, "m-1", "U2", "U1", 250);
    assert_int_equal(query_at(place->folder, "SELECT max(status) FROM timeline"), 250);
    /* One that this server has made, and another kept. */
    struct plan *plan = plan_direct(place->next_offset++, "U1", "U2", "ours");
    struct ident id = plan->id;
    commit_one(place->store, plan);
    assert_int_equal(entry(place, id.text, "U2", "U1", 150), IMPORTED_KNOWN);
    assert_int_equal(entry(place, id.text, "U3", "U1", 150), IMPORTED_ENTRY);
}

/* A receipt of an imported message, and what else may come of one. */
static void an_imported_message_is_a_message(void **state) {
    struct place *place = *state;
    struct fact_message found;
    struct fact_conversation conversation;
    entry(place, "m-1", "U2", "U1", 150);
    struct store_reader *reader = reader_at(place->folder);
    struct facts facts = store_reader_facts(reader);
    assert_int_equal(facts.entry(facts.self, place->arena, SPAN("tilechat"), SPAN("U2"), SPAN("U1"),
                                 SPAN("m-1"), true, &found),
                     FACT_FOUND);
    assert_true(found.seq < 0 && found.status == 150);
    assert_span(found.sender, "U1");
    commit_one(place->store,
               plan_effecting(place->next_offset++, (struct plan_effect){.kind = EFFECT_STATUS,
                                                                         .by = SPAN("U2"),
                                                                         .whom = SPAN("U1"),
                                                                         .seq = found.seq,
                                                                         .status = 200}));
    assert_int_equal(facts.conversation(facts.self, place->arena, SPAN("tilechat"), SPAN("U2"),
                                        SPAN("U1"), &conversation),
                     FACT_FOUND);
    assert_false(conversation.is_new);
    assert_non_null(memmem(conversation.json.at, conversation.json.size, "\"status\":200", 12));
    store_reader_close(&reader);
}

static enum store_imported conversation(struct place *place, const char *more) {
    struct imported_conversation found;
    enum store_imported done = IMPORTED_REPLACED;
    struct store_import_place at = {1, 1, 1};
    struct span text = arena_print(
        place->arena, "{\"app_id\":\"tilechat\",\"timelineOf\":\"U2\",\"conversWith\":\"U1\",%s}",
        more);
    assert_int_equal(imported_conversation(place->arena, text, &found, NULL), 0);
    assert_int_equal(store_import_begin(place->store, NULL), 0);
    assert_int_equal(store_import_conversation(place->store, &found, &done, NULL), 0);
    assert_int_equal(store_import_end(place->store, SPAN("file"), &at, NULL), 0);
    return done;
}

static void assert_conversation(struct place *place, const char *expected) {
    struct store_reader *reader = reader_at(place->folder);
    struct facts facts = store_reader_facts(reader);
    struct fact_conversation found;
    assert_int_equal(facts.conversation(facts.self, place->arena, SPAN("tilechat"), SPAN("U2"),
                                        SPAN("U1"), &found),
                     FACT_FOUND);
    if (!memmem(found.json.at, found.json.size, expected, strlen(expected)))
        fail_msg("%.*s", SPAN_ARGS(found.json));
    store_reader_close(&reader);
}

static void a_conversation_comes_with_its_flags(void **state) {
    struct place *place = *state;
    assert_int_equal(conversation(place, "\"text\":\"last\",\"mark\":1,\"is_new\":true"),
                     IMPORTED_NEW);
    assert_conversation(place, "\"text\":\"last\",\"mark\":1");
    assert_conversation(place, "\"is_new\":true,\"archived\":false");
    assert_int_equal(conversation(place, "\"text\":\"last\",\"mark\":1,\"is_new\":true"),
                     IMPORTED_KNOWN);
    entry(place, "m-1", "U2", "U1", 150);
    assert_conversation(place, "\"text\":\"m-1\"");
    assert_conversation(place, "\"mark\":1");
    assert_conversation(place, "\"is_new\":true");
    assert_int_equal(conversation(place, "\"mark\":2,\"archived\":true"), IMPORTED_NEW);
    assert_conversation(place, "\"is_new\":false,\"archived\":true");
}

static void what_happened_here_counts(void **state) {
    struct place *place = *state;
    conversation(place, "\"is_new\":true");
    commit_one(place->store, plan_effecting(place->next_offset++,
                                            (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                                                 .by = SPAN("U2"),
                                                                 .whom = SPAN("U1"),
                                                                 .is_new = FLAG_NO}));
    assert_int_equal(conversation(place, "\"is_new\":true"), IMPORTED_KNOWN);
    assert_conversation(place, "\"is_new\":false");
    commit_one(place->store, plan_direct(place->next_offset++, "U1", "U2", "ours"));
    assert_int_equal(conversation(place, "\"archived\":true"), IMPORTED_KNOWN);
    assert_conversation(place, "\"is_new\":true,\"archived\":false");
}

static enum store_imported group(struct place *place, const char *more, bool replaces) {
    struct imported_group found;
    enum store_imported done = IMPORTED_ENTRY;
    struct store_import_place at = {1, 1, 1};
    struct span text =
        arena_print(place->arena,
                    "{\"appId\":\"tilechat\",\"uid\":\"group-1\",\"members\":{\"U1\":1}%s}", more);
    assert_int_equal(imported_group(place->arena, text, &found, NULL), 0);
    assert_int_equal(store_import_begin(place->store, NULL), 0);
    assert_int_equal(store_import_group(place->store, &found, replaces, &done, NULL), 0);
    assert_int_equal(store_import_end(place->store, SPAN("file"), &at, NULL), 0);
    return done;
}

static void a_newer_group_stays(void **state) {
    struct place *place = *state;
    assert_int_equal(group(place, ",\"updatedOn\":5", false), IMPORTED_NEW);
    assert_int_equal(group(place, ",\"updatedOn\":5", false), IMPORTED_KNOWN);
    assert_int_equal(group(place, ",\"updatedOn\":4", false), IMPORTED_KNOWN);
    assert_int_equal(group(place, "", false), IMPORTED_KNOWN);
    assert_int_equal(group(place, ",\"updatedOn\":6", false), IMPORTED_REPLACED);
    assert_int_equal(group(place, ",\"updatedOn\":4", true), IMPORTED_REPLACED);
    assert_int_equal(query_at(place->folder,
                              "SELECT CAST(json AS TEXT) LIKE '%\"updatedOn\":4}' FROM chat_group"),
                     1);
}

static void instances_are_kept(void **state) {
    struct place *place = *state;
    struct imported_instance instance = {SPAN("tilechat"), SPAN("U1"), SPAN("i-1"), SPAN("{}")};
    enum store_imported done;
    struct store_import_place at = {1, 1, 1};
    assert_int_equal(store_import_begin(place->store, NULL), 0);
    assert_int_equal(store_import_instance(place->store, &instance, &done, NULL), 0);
    assert_int_equal(done, IMPORTED_NEW);
    assert_int_equal(store_import_instance(place->store, &instance, &done, NULL), 0);
    assert_int_equal(done, IMPORTED_KNOWN);
    assert_int_equal(store_import_end(place->store, SPAN("file"), &at, NULL), 0);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM instance"), 1);
}

/* The place moves with what was read, or not at all. */
static void a_failure_leaves_the_place(void **state) {
    struct place *place = *state;
    struct store_import_place at = {100, 2, 2}, found;
    enum store_imported done;
    struct why why = {""};
    int rc = -1;
    unsigned after = 0;
    assert_int_equal(store_import_place(place->store, SPAN("f"), &found, NULL), 0);
    assert_int_equal(found.position, 0);
    for (; rc < 0; after++) {
        store_set_fault(place->store,
                        &(struct store_fault){STORE_FAULT_FULL, .after = after, .times = 1});
        rc = store_import_begin(place->store, &why);
        if (rc == 0)
            rc = put_entry(place, "m-1", "U1", "U2", 100, &done);
        if (rc == 0)
            rc = put_entry(place, "m-1", "U2", "U1", 150, &done);
        if (rc == 0)
            rc = store_import_end(place->store, SPAN("f"), &at, &why);
        store_set_fault(place->store, &(struct store_fault){0});
        assert_int_equal(query_at(place->folder, "SELECT count(*) FROM plan"), rc == 0);
        assert_int_equal(store_import_place(place->store, SPAN("f"), &found, NULL), 0);
        assert_int_equal(found.position, rc == 0 ? 100 : 0);
    }
    assert_true(after > 8 && found.lines == 2 && found.documents == 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(history_stands_before_all_of_our_own),
        CASE(nothing_is_imported_twice),
        CASE(an_imported_message_is_a_message),
        CASE(a_conversation_comes_with_its_flags),
        CASE(what_happened_here_counts),
        CASE(a_newer_group_stays),
        CASE(instances_are_kept),
        CASE(a_failure_leaves_the_place),
    };
    return cmocka_run_group_tests_name("store import", tests, NULL, NULL);
}
