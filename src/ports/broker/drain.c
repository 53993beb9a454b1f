/* drain: takes over what an earlier server left in its classic queue, once, before anything of the
 * stream. One basic.get at a time, sent and awaited like any frame, so that a take never blocks.
 *
 * Two things make it more than a loop:
 * - A poison (a key over 255 bytes) costs the connection, and everything handed out but not
 *   acknowledged comes again, in its old order. It is known again by its digest and not handed out
 *   twice; what was settled meanwhile is acknowledged then. When all of it has come, the next get
 * is the poison's: without acknowledgement, which takes it off the queue (tried on 3.10.8: 541 all
 *   the same, and it is gone). If that get brings a good message after all it is handed out as any
 *   other.
 * - The queue is over only when it is empty and all of it is settled: a caller that writes down
 *   "drained" earlier, and dies, would leave what was under way behind for ever. */
#include "ports/broker/parts.h"

#include "words/log.h"

#include <inttypes.h>

void drain_start(struct drain *drain, uint64_t next) {
    drain_clear(drain);
    drain->state = DRAIN_GETTING;
    drain->next = next;
    drain->poison_next = drain->poison_waiting = false;
}

void drain_clear(struct drain *drain) {
    drain->state = DRAIN_OFF;
    ring_clear(&drain->handed);
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

static bool is_recalling(const struct drain *drain) {
    return drain->expected < drain->handed.count;
}

/* Is the next thing to do ours, rather than the broker's or the caller's? */
bool drain_is_ready(const struct broker *broker) {
    const struct drain *drain = &broker->drain;
    if (drain->state == DRAIN_OFF)
        return false;
    return drain->poison_waiting || (drain->state == DRAIN_EMPTY && drain->handed.count == 0) ||
           (drain->state == DRAIN_GETTING && !drain->is_asked &&
            (is_recalling(drain) || drain->handed.count < broker->settings.prefetch));
}

static int ask(struct broker *broker, struct why *why) {
    struct drain *drain = &broker->drain;
    if (drain->is_asked)
        return 0;
    drain->asked_no_ack = drain->poison_next && !is_recalling(drain);
    amqp_basic_get_t get = {
        .queue = amqp_cstring_bytes(broker->settings.drain),
        .no_ack = drain->asked_no_ack,
    };
    drain->is_asked = true;
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

/* Takes what was settled and acknowledged off the front. */
static void forget_settled(struct drain *drain) {
    while (drain->expected && ring_at(&drain->handed, 0)->is_settled) {
        ring_pop(&drain->handed);
        drain->expected--;
    }
}

/* Is it one that was handed out before? Those before it in the ring did not come again: they were
 * acknowledged after all. */
static bool recall(struct broker *broker) {
    struct drain *drain = &broker->drain;
    uint64_t digest = incoming_digest(&drain->incoming);
    for (size_t i = drain->expected; i < drain->handed.count; i++) {
        struct handed *handed = ring_at(&drain->handed, i);
        if (handed->digest != digest)
            continue;
        for (size_t gone = drain->expected; gone < i; gone++)
            ring_at(&drain->handed, gone)->tag = 0;
        drain->expected = i + 1;
        handed->tag = drain->incoming.tag;
        if (handed->is_settled)
            acknowledge(broker, handed->tag, false);
        forget_settled(drain);
        return true;
    }
    return false;
}

static enum take got_message(struct broker *broker, struct delivery *out) {
    struct drain *drain = &broker->drain;
    drain->is_asked = false;
    if (recall(broker))
        return TAKE_NONE;
    drain->poison_next = false;
    struct handed handed = {.offset = drain->next++,
                            .tag = drain->asked_no_ack ? 0 : drain->incoming.tag,
                            .digest = incoming_digest(&drain->incoming)};
    /* Unknown in the middle of a recall: whatever was still expected is not there any more. */
    drain->expected = drain->handed.count + 1;
    ring_push(&drain->handed, handed);
    incoming_show(&drain->incoming, out);
    out->incarnation = INTAKE_DRAINED;
    out->offset = handed.offset;
    return TAKE_MESSAGE;
}

static void got_empty(struct drain *drain) {
    drain->is_asked = false;
    drain->expected = drain->handed.count;
    drain->state = DRAIN_EMPTY;
    forget_settled(drain);
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
        bool is_empty = frame.frame_type == AMQP_FRAME_METHOD &&
                        frame.payload.method.id == AMQP_BASIC_GET_EMPTY_METHOD;
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
    drain_clear(drain);
    drain->is_over = true;
    return poison_begin(broker, why) < 0 ? TAKE_LOST : TAKE_NONE;
}

enum take drain_take(struct broker *broker, struct delivery *out, struct why *why) {
    struct drain *drain = &broker->drain;
    if (drain->poison_waiting) {
        drain->poison_waiting = false;
        *out = (struct delivery){.incarnation = INTAKE_DRAINED, .offset = drain->next};
        return TAKE_POISON;
    }
    if (drain->state == DRAIN_EMPTY && drain->handed.count == 0)
        return finish(broker, why);
    if (drain_is_ready(broker) && ask(broker, why) < 0)
        return TAKE_LOST;
    return read_frames(broker, out, why);
}

void drain_settle(struct broker *broker, uint64_t number) {
    struct drain *drain = &broker->drain;
    uint64_t tag = 0;
    for (size_t i = 0; i < drain->handed.count; i++) {
        struct handed *handed = ring_at(&drain->handed, i);
        if (handed->offset > number)
            break;
        handed->is_settled = true;
        if (i < drain->expected && handed->tag)
            tag = handed->tag;
    }
    acknowledge(broker, tag, true);
    forget_settled(drain);
}
