/* renew: the publisher's connection is made anew with the newest password, while it works.
 *
 * Tried on RabbitMQ 3.10.8 with rabbitmq_auth_backend_oauth2: a connection outlives its token. What
 * it was allowed once it may go on doing until the broker forgets that it had looked, within a
 * minute; from then on each publication, get and declaration is refused with the channel's end
 * (403), while consumers get their deliveries, and their acknowledgements count, for ever. So what
 * only consumes (the intake, the lease) needs no newer token, what takes one by one makes its
 * connection anew where nothing is under way (missed.c), and what publishes goes through here.
 *
 * AMQP has connection.update-secret for it, and that broker takes it; but rabbitmq-c 0.11 can
 * neither send it ("unknown AMQP method id") nor read past the answer. So it is done in a way that
 * asks nothing of either, and works for a changed password as well: a second connection logs in
 * while the first one works; when all that was published on the first is confirmed, and before
 * anything else is, the second takes its place. Between two channels the broker keeps no order, so
 * publications wait for those confirms (milliseconds). One that does not come (of a queue that its
 * node cannot reach, say) holds up no others: what is in use stays, and it is tried again later.
 * The lease has a connection of its own, which is why it is not let go meanwhile. */
#include "ports/broker/parts.h"

#include "words/clock.h"
#include "words/log.h"

#include <inttypes.h>

enum {
    OPEN_MS = 3000, /* the caller is held so long at most, by a broker that does not answer */
    CONFIRMS_US = 10 * 1000 * 1000,
    RETRY_FIRST_US = 1000 * 1000,
    RETRY_LONGEST_US = 60 * 1000 * 1000,
};

static bool is_outdated(const struct broker *broker) {
    return link_is_outdated(&broker->outlet.link, &broker->uri);
}

static void try_later(struct renewal *renewal, const struct why *why) {
    char words[512];
    int64_t wait_us = renewal->back_off_us ? renewal->back_off_us * 2 : RETRY_FIRST_US;
    if (wait_us > RETRY_LONGEST_US)
        wait_us = RETRY_LONGEST_US;
    renewal->back_off_us = wait_us;
    renewal->retry_us = clock_steady_us(&clock_real) + wait_us;
    log_line(LOG_WARN, "login", "connection=publisher state=kept retry_ms=%" PRId64 " reason=%s",
             wait_us / 1000, log_quote(words, sizeof words, span_of(why->words)));
}

/* The one that is in use stays until it is there. */
static void open_next(struct broker *broker) {
    struct renewal *renewal = &broker->outlet.renewal;
    struct why why;
    int timeout_ms =
        broker->settings.open_timeout_ms < OPEN_MS ? broker->settings.open_timeout_ms : OPEN_MS;
    if (clock_steady_us(&clock_real) < renewal->retry_us)
        return;
    renewal->patience_us = clock_steady_us(&clock_real) + CONFIRMS_US;
    if (outlet_prepare(broker, &renewal->next, timeout_ms, &why) == 0)
        return;
    link_drop(&renewal->next);
    try_later(renewal, &why);
}

/* Nothing is sent on it yet: only heartbeats come. */
static void look_after_next(struct link *next) {
    amqp_frame_t frame;
    struct why why;
    enum link_got got = next->state ? LINK_FRAME : LINK_IDLE;
    while (got == LINK_FRAME) {
        got = link_next(next, 0, &frame, &why);
        if (got == LINK_FRAME)
            link_release(next, frame.channel);
    }
}

void renew_init(struct renewal *renewal) {
    *renewal = (struct renewal){0};
    link_init(&renewal->next, "publisher");
}

void renew_stop(struct renewal *renewal) {
    link_close(&renewal->next);
    renew_init(renewal);
}

void renew_tick(struct broker *broker) {
    struct renewal *renewal = &broker->outlet.renewal;
    look_after_next(&renewal->next);
    if (!renewal->next.state && is_outdated(broker))
        open_next(broker);
    renew_may_publish(broker);
}

/* Still without a confirm on the connection in use. */
static bool wait_on(struct renewal *renewal) {
    struct why why;
    if (clock_steady_us(&clock_real) < renewal->patience_us)
        return false;
    why_say(&why, "a confirm does not come on the connection in use");
    link_close(&renewal->next);
    try_later(renewal, &why);
    return true;
}

bool renew_may_publish(struct broker *broker) {
    struct outlet *outlet = &broker->outlet;
    if (!outlet->renewal.next.state)
        return true;
    if (outlet_unconfirmed(outlet) > 0)
        return wait_on(&outlet->renewal);
    link_close(&outlet->link);
    outlet_use(outlet, &outlet->renewal.next);
    renew_init(&outlet->renewal);
    log_line(LOG_INFO, "login", "connection=publisher state=renewed");
    return true;
}
