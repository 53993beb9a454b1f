/* drain: takes over what an earlier server left in its classic queues, once, before anything of the
 * stream: one queue after the other, one basic.get at a time, sent and awaited like any frame, so
 * that a take never blocks.
 *
 * Three things make it more than a loop:
 * - What was handed out and is not acknowledged comes again after any death (of the connection over
 *   a poison, of the worker), first and in its old order. It must not be handed out twice, since
 *   each time it would get another number, and so another id. A classic queue gives no numbers; but
 *   nobody feeds these any more, so how many messages are left behind one says where it stands.
 *   The digest of a drained message covers that, too, and two equal texts have two digests. What
 *   was stored before is known by the digests that the caller remembers. Where somebody does feed
 *   the queue a message may come twice: a nuisance; none is ever taken for another one.
 *   An acknowledgement may be lost with the connection: what was settled is remembered until the
 *   answer to a later request shows that the broker has it.
 * - A poison (a key over 255 bytes) costs the connection. When all before it is settled, the next
 *   get is the poison's: without acknowledgement, which takes it off the queue (tried on 3.10.8:
 *   541 all the same, and it is gone). Earlier it would not do: what comes again would stand one
 *   place nearer to the end. If that get brings a good message after all it is handed out as any
 *   other. A poison has a number of its own, or settling it would settle the next message.
 * - A queue is over only when it is empty and all of it is settled: a caller that writes down
 *   "drained" earlier, and dies, would leave what was under way behind for ever. What the caller
 *   remembers may be of any of the queues: each begins with all of it. A key is in the digest, and
 *   no two of the queues hold the same keys. */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <stdlib.h>

/* Numbers of what is remembered count for nothing: it is settled. */
static void begin_queue(struct drain *drain) {
    ring_clear(&drain->handed);
    drain->state = DRAIN_GETTING;
    drain->poison_next = drain->poison_waiting = drain->is_asked = false;
    drain->expected = drain->asked_settled = 0;
    for (size_t i = 0; i < drain->remembered_count; i++)
        ring_push(&drain->handed, (struct handed){.digest = drain->remembered[i]});
    drain->settled = drain->remembered_count;
}

static bool goes_to_next(struct drain *drain) {
    while (drain->queue < BROKER_QUEUES && !drain->is_there[drain->queue])
        drain->queue++;
    return drain->queue < BROKER_QUEUES;
}

/* Of the queues at least one is there. */
void drain_start(struct drain *drain, const struct broker_start *start) {
    size_t count = start->drained_recent_count;
    drain_clear(drain);
    drain->next = start->drained_next;
    drain->remembered = must_calloc(count + 1, sizeof *drain->remembered);
    drain->remembered_count = count;
    for (size_t i = 0; i < count; i++)
        drain->remembered[i] = start->drained_recent[i];
    check(goes_to_next(drain));
    begin_queue(drain);
}

void drain_clear(struct drain *drain) {
    drain->state = DRAIN_OFF;
    drain->queue = 0;
    drain->settled = drain->expected = 0;
    ring_clear(&drain->handed);
    free(drain->remembered);
    drain->remembered = NULL;
    drain->remembered_count = 0;
}

int drain_open(struct broker *broker, struct why *why) {
    struct drain *drain = &broker->drain;
    const struct broker_settings *settings = &broker->settings;
    drain->is_asked = false;
    drain->expected = 0;
    incoming_reset(&drain->incoming);
    for (size_t i = 0; i < drain->handed.count; i++)
        ring_at(&drain->handed, i)->tag = 0;
    if (link_open(&broker->intake, &broker->uri, settings->ca_file, settings->open_timeout_ms,
                  why) < 0)
        return -1;
    return link_channel(&broker->intake, CHANNEL_DRAIN, why);
}

static size_t in_flight(const struct drain *drain) {
    return drain->handed.count - drain->settled;
}

/* The first one that must come again and did not yet; handed.count: none. Of what is settled nobody
 * knows whether it will. */
static size_t first_missing(const struct drain *drain) {
    size_t i = drain->expected > drain->settled ? drain->expected : drain->settled;
    while (i < drain->handed.count && ring_at(&drain->handed, i)->is_off)
        i++;
    return i;
}

static bool is_recalling(const struct drain *drain) {
    return first_missing(drain) < drain->handed.count;
}

static bool may_ask(const struct broker *broker) {
    const struct drain *drain = &broker->drain;
    if (is_recalling(drain))
        return true;
    return drain->poison_next ? in_flight(drain) == 0
                              : in_flight(drain) < broker->settings.prefetch;
}

/* Is the next thing to do ours, rather than the broker's or the caller's? */
bool drain_is_ready(const struct broker *broker) {
    const struct drain *drain = &broker->drain;
    switch (drain->state) {
    case DRAIN_OFF:
        return false;
    case DRAIN_GETTING:
        return drain->poison_waiting || (!drain->is_asked && may_ask(broker));
    case DRAIN_EMPTY:
        return drain->poison_waiting || in_flight(drain) == 0;
    }
    return false;
}

static int ask(struct broker *broker, struct why *why) {
    struct drain *drain = &broker->drain;
    if (drain->is_asked)
        return 0;
    drain->asked_no_ack = drain->poison_next && !is_recalling(drain);
    amqp_basic_get_t get = {
        .queue = amqp_cstring_bytes(broker->settings.queues[drain->queue]),
        .no_ack = drain->asked_no_ack,
    };
    drain->is_asked = true;
    drain->asked_settled = drain->settled;
    if (!broker->intake.state)
        return why_say(why, "%s", broker->intake.why.words);
    return link_sent(
        &broker->intake,
        amqp_send_method(broker->intake.state, CHANNEL_DRAIN, AMQP_BASIC_GET_METHOD, &get),
        "taking over the old queue", why);
}

