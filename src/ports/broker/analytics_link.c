#include "ports/broker/analytics_link.h"

#include "ports/broker/parts.h"

/* A stop may have to wait for either. */
enum { OPEN_TIMEOUT_MS = 3000, CONFIRM_WITHIN_US = 3 * 1000 * 1000 };
enum { CHANNEL_EVENTS = 1, CHANNEL_LOOK = 2, CHANNEL_MAKE = 3 };

static int declare(struct analytics_link *analytics, amqp_channel_t channel, bool is_passive,
                   struct why *why) {
    struct link *link = &analytics->link;
    if (link_channel(link, channel, why) < 0)
        return -1;
    amqp_exchange_declare(link->state, channel, amqp_cstring_bytes(analytics->settings->exchange),
                          amqp_cstring_bytes("topic"), is_passive, 1, 0, 0, amqp_empty_table);
    return link_check(link, channel, amqp_get_rpc_reply(link->state), "declaring the exchange",
                      why);
}

/* As it is, whoever has made it and however; else durable. A refusal costs the channel. */
static int have_exchange(struct analytics_link *analytics, struct why *why) {
    if (declare(analytics, CHANNEL_LOOK, true, why) == 0)
        return 0;
    return analytics->link.state && analytics->link.code == AMQP_NOT_FOUND
               ? declare(analytics, CHANNEL_MAKE, false, why)
               : -1;
}

int analytics_link_open(struct analytics_link *analytics, struct why *why) {
    struct link *link = &analytics->link;
    if (link_open(link, &analytics->uri, analytics->settings->ca_file, OPEN_TIMEOUT_MS, why) < 0)
        return -1;
    analytics->next_tag = 1;
    if (have_exchange(analytics, why) < 0)
        return -1;
    return link_confirm_channel(link, CHANNEL_EVENTS, why);
}

static int send_one(struct analytics_link *analytics, const struct told *told, struct why *why) {
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = 2,
    };
    int status = amqp_basic_publish(analytics->link.state, CHANNEL_EVENTS,
                                    amqp_cstring_bytes(analytics->settings->exchange),
                                    amqp_cstring_bytes(told->key), 0, 0, &properties,
                                    bytes_of((struct span){told->body, told->size}));
    return link_sent(&analytics->link, status, "publishing", why);
}

/* The bits of those that an answer up to `tag` is about. */
static uint64_t bits_of(uint64_t first, size_t count, uint64_t tag, bool is_multiple) {
    if (tag < first || tag >= first + count)
        return tag >= first + count && is_multiple ? UINT64_MAX : 0;
    uint64_t bit = (uint64_t)1 << (tag - first);
    return is_multiple ? bit | (bit - 1) : bit;
}

/* Takes an answer off `waiting`. -1: the broker refused one. */
static int take_answer(const amqp_frame_t *frame, uint64_t first, size_t count, uint64_t *waiting,
                       struct why *why) {
    const amqp_method_t *method = &frame->payload.method;
    if (frame->frame_type != AMQP_FRAME_METHOD || frame->channel != CHANNEL_EVENTS)
        return 0;
    if (method->id == AMQP_BASIC_ACK_METHOD) {
        const amqp_basic_ack_t *ack = method->decoded;
        *waiting &= ~bits_of(first, count, ack->delivery_tag, ack->multiple);
    }
    return method->id == AMQP_BASIC_NACK_METHOD ? why_say(why, "the broker refused an event") : 0;
}

static int await_confirms(struct analytics_link *analytics, uint64_t first, size_t count,
                          struct why *why) {
    int64_t until = clock_steady_us(analytics->clock) + CONFIRM_WITHIN_US;
    uint64_t waiting = count == ANALYTICS_AT_ONCE ? UINT64_MAX : ((uint64_t)1 << count) - 1;
    while (waiting) {
        int64_t left = until - clock_steady_us(analytics->clock);
        amqp_frame_t frame;
        if (left <= 0)
            return why_say(why, "no confirms came in time");
        enum link_got got = link_next(&analytics->link, (int)(left / 1000) + 1, &frame, why);
        if (got == LINK_LOST)
            return -1;
        if (got == LINK_FRAME && take_answer(&frame, first, count, &waiting, why) < 0)
            return -1;
        if (got == LINK_FRAME)
            link_release(&analytics->link, frame.channel);
    }
    return 0;
}

/* The last one's `next` is not looked at: somebody may be adding to the queue. */
int analytics_link_publish(struct analytics_link *analytics, const struct told *first, size_t count,
                           struct why *why) {
    uint64_t first_tag = analytics->next_tag;
    const struct told *told = first;
    for (size_t i = 0; i < count; i++) {
        if (send_one(analytics, told, why) < 0)
            return -1;
        told = i + 1 < count ? told->next : NULL;
    }
    analytics->next_tag += count;
    return await_confirms(analytics, first_tag, count, why);
}

int analytics_link_beat(struct analytics_link *analytics, struct why *why) {
    amqp_frame_t frame;
    enum link_got got = LINK_FRAME;
    while (analytics->link.state && got == LINK_FRAME) {
        got = link_next(&analytics->link, 0, &frame, why);
        if (got == LINK_FRAME)
            link_release(&analytics->link, frame.channel);
    }
    return got == LINK_LOST ? -1 : 0;
}
