/* route: which keys are understood, what is said about the others, and the keys that go out. */
#include "arena_support.h"
#include "claims.h"

#include "meaning/route.h"

static const struct {
    struct span key;
    enum route_kind kind;
    enum inbox_form form;
    struct span app, user, other, id;
} UNDERSTOOD[] = {
    {SPAN("apps.tilechat.outgoing.users.U1.messages.U2.outgoing"), ROUTE_MESSAGE, INBOX_TABLE,
     SPAN("tilechat"), SPAN("U1"), SPAN("U2"), SPAN_NONE},
    {SPAN("apps.tilechat.outgoing.users.system.messages.group-1.outgoing"), ROUTE_MESSAGE,
     INBOX_TABLE, SPAN("tilechat"), SPAN("system"), SPAN("group-1"), SPAN_NONE},
    {SPAN("apps.tilechat.users.U1.U2.messages.outgoing"), ROUTE_MESSAGE, INBOX_SEED,
     SPAN("tilechat"), SPAN("U1"), SPAN("U2"), SPAN_NONE},
    {SPAN(".apps.tilechat.users.U1.U2.messages.outgoing"), ROUTE_MESSAGE, INBOX_SEED_DOT,
     SPAN("tilechat"), SPAN("U1"), SPAN("U2"), SPAN_NONE},
    {SPAN("apps.tilechat.users.U1.blocks.U2.update"), ROUTE_BLOCK, INBOX_TABLE, SPAN("tilechat"),
     SPAN("U1"), SPAN("U2"), SPAN_NONE},
    {SPAN("apps.observer.tilechat.groups.update"), ROUTE_GROUP, INBOX_TABLE, SPAN("tilechat"),
     SPAN_NONE, SPAN_NONE, SPAN_NONE},
    /* Ids that look like words of a key are ids all the same. */
    {SPAN("apps.users.users.users.messages.messages.outgoing"), ROUTE_MESSAGE, INBOX_SEED,
     SPAN("users"), SPAN("users"), SPAN("messages"), SPAN_NONE},
    {SPAN("apps.users.outgoing.users.outgoing.messages.outgoing.outgoing"), ROUTE_MESSAGE,
     INBOX_TABLE, SPAN("users"), SPAN("outgoing"), SPAN("outgoing"), SPAN_NONE},
    {SPAN("apps.apps.users.update.blocks.blocks.update"), ROUTE_BLOCK, INBOX_TABLE, SPAN("apps"),
     SPAN("update"), SPAN("blocks"), SPAN_NONE},
    {SPAN("apps.observer.groups.groups.update"), ROUTE_GROUP, INBOX_TABLE, SPAN("groups"),
     SPAN_NONE, SPAN_NONE, SPAN_NONE},
    {SPAN("apps.APP.outgoing.users.USER.messages.OTHER.outgoing"), ROUTE_MESSAGE, INBOX_TABLE,
     SPAN("APP"), SPAN("USER"), SPAN("OTHER"), SPAN_NONE},
    /* Any bytes but the impossible ones. */
    {SPAN("apps.a b.outgoing.users.\xC3\xA9\x80\xFF.messages.@\"\\\n|.outgoing"), ROUTE_MESSAGE,
     INBOX_TABLE, SPAN("a b"), SPAN("\xC3\xA9\x80\xFF"), SPAN("@\"\\\n|"), SPAN_NONE},
    {SPAN("apps.a.outgoing.users.group.messages.group-.outgoing"), ROUTE_MESSAGE, INBOX_TABLE,
     SPAN("a"), SPAN("group"), SPAN("group-"), SPAN_NONE},
    {SPAN("apps.a.users.u.messages.r.m.update"), ROUTE_RECEIPT, INBOX_TABLE, SPAN("a"), SPAN("u"),
     SPAN("r"), SPAN("m")},
    {SPAN("apps.a.users.u.messages.group-1.update.update"), ROUTE_RECEIPT, INBOX_TABLE, SPAN("a"),
     SPAN("u"), SPAN("group-1"), SPAN("update")},
    {SPAN("apps.a.users.u.conversations.r.update"), ROUTE_CONVERSATION, INBOX_TABLE, SPAN("a"),
     SPAN("u"), SPAN("r"), SPAN_NONE},
    {SPAN("apps.a.users.u.conversations.r.archive"), ROUTE_ARCHIVE, INBOX_TABLE, SPAN("a"),
     SPAN("u"), SPAN("r"), SPAN_NONE},
    {SPAN("apps.a.users.u.presence.c"), ROUTE_PRESENCE, INBOX_TABLE, SPAN("a"), SPAN("u"),
     SPAN_NONE, SPAN("c")},
    {SPAN("apps.a.users.u.presence.outgoing"), ROUTE_PRESENCE, INBOX_TABLE, SPAN("a"), SPAN("u"),
     SPAN_NONE, SPAN("outgoing")},
    {SPAN("apps.a.users.u.presence.messages.outgoing"), ROUTE_MESSAGE, INBOX_SEED, SPAN("a"),
     SPAN("u"), SPAN("presence"), SPAN_NONE},
    {SPAN("apps.observer.a.users.u.messages.group-1.delivered"), ROUTE_DELIVERED, INBOX_TABLE,
     SPAN("a"), SPAN("u"), SPAN("group-1"), SPAN_NONE},
    {SPAN("apps.observer.a.users.group-1.messages.group-1.persist"), ROUTE_PERSIST, INBOX_TABLE,
     SPAN("a"), SPAN("group-1"), SPAN("group-1"), SPAN_NONE},
    {SPAN("apps.observer.a.groups.change"), ROUTE_GROUP_CHANGE, INBOX_TABLE, SPAN("a"), SPAN_NONE,
     SPAN_NONE, SPAN_NONE},
    {SPAN("apps.observer.a.groups.history"), ROUTE_HISTORY, INBOX_TABLE, SPAN("a"), SPAN_NONE,
     SPAN_NONE, SPAN_NONE},
    {SPAN("apps.a.users.u.presence.history"), ROUTE_PRESENCE, INBOX_TABLE, SPAN("a"), SPAN("u"),
     SPAN_NONE, SPAN("history")},
    {SPAN("observer.webhook.apps.a.message_deliver"), ROUTE_WEBHOOK, INBOX_TABLE, SPAN("a"),
     SPAN_NONE, SPAN_NONE, SPAN("message_deliver")},
};

