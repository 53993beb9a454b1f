#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

enum {
    NOTHING_MS = 2000, /* a message that is there comes within milliseconds */
    END_TRIES = 50,    /* of 8 ms; several hundred poisons a second leave one in four alone */
};

struct nonce nonce_make(void) {
    uint64_t random;
    struct nonce nonce;
    check(getrandom(&random, sizeof random, 0) == (ssize_t)sizeof random);
    snprintf(nonce.text, sizeof nonce.text, "%016" PRIx64, random);
    return nonce;
}

/* Reads up to the end of one message that ends before `deadline_us`. */
static enum peeked read_one(struct link *link, struct incoming *incoming, int64_t deadline_us,
                            struct why *why) {
    for (;;) {
        int64_t left = deadline_us - clock_steady_us(&clock_real);
        amqp_frame_t frame;
        switch (link_next(link, left > 0 ? (int)(left / 1000) : 0, &frame, why)) {
        case LINK_IDLE:
            return PEEK_NOTHING;
        case LINK_LOST:
            return link->code == AMQP_INTERNAL_ERROR ? PEEK_DIED : PEEK_FAILED;
        case LINK_FRAME:
            break;
        }
        enum incoming_is is = incoming_frame(incoming, &frame);
        link_release(link, CHANNEL_STREAM);
        if (is == INCOMING_WHOLE && incoming->has_offset)
            return PEEK_FOUND;
    }
}

/* An answer to a request after a delivery passes through the same process in the broker as the rest
 * of that delivery's chunk: if it comes, all of the chunk was delivered alive. */
static bool has_survived(struct link *link) {
    if (!link->state)
        return false;
    amqp_basic_qos(link->state, CHANNEL_STREAM, 0, 1, 0);
    return link_check(link, CHANNEL_STREAM, amqp_get_rpc_reply(link->state), "", NULL) == 0;
}

enum peeked peek_at(struct broker *broker, uint64_t offset, struct peek *out, struct why *why) {
    struct stream_from from = {.offset = offset, .prefetch = 1};
    int64_t deadline_us = clock_steady_us(&clock_real) + NOTHING_MS * 1000L;
    enum peeked peeked = PEEK_FAILED;
    struct incoming incoming;
    struct link link;
    link_init(&link, "peek");
    incoming_init(&incoming, 0);
    if (stream_consume(broker, &link, &from, why) == 0)
        peeked = read_one(&link, &incoming, deadline_us, why);
    else if (link.code == AMQP_INTERNAL_ERROR)
        peeked = PEEK_DIED;
    if (peeked == PEEK_FOUND)
        *out = (struct peek){.offset = incoming.offset,
                             .digest = incoming_digest(&incoming),
                             .is_marker = stream_is_marker(broker, &incoming),
                             .has_survived = has_survived(&link)};
    link_close(&link);
    incoming_clear(&incoming);
    return peeked;
}

enum peeked peek_first(struct broker *broker, struct link *link, uint64_t *offset,
                       struct why *why) {
    struct stream_from from = {.place = STREAM_FROM_FIRST, .prefetch = 1};
    int64_t deadline_us = clock_steady_us(&clock_real) + NOTHING_MS * 1000L;
    enum peeked peeked = PEEK_FAILED;
    struct incoming incoming;
    incoming_init(&incoming, 0);
    if (stream_consume(broker, link, &from, why) == 0)
        peeked = read_one(link, &incoming, deadline_us, why);
    else if (link->code == AMQP_INTERNAL_ERROR)
        peeked = PEEK_DIED;
    *offset = incoming.offset;
    incoming_clear(&incoming);
    return peeked;
}

