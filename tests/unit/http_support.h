/* http_support: a real server on a port of its own, spoken to byte by byte, and a handler whose
 * paths do what their names say. */
#ifndef CHAT21D_HTTP_SUPPORT_H
#define CHAT21D_HTTP_SUPPORT_H

#include "claims.h"

#include "ports/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SECONDS = 1,
    CONNECTIONS = 8,
    REQUESTS_OF_ONE = 4,
    BODY_MAX = 64 * 1024,
    WAIT_MS = 10000,
    PIECES_OF_STREAM = 64,
    PIECE_OF_STREAM = 64 * 1024,
    LARGE = 16 * 1024 * 1024
};

struct bench {
    struct http *http;
    const struct http_request *waiting; /* the server's thread's */
    int events;                         /* eventfd: counts what happened on the server's thread */
    atomic_bool may_answer;
    atomic_uint handled, gone, done, pieces, turns;
    char reply[1024 * 1024];
};

static inline void tell(struct bench *bench) {
    assert_int_equal(eventfd_write(bench->events, 1), 0);
}

/* Waits until so many of what is counted there have happened. */
static inline void wait_for(struct bench *bench, atomic_uint *what, unsigned count) {
    while (atomic_load(what) < count) {
        struct pollfd wait = {bench->events, POLLIN, 0};
        eventfd_t value;
        if (poll(&wait, 1, WAIT_MS) != 1)
            fail_msg("%u of %u happened", atomic_load(what), count);
        eventfd_read(bench->events, &value);
    }
}

/* Waits until all connections are over. */
static inline void wait_for_nobody(struct bench *bench) {
    for (int waited = 0; http_counts(bench->http).connections; waited++) {
        assert_true(waited < WAIT_MS / 10);
        poll(NULL, 0, 10);
    }
}

static inline bool next_piece(void *self, struct text *out) {
    struct bench *bench = self;
    for (size_t i = 0; i < PIECE_OF_STREAM; i++)
        text_add_char(out, '~');
    return atomic_fetch_add(&bench->pieces, 1) + 1 < PIECES_OF_STREAM;
}

static inline bool endless_piece(void *self, struct text *out) {
    next_piece(self, out);
    return true;
}

static inline void stream_done(void *self) {
    struct bench *bench = self;
    atomic_fetch_add(&bench->done, 1);
    tell(bench);
}

static inline void stream(struct bench *bench, struct http_reply *reply, bool is_endless) {
    reply->more = is_endless ? endless_piece : next_piece;
    reply->done = stream_done;
    reply->stream = bench;
}

static inline void echo(const struct http_request *request, struct text *out) {
    text_print(out, "%.*s %.*s [%.*s] %.*s ", SPAN_ARGS(request->method), SPAN_ARGS(request->path),
               SPAN_ARGS(request->query), SPAN_ARGS(request->address));
    if (request->body.size > 100)
        text_print(out, "%zu bytes", request->body.size);
    else
        text_add(out, request->body);
    if (http_header(request, "x-word").at)
        text_print(out, " %.*s", SPAN_ARGS(http_header(request, "x-word")));
    if (http_header_last(request, "x-last").at)
        text_print(out, " %.*s", SPAN_ARGS(http_header_last(request, "x-last")));
}

static inline enum http_when handle(void *self, const struct http_request *request,
                                    struct http_reply *reply) {
    struct bench *bench = self;
    enum http_when when = HTTP_NOW;
    if (span_is(request->path, "/none"))
        reply->status = 404;
    else if (span_is(request->path, "/empty"))
        reply->status = 204;
    else if (span_is(request->path, "/stream"))
        stream(bench, reply, false);
    else if (span_is(request->path, "/endless"))
        stream(bench, reply, true);
    else if (span_is(request->path, "/large"))
        for (size_t i = 0; i < LARGE; i++)
            text_add_char(&reply->body, '~');
    else if (span_is(request->path, "/later"))
        when = HTTP_LATER;
    if (when == HTTP_LATER)
        bench->waiting = request;
    else if (span_starts(request->path, SPAN("/echo")) || span_is(request->path, "*"))
        echo(request, &reply->body);
    else if (reply->status != 204)
        text_add(&reply->body, SPAN("said"));
    if (span_is(request->path, "/headers"))
        reply->headers[reply->header_count++] = (struct http_reply_header){"X-One", "two three"};
    if (span_is(request->path, "/split"))
        reply->headers[reply->header_count++] =
            (struct http_reply_header){"X-One", "two\r\nX-Two: three"};
    atomic_fetch_add(&bench->handled, 1);
    tell(bench);
    return when;
}

