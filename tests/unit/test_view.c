/* view: as JSON, as metrics, as words for a person; whatever stands in it. */
#include "own_arena.h"

#include "server/metrics.h"
#include "server/status_print.h"
#include "server/view.h"
#include "words/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct view *view_of(struct arena *arena) {
    struct view *view = arena_array(arena, 1, sizeof *view);
    *view = (struct view){.now_ms = 2000,
                          .started_ms = 1001,
                          .broker = VIEW_OPEN,
                          .generation = 255,
                          .generation_ms = 1500,
                          .loads = 3,
                          .refusals = 1,
                          .waiting = {.next_due_ms = INT64_MAX}};
    view->policies = arena_array(arena, 2, sizeof *view->policies);
    view->policies[0].health = (struct policy_health){.name = "one", .asked = 7};
    view->policies[1].health = (struct policy_health){.name = "two", .mode = POLICY_SHADOW};
    view->policies[1].health.said[WORD_REJECT] = 4;
    view->policy_count = 2;
    return view;
}

static struct span metrics_of(struct arena *arena, const struct view *view) {
    struct text text = text_start(arena, 1024);
    metrics_text(view, &text);
    return text_span(&text);
}

static struct span json_of(struct arena *arena, const struct view *view) {
    struct text text = text_start(arena, 1024);
    struct why why;
    enum json_type type;
    view_json(view, arena, &text);
    if (json_check(text_span(&text), &type, &why) != 0)
        fail_msg("%s: %.*s", why.words, SPAN_ARGS(text_span(&text)));
    assert_int_equal(type, JSON_OBJECT);
    return text_span(&text);
}

static void has(struct span text, const char *part) {
    if (!span_has(text, span_of(part)))
        fail_msg("there is no %s in\n%.*s", part, SPAN_ARGS(text));
}

static void json_holds_what_the_view_does(void **state) {
    struct span json = json_of(*state, view_of(*state));
    has(json, "{\"ok\":true,\"attention\":[],");
    has(json, "\"broker\":{\"state\":\"open\",\"reason\":null,\"blocked\":null},\"pause\":null");
    has(json, "\"generation\":\"00000000000000ff\"");
    has(json, "\"name\":\"two\",\"event\":\"message\",\"mode\":\"shadow\"");
    has(json, "\"said\":{\"reject\":4}");
    has(json, "\"next_due_ms\":null");
}

static void the_api_is_shown_where_it_is_served(void **state) {
    struct view *view = view_of(*state);
    struct span words;
    has(json_of(*state, view), "\"api\":{\"on\":false,");
    assert_false(span_has(metrics_of(*state, view), SPAN("chat21d_api_")));
    view->api = (struct serving_counts){
        .is_open = true,
        .port = 8004,
        .can_send = false,
        .why_not = {"the broker is away"},
        .api = {.by_class = {[2] = 5, [4] = 3}, .unauthorized = 2, .waiting = 1}};
    has(json_of(*state, view), "\"api\":{\"on\":true,\"port\":8004,\"can_send\":false,"
                               "\"answered\":5,\"refused\":3,\"failed\":0,\"unauthorized\":2,");
    struct span metrics = metrics_of(*state, view);
    has(metrics, "chat21d_api_requests_total{code=\"2xx\"} 5\n");
    has(metrics, "chat21d_api_requests_total{code=\"5xx\"} 0\n");
    has(metrics, "chat21d_api_unauthorized_total 2\n");
    has(metrics, "chat21d_api_broker_connected 0\n");
    assert_true(view_attention(view, *state, 0, &words));
    assert_true(span_is(words, "the HTTP API cannot publish: the broker is away"));
    assert_false(view_attention(view, *state, 1, &words));
    view->api.can_send = true;
    assert_false(view_attention(view, *state, 0, &words));
}

static void a_login_that_ends_is_shown(void **state) {
    struct view *view = view_of(*state);
    view->logins[0] = (struct login_state){.name = "broker"};
    view->logins[1] = (struct login_state){.name = "analytics",
                                           .ends = true,
                                           .until_ms = 500,
                                           .renewed_by = "nobody",
                                           .is_due = true,
                                           .is_over = true,
                                           .words = "it ended"};
    view->login_count = 2;
    struct span json = json_of(*state, view);
    has(json, "\"attention\":[\"it ended\"]");
    has(json, "\"logins\":[{\"name\":\"analytics\",\"until_ms\":500,\"renewed_by\":\"nobody\","
              "\"due\":true}]");
    struct span metrics = metrics_of(*state, view);
    has(metrics, "chat21d_token_seconds{login=\"analytics\"} -1\n");
    has(metrics, "chat21d_token_due{login=\"analytics\"} 1\n");
    assert_false(span_has(metrics, SPAN("login=\"broker\"")));
}

