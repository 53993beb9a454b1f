#include "server/control.h"

#include "words/check.h"
#include "words/json.h"
#include "words/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What waits longest is answered before whoever asks gives up. */
enum { TIME_US = 5 * 1000 * 1000, ANSWER_WITHIN_US = 4500 * 1000 };
/* Whether what a call waits for has happened is looked at so often. */
enum { ASK_EVERY_US = 20 * 1000 };

struct connection {
    int socket; /* -1: a free place */
    enum { READS, WAITS, WRITES } state;
    int64_t since_us, ask_us; /* connected; to be asked again */
    char *request;
    size_t size;
    struct call call;
    size_t written;
};

struct control {
    int folder, socket;
    control_handle *handle;
    void *self;
    const struct clock *clock;
    bool is_full; /* there was no descriptor for who waits at the socket */
    struct connection connections[CONTROL_CONNECTIONS];
};

/* ---- the socket ---- */

/* Beside, then renamed: at no moment does a path lead to a socket that nobody listens to. */
static int listen_at(struct control *control, const char *path, struct why *why) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    control->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlinkat(control->folder, "control.new", 0);
    if (control->socket < 0 ||
        bind(control->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(control->folder, "control.new", 0600, 0) != 0 ||
        listen(control->socket, CONTROL_CONNECTIONS) != 0 ||
        renameat(control->folder, "control.new", control->folder, "control") != 0)
        return why_say(why, "the control socket: %s", strerror(errno));
    return 0;
}

static void free_places(struct control *control) {
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
        control->connections[i].socket = -1;
}

struct control *control_open(const char *folder, control_handle *handle, void *self,
                             const struct clock *clock, struct why *why) {
    char path[CONTROL_PATH];
    int opened;
    if (!control_path(folder, "control.new", path, &opened, why))
        return NULL;
    struct control *control = must_calloc(1, sizeof *control);
    *control = (struct control){
        .folder = opened, .socket = -1, .handle = handle, .self = self, .clock = clock};
    free_places(control);
    if (listen_at(control, path, why) != 0) {
        if (control->socket >= 0)
            close(control->socket);
        close(control->folder);
        free(control);
        return NULL;
    }
    return control;
}

static void hang_up(struct connection *connection) {
    if (connection->socket < 0)
        return;
    close(connection->socket);
    free(connection->request);
    arena_free(&connection->call.arena);
    *connection = (struct connection){.socket = -1};
}

void control_close(struct control **control) {
    if (!*control)
        return;
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
        hang_up(&(*control)->connections[i]);
    unlinkat((*control)->folder, "control", 0);
    close((*control)->socket);
    close((*control)->folder);
    free(*control);
    *control = NULL;
}

/* ---- connections ---- */

static bool may_ask(int socket) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static struct connection *free_place(struct control *control) {
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
        if (control->connections[i].socket < 0)
            return &control->connections[i];
    return NULL;
}

