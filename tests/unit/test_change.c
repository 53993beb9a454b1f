/* change: what policies are told of what is no message is JSON, whatever the ids hold. */
#include "claims.h"

#include "meaning/change.h"
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_a_receipt),
        cmocka_unit_test(it_tells_who_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
