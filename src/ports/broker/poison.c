/* poison: stepping over a message that the broker itself cannot deliver.
 *
 * A routing key over 255 bytes comes in over MQTT and does not fit AMQP's basic.deliver: the
 * process in the broker that writes the connection's frames dies of it, and the connection is
 * closed with 541. That process keeps up to 1,414 bytes of frames back, to send them together; what
 * it held when it died is lost with it. And a stream is delivered by whole chunks (what was written
 * to disk in one go), whatever the prefetch.
 *
 * So "nothing came from offset N but 541" does not mean that N is the poison. Tried on 3.10.8, one
 * chunk of five good messages at 5…9, a poison at 10, more good ones: consuming from any of 5…10
 * brought nothing, each of forty times. Whoever skips one message at a time there loses five.
 *
 * What tells for certain: put a message of ours in front, large enough that with any message behind
 * it the 1,414 bytes are passed. That is the pad, a marker whose frames take PAD_FRAMES bytes. A
 * channel with several consumers on one stream is served in one turn, consumer by consumer, so its
 * frames stand directly before those of the consumer at N:
 * - N is good: pad and N are sent together, before anything behind N is looked at. N has come.
 * - N is the poison: the writer dies with the pad still held back. Neither comes.
 * - The pad comes and N does not: they were not served in one turn. Nothing is known; try again.
 * The consumers are served in the order of their tags, which end of it first is the broker's
 * business: so two consumers bring the pad, one on either side of the intake's.
 *
 * It cannot skip a message that is yet to come: a connection dies only while delivering, and
 * without a message at N or behind it there is no 541. Nor does the pad ever hide a poison: what
 * was written in one go with it was seen to be deliverable (peek_end).
 *
 * Each step costs a connection (10 ms on loopback, more while the broker writes down its own crash)
 * and is one take, so that the caller's loop goes on in between; the publisher's connection, its
 * confirms and the lease never notice. 600 poisons among 3,000 messages, sent at full speed beside
 * other traffic: all stepped over, each for certain, and every message came once.
 */
#include "ports/broker/parts.h"

#include "words/clock.h"
#include "words/log.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum {
    /* With three consume-ok (15 bytes each) before it below 1,414; with the smallest message (90
     * bytes of frames: key, headers, no body) behind it above. */
    PAD_FRAMES = 1350,
    PAD_OVERHEAD = 102, /* a marker's frames without body and routing key; see pad_body_size */
    PAD_FRESH_US = 10000000,
    PAD_TRIES = 3,
    TRIES_MAX = 30,
};

/* basic.deliver: 25 bytes and the key; the header with content type, delivery mode and
 * x-stream-offset: 69; the body's frame: 8. */
static size_t pad_body_size(const struct broker *broker) {
    return PAD_FRAMES - PAD_OVERHEAD - strlen(broker->settings.stream);
}

int poison_place_pad(struct broker *broker, struct why *why) {
    struct stream *stream = &broker->stream;
    stream->pad_us = 0;
    if (peek_end(broker, pad_body_size(broker), &stream->pad, why) < 0)
        return -1;
    stream->pad_us = clock_steady_us(&clock_real);
    return 0;
}

/* The pad of the opening serves for as long as retention leaves it there. It is not placed anew
 * each time: somebody who sends one poison after the other would leave no quiet moment for that. */
static int have_pad(struct broker *broker, struct why *why) {
    struct stream *stream = &broker->stream;
    struct peek peek;
    int64_t now_us = clock_steady_us(&clock_real);
    if (stream->pad_us && now_us - stream->pad_us < PAD_FRESH_US)
        return 0;
    if (stream->pad_us && peek_at(broker, stream->pad, &peek, why) == PEEK_FOUND &&
        peek.offset == stream->pad) {
        stream->pad_us = now_us;
        return 0;
    }
    return poison_place_pad(broker, why);
}

