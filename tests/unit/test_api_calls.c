/* The calls of the HTTP API: what they read, what they publish, and what they answer. */
#include "api_support.h"

#include "ports/store/fault.h"

static void assert_body(const struct served *served, const char *expected) {
    if (strcmp(reply_body(served), expected) != 0)
        fail_msg("the body is\n%s\nnot\n%s", reply_body(served), expected);
}

static void assert_has(const struct served *served, const char *part) {
    if (!strstr(reply_body(served), part))
        fail_msg("the body is\n%s\nwithout\n%s", reply_body(served), part);
}

/* ---- reading ---- */

/* The texts of the reply's messages, in order. */
static void assert_texts(struct served *served, const char *path, const char *expected) {
    struct json_value result, text;
    char found[200] = "";
    assert_int_equal(ask_as(served, "U1", "GET", path, NULL), 200);
    struct span body = span_of(reply_body(served));
    assert_int_equal(json_check(body, NULL, NULL), 0);
    assert_true(json_find(body, SPAN("result"), &result));
    for (struct json_walk walk = json_walk(result.text); json_next(&walk);) {
        assert_true(json_find(walk.value.text, SPAN("text"), &text));
        strncat(found, arena_string(served->place->arena, text.text), 20);
    }
    assert_string_equal(found, expected);
}

static void history_is_read_in_pages(void **state) {
    struct served *served = *state;
    static const char PATH[] = "/api/tilechat/U1/conversations/U2/messages";
    struct arena *arena = served->place->arena;
    int64_t seqs[4];
    assert_texts(served, PATH, "");
    assert_body(served, "{\"success\":true,\"result\":[]}");
    for (int i = 0; i < 4; i++)
        seqs[i] = say(served->place, (char[]){(char)('a' + i), '\0'});
    assert_texts(served, PATH, "\"d\"\"c\"\"b\"\"a\"");
    assert_null(strstr(reply_body(served), "\"before\""));
    assert_texts(served, arena_print(arena, "%s?limit=2", PATH).at, "\"d\"\"c\"");
    assert_has(served, arena_print(arena, "\"before\":\"%lld\"", (long long)seqs[2]).at);
    assert_has(served, arena_print(arena, "\"after\":\"%lld\"", (long long)seqs[3]).at);
    assert_texts(served, arena_print(arena, "%s?limit=2&before=%lld", PATH, (long long)seqs[2]).at,
                 "\"b\"\"a\"");
    assert_texts(served, arena_print(arena, "%s?limit=1&after=%lld", PATH, (long long)seqs[0]).at,
                 "\"b\"");
    struct plan *third = plan_at(3);
    struct ident id = third->id;
    plan_free(&third);
    assert_texts(served, arena_print(arena, "%s?before=%s", PATH, id.text).at, "\"b\"\"a\"");
}

