/* The deliver stage: publications go out in order of arrival, copies of one plan in the plan's
 * order; the broker confirms each. A copy it refuses is tried again a few times (retry.c), then
 * counted "stored, not pushed": one user's full queue stops nobody else, and the copy is in the
 * history. A turn sends and reads so much and no more; then the loop looks at all else. */
#include "flow/inside.h"

#include "words/check.h"
#include "words/hash.h"
#include "words/log.h"

#include <stdlib.h>

enum { RETRY_FIRST_US = 20 * 1000, AWAITED_FIRST = 1024 };

/* What one turn may do: half a millisecond's work (tests/bench/bench_fanout). */
enum { TURN_PUBLICATIONS = 128, TURN_BYTES = 512 * 1024, TURN_EVENTS = 4096 };

static struct awaited *awaited_at(struct flow *flow, uint64_t number) {
    return &flow->awaited[number & (flow->awaited_room - 1)];
}

static void awaited_grow(struct flow *flow) {
    size_t room = flow->awaited_room ? flow->awaited_room * 2 : AWAITED_FIRST;
    struct awaited *grown = must_calloc(room, sizeof *grown);
    for (uint64_t number = flow->awaited_from; number < flow->awaited_to; number++)
        grown[number & (room - 1)] = *awaited_at(flow, number);
    free(flow->awaited);
    flow->awaited = grown;
    flow->awaited_room = room;
}

/* Numbers rise by one; the ring starts with the first one of the connection. */
static void awaited_add(struct flow *flow, uint64_t number, struct awaited what) {
    if (flow->awaited_from == flow->awaited_to)
        flow->awaited_from = flow->awaited_to = number;
    check(number == flow->awaited_to);
    if (flow->awaited_to - flow->awaited_from == flow->awaited_room)
        awaited_grow(flow);
    *awaited_at(flow, number) = what;
    flow->awaited_to++;
    flow->meters.unconfirmed++;
}

/* What stood under the number; false where it was answered before. */
static bool awaited_remove(struct flow *flow, uint64_t number, struct awaited *what) {
    if (number < flow->awaited_from || number >= flow->awaited_to)
        return false;
    *what = *awaited_at(flow, number);
    awaited_at(flow, number)->parcel = NULL;
    while (flow->awaited_from < flow->awaited_to && !awaited_at(flow, flow->awaited_from)->parcel)
        flow->awaited_from++;
    flow->meters.unconfirmed -= what->parcel != NULL;
    return what->parcel != NULL;
}

/* ---- what one turn may do ---- */

static void turn_begin(struct flow *flow) {
    flow->turn = (struct turn){TURN_PUBLICATIONS, TURN_BYTES, TURN_EVENTS, false};
}

/* One that is larger than what is left goes out, and is the last. */
static bool may_send(struct flow *flow) {
    bool may = flow->turn.publications && flow->turn.bytes;
    flow->turn.is_over |= !may;
    return may;
}

static bool may_read(struct flow *flow) {
    flow->turn.is_over |= !flow->turn.events;
    return flow->turn.events > 0;
}

static void charge(struct flow *flow, const struct publication *what) {
    struct turn *turn = &flow->turn;
    turn->publications--;
    turn->bytes -= what->body.size < turn->bytes ? what->body.size : turn->bytes;
}

bool deliver_has_more(const struct flow *flow) {
    return flow->turn.is_over;
}

/* ---- out ---- */

/* 1 sent, 0 not now, -1 lost. */
static int publish(struct flow *flow, const struct publication *publication, struct awaited what,
                   struct why *why) {
    uint64_t number = 0;
    switch (flow->publisher.publish(flow->publisher.self, publication, &number, why)) {
    case PUBLISH_SENT:
        flow->is_full = false;
        awaited_add(flow, number, what);
        charge(flow, publication);
        return 1;
    case PUBLISH_FULL:
        flow->is_full = true; /* an event of the publisher's will tell */
        return 0;
    case PUBLISH_LOST:
        return -1;
    }
    return -1;
}

/* Good until the next one. */
static struct publication publication_of(struct flow *flow, const struct parcel *parcel,
                                         size_t index) {
    struct publication publication;
    arena_clear(flow->publication);
    plan_publication(parcel->plan, index, flow->publication, &publication);
    return publication;
}

static uint64_t hash_of(struct span key) {
    return hash_add(HASH_START, key);
}

static int send_retry(struct flow *flow, struct retry *retry, struct why *why) {
    struct publication publication = publication_of(flow, retry->parcel, retry->index);
    struct awaited what = {.parcel = retry->parcel, .retry = retry, .index = retry->index};
    int sent = publish(flow, &publication, what, why);
    if (sent == 1)
        retries_sent(flow->retries, retry);
    flow->counts.retried += sent == 1;
    return sent;
}