/* Those for whom there is no place wait in the socket's own queue. */
static void take_new(struct control *control) {
    struct connection *place;
    while ((place = free_place(control))) {
        int client = accept4(control->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        control->is_full = client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
        if (client < 0)
            return;
        if (!may_ask(client)) {
            close(client);
            continue;
        }
        *place = (struct connection){.socket = client,
                                     .since_us = clock_steady_us(control->clock),
                                     .request = must_alloc(CONTROL_REQUEST_BYTES + 1)};
        place->call.arena = arena_new();
    }
}

void call_fail(struct call *call, const char *format, ...) {
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    call->answer = text_start(call->arena, sizeof words);
    text_add(&call->answer, SPAN("{\"ok\":false,\"error\":"));
    text_add(&call->answer, json_quote(call->arena, span_of(words)));
    text_add_char(&call->answer, '}');
}

static void answer(struct connection *connection) {
    struct call *call = &connection->call;
    if (call->answer.size > CONTROL_ANSWER_BYTES)
        call_fail(call, "the answer is larger than %d bytes", CONTROL_ANSWER_BYTES);
    text_add_char(&call->answer, '\n');
    connection->state = WRITES;
}

/* ---- reading, asking, writing ---- */

/* What can be said of a request without knowing what it asks for. */
static bool is_request(struct call *call) {
    struct why why;
    enum json_type type;
    if (call->request.size > CONTROL_REQUEST_BYTES)
        call_fail(call, "the request is larger than %d bytes", CONTROL_REQUEST_BYTES);
    else if (json_check(call->request, &type, &why) != 0)
        call_fail(call, "the request is %s", why.words);
    else if (type != JSON_OBJECT)
        call_fail(call, "the request is %s, not an object", json_type_name(type));
    else
        return true;
    return false;
}

static void begin(struct connection *connection, size_t size) {
    struct call *call = &connection->call;
    call->request = (struct span){connection->request, size};
    call->answer = text_start(call->arena, 1024);
    connection->state = WAITS;
    if (!is_request(call))
        answer(connection);
}

/* A line, or all there is before the end. */
static void read_more(struct connection *connection) {
    for (;;) {
        char *at = connection->request + connection->size;
        ssize_t got = recv(connection->socket, at, CONTROL_REQUEST_BYTES + 1 - connection->size, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got < 0 || (got == 0 && connection->size == 0)) {
            hang_up(connection);
            return;
        }
        const char *newline = memchr(at, '\n', (size_t)got);
        connection->size += newline ? (size_t)(newline - at) : (size_t)got;
        if (newline || got == 0 || connection->size > CONTROL_REQUEST_BYTES) {
            begin(connection, connection->size);
            return;
        }
    }
}

static void ask_again(struct control *control, struct connection *connection) {
    struct call *call = &connection->call;
    int64_t now = clock_steady_us(control->clock);
    bool is_late = now >= connection->since_us + ANSWER_WITHIN_US;
    if (now < connection->ask_us)
        return;
    connection->ask_us = now + ASK_EVERY_US;
    if (control->handle(control->self, call)) {
        answer(connection);
    } else if (is_late) {
        call_fail(call, "%s takes longer than %d seconds; it goes on",
                  call->words ? call->words : "it", ANSWER_WITHIN_US / 1000000);
        answer(connection);
    }
    call->asked++;
}

static void write_more(struct connection *connection) {
    struct span left = text_span(&connection->call.answer);
    left = span_cut(left, connection->written, left.size);
    while (left.size) {
        ssize_t sent = send(connection->socket, left.at, left.size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0)
            break;
        connection->written += (size_t)sent;
        left = span_cut(left, (size_t)sent, left.size);
    }
    hang_up(connection);
}

static void move(struct control *control, struct connection *connection) {
    if (connection->socket >= 0 && connection->state == READS)
        read_more(connection);
    if (connection->socket >= 0 && connection->state == WAITS)
        ask_again(control, connection);
    if (connection->socket >= 0 && connection->state == WRITES)
        write_more(connection);
    if (connection->socket >= 0 &&
        clock_steady_us(control->clock) >= connection->since_us + TIME_US)
        hang_up(connection);
}

void control_move(struct control *control) {
    take_new(control);
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
        move(control, &control->connections[i]);
}

size_t control_descriptors(const struct control *control, struct pollfd out[CONTROL_DESCRIPTORS]) {
    size_t count = 0;
    bool has_place = false;
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++) {
        const struct connection *connection = &control->connections[i];
        has_place = has_place || connection->socket < 0;
        short event = connection->state == READS ? POLLIN : POLLOUT;
        if (connection->socket >= 0 && connection->state != WAITS)
            out[count++] = (struct pollfd){connection->socket, event, 0};
    }
    if (has_place && !control->is_full) /* else the loop would run and run: a tick looks again */
        out[count++] = (struct pollfd){control->socket, POLLIN, 0};
    return count;
}

int64_t control_due(const struct control *control) {
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < CONTROL_CONNECTIONS; i++) {
        const struct connection *connection = &control->connections[i];
        int64_t end =
            connection->state == WAITS ? connection->ask_us : connection->since_us + TIME_US;
        if (connection->socket >= 0 && end < due)
            due = end;
    }
    return due;
}
