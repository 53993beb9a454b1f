/* event: what is posted, byte for byte, as the protocol shows it (section 3); which kinds a list
 * names; what keeps its order. */
#include "arena_support.h"
#include "claims.h"

#include "meaning/event.h"

#define APP     SPAN("tilechat")
#define CREATED 1700000000000

static const struct {
    struct event event;
    struct span written;
} EVENTS[] = {
    {{.kind = EVENT_SENT,
      .created_ms = CREATED,
      .app = APP,
      .owner = SPAN("U1"),
      .other = SPAN("U2"),
      .recipient = SPAN("U2"),
      .message_id = SPAN("M"),
      .topic = SPAN("apps.tilechat.users.U1.messages.U2.clientadded"),
      .data = SPAN("{ \"text\":\"\\u00e9\", \"n\":1.10,\"status\":100}")},
     SPAN("{\"event_type\":\"message-sent\",\"createdAt\":1700000000000,\"recipient_id\":\"U2\","
          "\"app_id\":\"tilechat\",\"message_id\":\"M\","
          "\"data\":{ \"text\":\"\\u00e9\", \"n\":1.10,\"status\":100},"
          "\"extras\":{\"topic\":\"apps.tilechat.users.U1.messages.U2.clientadded\"},"
          "\"delivered_to\":\"U1\"}")},
    {{.kind = EVENT_DELIVERED,
      .created_ms = CREATED,
      .app = APP,
      .owner = SPAN("U\"2"),
      .other = SPAN("group-1"),
      .recipient = SPAN("group-1"),
      .message_id = SPAN("M"),
      .topic = SPAN("apps.tilechat.users.U\"2.messages.group-1.clientadded"),
      .data = SPAN("{}")},
     SPAN("{\"event_type\":\"message-delivered\",\"createdAt\":1700000000000,"
          "\"recipient_id\":\"group-1\",\"app_id\":\"tilechat\",\"message_id\":\"M\",\"data\":{},"
          "\"extras\":{\"topic\":\"apps.tilechat.users.U\\\"2.messages.group-1.clientadded\"},"
          "\"delivered_to\":\"U\\\"2\"}")},
    {{.kind = EVENT_RETURN_RECEIPT,
      .created_ms = CREATED,
      .app = APP,
      .owner = SPAN("R"),
      .other = SPAN("U"),
      .recipient = SPAN("U"),
      .message_id = SPAN("M"),
      .topic = SPAN("apps.tilechat.users.R.messages.U.M.clientupdated"),
      .data = SPAN("{\"timelineOf\":\"R\",\"message_id\":\"M\",\"status\":250}")},
     SPAN("{\"event_type\":\"message-return-receipt\",\"createdAt\":1700000000000,"
          "\"recipient_id\":\"U\",\"app_id\":\"tilechat\",\"message_id\":\"M\","
          "\"data\":{\"timelineOf\":\"R\",\"message_id\":\"M\",\"status\":250},"
          "\"extras\":{\"topic\":\"apps.tilechat.users.R.messages.U.M.clientupdated\"}}")},
    {{.kind = EVENT_RECEIVED,
      .created_ms = CREATED,
      .app = APP,
      .owner = SPAN("U"),
      .other = SPAN("R"),
      .message_id = SPAN("M"),
      .data = SPAN("{\"timelineOf\":\"U\",\"message_id\":\"M\",\"status\":200}")},
     SPAN("{\"event_type\":\"message-received\",\"createdAt\":1700000000000,"
          "\"app_id\":\"tilechat\",\"message_id\":\"M\","
          "\"data\":{\"timelineOf\":\"U\",\"message_id\":\"M\",\"status\":200}}")},
    {{.kind = EVENT_ARCHIVED,
      .created_ms = CREATED,
      .app = APP,
      .owner = SPAN("U"),
      .other = SPAN("R"),
      .topic = SPAN("apps.tilechat.users.U.conversations.R.archive"),
      .data = SPAN("{\"timelineOf\":\"U\",\"conversWith\":\"R\",\"archived\":true}")},
     SPAN("{\"event_type\":\"conversation-archived\",\"createdAt\":1700000000000,"
          "\"app_id\":\"tilechat\",\"user_id\":\"U\",\"recipient_id\":\"R\","
          "\"convers_with\":\"R\","
          "\"data\":{\"timelineOf\":\"U\",\"conversWith\":\"R\",\"archived\":true},"
          "\"extras\":{\"topic\":\"apps.tilechat.users.U.conversations.R.archive\"}}")},
    {{.kind = EVENT_UNARCHIVED,
      .created_ms = CREATED,
      .app = APP,
      .owner = SPAN("U"),
      .other = SPAN("R"),
      .data = SPAN("{\"timelineOf\":\"U\",\"conversWith\":\"R\",\"archived\":false}")},
     SPAN("{\"event_type\":\"conversation-unarchived\",\"createdAt\":1700000000000,"
          "\"app_id\":\"tilechat\",\"user_id\":\"U\",\"recipient_id\":\"R\","
          "\"convers_with\":\"R\","
          "\"data\":{\"timelineOf\":\"U\",\"conversWith\":\"R\",\"archived\":false}}")},
    {{.kind = EVENT_ONLINE, .created_ms = CREATED, .app = APP, .owner = SPAN("U")},
     SPAN("{\"event_type\":\"presence-change\",\"presence\":\"online\","
          "\"createdAt\":1700000000000,\"app_id\":\"tilechat\",\"user_id\":\"U\",\"data\":true}")},
    {{.kind = EVENT_OFFLINE, .created_ms = CREATED, .app = APP, .owner = SPAN("U")},
     SPAN("{\"event_type\":\"presence-change\",\"presence\":\"offline\","
          "\"createdAt\":1700000000000,\"app_id\":\"tilechat\",\"user_id\":\"U\",\"data\":true}")},
};