static void acknowledge(struct broker *broker, uint64_t tag, bool is_multiple) {
    if (broker->intake.state && tag)
        amqp_basic_ack(broker->intake.state, CHANNEL_DRAIN, tag, is_multiple);
}

/* Something new came, or nothing is left: what was acknowledged before that was asked for is gone
 * from the queue. */
static void forget_settled(struct drain *drain) {
    for (size_t i = 0; i < drain->asked_settled; i++)
        ring_pop(&drain->handed);
    drain->settled -= drain->asked_settled;
    drain->asked_settled = 0;
}

/* Which one that was handed out before is it? handed.count: none of them. What is not settled comes
 * again whatever somebody put behind it, so of the next one of those the content is enough. */
static size_t find_handed(const struct drain *drain, uint64_t digest, uint64_t content) {
    for (size_t i = drain->expected; i < drain->handed.count; i++)
        if (ring_at(&drain->handed, i)->digest == digest)
            return i;
    size_t missing = first_missing(drain);
    if (missing < drain->handed.count && ring_at(&drain->handed, missing)->content == content)
        return missing;
    return drain->handed.count;
}

/* Those before it in the ring did not come again: they were acknowledged after all. */
static void recall(struct broker *broker, size_t which, uint64_t tag) {
    struct drain *drain = &broker->drain;
    struct handed *handed = ring_at(&drain->handed, which);
    drain->expected = which + 1;
    handed->tag = tag;
    handed->is_off = drain->asked_no_ack;
    if (which < drain->settled)
        acknowledge(broker, tag, false);
}

static enum take got_message(struct broker *broker, struct delivery *out) {
    struct drain *drain = &broker->drain;
    uint64_t content = incoming_digest(&drain->incoming);
    uint64_t digest = content + drain->incoming.behind;
    uint64_t tag = drain->asked_no_ack ? 0 : drain->incoming.tag;
    size_t which =
        drain->incoming.comes_again ? find_handed(drain, digest, content) : drain->handed.count;
    drain->is_asked = false;
    if (which < drain->handed.count) {
        recall(broker, which, tag);
        return TAKE_NONE;
    }
    drain->poison_next = false;
    forget_settled(drain);
    ring_push(&drain->handed, (struct handed){.offset = drain->next,
                                              .tag = tag,
                                              .digest = digest,
                                              .content = content,
                                              .is_off = drain->asked_no_ack});
    /* Unknown in the middle of a recall: whatever was still expected is not there any more. */
    drain->expected = drain->handed.count;
    incoming_show(&drain->incoming, out);
    out->incarnation = INTAKE_DRAINED;
    out->offset = drain->next++;
    out->digest = digest;
    return TAKE_MESSAGE;
}

static void got_empty(struct drain *drain) {
    drain->is_asked = false;
    forget_settled(drain);
    drain->expected = drain->handed.count;
    drain->state = DRAIN_EMPTY;
}

/* 541: the message asked for cannot be delivered. */
static enum take met_poison(struct broker *broker, struct why *why) {
    struct drain *drain = &broker->drain;
    drain->poison_waiting = drain->asked_no_ack;
    drain->poison_next = !drain->asked_no_ack;
    return drain_open(broker, why) < 0 ? TAKE_LOST : TAKE_NONE;
}

static enum take read_frames(struct broker *broker, struct delivery *out, struct why *why) {
    struct drain *drain = &broker->drain;
    for (;;) {
        amqp_frame_t frame;
        enum link_got got = link_next(&broker->intake, 0, &frame, why);
        if (got == LINK_IDLE)
            return TAKE_NONE;
        if (got == LINK_LOST)
            return drain->is_asked && broker->intake.code == AMQP_INTERNAL_ERROR
                       ? met_poison(broker, why)
                       : TAKE_LOST;
        bool is_empty = incoming_is_empty(&frame);
        enum incoming_is is = incoming_frame(&drain->incoming, &frame);
        link_release(&broker->intake, CHANNEL_DRAIN);
        if (is == INCOMING_WHOLE)
            return got_message(broker, out);
        if (is_empty) {
            got_empty(drain);
            return TAKE_NONE;
        }
    }
}

static enum take finish(struct broker *broker, struct why *why) {
    struct drain *drain = &broker->drain;
    drain->queue++;
    if (goes_to_next(drain)) {
        begin_queue(drain);
        return TAKE_NONE;
    }
    drain_clear(drain);
    drain->is_over = true;
    return poison_begin(broker, why) < 0 ? TAKE_LOST : TAKE_NONE;
}

enum take drain_take(struct broker *broker, struct delivery *out, struct why *why) {
    struct drain *drain = &broker->drain;
    if (drain->poison_waiting) {
        drain->poison_waiting = false;
        *out = (struct delivery){.incarnation = INTAKE_DRAINED, .offset = drain->next++};
        return TAKE_POISON;
    }
    if (drain->state == DRAIN_EMPTY && in_flight(drain) == 0)
        return finish(broker, why);
    if (drain_is_ready(broker) && ask(broker, why) < 0)
        return TAKE_LOST;
    return read_frames(broker, out, why);
}

/* What has no tag comes again first. */
void drain_settle(struct broker *broker, uint64_t number) {
    struct drain *drain = &broker->drain;
    uint64_t tag = 0;
    for (; drain->settled < drain->handed.count; drain->settled++) {
        const struct handed *handed = ring_at(&drain->handed, drain->settled);
        if (handed->offset > number)
            break;
        if (handed->tag)
            tag = handed->tag;
    }
    acknowledge(broker, tag, true);
}