/* 1 all due ones went out, 0 not now, -1 lost. */
static int send_retries(struct flow *flow, struct why *why) {
    int64_t now = retries_count(flow->retries) ? flow_now(flow) : 0;
    struct retry *retry;
    while ((retry = retries_due(flow->retries, now))) {
        int sent = may_send(flow) ? send_retry(flow, retry, why) : 0;
        if (sent != 1)
            return sent;
    }
    return 1;
}

/* 1 it went out, or waits behind one that was refused; 0 not now, -1 lost. */
static int send_one(struct flow *flow, struct parcel *parcel, uint32_t index, struct why *why) {
    struct publication publication = publication_of(flow, parcel, index);
    uint64_t key_hash = retries_count(flow->retries) ? hash_of(publication.key) : 0;
    if (!retries_hold(flow->retries, key_hash))
        return publish(flow, &publication, (struct awaited){.parcel = parcel, .index = index}, why);
    retries_add(flow->retries, key_hash, parcel, index);
    charge(flow, &publication);
    return 1;
}

/* 1 the parcel is wholly published, 0 not now, -1 lost. */
static int send_parcel(struct flow *flow, struct parcel *parcel, struct why *why) {
    size_t all = parcel->plan ? plan_publication_count(parcel->plan) : 0;
    while (parcel->published < all) {
        int sent = may_send(flow) ? send_one(flow, parcel, (uint32_t)parcel->published, why) : 0;
        if (sent != 1)
            return sent;
        parcel->published++;
        parcel->unconfirmed++;
    }
    return 1;
}

static int send_new(struct flow *flow, struct why *why) {
    while (!flow->has_died && flow->publishing && flow->publishing->is_stored) {
        struct parcel *parcel = flow->publishing;
        int sent = send_parcel(flow, parcel, why);
        if (sent != 1)
            return sent;
        flow->publishing = parcel->next;
        way_advance(flow, parcel);
    }
    return 1;
}

/* ---- what the broker says ---- */

static void finished(struct flow *flow, struct parcel *parcel) {
    check(parcel->unconfirmed > 0);
    parcel->unconfirmed--;
    if (parcel->stage == STAGE_DELIVER)
        way_advance(flow, parcel);
}

static void retry_later(struct flow *flow, const struct awaited *what) {
    struct retry *retry = what->retry;
    if (!retry) {
        struct span key = publication_of(flow, what->parcel, what->index).key;
        retry = retries_add(flow->retries, hash_of(key), what->parcel, what->index);
    }
    int64_t delay_us = (int64_t)RETRY_FIRST_US << (2 * retry->tries);
    retries_wait(flow->retries, retry, flow_now(flow) + delay_us);
}

static void refused(struct flow *flow, struct awaited what) {
    unsigned tries = what.retry ? what.retry->tries : 0;
    if (tries + 1 < RETRY_TRIES) {
        retry_later(flow, &what);
        return;
    }
    flow->counts.not_pushed++;
    log_line(LOG_WARN, "not_pushed",
             "message_id=%s publication=%u reason=\"the broker refused it %d times; it is stored\"",
             what.parcel->plan->id.text, (unsigned)what.index, RETRY_TRIES);
    retries_give_up(flow->retries, &what.retry);
    finished(flow, what.parcel);
}

static void confirmed(struct flow *flow, struct awaited what) {
    flow->counts.copies += what.index < plan_published_copies(what.parcel->plan);
    if (what.retry)
        retries_confirmed(flow->retries, &what.retry);
    finished(flow, what.parcel);
}

static int read_events(struct flow *flow, struct why *why) {
    struct publisher_event event;
    struct awaited what;
    for (; !flow->has_died && may_read(flow); flow->turn.events--) {
        switch (flow->publisher.next(flow->publisher.self, &event, why)) {
        case PUBLISHER_NONE:
            return 0;
        case PUBLISHER_LOST:
            return -1;
        case PUBLISHER_CONFIRMED:
            if (awaited_remove(flow, event.number, &what))
                confirmed(flow, what);
            break;
        case PUBLISHER_REFUSED:
            if (awaited_remove(flow, event.number, &what))
                refused(flow, what);
            break;
        }
    }
    return 0;
}

int deliver_move(struct flow *flow, struct why *why) {
    turn_begin(flow);
    if (read_events(flow, why) < 0)
        return -1;
    int sent = send_retries(flow, why);
    if (sent == 1)
        sent = send_new(flow, why);
    return sent < 0 ? -1 : 0;
}

void deliver_forget(struct flow *flow) {
    flow->awaited_from = flow->awaited_to = 0;
    flow->meters.unconfirmed = 0;
    retries_clear(flow->retries);
    flow->is_full = false;
    flow->turn.is_over = false;
}

int64_t deliver_due(const struct flow *flow) {
    return flow->is_full ? INT64_MAX : retries_due_us(flow->retries);
}
