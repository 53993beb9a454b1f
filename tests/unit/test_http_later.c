/* http: answers that come later, and clients that go before. */
#include "http_support.h"

static int ask_later(struct bench *bench) {
    unsigned before = atomic_load(&bench->handled);
    int fd = call(bench);
    say(fd, ASK("POST /later?a", "X-Word: one\r\nContent-Length: 3\r\n"));
    say(fd, SPAN("two"));
    wait_for(bench, &bench->handled, before + 1);
    return fd;
}

static void *answer_soon(void *self) {
    struct bench *bench = self;
    atomic_store(&bench->may_answer, true);
    http_wake(bench->http);
    return NULL;
}

/* Others are served while it waits, and its connection carries on behind it. */
static void an_answer_may_come_later(void **state) {
    struct bench *bench = *state;
    pthread_t other;
    int fd = ask_later(bench);
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
    say(fd, ASK("GET /echo", "")); /* before the answer to the first: it waits */
    assert_int_equal(pthread_create(&other, NULL, answer_soon, bench), 0);
    struct span reply = read_until(bench, fd, SPAN("GET /echo [] 127.0.0.1 "));
    pthread_join(other, NULL);
    starts(reply, "HTTP/1.1 200 ");
    has(reply, "\r\n\r\nPOST /later [a] 127.0.0.1 two one at lastHTTP/1.1 200 ");
    assert_int_equal(atomic_load(&bench->gone), 0);
    close(fd);
}

static void who_hangs_up_meanwhile_has_gone(void **state) {
    struct bench *bench = *state;
    close(ask_later(bench));
    wait_for(bench, &bench->gone, 1);
    int fd = ask_later(bench);
    shutdown(fd, SHUT_WR);
    wait_for(bench, &bench->gone, 2);
    assert_int_equal(read_all(bench, fd).size, 0);
    answer_soon(bench); /* to nobody */
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
}

static void who_waits_too_long_is_told(void **state) {
    struct bench *bench = *state;
    int fd = ask_later(bench);
    wait_for(bench, &bench->gone, 1);
    struct span reply = read_all(bench, fd);
    starts(reply, "HTTP/1.1 504 ");
    assert_true(ends_with(reply, SPAN("the answer did not come in time\n")));
}

static void an_end_answers_nobody(void **state) {
    struct bench *bench = *state;
    int fds[3];
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = ask_later(bench);
    http_close(&bench->http);
    assert_int_equal(atomic_load(&bench->gone), COUNT(fds));
    for (size_t i = 0; i < COUNT(fds); i++)
        assert_int_equal(read_all(bench, fds[i]).size, 0);
}

/* Answers and hang-ups, as they meet. */
static void many_come_and_go(void **state) {
    struct bench *bench = *state;
    atomic_store(&bench->may_answer, true);
    for (size_t i = 0; i < 300; i++) {
        int fd = call(bench);
        say(fd, ASK("GET /later", ""));
        if (i % 3)
            http_wake(bench->http);
        if (i % 2)
            read_until(bench, fd, SPAN("at last"));
        close(fd);
    }
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
}

static void turns_come_when_nothing_does(void **state) {
    struct bench *bench = *state;
    unsigned before = atomic_load(&bench->turns);
    while (atomic_load(&bench->turns) < before + 2)
        poll(NULL, 0, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_answer_may_come_later),   TEST(who_hangs_up_meanwhile_has_gone),
        TEST(who_waits_too_long_is_told), TEST(an_end_answers_nobody),
        TEST(many_come_and_go),           TEST(turns_come_when_nothing_does),
    };
    return cmocka_run_group_tests_name("http_later", tests, NULL, NULL);
}
