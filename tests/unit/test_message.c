/* message: what is read in a body, what is refused, and what the stamp does to it. */
#include "claims.h"

#include "meaning/message.h"
#include "words/text.h"

static struct arena *arena;
static struct stamp stamp;

static int make_arena(void **state) {
    (void)state;
    arena = arena_new();
    stamp = (struct stamp){
        .id = ident_make(1, 2, 0),
        .sender = SPAN("U1"),
        .recipient = SPAN("U2"),
        .app = SPAN("tilechat"),
        .timestamp = 1700000000000,
    };
    memcpy(stamp.id.text, "ID", 3);
    memset(stamp.id.text + 2, '-', IDENT_SIZE - 2);
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

#define ID "ID----------------------------------"

static struct span with_status(struct stamped stamped, int status) {
    struct span out = message_with_status(arena, stamped, status);
    struct why why;
    if (json_check(out, NULL, &why) == -1)
        fail_msg("%.*s: %s", SPAN_ARGS(out), why.words);
    return out;
}

/* --- reading --- */

static const struct {
    struct span body;
    const char *says;
    bool to_group_id;
} REFUSED[] = {
    {SPAN_NONE, "not JSON: empty", false},
    {SPAN(""), "not JSON: empty", false},
    {SPAN("hello"), "not JSON", false},
    {SPAN("5"), "the body is a number, not an object", false},
    {SPAN("null"), "the body is null, not an object", false},
    {SPAN("true"), "the body is a boolean, not an object", false},
    {SPAN("\"{}\""), "the body is a string, not an object", false},
    {SPAN("[{}]"), "the body is an array, not an object", false},
    {SPAN("{\"text\":\"\xC3\"}"), "not UTF-8", false},
    {SPAN("{\"text\":\"\xED\xA0\x80\"}"), "not UTF-8", false},
    {SPAN("{\"text\":\"x\"}{}"), "something after the value", false},
    {SPAN("{\"group\":5}"), "the group is a number, not an object", true},
    {SPAN("{\"group\":\"x\",\"channel_type\":\"group\"}"), "the group is a string", false},
    {SPAN("{\"group\":{},\"group\":[]}"), "the group is an array", true},
    {SPAN("{\"group\":{\"members\":5}}"), "the group's members are a number", true},
    {SPAN("{\"group\":{\"members\":[\"U1\"]}}"), "the group's members are an array", true},
    {SPAN("{\"group\":{\"members\":{\"a.b\":1}}}"), "the group's member \"a.b\" is no possible id",
     true},
};

static void refuses_what_is_no_message(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        struct message message = {.timestamp = 99};
        struct why why = {""};
        if (message_read(arena, REFUSED[i].body, REFUSED[i].to_group_id, &message, &why) == 0)
            fail_msg("accepted %.*s", SPAN_ARGS(REFUSED[i].body));
        assert_says(&why, REFUSED[i].says);
        assert_int_equal(message.timestamp, 99);
    }
}

static void refuses_depth_in_a_blink(void **state) {
    (void)state;
    const size_t LEVELS = 100000;
    char *body = arena_take(arena, LEVELS * 6);
    for (size_t i = 0; i < LEVELS; i++)
        memcpy(body + i * 5, "{\"a\":", 5);
    memset(body + LEVELS * 5, '}', LEVELS);
    struct message message;
    struct why why;
    assert_int_equal(message_read(arena, (struct span){body, LEVELS * 5}, false, &message, &why),
                     -1);
    assert_says(&why, "more levels than 128");
}

