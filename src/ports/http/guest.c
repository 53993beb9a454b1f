#include "ports/http/inside.h"
#include "words/check.h"
#include "words/clock.h"

#include <sys/socket.h>

enum { LOOK_US = 100 * 1000 };

static int64_t seconds_from_now(const struct http *http, int64_t times) {
    return clock_steady_us(&clock_real) + times * http->settings.seconds * 1000000;
}

struct guest *guest_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

/* The library has no more connections than there are places. */
static struct guest *free_place(struct http *http) {
    struct guest *guest = http->guests;
    while (guest->connection)
        guest++;
    check(guest < http->guests + http->settings.connections);
    return guest;
}

static struct guest *came(struct http *http, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct guest *guest = free_place(http);
    *guest = (struct guest){.http = http, .connection = connection, .fd = info->connect_fd};
    guest->until_us = seconds_from_now(http, 1);
    atomic_fetch_add(&http->connections, 1);
    return guest;
}

void guest_changed(void *self, struct MHD_Connection *connection, void **socket_context,
                   enum MHD_ConnectionNotificationCode code) {
    struct http *http = self;
    struct guest *guest = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = came(http, connection);
    } else {
        if (guest->was_refused && !atomic_load(&http->is_stopping))
            linger(http, guest->fd);
        guest->connection = NULL;
        atomic_fetch_sub(&http->connections, 1);
    }
}

void guest_may_go_on(struct guest *guest) {
    guest->until_us = seconds_from_now(guest->http, 1);
}

void guest_may_rest(struct guest *guest) {
    guest->until_us = seconds_from_now(guest->http, 2);
}

/* The library finds the end of the connection when it looks next. */
void guest_hang_up(struct guest *guest) {
    shutdown(guest->fd, SHUT_RDWR);
    guest->is_over = true;
}

/* Its end came together with its last bytes, which the library does not notice: it reads what there
 * is, and waits for more. Nothing more will come of a request that is not whole by the next look.
 */
static bool has_ended(struct guest *guest) {
    char byte;
    if (guest->exchange && guest->exchange->stage > EXCHANGE_BODY)
        return false;
    bool had_ended = guest->has_ended;
    guest->has_ended = recv(guest->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    return had_ended && guest->has_ended;
}

struct share guests_share(const struct http *http, const char *address) {
    struct share share = {0, 0};
    for (unsigned i = 0; i < http->settings.connections; i++) {
        const struct guest *guest = &http->guests[i];
        if (!guest->connection || !guest->exchange ||
            strcmp(guest->exchange->address, address) != 0)
            continue;
        share.held += guest->exchange->room;
        share.replied += guest->exchange->replied;
    }
    return share;
}

static void end_its_time(struct guest *guest) {
    if (guest->exchange && guest->exchange->stage == EXCHANGE_WAITING)
        later_over(guest->exchange);
    else
        guest_hang_up(guest);
}

void guests_look(struct http *http) {
    int64_t now = clock_steady_us(&clock_real);
    if (now - http->looked_us < LOOK_US)
        return;
    http->looked_us = now;
    lingerers_look(http, now);
    for (unsigned i = 0; i < http->settings.connections; i++) {
        struct guest *guest = &http->guests[i];
        if (!guest->connection || guest->is_over)
            continue;
        if (guest->until_us <= now)
            end_its_time(guest);
        else if (has_ended(guest))
            guest_hang_up(guest);
    }
}
