/* The store: pages of messages, conversations and blocks, and what is unread. */
#include "traffic_support.h"

#include "ports/store/fault.h"

static const struct span APP = {"tilechat", 8};

/* The texts of a page of U2's conversation with U1, and its first and last seq. */
static void assert_page(struct place *place, struct store_page page, const char *expected) {
    struct store_entry *entries;
    struct json_value text;
    size_t count;
    char found[200] = "";
    assert_int_equal(store_messages(place->reader, place->arena, APP, SPAN("U2"), SPAN("U1"), &page,
                                    &entries, &count, NULL),
                     0);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || entries[i].seq < entries[i - 1].seq);
        assert_true(json_find(entries[i].json, SPAN("text"), &text));
        strncat(found, arena_string(place->arena, text.text), 20);
    }
    assert_string_equal(found, expected);
}

static void messages_are_paged_both_ways(void **state) {
    struct place *place = *state;
    int64_t seqs[6];
    for (int i = 0; i < 6; i++)
        seqs[i] = say(place, (char[]){(char)('a' + i), '\0'});
    assert_page(place, (struct store_page){.limit = 2}, "\"f\"\"e\"");
    assert_page(place, (struct store_page){.limit = 2, .has_before = true, .before = seqs[4]},
                "\"d\"\"c\"");
    assert_page(place, (struct store_page){.limit = 9, .has_before = true, .before = seqs[2]},
                "\"b\"\"a\"");
    assert_page(place, (struct store_page){.limit = 2, .has_before = true, .before = seqs[0]}, "");
    /* The next ones after a page, not the newest of all. */
    assert_page(place, (struct store_page){.limit = 2, .has_after = true, .after = seqs[1]},
                "\"d\"\"c\"");
    assert_page(place, (struct store_page){.limit = 9, .has_after = true, .after = seqs[4]},
                "\"f\"");
    /* A cursor stays right when more comes. */
    say(place, "g");
    assert_page(place, (struct store_page){.limit = 2, .has_before = true, .before = seqs[4]},
                "\"d\"\"c\"");
}

static void assert_conversations(struct place *place, struct store_page page,
                                 const char *expected) {
    struct store_conversation *list;
    struct json_value key;
    size_t count;
    char found[200] = "";
    assert_int_equal(store_conversations(place->reader, place->arena, APP, SPAN("U1"), false, &page,
                                         true, &list, &count, NULL),
                     0);
    for (size_t i = 0; i < count; i++) {
        assert_true(json_find(list[i].json, SPAN("key"), &key));
        struct span item = arena_print(place->arena, "%.*s%u", SPAN_ARGS(key.text), list[i].unread);
        strncat(found, item.at, 20);
    }
    assert_string_equal(found, expected);
}

static void conversations_are_paged_both_ways(void **state) {
    struct place *place = *state;
    int64_t seqs[5];
    char other[] = "U2";
    for (int i = 0; i < 5; i++, other[1]++)
        seqs[i] = commit_one(place->store, plan_direct(place->next_offset++, other, "U1", "hello"));
    assert_conversations(place, (struct store_page){.limit = 2}, "\"U6\"1\"U5\"1");
    assert_conversations(place,
                         (struct store_page){.limit = 2, .has_before = true, .before = seqs[3]},
                         "\"U4\"1\"U3\"1");
    assert_conversations(place,
                         (struct store_page){.limit = 2, .has_after = true, .after = seqs[1]},
                         "\"U5\"1\"U4\"1");
    /* One with nothing but a patch has no place between the others. */
    apply(place, patch("U1", "U9", "{\"a\":1}"));
    assert_conversations(
        place, (struct store_page){.limit = 9, .has_before = true, .before = seqs[1]}, "\"U2\"1");
    assert_conversations(place, (struct store_page){.limit = 9},
                         "\"U6\"1\"U5\"1\"U4\"1\"U3\"1\"U2\"1\"U9\"0");
}

enum { LARGE = 300 * 1024, LARGE_ONES = 7, LARGE_LISTED = 4 };

/* So many come to STORE_PAGE_BYTES; a conversation has its last text twice. */
static int64_t say_much(struct place *place, const char *sender) {
    char *text = must_calloc(1, LARGE);
    memset(text, 'x', LARGE - 1);
    int64_t seq = commit_one(place->store, plan_direct(place->next_offset++, sender, "U2", text));
    free(text);
    return seq;
}

/* Goes on from page to page, both ways: none is missed. */
static void a_page_ends_where_it_is_large(void **state) {
    struct place *place = *state;
    struct store_page page = {.limit = STORE_PAGE_MAX};
    struct store_entry *entries;
    size_t count;
    int64_t seqs[10];
    for (int i = 0; i < 10; i++)
        seqs[i] = say_much(place, "U1");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_messages(place->reader, place->arena, APP, SPAN("U2"), SPAN("U1"),
                                        &page, &entries, &count, NULL),
                         0);
        assert_int_equal(count, i == 0 ? LARGE_ONES : 10 - LARGE_ONES);
        assert_int_equal(entries[0].seq, seqs[i == 0 ? 9 : 9 - LARGE_ONES]);
        page.has_before = true;
        page.before = entries[count - 1].seq;
    }
    page = (struct store_page){.limit = STORE_PAGE_MAX, .has_after = true, .after = seqs[0]};
    assert_int_equal(store_messages(place->reader, place->arena, APP, SPAN("U2"), SPAN("U1"), &page,
                                    &entries, &count, NULL),
                     0);
    assert_int_equal(count, LARGE_ONES);
    assert_int_equal(entries[0].seq, seqs[LARGE_ONES]);
    assert_int_equal(entries[count - 1].seq, seqs[1]);
}

