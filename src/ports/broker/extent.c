/* extent: which offsets the stream holds, without touching the server's own connections.
 *
 * The broker says how many there are (to the answer of a passive declare; tried on RabbitMQ 3.10.8:
 * up to 5 s old, the broker's own records included), a consumer from "first" which one is the
 * first. */
#include "ports/broker/parts.h"

#include "words/check.h"

/* How many; -1: `why`. */
static int64_t count(struct broker *broker, struct link *link, struct why *why) {
    const struct broker_settings *settings = &broker->settings;
    if (link_open(link, &broker->uri, settings->ca_file, settings->open_timeout_ms, why) < 0 ||
        link_channel(link, CHANNEL_TOPOLOGY, why) < 0)
        return -1;
    amqp_queue_declare_ok_t *found =
        amqp_queue_declare(link->state, CHANNEL_TOPOLOGY, amqp_cstring_bytes(settings->stream), 1,
                           0, 0, 0, amqp_empty_table);
    if (link_check(link, CHANNEL_TOPOLOGY, amqp_get_rpc_reply(link->state), "looking at the stream",
                   why) < 0)
        return -1;
    check(found);
    return found->message_count;
}

static int find(struct broker *broker, struct link *link, struct broker_extent *out,
                struct why *why) {
    int64_t held = count(broker, link, why);
    *out = (struct broker_extent){.is_empty = held == 0};
    if (held <= 0)
        return held < 0 ? -1 : 0;
    switch (peek_first(broker, link, &out->first, why)) {
    case PEEK_FOUND:
        out->newest = out->first + (uint64_t)held - 1;
        return 0;
    case PEEK_NOTHING:
    case PEEK_DIED:
        return why_say(why, "the broker does not deliver the stream's first message");
    case PEEK_FAILED:
        return -1;
    }
    return -1;
}

int broker_extent(const struct broker_settings *settings, struct broker_extent *out,
                  struct why *why) {
    struct broker *broker = broker_new(settings, why);
    struct link link;
    if (!broker)
        return -1;
    link_init(&link, "extent");
    int rc = find(broker, &link, out, why);
    link_close(&link);
    broker_free(&broker);
    return rc;
}
