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
 * is not as it was left. Each marker holds a nonce, or two streams that began alike would look the
 * same. The marker is also the pad that poison.c may need: placed now, it needs no quiet moment
 * then.
 *
 * A stream that has not the last stored message any more is another one, or the same with its end
 * lost: RabbitMQ does not sync streams to disk, so a power failure may cut one (tail.c finds
 * where). Either way its offsets come a second time, so both need a new incarnation: under the old
 * one the store would take new messages for those that it has. But only another stream is taken
 * from its beginning: to do that with one that was cut would deliver days of messages again. Of
 * that one, all behind the newest message that the caller knows is taken. */
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
    broker->found.stream = STREAM_NEW;
    broker->stream.next = 0;
    broker->stream.is_first = true;
    return 0;
}

static int is_cut(struct broker *broker, const struct broker_start *start,
                  const struct peek *known) {
    broker->found.incarnation = random_incarnation();
    broker->found.stream = STREAM_CUT;
    broker->found.kept = known->offset;
    broker->found.kept_digest = known->digest;
    broker->found.cut = start->last_offset - known->offset;
    broker->stream.next = known->offset + 1;
    return 0;
}

/* Goes on at `next`, which is behind the last stored one. */
static int is_same(struct broker *broker, const struct broker_start *start, uint64_t next) {
    uint64_t wanted = start->last_offset + 1;
    broker->found.missing = next - wanted > 1 ? next - wanted : 0;
    broker->stream.next = next;
    return 0;
}

/* The last stored message is not in the stream; what is below `end` may be as it was. */
static int has_changed(struct broker *broker, const struct broker_start *start, uint64_t end,
                       struct why *why) {
    struct tail tail;
    if (tail_find(broker, start, end, &tail, why) < 0)
        return -1;
    return tail.has_known ? is_cut(broker, start, &tail.known) : is_another(broker);
}

/* The last stored message could not be looked at: retention took it, and `next` is the first one
 * left; or it was a poison, or a poison right behind it, written in one go with it, took it along.
 * Those before it tell. */
static int is_unsure(struct broker *broker, const struct broker_start *start, uint64_t next,
                     struct why *why) {
    struct tail tail;
    if (tail_find(broker, start, start->last_offset + 1, &tail, why) < 0)
        return -1;
    if (tail.has_unknown)
        return tail.has_known ? is_cut(broker, start, &tail.known) : is_another(broker);
    if (!tail.has_known)
        log_line(LOG_WARN, "stream", "identity=unverified offset=%" PRIu64, start->last_offset);
    return is_same(broker, start, next);
}

static int look(struct broker *broker, const struct broker_start *start, struct why *why) {
    uint64_t wanted = start->last_offset + 1;
    struct peek peek;
    if (broker->stream.pad <= start->last_offset)
        return has_changed(broker, start, broker->stream.pad, why);
    switch (peek_at(broker, start->last_offset, &peek, why)) {
    case PEEK_FOUND:
        if (peek.offset != start->last_offset || start->last_digest == 0)
            return is_unsure(broker, start, peek.offset < wanted ? wanted : peek.offset, why);
        return peek.digest == start->last_digest
                   ? is_same(broker, start, wanted)
                   : has_changed(broker, start, start->last_offset, why);
    case PEEK_DIED:
        return is_unsure(broker, start, wanted, why);
    case PEEK_NOTHING:
        return peek_say_silent(broker, start->last_offset, why);
    case PEEK_FAILED:
        return -1;
    }
    return -1;
}

/* The store knows of no stream. One that is there all the same holds what another store's server
 * took and delivered, or will deliver: to take it again would give everybody everything twice. */
int identity_plan(struct broker *broker, const struct broker_start *start, bool was_there,
                  struct why *why) {
    broker->planned = 0;
    if (start->has_last || start->incarnation != 0)
        return 0;
    if (was_there && broker->settings.stream_from == BROKER_FROM_UNSAID)
        return why_say(why,
                       "the stream %s is there and this data folder's store is empty: use the data"
                       " folder of the server that made it, or say CHAT21D_STREAM_FROM=next (only"
                       " what comes from now on) or =first (deliver all that it holds again)",
                       broker->settings.stream);
    broker->planned = random_incarnation();
    if (was_there || !start->makes)
        return 0;
    return start->makes(start->self, broker->planned, why);
}

static int begin(struct broker *broker, bool was_there, struct why *why) {
    struct stream *stream = &broker->stream;
    struct peek pad;
    broker->found.incarnation = broker->planned;
    if (!was_there || broker->settings.stream_from != BROKER_FROM_NEXT)
        return 0;
    enum peeked result = peek_at(broker, stream->pad, &pad, why);
    if (result != PEEK_FOUND)
        return result == PEEK_FAILED ? -1 : peek_say_silent(broker, stream->pad, why);
    broker->found.stream = STREAM_NEXT;
    broker->found.kept = pad.offset;
    broker->found.kept_digest = pad.digest;
    stream->next = pad.offset + 1;
    stream->is_first = false;
    return 0;
}

int identify(struct broker *broker, const struct broker_start *start, bool was_there,
             struct why *why) {
    struct stream *stream = &broker->stream;
    int rc = 0;
    if (poison_place_pad(broker, why) < 0)
        return -1;
    broker->found.incarnation = start->incarnation;
    broker->found.stream = was_there ? STREAM_SAME : STREAM_NEW;
    stream->next = 0;
    stream->poison_waiting = false;
    stream->is_first = !start->has_last;
    if (start->has_last)
        rc = was_there ? look(broker, start, why) : is_another(broker);
    else if (start->incarnation == 0)
        rc = begin(broker, was_there, why);
    stream->incarnation = broker->found.incarnation;
    return rc;
}
