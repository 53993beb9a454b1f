/* conversation: what one side sees of it, made of the last message and of patches. */
#include "arena_support.h"
#include "claims.h"

#include "meaning/conversation.h"
#include "words/text.h"

#include <stdio.h>

static void assert_text(struct span found, const char *expected) {
    assert_string_equal(found.at ? arena_string(arena, found) : "nothing", expected);
}

#define OWN                                                                                        \
    "\"app_id\":\"tilechat\",\"key\":\"U2\",\"is_new\":true,\"archived\":false,"                   \
    "\"timelineOf\":\"U1\",\"conversWith\":\"U2\"}"

static const struct {
    const char *claim;
    struct span last, recent, old;
    const char *whole;
} WHOLE[] = {
    {"a message's fields stay as they are, ours come behind",
     SPAN("{\"text\" : \"hi\", \"n\":1.10,\"status\":150}"), SPAN_NONE, SPAN_NONE,
     "{\"text\" : \"hi\", \"n\":1.10,\"status\":150,\"last_message_text\":\"hi\"," OWN},
    {"what stands there already is replaced in its place",
     SPAN("{\"app_id\":\"x\",\"is_new\":5,\"text\":\"\",\"key\":null}"), SPAN_NONE, SPAN_NONE,
     "{\"app_id\":\"tilechat\",\"is_new\":true,\"text\":\"\",\"key\":\"U2\","
     "\"last_message_text\":\"\",\"archived\":false,\"timelineOf\":\"U1\",\"conversWith\":\"U2\"}"},
    {"a message without a text has none to show", SPAN("{\"type\":\"image\"}"), SPAN_NONE,
     SPAN_NONE, "{\"type\":\"image\"," OWN},
    {"without a message there are the patches", SPAN_NONE, SPAN("{\"a\":1}"), SPAN("{\"b\":2}"),
     "{\"b\":2,\"a\":1," OWN},
    {"without patches, what the server says", SPAN_NONE, SPAN_NONE, SPAN_NONE, "{" OWN},
    {"a recent patch wins over the message", SPAN("{\"a\":1,\"text\":\"hi\"}"),
     SPAN("{\"a\":2,\"last_message_text\":\"mine\"}"), SPAN_NONE,
     "{\"a\":2,\"text\":\"hi\",\"last_message_text\":\"mine\"," OWN},
    {"an old one loses to it", SPAN("{\"a\":1,\"text\":\"hi\"}"), SPAN_NONE,
     SPAN("{\"a\":2,\"c\":3,\"last_message_text\":\"mine\"}"),
     "{\"a\":1,\"text\":\"hi\",\"c\":3,\"last_message_text\":\"hi\"," OWN},
    {"and to a recent one", SPAN("{}"), SPAN("{\"a\":1}"), SPAN("{\"a\":2}"), "{\"a\":1," OWN},
    {"a field below another is set there", SPAN("{\"attributes\":{\"x\":1,\"y\":[]}}"),
     SPAN("{\"attributes.x\":2,\"attributes.z\":3}"), SPAN("{\"attributes.y\":0,\"a.b\":1}"),
     "{\"attributes\":{\"x\":2,\"y\":[],\"z\":3},\"a\":{\"b\":1}," OWN},
    {"where nothing can be below, it is passed over", SPAN("{\"a\":\"text\"}"),
     SPAN("{\"a.b\":1,\"c\":2}"), SPAN_NONE, "{\"a\":\"text\",\"c\":2," OWN},
    {"a field, then one below it", SPAN("{\"a\":0}"), SPAN("{\"a\":{\"b\":1},\"a.c\":2}"),
     SPAN_NONE, "{\"a\":{\"b\":1,\"c\":2}," OWN},
};

static void a_whole_one_is_as_clients_get_it(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof WHOLE / sizeof *WHOLE; i++) {
        struct conversation conversation = {SPAN("tilechat"),
                                            SPAN("U1"),
                                            SPAN("U2"),
                                            true,
                                            false,
                                            WHOLE[i].last,
                                            {WHOLE[i].recent, WHOLE[i].old}};
        print_message("%s\n", WHOLE[i].claim);
        assert_text(conversation_write(arena, &conversation), WHOLE[i].whole);
    }
}

static void a_value_too_deep_is_passed_over(void **state) {
    (void)state;
    char deep[2 * JSON_DEPTH + 1] = "", patch[2 * JSON_DEPTH + 20];
    memset(deep, '[', JSON_DEPTH);
    memset(deep + JSON_DEPTH, ']', JSON_DEPTH);
    snprintf(patch, sizeof patch, "{\"a\":%s,\"b\":1}", deep);
    struct conversation conversation = {
        SPAN("tilechat"),           SPAN("U1"), SPAN("U2"), true, false, SPAN("{}"),
        {span_of(patch), SPAN_NONE}};
    assert_text(conversation_write(arena, &conversation), "{\"b\":1," OWN);
}

/* A message of 250 KB, and all the fields below others that may be patched. */
static void what_deep_ones_cost_is_bounded(void **state) {
    (void)state;
    enum { BIG = 250 * 1000 };
    struct text last = text_start(arena, BIG), patch = text_start(arena, 4096);
    text_add(&last, SPAN("{\"a\":{\"pad\":\""));
    for (size_t i = 0; i < BIG; i++)
        text_add_char(&last, 'x');
    text_add(&last, SPAN("\"}}"));
    for (int i = 0; i < CONVERSATION_PATCH_KEYS; i++)
        text_add(&patch, arena_print(arena, "%s\"a.k%d\":%d", i ? "," : "{", i, i));
    text_add_char(&patch, '}');
    struct conversation conversation = {SPAN("tilechat"),
                                        SPAN("U1"),
                                        SPAN("U2"),
                                        true,
                                        false,
                                        text_span(&last),
                                        {text_span(&patch), SPAN_NONE}};
    size_t before = arena_used(arena);
    struct span whole = conversation_write(arena, &conversation);
    assert_true(arena_used(arena) - before < (size_t)2 * BIG);
    struct json_value value;
    assert_true(json_find_path(whole, SPAN("a.k0"), &value));
    assert_false(json_find_path(whole, SPAN("a.k63"), &value));
    assert_true(json_find(whole, SPAN("conversWith"), &value));
}

