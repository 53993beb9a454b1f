/* A socket that is closed while bytes wait in it resets the connection, and the client may lose the
 * reply that says why. So its other half is kept for a moment, and what comes is thrown away. */
#include "ports/http/inside.h"
#include "words/check.h"
#include "words/clock.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_US = 2000 * 1000, GULP = 64 * 1024 };

static void end(struct lingerer *lingerer) {
    close(lingerer->fd);
    lingerer->fd = -1;
}

/* Once a turn, so that nobody else waits for who sends much. */
static void swallow(void *self) {
    struct lingerer *lingerer = self;
    char gulp[GULP];
    if (lingerer->fd >= 0 && recv(lingerer->fd, gulp, sizeof gulp, MSG_DONTWAIT) <= 0)
        end(lingerer);
}

static struct lingerer *free_place(struct http *http) {
    for (size_t i = 0; i < LINGERERS; i++)
        if (http->lingerers[i].fd < 0)
            return &http->lingerers[i];
    return NULL;
}

void linger(struct http *http, int fd) {
    struct lingerer *lingerer = free_place(http);
    int copy = lingerer ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0)
        return;
    shutdown(copy, SHUT_WR);
    *lingerer = (struct lingerer){.watched = {swallow, lingerer},
                                  .fd = copy,
                                  .until_us = clock_steady_us(&clock_real) + LINGER_US};
    watch(http, copy, EPOLLIN | EPOLLRDHUP, &lingerer->watched);
}

void lingerers_look(struct http *http, int64_t now_us) {
    for (size_t i = 0; i < LINGERERS; i++)
        if (http->lingerers[i].fd >= 0 && http->lingerers[i].until_us <= now_us)
            end(&http->lingerers[i]);
}
