/* http: bodies, how large, and where they end. */
#include "http_support.h"

#include <stdlib.h>

/* A request with a body of so many bytes; the caller frees it. */
static struct span with_body(const char *line, size_t size) {
    char *at = malloc(size + 300);
    size_t head = (size_t)sprintf(
        at, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", line,
        size);
    memset(at + head, 'b', size);
    return (struct span){at, head + size};
}

static void a_body_comes_whole(void **state) {
    static const char *const METHODS[] = {"POST", "PUT", "DELETE", "OPTIONS", "GET"};
    for (size_t i = 0; i < COUNT(METHODS); i++) {
        char line[64];
        snprintf(line, sizeof line, "%s /echo", METHODS[i]);
        struct span small = with_body(line, 5), large = with_body(line, BODY_MAX);
        assert_true(ends_with(ask(*state, small), SPAN(" 127.0.0.1 bbbbb")));
        assert_true(ends_with(ask(*state, large), SPAN(" 127.0.0.1 65536 bytes")));
        free((char *)small.at);
        free((char *)large.at);
    }
}

static void it_may_come_in_pieces(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK_1("POST /echo", "Transfer-Encoding: ChunKed\r\n"));
    static const struct span PIECES[] = {SPAN("1\r\na"),  SPAN("\r"),        SPAN("\n00"),
                                         SPAN("2\r\nbc"), SPAN("\r\n0\r\n"), SPAN("\r\n")};
    for (size_t i = 0; i < COUNT(PIECES); i++)
        say(fd, PIECES[i]);
    assert_true(ends_with(read_all(bench, fd), SPAN(" 127.0.0.1 abc")));
}