static enum peeked read_run(struct broker *broker, struct link *link, uint64_t end,
                            struct peek_run *run, struct why *why) {
    enum peeked peeked = PEEK_FOUND;
    bool is_over = false;
    struct incoming incoming;
    incoming_init(&incoming, 0);
    while (peeked == PEEK_FOUND && !is_over) {
        int64_t deadline_us = clock_steady_us(&clock_real) + NOTHING_MS * 1000L;
        peeked = read_one(link, &incoming, deadline_us, why);
        if (peeked != PEEK_FOUND)
            break;
        run->messages[run->count++] =
            (struct peek){.offset = incoming.offset,
                          .digest = incoming_digest(&incoming),
                          .is_marker = stream_is_marker(broker, &incoming)};
        is_over = run->count == PEEK_RUN || incoming.offset >= end;
    }
    incoming_clear(&incoming);
    return peeked;
}

enum peeked peek_run(struct broker *broker, uint64_t from, uint64_t end, struct peek_run *run,
                     struct why *why) {
    struct stream_from where = {.offset = from, .prefetch = PEEK_RUN};
    enum peeked peeked = PEEK_FAILED;
    struct link link;
    link_init(&link, "peek");
    run->count = 0;
    if (stream_consume(broker, &link, &where, why) == 0)
        peeked = read_run(broker, &link, end, run, why);
    else if (link.code == AMQP_INTERNAL_ERROR)
        peeked = PEEK_DIED;
    link_close(&link);
    return peeked;
}

int peek_say_silent(const struct broker *broker, uint64_t offset, struct why *why) {
    return why_say(why,
                   "the broker delivers nothing of the stream from offset %" PRIu64
                   " although its end is at %" PRIu64,
                   offset, broker->stream.pad);
}

static enum peeked find_nonce(struct link *link, const struct nonce *nonce, uint64_t *offset,
                              struct why *why) {
    enum peeked peeked = PEEK_FOUND;
    int64_t deadline_us = clock_steady_us(&clock_real) + NOTHING_MS * 1000L;
    bool is_found = false;
    struct incoming incoming;
    incoming_init(&incoming, 128);
    while (peeked == PEEK_FOUND && !is_found) {
        struct delivery delivery;
        peeked = read_one(link, &incoming, deadline_us, why);
        if (peeked != PEEK_FOUND)
            break;
        incoming_show(&incoming, &delivery);
        is_found = span_has(delivery.body, span_of(nonce->text));
        amqp_basic_ack(link->state, CHANNEL_STREAM, incoming.tag, 1);
        *offset = delivery.offset;
    }
    incoming_clear(&incoming);
    return peeked;
}

/* Listens at the end, then publishes: the marker's own delivery says where the end is. */
static enum peeked find_end(struct broker *broker, size_t body_size, uint64_t *offset,
                            struct why *why) {
    struct stream_from from = {.place = STREAM_FROM_NEXT, .prefetch = 100};
    enum peeked peeked = PEEK_FAILED;
    struct nonce nonce = nonce_make();
    struct link link;
    link_init(&link, "peek");
    if (stream_consume(broker, &link, &from, why) < 0)
        peeked = link.code == AMQP_INTERNAL_ERROR ? PEEK_DIED : PEEK_FAILED;
    else if (outlet_mark(broker, span_of(nonce.text), body_size, why) == 0)
        peeked = find_nonce(&link, &nonce, offset, why);
    if (peeked == PEEK_FOUND && !has_survived(&link))
        peeked = PEEK_DIED;
    link_close(&link);
    return peeked;
}

/* Somebody's poison may come in between: then once more. */
int peek_end(struct broker *broker, size_t body_size, uint64_t *offset, struct why *why) {
    enum peeked peeked = PEEK_DIED;
    for (int i = 0; i < END_TRIES && peeked == PEEK_DIED; i++)
        peeked = find_end(broker, body_size, offset, why);
    if (peeked == PEEK_NOTHING)
        return why_say(why, "the broker confirmed a marker in the stream and does not deliver it");
    if (peeked == PEEK_DIED)
        return why_say(why, "the broker failed %d times to deliver the end of the stream",
                       END_TRIES);
    return peeked == PEEK_FOUND ? 0 : -1;
}