static const struct {
    const char *claim;
    struct span body;
    int64_t timestamp;
    bool says_group, has_inline_group, updates;
} READ[] = {
    {"an empty object is a message", SPAN("{}"), 0, false, false, true},
    {"white space around it is no harm", SPAN(" {} \n"), 0, false, false, true},
    {"a timestamp", SPAN("{\"timestamp\":1700000000000}"), 1700000000000, false, false, true},
    {"the last of two", SPAN("{\"timestamp\":1,\"t\\u0069mestamp\":2}"), 2, false, false, true},
    {"a fraction is cut off", SPAN("{\"timestamp\":1700000000000.75}"), 1700000000000, false, false,
     true},
    {"another spelling", SPAN("{\"timestamp\":1.7e12}"), 1700000000000, false, false, true},
    {"a negative one is kept", SPAN("{\"timestamp\":-5}"), -5, false, false, true},
    {"0 counts as none", SPAN("{\"timestamp\":0}"), 0, false, false, true},
    {"a string is none", SPAN("{\"timestamp\":\"1700000000000\"}"), 0, false, false, true},
    {"one beyond all numbers is none", SPAN("{\"timestamp\":1e400}"), 0, false, false, true},
    {"null is none", SPAN("{\"timestamp\":null}"), 0, false, false, true},
    {"a group", SPAN("{\"channel_type\":\"group\"}"), 0, true, false, true},
    {"a group, escaped", SPAN("{\"channel_type\":\"gr\\u006fup\"}"), 0, true, false, true},
    {"direct", SPAN("{\"channel_type\":\"direct\"}"), 0, false, false, true},
    {"no string", SPAN("{\"channel_type\":[\"group\"]}"), 0, false, false, true},
    {"an inline group", SPAN("{\"channel_type\":\"group\",\"group\":{}}"), 0, true, true, true},
    {"a null group is none", SPAN("{\"channel_type\":\"group\",\"group\":null}"), 0, true, false,
     true},
    {"a direct message's group does not matter", SPAN("{\"group\":5}"), 0, false, false, true},
    {"leaves the conversation", SPAN("{\"attributes\":{\"updateconversation\":false}}"), 0, false,
     false, false},
    {"true updates it", SPAN("{\"attributes\":{\"updateconversation\":true}}"), 0, false, false,
     true},
    {"only false says no", SPAN("{\"attributes\":{\"updateconversation\":0}}"), 0, false, false,
     true},
    {"the last attributes count",
     SPAN("{\"attributes\":{\"updateconversation\":false},\"attributes\":null}"), 0, false, false,
     true},
    {"attributes may be anything", SPAN("{\"attributes\":[]}"), 0, false, false, true},
};

static void reads_what_matters(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(READ); i++) {
        struct message message;
        struct why why = {""};
        if (message_read(arena, READ[i].body, false, &message, &why) == -1)
            fail_msg("%s: %s", READ[i].claim, why.words);
        if (message.timestamp != READ[i].timestamp || message.says_group != READ[i].says_group ||
            message.has_inline_group != READ[i].has_inline_group ||
            message.updates_conversation != READ[i].updates)
            fail_msg("%s: %.*s", READ[i].claim, SPAN_ARGS(READ[i].body));
        assert_span(message.body, READ[i].body);
    }
}

static void reads_an_inline_group(void **state) {
    (void)state;
    struct message message;
    struct why why;
    struct span body = SPAN("{\"group\":{\"uid\":\"x\",\"members\":{\"U2\":1,\"U3\":true}}}");
    assert_int_equal(message_read(arena, body, true, &message, &why), 0);
    assert_true(message.has_inline_group);
    assert_int_equal(message.inline_group.member_count, 2);
    assert_span(message.inline_group.members[1], SPAN("U3"));
    /* One without members, which kills the Node.js server. */
    assert_int_equal(message_read(arena, SPAN("{\"group\":{}}"), true, &message, &why), 0);
    assert_true(message.has_inline_group);
    assert_int_equal(message.inline_group.member_count, 0);
}

static struct span body_of_members(int count) {
    struct text body = text_start(arena, (size_t)count * 12 + 64);
    text_add(&body, SPAN("{\"group\":{\"members\":{\"m0\":1"));
    for (int i = 1; i < count; i++)
        text_print(&body, ",\"m%d\":1", i);
    text_add(&body, SPAN("}}}"));
    return text_span(&body);
}

static void an_inline_group_is_bounded(void **state) {
    (void)state;
    struct message message;
    struct why why;
    assert_int_equal(message_read(arena, body_of_members(GROUP_MEMBERS_MAX), true, &message, &why),
                     0);
    assert_int_equal(message.inline_group.member_count, GROUP_MEMBERS_MAX);
    assert_span(message.inline_group.members[4321], SPAN("m4321"));
    assert_int_equal(
        message_read(arena, body_of_members(GROUP_MEMBERS_MAX + 1), true, &message, &why), -1);
    assert_says(&why, "a group of 5001 members, where 5000 are possible");
}

/* --- the stamp --- */

#define ADDED                                                                                      \
    "\"message_id\":\"" ID "\",\"sender\":\"U1\",\"recipient\":\"U2\",\"app_id\":\"tilechat\","    \
    "\"timestamp\":1700000000000,\"status\":100"

