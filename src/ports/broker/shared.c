/* shared: the intake from an earlier server's classic queues, beside its observers: one consumer
 * on each of them, not exclusive, with manual acknowledgements. The queues are the others' too:
 * they are made where they are not there, bound to, and never unbound, emptied or deleted.
 *
 * What is promised, and what is not:
 *
 * - None that the queue hands to this server is lost. It is acknowledged when it is stored, not
 *   before, and in the order it came; so whatever dies meanwhile, it is in the queue or in the
 * store.
 * - One may be delivered twice, under two ids. A classic queue gives neither numbers nor names: who
 *   gets a message again cannot tell it from another one with the same key and body. Two users who
 *   write "ok" twice are common, and of two that are alike one may be stored and acknowledged and
 *   the other not. `redelivered` does not tell them apart (after a crash of the broker every
 *   message carries it), nor does their number (an acknowledgement may have been lost, or not), nor
 *   their order (other consumers take some of them in between). To pass over the one that looks
 *   like what is stored would now and then lose the other one. So nothing is passed over, ever:
 *   what comes again and might be known gets an id of its own, as any other.
 *   What was not stored has no id yet that anybody saw: that it came before is nowhere to be seen.
 * - How often that is: what was stored in the moment before a death and whose acknowledgement had
 *   not arrived. All of a commit are acknowledged at once when it returns: of a server that is
 *   killed that is at most one commit (batch_max), and mostly none. A stop is not a death: all is
 *   acknowledged. The broker itself writes acknowledgements down late, so of a broker that is
 *   killed far more comes again (measured in tests/e2e/test_queue).
 * - What clients send at QoS 0 does not outlive a death of the broker in a classic queue, and what
 *   another consumer took is no longer this server's. The stream has none of these limits.
 * - The order of a conversation holds among the messages this server gets; others deliver in
 *   between.
 *
 * A poison (a key over 255 bytes, see poison.c) costs the connection. What was handed out and is
 * not stored yet comes again then, so the caller has to drop it: where there is such, the
 * connection counts as lost. After that it goes carefully: one basic.get at a time, the next when
 * the last one is stored, so that the get which dies is the poison's and costs nothing else. The
 * next get is without acknowledgement, which takes the poison off the queue. Another consumer may
 * have taken it in between; then that get brings a good message, which is handed out as any other,
 * but is off the queue before it is stored: a server that is killed in these milliseconds loses
 * that one. There is no other way to take a poison off a queue that is shared. */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>

enum {
    GOOD_MAX = 64,            /* so many in a row: nothing to be careful about */
    SHARED = BROKER_WEBHOOKS, /* the queues below it are consumed */
};

static const char *queue_name(const struct broker *broker) {
    return broker->settings.queues[broker->shared.queue];
}

/* The next one that is consumed at all. */
static void next_queue(struct broker *broker) {
    do
        broker->shared.queue = (broker->shared.queue + 1) % SHARED;
    while (!queue_name(broker));
}

static unsigned queue_count(const struct broker *broker) {
    const char *const *queues = broker->settings.queues;
    return queues[BROKER_MESSAGES] && queues[BROKER_PERSIST] ? 2 : 1;
}

static int consume(struct broker *broker, const char *queue, struct why *why) {
    struct link *link = &broker->intake;
    amqp_basic_consume(link->state, CHANNEL_SHARED, amqp_cstring_bytes(queue), amqp_empty_bytes, 0,
                       0, 0, amqp_empty_table);
    return link_check(link, CHANNEL_SHARED, amqp_get_rpc_reply(link->state), "consuming a queue",
                      why);
}

/* The prefetch is each consumer's. */
static int consume_all(struct broker *broker, struct why *why) {
    struct link *link = &broker->intake;
    amqp_basic_qos(link->state, CHANNEL_SHARED, 0, broker->settings.prefetch, 0);
    if (link_check(link, CHANNEL_SHARED, amqp_get_rpc_reply(link->state), "setting the prefetch",
                   why) < 0)
        return -1;
    for (int i = 0; i < SHARED; i++)
        if (broker->settings.queues[i] && consume(broker, broker->settings.queues[i], why) < 0)
            return -1;
    broker->shared.is_careful = false;
    return 0;
}

static int open_link(struct broker *broker, struct why *why) {
    const struct broker_settings *settings = &broker->settings;
    broker->shared.is_asked = false;
    incoming_reset(&broker->shared.incoming);
    if (link_open(&broker->intake, &broker->uri, settings->ca_file, settings->open_timeout_ms,
                  why) < 0)
        return -1;
    return link_channel(&broker->intake, CHANNEL_SHARED, why);
}

static void be_careful(struct broker *broker) {
    struct shared *shared = &broker->shared;
    shared->is_careful = true;
    shared->takes_off = false;
    shared->empties = shared->good = 0;
    shared->queue = SHARED - 1;
    next_queue(broker);
}

/* A poison may be among the first that come, before all consumers are there. */
static int begin_work(struct broker *broker, struct why *why) {
    if (consume_all(broker, why) == 0)
        return 0;
    if (broker->intake.state || broker->intake.code != AMQP_INTERNAL_ERROR)
        return -1;
    be_careful(broker);
    return open_link(broker, why);
}

