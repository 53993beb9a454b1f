/* http: a real server on a port of its own, spoken to byte by byte. */
#include "claims.h"

#include "ports/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECONDS = 1, CONNECTIONS = 8, WAIT_MS = 10000 };

struct bench {
    struct http *http;
    char path[256]; /* of the last request */
    char reply[65536];
};

static void handle(void *self, const struct http_request *request, struct http_reply *reply) {
    struct bench *bench = self;
    snprintf(bench->path, sizeof bench->path, "%.*s", SPAN_ARGS(request->path));
    if (span_is(request->path, "/none"))
        reply->status = 404;
    text_add(&reply->body, SPAN("said"));
}

static struct http *open_on(struct bench *bench, uint16_t port, struct why *why) {
    struct http_settings settings = {"127.0.0.1", port, CONNECTIONS, CONNECTIONS, SECONDS};
    return http_open(&settings, handle, bench, why);
}

static int setup(void **state) {
    static struct bench bench;
    struct why why;
    signal(SIGPIPE, SIG_IGN);
    memset(&bench, 0, sizeof bench);
    bench.http = open_on(&bench, 0, &why);
    *state = &bench;
    return bench.http ? 0 : -1;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    http_close(&bench->http);
    return 0;
}

static int call(const struct bench *bench) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_port(bench->http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* All that comes before the other side hangs up. */
static struct span read_all(struct bench *bench, int fd) {
    size_t size = 0;
    for (;;) {
        struct pollfd wait = {fd, POLLIN, 0};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t got = recv(fd, bench->reply + size, sizeof bench->reply - size, 0);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    close(fd);
    return (struct span){bench->reply, size};
}

static struct span ask(struct bench *bench, struct span request) {
    int fd = call(bench);
    assert_int_equal(send(fd, request.at, request.size, MSG_NOSIGNAL), request.size);
    return read_all(bench, fd);
}

static void starts(struct span reply, const char *line) {
    if (!span_starts(reply, span_of(line)))
        fail_msg("%s was expected, not %.*s", line, SPAN_ARGS(reply));
}

static bool ends_with(struct span reply, struct span end) {
    return reply.size >= end.size &&
           memcmp(reply.at + reply.size - end.size, end.at, end.size) == 0;
}

static void a_get_is_answered(void **state) {
    struct bench *bench = *state;
    struct span reply = ask(bench, SPAN("GET /a%20b?query=1 HTTP/1.1\r\nHost: x\r\n\r\n"));
    starts(reply, "HTTP/1.1 200 ");
    assert_true(ends_with(reply, SPAN("\r\n\r\nsaid")));
    assert_string_equal(bench->path, "/a b");
    starts(ask(bench, SPAN("GET /none HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 404 ");
}

static void a_head_is_a_get_without_its_body(void **state) {
    struct span reply = ask(*state, SPAN("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"));
    starts(reply, "HTTP/1.1 200 ");
    assert_true(span_has(reply, SPAN("Content-Length: 4")));
    assert_true(ends_with(reply, SPAN("\r\n\r\n")));
}

static void other_methods_are_refused(void **state) {
    struct bench *bench = *state;
    static const char *const REQUESTS[] = {
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "NONSENSE / HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(REQUESTS); i++) {
        struct span reply = ask(bench, span_of(REQUESTS[i]));
        starts(reply, "HTTP/1.1 405 ");
        assert_true(span_has(reply, SPAN("Allow: GET, HEAD")));
    }
    assert_string_equal(bench->path, "");
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
    assert_string_equal(bench->path, "");
    starts(ask(bench, SPAN("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 200 ");
}

/* A place is taken for a second, then it is somebody else's. */
static void who_is_slow_is_hung_up_on(void **state) {
    struct bench *bench = *state;
    int slow[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++) {
        slow[i] = call(bench);
        send(slow[i], "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL);
    }
    for (;;) { /* never silent, and never done */
        struct pollfd wait = {slow[0], POLLIN, 0};
        if (poll(&wait, 1, 50) == 1)
            break;
        send(slow[0], "A: b\r\n", 6, MSG_NOSIGNAL);
    }
    for (size_t i = 0; i < CONNECTIONS; i++)
        read_all(bench, slow[i]);
    assert_string_equal(bench->path, "");
    starts(ask(bench, SPAN("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 200 ");
}

static void a_taken_port_is_said(void **state) {
    struct bench *bench = *state;
    struct why why;
    assert_null(open_on(bench, http_port(bench->http), &why));
    assert_true(span_has(span_of(why.words), SPAN("cannot listen on 127.0.0.1 port ")));
    assert_true(span_has(span_of(why.words), SPAN("in use")));
}

static void addresses_are_numbers(void **state) {
    (void)state;
    assert_true(http_is_address("0.0.0.0"));
    assert_true(http_is_address("::1"));
    assert_false(http_is_address("localhost"));
    assert_false(http_is_address("1.2.3"));
    assert_false(http_is_address(""));
}

/* The port is free again at once, whatever connections there were. */
static void it_can_be_opened_again(void **state) {
    struct bench *bench = *state;
    uint16_t port = http_port(bench->http);
    struct why why = {""};
    int fd = call(bench);
    ask(bench, SPAN("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    http_close(&bench->http);
    bench->http = open_on(bench, port, &why);
    close(fd);
    if (!bench->http)
        fail_msg("%s", why.words);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_get_is_answered),         TEST(a_head_is_a_get_without_its_body),
        TEST(other_methods_are_refused), TEST(nonsense_does_no_harm),
        TEST(who_is_slow_is_hung_up_on), TEST(a_taken_port_is_said),
        TEST(addresses_are_numbers),     TEST(it_can_be_opened_again),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