static const struct {
    const char *claim, *body, *stamped;
} STAMPED[] = {
    {"all six are added in order", "{}", "{" ADDED "}"},
    {"after what is there", "{\"text\":\"hello\"}", "{\"text\":\"hello\"," ADDED "}"},
    {"what is there is replaced in place",
     "{\"status\":0,\"text\":\"a\",\"sender\":\"X\", \"app_id\" : {\"a\":[1]} ,\"b\":1.10}",
     "{\"status\":100,\"text\":\"a\",\"sender\":\"U1\", \"app_id\" : \"tilechat\" ,\"b\":1.10,"
     "\"message_id\":\"" ID "\",\"recipient\":\"U2\",\"timestamp\":1700000000000}"},
    {"a hidden sender does not get through", "{\"\\u0073ender\":\"X\",\"a\":1}",
     "{\"\\u0073ender\":\"U1\",\"a\":1,\"message_id\":\"" ID "\",\"recipient\":\"U2\","
     "\"app_id\":\"tilechat\",\"timestamp\":1700000000000,\"status\":100}"},
    {"nor a second one", "{\"sender\":\"X\",\"a\":1,\"sende\\u0072\":\"Y\",\"sender\":\"Z\"}",
     "{\"sender\":\"U1\",\"a\":1,\"message_id\":\"" ID "\",\"recipient\":\"U2\","
     "\"app_id\":\"tilechat\",\"timestamp\":1700000000000,\"status\":100}"},
    {"what looks like one deeper down stays", "{\"metadata\":{\"sender\":\"X\",\"status\":5}}",
     "{\"metadata\":{\"sender\":\"X\",\"status\":5}," ADDED "}"},
    {"a status that is no number goes as well", "{\"status\":{\"a\":[1,2]}}",
     "{\"status\":100,\"message_id\":\"" ID "\",\"sender\":\"U1\",\"recipient\":\"U2\","
     "\"app_id\":\"tilechat\",\"timestamp\":1700000000000}"},
    {"a text with a stamped key in it stays", "{\"text\":\"\\\"status\\\":1\"}",
     "{\"text\":\"\\\"status\\\":1\"," ADDED "}"},
    {"white space around stays", " \t{ } \n", " \t{" ADDED " } \n"},
};

static void stamps(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(STAMPED); i++) {
        struct span body = span_of(STAMPED[i].body);
        struct span out = with_status(message_stamp(arena, body, &stamp), STATUS_SENT);
        if (!span_is(out, STAMPED[i].stamped))
            fail_msg("%s: %.*s", STAMPED[i].claim, SPAN_ARGS(out));
    }
}

static void a_copy_differs_in_its_status_only(void **state) {
    (void)state;
    struct stamped stamped = message_stamp(arena, SPAN("{\"status\":1,\"a\":2}"), &stamp);
    struct json_value value;
    static const int STATUSES[] = {STATUS_FAILED, STATUS_SENT, STATUS_DELIVERED, STATUS_RECEIVED,
                                   STATUS_RETURN_RECEIPT};
    for (size_t i = 0; i < COUNT(STATUSES); i++) {
        int64_t status;
        assert_true(json_find(with_status(stamped, STATUSES[i]), SPAN("status"), &value));
        assert_true(json_whole(value, &status));
        assert_int_equal(status, STATUSES[i]);
    }
}

static void ids_are_quoted_whatever_they_hold(void **state) {
    (void)state;
    struct stamp odd = stamp;
    odd.sender = SPAN("a\"\\\n\xC3\xA9");
    odd.recipient = SPAN("\xFF"); /* a routing key may hold it, JSON may not */
    struct span out = with_status(message_stamp(arena, SPAN("{}"), &odd), 100);
    struct json_value value;
    assert_true(json_find(out, SPAN("sender"), &value));
    assert_span(json_unquote(arena, value.text), odd.sender);
    assert_true(json_find(out, SPAN("recipient"), &value));
    assert_span(value.text, SPAN("\"\xEF\xBF\xBD\""));
}

/* --- refusals --- */

#define REFUSAL                                                                                    \
    "\"message_id\":\"" ID "\",\"sender\":\"U1\",\"recipient\":\"U2\",\"app_id\":\"tilechat\","    \
    "\"timestamp\":1700000000000,\"status\":-100,\"error\":{\"code\":\"blocked\","                 \
    "\"reason\":\"U2 \\\"blocked\\\" you\"}"