/* ---- patches ---- */

static struct patches patched;

static int patch(const char *text, bool is_outdated) {
    struct why why;
    if (is_outdated)
        patches_settle(arena, &patched);
    return patches_add(arena, &patched, span_of(text), &why);
}

static void patches_add_up(void **state) {
    (void)state;
    patched = (struct patches){SPAN_NONE, SPAN_NONE};
    assert_int_equal(patch("{\"a\": 1.10, \"b\":{\"c\":[ ]}}", false), 0);
    assert_text(patched.recent, "{\"a\":1.10,\"b\":{\"c\":[ ]}}");
    assert_int_equal(patch("{\"\\u0061\":2,\"d.e\":3}", false), 0);
    assert_text(patched.recent, "{\"b\":{\"c\":[ ]},\"\\u0061\":2,\"d.e\":3}");
    assert_text(patched.old, "nothing");
    assert_int_equal(patch("{\"a\":3}", true), 0);
    assert_text(patched.recent, "{\"a\":3}");
    assert_text(patched.old, "{\"b\":{\"c\":[ ]},\"d.e\":3}");
    assert_int_equal(patch("{\"z\":0}", true), 0);
    assert_text(patched.recent, "{\"z\":0}");
    assert_text(patched.old, "{\"b\":{\"c\":[ ]},\"d.e\":3,\"a\":3}");
}

static void what_is_not_a_clients_is_left_out(void **state) {
    (void)state;
    patched = (struct patches){SPAN("{\"a\":1}"), SPAN_NONE};
    assert_int_equal(patch("{\"timelineOf\":1,\"conversWith\":1,\"app_id\":1,\"key\":1,"
                           "\"is_new\":false,\"archived\":true,\"key.x\":1,\"\\u006bey\":1}",
                           false),
                     0);
    assert_text(patched.recent, "{\"a\":1}");
    assert_text(patched.old, "nothing");
    assert_int_equal(patch("{\"key\":1,\"keys\":2}", false), 0);
    assert_text(patched.recent, "{\"a\":1,\"keys\":2}");
}

static void assert_refused(const char *text, const char *words) {
    struct patches before = patched;
    struct why why = {""};
    assert_int_equal(patches_add(arena, &patched, span_of(text), &why), -1);
    assert_non_null(strstr(why.words, words));
    assert_true(before.recent.at == patched.recent.at && before.old.at == patched.old.at);
}

static void patches_are_bounded(void **state) {
    (void)state;
    char text[CONVERSATION_PATCH_BYTES + 1], one[32];
    patched = (struct patches){SPAN_NONE, SPAN_NONE};
    snprintf(text, sizeof text, "{\"a\":\"%*s\"}", CONVERSATION_PATCH_BYTES / 2, "");
    for (int i = 0; i < 4; i++)
        assert_int_equal(patch(text, i % 2), 0);
    text[2] = 'b';
    assert_refused(text, "would take");
    patches_settle(arena, &patched);
    assert_refused(text, "would take");
    patched = (struct patches){SPAN_NONE, SPAN_NONE};
    for (int i = 0; i < CONVERSATION_PATCH_KEYS; i++) {
        snprintf(one, sizeof one, "{\"k%d\":1}", i);
        assert_int_equal(patch(one, i % 3 == 0), 0);
    }
    assert_int_equal(patch("{\"k5\":2}", false), 0);
    assert_refused("{\"one more\":1}", "more than 64 fields");
    assert_int_equal(patch("{\"k6\":2}", true), 0);
    assert_refused("{\"one more\":1}", "more than 64 fields");
}

static void flags_are_true_or_false(void **state) {
    (void)state;
    struct span patch = SPAN("{\"a\":true,\"b\":false,\"c\":1,\"d\":\"true\",\"a\":false}");
    assert_int_equal(conversation_flag(patch, SPAN("a")), FLAG_NO);
    assert_int_equal(conversation_flag(patch, SPAN("b")), FLAG_NO);
    assert_int_equal(conversation_flag(patch, SPAN("c")), FLAG_AS_IT_IS);
    assert_int_equal(conversation_flag(patch, SPAN("d")), FLAG_AS_IT_IS);
    assert_int_equal(conversation_flag(patch, SPAN("e")), FLAG_AS_IT_IS);
    assert_int_equal(conversation_flag(SPAN("{\"a\":true}"), SPAN("a")), FLAG_YES);
    assert_int_equal(conversation_flag(SPAN_NONE, SPAN("a")), FLAG_AS_IT_IS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_one_is_as_clients_get_it),
        cmocka_unit_test(a_value_too_deep_is_passed_over),
        cmocka_unit_test(what_deep_ones_cost_is_bounded),
        cmocka_unit_test(patches_add_up),
        cmocka_unit_test(what_is_not_a_clients_is_left_out),
        cmocka_unit_test(patches_are_bounded),
        cmocka_unit_test(flags_are_true_or_false),
    };
    return cmocka_run_group_tests_name("conversation", tests, make_arena, drop_arena);
}
