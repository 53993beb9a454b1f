/* contacts: a directory over HTTP, with its faults; what is asked of it, what is remembered. */
#include "ports/contacts.h"
#include "ports/http.h"
#include "words/check.h"
#include "words/json.h"
#include "words/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { SAID_MAX = 64 * 1024, WAIT_SECONDS = 20, HUGE = 100 * 1024 };

struct bench {
    struct http *directory;
    struct contacts *contacts;
    struct clock clock;
    atomic_llong later_us; /* the clock is ahead by so much */
    atomic_int requests;
    char url[100];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned told; /* under the lock, as is what is below */
    char ticket[40], said[SAID_MAX];
};

/* ---- the directory ---- */

static enum http_when handle(void *self, const struct http_request *request,
                             struct http_reply *reply) {
    struct bench *bench = self;
    struct span id = SPAN_NONE;
    atomic_fetch_add(&bench->requests, 1);
    assert_true(span_starts(request->path, SPAN("/people/")));
    http_decode(request->arena, span_cut(request->path, 8, request->path.size), &id);
    if (span_is(id, "silent"))
        return HTTP_LATER;
    if (span_is(id, "nobody"))
        reply->status = 404;
    if (span_is(id, "broken"))
        reply->status = 500;
    if (span_is(id, "moved")) {
        reply->status = 302;
        reply->headers[reply->header_count++] = (struct http_reply_header){"Location", "/people/a"};
    }
    if (span_is(id, "words"))
        text_add(&reply->body, SPAN("no JSON"));
    else if (span_is(id, "list"))
        text_add(&reply->body, SPAN("[1]"));
    else if (span_is(id, "nameless"))
        text_add(&reply->body, SPAN("{\"fullname\":\"\",\"firstname\":5}"));
    else
        text_print(&reply->body, "{\"firstname\":\"First\",\"lastname\":null,\"fullname\":%.*s}",
                   SPAN_ARGS(json_quote(request->arena, id)));
    for (size_t i = 0; span_is(id, "huge") && i < HUGE; i++)
        text_add_char(&reply->body, ' ');
    return HTTP_NOW;
}

static void gone(void *self, struct http_exchange *exchange) {
    (void)self;
    (void)exchange;
}

/* ---- who asks ---- */

static int64_t steady_us(void *self) {
    struct bench *bench = self;
    return clock_steady_us(&clock_real) + atomic_load(&bench->later_us);
}

static void told(void *self, struct span ticket, struct span names) {
    struct bench *bench = self;
    pthread_mutex_lock(&bench->lock);
    snprintf(bench->ticket, sizeof bench->ticket, "%.*s", SPAN_ARGS(ticket));
    snprintf(bench->said, sizeof bench->said, "%.*s", SPAN_ARGS(names));
    bench->told++;
    pthread_cond_broadcast(&bench->changed);
    pthread_mutex_unlock(&bench->lock);
}

static void wait_told(struct bench *bench, unsigned before) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&bench->lock);
    while (bench->told == before)
        if (pthread_cond_timedwait(&bench->changed, &bench->lock, &until) != 0)
            fail_msg("nobody was told in %d s", WAIT_SECONDS);
    pthread_mutex_unlock(&bench->lock);
}

static void ask(struct bench *bench, const char *const *names, size_t count) {
    struct span ids[CONTACTS_AT_ONCE];
    for (size_t i = 0; i < count; i++)
        ids[i] = span_of(names[i]);
    unsigned before = bench->told;
    assert_true(contacts_ask(bench->contacts, SPAN("a ticket"), ids, count));
    wait_told(bench, before);
    assert_string_equal(bench->ticket, "a ticket");
    assert_int_equal(json_check(span_of(bench->said), NULL, NULL), 0);
}

static void assert_said(struct bench *bench, const char *id, const char *said) {
    ask(bench, &id, 1);
    assert_string_equal(bench->said, said);
}

static int set_up(void **state) {
    struct bench *bench = must_calloc(1, sizeof *bench);
    struct why why;
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_ERROR);
    pthread_mutex_init(&bench->lock, NULL);
    pthread_cond_init(&bench->changed, NULL);
    bench->clock = (struct clock){bench, clock_real.wall_ms, steady_us};
    struct http_settings settings = {.address = "127.0.0.1",
                                     .connections = 100,
                                     .connections_of_one = 100,
                                     .seconds = 20,
                                     .requests = 1000};
    struct http_handler handler = {bench, handle, NULL, gone};
    bench->directory = http_open(&settings, &handler, &why);
    assert_non_null(bench->directory);
    snprintf(bench->url, sizeof bench->url, "http://127.0.0.1:%u/people/",
             http_port(bench->directory));
    struct contacts_settings asking = {.url = bench->url, .user_agent = "test"};
    bench->contacts = contacts_new(&asking, &bench->clock, told, bench, &why);
    assert_non_null(bench->contacts);
    *state = bench;
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    contacts_free(&bench->contacts);
    http_close(&bench->directory);
    pthread_cond_destroy(&bench->changed);
    pthread_mutex_destroy(&bench->lock);
    free(bench);
    return 0;
}