static void who_expects_is_told_to_go_on(void **state) {
    struct bench *bench = *state;
    int fd = call(bench);
    say(fd, ASK_1("POST /echo", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
    starts(read_until(bench, fd, SPAN("\r\n\r\n")), "HTTP/1.1 100 ");
    say(fd, SPAN("abc"));
    assert_true(ends_with(read_all(bench, fd), SPAN(" 127.0.0.1 abc")));
    starts(ask(bench, ASK("POST /", "Content-Length: 99999999\r\nExpect: 100-continue\r\n")),
           "HTTP/1.1 413 ");
}

/* By what its header says, before any of it is read. */
static void a_body_too_large_is_refused_at_once(void **state) {
    static const struct span CASES[] = {
        ASK("POST /", "Content-Length: 65537\r\n"),
        ASK("PUT /", "Content-Length: 999999999999999999\r\n"),
        ASK("DELETE /", "Content-Length: 65537\r\n"),
        ASK("OPTIONS /", "Content-Length: 65537\r\n"),
        ASK("GET /", "Content-Length: 65537\r\n"),
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span reply = ask(bench, CASES[i]);
        starts(reply, "HTTP/1.1 413 ");
        assert_true(ends_with(reply, SPAN("\r\n\r\nthe body is too large\n")));
    }
    assert_int_equal(atomic_load(&bench->handled), 0);
    assert_int_equal(http_counts(bench->http).refused, COUNT(CASES));
}

/* Its connection is not broken off while it still sends, or it might not look for a reply. */
static void who_sends_too_much_hears_why(void **state) {
    struct bench *bench = *state;
    struct span request = with_body("POST /", (size_t)16 << 20);
    for (size_t i = 0; i < 3; i++) {
        struct span reply = ask(bench, request);
        starts(reply, "HTTP/1.1 413 ");
        assert_true(ends_with(reply, SPAN("the body is too large\n")));
    }
    free((char *)request.at);
}

/* Sixteen of full size from one address, which are held until they are answered or their clients
 * have gone. Others still have room. */
static void bodies_are_bounded_together(void **state) {
    enum { HELD = 16 };
    struct bench *bench = *state;
    struct http_settings settings = settings_on(0);
    struct span held = with_body("POST /later", BODY_MAX), more = with_body("POST /echo", 1);
    int fds[HELD];
    settings.connections = settings.connections_of_one = HELD + 2;
    settings.seconds = 100;
    reopen(bench, &settings);
    for (size_t i = 0; i < HELD; i++) {
        fds[i] = call(bench);
        say(fds[i], held);
    }
    wait_for(bench, &bench->handled, HELD);
    struct span reply = ask(bench, more);
    starts(reply, "HTTP/1.1 503 ");
    assert_true(ends_with(reply, SPAN("too many large requests are under way\n")));
    starts(ask(bench, ASK_1("GET /", "")), "HTTP/1.1 200 ");
    int other = call_from(bench, 2);
    say(other, more);
    starts(read_all(bench, other), "HTTP/1.1 200 ");
    for (size_t i = 0; i < HELD; i++)
        close(fds[i]);
    wait_for(bench, &bench->gone, HELD);
    wait_for_nobody(bench);
    starts(ask(bench, more), "HTTP/1.1 200 ");
    free((char *)held.at);
    free((char *)more.at);
}

static void chunk(int fd, size_t size) {
    static char body[8192];
    char head[32];
    snprintf(head, sizeof head, "%zx\r\n", size);
    send(fd, head, strlen(head), MSG_NOSIGNAL);
    send(fd, body, size, MSG_NOSIGNAL);
    send(fd, "\r\n", 2, MSG_NOSIGNAL);
}

/* Of chunks the size is known when they are there: they are read to their end, if that is near. */
static void chunks_too_large_are_refused(void **state) {
    struct bench *bench = *state;
    int near = call(bench), far = call(bench);
    say(near, ASK("POST /", "Transfer-Encoding: chunked\r\n"));
    for (size_t i = 0; i < BODY_MAX / 8192 + 1; i++)
        chunk(near, 8192);
    say(near, SPAN("0\r\n\r\n"));
    starts(read_all(bench, near), "HTTP/1.1 413 ");
    say(far, ASK("POST /", "Transfer-Encoding: chunked\r\n"));
    for (size_t i = 0; i < 100 * BODY_MAX / 8192; i++)
        chunk(far, 8192);
    assert_int_equal(read_all(bench, far).size, 0);
    assert_int_equal(atomic_load(&bench->handled), 0);
}

/* What stands behind a NUL in a target or a value is not seen: the library's doing. */
static void a_nul_is_an_end(void **state) {
    struct bench *bench = *state;
    assert_true(ends_with(ask(bench, ASK_1("GET /echo/a\0b", "X-Word: a\0b\r\n")),
                          SPAN("GET /echo/a [] 127.0.0.1  a")));
}

/* What two readers could understand in two ways. */
static void what_is_ambiguous_is_refused(void **state) {
    struct bench *bench = *state;
    static const struct span CASES[] = {
        ASK("POST /", "Content-Length: 3\r\nContent-Length: 4\r\n"),
        ASK("POST /", "Content-Length: 3\r\nContent-Length: 3\r\n"),
        ASK("POST /", "Content-Length: 3, 3\r\n"),
        ASK("POST /", "Content-Length: +3\r\n"),
        ASK("POST /", "Content-Length: -3\r\n"),
        ASK("POST /", "Content-Length: 0x3\r\n"),
        ASK("POST /", "Content-Length: 3a\r\n"),
        ASK("POST /", "Content-Length:\r\n"),
        ASK("POST /", "Content-Length : 3\r\n"),
        ASK("POST /", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
        ASK("POST /", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
        ASK("POST /", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ASK("POST /", "Transfer-Encoding: gzip, chunked\r\n"),
        ASK("POST /", "Transfer-Encoding: chunked, identity\r\n"),
        ASK("POST /", "Transfer-Encoding: identity\r\n"),
        ASK("POST /", "Transfer-Encoding: xchunked\r\n"),
        ASK("POST /", "Transfer-Encoding : chunked\r\n"),
        ASK("POST /", "Transfer-Encoding:\x0b"
                      "chunked\r\n"),
        ASK("POST /", "Transfer-Encoding\x0b: chunked\r\n"),
        ASK("POST /", "Transfer-Encoding: chunked\x01\r\n"),
        ASK("GET /", "Transfer-Encoding: \"chunked\"\r\n"),
        ASK("GET /", "Content-Length: 3\r\nContent-Length: 0\r\n"),
        ASK("POST /", "Host: y\r\nContent-Length: 0\r\n"),
        ASK("POST /", "a b: x\r\n"),
        ASK("POST /", "nonsense\r\n"),
        ASK("POST /", "A: b\rContent-Length: 3\r\n"),
        ASK("POST /", "A: b\r\n Content-Length: 3\r\n"),
        ASK("POST /", "Transfer-Encoding\r\n : chunked\r\n"),
        ASK("POST /", "Content-Length\0: 3\r\n"),
        SPAN("POST / HTTP/1.1\r\n Content-Length: 3\r\nHost: x\r\n\r\n"),
        SPAN("POST /\r\nHost: x\r\n\r\n"),
        SPAN("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        SPAN("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
        ASK("GET /a\x01", ""),
        ASK("GET /a\x7f", ""),
        ASK("GET /a#b", ""),
        ASK("GET a", ""),
        ASK("GET *", ""),
        ASK("GET ftp://x/", ""),
        ASK("OPTIONS **", ""),
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span reply = ask(bench, CASES[i]);
        if (!span_starts(reply, SPAN("HTTP/1.1 400 ")))
            fail_msg("%.*s%.*s", SPAN_ARGS(CASES[i]), SPAN_ARGS(reply));
    }
    assert_int_equal(atomic_load(&bench->handled), 0);
}

static void broken_chunks_are_refused(void **state) {
    struct bench *bench = *state;
    static const char *const BODIES[] = {"x\r\n",
                                         "-1\r\n",
                                         "1\r\nab\r\n0\r\n\r\n",
                                         "0x1\r\na\r\n0\r\n\r\n",
                                         "fffffffffffffffff\r\n",
                                         " 1\r\na\r\n0\r\n\r\n",
                                         "\r\n"};
    for (size_t i = 0; i < COUNT(BODIES); i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s",
                 BODIES[i]);
        struct span reply = ask(bench, span_of(request));
        if (reply.size && !span_starts(reply, SPAN("HTTP/1.1 4")))
            fail_msg("%s%.*s", request, SPAN_ARGS(reply));
    }
    assert_int_equal(atomic_load(&bench->handled), 0);
}

static void headers_are_bounded(void **state) {
    struct bench *bench = *state;
    struct arena *arena = arena_new();
    struct text many = text_start(arena, 1024);
    char large[20000];
    text_add(&many, SPAN("GET / HTTP/1.1\r\nHost: x\r\n"));
    for (size_t i = 0; i < 100; i++)
        text_add(&many, SPAN("a: b\r\n"));
    text_add(&many, SPAN("\r\n"));
    starts(ask(bench, text_span(&many)), "HTTP/1.1 431 ");
    memset(large, 'a', sizeof large);
    memcpy(large, "GET / HTTP/1.1\r\nHost: x\r\nA: ", 28);
    starts(ask(bench, (struct span){large, sizeof large}), "HTTP/1.1 431 ");
    memset(large, 'a', sizeof large);
    memcpy(large, "GET /", 5);
    starts(ask(bench, (struct span){large, sizeof large}), "HTTP/1.1 414 ");
    arena_free(&arena);
    assert_int_equal(atomic_load(&bench->handled), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_body_comes_whole),           TEST(it_may_come_in_pieces),
        TEST(who_expects_is_told_to_go_on), TEST(a_body_too_large_is_refused_at_once),
        TEST(who_sends_too_much_hears_why), TEST(bodies_are_bounded_together),
        TEST(chunks_too_large_are_refused), TEST(a_nul_is_an_end),
        TEST(what_is_ambiguous_is_refused), TEST(broken_chunks_are_refused),
        TEST(headers_are_bounded),
    };
    return cmocka_run_group_tests_name("http_body", tests, NULL, NULL);
}
