/* The HTTP API: everything of one user, read out or erased; a group's timelines. */
#include "api_support.h"

static int ask_admin(struct served *served, const char *method, const char *path) {
    struct asking asking = {.method = method,
                            .path = path,
                            .token = token_of(served->place->arena, "tilechat", "boss", true)};
    return ask(served, &asking);
}

static int begin_admin(struct served *served, const char *method, const char *path) {
    struct asking asking = {.method = method,
                            .path = path,
                            .token = token_of(served->place->arena, "tilechat", "boss", true)};
    return ask_begin(served, served->place->arena, &asking);
}

/* The body's lines, whatever chunks they came in, that have `text` in them. */
static unsigned lines_with(const struct served *served, const char *text) {
    struct span lines = span_of(reply_body(served)), line;
    unsigned count = 0;
    while (span_next(&lines, '\n', &line))
        count += line.size > 0 && line.at[0] == '{' && span_has(line, span_of(text));
    return count;
}

static void fill(struct place *place) {
    struct span members[] = {SPAN("U2"), SPAN("U1")};
    struct group group = {.id = SPAN("group-1"),
                          .owner = SPAN("U2"),
                          .members = members,
                          .member_count = 2,
                          .json = SPAN("{}")};
    for (int i = 0; i < 250; i++)
        say(place, "hello");
    commit_one(place->store, plan_direct(place->next_offset++, "U3", "U1", "from three"));
    commit_one(place->store, plan_direct(place->next_offset++, "U3", "U2", "not hers"));
    struct plan *held = plan_direct(place->next_offset++, "U1", "U2", "held back");
    commit_one(place->store, plan_put_off(held, PLAN_QUARANTINED, 0));
    apply(place, (struct plan_effect){.kind = EFFECT_BLOCK, .by = SPAN("U1"), .whom = SPAN("U9")});
    apply(place, (struct plan_effect){.kind = EFFECT_BLOCK, .by = SPAN("U8"), .whom = SPAN("U1")});
    apply(place, (struct plan_effect){.kind = EFFECT_GROUP, .group = &group});
}

static void all_of_a_user_is_read_out(void **state) {
    struct served *served = *state;
    fill(served->place);
    assert_int_equal(ask_admin(served, "GET", "/api/tilechat/U1/data"), 200);
    assert_non_null(strstr(served->reply, "application/x-ndjson"));
    static const struct {
        const char *text;
        unsigned lines;
    } LINES[] = {
        {"\"kind\":\"export\"", 1},
        {"\"kind\":\"conversation\"", 2},
        {"\"kind\":\"message\"", 251},
        {"from three", 2}, /* the message, and the conversation that it is the last of */
        {"not hers", 0},
        {"{\"kind\":\"block\",\"blocked\":\"U9\"}", 1},
        {"\"kind\":\"block\"", 1},
        {"{\"kind\":\"group\",\"id\":\"group-1\",\"is_owner\":false}", 1},
        {"\"kind\":\"waiting\"", 1},
        {"held back", 1},
        {"\"kind\":\"record\"", 250},
        {"\"kind\":\"elsewhere\"", 2},
        {"\"kind\":\"end\"", 1},
    };
    for (size_t i = 0; i < COUNT(LINES); i++)
        if (lines_with(served, LINES[i].text) != LINES[i].lines)
            fail_msg("%u lines, not %u, have %s", lines_with(served, LINES[i].text), LINES[i].lines,
                     LINES[i].text);
}

static void who_is_nobody_has_nothing(void **state) {
    struct served *served = *state;
    fill(served->place);
    assert_int_equal(ask_admin(served, "GET", "/api/tilechat/nobody/data"), 200);
    assert_int_equal(lines_with(served, "{"), 4);
    assert_int_equal(ask_admin(served, "HEAD", "/api/tilechat/U1/data"), 200);
    assert_string_equal(reply_body(served), "");
}

