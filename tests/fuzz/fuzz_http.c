/* http: whatever bytes come over a connection, the real server answers in HTTP or hangs up, and
 * what comes to the handler is what the contract promises. An input is what a client sends before
 * it hangs up, in two pieces. */
#include "ports/http.h"
#include "words/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 512, WAITING = 8, WAIT_MS = 8000, SOON_MS = 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The server's thread's. */
static struct world {
    struct http_exchange *waiting[WAITING];
    unsigned turns;
    int pieces;
} world;

static void check_clean(struct span text) {
    for (size_t i = 0; i < text.size; i++)
        check((unsigned char)text.at[i] > ' ' && text.at[i] != 0x7f && text.at[i] != '#');
}

static void check_request(const struct http_request *request) {
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    bool is_known = false;
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        is_known = is_known || span_is(request->method, METHODS[i]);
    check(is_known);
    check(span_starts(request->path, SPAN("/")) || span_is(request->path, "*"));
    check_clean(request->path);
    check_clean(request->query);
    check(request->body.size <= BODY_MAX);
    check(span_is(request->address, "127.0.0.1"));
    struct span length = http_header(request, "content-length");
    if (length.at)
        check(strtoul(length.at, NULL, 10) == request->body.size);
}

static bool more(void *self, struct text *out) {
    struct world *here = self;
    text_add(out, SPAN("a piece"));
    return here->pieces-- > 0;
}

static enum http_when wait_here(struct world *here, struct http_exchange *exchange) {
    for (size_t i = 0; i < WAITING; i++)
        if (!here->waiting[i]) {
            here->waiting[i] = exchange;
            return HTTP_LATER;
        }
    return HTTP_NOW;
}

static enum http_when handle(void *self, const struct http_request *request,
                             struct http_reply *reply) {
    struct world *here = self;
    check_request(request);
    text_print(&reply->body, "%zu", request->body.size);
    if (span_starts(request->path, SPAN("/l")))
        return wait_here(here, request->exchange);
    if (span_starts(request->path, SPAN("/s"))) {
        here->pieces = 4;
        reply->more = more;
        reply->stream = here;
    }
    return HTTP_NOW;
}

/* Some are answered at once, some have gone before. */
static void turn(void *self) {
    struct world *here = self;
    struct http_exchange **next = &here->waiting[here->turns++ % WAITING];
    if (!*next)
        return;
    struct http_reply reply = http_reply_for(*next);
    http_answer(*next, &reply);
    *next = NULL;
}

static void gone(void *self, struct http_exchange *exchange) {
    struct world *here = self;
    for (size_t i = 0; i < WAITING; i++)
        if (here->waiting[i] == exchange) {
            here->waiting[i] = NULL;
            return;
        }
    check(!"it waits for somebody");
}

static struct http *server(void) {
    static struct http *http;
    struct http_handler handler = {&world, handle, turn, gone};
    struct http_settings settings = {.address = "127.0.0.1",
                                     .connections = 16,
                                     .connections_of_one = 16,
                                     .seconds = 2,
                                     .requests = 8,
                                     .body_max = BODY_MAX};
    if (!http) {
        signal(SIGPIPE, SIG_IGN);
        http = http_open(&settings, &handler, NULL);
        check(http);
    }
    return http;
}

/* Leaves no socket behind that would wait for its time to pass. */
static int call(void) {
    struct linger at_once = {1, 0};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_port(server())),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return fd;
}

/* The fuzzer's own alarms interrupt it. */
static int wait_for(int fd, int limit_ms) {
    struct pollfd wait = {fd, POLLIN, 0};
    int rc;
    do
        rc = poll(&wait, 1, limit_ms);
    while (rc < 0 && errno == EINTR);
    return rc;
}

static void read_all(int fd) {
    static const char BEGIN[] = "HTTP/1.1 ";
    char bytes[4096];
    size_t all = 0;
    for (;;) {
        check(wait_for(fd, WAIT_MS) == 1);
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0)
            break;
        for (size_t i = 0; i < (size_t)got && all + i < sizeof BEGIN - 1; i++)
            check(bytes[i] == BEGIN[all + i]);
        all += (size_t)got;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int fd = call();
    size_t first = size ? data[size - 1] % size : 0;
    send(fd, data, first, MSG_NOSIGNAL);
    send(fd, data + first, size - first, MSG_NOSIGNAL);
    wait_for(fd, SOON_MS); /* else its end would be noticed later */
    shutdown(fd, SHUT_WR);
    read_all(fd);
    close(fd);
    return 0;
}
