/* tail: how far is the stream the one that the caller knows?
 *
 * RabbitMQ does not sync a stream to disk: when its machine loses power the end of the stream may
 * be lost, also what was confirmed and taken half a minute ago. Its offsets are then given again,
 * to other messages. What is left before the cut is as it was: so "known" (the caller stored this
 * digest at this offset) holds up to some message and for none behind it, and that message is found
 * by going back from the end in growing steps until one is known, and then by halving what lies in
 * between. Each look is a connection and up to PEEK_RUN messages: a lost end of a million offsets
 * takes some twenty, a quarter of a second.
 *
 * Not every offset can be asked about: markers are not stored, some offsets are the broker's own, a
 * poison takes its neighbours along. Where in doubt the answer is too low rather than too high: a
 * message taken twice is an annoyance, one passed over is lost.
 *
 * A message may be known by chance: in a stream that was made again, a client's "I am here" can
 * stand at the very offset of an equal one. So the newest known one counts only if those shortly
 * before it are known as well. */
#include "ports/broker/parts.h"

#include "words/clock.h"

enum { STEP = 8 }; /* offsets of the first step back, and those that must confirm a find */

struct search {
    struct broker *broker;
    const struct broker_start *start;
    struct tail *tail;
    uint64_t end;   /* nothing from here on is known */
    bool is_closed; /* nothing that can be read lies between the known one and the end */
    bool at_bottom; /* nothing lies below what was looked at */
    int64_t deadline_us;
};

static bool is_late(const struct search *search) {
    return clock_steady_us(&clock_real) > search->deadline_us;
}

static int judge(struct search *search, const struct peek *message, struct why *why) {
    const struct broker_start *start = search->start;
    struct tail *tail = search->tail;
    bool is_known = false;
    if (start->knows(start->self, message->offset, message->digest, &is_known, why) < 0)
        return -1;
    if (is_known && (!tail->has_known || message->offset > tail->known.offset)) {
        tail->has_known = true;
        tail->known = *message;
    } else if (!is_known) {
        tail->has_unknown = true;
        tail->has_known = tail->has_known && tail->known.offset < message->offset;
        search->end = message->offset;
    }
    return 0;
}

/* What was read without a gap from the known one to the end closes the search. */
static int judge_all(struct search *search, const struct peek_run *run, struct why *why) {
    bool from_known = false;
    for (size_t i = 0; i < run->count && !search->is_closed; i++) {
        const struct peek *message = &run->messages[i];
        bool is_below = message->offset < search->end;
        if (is_below && !message->is_marker && judge(search, message, why) < 0)
            return -1;
        from_known |= search->tail->has_known && search->tail->known.offset == message->offset;
        is_below = is_below && message->offset < search->end;
        if (!is_below) {
            search->is_closed = from_known && search->tail->has_known;
            break;
        }
    }
    return 0;
}

static int look(struct search *search, uint64_t from, struct why *why) {
    struct peek_run run;
    switch (peek_run(search->broker, from, search->end, &run, why)) {
    case PEEK_FOUND:
    case PEEK_DIED:
        if (run.count > 0 && run.messages[0].offset > from + STEP)
            search->at_bottom = true;
        return judge_all(search, &run, why);
    case PEEK_NOTHING:
        return peek_say_silent(search->broker, from, why);
    case PEEK_FAILED:
        return -1;
    }
    return -1;
}

/* Until one is known. */
static int go_back(struct search *search, struct why *why) {
    uint64_t top = search->end;
    search->at_bottom = search->is_closed = false;
    for (uint64_t step = STEP; !search->tail->has_known && !search->at_bottom; step *= 2) {
        uint64_t from = top > step ? top - step : 0;
        search->at_bottom = from == 0;
        if (is_late(search))
            return why_say(why,
                           "the stream's end is not as it was left, and in %d ms no message"
                           " was found that is stored",
                           search->broker->settings.open_timeout_ms);
        if (look(search, from, why) < 0)
            return -1;
    }
    return 0;
}

/* From `from` on, and where nothing can be read there, a little higher each time. If it is all the
 * same up to the end, that part cannot be asked about. */
static int look_above(struct search *search, uint64_t from, struct why *why) {
    uint64_t end = search->end;
    uint64_t known = search->tail->known.offset;
    for (uint64_t step = 1; from + step <= end; step *= 2) {
        if (is_late(search))
            break;
        if (look(search, from + step - 1, why) < 0)
            return -1;
        if (search->is_closed || search->end != end || search->tail->known.offset != known)
            return 0;
    }
    /* Too low rather than too high. */
    search->end = from > known ? from : known + 1;
    return 0;
}

static int go_between(struct search *search, struct why *why) {
    const struct tail *tail = search->tail;
    while (tail->has_known && !search->is_closed && search->end - tail->known.offset > 1) {
        uint64_t between = search->end - tail->known.offset;
        uint64_t from = tail->known.offset + (between < PEEK_RUN ? 0 : between / 2);
        if (look_above(search, from, why) < 0)
            return -1;
    }
    return 0;
}

/* Afterwards none is known, or the one that is known has its neighbours' word. */
static int confirm(struct search *search, struct why *why) {
    uint64_t known = search->tail->known.offset;
    if (!search->tail->has_known)
        return 0;
    search->end = known + 1;
    search->is_closed = false;
    return look(search, known > STEP ? known - STEP : 0, why);
}

int tail_find(struct broker *broker, const struct broker_start *start, uint64_t end,
              struct tail *out, struct why *why) {
    struct search search = {
        .broker = broker,
        .start = start,
        .tail = out,
        .end = end,
        .deadline_us =
            clock_steady_us(&clock_real) + (int64_t)broker->settings.open_timeout_ms * 1000,
    };
    *out = (struct tail){0};
    if (!start->knows)
        return 0;
    do {
        if (go_back(&search, why) < 0 || go_between(&search, why) < 0)
            return -1;
        end = search.end;
        if (confirm(&search, why) < 0)
            return -1;
    } while (!out->has_known && search.end < end);
    return 0;
}
