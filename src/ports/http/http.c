/* The library is run by a thread of ours, not by its own: its time limit is on silence, and a
 * client that sends a byte now and then would keep its place for ever. */
#include "ports/http.h"

#include "ports/http/listen.h"
#include "words/check.h"
#include "words/clock.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES = 16 * 1024, TURN_MS = 500 };

struct guest {
    int fd; /* -1: a free place */
    int64_t since_us;
    bool is_over; /* it was hung up on; the library has not noticed yet */
};

struct http {
    struct http_settings settings;
    http_handle *handle;
    void *self;
    struct MHD_Daemon *daemon;
    uint16_t port;
    int stop; /* eventfd */
    pthread_t thread;
    struct guest *guests; /* as many as connections; the thread's own */
};

/* ---- how long each may take ---- */

static void came(struct http *http, struct MHD_Connection *connection, void **socket_context) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (size_t i = 0; i < http->settings.connections; i++)
        if (http->guests[i].fd < 0) {
            http->guests[i] =
                (struct guest){.fd = info->connect_fd, .since_us = clock_steady_us(&clock_real)};
            *socket_context = &http->guests[i];
            return;
        }
    *socket_context = NULL;
}

static void connection_changed(void *self, struct MHD_Connection *connection, void **socket_context,
                               enum MHD_ConnectionNotificationCode code) {
    struct guest *guest = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        came(self, connection, socket_context);
    else if (guest)
        guest->fd = -1;
}

static void hang_up_on_late_ones(struct http *http) {
    int64_t late = clock_steady_us(&clock_real) - (int64_t)http->settings.seconds * 1000000;
    for (size_t i = 0; i < http->settings.connections; i++) {
        struct guest *guest = &http->guests[i];
        if (guest->fd < 0 || guest->is_over || guest->since_us > late)
            continue;
        shutdown(guest->fd, SHUT_RDWR);
        guest->is_over = true;
    }
}

/* ---- one request ---- */

static enum MHD_Result send_reply(struct MHD_Connection *connection,
                                  const struct http_reply *reply) {
    struct span body = text_span(&reply->body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.size, (void *)body.at, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_NO;
    if (MHD_add_response_header(response, "Content-Type", reply->content_type) == MHD_YES &&
        MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
        (reply->status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(response, "Allow", "GET, HEAD") == MHD_YES))
        result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Answered as soon as the headers are there: a body, if there is one, is never read, and the
 * library closes the connection behind the answer. */
static enum MHD_Result answer(void *self, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, /* NOLINT(readability-non-const-parameter) */
                              void **context) {
    struct http *http = self;
    struct arena *arena = arena_new();
    struct http_request request = {.arena = arena, .path = span_of(path)};
    struct http_reply reply = {.status = MHD_HTTP_OK,
                               .content_type = "text/plain; charset=utf-8",
                               .body = text_start(arena, 1024)};
    (void)version, (void)upload, (void)upload_size, (void)context;
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
        http->handle(http->self, &request, &reply);
    } else {
        reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        text_add(&reply.body, SPAN("GET and HEAD are all there is\n"));
    }
    enum MHD_Result result = send_reply(connection, &reply);
    arena_free(&arena);
    return result;
}

/* ---- the thread ---- */

static int wait_ms(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG wanted;
    if (MHD_get_timeout(daemon, &wanted) != MHD_YES || wanted > TURN_MS)
        return TURN_MS;
    return (int)wanted;
}

static void *serve(void *self) {
    struct http *http = self;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[2] = {{info->epoll_fd, POLLIN, 0}, {http->stop, POLLIN, 0}};
    while (!fds[1].revents) {
        poll(fds, 2, wait_ms(http->daemon));
        MHD_run(http->daemon);
        hang_up_on_late_ones(http);
    }
    return NULL;
}

/* ---- begin and end ---- */

/* Signals are the loop's: the thread blocks them all. */
static int start_thread(struct http *http) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&http->thread, NULL, serve, http);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc == 0)
        pthread_setname_np(http->thread, "http");
    return rc;
}

static int start_daemon(struct http *http, int fd, struct why *why) {
    const struct http_settings *settings = &http->settings;
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, answer, http, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        settings->connections_of_one, MHD_OPTION_CONNECTION_TIMEOUT, settings->seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
        connection_changed, http, MHD_OPTION_END);
    return http->daemon ? 0 : why_say(why, "the HTTP server does not start: %s", strerror(errno));
}

static struct http *http_new(const struct http_settings *settings, http_handle *handle,
                             void *self) {
    struct http *http = must_calloc(1, sizeof *http);
    *http = (struct http){.settings = *settings, .handle = handle, .self = self};
    http->guests = must_calloc(settings->connections, sizeof *http->guests);
    for (size_t i = 0; i < settings->connections; i++)
        http->guests[i].fd = -1;
    http->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(http->stop >= 0);
    return http;
}

static void release(struct http *http) {
    if (http->daemon)
        MHD_stop_daemon(http->daemon); /* closes the socket it listens on */
    close(http->stop);
    free(http->guests);
    free(http);
}

struct http *http_open(const struct http_settings *settings, http_handle *handle, void *self,
                       struct why *why) {
    uint16_t port = 0;
    int fd = listen_on(settings->address, settings->port, &port, why);
    if (fd < 0)
        return NULL;
    struct http *http = http_new(settings, handle, self);
    http->port = port;
    if (start_daemon(http, fd, why) != 0) {
        close(fd);
        release(http);
        return NULL;
    }
    check(start_thread(http) == 0);
    return http;
}

void http_close(struct http **http) {
    if (!*http)
        return;
    check(eventfd_write((*http)->stop, 1) == 0);
    pthread_join((*http)->thread, NULL);
    release(*http);
    *http = NULL;
}

uint16_t http_port(const struct http *http) {
    return http->port;
}