static void it_is_for_admins(void **state) {
    struct served *served = *state;
    static const struct {
        const char *method, *path;
    } CALLS[] = {{"GET", "/api/tilechat/U1/data"},
                 {"DELETE", "/api/tilechat/U1/data"},
                 {"GET", "/api/tilechat/U1/data/erasure"},
                 {"DELETE", "/api/tilechat/group-1/messages/timelines"},
                 {"DELETE", "/api/tilechat/group-1/conversations/timelines"}};
    for (size_t i = 0; i < COUNT(CALLS); i++)
        assert_int_equal(ask_as(served, "U1", CALLS[i].method, CALLS[i].path, NULL), 401);
    assert_int_equal(served->given_count, 0);
}

/* What the loop would do. */
static void carry_out(struct served *served, enum order_kind kind, const char *target) {
    const struct order order = {
        .kind = kind, .app = SPAN("tilechat"), .target = span_of(target), .now_ms = 1000};
    struct store_batch batch = {.orders = &order, .order_count = 1, .now_ms = 1000};
    assert_int_equal(store_commit(served->place->store, &batch, NULL), 0);
    api_ordered(served->api, served->orders);
}

static void an_erasure_is_ordered_and_asked_about(void **state) {
    struct served *served = *state;
    fill(served->place);
    assert_int_equal(ask_admin(served, "GET", "/api/tilechat/U1/data/erasure"), 404);
    int fd = begin_admin(served, "DELETE", "/api/tilechat/U1/data");
    struct given given = next_given(served);
    assert_int_equal(given.order.kind, ORDER_ERASE_USER);
    assert_string_equal(given.key, "U1");
    carry_out(served, ORDER_ERASE_USER, "U1");
    assert_int_equal(read_reply(served, fd), 202);
    assert_non_null(strstr(reply_body(served),
                           "{\"success\":true,\"erasure\":{\"state\":\"running\",\"waits_for\":"
                           "[\"the store\",\"the decision log\",\"the broker's dead queue\"]"));
    assert_non_null(strstr(reply_body(served), "\"not_erased\":[\""));
    struct store_batch batch = {.erases = true, .now_ms = 2000};
    while (store_erases(served->place->store))
        assert_int_equal(store_commit(served->place->store, &batch, NULL), 0);
    assert_int_equal(ask_admin(served, "GET", "/api/tilechat/U1/data/erasure"), 200);
    assert_non_null(strstr(reply_body(served), "\"waits_for\":[\"the decision log\","));
    assert_non_null(strstr(reply_body(served), "\"messages\":251,"));
    assert_non_null(strstr(reply_body(served), "\"stored_ms\":2000"));
    assert_int_equal(ask_admin(served, "GET", "/api/tilechat/U1/data"), 200);
    assert_int_equal(lines_with(served, "\"kind\":\"message\""), 0);
}

static void a_groups_timelines_are_ordered_away(void **state) {
    struct served *served = *state;
    static const struct {
        const char *path;
        enum order_kind kind;
    } CALLS[] = {{"/api/tilechat/group-1/messages/timelines", ORDER_ERASE_MESSAGES},
                 {"/api/tilechat/group-1/conversations/timelines", ORDER_ERASE_CONVERSATIONS}};
    for (size_t i = 0; i < COUNT(CALLS); i++) {
        int fd = begin_admin(served, "DELETE", CALLS[i].path);
        struct given given = next_given(served);
        assert_int_equal(given.order.kind, CALLS[i].kind);
        assert_string_equal(given.key, "group-1");
        carry_out(served, CALLS[i].kind, "group-1");
        assert_int_equal(read_reply(served, fd), 200);
        assert_string_equal(reply_body(served), "{\"success\":true}");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, serve_set_up, serve_tear_down)
        TEST(all_of_a_user_is_read_out),
        TEST(who_is_nobody_has_nothing),
        TEST(it_is_for_admins),
        TEST(an_erasure_is_ordered_and_asked_about),
        TEST(a_groups_timelines_are_ordered_away),
    };
    return cmocka_run_group_tests_name("api data", tests, NULL, NULL);
}