int shared_begin(struct broker *broker, const struct broker_start *start, struct why *why) {
    struct shared *shared = &broker->shared;
    bool was_careful = shared->is_careful;
    shared_stop(shared);
    shared->is_on = true;
    shared->next = start->drained_next;
    if (open_link(broker, why) < 0)
        return -1;
    if (!was_careful)
        return begin_work(broker, why);
    be_careful(broker);
    return 0;
}

void shared_stop(struct shared *shared) {
    shared->is_on = shared->is_asked = shared->takes_off = shared->poison_waiting = false;
    ring_clear(&shared->handed);
}

static bool may_ask(const struct shared *shared) {
    return shared->is_careful && !shared->is_asked && shared->handed.count == 0;
}

bool shared_is_ready(const struct broker *broker) {
    const struct shared *shared = &broker->shared;
    return shared->is_on && (shared->poison_waiting || may_ask(shared));
}

static int ask(struct broker *broker, struct why *why) {
    struct shared *shared = &broker->shared;
    struct link *link = &broker->intake;
    bool is_over = shared->good >= GOOD_MAX || shared->empties >= queue_count(broker);
    if (!link->state)
        return why_say(why, "%s", link->why.words);
    if (is_over && !shared->takes_off)
        return begin_work(broker, why);
    amqp_basic_get_t get = {
        .queue = amqp_cstring_bytes(queue_name(broker)),
        .no_ack = shared->takes_off,
    };
    shared->is_asked = true;
    return link_sent(link,
                     amqp_send_method(link->state, CHANNEL_SHARED, AMQP_BASIC_GET_METHOD, &get),
                     "taking from a queue", why);
}

/* The digest is no drained message's: that covers its place as well (drain.c), and the drain, which
 * comes another time, must not take one of these for one of its own. */
static enum take hand_out(struct shared *shared, struct delivery *out) {
    uint64_t tag = shared->is_asked && shared->takes_off ? 0 : shared->incoming.tag;
    if (shared->is_asked) {
        shared->is_asked = shared->takes_off = false;
        shared->empties = 0;
        shared->good++;
    }
    ring_push(&shared->handed, (struct handed){.offset = shared->next, .tag = tag});
    incoming_show(&shared->incoming, out);
    out->incarnation = INTAKE_DRAINED;
    out->offset = shared->next++;
    out->digest = ~out->digest;
    return TAKE_MESSAGE;
}

static void got_empty(struct broker *broker) {
    broker->shared.is_asked = broker->shared.takes_off = false;
    broker->shared.empties++;
    next_queue(broker);
}

static enum take met_poison(struct broker *broker, struct why *why) {
    struct shared *shared = &broker->shared;
    if (shared->is_asked) {
        shared->poison_waiting = shared->takes_off;
        shared->takes_off = !shared->takes_off;
        shared->empties = shared->good = 0;
    } else {
        be_careful(broker);
        if (shared->handed.count > 0) {
            why_say(why, "a message that the broker cannot deliver took the connection");
            return TAKE_LOST;
        }
    }
    return open_link(broker, why) < 0 ? TAKE_LOST : TAKE_NONE;
}

/* It has a number of its own, or to store it would acknowledge another one. */
static enum take hand_poison(struct broker *broker, struct delivery *out) {
    struct shared *shared = &broker->shared;
    log_line(LOG_WARN, "poison", "queue=%s reason=\"a routing key over 255 bytes\"",
             queue_name(broker));
    shared->poison_waiting = false;
    *out = (struct delivery){.incarnation = INTAKE_DRAINED, .offset = shared->next};
    ring_push(&shared->handed, (struct handed){.offset = shared->next++});
    return TAKE_POISON;
}

static enum take read_frames(struct broker *broker, struct delivery *out, struct why *why) {
    struct shared *shared = &broker->shared;
    for (;;) {
        amqp_frame_t frame;
        enum link_got got = link_next(&broker->intake, 0, &frame, why);
        if (got == LINK_IDLE)
            return TAKE_NONE;
        if (got == LINK_LOST)
            return broker->intake.code == AMQP_INTERNAL_ERROR ? met_poison(broker, why) : TAKE_LOST;
        bool is_empty = incoming_is_empty(&frame);
        enum incoming_is is = incoming_frame(&shared->incoming, &frame);
        link_release(&broker->intake, CHANNEL_SHARED);
        if (is == INCOMING_WHOLE)
            return hand_out(shared, out);
        if (is_empty) {
            got_empty(broker);
            return TAKE_NONE;
        }
    }
}

enum take shared_take(struct broker *broker, struct delivery *out, struct why *why) {
    struct shared *shared = &broker->shared;
    if (shared->poison_waiting)
        return hand_poison(broker, out);
    if (may_ask(shared) && ask(broker, why) < 0)
        return TAKE_LOST;
    return read_frames(broker, out, why);
}

void shared_stored(struct broker *broker, uint64_t number) {
    struct handed_ring *handed = &broker->shared.handed;
    uint64_t tag = 0;
    while (handed->count && ring_at(handed, 0)->offset <= number) {
        if (ring_at(handed, 0)->tag)
            tag = ring_at(handed, 0)->tag;
        ring_pop(handed);
    }
    if (tag && broker->intake.state)
        amqp_basic_ack(broker->intake.state, CHANNEL_SHARED, tag, 1);
}