static inline void turn(void *self) {
    struct bench *bench = self;
    atomic_fetch_add(&bench->turns, 1);
    if (!bench->waiting || !atomic_load(&bench->may_answer))
        return;
    struct http_reply reply = http_reply_for(bench->waiting->exchange);
    echo(bench->waiting, &reply.body);
    text_add(&reply.body, SPAN(" at last"));
    http_answer(bench->waiting->exchange, &reply);
    bench->waiting = NULL;
}

static inline void gone(void *self, struct http_exchange *exchange) {
    struct bench *bench = self;
    if (bench->waiting && bench->waiting->exchange == exchange)
        bench->waiting = NULL;
    atomic_fetch_add(&bench->gone, 1);
    tell(bench);
}

static inline struct http_settings settings_on(uint16_t port) {
    return (struct http_settings){.address = "127.0.0.1",
                                  .port = port,
                                  .connections = CONNECTIONS,
                                  .connections_of_one = CONNECTIONS,
                                  .seconds = SECONDS,
                                  .requests = REQUESTS_OF_ONE,
                                  .body_max = BODY_MAX};
}

static inline struct http *open_with(struct bench *bench, const struct http_settings *settings,
                                     struct why *why) {
    struct http_handler handler = {bench, handle, turn, gone};
    return http_open(settings, &handler, why);
}

/* A test that needs other settings opens it anew. */
static inline void reopen(struct bench *bench, const struct http_settings *settings) {
    struct why why = {""};
    http_close(&bench->http);
    bench->http = open_with(bench, settings, &why);
    if (!bench->http)
        fail_msg("%s", why.words);
}

static inline int setup(void **state) {
    static struct bench bench;
    struct http_settings settings = settings_on(0);
    struct why why;
    signal(SIGPIPE, SIG_IGN);
    memset(&bench, 0, sizeof bench);
    bench.events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bench.http = open_with(&bench, &settings, &why);
    *state = &bench;
    return bench.http ? 0 : -1;
}

static inline int teardown(void **state) {
    struct bench *bench = *state;
    http_close(&bench->http);
    close(bench->events);
    return 0;
}

/* From 127.0.0.`last`. */
static inline int call_from(const struct bench *bench, unsigned last) {
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | last)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_port(bench->http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void say(int fd, struct span words) {
    assert_int_equal(send(fd, words.at, words.size, MSG_NOSIGNAL), words.size);
}

static inline int call(const struct bench *bench) {
    return call_from(bench, 1);
}

/* What comes next, behind what is there; 0: the other side hung up. */
static inline size_t hear(struct bench *bench, int fd, size_t size) {
    struct pollfd wait = {fd, POLLIN, 0};
    if (poll(&wait, 1, WAIT_MS) != 1)
        fail_msg("nothing came behind %.*s", (int)size, bench->reply);
    assert_true(size < sizeof bench->reply);
    ssize_t got = recv(fd, bench->reply + size, sizeof bench->reply - size, 0);
    return got > 0 ? (size_t)got : 0;
}

/* All that comes before the other side hangs up. */
static inline struct span read_all(struct bench *bench, int fd) {
    size_t size = 0;
    for (size_t got; (got = hear(bench, fd, size)) > 0;)
        size += got;
    close(fd);
    return (struct span){bench->reply, size};
}

/* How often that byte comes before the other side hangs up. */
static inline size_t count_all(struct bench *bench, int fd, char byte) {
    size_t count = 0;
    for (size_t got; (got = hear(bench, fd, 0)) > 0;)
        for (size_t i = 0; i < got; i++)
            count += bench->reply[i] == byte;
    close(fd);
    return count;
}

/* What comes up to those words. */
static inline struct span read_until(struct bench *bench, int fd, struct span words) {
    size_t size = 0;
    while (!span_has((struct span){bench->reply, size}, words)) {
        size_t got = hear(bench, fd, size);
        if (!got)
            fail_msg("hung up behind %.*s", (int)size, bench->reply);
        size += got;
    }
    return (struct span){bench->reply, size};
}

static inline struct span ask(struct bench *bench, struct span request) {
    int fd = call(bench);
    say(fd, request);
    return read_all(bench, fd);
}

static inline void starts(struct span reply, const char *line) {
    if (!span_starts(reply, span_of(line)))
        fail_msg("%s was expected, not %.*s", line, SPAN_ARGS(reply));
}

static inline void has(struct span reply, const char *words) {
    if (!span_has(reply, span_of(words)))
        fail_msg("%s was expected in %.*s", words, SPAN_ARGS(reply));
}

static inline bool ends_with(struct span reply, struct span end) {
    return reply.size >= end.size &&
           memcmp(reply.at + reply.size - end.size, end.at, end.size) == 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* A request line, the headers that are always there, and more of them. */
#define ASK(line, more)   SPAN(line " HTTP/1.1\r\nHost: x\r\n" more "\r\n")
#define ASK_1(line, more) ASK(line, "Connection: close\r\n" more)

#endif
