/* group_change: what a body says, who may, and what the group becomes. */
#include "arena_support.h"
#include "claims.h"

#include "meaning/group_change.h"
#include "words/text.h"

enum { NOW = 2000 };

#define STORED                                                                                     \
    "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"        \
    "\"members\":{\"ann\":1,\"bob\":true},\"createdOn\":1,\"updatedOn\":1}"

/* ---- bodies ---- */

static void what_is_written_is_read(void **state) {
    (void)state;
    struct group_change change = {.kind = GROUP_CREATE,
                                  .caller = SPAN("ann"),
                                  .is_admin = true,
                                  .group_id = SPAN("group-\"1"),
                                  .name = SPAN("One"),
                                  .owner = SPAN("bob"),
                                  .members = SPAN("{\"ann\":1}"),
                                  .attributes = SPAN("{\"b\":[]}"),
                                  .names = SPAN("{\"ann\":{\"fullname\":\"Ann\"}}")};
    struct group_change read;
    struct why why;
    struct span body = group_change_write(arena, &change);
    assert_span(body, SPAN("{\"change\":\"create\",\"caller\":\"ann\",\"is_admin\":true,"
                           "\"group_id\":\"group-\\\"1\",\"name\":\"One\",\"owner\":\"bob\","
                           "\"members\":{\"ann\":1},\"attributes\":{\"b\":[]},"
                           "\"names\":{\"ann\":{\"fullname\":\"Ann\"}}}"));
    assert_int_equal(group_change_read(arena, body, &read, &why), 0);
    assert_int_equal(read.kind, GROUP_CREATE);
    assert_true(read.is_admin);
    assert_span(read.group_id, change.group_id);
    assert_span(read.owner, change.owner);
    assert_span(read.members, change.members);
    assert_span(read.attributes, change.attributes);
    assert_span(read.names, change.names);
    assert_false(read.member_id.at);
}

static void each_kind_comes_back(void **state) {
    (void)state;
    for (int kind = 0; kind < GROUP_CHANGES; kind++) {
        struct group_change change = {.kind = (enum group_change_kind)kind,
                                      .caller = SPAN("ann"),
                                      .group_id = SPAN("group-1"),
                                      .name = SPAN("n"),
                                      .member_id = SPAN("bob"),
                                      .members = SPAN("{}"),
                                      .attributes = SPAN("{}")};
        struct group_change read;
        struct why why = {""};
        if (group_change_read(arena, group_change_write(arena, &change), &read, &why) != 0)
            fail_msg("%d: %s", kind, why.words);
        assert_int_equal(read.kind, kind);
        assert_false(read.is_admin);
    }
}

static const struct {
    struct span body;
    const char *says;
} UNREADABLE[] = {
    {SPAN("5"), "is an object"},
    {SPAN("{"), "not JSON"},
    {SPAN("{\"caller\":\"ann\"}"), "`change` is none of create"},
    {SPAN("{\"change\":\"erase\"}"), "`change` is none of create"},
    {SPAN("{\"change\":5}"), "`change` is a number, not a string"},
    {SPAN("{\"change\":\"join\",\"caller\":\"a.b\"}"), "`caller` is missing, or no id"},
    {SPAN("{\"change\":\"join\"}"), "`caller` is missing"},
    {SPAN("{\"change\":\"join\",\"caller\":\"ann\"}"), "`group_id` is missing"},
    {SPAN("{\"change\":\"join\",\"caller\":\"ann\",\"group_id\":\"g\"}"), "`member_id` is missing"},
    {SPAN("{\"change\":\"rename\",\"caller\":\"ann\",\"group_id\":\"g\",\"name\":\"\"}"),
     "`name` is missing"},
    {SPAN("{\"change\":\"create\",\"caller\":\"ann\",\"group_id\":\"g\",\"name\":\"n\"}"),
     "`members` is missing"},
    {SPAN("{\"change\":\"members\",\"caller\":\"ann\",\"group_id\":\"g\",\"members\":[]}"),
     "`members` is an array, not an object"},
    {SPAN("{\"change\":\"attributes\",\"caller\":\"ann\",\"group_id\":\"g\"}"),
     "`attributes` is missing"},
    {SPAN("{\"change\":\"rename\",\"caller\":\"ann\",\"group_id\":\"g\",\"name\":5}"),
     "`name` is a number"},
};

