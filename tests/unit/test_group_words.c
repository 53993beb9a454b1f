/* group_words: what members are told of a change of their group, and a newcomer's history. */
#include "arena_support.h"
#include "claims.h"

#include "meaning/facts.h"
#include "meaning/group_words.h"

#define NAMES                                                                                      \
    "{\"bob\":{\"fullname\":\"Bob B\",\"firstname\":\"Bob\",\"lastname\":\"B\"},"                  \
    "\"cid\":{\"fullname\":\"\",\"firstname\":5},\"dan\":null}"

static struct group_change change_of(enum group_change_kind kind) {
    return (struct group_change){.kind = kind,
                                 .caller = SPAN("ann"),
                                 .group_id = SPAN("group-1"),
                                 .name = SPAN("T\"wo"),
                                 .member_id = SPAN("bob"),
                                 .attributes = SPAN("{\"b\":[1.10]}"),
                                 .names = SPAN(NAMES)};
}

static const struct {
    enum group_change_kind kind;
    const char *newcomer, *label;
} LABELS[] = {
    {GROUP_RENAME, NULL,
     "{\"key\":\"DATA_UPDATED_GROUP\",\"parameters\":{\"group_name\":\"T\\\"wo\"}}"},
    {GROUP_ATTRIBUTES, NULL,
     "{\"key\":\"ATTRIBUTES_UPDATED_GROUP\",\"parameters\":{\"attributes\":{\"b\":[1.10]}}}"},
    {GROUP_LEAVE, NULL, "{\"key\":\"MEMBER_LEFT_GROUP\",\"parameters\":{\"member_id\":\"bob\"}}"},
    {GROUP_JOIN, "bob",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"bob\","
     "\"fullname\":\"Bob B\",\"firstname\":\"Bob\",\"lastname\":\"B\"}}"},
    {GROUP_MEMBERS, "cid",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"cid\",\"fullname\":\"cid\"}"
     "}"},
    {GROUP_MEMBERS, "dan",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"dan\",\"fullname\":\"dan\"}"
     "}"},
    {GROUP_MEMBERS, NULL, ""},
    {GROUP_CREATE, NULL, ""},
};

static void a_label_says_what_has_changed(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(LABELS); i++) {
        struct group_change change = change_of(LABELS[i].kind);
        assert_span(group_label(arena, &change, span_of(LABELS[i].newcomer)),
                    span_of(LABELS[i].label));
    }
}

static void a_notice_is_the_group_with_its_label(void **state) {
    (void)state;
    struct span object = SPAN("{\"uid\":\"g\", \"x\":1.10}");
    assert_span(group_notice(arena, object, SPAN_NONE), object);
    assert_span(group_notice(arena, object, SPAN("{\"key\":\"K\"}")),
                SPAN("{\"uid\":\"g\", \"x\":1.10,\"notification\":{\"messagelabel\":"
                     "{\"key\":\"K\"}}}"));
}

static void a_label_that_is_too_deep_is_left_out(void **state) {
    (void)state;
    enum { DEEP = JSON_DEPTH - 1 };
    char deep[2 * DEEP + 1];
    memset(deep, '[', DEEP);
    memset(deep + DEEP, ']', DEEP);
    struct group_change change = change_of(GROUP_ATTRIBUTES);
    change.attributes = arena_print(arena, "{\"a\":%.*s}", 2 * DEEP, deep);
    struct span object = SPAN("{}");
    assert_span(group_notice(arena, object, group_label(arena, &change, SPAN_NONE)), object);
}

static const struct {
    enum group_saying saying;
    const char *member, *text, *label;
} SAYINGS[] = {
    {SAYS_CREATED, NULL, "Group created",
     "{\"key\":\"GROUP_CREATED\",\"parameters\":{\"creator\":\"ann\"}}"},
    {SAYS_JOINED_AT_ONCE, "bob", "Bob B joined group on creation",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"bob\","
     "\"fullname\":\"Bob B\",\"firstname\":\"Bob\",\"lastname\":\"B\"}}"},
    {SAYS_JOINED_AT_ONCE, "eve", "eve joined group on creation",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"eve\",\"fullname\":\"eve\"}"
     "}"},
    {SAYS_JOINED, "bob", "Bob added to group",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"bob\","
     "\"fullname\":\"Bob B\",\"firstname\":\"Bob\",\"lastname\":\"B\"}}"},
    {SAYS_JOINED, "cid", "cid added to group",
     "{\"key\":\"MEMBER_JOINED_GROUP\",\"parameters\":{\"member_id\":\"cid\",\"fullname\":\"cid\"}"
     "}"},
    {SAYS_LEFT, "bob", "bob removed from group",
     "{\"key\":\"MEMBER_LEFT_GROUP\",\"parameters\":{\"member_id\":\"bob\"}}"},
};