static void understands_every_kind(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(UNDERSTOOD); i++) {
        struct route route;
        struct why why = {""};
        if (route_parse(UNDERSTOOD[i].key, &route, &why) == -1)
            fail_msg("%.*s: %s", SPAN_ARGS(UNDERSTOOD[i].key), why.words);
        assert_int_equal(route.kind, UNDERSTOOD[i].kind);
        assert_int_equal(route.form, UNDERSTOOD[i].form);
        assert_span(route.app, UNDERSTOOD[i].app);
        assert_span(route.user, UNDERSTOOD[i].user);
        assert_span(route.other, UNDERSTOOD[i].other);
        assert_span(route.id, UNDERSTOOD[i].id);
    }
}

static const struct {
    struct span key;
    const char *says;
} REFUSED[] = {
    {SPAN_NONE, "a routing key of 0 bytes"},
    {SPAN("."), "ends in \"\""},
    {SPAN("apps"), "a key that ends in \"apps\", which is nothing this server carries"},
    {SPAN("apps.a.users.u.presence.c.d"), "ends in \"d\""},
    {SPAN("apps.a.users.u.presence."), "the client's id is empty"},
    {SPAN("apps.a.users.group-1.presence.c"), "the sender \"group-1\" looks like a group"},
    {SPAN("apps.a.users.u.messages.r.clientadded"), "ends in \"clientadded\""},
    {SPAN("outgoing"), "1 word where a message has 8"},
    {SPAN("update"), "1 word where a block has 7"},
    {SPAN("apps.a.outgoing.users.u.messages.outgoing"), "7 words where a message has 8"},
    {SPAN("apps.a.outgoing.users.u.messages.r.x.outgoing"), "9 words where a message has 8"},
    {SPAN("apps.a.users.u.messages.outgoing"), "6 words where a message in the seed's form has 7"},
    {SPAN("apps.a.users.u.r.messages.x.outgoing"), "8 words where a message in the seed's form"},
    {SPAN("apps.a.users.u.messages.r.update"), "7 words where a receipt has 8"},
    {SPAN("apps.a.users.u.messages.r..update"), "the message's id is empty"},
    {SPAN("apps.a.users.group-1.messages.r.m.update"), "looks like a group"},
    {SPAN("apps.a.users.u.conversations..update"), "the conversation's other side is empty"},
    {SPAN("apps.a.users.u.conversations.r.x.update"), "8 words where a conversation's patch has 7"},
    {SPAN("apps.a.users.u.blocks.r.archive"), "word 5 is \"blocks\" where a conversation to"},
    {SPAN("apps.a.users.u.messages.r.delivered"), "7 words where a copy to deliver has 8"},
    {SPAN("apps.observer.a.users..messages.r.persist"), "the timeline's owner is empty"},
    {SPAN("observer.webhook.apps.a"), "4 words where a webhook event has 5"},
    {SPAN("observer.webhook.apps.a."), "the event is empty"},
    {SPAN("apps.a.users.groups.change"), "word 2 is \"a\" where a group change has \"observer\""},
    {SPAN("apps.observer.a.group.history"), "word 4 is \"group\" where a group's history has"},
    {SPAN("apps.observer.a.groups.x.change"), "6 words where a group change has 5"},
    {SPAN("apps.observer.a.groups.x.update"), "6 words where a group update has 5"},
    {SPAN("x.a.outgoing.users.u.messages.r.outgoing"),
     "word 1 is \"x\" where a message has \"apps\""},
    {SPAN("apps.a.incoming.users.u.messages.r.outgoing"),
     "word 3 is \"incoming\" where a message has \"outgoing\""},
    {SPAN("apps.a.outgoing.users.u.conversations.r.outgoing"), "word 6 is \"conversations\""},
    {SPAN("apps.a.users.u.r.message.outgoing"), "word 6 is \"message\""},
    {SPAN("apps.a.users.u.groups.r.update"), "word 5 is \"groups\" where a block"},
    {SPAN(".apps.a.outgoing.users.u.messages.r.outgoing"), "a leading dot"},
    {SPAN(".apps.a.users.u.blocks.r.update"), "a leading dot"},
    {SPAN(".apps.observer.a.groups.update"), "a leading dot"},
    {SPAN("..apps.a.users.u.r.messages.outgoing"), "word 1 is \"\""},
    {SPAN("apps.a.users.u.r.messages.outgoing."), "ends in \"\""},
    {SPAN("apps..outgoing.users.u.messages.r.outgoing"), "the app's name is empty"},
    {SPAN("apps.a.outgoing.users..messages.r.outgoing"), "the sender is empty"},
    {SPAN("apps.a.outgoing.users.u.messages..outgoing"), "the recipient is empty"},
    {SPAN("apps.a.users.u..messages.outgoing"), "the recipient is empty"},
    {SPAN("apps.a.users.u.blocks..update"), "the user to block is empty"},
    {SPAN("apps.observer..groups.update"), "the app's name is empty"},
    {SPAN("apps.observer.outgoing.users.u.messages.r.outgoing"),
     "the app's name \"observer\" is reserved"},
    {SPAN("apps.outgoing.users.u.r.messages.outgoing"), "the app's name \"outgoing\" is reserved"},
    {SPAN("apps.outgoing.users.u.blocks.r.update"), "the app's name \"outgoing\" is reserved"},
    {SPAN("apps.observer.observer.groups.update"), "the app's name \"observer\" is reserved"},
    {SPAN("apps.a.outgoing.users.group-1.messages.r.outgoing"),
     "the sender \"group-1\" looks like a group"},
    {SPAN("apps.a.users.my-group-1.r.messages.outgoing"), "looks like a group"},
    {SPAN("apps.a.users.group-1.blocks.r.update"), "looks like a group"},
    {SPAN("apps.a.outgoing.users.u#.messages.r.outgoing"), "the sender \"u#\" holds one of"},
    {SPAN("apps.a.outgoing.users.u.messages.*.outgoing"), "the recipient \"*\" holds one of"},
    {SPAN("apps.a.outgoing.users.u.messages.r+.outgoing"), "the recipient"},
    {SPAN("apps.a/b.outgoing.users.u.messages.r.outgoing"), "the app's name \"a/b\" holds"},
    {SPAN("apps.a.outgoing.users.u.messages.r\0.outgoing"), "the recipient \"r\\x00\" holds"},
    {SPAN("apps.a.users.u.blocks.#.update"), "the user to block \"#\" holds"},
};