static void what_is_no_change_is_said(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(UNREADABLE); i++) {
        struct group_change change;
        struct why why = {""};
        assert_int_equal(group_change_read(arena, UNREADABLE[i].body, &change, &why), -1);
        assert_says(&why, UNREADABLE[i].says);
    }
}

/* ---- what becomes of the group ---- */

static struct group *stored_group(const char *json) {
    struct group *group = arena_array(arena, 1, sizeof *group);
    struct why why;
    assert_int_equal(group_read(arena, span_of(json), group, &why), 0);
    return group;
}

static int apply(struct span body, const char *stored, struct group_changed *out, const char **code,
                 struct why *why) {
    struct group_change change;
    if (group_change_read(arena, body, &change, why) != 0)
        fail_msg("%.*s: %s", SPAN_ARGS(body), why->words);
    return group_change_apply(arena, &change, SPAN("a"), stored ? stored_group(stored) : NULL, NOW,
                              out, code, why);
}

static const struct {
    const char *claim;
    const char *stored;
    struct span body;
    const char *object;
    const char *newcomers;
} APPLIED[] = {
    {"a group is made by its owner, who is a member", NULL,
     SPAN("{\"change\":\"create\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"name\":\"O\\\"ne\","
          "\"members\":{\"bob\":1,\"eve\":0,\"group-1\":1},\"attributes\":{\"b\":[]}}"),
     "{\"name\":\"O\\\"ne\",\"uid\":\"group-1\",\"appId\":\"a\",\"owner\":\"ann\","
     "\"members\":{\"bob\":1,\"ann\":1},\"createdOn\":2000,\"updatedOn\":2000,"
     "\"attributes\":{\"b\":[]}}",
     "bob ann "},
    {"an admin is not made a member, and may name another owner, and any id", NULL,
     SPAN("{\"change\":\"create\",\"caller\":\"root\",\"is_admin\":true,\"group_id\":\"team\","
          "\"name\":\"T\",\"owner\":\"bob\",\"members\":{\"bob\":1}}"),
     "{\"name\":\"T\",\"uid\":\"team\",\"appId\":\"a\",\"owner\":\"bob\",\"members\":{\"bob\":1},"
     "\"createdOn\":2000,\"updatedOn\":2000}",
     "bob "},
    {"one that is there is set by its owner; who comes is new", STORED,
     SPAN("{\"change\":\"create\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"name\":\"Two\","
          "\"members\":{\"ann\":1,\"cid\":1}}"),
     "{ \"uid\":\"group-1\", \"name\":\"Two\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"ann\":1,\"cid\":1},\"createdOn\":1,\"updatedOn\":2000}",
     "cid "},
    {"a new name; the rest stays byte for byte", STORED,
     SPAN("{\"change\":\"rename\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"name\":\"Two\"}"),
     "{ \"uid\":\"group-1\", \"name\":\"Two\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"ann\":1,\"bob\":true},\"createdOn\":1,\"updatedOn\":2000}",
     ""},
    {"attributes, by an admin", STORED,
     SPAN("{\"change\":\"attributes\",\"caller\":\"root\",\"is_admin\":true,"
          "\"group_id\":\"group-1\",\"attributes\":{\"b\":1}}"),
     "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"ann\":1,\"bob\":true},\"createdOn\":1,\"updatedOn\":2000,"
     "\"attributes\":{\"b\":1}}",
     ""},
    {"members are set", STORED,
     SPAN("{\"change\":\"members\",\"caller\":\"ann\",\"group_id\":\"group-1\","
          "\"members\":{\"dan\":1,\"ann\":1,\"cid\":1}}"),
     "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"dan\":1,\"ann\":1,\"cid\":1},\"createdOn\":1,\"updatedOn\":2000}",
     "dan cid "},
    {"members may only go", STORED,
     SPAN("{\"change\":\"members\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"members\":{}}"),
     "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{},\"createdOn\":1,\"updatedOn\":2000}",
     ""},
    {"one joins", STORED,
     SPAN(
         "{\"change\":\"join\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"member_id\":\"cid\"}"),
     "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"ann\":1,\"bob\":true,\"cid\":1},\"createdOn\":1,\"updatedOn\":2000}",
     "cid "},
    {"one who was taken out joins, into a group that has no such fields",
     "{\"uid\":\"group-1\",\"owner\":\"ann\",\"members\":{\"bob\":0}}",
     SPAN(
         "{\"change\":\"join\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"member_id\":\"bob\"}"),
     "{\"uid\":\"group-1\",\"owner\":\"ann\",\"members\":{\"bob\":1},\"updatedOn\":2000}", "bob "},
    {"one goes", STORED,
     SPAN("{\"change\":\"leave\",\"caller\":\"bob\",\"group_id\":\"group-1\",\"member_id\":"
          "\"bob\"}"),
     "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"ann\":1},\"createdOn\":1,\"updatedOn\":2000}",
     ""},
    {"one is removed", STORED,
     SPAN("{\"change\":\"leave\",\"caller\":\"ann\",\"group_id\":\"group-1\",\"member_id\":"
          "\"bob\"}"),
     "{ \"uid\":\"group-1\", \"name\":\"One\",\"appId\":\"a\",\"owner\":\"ann\",\"x\":1.10,"
     "\"members\":{\"ann\":1},\"createdOn\":1,\"updatedOn\":2000}",
     ""},
};

