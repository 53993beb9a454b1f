#include "ports/http.h"

#include "ports/http/inside.h"
#include "ports/http/listen.h"
#include "words/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { REQUEST_BYTES = 16 * 1024, TURN_MS = 500, EVENTS = 64 };

/* ---- the thread ---- */

static int wait_ms(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG wanted;
    if (MHD_get_timeout(daemon, &wanted) != MHD_YES || wanted > TURN_MS)
        return TURN_MS;
    return (int)wanted;
}

void watch(struct http *http, int fd, uint32_t events, struct watched *watched) {
    struct epoll_event event = {.events = events, .data.ptr = watched};
    check(epoll_ctl(http->watch, EPOLL_CTL_ADD, fd, &event) == 0);
}

static void library_is_ready(void *self) {
    (void)self; /* it runs at each turn */
}

static void wake_is_ready(void *self) {
    const struct http *http = self;
    eventfd_t wakes;
    eventfd_read(http->wake, &wakes);
}

static void look_at_events(struct http *http) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(http->watch, events, EVENTS, wait_ms(http->daemon));
    for (int i = 0; i < count; i++) {
        const struct watched *watched = events[i].data.ptr;
        watched->ready(watched->self);
    }
}

static void quiesce(struct http *http) {
    int fd = MHD_quiesce_daemon(http->daemon);
    if (fd >= 0)
        close(fd);
    http->was_quieted = true;
}

/* The library wants nobody suspended when it ends. */
static void end_all(struct http *http) {
    for (unsigned i = 0; i < http->settings.connections; i++)
        if (http->guests[i].connection && http->guests[i].exchange)
            later_gone(http->guests[i].exchange);
    MHD_stop_daemon(http->daemon); /* closes the socket it listens on */
    lingerers_look(http, INT64_MAX);
}

static void *serve(void *self) {
    struct http *http = self;
    http->self = pthread_self();
    while (!atomic_load(&http->is_stopping)) {
        look_at_events(http);
        if (atomic_load(&http->is_quiet) && !http->was_quieted)
            quiesce(http);
        if (http->handler.turn)
            http->handler.turn(http->handler.self);
        MHD_run(http->daemon);
        guests_look(http);
    }
    end_all(http);
    return NULL;
}

/* ---- begin and end ---- */

/* Signals are the loop's: the thread blocks them all. */
static void start_thread(struct http *http) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&http->thread, NULL, serve, http) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(http->thread, "http");
}

/* The first thing it says while it starts is why it does not; what it says later is of clients. */
static void library_says(void *self, const char *format, va_list values) {
    struct http *http = self;
    if (!http->complaint || http->complaint->words[0])
        return;
    vsnprintf(http->complaint->words, sizeof http->complaint->words, format, values);
    http->complaint->words[strcspn(http->complaint->words, "\n")] = '\0';
}

/* As it comes: what %XX stands for is the handler's to know. */
static size_t leave(void *self, struct MHD_Connection *connection, char *text) {
    (void)self, (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct http *http, int fd) {
    const struct http_settings *settings = &http->settings;
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    bool is_plain = !settings->cert;
    return MHD_start_daemon(
        is_plain ? flags : flags | MHD_USE_TLS, 0, NULL, NULL, exchange_go_on, http,
        MHD_OPTION_EXTERNAL_LOGGER, library_says, http, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        settings->connections_of_one, MHD_OPTION_CONNECTION_TIMEOUT, settings->seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave, NULL, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin,
        http, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, http, MHD_OPTION_NOTIFY_CONNECTION,
        guest_changed, http, MHD_OPTION_ARRAY, is_plain ? &tls[3] : tls, MHD_OPTION_END);
}

/* Some of the library's words do not say which of the two it means. */
static int look_at_pem(const struct http_settings *settings, struct why *why) {
    if (!settings->cert)
        return 0;
    if (!strstr(settings->cert, "-----BEGIN CERTIFICATE-----"))
        return why_say(why, "TLS: there is no certificate in PEM");
    if (!settings->key || !strstr(settings->key, "PRIVATE KEY-----"))
        return why_say(why, "TLS: there is no private key in PEM");
    return 0;
}

static int start_library(struct http *http, int fd, struct why *why) {
    struct why complaint = {""};
    http->complaint = &complaint;
    http->daemon = start_daemon(http, fd);
    http->complaint = NULL;
    if (http->daemon)
        return 0;
    close(fd);
    return why_say(why, "the HTTP server does not start: %s",
                   complaint.words[0] ? complaint.words : strerror(errno));
}

static void watch_library(struct http *http) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    http->watched_library = (struct watched){library_is_ready, NULL};
    watch(http, info->epoll_fd, EPOLLIN, &http->watched_library);
}

static struct http *http_new(const struct http_settings *settings,
                             const struct http_handler *handler) {
    struct http *http = must_calloc(1, sizeof *http);
    http->settings = *settings;
    http->handler = *handler;
    http->guests = must_calloc(settings->connections, sizeof *http->guests);
    http->watch = epoll_create1(EPOLL_CLOEXEC);
    http->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(http->watch >= 0 && http->wake >= 0);
    http->watched_wake = (struct watched){wake_is_ready, http};
    watch(http, http->wake, EPOLLIN, &http->watched_wake);
    for (size_t i = 0; i < LINGERERS; i++)
        http->lingerers[i].fd = -1;
    return http;
}

static void release(struct http *http) {
    close(http->watch);
    close(http->wake);
    free(http->guests);
    free(http);
}

struct http *http_open(const struct http_settings *settings, const struct http_handler *handler,
                       struct why *why) {
    uint16_t port = 0;
    if (look_at_pem(settings, why) != 0)
        return NULL;
    int fd = listen_on(settings->address, settings->port, &port, why);
    if (fd < 0)
        return NULL;
    struct http *http = http_new(settings, handler);
    if (start_library(http, fd, why) != 0) {
        release(http);
        return NULL;
    }
    http->settings.cert = http->settings.key = NULL; /* were borrowed */
    http->port = port;
    watch_library(http);
    start_thread(http);
    return http;
}

void http_close(struct http **http) {
    if (!*http)
        return;
    atomic_store(&(*http)->is_stopping, true);
    http_wake(*http);
    pthread_join((*http)->thread, NULL);
    release(*http);
    *http = NULL;
}

/* ---- from any thread ---- */

uint16_t http_port(const struct http *http) {
    return http->port;
}

void http_wake(struct http *http) {
    check(eventfd_write(http->wake, 1) == 0);
}

void http_quiesce(struct http *http) {
    atomic_store(&http->is_quiet, true);
    http_wake(http);
}

struct http_counts http_counts(struct http *http) {
    return (struct http_counts){.requests = atomic_load(&http->requests),
                                .refused = atomic_load(&http->refused),
                                .connections = atomic_load(&http->connections)};
}
