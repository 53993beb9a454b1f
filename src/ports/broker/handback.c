/* handback: the way back to an earlier server. What the stream still holds goes into that one's
 * queues, under the keys it came with, and what comes from then on, too.
 *
 * 1. The stream is moved up to its end. It grows meanwhile, so this is done again until little
 * came.
 * 2. Pattern by pattern the queues are bound and the stream is unbound. A message that comes in the
 *    one or two milliseconds between the two is in both, and so comes twice, rather than not at
 * all.
 * 3. The rest of the stream is moved, until a look at its end finds no more.
 *
 * In this order a conversation keeps its order, but for the few messages of step 3, which are
 * behind newer ones. The queues may be consumed meanwhile; whoever binds them to the clients' keys
 * before step 2 has all that comes until then twice.
 *
 * Moved in batches: published, all of it confirmed, the position told to the caller, and only then
 * the next one. Who is killed and tries again repeats at most one batch. The messages get into a
 * queue through an exchange of its own, made for this, that leaves the key as it is. */
#include "ports/broker/parts.h"

#include "words/clock.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

enum {
    CHANNEL_BACK = 1,
    BATCH = 64, /* their confirms are bits of a word */
    FEW = 64,   /* so few came meanwhile: time for step 2 */
    CATCH_UPS = 20,
    LAST_LOOKS = 100,
    STEP_MS = 100,
};

struct giving {
    struct broker *broker;
    const struct broker_start *start;
    const struct broker_handback *caller;
    struct broker_given *given;
    struct link link;
    char exchanges[BROKER_QUEUES][256];
    uint64_t published;   /* before this batch */
    uint64_t unconfirmed; /* of this batch, a bit each */
    size_t count;         /* of this batch */
    bool has_passed;      /* something was taken since the caller was told … */
    struct delivery last; /* … and this is the last of it (without its spans) */
    int64_t heard_us;
};

static int64_t now_us(void) {
    return clock_steady_us(&clock_real);
}

/* ---- the queues, and the ways into them ---- */

static int make_exchange(struct giving *giving, enum broker_queue queue, struct why *why) {
    struct link *link = &giving->link;
    const char *name = giving->exchanges[queue];
    const char *into = giving->broker->settings.queues[queue];
    amqp_exchange_declare(link->state, CHANNEL_BACK, amqp_cstring_bytes(name),
                          amqp_cstring_bytes("fanout"), 0, 0, 0, 0, amqp_empty_table);
    if (link_check(link, CHANNEL_BACK, amqp_get_rpc_reply(link->state), name, why) < 0)
        return -1;
    amqp_queue_bind(link->state, CHANNEL_BACK, amqp_cstring_bytes(into), amqp_cstring_bytes(name),
                    amqp_empty_bytes, amqp_empty_table);
    return link_check(link, CHANNEL_BACK, amqp_get_rpc_reply(link->state), into, why);
}

static int make_ways(struct giving *giving, struct why *why) {
    struct broker *broker = giving->broker;
    const struct broker_settings *settings = &broker->settings;
    if (link_open(&giving->link, &broker->uri, settings->ca_file, settings->open_timeout_ms, why) <
            0 ||
        link_confirm_channel(&giving->link, CHANNEL_BACK, why) < 0)
        return -1;
    for (int i = 0; i < BROKER_QUEUES; i++) {
        snprintf(giving->exchanges[i], sizeof giving->exchanges[i], "%.230s.back.%d",
                 settings->stream, i);
        if (topology_make_shared(broker, settings->queues[i], why) < 0 ||
            make_exchange(giving, (enum broker_queue)i, why) < 0)
            return -1;
    }
    return 0;
}

/* What is left of them after a failure does no harm, and is found again. */
static int remove_ways(struct giving *giving, struct why *why) {
    struct link *link = &giving->link;
    for (int i = 0; i < BROKER_QUEUES; i++) {
        amqp_exchange_delete(link->state, CHANNEL_BACK, amqp_cstring_bytes(giving->exchanges[i]),
                             0);
        if (link_check(link, CHANNEL_BACK, amqp_get_rpc_reply(link->state), giving->exchanges[i],
                       why) < 0)
            return -1;
    }
    return 0;
}

/* ---- moving ---- */

static bool ends_with(struct span span, struct span end) {
    return span.size >= end.size &&
           span_equal(span_cut(span, span.size - end.size, span.size), end);
}