static void system_says_what_has_happened(void **state) {
    (void)state;
    struct group_change change = change_of(GROUP_CREATE);
    struct span object = SPAN("{\"uid\":\"group-1\",\"name\":\"O\\\"ne\",\"owner\":\"ann\"}");
    for (size_t i = 0; i < COUNT(SAYINGS); i++) {
        struct span wanted = arena_print(
            arena,
            "{\"type\":\"text\",\"text\":\"%s\",\"channel_type\":\"group\","
            "\"sender_fullname\":\"System\",\"recipient_fullname\":\"O\\\"ne\",\"attributes\":"
            "{\"subtype\":\"info\",\"updateconversation\":true,\"messagelabel\":%s}}",
            SAYINGS[i].text, SAYINGS[i].label);
        assert_span(
            group_message(arena, &change, object, SAYINGS[i].saying, span_of(SAYINGS[i].member)),
            wanted);
        assert_int_equal(json_check(wanted, NULL, NULL), 0);
    }
    struct span nameless = group_message(arena, &change, SPAN("{}"), SAYS_CREATED, SPAN_NONE);
    assert_true(span_has(nameless, SPAN("\"recipient_fullname\":\"group-1\"")));
}

/* ---- history ---- */

static void what_asks_for_a_history_is_read(void **state) {
    (void)state;
    struct group_history history = {SPAN("group-1"), SPAN("b\"ob"), 7}, read;
    struct why why;
    struct span body = group_history_write(arena, &history);
    assert_span(body, SPAN("{\"group_id\":\"group-1\",\"member\":\"b\\\"ob\",\"limit\":7}"));
    assert_int_equal(group_history_read(arena, body, &read, &why), 0);
    assert_span(read.group_id, history.group_id);
    assert_span(read.member, history.member);
    assert_int_equal(read.limit, 7);
    static const char *const LIMITS[] = {"", ",\"limit\":0", ",\"limit\":-1", ",\"limit\":1e9",
                                         ",\"limit\":\"7\""};
    for (size_t i = 0; i < COUNT(LIMITS); i++) {
        body = arena_print(arena, "{\"group_id\":\"g\",\"member\":\"m\"%s}", LIMITS[i]);
        assert_int_equal(group_history_read(arena, body, &read, &why), 0);
        assert_int_equal(read.limit, FACT_HISTORY_MAX);
    }
}

static void what_asks_for_none_is_said(void **state) {
    (void)state;
    static const struct {
        struct span body;
        const char *says;
    } CASES[] = {{SPAN("["), "not JSON"},
                 {SPAN("[]"), "is an object"},
                 {SPAN("{}"), "`group_id` is missing, or no id"},
                 {SPAN("{\"group_id\":\"g\"}"), "`member` is missing"},
                 {SPAN("{\"group_id\":\"g\",\"member\":\"a.b\"}"), "`member` is missing, or no"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct group_history history;
        struct why why;
        assert_int_equal(group_history_read(arena, CASES[i].body, &history, &why), -1);
        assert_says(&why, CASES[i].says);
    }
}

static const struct {
    const char *message, *copy;
} COPIES[] = {
    {"{\"text\":\"a\",\"status\":100,\"timelineOf\":\"g\",\"conversWith\":\"g\"}",
     "{\"text\":\"a\",\"status\":150,\"timelineOf\":\"bob\",\"conversWith\":\"g\","
     "\"__history\":\"true\",\"attributes\":{\"sendnotification\":false}}"},
    {"{\"attributes\":{\"x\":1.10,\"sendnotification\":true},\"status\":250}",
     "{\"attributes\":{\"x\":1.10,\"sendnotification\":false},\"status\":150,"
     "\"timelineOf\":\"bob\",\"conversWith\":\"g\",\"__history\":\"true\"}"},
    {"{\"attributes\":{\"forcenotification\":true},\"status\":100}",
     "{\"attributes\":{\"forcenotification\":true},\"status\":150,\"timelineOf\":\"bob\","
     "\"conversWith\":\"g\",\"__history\":\"true\"}"},
    {"{\"attributes\":\"none\",\"status\":100}",
     "{\"attributes\":\"none\",\"status\":150,\"timelineOf\":\"bob\",\"conversWith\":\"g\","
     "\"__history\":\"true\"}"},
};

static void a_copy_of_the_past_says_so(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(COPIES); i++)
        assert_span(group_history_copy(arena, span_of(COPIES[i].message), SPAN("bob"), SPAN("g")),
                    span_of(COPIES[i].copy));
}

static void what_is_hidden_is_no_part_of_it(void **state) {
    (void)state;
    struct span hidden = SPAN("{\"attributes\":{\"hiddenFor\":\"b\\u006fb\"}}");
    assert_false(group_history_shows(arena, hidden, SPAN("bob")));
    assert_true(group_history_shows(arena, hidden, SPAN("cid")));
    assert_true(group_history_shows(arena, SPAN("{\"attributes\":null}"), SPAN("bob")));
    assert_true(group_history_shows(arena, SPAN("{}"), SPAN("bob")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_says_what_has_changed),
        cmocka_unit_test(a_notice_is_the_group_with_its_label),
        cmocka_unit_test(a_label_that_is_too_deep_is_left_out),
        cmocka_unit_test(system_says_what_has_happened),
        cmocka_unit_test(what_asks_for_a_history_is_read),
        cmocka_unit_test(what_asks_for_none_is_said),
        cmocka_unit_test(a_copy_of_the_past_says_so),
        cmocka_unit_test(what_is_hidden_is_no_part_of_it),
    };
    return cmocka_run_group_tests_name("group_words", tests, make_arena, drop_arena);
}