/* ---- the tests ---- */

static void names_are_what_the_directory_says(void **state) {
    assert_said(*state, "ada", "{\"ada\":{\"fullname\":\"ada\",\"firstname\":\"First\"}}");
    assert_said(*state, "\xc3\xa9 \"?&%",
                "{\"\xc3\xa9 \\\"?&%\":{\"fullname\":\"\xc3\xa9 \\\"?&%\","
                "\"firstname\":\"First\"}}");
    static const char *const BOTH[] = {"ada", "bob"};
    ask(*state, BOTH, 2);
    assert_string_equal(((struct bench *)*state)->said,
                        "{\"ada\":{\"fullname\":\"ada\",\"firstname\":\"First\"},"
                        "\"bob\":{\"fullname\":\"bob\",\"firstname\":\"First\"}}");
}

static void what_is_no_answer_leaves_a_name_out(void **state) {
    static const char *const IDS[] = {"nobody", "broken", "moved",    "words",
                                      "list",   "huge",   "nameless", "ada"};
    ask(*state, IDS, sizeof IDS / sizeof *IDS);
    assert_string_equal(((struct bench *)*state)->said,
                        "{\"ada\":{\"fullname\":\"ada\",\"firstname\":\"First\"}}");
}

static void who_is_silent_is_not_waited_for(void **state) {
    static const char *const IDS[] = {"silent", "ada"};
    ask(*state, IDS, 2);
    assert_string_equal(((struct bench *)*state)->said,
                        "{\"ada\":{\"fullname\":\"ada\",\"firstname\":\"First\"}}");
}

static void answers_are_remembered_for_a_while(void **state) {
    struct bench *bench = *state;
    for (int i = 0; i < 3; i++)
        assert_said(bench, "ada", "{\"ada\":{\"fullname\":\"ada\",\"firstname\":\"First\"}}");
    assert_int_equal(atomic_load(&bench->requests), 1);
    for (int i = 0; i < 3; i++)
        assert_said(bench, "nobody", "{}");
    for (int i = 0; i < 3; i++)
        assert_said(bench, "broken", "{}");
    assert_int_equal(atomic_load(&bench->requests), 3);
    atomic_store(&bench->later_us, 31000000);
    assert_said(bench, "nobody", "{}");
    assert_said(bench, "broken", "{}");
    assert_int_equal(atomic_load(&bench->requests), 4);
    atomic_store(&bench->later_us, 301000000);
    assert_said(bench, "nobody", "{}");
    assert_said(bench, "ada", "{\"ada\":{\"fullname\":\"ada\",\"firstname\":\"First\"}}");
    assert_int_equal(atomic_load(&bench->requests), 6);
}

static void a_hundred_are_asked_for_once_each(void **state) {
    struct bench *bench = *state;
    char names[CONTACTS_AT_ONCE][16];
    const char *ids[CONTACTS_AT_ONCE];
    for (int i = 0; i < CONTACTS_AT_ONCE; i++) {
        snprintf(names[i], sizeof names[i], "u%d", i / 2);
        ids[i] = names[i];
    }
    ask(bench, ids, CONTACTS_AT_ONCE);
    assert_true(span_has(span_of(bench->said), SPAN("\"u49\":{\"fullname\":\"u49\"")));
    assert_int_equal(atomic_load(&bench->requests), CONTACTS_AT_ONCE / 2);
}

static void too_many_askings_are_refused(void **state) {
    struct bench *bench = *state;
    struct span silent = SPAN("silent");
    unsigned taken = 0;
    while (taken < 1000 && contacts_ask(bench->contacts, SPAN("x"), &silent, 1))
        taken++;
    assert_true(taken >= 64 && taken < 1000);
    while (bench->told < taken)
        wait_told(bench, bench->told);
}

static void an_end_does_not_wait_for_anybody(void **state) {
    struct bench *bench = *state;
    struct span silent = SPAN("silent");
    assert_true(contacts_ask(bench->contacts, SPAN("x"), &silent, 1));
    contacts_free(&bench->contacts);
    assert_int_equal(bench->told, 0);
}

static void a_directory_that_is_not_there_is_none(void **state) {
    struct bench *bench = *state;
    http_close(&bench->directory);
    assert_said(bench, "ada", "{}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_are_what_the_directory_says), TEST(what_is_no_answer_leaves_a_name_out),
        TEST(who_is_silent_is_not_waited_for),   TEST(answers_are_remembered_for_a_while),
        TEST(a_hundred_are_asked_for_once_each), TEST(too_many_askings_are_refused),
        TEST(an_end_does_not_wait_for_anybody),  TEST(a_directory_that_is_not_there_is_none),
    };
    return cmocka_run_group_tests_name("contacts", tests, NULL, NULL);
}
