/* The deliver stage: publications go out in order of arrival, copies of one plan in the plan's
 * order; the broker confirms each. A copy it refuses is tried again a few times, then counted
 * "stored, not pushed": one user's full queue stops nobody else, and the copy is in the history. */
#include "flow/inside.h"

#include "words/check.h"
#include "words/log.h"

#include <stdlib.h>

enum { TRIES = 4, RETRY_FIRST_US = 20 * 1000, AWAITED_FIRST = 1024 };

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

/* 1 sent, 0 not now, -1 lost. */
static int publish(struct flow *flow, const struct publication *publication, struct awaited what,
                   struct why *why) {
    uint64_t number = 0;
    switch (flow->publisher.publish(flow->publisher.self, publication, &number, why)) {
    case PUBLISH_SENT:
        flow->is_full = false;
        awaited_add(flow, number, what);
        return 1;
    case PUBLISH_FULL:
        flow->is_full = true; /* an event of the publisher's will tell */
        return 0;
    case PUBLISH_LOST:
        return -1;
    }
    return -1;
}

static void finished(struct flow *flow, struct parcel *parcel) {
    check(parcel->unconfirmed > 0);
    parcel->unconfirmed--;
    if (parcel->stage == STAGE_DELIVER)
        way_advance(flow, parcel);
}

/* ---- what the broker refused, and what waits behind it for the same inbox ---- */

static uint64_t hash_of(struct span key) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.at[i]) * 0x100000001b3;
    return hash;
}

static void retry_add(struct flow *flow, struct retry retry) {
    if (flow->retry_count == flow->retry_room) {
        flow->retry_room = flow->retry_room ? flow->retry_room * 2 : 64;
        flow->retries = must_realloc(flow->retries, flow->retry_room * sizeof *flow->retries);
    }
    flow->retries[flow->retry_count++] = retry;
}

static struct retry *retry_of(struct flow *flow, struct awaited what) {
    for (size_t i = 0; i < flow->retry_count; i++)
        if (flow->retries[i].what.parcel == what.parcel &&
            flow->retries[i].what.index == what.index)
            return &flow->retries[i];
    return NULL;
}

static void retry_remove(struct flow *flow, struct awaited what) {
    struct retry *retry = retry_of(flow, what);
    if (!retry)
        return;
    size_t after = flow->retry_count - (size_t)(retry - flow->retries) - 1;
    memmove(retry, retry + 1, after * sizeof *retry);
    flow->retry_count--;
}

/* Does the inbox wait for one of the first `count`? Then what comes after must wait too. */
static bool is_held(const struct flow *flow, uint64_t key_hash, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (flow->retries[i].key_hash == key_hash)
            return true;
    return false;
}

static void retry_later(struct flow *flow, struct awaited what) {
    struct retry *retry = retry_of(flow, what);
    if (!retry) {
        struct arena *arena = arena_new();
        struct publication publication;
        plan_publication(what.parcel->plan, what.index, arena, &publication);
        retry_add(flow, (struct retry){.what = what, .key_hash = hash_of(publication.key)});
        retry = &flow->retries[flow->retry_count - 1];
        arena_free(&arena);
    }
    retry->due_us = flow_now(flow) + ((int64_t)RETRY_FIRST_US << (2 * what.tries));
    retry->what.tries = what.tries + 1;
    retry->is_sent = false;
}

/* What was held back behind one that is given up gets one try each, at once: an inbox that takes
 * nothing must not hold up everybody for the sake of its order. */
static void let_go(struct flow *flow, struct awaited what) {
    const struct retry *given_up = retry_of(flow, what);
    for (size_t i = 0; given_up && i < flow->retry_count; i++) {
        struct retry *retry = &flow->retries[i];
        if (retry->key_hash != given_up->key_hash || retry->is_sent)
            continue;
        retry->what.tries = TRIES - 1;
        retry->due_us = 0;
    }
}

static void refused(struct flow *flow, struct awaited what) {
    if (what.tries + 1 < TRIES) {
        retry_later(flow, what);
        return;
    }
    flow->counts.not_pushed++;
    log_line(LOG_WARN, "not_pushed",
             "message_id=%s publication=%u reason=\"the broker refused it %d times; it is stored\"",
             what.parcel->plan->id.text, (unsigned)what.index, TRIES);
    let_go(flow, what);
    retry_remove(flow, what);
    finished(flow, what.parcel);
}

static void confirmed(struct flow *flow, struct awaited what) {
    flow->counts.copies += what.index < what.parcel->plan->copy_count;
    if (flow->retry_count)
        retry_remove(flow, what);
    finished(flow, what.parcel);
}

static int read_events(struct flow *flow, struct why *why) {
    struct publisher_event event;
    struct awaited what;
    while (!flow->has_died) {
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

static int send_retry(struct flow *flow, struct retry *retry, struct why *why) {
    struct arena *arena = arena_new();
    struct publication publication;
    plan_publication(retry->what.parcel->plan, retry->what.index, arena, &publication);
    int sent = publish(flow, &publication, retry->what, why);
    retry->is_sent = sent == 1;
    flow->counts.retried += sent == 1;
    arena_free(&arena);
    return sent;
}

/* 1 all due ones went out, 0 not now, -1 lost. */
static int send_retries(struct flow *flow, struct why *why) {
    int64_t now = flow->retry_count ? flow_now(flow) : 0;
    for (size_t i = 0; i < flow->retry_count; i++) {
        struct retry *retry = &flow->retries[i];
        if (retry->is_sent || retry->due_us > now || is_held(flow, retry->key_hash, i))
            continue;
        int sent = send_retry(flow, retry, why);
        if (sent != 1)
            return sent;
    }
    return 1;
}

/* 1 it went out, or waits behind one that was refused; 0 not now, -1 lost. */
static int send_one(struct flow *flow, struct awaited what, struct why *why) {
    struct arena *arena = arena_new();
    struct publication publication;
    plan_publication(what.parcel->plan, what.index, arena, &publication);
    uint64_t key_hash = flow->retry_count ? hash_of(publication.key) : 0;
    int sent = 1;
    if (flow->retry_count && is_held(flow, key_hash, flow->retry_count))
        retry_add(flow, (struct retry){.what = what, .key_hash = key_hash});
    else
        sent = publish(flow, &publication, what, why);
    arena_free(&arena);
    return sent;
}

/* 1 the parcel is wholly published, 0 not now, -1 lost. */
static int send_parcel(struct flow *flow, struct parcel *parcel, struct why *why) {
    size_t all = parcel->plan ? plan_publication_count(parcel->plan) : 0;
    while (parcel->published < all) {
        int sent = send_one(flow, (struct awaited){parcel, (uint32_t)parcel->published, 0}, why);
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

int deliver_move(struct flow *flow, struct why *why) {
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
    flow->retry_count = 0;
    flow->is_full = false;
}

int64_t deliver_due(const struct flow *flow) {
    int64_t due = INT64_MAX;
    for (size_t i = 0; !flow->is_full && i < flow->retry_count; i++) {
        const struct retry *retry = &flow->retries[i];
        if (!retry->is_sent && retry->due_us < due && !is_held(flow, retry->key_hash, i))
            due = retry->due_us;
    }
    return due;
}
