/* identity: is it the stream that was left?
 *
 * The broker gives offsets, not identities: a stream that was deleted and made again begins at 0,
 * and its offsets would derive message ids that are taken. So the message at the last stored offset
 * is compared by its digest. Tried on RabbitMQ 3.10.8:
 * - from an offset below the first one left, a consumer begins at the first one left;
 * - from an offset beyond the end, nothing is delivered until the stream has grown so far, and
 *   there is no error: a shorter stream shows only by asking first where its end is;
 * - retention takes whole segments, and each new segment begins with a record of the broker's own
 *   that takes an offset: one missing offset is no missing message, and of many a few are none.
 * So first a marker is published and found: it stands behind the last stored message, or the stream
 * is not the one that was left. Each marker holds a nonce, or two streams that began alike would
 * look the same. The marker is also the pad that poison.c may need: placed now, it needs no quiet
 * moment then. */
#include "ports/broker/parts.h"

#include "meaning/ident.h"
#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <sys/random.h>

static uint64_t random_incarnation(void) {
    uint64_t random = 0;
    while (random == 0) {
        check(getrandom(&random, sizeof random, 0) == (ssize_t)sizeof random);
        random &= IDENT_INCARNATION_END - 1;
    }
    return random;
}

/* Offsets begin anew. */
static int is_another(struct broker *broker) {
    broker->found.incarnation = random_incarnation();
    broker->found.is_new = true;
    broker->stream.next = 0;
    broker->stream.is_first = true;
    return 0;
}

/* Goes on at `next`, where `wanted` comes after the last stored one. */
static int is_same(struct broker *broker, uint64_t wanted, uint64_t next) {
    broker->found.missing = next - wanted > 1 ? next - wanted : 0;
    broker->stream.next = next;
    return 0;
}

static int look(struct broker *broker, const struct broker_start *start, struct why *why) {
    uint64_t wanted = start->last_offset + 1;
    bool verifies = start->last_digest != 0;
    struct peek peek;
    if (broker->stream.pad <= start->last_offset)
        return is_another(broker);
    switch (peek_at(broker, verifies ? start->last_offset : wanted, &peek, why)) {
    case PEEK_FOUND:
        if (peek.offset < start->last_offset)
            return is_another(broker);
        if (peek.offset > start->last_offset)
            return is_same(broker, wanted, peek.offset);
        return peek.digest == start->last_digest ? is_same(broker, wanted, wanted)
                                                 : is_another(broker);
    case PEEK_DIED:
        /* A poison right behind it, written in one go with it, took it along. */
        log_line(LOG_WARN, "stream", "identity=unverified offset=%" PRIu64, start->last_offset);
        return is_same(broker, wanted, wanted);
    case PEEK_NOTHING:
        return why_say(why,
                       "the broker delivers nothing of the stream from offset %" PRIu64
                       " although its end is at %" PRIu64,
                       start->last_offset, broker->stream.pad);
    case PEEK_FAILED:
        return -1;
    }
    return -1;
}

int identify(struct broker *broker, const struct broker_start *start, bool was_there,
             struct why *why) {
    struct stream *stream = &broker->stream;
    int rc = 0;
    if (poison_place_pad(broker, why) < 0)
        return -1;
    broker->found.incarnation = start->incarnation;
    broker->found.is_new = !was_there;
    stream->next = 0;
    stream->poison_waiting = false;
    stream->is_first = !start->has_last;
    if (start->has_last)
        rc = was_there ? look(broker, start, why) : is_another(broker);
    else if (start->incarnation == 0)
        broker->found.incarnation = random_incarnation();
    stream->incarnation = broker->found.incarnation;
    return rc;
}