static const struct {
    struct span body;
    const char *copy;
} REFUSALS[] = {
    {SPAN_NONE, "{\"type\":\"text\",\"text\":\"\"," REFUSAL "}"},
    {SPAN("hello"), "{\"type\":\"text\",\"text\":\"\"," REFUSAL "}"},
    {SPAN("5"), "{\"type\":\"text\",\"text\":\"\"," REFUSAL "}"},
    {SPAN("[{}]"), "{\"type\":\"text\",\"text\":\"\"," REFUSAL "}"},
    {SPAN("{\"text\":\"\xFF\"}"), "{\"type\":\"text\",\"text\":\"\"," REFUSAL "}"},
    {SPAN("{\"text\":\"hello\"}"), "{\"text\":\"hello\"," REFUSAL "}"},
    {SPAN("{\"error\":\"mine\",\"err\\u006fr\":1}"),
     "{\"error\":{\"code\":\"blocked\",\"reason\":\"U2 \\\"blocked\\\" you\"},"
     "\"message_id\":\"" ID "\",\"sender\":\"U1\",\"recipient\":\"U2\",\"app_id\":\"tilechat\","
     "\"timestamp\":1700000000000,\"status\":-100}"},
};

static void a_refused_sender_gets_a_copy_whatever_was_sent(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSALS); i++) {
        struct stamped copy = message_refused(arena, REFUSALS[i].body, &stamp, SPAN("blocked"),
                                              SPAN("U2 \"blocked\" you"));
        assert_span(with_status(copy, STATUS_FAILED), span_of(REFUSALS[i].copy));
    }
}

/* --- volatile groups --- */

static const struct {
    const char *claim, *body, *completed;
} VOLATILE[] = {
    {"id, sender and group are written in", "{\"group\":{\"members\":{\"U2\":1}},\"a\":1}",
     "{\"group\":{\"members\":{\"U2\":1,\"U1\":1,\"group-1\":1},\"uid\":\"group-1\"},\"a\":1}"},
    {"members are made", "{\"group\":{}}",
     "{\"group\":{\"uid\":\"group-1\",\"members\":{\"U1\":1,\"group-1\":1}}}"},
    {"also from null", "{\"group\":{\"members\":null,\"uid\":null}}",
     "{\"group\":{\"members\":{\"U1\":1,\"group-1\":1},\"uid\":\"group-1\"}}"},
    {"another uid does not last", "{\"group\":{\"uid\":\"group-2\",\"members\":{\"group-1\":1}}}",
     "{\"group\":{\"uid\":\"group-1\",\"members\":{\"group-1\":1,\"U1\":1}}}"},
    {"a member's own value stays", "{\"group\":{\"uid\":\"\",\"members\":{\"U1\":{\"r\":2}}}}",
     "{\"group\":{\"uid\":\"group-1\",\"members\":{\"U1\":{\"r\":2},\"group-1\":1}}}"},
    {"one taken out comes back", "{\"group\":{\"members\":{\"U1\":0,\"U2\":1}}}",
     "{\"group\":{\"members\":{\"U1\":1,\"U2\":1,\"group-1\":1},\"uid\":\"group-1\"}}"},
};

static void completes_a_volatile_group(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(VOLATILE); i++) {
        struct span body = span_of(VOLATILE[i].body);
        struct message message;
        struct why why;
        assert_int_equal(message_read(arena, body, true, &message, &why), 0);
        struct span out = message_with_group(arena, body, SPAN("group-1"), SPAN("U1"));
        if (!span_is(out, VOLATILE[i].completed))
            fail_msg("%s: %.*s", VOLATILE[i].claim, SPAN_ARGS(out));
    }
}

/* A routing key may hold any bytes, and so may the sender's id. */
static void a_sender_that_is_not_utf8_makes_no_invalid_group(void **state) {
    (void)state;
    struct span out =
        message_with_group(arena, SPAN("{\"group\":{}}"), SPAN("group-\xFF"), SPAN("\x80"));
    assert_int_equal(json_check(out, NULL, NULL), 0);
    assert_span(out, SPAN("{\"group\":{\"uid\":\"group-\xEF\xBF\xBD\","
                          "\"members\":{\"\xEF\xBF\xBD\":1,\"group-\xEF\xBF\xBD\":1}}}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_message),
        cmocka_unit_test(refuses_depth_in_a_blink),
        cmocka_unit_test(reads_what_matters),
        cmocka_unit_test(reads_an_inline_group),
        cmocka_unit_test(an_inline_group_is_bounded),
        cmocka_unit_test(stamps),
        cmocka_unit_test(a_copy_differs_in_its_status_only),
        cmocka_unit_test(ids_are_quoted_whatever_they_hold),
        cmocka_unit_test(a_refused_sender_gets_a_copy_whatever_was_sent),
        cmocka_unit_test(completes_a_volatile_group),
        cmocka_unit_test(a_sender_that_is_not_utf8_makes_no_invalid_group),
    };
    return cmocka_run_group_tests_name("message", tests, make_arena, drop_arena);
}