static struct span joined(const struct span *ids, size_t count) {
    struct text text = text_start(arena, 64);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, ids[i]);
        text_add_char(&text, ' ');
    }
    return text_span(&text);
}

static void changes_a_group(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(APPLIED); i++) {
        struct group_changed changed;
        struct group read;
        const char *code = "";
        struct why why = {""};
        if (apply(APPLIED[i].body, APPLIED[i].stored, &changed, &code, &why) != 0)
            fail_msg("%s: %s: %s", APPLIED[i].claim, code, why.words);
        assert_span(changed.object, span_of(APPLIED[i].object));
        assert_span(joined(changed.newcomers, changed.newcomer_count),
                    span_of(APPLIED[i].newcomers));
        assert_int_equal(changed.is_new, !APPLIED[i].stored);
        assert_int_equal(group_read(arena, changed.object, &read, &why), 0);
    }
}

#define CHANGE(kind, caller, rest)                                                                 \
    SPAN("{\"change\":\"" kind "\",\"caller\":\"" caller "\",\"group_id\":\"group-1\"" rest "}")

static const struct {
    const char *stored;
    struct span body;
    const char *code, *says;
} REFUSED[] = {
    {NULL, CHANGE("rename", "ann", ",\"name\":\"n\""), "not_found", "Not found"},
    {NULL, CHANGE("leave", "ann", ",\"member_id\":\"ann\""), "not_found", "Not found"},
    {STORED, CHANGE("rename", "bob", ",\"name\":\"n\""), "unauthorized", "Unauthorized"},
    {STORED, CHANGE("attributes", "bob", ",\"attributes\":{}"), "unauthorized", "Unauthorized"},
    {STORED, CHANGE("members", "bob", ",\"members\":{}"), "unauthorized", "Unauthorized"},
    {STORED, CHANGE("join", "eve", ",\"member_id\":\"eve\""), "unauthorized", "Unauthorized"},
    {STORED, CHANGE("leave", "bob", ",\"member_id\":\"ann\""), "unauthorized", "Unauthorized"},
    {STORED, CHANGE("create", "bob", ",\"name\":\"n\",\"members\":{}"), "unauthorized",
     "Unauthorized"},
    {NULL, CHANGE("create", "bob", ",\"name\":\"n\",\"members\":{},\"owner\":\"ann\""),
     "unauthorized", "Unauthorized"},
    {"{\"uid\":\"group-1\"}", CHANGE("rename", "bob", ",\"name\":\"n\""), "unauthorized", ""},
    {STORED, CHANGE("join", "ann", ",\"member_id\":\"bob\""), "already_member", "Already a member"},
    {STORED, CHANGE("members", "ann", ",\"members\":{\"bob\":1,\"ann\":1,\"group-1\":1}"),
     "same_members", "Same members in group"},
    {STORED, CHANGE("leave", "eve", ",\"member_id\":\"eve\""), "not_found", "Not found"},
    {STORED, CHANGE("join", "ann", ",\"member_id\":\"a.b\""), "bad_id",
     "no member can be called \"a.b\""},
    {STORED, CHANGE("join", "ann", ",\"member_id\":\"group-2\""), "bad_id", "no member"},
    {STORED, CHANGE("members", "ann", ",\"members\":{\"group-2\":1}"), "bad_id", "no member"},
    {STORED, CHANGE("members", "ann", ",\"members\":{\"a/b\":1}"), "bad_members", "a/b"},
    {NULL,
     SPAN("{\"change\":\"create\",\"caller\":\"ann\",\"group_id\":\"bob\",\"name\":\"n\","
          "\"members\":{}}"),
     "bad_id", "no group can be called \"bob\""},
    {NULL,
     SPAN("{\"change\":\"create\",\"caller\":\"root\",\"is_admin\":true,\"group_id\":\"a.b\","
          "\"name\":\"n\",\"members\":{}}"),
     "bad_id", "no group can be called \"a.b\""},
    {NULL,
     SPAN("{\"change\":\"create\",\"caller\":\"root\",\"is_admin\":true,\"group_id\":\"group-1\","
          "\"name\":\"n\",\"members\":{},\"owner\":\"group-2\"}"),
     "bad_id", "no owner can be called"},
};

