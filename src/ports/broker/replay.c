/* replay: the stream read beside the server, from some time on.
 *
 * Its end is found first: a consumer from "last" is given all that the broker wrote last in one go,
 * and the answer to a request that follows comes behind all of that (peek.c). Where that part holds
 * a poison nothing is delivered: then the end is where nothing more comes for a while.
 *
 * After a death the reading goes on behind the last message that came; where none came, one offset
 * further. Without a message at an offset or behind it nothing dies (poison.c): so no message that
 * is yet to come is passed over. */
#include "ports/broker/parts.h"

#include "words/check.h"
#include "words/clock.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SILENT_MS = 2000, PREFETCH = 200 };

struct broker_replay {
    struct broker *broker; /* never opened: its settings, and how to reach it */
    struct link link;
    struct incoming incoming;
    struct broker_replay_found found;
    bool is_empty;       /* the stream had nothing in it */
    bool has_next;       /* some offset is known */
    bool has_progressed; /* since the consumer began */
    uint64_t since;      /* from when on … */
    uint64_t seconds;    /* … and from where to consume while no offset is known */
    uint64_t step;       /* how much earlier, or later, to try after a death */
    bool goes_on;        /* nothing earlier can be delivered either: later, then */
    uint64_t now;        /* when it was opened */
    size_t unacked;
};

static struct stream_from where_next(const struct broker_replay *replay) {
    struct stream_from from = {
        .place = STREAM_FROM_TIME, .seconds = replay->seconds, .prefetch = PREFETCH};
    if (replay->has_next) {
        from.place = STREAM_FROM_OFFSET;
        from.offset = replay->found.next;
    }
    return from;
}

/* Reads frames up to the end of a message, for `wait_ms` at the most. */
static enum peeked read_message(struct broker_replay *replay, int wait_ms, struct why *why) {
    struct link *link = &replay->link;
    int64_t deadline_us = clock_steady_us(&clock_real) + (int64_t)wait_ms * 1000;
    for (;;) {
        int64_t left_us = deadline_us - clock_steady_us(&clock_real);
        amqp_frame_t frame;
        switch (link_next(link, left_us > 0 ? (int)(left_us / 1000) : 0, &frame, why)) {
        case LINK_IDLE:
            return PEEK_NOTHING;
        case LINK_LOST:
            return link->code == AMQP_INTERNAL_ERROR ? PEEK_DIED : PEEK_FAILED;
        case LINK_FRAME:
            break;
        }
        enum incoming_is is = incoming_frame(&replay->incoming, &frame);
        link_release(link, CHANNEL_STREAM);
        if (is == INCOMING_WHOLE)
            return PEEK_FOUND;
    }
}

static enum peeked consume(struct broker_replay *replay, const struct stream_from *from,
                           struct why *why) {
    incoming_reset(&replay->incoming);
    replay->has_progressed = false;
    replay->unacked = 0;
    replay->link.code = 0;
    if (stream_consume(replay->broker, &replay->link, from, why) == 0)
        return PEEK_FOUND;
    return replay->link.code == AMQP_INTERNAL_ERROR ? PEEK_DIED : PEEK_FAILED;
}

/* ---- the end ---- */

static void note_end(struct broker_replay *replay) {
    const struct incoming *incoming = &replay->incoming;
    if (!incoming->has_offset || incoming->is_ambiguous)
        return;
    if (!replay->found.has_end || incoming->offset > replay->found.last)
        replay->found.last = incoming->offset;
    replay->found.has_end = true;
}

/* Asks for something, and reads all that comes before the answer. */
static enum peeked read_to_answer(struct broker_replay *replay, struct why *why) {
    struct link *link = &replay->link;
    amqp_basic_qos(link->state, CHANNEL_STREAM, 0, PREFETCH, 0);
    if (link_check(link, CHANNEL_STREAM, amqp_get_rpc_reply(link->state), "finding the end", why))
        return link->code == AMQP_INTERNAL_ERROR ? PEEK_DIED : PEEK_FAILED;
    enum peeked peeked;
    while ((peeked = read_message(replay, 0, why)) == PEEK_FOUND)
        note_end(replay);
    return peeked == PEEK_NOTHING ? PEEK_FOUND : peeked;
}

/* PEEK_NOTHING: the stream is empty. */
static enum peeked find_end(struct broker_replay *replay, struct why *why) {
    struct stream_from from = {.place = STREAM_FROM_LAST, .prefetch = PREFETCH};
    enum peeked peeked = consume(replay, &from, why);
    if (peeked == PEEK_FOUND)
        peeked = read_message(replay, SILENT_MS, why);
    if (peeked == PEEK_FOUND) {
        note_end(replay);
        peeked = read_to_answer(replay, why);
    }
    if (peeked == PEEK_DIED)
        replay->found.has_end = false;
    link_close(&replay->link);
    return peeked;
}

