/* Groups, where a directory knows how people are called: who is asked for, and that nobody waits
 * for it for long. */
#include "api_support.h"

static int begin(struct served *served, const char *method, const char *path, const char *body) {
    struct asking asking = {.method = method,
                            .path = path,
                            .token = token_of(served->place->arena, "tilechat", "U1", false),
                            .body = body};
    return ask_begin(served, served->place->arena, &asking);
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("there is no %s in %s", part, text);
}

static const char CREATE[] = "{\"group_name\":\"G\",\"group_members\":{\"U2\":1,\"U1\":1}}";

static void names_go_with_what_is_published(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/groups", CREATE);
    struct given asked = next_given(served);
    assert_string_equal(asked.key, "names");
    assert_string_equal(asked.body, "U1 U2 ");
    assert_int_equal(api_counts(served->api).waiting, 1);
    api_named(served->api, span_of(asked.ticket), SPAN("{\"U2\":{\"fullname\":\"Two\"}}"));
    api_named(served->api, span_of(asked.ticket), SPAN("{\"U2\":{\"fullname\":\"Twice\"}}"));
    struct given given = next_given(served);
    assert_string_equal(given.key, "apps.observer.tilechat.groups.change");
    assert_has(given.body, "\"names\":{\"U2\":{\"fullname\":\"Two\"}}");
    assert_string_not_equal(given.ticket, asked.ticket);
    api_submitted(served->api, span_of(given.ticket), SUBMIT_REFUSED);
    assert_int_equal(read_reply(served, fd), 502);
    assert_int_equal(api_counts(served->api).waiting, 0);
}

static void who_joins_is_asked_for(void **state) {
    struct served *served = *state;
    int fd =
        begin(served, "POST", "/api/tilechat/groups/group-1/members", "{\"member_id\":\"U7\"}");
    assert_string_equal(next_given(served).body, "U7 ");
    close(fd);
}

/* Its time is over: it goes without. */
static void nobody_waits_for_a_silent_directory(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/groups", CREATE);
    next_given(served);
    struct given given = next_given(served);
    assert_string_equal(given.key, "apps.observer.tilechat.groups.change");
    assert_null(strstr(given.body, "\"names\""));
    api_submitted(served->api, span_of(given.ticket), SUBMIT_REFUSED);
    assert_int_equal(read_reply(served, fd), 502);
    assert_int_equal(api_counts(served->api).waited_too_long, 0);
}

static void names_that_are_too_much_are_left_out(void **state) {
    struct served *served = *state;
    struct text names = text_start(served->place->arena, 5000);
    int fd = begin(served, "POST", "/api/tilechat/groups", CREATE);
    text_print(&names, "{\"U2\":{\"fullname\":\"%04096d\"}}", 1);
    api_named(served->api, span_of(next_given(served).ticket), text_span(&names));
    assert_null(strstr(next_given(served).body, "\"names\""));
    close(fd);
}

static void what_names_nobody_asks_nobody(void **state) {
    struct served *served = *state;
    int fd = begin(served, "PUT", "/api/tilechat/groups/group-1", "{\"group_name\":\"H\"}");
    assert_string_equal(next_given(served).key, "apps.observer.tilechat.groups.change");
    close(fd);
}

/* Whoever asks has gone meanwhile, or nothing more is taken. */
static void an_end_in_between_is_one(void **state) {
    struct served *served = *state;
    int fd = begin(served, "POST", "/api/tilechat/groups", CREATE);
    struct given asked = next_given(served);
    api_named(served->api, span_of(asked.ticket), SPAN("{}"));
    struct given given = next_given(served);
    api_submitted(served->api, span_of(given.ticket), SUBMIT_UNKNOWN);
    assert_int_equal(read_reply(served, fd), 202);
    served->is_full = true;
    fd = begin(served, "POST", "/api/tilechat/groups", CREATE);
    assert_int_equal(read_reply(served, fd), 503);
    assert_int_equal(api_counts(served->api).waiting, 0);
}

static int set_up_with_directory(void **state) {
    serve_set_up(state);
    struct served *served = *state;
    stop_serving(served);
    served->has_directory = true;
    serve(served, TOKEN_HS256, API_KEY);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_with_directory, serve_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_go_with_what_is_published),     TEST(who_joins_is_asked_for),
        TEST(nobody_waits_for_a_silent_directory), TEST(names_that_are_too_much_are_left_out),
        TEST(what_names_nobody_asks_nobody),       TEST(an_end_in_between_is_one),
    };
    return cmocka_run_group_tests_name("api contacts", tests, NULL, NULL);
}
