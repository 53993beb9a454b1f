/* bench_http: what a request costs the HTTP server's thread, on a connection that is kept and on
 * one of its own, with a handler that does nothing.
 *
 *     build/bench/bench_http [REQUESTS]
 *
 * One client asks one thing after the other, over the loopback: the time is its own too, the CPU is
 * the server's thread's alone. */
#include "ports/http.h"
#include "words/check.h"
#include "words/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 1000000 };

static atomic_int_fast64_t cpu_us; /* of the server's thread */

static void take_time(void *self) {
    struct timespec now;
    (void)self;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    atomic_store(&cpu_us, now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static enum http_when handle(void *self, const struct http_request *request,
                             struct http_reply *reply) {
    (void)self, (void)request;
    text_add(&reply->body, SPAN("{}"));
    return HTTP_NOW;
}

static int call(const struct http *http) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_port(http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void ask(int fd) {
    static const char REQUEST[] = "GET /a/b?c=d HTTP/1.1\r\nHost: localhost\r\n"
                                  "Authorization: Bearer x\r\nAccept: */*\r\n\r\n";
    char reply[1024];
    check(send(fd, REQUEST, sizeof REQUEST - 1, 0) == sizeof REQUEST - 1);
    ssize_t got = recv(fd, reply, sizeof reply, 0);
    check(got > 2 && memcmp(reply + got - 2, "{}", 2) == 0);
}

static void ask_all(const struct http *http, long count, bool is_kept) {
    int fd = call(http);
    for (long i = 0; i < count; i++) {
        ask(fd);
        if (is_kept || i + 1 == count)
            continue;
        close(fd);
        fd = call(http);
    }
    close(fd);
}

static void measure(const char *name, unsigned requests, long count) {
    struct http_settings settings = {.address = "127.0.0.1",
                                     .connections = 16,
                                     .connections_of_one = 16,
                                     .seconds = 10,
                                     .requests = requests,
                                     .body_max = 65536};
    struct http_handler handler = {.handle = handle, .turn = take_time};
    struct why why;
    struct http *http = http_open(&settings, &handler, &why);
    check(http);
    atomic_store(&cpu_us, 0);
    int64_t begun_us = clock_steady_us(&clock_real);
    ask_all(http, count, requests > 1);
    double seconds = (double)(clock_steady_us(&clock_real) - begun_us) / 1e6;
    printf("%-12s %9.0f requests/s, %5.1f us of the server's thread each\n", name,
           (double)count / seconds, (double)atomic_load(&cpu_us) / (double)count);
    http_close(&http);
}

int main(int argc, char **argv) {
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
    signal(SIGPIPE, SIG_IGN);
    measure("kept", KEPT, count);
    measure("one by one", 1, count);
    return 0;
}