static int send_consume(struct broker *broker, char tag, uint64_t offset, struct why *why) {
    struct link *link = &broker->intake;
    amqp_table_entry_t argument = {
        .key = amqp_cstring_bytes("x-stream-offset"),
        .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = (int64_t)offset},
    };
    amqp_basic_consume_t consume = {
        .queue = amqp_cstring_bytes(broker->settings.stream),
        .consumer_tag = bytes_of((struct span){&tag, 1}),
        .arguments = {.num_entries = 1, .entries = &argument},
    };
    if (!link->state)
        return -1;
    return link_sent(
        link, amqp_send_method(link->state, CHANNEL_STREAM, AMQP_BASIC_CONSUME_METHOD, &consume),
        "consuming the stream", why);
}

static void set_cork(struct link *link, int on) {
    if (link->state)
        setsockopt(link->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* The three requests leave in one segment and without waiting for answers: the broker's channel
 * then has all of them before the first one's deliveries are due. */
static int attach_padded(struct broker *broker, struct why *why) {
    struct stream *stream = &broker->stream;
    if (have_pad(broker, why) < 0)
        return -1;
    stream_forget(stream);
    stream->is_resuming = stream->has_progressed = false;
    stream->is_careful = true;
    stream->careful_us = clock_steady_us(&clock_real);
    stream->seen = 0;
    stream->pad_seen = true; /* until the consumers are under way nothing can be concluded */
    if (stream_channel(broker, &broker->intake, 1, why) < 0)
        return -1;
    set_cork(&broker->intake, 1);
    int rc = send_consume(broker, CONSUMER_PAD_LOW, stream->pad, why) < 0 ||
                     send_consume(broker, CONSUMER_PAD_HIGH, stream->pad, why) < 0 ||
                     send_consume(broker, CONSUMER_INTAKE, stream->next, why) < 0
                 ? -1
                 : 0;
    set_cork(&broker->intake, 0);
    stream->pad_seen = rc < 0;
    return rc;
}

static void step_over(struct stream *stream, const char *proof) {
    log_line(LOG_WARN, "poison",
             "offset=%" PRIu64 " proof=%s reason=\"a routing key over 255 bytes\"", stream->next,
             proof);
    /* After two in a row a third is likely: no use in trying it as if it were good. */
    stream->attempt = stream->next && stream->poison == stream->next - 1 ? 1 : 0;
    stream->poison = stream->next++;
    stream->poison_waiting = true;
}

enum take poison_met(struct broker *broker) {
    struct stream *stream = &broker->stream;
    stream_forget(stream);
    stream->is_resuming = true;
    if (stream->has_progressed || !stream->is_careful) {
        /* What was held back is less than 1,414 bytes, or it would have come: without the pad it
         * would be held back again. */
        stream->attempt = 1;
    } else if (!stream->pad_seen) {
        step_over(stream, "certain");
    } else if (++stream->attempt > TRIES_MAX) {
        step_over(stream, "none");
    } else if (stream->attempt % PAD_TRIES == 0) {
        stream->pad_us = 0; /* what was written in one go with it may push it out each time */
    }
    return TAKE_NONE;
}

int poison_begin(struct broker *broker, struct why *why) {
    broker->stream.attempt = 0;
    broker->stream.is_resuming = true;
    return poison_resume(broker, why) == TAKE_LOST ? -1 : 0;
}

enum take poison_resume(struct broker *broker, struct why *why) {
    struct stream *stream = &broker->stream;
    broker->intake.code = 0;
    int rc = stream->attempt == 0 ? stream_attach(broker, why) : attach_padded(broker, why);
    if (rc == 0)
        return TAKE_NONE;
    if (broker->intake.state == NULL && broker->intake.code == AMQP_INTERNAL_ERROR)
        return poison_met(broker);
    stream->is_resuming = false;
    link_drop(&broker->intake);
    return TAKE_LOST;
}
