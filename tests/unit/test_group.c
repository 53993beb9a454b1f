/* group: who is in it, whatever its JSON looks like. */
#include "arena_support.h"
#include "claims.h"

#include "meaning/group.h"
#include "words/text.h"

#include <stdio.h>

/* The members joined by spaces, for comparing. */
static struct span members_of(const struct group *group) {
    struct text text = text_start(arena, 64);
    for (size_t i = 0; i < group->member_count; i++) {
        if (i)
            text_add_char(&text, ' ');
        text_add(&text, group->members[i]);
    }
    return text_span(&text);
}

static const struct {
    const char *claim;
    struct span json;
    const char *id, *owner, *members;
} READ[] = {
    {"a whole one", SPAN("{\"uid\":\"group-1\",\"owner\":\"U1\",\"members\":{\"U1\":1,\"U2\":1}}"),
     "group-1", "U1", "U1 U2"},
    {"an empty one", SPAN("{}"), "", "", ""},
    {"the order is kept", SPAN("{\"members\":{\"c\":1,\"a\":1,\"bb\":1,\"b\":1}}"), "", "",
     "c a bb b"},
    {"members may be null", SPAN("{\"members\":null}"), "", "", ""},
    {"0, false and null are no members",
     SPAN("{\"members\":{\"a\":0,\"b\":false,\"c\":null,\"d\":-0.0,\"e\":0e9}}"), "", "", ""},
    {"all else is",
     SPAN("{\"members\":{\"a\":1,\"b\":true,\"c\":\"\",\"d\":{},\"e\":0.5,\"f\":[]}}"), "", "",
     "a b c d e f"},
    {"of a repeated one the last value counts, in the first place",
     SPAN("{\"members\":{\"a\":0,\"b\":1,\"a\":1,\"c\":1,\"\\u0063\":0}}"), "", "", "a b"},
    {"of repeated members the last count", SPAN("{\"members\":{\"a\":1},\"members\":{\"b\":1}}"),
     "", "", "b"},
    {"ids are unescaped", SPAN("{\"uid\":\"\\u0067\",\"members\":{\"\\u00e9\":1}}"), "g", "",
     "\xC3\xA9"},
    {"a uid or owner that is no string is absent", SPAN("{\"uid\":5,\"owner\":null}"), "", "", ""},
    {"an empty one too", SPAN("{\"uid\":\"\",\"owner\":\"\"}"), "", "", ""},
};

static void reads_members(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(READ); i++) {
        struct group group;
        struct why why = {""};
        if (group_read(arena, READ[i].json, &group, &why) == -1)
            fail_msg("%s: %s", READ[i].claim, why.words);
        if (!span_is(members_of(&group), READ[i].members))
            fail_msg("%s: %.*s", READ[i].claim, SPAN_ARGS(members_of(&group)));
        assert_span(group.id, span_of(READ[i].id));
        assert_span(group.owner, span_of(READ[i].owner));
        assert_span(group.json, READ[i].json);
    }
}

static const struct {
    struct span json;
    const char *says;
} REFUSED[] = {
    {SPAN("5"), "the group is a number, not an object"},
    {SPAN("null"), "the group is null, not an object"},
    {SPAN("[]"), "the group is an array, not an object"},
    {SPAN("{\"members\":5}"), "the group's members are a number, not an object"},
    {SPAN("{\"members\":\"U1\"}"), "the group's members are a string, not an object"},
    {SPAN("{\"members\":[]}"), "the group's members are an array, not an object"},
    {SPAN("{\"members\":false}"), "the group's members are a boolean, not an object"},
    {SPAN("{\"members\":{\"\":1}}"), "the group's member \"\" is no possible id"},
    {SPAN("{\"members\":{\"a.b\":1}}"), "the group's member \"a.b\" is no possible id"},
    {SPAN("{\"members\":{\"a\\u002fb\":1}}"), "the group's member \"a/b\" is no possible id"},
    {SPAN("{\"members\":{\"#\":0}}"), "no possible id"},
    {SPAN("{\"members\":{\"*\":1}}"), "no possible id"},
    {SPAN("{\"members\":{\"+\":1}}"), "no possible id"},
    {SPAN("{\"members\":{\"a\\u0000\":1}}"), "the group's member \"a\\x00\" is no possible id"},
    {SPAN("{\"uid\":\"group.1\"}"), "the group's uid \"group.1\" is no possible id"},
};