/* Only the broker's own makes it unready, and only when it is over. */
static void a_login_that_is_over_is_not_ready(void **state) {
    struct view *view = view_of(*state);
    struct text text = text_start(*state, 256);
    view->logins[0] =
        (struct login_state){.name = "broker", .ends = true, .is_due = true, .words = "it ended"};
    view->logins[1] = (struct login_state){.name = "analytics", .ends = true, .is_over = true};
    view->login_count = 2;
    assert_true(view_ready(view, &text));
    view->logins[0].is_over = true;
    assert_false(view_ready(view, &text));
    has(text_span(&text), "broker: not ready: it ended\n");
}

static void whatever_users_wrote_stays_json(void **state) {
    struct view *view = view_of(*state);
    struct policy_difference difference = {
        .sender = "a\"\\\n\xff", .reason = "cut \xe2\x82", .decided = "delivered"};
    struct policy_counter counter = {"one", "\"}\n", 1};
    view->differences = &difference;
    view->difference_count = 1;
    view->counters = &counter;
    view->counter_count = 1;
    view->policies[0].health.last_error = SPAN("policies/one.lua:1: \x01");
    struct span json = json_of(*state, view);
    has(json, "\"sender\":\"a\\\"\\\\\\n\xef\xbf\xbd\"");
}

static void metrics_hold_what_the_view_does(void **state) {
    struct span metrics = metrics_of(*state, view_of(*state));
    has(metrics, "# TYPE chat21d_policy_asked_total counter\n"
                 "chat21d_policy_asked_total{policy=\"one\"} 7\n"
                 "chat21d_policy_asked_total{policy=\"two\"} 0\n");
    has(metrics, "\nchat21d_policies_info{generation=\"00000000000000ff\"} 1\n");
    has(metrics, "\nchat21d_start_time_seconds 1.001\n");
    has(metrics, "\nchat21d_policy_loads_total{result=\"taken\"} 2\n"
                 "chat21d_policy_loads_total{result=\"refused\"} 1\n");
    has(metrics, "\nchat21d_policy_said_total{policy=\"two\",word=\"reject\"} 4\n");
    has(metrics, "\nchat21d_policy_shadow{policy=\"two\"} 1\n");
    has(metrics, "\nchat21d_broker_connected 1\n");
}

static void durations_are_histograms(void **state) {
    struct view *view = view_of(*state);
    histogram_add(&view->flow.stages[STAGE_DECIDE], 20);
    histogram_add(&view->flow.stages[STAGE_DECIDE], 11000000);
    struct span metrics = metrics_of(*state, view);
    has(metrics, "# TYPE chat21d_stage_seconds histogram\n");
    has(metrics, "\nchat21d_stage_seconds_bucket{stage=\"decide\",le=\"1e-05\"} 0\n"
                 "chat21d_stage_seconds_bucket{stage=\"decide\",le=\"2.5e-05\"} 1\n");
    has(metrics, "\nchat21d_stage_seconds_bucket{stage=\"decide\",le=\"10\"} 1\n"
                 "chat21d_stage_seconds_bucket{stage=\"decide\",le=\"+Inf\"} 2\n"
                 "chat21d_stage_seconds_sum{stage=\"decide\"} 11.000020\n"
                 "chat21d_stage_seconds_count{stage=\"decide\"} 2\n");
}

static void what_users_write_has_the_old_names(void **state) {
    struct view *view = view_of(*state);
    struct tally_row row = {SPAN("p\"1\\"), SPAN("10.0.0.1"), 7};
    view->flow.has_labels[LABEL_PROJECT] = view->flow.has_labels[LABEL_PROJECT_IP] = true;
    view->flow.labels[LABEL_PROJECT] = (struct tally_rows){&row, 1, 3};
    view->flow.labels[LABEL_PROJECT_IP] = (struct tally_rows){&row, 1, 0};
    struct span metrics = metrics_of(*state, view);
    has(metrics, "\nchat21_messages_per_project_total{project_id=\"p\\\"1\\\\\"} 7\n"
                 "chat21_messages_per_project_total{project_id=\"other\"} 3\n");
    has(metrics, "{project_id=\"p\\\"1\\\\\",ip_address=\"10.0.0.1\"} 7\n");
    assert_false(span_has(metrics, SPAN("chat21_messages_per_topic_total")));
}

