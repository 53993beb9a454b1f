/* window, pages and readiness: what is said of a loop that turns, and of one that does not. The
 * test is the loop, and a thread of its own asks. */
#include "claims.h"

#include "server/pages.h"

#include <poll.h>
#include <pthread.h>

static int64_t steady_us = 1000000;

static int64_t fake_steady(void *self) {
    (void)self;
    return steady_us;
}

static const struct clock CLOCK = {NULL, fake_steady, fake_steady};

struct bench {
    struct window *window;
    struct view view;
    struct arena *arena;
    struct http_reply reply;
    const char *path;
};

static struct view *take(void *self, struct arena *arena) {
    struct bench *bench = self;
    struct view *view = arena_array(arena, 1, sizeof *view);
    *view = bench->view;
    return view;
}

static int setup(void **state) {
    static struct bench bench;
    bench = (struct bench){.window = window_new(&CLOCK), .arena = arena_new()};
    bench.view.broker = VIEW_OPEN;
    *state = &bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    window_free(&bench->window);
    arena_free(&bench->arena);
    return 0;
}

static void *ask(void *self) {
    struct bench *bench = self;
    struct http_request request = {.arena = bench->arena, .path = span_of(bench->path)};
    bench->reply = (struct http_reply){.status = 200, .body = text_start(bench->arena, 64)};
    pages_handle(bench->window, &request, &bench->reply);
    return NULL;
}

/* While the loop turns. */
static struct span page(struct bench *bench, const char *path) {
    pthread_t thread;
    bench->path = path;
    assert_int_equal(pthread_create(&thread, NULL, ask, bench), 0);
    struct pollfd wait = {window_descriptor(bench->window), POLLIN, 0};
    assert_int_equal(poll(&wait, 1, 10000), 1);
    window_turn(bench->window, take, bench);
    pthread_join(thread, NULL);
    return text_span(&bench->reply.body);
}

/* While it does not. */
static struct span page_of_nobody(struct bench *bench, const char *path) {
    bench->path = path;
    ask(bench);
    return text_span(&bench->reply.body);
}

static void metrics_come_from_the_loop(void **state) {
    struct bench *bench = *state;
    bench->view.counts.taken = 42;
    assert_true(span_has(page(bench, "/metrics"), SPAN("\nchat21d_messages_taken_total 42\n")));
    assert_int_equal(bench->reply.status, 200);
}

static void a_loop_that_stands_still_is_said(void **state) {
    struct bench *bench = *state;
    assert_span(page_of_nobody(bench, "/healthz"), SPAN("alive\n"));
    steady_us += 61LL * 1000000;
    assert_span(page_of_nobody(bench, "/healthz"),
                SPAN("loop: it has not turned for 61.0 seconds\n"));
    assert_int_equal(bench->reply.status, 503);
    page_of_nobody(bench, "/metrics");
    assert_int_equal(bench->reply.status, 503);
    page_of_nobody(bench, "/readyz"); /* at once: the question before is unanswered */
    assert_int_equal(bench->reply.status, 503);
}

/* An answer to who has gone is for nobody else. */
static void it_is_well_again_when_it_turns(void **state) {
    struct bench *bench = *state;
    page_of_nobody(bench, "/metrics");
    window_turn(bench->window, take, bench);
    bench->view.counts.taken = 43;
    assert_true(span_has(page(bench, "/metrics"), SPAN("\nchat21d_messages_taken_total 43\n")));
    assert_span(page_of_nobody(bench, "/healthz"), SPAN("alive\n"));
}

static void other_paths_are_not_there(void **state) {
    struct bench *bench = *state;
    static const char *const PATHS[] = {"/",        "",          "/metrics/",
                                        "/Metrics", "//metrics", "/healthz\xff"};
    for (size_t i = 0; i < COUNT(PATHS); i++) {
        page_of_nobody(bench, PATHS[i]);
        assert_int_equal(bench->reply.status, 404);
    }
}

static void ready(struct bench *bench, unsigned status, const char *words) {
    struct span said = page(bench, "/readyz");
    assert_span(said, span_of(words));
    assert_int_equal(bench->reply.status, status);
}

static void each_part_says_how_it_is(void **state) {
    struct bench *bench = *state;
    struct view *view = &bench->view;
    struct view_policy policy = {.health = {.name = "one", .is_set_aside = true}};
    ready(bench, 200, "broker: ready\nstore: ready\npolicies: ready\n");
    view->refused = SPAN("manifest.lua:1: no");
    ready(bench, 200,
          "broker: ready\nstore: ready\n"
          "policies: ready (noted: the set on disk was refused: manifest.lua:1: no)\n");
    view->refused = SPAN_NONE;
    view->policies = &policy;
    view->policy_count = 1;
    ready(bench, 200, "broker: ready\nstore: ready\npolicies: ready (noted: one is set aside)\n");
    view->policy_count = 0;
    view->pause = SPAN("store: the disk is full");
    ready(bench, 503,
          "broker: ready\nstore: not ready: store: the disk is full\npolicies: ready\n");
    view->pause = SPAN_NONE;
    view->blocked = SPAN("low on memory");
    ready(
        bench, 503,
        "broker: not ready: blocked by the broker: low on memory\nstore: ready\npolicies: ready\n");
    view->blocked = SPAN_NONE;
    view->broker = VIEW_STANDBY;
    view->broker_reason = SPAN("another server is at work");
    ready(bench, 503,
          "broker: not ready: standby: another server is at work\nstore: ready\npolicies: ready\n");
    view->broker = VIEW_CLOSED;
    view->broker_reason = SPAN("refused");
    ready(bench, 503, "broker: not ready: refused\nstore: ready\npolicies: ready\n");
    view->broker = VIEW_OPEN;
    view->is_stopping = true;
    ready(bench, 503,
          "broker: ready\nstore: ready\npolicies: ready\nserver: not ready: it is stopping\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(metrics_come_from_the_loop),     TEST(a_loop_that_stands_still_is_said),
        TEST(it_is_well_again_when_it_turns), TEST(other_paths_are_not_there),
        TEST(each_part_says_how_it_is),
    };
    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