static void refuses_and_says_why(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        struct group group = {.member_count = 99};
        struct why why = {""};
        if (group_read(arena, REFUSED[i].json, &group, &why) == 0)
            fail_msg("accepted %.*s", SPAN_ARGS(REFUSED[i].json));
        assert_says(&why, REFUSED[i].says);
        assert_int_equal(group.member_count, 99);
    }
}

static void adds_a_member_once(void **state) {
    (void)state;
    struct group group;
    struct why why;
    assert_int_equal(group_read(arena, SPAN("{\"members\":{\"a\":1}}"), &group, &why), 0);
    assert_true(group_has(&group, SPAN("a")));
    assert_false(group_has(&group, SPAN("b")));
    assert_false(group_has(&group, SPAN("aa")));
    group_add(arena, &group, SPAN("b"));
    group_add(arena, &group, SPAN("a"));
    group_add(arena, &group, SPAN("b"));
    assert_span(members_of(&group), SPAN("a b"));
    struct group empty = {.member_count = 0};
    assert_false(group_has(&empty, SPAN("a")));
    group_add(arena, &empty, SPAN("a"));
    assert_span(members_of(&empty), SPAN("a"));
}

static struct span object_of(int count, const char *format) {
    struct text text = text_start(arena, 1 << 18);
    text_add(&text, SPAN("{\"members\":{"));
    for (int i = 0; i < count; i++) {
        if (i)
            text_add_char(&text, ',');
        char key[64];
        snprintf(key, sizeof key, format, i);
        text_print(&text, "\"%s\":1", key);
    }
    text_add(&text, SPAN("}}"));
    return text_span(&text);
}

static void holds_5000_members_and_no_more(void **state) {
    (void)state;
    struct group group;
    struct why why;
    assert_int_equal(group_read(arena, object_of(GROUP_MEMBERS_MAX, "m%d"), &group, &why), 0);
    assert_int_equal(group.member_count, GROUP_MEMBERS_MAX);
    assert_span(group.members[4999], SPAN("m4999"));
    assert_int_equal(group_read(arena, object_of(GROUP_MEMBERS_MAX + 1, "m%d"), &group, &why), -1);
    assert_says(&why, "a group of 5001 members, where 5000 are possible");
}

/* Long common beginnings, and one id 5,000 times. */
static void ids_that_are_alike_are_told_apart(void **state) {
    (void)state;
    struct group group;
    struct why why;
    struct span alike = object_of(GROUP_MEMBERS_MAX, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%05d");
    struct span same = object_of(GROUP_MEMBERS_MAX, "same");
    assert_int_equal(group_read(arena, alike, &group, &why), 0);
    assert_int_equal(group.member_count, GROUP_MEMBERS_MAX);
    assert_int_equal(group_read(arena, same, &group, &why), 0);
    assert_int_equal(group.member_count, 1);
}

static void tells_who_was_added(void **state) {
    (void)state;
    struct group before, now, none = {.member_count = 0};
    struct why why;
    size_t count;
    assert_int_equal(
        group_read(arena, SPAN("{\"members\":{\"b\":1,\"a\":1,\"cc\":1}}"), &before, &why), 0);
    assert_int_equal(
        group_read(arena, SPAN("{\"members\":{\"d\":1,\"cc\":1,\"aa\":1,\"b\":1}}"), &now, &why),
        0);
    struct span *added = group_added(arena, &before, &now, &count);
    assert_int_equal(count, 2);
    assert_span(added[0], SPAN("d"));
    assert_span(added[1], SPAN("aa"));
    group_added(arena, &none, &now, &count);
    assert_int_equal(count, 4);
    group_added(arena, &now, &none, &count);
    assert_int_equal(count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_members),
        cmocka_unit_test(refuses_and_says_why),
        cmocka_unit_test(adds_a_member_once),
        cmocka_unit_test(tells_who_was_added),
        cmocka_unit_test(holds_5000_members_and_no_more),
        cmocka_unit_test(ids_that_are_alike_are_told_apart),
    };
    return cmocka_run_group_tests_name("group", tests, make_arena, drop_arena);
}