/* What nobody could find out has no number, and what retention took one below 0. */
static void the_stream_is_known_or_not(void **state) {
    struct view *view = view_of(*state);
    assert_false(span_has(metrics_of(*state, view), SPAN("\nchat21d_stream_lag_messages ")));
    view->stream = (struct view_stream){.is_known = true, .lag = 5, .has_left = true, .left = -2};
    has(metrics_of(*state, view), "\nchat21d_stream_lag_messages 5\n");
    has(metrics_of(*state, view), "\nchat21d_stream_retention_left_messages -2\n");
}

static void labels_are_escaped(void **state) {
    struct view *view = view_of(*state);
    struct policy_counter counter = {"one", "a\"b\\c\nd", 9};
    view->counters = &counter;
    view->counter_count = 1;
    has(metrics_of(*state, view),
        "\nchat21d_policy_count_total{policy=\"one\",name=\"a\\\"b\\\\c\\nd\"} 9\n");
}

static void attention_names_all_that_needs_a_person(void **state) {
    struct view *view = view_of(*state);
    struct span words;
    assert_false(view_attention(view, *state, 0, &words));
    view->pause = SPAN("the disk is full");
    view->broker = VIEW_CLOSED;
    view->broker_reason = SPAN("refused");
    view->refused = SPAN("policies/x.lua:1: no");
    view->decisions.is_failing = true;
    view->policies[0].health.is_set_aside = true;
    view->policies[1].health.is_set_aside = true;
    static const char *const RIGHT[] = {
        "it is paused: the disk is full",
        "the broker is not connected: refused",
        "the policies on disk were refused: policies/x.lua:1: no",
        "the decision log cannot be written",
        "the policy one is set aside: ",
        "the policy two is set aside: ",
    };
    for (size_t i = 0; i < 6; i++) {
        assert_true(view_attention(view, *state, i, &words));
        assert_true(span_is(words, RIGHT[i]));
    }
    assert_false(view_attention(view, *state, 6, &words));
    view->broker = VIEW_STANDBY;
    assert_true(view_attention(view, *state, 1, &words));
    assert_true(span_is(words, RIGHT[2]));
    view->blocked = SPAN("low on memory");
    assert_true(view_attention(view, *state, 1, &words));
    assert_true(span_is(words, "the broker lets nobody publish: low on memory"));
}

static void numbers_are_said_as_people_say_them(void **state) {
    static const struct {
        int64_t ms;
        const char *words;
    } TIMES[] = {{-5, "0 s"},
                 {59999, "59 s"},
                 {60000, "1 min 0 s"},
                 {3599000, "59 min 59 s"},
                 {3600000, "1 h 0 min"},
                 {90061000, "1 d 1 h"}};
    static const struct {
        int64_t bytes;
        const char *words;
    } SIZES[] = {{0, "0 bytes"},
                 {1023, "1023 bytes"},
                 {1536, "1.5 KB"},
                 {(int64_t)3 << 20, "3.0 MB"},
                 {(int64_t)5 << 40, "5120.0 GB"}};
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++)
        assert_true(span_is(status_duration(*state, TIMES[i].ms), TIMES[i].words));
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++)
        assert_true(span_is(status_bytes(*state, SIZES[i].bytes), SIZES[i].words));
    assert_true(span_is(status_time(*state, 1700000000000), "2023-11-14 22:13:20"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(json_holds_what_the_view_does),
        TEST(the_api_is_shown_where_it_is_served),
        TEST(a_login_that_ends_is_shown),
        TEST(a_login_that_is_over_is_not_ready),
        TEST(whatever_users_wrote_stays_json),
        TEST(metrics_hold_what_the_view_does),
        TEST(labels_are_escaped),
        TEST(durations_are_histograms),
        TEST(what_users_write_has_the_old_names),
        TEST(the_stream_is_known_or_not),
        TEST(attention_names_all_that_needs_a_person),
        TEST(numbers_are_said_as_people_say_them),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