static void says_what_is_wrong(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        struct route route = {.app = SPAN("untouched")};
        struct why why = {""};
        if (route_parse(REFUSED[i].key, &route, &why) == 0)
            fail_msg("understood %.*s", SPAN_ARGS(REFUSED[i].key));
        assert_says(&why, REFUSED[i].says);
        assert_span(route.app, SPAN("untouched"));
    }
}

static struct span letters(size_t count) {
    char *text = arena_take(arena, count + 1);
    memset(text, 'x', count);
    return (struct span){text, count};
}

static void a_key_has_255_bytes_at_most(void **state) {
    (void)state;
    struct route route;
    struct why why;
    struct span id = letters(255 - strlen("apps.a.outgoing.users.u.messages..outgoing"));
    struct span key =
        arena_print(arena, "apps.a.outgoing.users.u.messages.%.*s.outgoing", SPAN_ARGS(id));
    assert_int_equal(key.size, 255);
    assert_int_equal(route_parse(key, &route, &why), 0);
    key = arena_print(arena, "apps.a.outgoing.users.u.messages.%.*sx.outgoing", SPAN_ARGS(id));
    assert_int_equal(route_parse(key, &route, &why), -1);
    assert_says(&why, "a routing key of 256 bytes");
    assert_int_equal(route_parse(letters(100000), &route, &why), -1);
}