static void refuses_and_says_why(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        struct group_changed changed;
        const char *code = "";
        struct why why = {""};
        if (apply(REFUSED[i].body, REFUSED[i].stored, &changed, &code, &why) != -1)
            fail_msg("taken: %.*s", SPAN_ARGS(REFUSED[i].body));
        assert_string_equal(code, REFUSED[i].code);
        assert_says(&why, REFUSED[i].says);
    }
}

/* ---- bounds ---- */

static struct span many(const char *before, int count, const char *after) {
    struct text text = text_start(arena, 100000);
    text_print(&text, "%s", before);
    for (int i = 0; i < count; i++)
        text_print(&text, "%s\"m%d\":1", i ? "," : "", i);
    text_print(&text, "%s", after);
    return text_span(&text);
}

static void holds_5000_members_and_no_more(void **state) {
    (void)state;
    struct group_changed changed;
    const char *code = "";
    struct why why;
    const char *before = "{\"change\":\"create\",\"caller\":\"ann\",\"group_id\":\"group-1\","
                         "\"name\":\"n\",\"members\":{";
    assert_int_equal(apply(many(before, 4999, "}}"), NULL, &changed, &code, &why), 0);
    assert_int_equal(changed.newcomer_count, GROUP_MEMBERS_MAX);
    assert_int_equal(apply(many(before, 5000, "}}"), NULL, &changed, &code, &why), -1);
    assert_string_equal(code, "bad_members");
    assert_int_equal(apply(many(before, 5001, "}}"), NULL, &changed, &code, &why), -1);
    assert_string_equal(code, "bad_members");
    struct span full = many("{\"uid\":\"group-1\",\"owner\":\"ann\",\"members\":{", 5000, "}}");
    assert_int_equal(apply(CHANGE("join", "ann", ",\"member_id\":\"ann\""),
                           arena_string(arena, full), &changed, &code, &why),
                     -1);
    assert_string_equal(code, "bad_members");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(each_kind_comes_back),
        cmocka_unit_test(what_is_no_change_is_said),
        cmocka_unit_test(changes_a_group),
        cmocka_unit_test(refuses_and_says_why),
        cmocka_unit_test(holds_5000_members_and_no_more),
    };
    return cmocka_run_group_tests_name("group_change", tests, make_arena, drop_arena);
}
