/* analytics: the events as the protocol shows them (section 6). */
#include "claims.h"

#include "meaning/analytics.h"
#include "words/json.h"
#include "words/when.h"

static const struct analytics_event MESSAGE = {
    .kind = ANALYTICS_DELIVERED,
    .random = {0xff, 1, 2, 3, 4, 5, 0xff, 7, 0xff, 9, 10, 11, 12, 13, 14, 15},
    .now_ms = 1700000000123,
    .project = SPAN("P\"1"),
    .app = SPAN("tilechat"),
    .message_id = SPAN("m"),
    .sender = SPAN("U1"),
    .recipient = SPAN("group-1"),
    .is_group = true,
    .latency_ms = 17,
};

static void assert_written(const struct analytics_event *event, const char *key, const char *json) {
    struct arena *arena = arena_new();
    struct span text = analytics_write(arena, event);
    struct why why;
    assert_int_equal(json_check(text, NULL, &why), 0);
    assert_string_equal(arena_string(arena, text), json);
    assert_string_equal(analytics_key(event->kind), key);
    arena_free(&arena);
}

static void a_delivered_message(void **state) {
    (void)state;
    assert_written(&MESSAGE, "analytics.message.delivered",
                   "{\"event_id\":\"ff010203-0405-4f07-bf09-0a0b0c0d0e0f\","
                   "\"event_type\":\"message.delivered\","
                   "\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"id_project\":\"P\\\"1\","
                   "\"source_service\":\"c21srv\",\"event_version\":\"1.0\","
                   "\"payload\":{\"id_message\":\"m\",\"sender_id\":\"U1\","
                   "\"recipient_id\":\"group-1\",\"app_id\":\"tilechat\","
                   "\"channel_type\":\"group\",\"delivery_latency_ms\":17,\"ip_address\":null}}");
}

static void a_receipt(void **state) {
    (void)state;
    struct analytics_event event = MESSAGE;
    event.kind = ANALYTICS_RECEIPT;
    event.recipient = SPAN("U2");
    assert_written(&event, "analytics.message.return_receipt",
                   "{\"event_id\":\"ff010203-0405-4f07-bf09-0a0b0c0d0e0f\","
                   "\"event_type\":\"message.return_receipt\","
                   "\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"id_project\":\"P\\\"1\","
                   "\"source_service\":\"c21srv\",\"event_version\":\"1.0\","
                   "\"payload\":{\"id_message\":\"m\",\"recipient_id\":\"U2\","
                   "\"id_request\":null}}");
}

static void presence(void **state) {
    (void)state;
    struct analytics_event event = MESSAGE;
    event.kind = ANALYTICS_PRESENCE;
    event.user = SPAN("U1");
    event.client = SPAN("c");
    assert_written(&event, "analytics.user.presence_changed",
                   "{\"event_id\":\"ff010203-0405-4f07-bf09-0a0b0c0d0e0f\","
                   "\"event_type\":\"user.presence_changed\","
                   "\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"id_project\":\"P\\\"1\","
                   "\"source_service\":\"c21srv\",\"event_version\":\"1.0\","
                   "\"payload\":{\"user_id\":\"U1\",\"client_id\":\"c\",\"status\":\"offline\","
                   "\"app_id\":\"tilechat\"}}");
}

static void times_are_iso(void **state) {
    (void)state;
    char out[WHEN_SIZE];
    assert_string_equal(when_iso(out, 0), "1970-01-01T00:00:00.000Z");
    assert_string_equal(when_iso(out, 1582934400999), "2020-02-29T00:00:00.999Z");
    assert_string_equal(when_iso(out, -1), "1969-12-31T23:59:59.999Z");
    assert_string_equal(when_iso(out, INT64_MAX), "292278994-08-17T07:12:55.807Z");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivered_message),
        cmocka_unit_test(a_receipt),
        cmocka_unit_test(presence),
        cmocka_unit_test(times_are_iso),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
