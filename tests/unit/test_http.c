/* http: requests and replies, what is refused, and who is hung up on. */
#include "http_support.h"

#include <sys/resource.h>
#include <sys/wait.h>

static void a_get_is_answered(void **state) {
    struct bench *bench = *state;
    struct span reply = ask(bench, ASK_1("GET /a%20b?query=1", ""));
    starts(reply, "HTTP/1.1 200 ");
    has(reply, "\r\nCache-Control: no-store\r\n");
    assert_true(ends_with(reply, SPAN("\r\n\r\nsaid")));
    starts(ask(bench, ASK_1("GET /none", "")), "HTTP/1.1 404 ");
    has(ask(bench, ASK_1("GET /headers", "")), "\r\nX-One: two three\r\n");
    starts(ask(bench, ASK_1("GET /empty", "")), "HTTP/1.1 204 ");
}

static void a_head_is_a_get_without_its_body(void **state) {
    struct span reply = ask(*state, ASK_1("HEAD /", ""));
    starts(reply, "HTTP/1.1 200 ");
    assert_true(span_has(reply, SPAN("Content-Length: 4")));
    assert_true(ends_with(reply, SPAN("\r\n\r\n")));
}

/* As it came, and of every form that a target may have. */
static void a_request_comes_as_it_was_sent(void **state) {
    static const struct {
        struct span request;
        const char *said;
    } CASES[] = {
        {ASK_1("GET /echo/a%2Fb%00%ff//../c?x&y=%20+&=", ""),
         "\r\n\r\nGET /echo/a%2Fb%00%ff//../c [x&y=%20+&=] 127.0.0.1 "},
        {ASK_1("OPTIONS *", ""), "\r\n\r\nOPTIONS * [] 127.0.0.1 "},
        {ASK_1("GET http://x:80/echo?a", ""), "\r\n\r\nGET /echo [a] 127.0.0.1 "},
        {ASK_1("GET HTTPS://x/echo", ""), "\r\n\r\nGET /echo [] 127.0.0.1 "},
        {ASK_1("GET /echo?", ""), "\r\n\r\nGET /echo [] 127.0.0.1 "},
        {ASK_1("GET /echo??a?b", ""), "\r\n\r\nGET /echo [?a?b] 127.0.0.1 "},
        {ASK_1("GET /echo", "X-WORD: one\r\nX-Word: two\r\n"), "127.0.0.1  one"},
        {ASK_1("DELETE /echo", "x-word: \t one \t\r\n"), "\r\n\r\nDELETE /echo [] 127.0.0.1  one"},
        {ASK_1("GET /echo", "X-Last: one\r\nX-Word: two\r\nx-last: three\r\nX-Lasting: four\r\n"),
         "127.0.0.1  two three"},
        {ASK_1("GET http://x?a", ""), "\r\n\r\nsaid"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        has(ask(*state, CASES[i].request), CASES[i].said);
}

static void other_methods_are_refused(void **state) {
    struct bench *bench = *state;
    static const struct span REQUESTS[] = {
        ASK("PATCH /", "Content-Length: 5\r\n"),
        ASK("TRACE /", ""),
        ASK("CONNECT x:80", ""),
        ASK("get /", ""),
        ASK("NONSENSE /", ""),
        ASK("G\xc3\xa8T /", ""),
    };
    for (size_t i = 0; i < COUNT(REQUESTS); i++) {
        struct span reply = ask(bench, REQUESTS[i]);
        starts(reply, "HTTP/1.1 405 ");
        has(reply, "\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n");
    }
    assert_int_equal(atomic_load(&bench->handled), 0);
}

static void without_bodies_get_and_head_are_all_there_is(void **state) {
    struct bench *bench = *state;
    static const struct span REQUESTS[] = {
        ASK("POST /", "Content-Length: 5\r\n"),
        ASK("PUT /", "Content-Length: 1000000\r\n"),
        ASK("POST /", "Transfer-Encoding: chunked\r\n"),
        ASK("DELETE /", ""),
        ASK("OPTIONS *", ""),
    };
    struct http_settings settings = settings_on(0);
    settings.body_max = 0;
    reopen(bench, &settings);
    for (size_t i = 0; i < COUNT(REQUESTS); i++) {
        struct span reply = ask(bench, REQUESTS[i]);
        starts(reply, "HTTP/1.1 405 ");
        has(reply, "\r\nAllow: GET, HEAD\r\n");
    }
    starts(ask(bench, ASK("GET /", "Content-Length: 1\r\n")), "HTTP/1.1 413 ");
    assert_int_equal(atomic_load(&bench->handled), 0);
    starts(ask(bench, ASK_1("GET /", "Content-Length: 0\r\n")), "HTTP/1.1 200 ");
}

/* A reply that would be split is our bug: it never gets out. */
static void a_header_holds_no_line_end(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    int status;
    http_close(&bench->http);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        reopen(bench, &settings);
        ask(bench, ASK_1("GET /split", ""));
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Refused or hung up on, and the next one is served. */
static void nonsense_does_no_harm(void **state) {
    struct bench *bench = *state;
    static char huge[200000];
    memset(huge, 'a', sizeof huge);
    memcpy(huge, "GET /", 5);
    ask(bench, SPAN("\r\n\r\n\0\xff\x01 nonsense\r\n\r\n"));
    ask(bench, SPAN("GET"));
    ask(bench, SPAN("GET / HTTP/9.9\r\nContent-Length: -1\r\n\r\n"));
    int fd = call(bench);
    send(fd, huge, sizeof huge, MSG_NOSIGNAL); /* as much of it as is taken */
    read_all(bench, fd);
    assert_int_equal(atomic_load(&bench->handled), 0);
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
}

/* Who says that nothing more will come has its answer, and does not keep its place. */
static void who_ends_after_a_request_is_answered(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    settings.seconds = 100;
    reopen(bench, &settings);
    for (size_t i = 0; i < 3; i++) {
        int fd = call(bench);
        say(fd, i == 2 ? SPAN("GET / HT") : ASK("GET /echo", ""));
        shutdown(fd, SHUT_WR);
        assert_int_equal(ends_with(read_all(bench, fd), SPAN(" 127.0.0.1 ")), i < 2);
    }
}

/* ---- more than one on a connection ---- */

static void a_connection_carries_so_many(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    for (unsigned i = 1; i < REQUESTS_OF_ONE; i++) {
        say(fd, ASK("GET /echo", ""));
        struct span reply = read_until(bench, fd, SPAN("127.0.0.1 "));
        assert_false(span_has(reply, SPAN("Connection: close")));
    }
    say(fd, ASK("GET /echo", ""));
    has(read_all(bench, fd), "\r\nConnection: close\r\n");
    assert_int_equal(http_counts(bench->http).requests, REQUESTS_OF_ONE);
}

static void requests_may_come_at_once(void **state) {
    struct bench *bench = *state;
    struct span reply =
        ask(bench, SPAN("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "2\r\ntw\r\n1;a=b\r\no\r\n0\r\nTrailer: x\r\n\r\n"
                        "HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n"
                        "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    has(reply, "\r\n\r\nPOST /echo [] 127.0.0.1 oneHTTP/1.1 200 ");
    has(reply, "\r\n\r\nPOST /echo [] 127.0.0.1 twoHTTP/1.1 200 ");
    assert_true(ends_with(reply, SPAN("\r\n\r\nGET /echo [] 127.0.0.1 ")));
    assert_int_equal(atomic_load(&bench->handled), 4);
}

static void http_1_0_is_spoken(void **state) {
    struct span reply = ask(*state, SPAN("GET /echo HTTP/1.0\r\n\r\n"));
    assert_true(ends_with(reply, SPAN("\r\n\r\nGET /echo [] 127.0.0.1 ")));
    starts(ask(*state, SPAN("GET / HTTP/2.0\r\nHost: x\r\n\r\n")), "HTTP/1.1 505 ");
}

/* ---- who takes too long ---- */

/* Sends a little now and then: never silent, and never done. */
static void drip(struct bench *bench, int fd, struct span words) {
    for (;;) {
        struct pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, 50) == 1)
            break;
        send(fd, words.at, words.size, MSG_NOSIGNAL);
    }
    read_all(bench, fd);
}

/* A place is taken for a second, then it is somebody else's. */
static void who_is_slow_is_hung_up_on(void **state) {
    struct bench *bench = *state;
    int slow[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++) {
        slow[i] = call(bench);
        send(slow[i], "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL);
    }
    drip(bench, slow[0], SPAN("A: b\r\n"));
    for (size_t i = 1; i < CONNECTIONS; i++)
        read_all(bench, slow[i]);
    assert_int_equal(atomic_load(&bench->handled), 0);
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
}

static void a_body_that_drips_is_hung_up_on(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK("POST /", "Content-Length: 1000\r\n"));
    drip(bench, fd, SPAN("a"));
    assert_int_equal(atomic_load(&bench->handled), 0);
}

static void a_second_request_that_drips_is_hung_up_on(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK("GET /echo", ""));
    read_until(bench, fd, SPAN("127.0.0.1 "));
    drip(bench, fd, SPAN("G"));
    assert_int_equal(atomic_load(&bench->handled), 1);
}

static void who_says_nothing_is_hung_up_on(void **state) {
    struct bench *bench = *state;
    int fd = call(bench), other = call(bench);
    say(fd, ASK("GET /echo", ""));
    read_until(bench, fd, SPAN("127.0.0.1 "));
    assert_int_equal(read_all(bench, fd).size, 0);
    assert_int_equal(read_all(bench, other).size, 0);
}

/* ---- how many ---- */

static void of_one_address_so_many(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    settings.connections_of_one = 2;
    reopen(bench, &settings);
    int first = call(bench), second = call(bench);
    say(first, ASK("GET /echo", ""));
    read_until(bench, first, SPAN("127.0.0.1 "));
    say(second, ASK("GET /echo", ""));
    read_until(bench, second, SPAN("127.0.0.1 "));
    assert_int_equal(read_all(bench, call(bench)).size, 0);
    close(first);
    close(second);
}

/* Until one of them goes. */
static void beyond_so_many_they_wait(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    settings.connections = 1;
    settings.seconds = 100;
    reopen(bench, &settings);
    int first = call(bench), second = call(bench);
    say(first, ASK("GET /echo", ""));
    read_until(bench, first, SPAN("127.0.0.1 "));
    say(second, ASK_1("GET /echo", ""));
    say(first, ASK_1("GET /echo", ""));
    starts(read_all(bench, first), "HTTP/1.1 200 ");
    starts(read_all(bench, second), "HTTP/1.1 200 ");
}

/* ---- the port ---- */

static void a_taken_port_is_said(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(http_port(bench->http));
    struct why why;
    assert_null(open_with(bench, &settings, &why));
    has(span_of(why.words), "cannot listen on 127.0.0.1 port ");
    has(span_of(why.words), "in use");
}

static void addresses_are_numbers(void **state) {
    (void)state;
    assert_true(http_is_address("0.0.0.0"));
    assert_true(http_is_address("::1"));
    assert_false(http_is_address("localhost"));
    assert_false(http_is_address("1.2.3"));
    assert_false(http_is_address(""));
}

/* IPv4 that comes to an IPv6 socket is said to be IPv4. */
static void both_kinds_of_address_are_served(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    settings.address = "::";
    reopen(bench, &settings);
    has(ask(bench, ASK_1("GET /echo", "")), "GET /echo [] 127.0.0.1 ");
}

/* The port is free again at once, whatever connections there were. */
static void it_can_be_opened_again(void **state) {
    struct bench *bench = *state;
    struct http_settings settings = settings_on(http_port(bench->http));
    int fd = call(bench);
    ask(bench, ASK_1("GET /", ""));
    reopen(bench, &settings);
    close(fd);
}

/* What is there is served, and then nobody. */
static void no_more_come_when_it_is_quiet(void **state) {
    struct bench *bench = *state;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_port(bench->http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int there = call(bench), late = socket(AF_INET, SOCK_STREAM, 0);
    say(there, ASK("GET /echo", ""));
    read_until(bench, there, SPAN("127.0.0.1 "));
    http_quiesce(bench->http);
    say(there, ASK("GET /echo", ""));
    has(read_all(bench, there), "\r\nConnection: close\r\n");
    assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
    close(late);
}

static void it_counts(void **state) {
    struct bench *bench = *state;
    ask(bench, ASK_1("GET /", ""));
    ask(bench, ASK_1("PATCH /", ""));
    int fd = call(bench);
    say(fd, ASK("GET /echo", ""));
    read_until(bench, fd, SPAN("127.0.0.1 "));
    struct http_counts counts = http_counts(bench->http);
    assert_int_equal(counts.requests, 2);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.connections, 1);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_get_is_answered),
        TEST(a_head_is_a_get_without_its_body),
        TEST(a_request_comes_as_it_was_sent),
        TEST(other_methods_are_refused),
        TEST(without_bodies_get_and_head_are_all_there_is),
        TEST(a_header_holds_no_line_end),
        TEST(nonsense_does_no_harm),
        TEST(who_ends_after_a_request_is_answered),
        TEST(a_connection_carries_so_many),
        TEST(requests_may_come_at_once),
        TEST(http_1_0_is_spoken),
        TEST(who_is_slow_is_hung_up_on),
        TEST(a_body_that_drips_is_hung_up_on),
        TEST(a_second_request_that_drips_is_hung_up_on),
        TEST(who_says_nothing_is_hung_up_on),
        TEST(of_one_address_so_many),
        TEST(beyond_so_many_they_wait),
        TEST(a_taken_port_is_said),
        TEST(addresses_are_numbers),
        TEST(both_kinds_of_address_are_served),
        TEST(it_can_be_opened_again),
        TEST(no_more_come_when_it_is_quiet),
        TEST(it_counts),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