static void any_number_of_words_is_counted(void **state) {
    (void)state;
    struct route route;
    struct why why;
    char key[256];
    memset(key, '.', sizeof key);
    memcpy(key + 246, "outgoing", 8);
    assert_int_equal(route_parse((struct span){key, 254}, &route, &why), -1);
    assert_says(&why, "246 words where a message has 8");
}

static void writes_an_inbox_in_the_form_it_came_in(void **state) {
    (void)state;
    static const struct {
        enum inbox_form form;
        struct span key;
    } CASES[] = {
        {INBOX_TABLE, SPAN("apps.tilechat.users.U2.messages.U1.clientadded")},
        {INBOX_SEED, SPAN("apps.tilechat.users.U2.U1.messages.clientadded")},
        {INBOX_SEED_DOT, SPAN(".apps.tilechat.users.U2.U1.messages.clientadded")},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span key;
        struct why why;
        assert_int_equal(
            route_inbox(arena, CASES[i].form, SPAN("tilechat"), SPAN("U2"), SPAN("U1"), &key, &why),
            0);
        assert_span(key, CASES[i].key);
    }
}

static void an_inbox_key_that_is_too_long_is_refused(void **state) {
    (void)state;
    struct span key = SPAN("untouched");
    struct why why;
    size_t rest = strlen("apps.a.users..messages.u.clientadded");
    assert_int_equal(
        route_inbox(arena, INBOX_TABLE, SPAN("a"), letters(256 - rest), SPAN("u"), &key, &why), -1);
    assert_says(&why, "a routing key of 256 bytes would be needed, where 255 are possible");
    assert_span(key, SPAN("untouched"));
    assert_int_equal(
        route_inbox(arena, INBOX_TABLE, SPAN("a"), letters(255 - rest), SPAN("u"), &key, &why), 0);
    assert_int_equal(key.size, 255);
}

static void ids_are_never_taken_for_patterns(void **state) {
    (void)state;
    struct span key;
    struct why why;
    assert_int_equal(
        route_inbox(arena, INBOX_TABLE, SPAN("USER"), SPAN("OTHER"), SPAN("APP"), &key, &why), 0);
    assert_span(key, SPAN("apps.USER.users.OTHER.messages.APP.clientadded"));
}

static void writes_notices(void **state) {
    (void)state;
    struct span key = SPAN_NONE;
    struct why why;
    assert_int_equal(route_notice(arena, SPAN("a"), SPAN("U"), "groups", SPAN("group-1"),
                                  "clientupdated", &key, &why),
                     0);
    assert_span(key, SPAN("apps.a.users.U.groups.group-1.clientupdated"));
    assert_int_equal(route_notice(arena, SPAN("a"), letters(250), "groups", SPAN("group-1"),
                                  "clientupdated", &key, &why),
                     -1);
    assert_says(&why, "would be needed");
}

static void writes_what_comes_back(void **state) {
    (void)state;
    struct span key = SPAN_NONE;
    struct route route;
    struct why why;
    assert_int_equal(route_outbox(arena, SPAN("a"), SPAN("system"), SPAN("group-1"), &key, &why),
                     0);
    assert_span(key, SPAN("apps.a.outgoing.users.system.messages.group-1.outgoing"));
    assert_int_equal(route_parse(key, &route, &why), 0);
    assert_int_equal(route.kind, ROUTE_MESSAGE);
    assert_int_equal(route_outbox(arena, SPAN("a"), SPAN("system"), letters(250), &key, &why), -1);
    assert_says(&why, "would be needed");
    assert_int_equal(route_history(arena, SPAN("a"), &key, &why), 0);
    assert_int_equal(route_parse(key, &route, &why), 0);
    assert_int_equal(route.kind, ROUTE_HISTORY);
    assert_int_equal(route_history(arena, letters(250), &key, &why), -1);
}

