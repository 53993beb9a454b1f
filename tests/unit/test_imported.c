/* imported: what is read in the documents of a Node.js server's database. */
#include "claims.h"

#include "meaning/imported.h"

#include <stdio.h>

static struct arena *arena;

static int make_arena(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static void a_message_is_without_what_is_its_entrys(void **state) {
    (void)state;
    struct imported_entry entry;
    struct why why = {""};
    struct span document =
        SPAN("{\"_id\":{\"$oid\":\"5f\"}, \"message_id\":\"m-1\",\"timelineOf\":\"U1\",\"app_id\":"
             "\"a\",\"conversWith\":\"U2\",\"n\":{\"$numberDouble\":\"1.10\"},\"sender\":\"U1\","
             "\"recipient\":\"U2\",\"status\":{\"$numberInt\":\"150\"},\"timestamp\":"
             "{\"$numberLong\":\"1700000000123\"},\"__v\":0}\n");
    assert_int_equal(imported_entry(arena, document, &entry, &why), 0);
    assert_span(entry.app, SPAN("a"));
    assert_span(entry.owner, SPAN("U1"));
    assert_span(entry.other, SPAN("U2"));
    assert_span(entry.message_id, SPAN("m-1"));
    assert_span(entry.sender, SPAN("U1"));
    assert_span(entry.recipient, SPAN("U2"));
    assert_int_equal(entry.status, 150);
    assert_int_equal(entry.timestamp, 1700000000123);
    assert_true(entry.updates_conversation);
    assert_span(message_with_status(arena, entry.body, 200),
                SPAN("{\"message_id\":\"m-1\",\"app_id\":\"a\",\"n\":1.10,\"sender\":\"U1\","
                     "\"recipient\":\"U2\",\"status\":200,\"timestamp\":1700000000123}"));
}

static void little_is_enough_for_a_message(void **state) {
    (void)state;
    struct imported_entry entry;
    struct why why = {""};
    struct span document =
        SPAN("{\"message_id\":\"m\",\"timelineOf\":\"U1\",\"app_id\":\"a\",\"conversWith\":\"U2\","
             "\"status\":7,\"timestamp\":\"x\",\"attributes\":{\"updateconversation\":false}}");
    assert_int_equal(imported_entry(arena, document, &entry, &why), 0);
    assert_null(entry.sender.at);
    assert_int_equal(entry.status, 0);
    assert_int_equal(entry.timestamp, 0);
    assert_false(entry.updates_conversation);
}

static void a_conversations_fields_are_old_patches(void **state) {
    (void)state;
    struct imported_conversation found;
    struct why why = {""};
    struct span document =
        SPAN("{\"_id\":{\"$oid\":\"5f\"},\"timelineOf\":\"U1\",\"conversWith\":\"U2\",\"app_id\":"
             "\"a\",\"key\":\"U2\",\"is_new\":true,\"archived\":false,\"text\":\"hi\",\"n\":1}");
    assert_int_equal(imported_conversation(arena, document, &found, &why), 0);
    assert_true(found.is_new && !found.archived && !found.is_cut);
    assert_span(found.patches.old, SPAN("{\"text\":\"hi\",\"n\":1}"));
    assert_null(found.patches.recent.at);
    char text[CONVERSATION_PATCH_BYTES + 200];
    snprintf(text, sizeof text,
             "{\"timelineOf\":\"U1\",\"conversWith\":\"U2\",\"app_id\":\"a\",\"archived\":true,"
             "\"text\":\"%*s\"}",
             CONVERSATION_PATCH_BYTES, "");
    assert_int_equal(imported_conversation(arena, span_of(text), &found, &why), 0);
    assert_true(found.is_cut && found.archived && !found.patches.old.at);
}

static void groups_and_instances(void **state) {
    (void)state;
    struct imported_group group;
    struct imported_instance instance;
    struct why why = {""};
    assert_int_equal(
        imported_group(arena,
                       SPAN("{\"_id\":{\"$oid\":\"5f\"},\"uid\":\"group-1\",\"appId\":\"a\","
                            "\"members\":{\"U1\":1,\"U2\":{\"$numberInt\":\"0\"}},"
                            "\"updatedOn\":{\"$numberLong\":\"5\"}}"),
                       &group, &why),
        0);
    assert_span(group.app, SPAN("a"));
    assert_span(group.group.id, SPAN("group-1"));
    assert_int_equal(group.group.member_count, 1);
    assert_int_equal(group.updated_ms, 5);
    assert_span(group.group.json, SPAN("{\"uid\":\"group-1\",\"appId\":\"a\",\"members\":{\"U1\":1,"
                                       "\"U2\":0},\"updatedOn\":5}"));
    assert_int_equal(
        imported_instance(arena,
                          SPAN("{\"_id\":{\"$oid\":\"5f\"},\"app_id\":\"a\",\"user_id\":\"U1\","
                               "\"instance_id\":\"token:1/2\",\"platform\":\"ios\"}"),
                          &instance, &why),
        0);
    assert_span(instance.user, SPAN("U1"));
    assert_span(instance.id, SPAN("token:1/2"));
    assert_span(instance.json, SPAN("{\"app_id\":\"a\",\"user_id\":\"U1\",\"instance_id\":"
                                    "\"token:1/2\",\"platform\":\"ios\"}"));
}

static int read_entry(struct span document, struct why *why) {
    struct imported_entry out;
    return imported_entry(arena, document, &out, why);
}
static int read_conversation(struct span document, struct why *why) {
    struct imported_conversation out;
    return imported_conversation(arena, document, &out, why);
}
static int read_group(struct span document, struct why *why) {
    struct imported_group out;
    return imported_group(arena, document, &out, why);
}
static int read_instance(struct span document, struct why *why) {
    struct imported_instance out;
    return imported_instance(arena, document, &out, why);
}

#define SIDES "\"timelineOf\":\"U1\",\"app_id\":\"a\",\"conversWith\":\"U2\""

static const struct {
    int (*read)(struct span document, struct why *why);
    struct span document;
    const char *words;
} REFUSED[] = {
    {read_entry, SPAN("{\"a\":"), "not JSON"},
    {read_entry, SPAN("[]"), "it is an array, not an object"},
    {read_entry, SPAN("{" SIDES "}"), "it has no message_id"},
    {read_entry, SPAN("{\"message_id\":5," SIDES "}"), "it has no message_id"},
    {read_entry, SPAN("{\"message_id\":\"m\",\"app_id\":\"a\",\"timelineOf\":\"U1\"}"),
     "it has no conversWith"},
    {read_entry, SPAN("{\"message_id\":\"m\",\"app_id\":\"a.b\"}"), "its app_id \"a.b\" is no"},
    {read_entry, SPAN("{\"message_id\":\"m\",\"x\":{\"$numberLong\":\"y\"}," SIDES "}"),
     "a number cannot be"},
    {read_conversation, SPAN("{\"app_id\":\"a\"}"), "it has no timelineOf"},
    {read_group, SPAN("{\"uid\":\"group-1\"}"), "it has no appId"},
    {read_group, SPAN("{\"appId\":\"a\"}"), "it has no uid"},
    {read_group, SPAN("{\"appId\":\"a\",\"uid\":\"group-1\",\"members\":[]}"), "members"},
    {read_instance, SPAN("{\"app_id\":\"a\",\"user_id\":\"U1\"}"), "it has no instance_id"},
};

static void what_will_not_do_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        struct why why = {""};
        assert_int_equal(REFUSED[i].read(REFUSED[i].document, &why), -1);
        assert_says(&why, REFUSED[i].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_without_what_is_its_entrys),
        cmocka_unit_test(little_is_enough_for_a_message),
        cmocka_unit_test(a_conversations_fields_are_old_patches),
        cmocka_unit_test(groups_and_instances),
        cmocka_unit_test(what_will_not_do_is_refused),
    };
    return cmocka_run_group_tests_name("imported", tests, make_arena, drop_arena);
}