static void a_page_of_large_conversations_ends_too(void **state) {
    struct place *place = *state;
    struct store_page page = {.limit = STORE_PAGE_MAX};
    struct store_conversation *list;
    size_t count;
    int64_t seqs[10];
    char sender[] = "A";
    for (int i = 0; i < 10; i++, sender[0]++)
        seqs[i] = say_much(place, sender);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_conversations(place->reader, place->arena, APP, SPAN("U2"), false,
                                             &page, false, &list, &count, NULL),
                         0);
        assert_int_equal(count, LARGE_LISTED);
        assert_int_equal(list[0].seq, seqs[i == 0 ? 9 : LARGE_LISTED]);
        page = (struct store_page){.limit = STORE_PAGE_MAX, .has_after = true, .after = seqs[0]};
    }
    assert_int_equal(list[count - 1].seq, seqs[1]);
}

static void assert_unread(struct place *place, unsigned conversations, unsigned messages) {
    struct store_unread unread;
    assert_int_equal(store_unread(place->reader, APP, SPAN("U1"), &unread, NULL), 0);
    assert_int_equal(unread.conversations, conversations);
    assert_int_equal(unread.messages, messages);
    assert_false(unread.is_capped);
}

static void from(struct place *place, const char *sender, const char *recipient) {
    commit_one(place->store, plan_direct(place->next_offset++, sender, recipient, "hello"));
}

static void what_is_unread_is_counted(void **state) {
    struct place *place = *state;
    assert_unread(place, 0, 0);
    from(place, "U1", "U2"); /* one's own is not unread */
    assert_unread(place, 0, 0);
    from(place, "U2", "U1");
    from(place, "U2", "U1");
    from(place, "U1", "U2");
    from(place, "U3", "U1");
    assert_unread(place, 2, 3);
    apply(place, patch("U1", "U2", "{\"is_new\":false}"));
    assert_unread(place, 1, 1);
    from(place, "U2", "U1");
    assert_unread(place, 2, 2);
    apply(place, patch("U1", "U3", "{\"archived\":true}"));
    assert_unread(place, 1, 1);
}

static void no_more_than_so_many_are_counted(void **state) {
    struct place *place = *state;
    struct store_unread unread;
    for (int i = 0; i < STORE_UNREAD_MAX + 5; i++)
        from(place, "U2", "U1");
    assert_int_equal(store_unread(place->reader, APP, SPAN("U1"), &unread, NULL), 0);
    assert_int_equal(unread.conversations, 1);
    assert_int_equal(unread.messages, STORE_UNREAD_MAX);
    assert_true(unread.is_capped);
}

static void assert_blocks(struct place *place, const char *after, const char *expected) {
    struct span *list;
    size_t count;
    char found[100] = "";
    assert_int_equal(store_blocks(place->reader, place->arena, APP, SPAN("U1"), span_of(after), 2,
                                  &list, &count, NULL),
                     0);
    for (size_t i = 0; i < count; i++)
        strncat(found, arena_string(place->arena, list[i]), 20);
    assert_string_equal(found, expected);
}

static struct plan_effect block(const char *by, const char *whom) {
    return (struct plan_effect){.kind = EFFECT_BLOCK, .by = span_of(by), .whom = span_of(whom)};
}

static void blocks_are_listed(void **state) {
    struct place *place = *state;
    assert_blocks(place, NULL, "");
    apply(place, block("U1", "U4"));
    apply(place, block("U1", "U2"));
    apply(place, block("U1", "U3"));
    apply(place, block("U2", "U9"));
    assert_blocks(place, NULL, "U2U3");
    assert_blocks(place, "U3", "U4");
}

static void an_unreadable_store_is_no_empty_one(void **state) {
    struct place *place = *state;
    struct store_page page = {.limit = 3};
    struct store_entry *entries;
    struct store_unread unread;
    struct span *list;
    size_t count;
    struct why why;
    store_reader_set_broken(place->reader, true);
    assert_int_equal(store_messages(place->reader, place->arena, APP, SPAN("U2"), SPAN("U1"), &page,
                                    &entries, &count, &why),
                     -1);
    assert_int_equal(store_unread(place->reader, APP, SPAN("U1"), &unread, &why), -1);
    assert_int_equal(store_blocks(place->reader, place->arena, APP, SPAN("U1"), SPAN_NONE, 2, &list,
                                  &count, &why),
                     -1);
    assert_non_null(strstr(why.words, "could not read the block list"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(messages_are_paged_both_ways),
        CASE(conversations_are_paged_both_ways),
        CASE(a_page_ends_where_it_is_large),
        CASE(a_page_of_large_conversations_ends_too),
        CASE(what_is_unread_is_counted),
        CASE(no_more_than_so_many_are_counted),
        CASE(blocks_are_listed),
        CASE(an_unreadable_store_is_no_empty_one),
    };
    return cmocka_run_group_tests_name("store pages", tests, NULL, NULL);
}
