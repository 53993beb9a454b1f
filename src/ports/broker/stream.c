/* stream: the intake at work. One consumer, manual acknowledgements, which on a stream are credit
 * and nothing else: position lives in our store.
 *
 * Tried on RabbitMQ 3.10.8: deliveries come by whole chunks (what the broker wrote in one go), so
 * more than `prefetch` may be under way; the credit then goes below zero and recovers. */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/log.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    CAREFUL_MAX = 64,             /* so many good messages in a row: nothing to be careful about */
    CAREFUL_US = 60 * 1000 * 1000 /* nor after so long without a death */
};

int stream_channel(struct broker *broker, struct link *link, uint16_t prefetch, struct why *why) {
    const struct broker_settings *settings = &broker->settings;
    if (!link->state &&
        link_open(link, &broker->uri, settings->ca_file, settings->open_timeout_ms, why) < 0)
        return -1;
    if (link_channel(link, CHANNEL_STREAM, why) < 0)
        return -1;
    amqp_basic_qos(link->state, CHANNEL_STREAM, 0, prefetch, 0);
    return link_check(link, CHANNEL_STREAM, amqp_get_rpc_reply(link->state), "setting the prefetch",
                      why);
}

static amqp_field_value_t place_of(const struct stream_from *from) {
    switch (from->place) {
    case STREAM_FROM_OFFSET:
        break;
    case STREAM_FROM_NEXT:
        return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8,
                                    .value.bytes = amqp_cstring_bytes("next")};
    case STREAM_FROM_FIRST:
        return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8,
                                    .value.bytes = amqp_cstring_bytes("first")};
    case STREAM_FROM_LAST:
        return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8,
                                    .value.bytes = amqp_cstring_bytes("last")};
    case STREAM_FROM_TIME:
        return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_TIMESTAMP, .value.u64 = from->seconds};
    }
    return (amqp_field_value_t){.kind = AMQP_FIELD_KIND_I64, .value.i64 = (int64_t)from->offset};
}

int stream_consume(struct broker *broker, struct link *link, const struct stream_from *from,
                   struct why *why) {
    if (stream_channel(broker, link, from->prefetch, why) < 0)
        return -1;
    char tag = CONSUMER_INTAKE;
    amqp_table_entry_t argument = {
        .key = amqp_cstring_bytes("x-stream-offset"),
        .value = place_of(from),
    };
    amqp_basic_consume(link->state, CHANNEL_STREAM, amqp_cstring_bytes(broker->settings.stream),
                       bytes_of((struct span){&tag, 1}), 0, 0, 0,
                       (amqp_table_t){.num_entries = 1, .entries = &argument});
    return link_check(link, CHANNEL_STREAM, amqp_get_rpc_reply(link->state), "consuming the stream",
                      why);
}

void stream_forget(struct stream *stream) {
    ring_clear(&stream->handed);
    stream->unacked = 0;
    incoming_reset(&stream->incoming);
}

int stream_attach(struct broker *broker, struct why *why) {
    struct stream *stream = &broker->stream;
    struct stream_from from = {.offset = stream->next, .prefetch = broker->settings.prefetch};
    stream_forget(stream);
    stream->is_resuming = stream->is_careful = stream->has_progressed = false;
    stream->seen = 0;
    watch_heard(broker);
    return stream_consume(broker, &broker->intake, &from, why);
}

bool stream_is_marker(const struct broker *broker, const struct incoming *incoming) {
    return incoming->is_direct &&
           span_is((struct span){incoming->key, incoming->key_size}, broker->settings.stream);
}

/* A failure shows at the next read. */
void stream_flush(struct broker *broker) {
    struct stream *stream = &broker->stream;
    if (stream->unacked && broker->intake.state)
        amqp_basic_ack(broker->intake.state, CHANNEL_STREAM, stream->unacked_tag, 1);
    stream->unacked = 0;
}

/* Acknowledges once a quarter of the prefetch is settled: a system call for many, and still well
 * before the credit runs out. The rest waits for the next tick: the broker closes a channel on
 * which a delivery stays unacknowledged for half an hour (consumer_timeout). */
static void give_credit(struct broker *broker, uint64_t tag, size_t count) {
    struct stream *stream = &broker->stream;
    stream->unacked_tag = tag;
    stream->unacked += count;
    if (stream->unacked >= (size_t)broker->settings.prefetch / 4 || stream->is_careful)
        stream_flush(broker);
}