static void what_is_no_page_is_said(void **state) {
    struct served *served = *state;
    static const struct {
        const char *query, *words;
    } CASES[] = {{"limit=0", "`limit` is a number from 1 to 200"},
                 {"limit=many", "`limit` is a number"},
                 {"before=x", "`before` is none of the cursors"},
                 {"before=1&after=2", "do not go together"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span path = arena_print(
            served->place->arena, "/api/tilechat/U1/conversations/U2/messages?%s", CASES[i].query);
        assert_int_equal(ask_as(served, "U1", "GET", path.at, NULL), 400);
        assert_has(served, CASES[i].words);
    }
}

static void conversations_are_read(void **state) {
    struct served *served = *state;
    say(served->place, "one");
    assert_texts(served, "/api/tilechat/U1/conversations", "\"one\"");
    assert_texts(served, "/api/tilechat/U1/conversations/U2", "\"one\"");
    assert_texts(served, "/api/tilechat/U1/conversations/U9", "");
    assert_texts(served, "/api/tilechat/U1/conversations/archived", "");
    apply(served->place, patch("U1", "U2", "{\"archived\":true}"));
    assert_texts(served, "/api/tilechat/U1/conversations", "");
    assert_texts(served, "/api/tilechat/U1/conversations/U2", "");
    assert_texts(served, "/api/tilechat/U1/conversations/archived", "\"one\"");
    assert_texts(served, "/api/tilechat/U1/archived_conversations", "\"one\"");
    assert_texts(served, "/api/tilechat/U1/archived_conversations/U2", "\"one\"");
}

static void what_is_unread_is_told(void **state) {
    struct served *served = *state;
    say(served->place, "one");
    say(served->place, "two");
    assert_int_equal(ask_as(served, "U2", "GET", "/api/tilechat/U2/unread", NULL), 200);
    assert_body(served, "{\"success\":true,\"result\":{\"conversations\":1,\"messages\":2,"
                        "\"capped\":false}}");
    assert_int_equal(ask_as(served, "U2", "GET", "/api/tilechat/U2/conversations?unread=1", NULL),
                     200);
    assert_has(served, "\"unread\":2}");
}

static void an_unreadable_store_is_said(void **state) {
    struct served *served = *state;
    static const char *const PATHS[] = {
        "conversations", "conversations/U2", "conversations/U2/messages",
        "unread",        "blocks",           "blocks/U2"};
    store_reader_set_broken(served->reader, true);
    for (size_t i = 0; i < COUNT(PATHS); i++) {
        struct span path = arena_print(served->place->arena, "/api/tilechat/U1/%s", PATHS[i]);
        assert_int_equal(ask_as(served, "U1", "GET", path.at, NULL), 503);
        assert_has(served, "The store cannot be read now");
    }
}

/* ---- sending ---- */

#define MESSAGE                                                                                    \
    "{\"sender_fullname\":\"One\",\"recipient_id\":\"U2\",\"recipient_fullname\":\"Two\","         \
    "\"text\":\"hi\",\"type\":\"text\",\"attributes\":{\"a\":1},\"metadata\":\"\",\"more\":1}"

static int begin(struct served *served, const char *method, const char *path, const char *headers,
                 const char *body) {
    struct arena *arena = served->place->arena;
    struct asking asking = {.method = method,
                            .path = path,
                            .token = token_of(arena, "tilechat", "U1", false),
                            .headers = headers,
                            .body = body};
    return ask_begin(served, arena, &asking);
}

static void a_missing_field_is_named(void **state) {
    struct served *served = *state;
    static const struct {
        const char *method, *path, *body, *words;
    } CASES[] = {
        {"POST", "messages", "{}", "Sender Fullname is mandatory"},
        {"POST", "messages", "{\"sender_fullname\":\"One\"}", "Recipient id is mandatory"},
        {"POST", "messages", "{\"sender_fullname\":\"One\",\"recipient_id\":\"U2\"}",
         "Recipient Fullname is mandatory"},
        {"POST", "groups", "{}", "group_name not present!"},
        {"POST", "groups", "{\"group_name\":\"G\"}", "group_members not present!"},
        {"PUT", "groups/group-1", "{}", "group_name is mandatory"},
        {"PUT", "groups/group-1/attributes", "{}", "attributes is mandatory"},
        {"PUT", "groups/group-1/members", "{}", "members is mandatory"},
        {"POST", "groups/group-1/members", "{}", "member_id is mandatory!"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span path = arena_print(served->place->arena, "/api/tilechat/%s", CASES[i].path);
        assert_int_equal(ask_as(served, "U1", CASES[i].method, path.at, CASES[i].body), 405);
        assert_body(served, CASES[i].words);
    }
    assert_int_equal(ask_as(served, "U1", "POST", "/api/tilechat/messages", "{\"a\":"), 400);
    assert_has(served, "not JSON");
}

static void a_message_goes_to_its_senders_outbox(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/messages", NULL, MESSAGE);
    struct given given = next_given(served);
    assert_string_equal(given.key, "apps.tilechat.outgoing.users.U1.messages.U2.outgoing");
    assert_string_equal(given.body,
                        "{\"text\":\"hi\",\"type\":\"text\",\"recipient_fullname\":\"Two\","
                        "\"sender_fullname\":\"One\",\"attributes\":{\"a\":1},"
                        "\"channel_type\":\"direct\"}");
    assert_string_equal(given.client_id, "");
    assert_int_equal(strlen(given.ticket), 32);
    api_submitted(served->api, span_of("0123456789abcdef0123456789abcdef"), SUBMIT_REFUSED);
    api_submitted(served->api, span_of(given.ticket), SUBMIT_CONFIRMED);
    assert_int_equal(read_reply(served, fd), 200);
    assert_body(served, "{\"success\":true}");
    assert_int_equal(api_counts(served->api).waiting, 0);
}

static void its_sender_may_name_it(void **state) {
    struct served *served = *state;
    static const struct {
        const char *header, *body, *expected;
    } CASES[] = {
        {"Idempotency-Key: mine\r\n", MESSAGE, "mine"},
        {NULL,
         "{\"sender_fullname\":\"One\",\"recipient_id\":\"U2\",\"recipient_fullname\":\"Two\","
         "\"attributes\":{\"client_id\":\"theirs\"}}",
         "theirs"},
        {"Idempotency-Key: mine\r\n",
         "{\"sender_fullname\":\"One\",\"recipient_id\":\"U2\",\"recipient_fullname\":\"Two\","
         "\"attributes\":{\"client_id\":\"theirs\"}}",
         "mine"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        int fd = begin(served, "POST", "/api/tilechat/messages", CASES[i].header, CASES[i].body);
        struct given given = next_given(served);
        assert_string_equal(given.client_id, CASES[i].expected);
        api_submitted(served->api, span_of(given.ticket), SUBMIT_CONFIRMED);
        assert_int_equal(read_reply(served, fd), 200);
    }
}

static void what_is_too_large_is_refused(void **state) {
    struct served *served = *state;
    char body[6000] = "{\"sender_fullname\":\"One\",\"recipient_id\":\"U2\","
                      "\"recipient_fullname\":\"Two\",\"text\":\"";
    size_t size = strlen(body) + 5000;
    memset(body + strlen(body), 'x', 5000);
    memcpy(body + size, "\"}", 3);
    assert_int_equal(ask_as(served, "U1", "POST", "/api/tilechat/messages", body), 413);
    assert_has(served, "\"code\":\"too_large\"");
    assert_int_equal(served->given_count, 0);
    assert_int_equal(api_counts(served->api).waiting, 0);
}

static void only_an_admin_sends_for_others(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    static const char BODY[] = "{\"sender_fullname\":\"One\",\"recipient_id\":\"U2\","
                               "\"recipient_fullname\":\"Two\",\"sender_id\":\"U3\"}";
    static const char *const KEYS[] = {"apps.tilechat.outgoing.users.U1.messages.U2.outgoing",
                                       "apps.tilechat.outgoing.users.U3.messages.U2.outgoing"};
    for (int is_admin = 0; is_admin < 2; is_admin++) {
        struct asking asking = {.method = "POST",
                                .path = "/api/tilechat/messages",
                                .token = token_of(arena, "tilechat", "U1", is_admin),
                                .body = BODY};
        int fd = ask_begin(served, arena, &asking);
        struct given given = next_given(served);
        assert_string_equal(given.key, KEYS[is_admin]);
        api_submitted(served->api, span_of(given.ticket), SUBMIT_CONFIRMED);
        assert_int_equal(read_reply(served, fd), 200);
    }
}

/* Each may be as it is; the broker takes keys of 255 bytes. */
static void ids_that_fit_into_no_key_are_refused(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    char *id = arena_take(arena, 250);
    memset(id, 'r', 249);
    id[249] = '\0';
    const char *const CALLS[][3] = {
        {"POST", "/api/tilechat/messages",
         arena_print(arena,
                     "{\"sender_fullname\":\"A\",\"recipient_id\":\"%s\","
                     "\"recipient_fullname\":\"B\",\"text\":\"hi\"}",
                     id)
             .at},
        {"DELETE", arena_print(arena, "/api/tilechat/conversations/%s", id).at, NULL},
        {"PUT", arena_print(arena, "/api/tilechat/U1/blocks/%s", id).at, NULL},
    };
    for (size_t i = 0; i < COUNT(CALLS); i++) {
        assert_int_equal(ask_as(served, "U1", CALLS[i][0], CALLS[i][1], CALLS[i][2]), 400);
        assert_non_null(strstr(reply_body(served), "\"code\":\"bad_id\""));
        assert_int_equal(served->given_count, 0);
    }
}

static void what_the_broker_does_not_take_is_said(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/messages", NULL, MESSAGE);
    api_submitted(served->api, span_of(next_given(served).ticket), SUBMIT_REFUSED);
    assert_int_equal(read_reply(served, fd), 502);
    fd = begin(served, "POST", "/api/tilechat/messages", NULL, MESSAGE);
    api_submitted(served->api, span_of(next_given(served).ticket), SUBMIT_UNKNOWN);
    assert_int_equal(read_reply(served, fd), 202);
    assert_body(served, "{\"success\":true,\"pending\":true}");
    served->is_full = true;
    fd = begin(served, "POST", "/api/tilechat/messages", NULL, MESSAGE);
    assert_int_equal(read_reply(served, fd), 503);
    assert_non_null(strstr(served->reply, "\r\nRetry-After: 1\r\n"));
    assert_int_equal(api_counts(served->api).waiting, 0);
}

static void who_waits_hears_what_became_of_it(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/messages?wait=1", NULL, MESSAGE);
    struct given given = next_given(served);
    api_submitted(served->api, span_of(given.ticket), SUBMIT_CONFIRMED);
    struct plan *plan = plan_direct(7, "U1", "U2", "hi");
    struct ident id = plan->id;
    commit_one(served->place->store, plan);
    api_stored(served->api, span_of(given.ticket), &id, false);
    assert_int_equal(read_reply(served, fd), 200);
    assert_has(served, "{\"success\":true,\"message\":{");
    assert_has(served, "\"status\":100");
    fd = begin(served, "POST", "/api/tilechat/messages/sync", NULL, MESSAGE);
    given = next_given(served);
    plan = plan_direct(8, "U1", "U2", "hi");
    plan->outcome = PLAN_REJECTED;
    plan->code = SPAN("blocked");
    plan->reason = SPAN("U2 does not want it");
    id = plan->id;
    commit_one(served->place->store, plan);
    api_stored(served->api, span_of(given.ticket), &id, false);
    assert_int_equal(read_reply(served, fd), 422);
    assert_has(served, "{\"success\":false,\"err\":\"U2 does not want it\",\"code\":\"blocked\"");
    assert_has(served, id.text);
}

static void who_is_too_fast_is_told_when(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/messages?wait=1", NULL, MESSAGE);
    struct given given = next_given(served);
    struct plan *plan = plan_direct(7, "U1", "U2", "hi");
    plan->outcome = PLAN_REJECTED;
    plan->code = SPAN("rate_limited");
    plan->reason = SPAN("too fast");
    struct ident id = plan->id;
    commit_one(served->place->store, plan);
    api_stored(served->api, span_of(given.ticket), &id, false);
    assert_int_equal(read_reply(served, fd), 429);
    assert_non_null(strstr(served->reply, "\r\nRetry-After: 1\r\n"));
}

/* Of who is refused again and again no reason is kept. */
static void a_refusal_without_a_reason_has_words(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/messages/sync", NULL, MESSAGE);
    struct given given = next_given(served);
    struct plan *plan = plan_direct(7, "U1", "U2", "hi");
    plan->outcome = PLAN_REJECTED;
    plan->code = SPAN("rate_limited");
    struct ident id = plan->id;
    commit_one(served->place->store, plan);
    api_stored(served->api, span_of(given.ticket), &id, false);
    assert_int_equal(read_reply(served, fd), 429);
    assert_has(served, "\"err\":\"rate_limited\"");
}

static void who_waits_too_long_is_told(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/messages/sync", NULL, MESSAGE);
    next_given(served);
    assert_int_equal(read_reply(served, fd), 202);
    assert_int_equal(api_counts(served->api).waited_too_long, 1);
}

static void only_so_many_wait(void **state) {
    struct served *served = *state;
    int fds[5];
    struct given given[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = begin(served, "POST", "/api/tilechat/messages", NULL, MESSAGE);
        given[i] = next_given(served);
    }
    fds[4] = begin(served, "POST", "/api/tilechat/messages", NULL, MESSAGE);
    assert_int_equal(read_reply(served, fds[4]), 503);
    for (int i = 3; i >= 0; i--) {
        api_submitted(served->api, span_of(given[i].ticket), SUBMIT_CONFIRMED);
        assert_int_equal(read_reply(served, fds[i]), 200);
    }
}

/* ---- groups, blocks, archives, instances ---- */

static void a_group_is_asked_for_by_the_flow(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/groups", NULL,
                   "{\"group_name\":\"G\",\"group_members\":{\"U2\":1},\"group_id\":\"group-1\","
                   "\"group_owner\":\"U9\"}");
    struct given given = next_given(served);
    assert_string_equal(given.key, "apps.observer.tilechat.groups.change");
    assert_string_equal(given.body,
                        "{\"change\":\"create\",\"caller\":\"U1\",\"is_admin\":false,"
                        "\"group_id\":\"group-1\",\"name\":\"G\",\"members\":{\"U2\":1}}");
    struct plan *plan = plan_direct(9, "U1", "group-1", "");
    plan->outcome = PLAN_REJECTED;
    plan->code = SPAN("already_member");
    plan->reason = SPAN("Already a member");
    struct ident id = plan->id;
    commit_one(served->place->store, plan);
    api_stored(served->api, span_of(given.ticket), &id, false);
    assert_int_equal(read_reply(served, fd), 405);
    assert_body(served,
                "{\"success\":false,\"err\":\"Already a member\",\"code\":\"already_member\"}");
}

static void a_group_is_not_changed_where_that_never_comes_back(void **state) {
    struct served *served = *state;
    stop_serving(served);
    served->shares_queues = true;
    serve(served, TOKEN_HS256, API_KEY);
    assert_int_equal(
        ask_as(served, "U1", "DELETE", "/api/tilechat/groups/group-1/members/U1", NULL), 503);
    assert_has(served, "CHAT21D_INTAKE=queue");
}

static void put_group(struct served *served, const char *json) {
    struct group *group = arena_array(served->place->arena, 1, sizeof *group);
    assert_int_equal(group_read(served->place->arena, span_of(json), group, NULL), 0);
    apply(served->place, (struct plan_effect){.kind = EFFECT_GROUP, .group = group});
}

static void a_group_is_for_its_members(void **state) {
    struct served *served = *state;
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/groups/group-1", NULL), 404);
    assert_body(served, "{\"success\":false,\"err\":\"Group doesn't exist\"}");
    put_group(served, "{\"uid\":\"group-1\",\"owner\":\"U2\",\"members\":{\"U1\":1}}");
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/groups/group-1", NULL), 200);
    assert_body(served, "{\"success\":true,\"result\":{\"uid\":\"group-1\",\"owner\":\"U2\","
                        "\"members\":{\"U1\":1}}}");
    assert_int_equal(ask_as(served, "U3", "GET", "/api/tilechat/groups/group-1", NULL), 401);
    assert_body(served, "{\"success\":false,\"err\":\"Permission denied\"}");
}

static void a_change_goes_as_a_clients_would(void **state) {
    struct served *served = *state;
    static const struct {
        const char *method, *path, *key, *body;
        int status;
    } CASES[] = {{"PUT", "/api/tilechat/U1/blocks/U2", "apps.tilechat.users.U1.blocks.U2.update",
                  "{\"blocked\":true}", 200},
                 {"DELETE", "/api/tilechat/U1/blocks/U2", "apps.tilechat.users.U1.blocks.U2.update",
                  "{\"blocked\":false}", 200},
                 {"DELETE", "/api/tilechat/conversations/U2",
                  "apps.tilechat.users.U1.conversations.U2.archive", "{}", 201}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        int fd = begin(served, CASES[i].method, CASES[i].path, NULL, NULL);
        struct given given = next_given(served);
        assert_string_equal(given.key, CASES[i].key);
        assert_string_equal(given.body, CASES[i].body);
        struct plan *plan = plan_effecting(
            20 + i,
            (struct plan_effect){.kind = EFFECT_BLOCK, .by = SPAN("U1"), .whom = SPAN("U2")});
        struct ident id = plan->id;
        commit_one(served->place->store, plan);
        api_stored(served->api, span_of(given.ticket), &id, false);
        assert_int_equal(read_reply(served, fd), CASES[i].status);
        assert_body(served, "{\"success\":true}");
    }
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/U1/blocks", NULL), 200);
    assert_body(served, "{\"success\":true,\"result\":[\"U2\"]}");
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/U1/blocks/U2", NULL), 200);
    assert_body(served, "{\"success\":true,\"result\":{\"blocked\":true}}");
}

static void nobody_archives_for_others(void **state) {
    struct served *served = *state;
    assert_int_equal(
        ask_as(served, "U1", "DELETE", "/api/tilechat/conversations/U2", "{\"user_id\":\"U3\"}"),
        401);
    assert_int_equal(served->given_count, 0);
}

static void a_device_is_ordered(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/U1/instances/phone", NULL,
                   "{\"device_model\":\"M\",\"platform\":\"ios\",\"more\":1}");
    struct given given = next_given(served);
    assert_int_equal(given.order.kind, ORDER_INSTANCE);
    assert_string_equal(given.key, "U1");
    assert_string_equal(given.body,
                        "{\"instance_id\":\"phone\",\"app_id\":\"tilechat\",\"user_id\":\"U1\","
                        "\"device_model\":\"M\",\"platform\":\"ios\"}");
    api_ordered(served->api, 1);
    assert_int_equal(read_reply(served, fd), 200);
    assert_body(served, "{\"success\":true}");
}

static void put_instances(struct place *place, int count) {
    struct order *orders = must_calloc((size_t)count, sizeof *orders);
    for (int i = 0; i < count; i++)
        orders[i] = (struct order){.kind = ORDER_INSTANCE,
                                   .app = SPAN("tilechat"),
                                   .target = SPAN("U1"),
                                   .instance = arena_print(place->arena, "phone-%d", i),
                                   .json = SPAN("{}")};
    struct store_batch batch = {.orders = orders, .order_count = (size_t)count};
    assert_int_equal(store_commit(place->store, &batch, NULL), 0);
    free(orders);
}

/* Nobody fills the store with them. */
static void devices_are_bounded(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    char *text = arena_take(arena, 1026);
    memset(text, 'x', 1025);
    text[1025] = '\0';
    const char *path = arena_print(arena, "/api/tilechat/U1/instances/%s", text).at;
    assert_int_equal(ask_as(served, "U1", "POST", path, "{}"), 400);
    const char *body = arena_print(arena, "{\"platform\":\"%.257s\"}", text).at;
    assert_int_equal(ask_as(served, "U1", "POST", "/api/tilechat/U1/instances/p", body), 400);
    assert_non_null(strstr(reply_body(served), "platform has more than 256 bytes"));
    put_instances(served->place, 1000);
    assert_int_equal(ask_as(served, "U1", "POST", "/api/tilechat/U1/instances/p", "{}"), 400);
    assert_non_null(strstr(reply_body(served), "too_many"));
    assert_int_equal(served->given_count, 0);
    int fd = begin(served, "POST", "/api/tilechat/U1/instances/phone-7", NULL, "{}");
    assert_int_equal(next_given(served).order.kind, ORDER_INSTANCE); /* it is one of them */
    api_ordered(served->api, served->orders);
    assert_int_equal(read_reply(served, fd), 200);
}

static void it_says_what_it_is_and_who_asks(void **state) {
    struct served *served = *state;
    assert_int_equal(ask_as(served, "U1", "GET", "/api/tilechat/getInfo", NULL), 200);
    assert_body(served, "{\"v\":\"1.2.3\"}");
    assert_int_equal(ask_as(served, "U1", "GET", "/verify", NULL), 200);
    assert_has(served, "\"sub\":\"U1\"");
}

#define FORM                                                                                       \
    "sender_fullname=One&recipient_id=U2&recipient_fullname=Two+Two&"                              \
    "text=a%26b"

static int begin_form(struct served *served, struct span form) {
    struct span headers = arena_print(served->place->arena,
                                      "Content-Type: application/x-www-form-urlencoded\r\n"
                                      "Content-Length: %zu\r\n\r\n%.*s",
                                      form.size, SPAN_ARGS(form));
    return begin(served, "POST", "/api/tilechat/messages", headers.at, NULL);
}

static void forms_are_read_too(void **state) {
    struct served *served = *state;
    int fd = begin_form(served, SPAN(FORM));
    struct given given = next_given(served);
    assert_string_equal(given.body, "{\"text\":\"a&b\",\"recipient_fullname\":\"Two Two\","
                                    "\"sender_fullname\":\"One\",\"channel_type\":\"direct\"}");
    api_submitted(served->api, span_of(given.ticket), SUBMIT_CONFIRMED);
    assert_int_equal(read_reply(served, fd), 200);
}

static void forms_have_few_fields(void **state) {
    struct served *served = *state;
    struct text form = text_start(served->place->arena, 400);
    text_add(&form, SPAN(FORM));
    for (int i = 0; i < 61; i++)
        text_add(&form, SPAN("&a="));
    assert_int_equal(read_reply(served, begin_form(served, text_span(&form))), 400);
    assert_has(served, "A form has 64 fields at most");
    assert_int_equal(served->given_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, serve_set_up, serve_tear_down)
        TEST(history_is_read_in_pages),
        TEST(what_is_no_page_is_said),
        TEST(conversations_are_read),
        TEST(what_is_unread_is_told),
        TEST(an_unreadable_store_is_said),
        TEST(a_missing_field_is_named),
        TEST(a_message_goes_to_its_senders_outbox),
        TEST(its_sender_may_name_it),
        TEST(only_an_admin_sends_for_others),
        TEST(ids_that_fit_into_no_key_are_refused),
        TEST(what_is_too_large_is_refused),
        TEST(what_the_broker_does_not_take_is_said),
        TEST(who_waits_hears_what_became_of_it),
        TEST(a_refusal_without_a_reason_has_words),
        TEST(who_is_too_fast_is_told_when),
        TEST(who_waits_too_long_is_told),
        TEST(only_so_many_wait),
        TEST(a_group_is_asked_for_by_the_flow),
        TEST(a_group_is_not_changed_where_that_never_comes_back),
        TEST(a_group_is_for_its_members),
        TEST(a_change_goes_as_a_clients_would),
        TEST(nobody_archives_for_others),
        TEST(a_device_is_ordered),
        TEST(devices_are_bounded),
        TEST(it_says_what_it_is_and_who_asks),
        TEST(forms_are_read_too),
        TEST(forms_have_few_fields),
    };
    return cmocka_run_group_tests_name("api calls", tests, NULL, NULL);
}