static enum broker_queue queue_of(struct span key) {
    if (span_starts(key, SPAN("observer.webhook.")))
        return BROKER_WEBHOOKS;
    if (span_starts(key, SPAN("apps.observer.")) && ends_with(key, SPAN(".persist")))
        return BROKER_PERSIST;
    return BROKER_MESSAGES;
}

static int publish(struct giving *giving, const struct delivery *delivery, struct why *why) {
    struct link *link = &giving->link;
    const char *exchange = giving->exchanges[queue_of(delivery->key)];
    amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
                                          .delivery_mode = 2};
    incoming_hand_on(delivery->ticket, delivery->client_id, &properties);
    if (delivery->body_size > delivery->body.size)
        return why_say(why, "the message at offset %" PRIu64 " has %zu bytes, which is too many",
                       delivery->offset, delivery->body_size);
    if (!link->state)
        return why_say(why, "%s", link->why.words);
    int status =
        amqp_basic_publish(link->state, CHANNEL_BACK, amqp_cstring_bytes(exchange),
                           bytes_of(delivery->key), 1, 0, &properties, bytes_of(delivery->body));
    if (link_sent(link, status, "moving a message", why) < 0)
        return -1;
    giving->unconfirmed |= UINT64_C(1) << giving->count++;
    return 0;
}

static int hear_confirm(struct giving *giving, const amqp_frame_t *frame, struct why *why) {
    if (frame->frame_type != AMQP_FRAME_METHOD)
        return 0;
    if (frame->payload.method.id != AMQP_BASIC_ACK_METHOD)
        return why_say(why, "the broker does not take a message back into its queue");
    giving->unconfirmed &= ~missed_confirmed(giving->published, frame->payload.method.decoded);
    return 0;
}

static int await_confirms(struct giving *giving, struct why *why) {
    int64_t end_us = now_us() + giving->broker->settings.open_timeout_ms * INT64_C(1000);
    while (giving->unconfirmed) {
        amqp_frame_t frame;
        enum link_got got = link_next(&giving->link, STEP_MS, &frame, why);
        if (got == LINK_LOST || broker_tick(giving->broker, why) < 0)
            return -1;
        if (got == LINK_FRAME && hear_confirm(giving, &frame, why) < 0)
            return -1;
        link_release(&giving->link, CHANNEL_BACK);
        if (giving->unconfirmed && now_us() > end_us)
            return why_say(why, "the broker did not confirm what was moved");
    }
    return 0;
}

/* What was taken is safe in the queues: said to the caller, then to the stream. */
static int finish_batch(struct giving *giving, struct why *why) {
    const struct delivery *last = &giving->last;
    if (!giving->has_passed)
        return 0;
    if (await_confirms(giving, why) < 0 ||
        giving->caller->passed(giving->caller->self, last->incarnation, last->offset, last->digest,
                               why) < 0)
        return -1;
    stream_settle(giving->broker, last->offset);
    stream_flush(giving->broker);
    giving->given->moved += giving->count;
    giving->published += giving->count;
    giving->count = 0;
    giving->has_passed = false;
    return 0;
}

static int wait_for_more(struct giving *giving, struct why *why) {
    struct broker *broker = giving->broker;
    amqp_frame_t frame;
    int fds[3];
    broker_descriptors(broker, fds);
    struct pollfd polled[] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[2], .events = POLLIN}};
    if (!broker_has_buffered(broker, true))
        poll(polled, sizeof polled / sizeof *polled, STEP_MS);
    if (now_us() - giving->heard_us > broker->settings.open_timeout_ms * INT64_C(1000))
        return peek_say_silent(broker, broker->stream.next, why);
    /* Nothing is to come there, but heartbeats are sent from it. */
    if (link_next(&giving->link, 0, &frame, why) == LINK_LOST)
        return -1;
    link_release(&giving->link, CHANNEL_BACK);
    return broker_tick(broker, why);
}

static int pass(struct giving *giving, const struct delivery *delivery, bool is_poison,
                struct why *why) {
    if (is_poison)
        giving->given->poisons++;
    else if (!delivery->is_marker && publish(giving, delivery, why) < 0)
        return -1;
    giving->last = *delivery;
    giving->last.digest = is_poison ? 0 : delivery->digest;
    giving->has_passed = true;
    giving->heard_us = now_us();
    return giving->count == BATCH ? finish_batch(giving, why) : 0;
}