void stream_settle(struct broker *broker, uint64_t offset) {
    struct handed_ring *handed = &broker->stream.handed;
    uint64_t tag = 0;
    size_t count = 0;
    while (handed->count && ring_at(handed, 0)->offset <= offset) {
        tag = ring_at(handed, 0)->tag;
        ring_pop(handed);
        count++;
    }
    if (count)
        give_credit(broker, tag, count);
}

/* A gap in a running stream: its retention passed over what was not consumed yet. A single offset
 * is none (see identity.c). */
static void note_gap(const struct stream *stream, uint64_t offset) {
    if (!stream->is_first && offset > stream->next + 1)
        log_line(LOG_ERROR, "stream_gap", "missing=%" PRIu64 " from=%" PRIu64,
                 offset - stream->next, stream->next);
}

/* Only a number that the broker alone can have written may pass over what came before it. Of a
 * message that says several, the first must be the very next one, so that no publisher can make a
 * later message look like an old one; else (it can be a record of the broker's own that stands
 * before it) the message is stepped over like a poison, under the number that is due. */
static bool is_believable(const struct stream *stream) {
    const struct incoming *incoming = &stream->incoming;
    return incoming->has_offset && (!incoming->is_ambiguous || incoming->offset == stream->next);
}

static void note_handed(struct stream *stream, uint64_t offset) {
    stream->is_first = false;
    stream->has_progressed = true;
    stream->next = offset + 1;
    stream->seen++;
    ring_push(&stream->handed, (struct handed){.offset = offset, .tag = stream->incoming.tag});
}

static enum take step_over_forged(struct stream *stream, struct delivery *out) {
    *out = (struct delivery){.incarnation = stream->incarnation, .offset = stream->next};
    log_line(LOG_WARN, "poison",
             "offset=%" PRIu64 " reason=\"its publisher wrote more than one x-stream-offset\"",
             stream->next);
    note_handed(stream, stream->next);
    return TAKE_POISON;
}

/* The whole message in `incoming`. TAKE_NONE: it is not to be handed out. */
static enum take hand_out(struct broker *broker, struct delivery *out) {
    struct stream *stream = &broker->stream;
    struct incoming *incoming = &stream->incoming;
    watch_heard(broker);
    if (incoming->consumer != CONSUMER_INTAKE) {
        stream->pad_seen = true;
        return TAKE_NONE;
    }
    if (!is_believable(stream))
        return step_over_forged(stream, out);
    if (incoming->offset < stream->next) {
        give_credit(broker, incoming->tag, 1);
        return TAKE_NONE;
    }
    note_gap(stream, incoming->offset);
    note_handed(stream, incoming->offset);
    incoming_show(incoming, out);
    out->incarnation = stream->incarnation;
    out->is_marker = stream_is_marker(broker, incoming);
    return TAKE_MESSAGE;
}

static enum take hand_poison(struct stream *stream, struct delivery *out) {
    stream->poison_waiting = false;
    *out = (struct delivery){.incarnation = stream->incarnation, .offset = stream->poison};
    return TAKE_POISON;
}

/* Nothing died although it was looked for: back to work, on a connection with its prefetch; in a
 * quiet stream after a while, since the pad's deliveries are never acknowledged. */
static bool is_careful_enough(const struct stream *stream) {
    return stream->is_careful && (stream->seen >= CAREFUL_MAX ||
                                  clock_steady_us(&clock_real) - stream->careful_us > CAREFUL_US);
}

enum take stream_take(struct broker *broker, struct delivery *out, struct why *why) {
    struct stream *stream = &broker->stream;
    if (stream->poison_waiting)
        return hand_poison(stream, out);
    if (is_careful_enough(stream)) {
        link_drop(&broker->intake);
        stream->attempt = 0;
        stream->is_careful = false;
        stream->is_resuming = true;
    }
    if (stream->is_resuming)
        return poison_resume(broker, why);
    for (;;) {
        amqp_frame_t frame;
        enum link_got got = link_next(&broker->intake, 0, &frame, why);
        if (got == LINK_IDLE)
            return watch_idle(broker, why) < 0 ? TAKE_LOST : TAKE_NONE;
        if (got == LINK_LOST)
            return broker->intake.code == AMQP_INTERNAL_ERROR ? poison_met(broker) : TAKE_LOST;
        enum incoming_is is = incoming_frame(&stream->incoming, &frame);
        link_release(&broker->intake, CHANNEL_STREAM);
        enum take take = is == INCOMING_WHOLE ? hand_out(broker, out) : TAKE_NONE;
        if (take != TAKE_NONE)
            return take;
    }
}
