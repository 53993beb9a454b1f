/* The store: conversations, as patches and messages change them. */
#include "traffic_support.h"

#include "ports/store/fault.h"

/* What U2 sees of its conversation with U1. */
static enum fact see(struct place *place, struct fact_conversation *out) {
    return place->facts.conversation(place->facts.self, place->arena, SPAN("tilechat"), SPAN("U2"),
                                     SPAN("U1"), out);
}

static enum fact see_patches(struct place *place, const char *other, struct patches *out) {
    return place->facts.patches(place->facts.self, place->arena, SPAN("tilechat"), SPAN("U2"),
                                span_of(other), out);
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
    assert_true(found.is_new && !found.archived);
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
    struct patches patches;
    struct why why;
    assert_int_equal(see_patches(place, "U1", &patches), FACT_FOUND);
    snprintf(text, sizeof text, "{\"b\":\"%*s\"}", 9000, "");
    assert_int_equal(patches_add(place->arena, &patches, span_of(text), &why), -1);
}

static void patches_are_known_without_the_message(void **state) {
    struct place *place = *state;
    struct patches patches;
    assert_int_equal(see_patches(place, "U1", &patches), FACT_ABSENT);
    say(place, "one");
    assert_int_equal(see_patches(place, "U1", &patches), FACT_FOUND);
    assert_true(!patches.recent.at && !patches.old.at);
    apply(place, patch("U2", "U1", "{\"a\":1}"));
    assert_int_equal(see_patches(place, "U1", &patches), FACT_FOUND);
    assert_span(patches.recent, "{\"a\":1}");
    say(place, "two");
    assert_int_equal(see_patches(place, "U1", &patches), FACT_FOUND);
    assert_false(patches.recent.at);
    assert_span(patches.old, "{\"a\":1}");
    assert_int_equal(see_patches(place, "U9", &patches), FACT_ABSENT);
}

static void assert_listed(struct place *place, bool archived, const char *expected) {
    struct store_page page = {.limit = 3};
    struct store_conversation *list;
    struct json_value key;
    size_t count;
    char found[200] = "";
    assert_int_equal(store_conversations(place->reader, place->arena, SPAN("tilechat"), SPAN("U1"),
                                         archived, &page, false, &list, &count, NULL),
                     0);
    for (size_t i = 0; i < count; i++) {
        assert_true(json_find(list[i].json, SPAN("key"), &key));
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
    struct store_page page = {.limit = 3};
    struct store_conversation *list;
    size_t count;
    struct why why = {""};
    store_reader_set_broken(place->reader, true);
    assert_int_equal(store_conversations(place->reader, place->arena, SPAN("tilechat"), SPAN("U1"),
                                         false, &page, false, &list, &count, &why),
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_conversation_is_its_last_message),
        CASE(a_patch_holds_until_the_next_message),
        CASE(a_flag_alone_leaves_the_patches),
        CASE(an_unknown_conversation_is_made_by_a_patch),
        CASE(what_shows_nothing_is_absent),
        CASE(patches_are_bounded),
        CASE(patches_are_known_without_the_message),
        CASE(conversations_are_listed_newest_first),
        CASE(it_is_told_what_leaves_the_archive),
    };
    return cmocka_run_group_tests_name("store conversations", tests, NULL, NULL);
}
