/* change: what clients say beside messages, and what policies are told of it: JSON, whatever the
 * ids hold. */
#include "claims.h"

#include "meaning/change.h"
#include "meaning/conversation.h"
#include "words/json.h"

static struct span text_at(struct arena *arena, struct span object, struct span name) {
    struct json_value value;
    assert_true(json_find(object, name, &value));
    return value.type == JSON_STRING ? json_unquote(arena, value.text) : value.text;
}

static void it_tells_a_receipt(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct why why;
    struct receipt receipt = {.message_id = SPAN("m\"1"),
                              .user = SPAN("ben\x01"),
                              .conversation = SPAN("group-1"),
                              .sender = SPAN("a\\nn")};
    struct span object = change_receipt(arena, &receipt);
    assert_int_equal(json_check(object, NULL, &why), 0);
    assert_true(span_equal(text_at(arena, object, SPAN("message_id")), receipt.message_id));
    assert_true(span_equal(text_at(arena, object, SPAN("user")), receipt.user));
    assert_true(span_equal(text_at(arena, object, SPAN("conversation")), receipt.conversation));
    assert_true(span_equal(text_at(arena, object, SPAN("sender")), receipt.sender));
    assert_true(span_is(text_at(arena, object, SPAN("status")), "200"));
    arena_free(&arena);
}

static void it_tells_who_comes_and_goes(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_true(span_is(change_presence(arena, SPAN("web-1"), true),
                        "{\"client\":\"web-1\",\"connected\":true}"));
    assert_true(span_is(change_presence(arena, SPAN("\""), false),
                        "{\"client\":\"\\\"\",\"connected\":false}"));
    arena_free(&arena);
}

static void it_reads_receipts(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int rc;
        bool is_received;
    } CASES[] = {
        {"{\"status\":200}", 0, true},
        {"{\"status\":2e2,\"x\":[]}", 0, true},
        {"{\"status\":150}", 0, false},
        {"{\"status\":200.5}", 0, false},
        {"{\"status\":1,\"status\":200}", 0, true},
        {"{\"status\":\"200\"}", -1, false},
        {"{}", -1, false},
        {"[200]", -1, false},
        {"", -1, false},
        {"{\"status\":200", -1, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct why why = {""};
        bool is_received = false;
        int rc = change_read_receipt(span_of(CASES[i].body), &is_received, &why);
        assert_int_equal(rc, CASES[i].rc);
        assert_int_equal(is_received, CASES[i].is_received);
        assert_true(rc == 0 || why.words[0]);
    }
}

static void only_whom_it_was_sent_to_may_confirm(void **state) {
    (void)state;
    static const struct {
        const char *sender, *recipient, *user, *other;
        bool may;
    } CASES[] = {
        {"ann", "ben", "ben", "ann", true},          {"ann", "ben", "ann", "ben", false},
        {"ann", "ben", "ben", "carl", false},        {"ann", "group-1", "ben", "group-1", true},
        {"ann", "group-1", "ann", "group-1", false}, {"ann", "ann", "ann", "ann", true},
        {"ann", "group-1", "ben", "group-2", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct fact_message entry = {.sender = span_of(CASES[i].sender),
                                     .recipient = span_of(CASES[i].recipient)};
        assert_int_equal(
            change_may_confirm(span_of(CASES[i].user), span_of(CASES[i].other), &entry),
            CASES[i].may);
    }
}

static void a_patch_does_not_say_whose_it_is(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct span patch;
    struct why why;
    assert_int_equal(change_read_patch(arena, SPAN("{ \"is_new\" : false }"), &patch, &why), 0);
    assert_true(span_is(patch, "{ \"is_new\" : false }"));
    struct span body = SPAN("{\"key\":1,\"timelineOf\":\"eve\",\"a\":{\"key\":2},\"conversWith\":3,"
                            "\"app_id\":null,\"k\\u0065y\":4}");
    assert_int_equal(change_read_patch(arena, body, &patch, &why), 0);
    assert_true(span_is(patch, "{\"a\":{\"key\":2}}"));
    assert_int_equal(change_read_patch(arena, SPAN("[]"), &patch, &why), -1);
    assert_int_equal(change_read_patch(arena, SPAN("{"), &patch, &why), -1);
    struct span large = arena_print(arena, "{\"a\":\"%*s\"}", CONVERSATION_PATCH_BYTES, "");
    assert_int_equal(change_read_patch(arena, large, &patch, &why), -1);
    arena_free(&arena);
}

static void it_reads_presence(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int rc;
        bool is_connected;
    } CASES[] = {
        {"{\"connected\":true}", 0, true},
        {"{\"connected\":false}", 0, false},
        {"{\"disconnected\":true}", 0, false},
        {"{\"disconnected\":false}", 0, true},
        {"{\"connected\":\"true\"}", -1, false},
        {"true", -1, false},
        {"{}", -1, false},
        {"", -1, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct why why;
        bool is_connected = false;
        assert_int_equal(change_read_presence(span_of(CASES[i].body), &is_connected, &why),
                         CASES[i].rc);
        assert_int_equal(is_connected, CASES[i].is_connected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_receipts),
        cmocka_unit_test(only_whom_it_was_sent_to_may_confirm),
        cmocka_unit_test(it_tells_a_receipt),
        cmocka_unit_test(a_patch_does_not_say_whose_it_is),
        cmocka_unit_test(it_reads_presence),
        cmocka_unit_test(it_tells_who_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
