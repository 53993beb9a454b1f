/* lease: that one server at a time works. An exclusive consumer, not an exclusive queue: an
 * exclusive queue dies with its connection, which the broker may notice late, and a second server
 * could not tell "in use" from other locks.
 *
 * On a connection of its own: neither a poison, which costs the intake its connection, nor a
 * renewed login, which gives the publisher another one, lets go of it. */
#include "ports/broker/parts.h"

enum { CHANNEL_LEASE = 1 };

static int declare(struct broker *broker, struct why *why) {
    struct link *link = &broker->lease;
    const struct broker_settings *settings = &broker->settings;
    if (link_open(link, &broker->uri, settings->ca_file, settings->open_timeout_ms, why) < 0 ||
        link_channel(link, CHANNEL_LEASE, why) < 0)
        return -1;
    amqp_queue_declare(link->state, CHANNEL_LEASE, amqp_cstring_bytes(settings->lease), 0, 1, 0, 0,
                       amqp_empty_table);
    link->code = 0;
    if (link_check(link, CHANNEL_LEASE, amqp_get_rpc_reply(link->state), "declaring", why) == 0)
        return 0;
    return topology_advise(link, settings->lease, why);
}

enum broker_opened lease_take(struct broker *broker, struct why *why) {
    struct link *link = &broker->lease;
    const char *lease = broker->settings.lease;
    if (declare(broker, why) < 0)
        return BROKER_FAILED;
    amqp_basic_consume(link->state, CHANNEL_LEASE, amqp_cstring_bytes(lease),
                       amqp_cstring_bytes("lease"), 0, 1, 1, amqp_empty_table);
    link->code = 0;
    if (link_check(link, CHANNEL_LEASE, amqp_get_rpc_reply(link->state), "taking the lease", why) ==
        0)
        return BROKER_OPEN;
    if (link->code == AMQP_ACCESS_REFUSED && strstr(why->words, "exclusive")) {
        why_say(why, "another server holds the lease (a consumer on queue %s)", lease);
        return BROKER_STANDBY;
    }
    topology_advise(link, lease, why);
    return BROKER_FAILED;
}

/* What somebody puts into that queue is nothing to anybody. */
int lease_hold(struct broker *broker, struct why *why) {
    enum link_got got = LINK_FRAME;
    while (got == LINK_FRAME) {
        amqp_frame_t frame;
        got = link_next(&broker->lease, 0, &frame, why);
        if (got == LINK_FRAME)
            link_release(&broker->lease, frame.channel);
    }
    return got == LINK_LOST ? -1 : 0;
}