static void each_kind_is_written_as_the_protocol_shows_it(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(EVENTS); i++)
        assert_span(event_write(arena, &EVENTS[i].event), EVENTS[i].written);
}

static void a_list_names_kinds(void **state) {
    (void)state;
    struct why why;
    uint32_t kinds = 0;
    assert_int_equal(event_read_list(SPAN("message-sent, conversation-archived,"), &kinds, &why),
                     0);
    assert_int_equal(kinds, event_bit(EVENT_SENT) | event_bit(EVENT_ARCHIVED));
    assert_int_equal(event_read_list(SPAN("presence-change"), &kinds, &why), 0);
    assert_int_equal(kinds, event_bit(EVENT_ONLINE) | event_bit(EVENT_OFFLINE));
    assert_int_equal(event_read_list(SPAN(" "), &kinds, &why), 0);
    assert_int_equal(kinds, 0);
}

static void a_word_that_is_no_event_is_said(void **state) {
    (void)state;
    struct why why;
    uint32_t kinds = 77;
    assert_int_equal(event_read_list(SPAN("message-sent,mesage-delivered"), &kinds, &why), -1);
    assert_says(&why, "mesage-delivered is no event (did you mean message-delivered?)");
    assert_int_equal(kinds, 77);
}

static uint64_t lane(enum event_kind kind, const char *owner, const char *other) {
    return event_lane(kind, APP, span_of(owner), span_of(other));
}

static void both_sides_of_a_conversation_are_one_lane(void **state) {
    (void)state;
    assert_true(lane(EVENT_SENT, "U1", "U2") == lane(EVENT_DELIVERED, "U2", "U1"));
    assert_true(lane(EVENT_SENT, "U1", "U2") == lane(EVENT_ARCHIVED, "U2", "U1"));
    assert_true(lane(EVENT_SENT, "U1", "group-1") == lane(EVENT_RECEIVED, "group-1", "U1"));
    assert_true(lane(EVENT_SENT, "U1", "U2") != lane(EVENT_SENT, "U1", "U3"));
    assert_true(lane(EVENT_SENT, "U1", "U23") != lane(EVENT_SENT, "U12", "U3"));
    assert_true(lane(EVENT_SENT, "U1", "U2") !=
                event_lane(EVENT_SENT, SPAN("other"), SPAN("U1"), SPAN("U2")));
}

static void a_users_presence_is_a_lane(void **state) {
    (void)state;
    assert_true(event_lane(EVENT_ONLINE, APP, SPAN("U"), SPAN_NONE) ==
                event_lane(EVENT_OFFLINE, APP, SPAN("U"), SPAN("CLIENT")));
    assert_true(lane(EVENT_ONLINE, "U1", "") != lane(EVENT_ONLINE, "U2", ""));
}

static void members_of_a_group_are_lanes_next_to_each_other(void **state) {
    (void)state;
    uint64_t one = lane(EVENT_DELIVERED, "U1", "group-1"),
             two = lane(EVENT_DELIVERED, "Z", "group-1");
    assert_true(one != two);
    assert_true(one >> 40 == two >> 40);
}

static void lanes_are_stored_and_stay_what_they_are(void **state) {
    (void)state;
    assert_true(lane(EVENT_SENT, "U1", "U2") == UINT64_C(0xe8b6bbeb10c69cde));
    assert_true(lane(EVENT_ONLINE, "U1", "") == UINT64_C(0x6e670505a0e875cb));
    assert_true(lane(EVENT_DELIVERED, "U1", "group-1") == UINT64_C(0x20d0659da1f16a19));
    assert_true(event_lane(EVENT_SENT, SPAN(""), SPAN("\xc3\xa8"), SPAN("U2")) ==
                UINT64_C(0x2b87c3e02b264f85));
}

static void whose_the_message_is(void **state) {
    (void)state;
    assert_span(event_recipient(EVENT_RETURN_RECEIPT, SPAN("R"), SPAN("U")), SPAN("U"));
    assert_span(event_recipient(EVENT_RECEIVED, SPAN("U"), SPAN("R")), SPAN("U"));
    assert_span(event_recipient(EVENT_RECEIVED, SPAN("U"), SPAN("group-1")), SPAN("group-1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_written_as_the_protocol_shows_it),
        cmocka_unit_test(a_list_names_kinds),
        cmocka_unit_test(a_word_that_is_no_event_is_said),
        cmocka_unit_test(both_sides_of_a_conversation_are_one_lane),
        cmocka_unit_test(a_users_presence_is_a_lane),
        cmocka_unit_test(members_of_a_group_are_lanes_next_to_each_other),
        cmocka_unit_test(lanes_are_stored_and_stay_what_they_are),
        cmocka_unit_test(whose_the_message_is),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