static void binds_what_it_understands(void **state) {
    (void)state;
    static const struct {
        enum route_kind kind;
        size_t index;
        struct span pattern;
    } CASES[] = {
        {ROUTE_MESSAGE, 0, SPAN("apps.A.outgoing.users.*.messages.*.outgoing")},
        {ROUTE_MESSAGE, 1, SPAN("apps.A.users.*.*.messages.outgoing")},
        {ROUTE_MESSAGE, 2, SPAN(".apps.A.users.*.*.messages.outgoing")},
        {ROUTE_MESSAGE, 3, SPAN_NONE},
        {ROUTE_BLOCK, 0, SPAN("apps.A.users.*.blocks.*.update")},
        {ROUTE_BLOCK, 1, SPAN_NONE},
        {ROUTE_GROUP, 0, SPAN("apps.observer.A.groups.update")},
        {ROUTE_GROUP, 1, SPAN_NONE},
        {ROUTE_RECEIPT, 0, SPAN("apps.A.users.*.messages.*.*.update")},
        {ROUTE_RECEIPT, 1, SPAN_NONE},
        {ROUTE_CONVERSATION, 0, SPAN("apps.A.users.*.conversations.*.update")},
        {ROUTE_ARCHIVE, 0, SPAN("apps.A.users.*.conversations.*.archive")},
        {ROUTE_PRESENCE, 0, SPAN("apps.A.users.*.presence.*")},
        {ROUTE_DELIVERED, 0, SPAN("apps.observer.A.users.*.messages.*.delivered")},
        {ROUTE_PERSIST, 0, SPAN("apps.observer.A.users.*.messages.*.persist")},
        {ROUTE_WEBHOOK, 0, SPAN("observer.webhook.apps.A.*")},
        {ROUTE_WEBHOOK, 1, SPAN_NONE},
        {ROUTE_GROUP_CHANGE, 0, SPAN("apps.observer.A.groups.change")},
        {ROUTE_GROUP_CHANGE, 1, SPAN_NONE},
        {ROUTE_HISTORY, 0, SPAN("apps.observer.A.groups.history")},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span pattern = route_binding(arena, CASES[i].kind, SPAN("A"), CASES[i].index);
        assert_span(pattern, CASES[i].pattern);
        if (!pattern.at)
            continue;
        /* A key that the pattern lets in is understood as that kind. */
        struct route route;
        struct why why;
        char *key = arena_string(arena, pattern);
        for (char *star = key; (star = strchr(star, '*'));)
            *star = 'x';
        assert_int_equal(route_parse(span_of(key), &route, &why), 0);
        assert_int_equal(route.kind, CASES[i].kind);
    }
}

static void knows_ids(void **state) {
    (void)state;
    static const struct {
        struct span id;
        bool is_id, is_group;
    } CASES[] = {
        {SPAN_NONE, false, false},
        {SPAN(""), false, false},
        {SPAN("U1"), true, false},
        {SPAN("group-1"), true, true},
        {SPAN("support-group-1"), true, true},
        {SPAN("Group-1"), true, false},
        {SPAN("group"), true, false},
        {SPAN("a.b"), false, false},
        {SPAN("a/b"), false, false},
        {SPAN("#"), false, false},
        {SPAN("*"), false, false},
        {SPAN("+"), false, false},
        {SPAN("a\0"), false, false},
        {SPAN("\x01\x80\xFF $,"), true, false},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        assert_int_equal(route_is_id(CASES[i].id), CASES[i].is_id);
        assert_int_equal(route_is_group_id(CASES[i].id), CASES[i].is_group);
    }
}

static void knows_apps(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(route_check_app(SPAN("tilechat"), &why), 0);
    assert_int_equal(route_check_app(SPAN("observers"), &why), 0);
    assert_int_equal(route_check_app(SPAN("observer"), &why), -1);
    assert_int_equal(route_check_app(SPAN("outgoing"), &why), -1);
    assert_int_equal(route_check_app(SPAN_NONE, &why), -1);
    assert_int_equal(route_check_app(SPAN("a.b"), &why), -1);
    assert_says(&why, "the app's name \"a.b\" holds one of . / # * + or NUL");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understands_every_kind),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(a_key_has_255_bytes_at_most),
        cmocka_unit_test(any_number_of_words_is_counted),
        cmocka_unit_test(writes_an_inbox_in_the_form_it_came_in),
        cmocka_unit_test(an_inbox_key_that_is_too_long_is_refused),
        cmocka_unit_test(ids_are_never_taken_for_patterns),
        cmocka_unit_test(writes_notices),
        cmocka_unit_test(writes_what_comes_back),
        cmocka_unit_test(binds_what_it_understands),
        cmocka_unit_test(knows_ids),
        cmocka_unit_test(knows_apps),
    };
    return cmocka_run_group_tests_name("route", tests, make_arena, drop_arena);
}