struct broker_replay *broker_replay_open(const struct broker_settings *settings, int64_t since_ms,
                                         struct why *why) {
    struct broker *broker = broker_new(settings, why);
    if (!broker)
        return NULL;
    struct broker_replay *replay = must_calloc(1, sizeof *replay);
    replay->broker = broker;
    replay->since = replay->seconds = since_ms > 0 ? (uint64_t)since_ms / 1000 : 0;
    replay->now = (uint64_t)clock_wall_ms(&clock_real) / 1000;
    replay->step = 1;
    link_init(&replay->link, "replay");
    incoming_init(&replay->incoming, settings->body_max);
    enum peeked peeked = find_end(replay, why);
    replay->is_empty = peeked == PEEK_NOTHING;
    if (peeked == PEEK_FAILED)
        broker_replay_close(&replay);
    return replay;
}

void broker_replay_close(struct broker_replay **replay) {
    if (!*replay)
        return;
    link_close(&(*replay)->link);
    incoming_clear(&(*replay)->incoming);
    broker_free(&(*replay)->broker);
    free(*replay);
    *replay = NULL;
}

/* ---- the reading ---- */

static bool is_over(const struct broker_replay *replay) {
    const struct broker_replay_found *found = &replay->found;
    if (replay->is_empty)
        return true;
    if (!replay->has_next)
        return replay->seconds > replay->now;
    return found->has_end && found->next > found->last;
}

/* No offset is known, and what was written at that time cannot be delivered. What was before it may
 * be, and says where it is; the caller passes over what is too early. */
static void try_another_time(struct broker_replay *replay) {
    if (!replay->goes_on && replay->seconds > 0) {
        replay->seconds -= replay->step < replay->seconds ? replay->step : replay->seconds;
        replay->step *= 2;
        return;
    }
    if (!replay->goes_on)
        replay->step = 1;
    replay->goes_on = replay->found.begins_late = true;
    replay->since += replay->step;
    replay->seconds = replay->since;
    replay->step *= 2;
}

/* The consumer died. Where nothing came of it, what stands next is passed over. */
static void step_over(struct broker_replay *replay) {
    if (replay->has_progressed)
        return;
    if (replay->has_next) {
        replay->found.passed++;
        replay->found.next++;
        return;
    }
    try_another_time(replay);
}

/* On a stream acknowledgements are credit, and nothing else. */
static void give_credit(struct broker_replay *replay) {
    if (++replay->unacked < PREFETCH / 4 || !replay->link.state)
        return;
    amqp_basic_ack(replay->link.state, CHANNEL_STREAM, replay->incoming.tag, 1);
    replay->unacked = 0;
}

/* May its offset be believed (stream.c has why), and is it one that is wanted? */
static bool hand_out(struct broker_replay *replay, struct delivery *out) {
    const struct incoming *incoming = &replay->incoming;
    struct broker_replay_found *found = &replay->found;
    bool is_due = replay->has_next && incoming->offset == found->next;
    bool is_believable = incoming->has_offset && (!incoming->is_ambiguous || is_due);
    give_credit(replay);
    replay->has_progressed = true;
    if (!is_believable) {
        found->passed++;
        found->next += replay->has_next;
        return false;
    }
    if (replay->has_next && incoming->offset < found->next)
        return false;
    replay->has_next = true;
    found->next = incoming->offset + 1;
    incoming_show(incoming, out);
    out->is_marker = stream_is_marker(replay->broker, incoming);
    return !(found->has_end && incoming->offset > found->last);
}

/* Nothing came for a while. */
static enum replayed silence(const struct broker_replay *replay, struct why *why) {
    const struct broker_replay_found *found = &replay->found;
    if (!found->has_end || !replay->has_next)
        return REPLAY_END;
    why_say(why,
            "the broker delivers nothing of the stream from offset %" PRIu64
            " although its end was at %" PRIu64,
            found->next, found->last);
    return REPLAY_FAILED;
}

static int wait_ms(const struct broker_replay *replay) {
    return replay->found.has_end && replay->has_next ? replay->broker->settings.open_timeout_ms
                                                     : SILENT_MS;
}

enum replayed broker_replay_next(struct broker_replay *replay, struct delivery *out,
                                 struct why *why) {
    enum peeked peeked = PEEK_FOUND;
    while (!is_over(replay)) {
        if (!replay->link.state) {
            struct stream_from from = where_next(replay);
            peeked = consume(replay, &from, why);
        }
        if (peeked == PEEK_FOUND)
            peeked = read_message(replay, wait_ms(replay), why);
        if (peeked == PEEK_FAILED)
            return REPLAY_FAILED;
        if (peeked == PEEK_NOTHING)
            return silence(replay, why);
        if (peeked == PEEK_FOUND && hand_out(replay, out))
            return REPLAY_MESSAGE;
        if (peeked == PEEK_DIED)
            step_over(replay);
        peeked = PEEK_FOUND;
    }
    return REPLAY_END;
}

struct broker_replay_found broker_replay_found(const struct broker_replay *replay) {
    return replay->found;
}