static int move_one(struct giving *giving, struct why *why) {
    struct intake intake = broker_intake(giving->broker);
    struct delivery delivery;
    enum take take = intake.take(intake.self, &delivery, why);
    switch (take) {
    case TAKE_LOST:
        return -1;
    case TAKE_NONE:
        return finish_batch(giving, why) < 0 ? -1 : wait_for_more(giving, why);
    case TAKE_POISON:
    case TAKE_MESSAGE:
        break;
    }
    return pass(giving, &delivery, take == TAKE_POISON, why);
}

/* All up to the pad, which is a marker of ours. */
static int move_to_end(struct giving *giving, struct why *why) {
    giving->heard_us = now_us();
    while (giving->broker->stream.next <= giving->broker->stream.pad ||
           giving->broker->stream.poison_waiting)
        if (move_one(giving, why) < 0)
            return -1;
    return finish_batch(giving, why);
}

static int catch_up(struct giving *giving, struct why *why) {
    uint64_t before;
    int tries = 0;
    do {
        before = giving->given->moved;
        if ((tries > 0 && poison_place_pad(giving->broker, why) < 0) ||
            move_to_end(giving, why) < 0)
            return -1;
    } while (giving->given->moved - before > FEW && ++tries < CATCH_UPS);
    return 0;
}

/* ---- switching over ---- */

static int switch_over(struct giving *giving, struct why *why) {
    const struct broker_start *start = giving->start;
    for (size_t i = 0; i < start->earlier_count; i++) {
        const struct broker_pattern *earlier = &start->earlier[i];
        if (topology_bind_shared(giving->broker, earlier, why) < 0 ||
            routes_unbind(giving->broker, earlier->pattern, why) < 0)
            return -1;
    }
    for (size_t i = 0; i < start->binding_count; i++)
        if (routes_unbind(giving->broker, start->bindings[i], why) < 0)
            return -1;
    return 0;
}

static int count_missed(struct broker *broker, size_t *count, struct why *why) {
    amqp_queue_declare_ok_t found = {0};
    bool is_there;
    if (topology_look_at(broker, broker->routes.queues[broker->routes.current], &is_there, &found,
                         why) < 0)
        return -1;
    *count = found.message_count;
    return 0;
}

/* What was on its way to the stream when that was unbound. What is being moved into it just now
 * counts neither there nor here. */
static int move_rest(struct giving *giving, struct why *why) {
    for (int i = 0; i < LAST_LOOKS; i++) {
        bool is_moving = giving->broker->missed.state > MISSED_RESTING;
        uint64_t before = giving->given->moved;
        size_t missed;
        if (count_missed(giving->broker, &missed, why) < 0 ||
            poison_place_pad(giving->broker, why) < 0 || move_to_end(giving, why) < 0)
            return -1;
        if (giving->given->moved == before && missed == 0 && !is_moving)
            return 0;
    }
    return why_say(why, "the stream does not become empty: somebody else publishes to it");
}

static int give(struct giving *giving, struct why *why) {
    if (make_ways(giving, why) < 0 || catch_up(giving, why) < 0 || switch_over(giving, why) < 0 ||
        move_rest(giving, why) < 0)
        return -1;
    return remove_ways(giving, why);
}

/* Somebody has to look at that first: what was lost is said when the server starts. */
static int refuse_other(const struct broker *broker, const struct broker_start *start,
                        struct why *why) {
    if (broker->found.incarnation == start->incarnation)
        return 0;
    return why_say(why,
                   "the stream %s is not as the server left it: start the server once, which says "
                   "what is missing, and stop it",
                   broker->settings.stream);
}

int broker_hand_back(struct broker *broker, const struct broker_start *start,
                     const struct broker_handback *caller, struct broker_given *given,
                     struct why *why) {
    struct giving giving = {.broker = broker, .start = start, .caller = caller, .given = given};
    *given = (struct broker_given){0};
    link_init(&giving.link, "handback");
    if (broker_open(broker, start, why) != BROKER_OPEN)
        return -1;
    int rc = refuse_other(broker, start, why);
    given->missing = broker->found.missing;
    if (rc == 0)
        rc = give(&giving, why);
    link_close(&giving.link);
    broker_close(broker);
    return rc;
}
