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
}

/* What stood under the number; false where it was answered before. */
static bool awaited_remove(struct flow *flow, uint64_t number, struct awaited *what) {
    if (number < flow->awaited_from || number >= flow->awaited_to)
        return false;
    *what = *awaited_at(flow, number);
    awaited_at(flow, number)->parcel = NULL;
    while (flow->awaited_from < flow->awaited_to && !awaited_at(flow, flow->awaited_from)->parcel)
        flow->awaited_from++;
    return what->parcel != NULL;
}

/* 1 sent, 0 not now, -1 lost. */
static int publish(struct flow *flow, struct awaited what, struct why *why) {
    struct arena *arena = arena_new();
    struct publication publication;
    uint64_t number = 0;
    plan_publication(what.parcel->plan, what.index, arena, &publication);
    enum publish result = flow->publisher.publish(flow->publisher.self, &publication, &number, why);
    arena_free(&arena);
    switch (result) {
    case PUBLISH_SENT:
        awaited_add(flow, number, what);
        return 1;
    case PUBLISH_FULL:
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

static void retry_later(struct flow *flow, struct awaited what) {
    if (flow->retry_count == flow->retry_room) {
        flow->retry_room = flow->retry_room ? flow->retry_room * 2 : 64;
        flow->retries = must_realloc(flow->retries, flow->retry_room * sizeof *flow->retries);
    }
    int64_t pause = (int64_t)RETRY_FIRST_US << (2 * what.tries);
    what.tries++;
    flow->retries[flow->retry_count++] = (struct retry){what, flow_now(flow) + pause};
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
            if (awaited_remove(flow, event.number, &what)) {
                flow->counts.copies += what.index < what.parcel->plan->copy_count;
                finished(flow, what.parcel);
            }
            break;
        case PUBLISHER_REFUSED:
            if (awaited_remove(flow, event.number, &what))
                refused(flow, what);
            break;
        }
    }
    return 0;
}

/* 1 all due ones went out, 0 not now, -1 lost. */
static int send_retries(struct flow *flow, struct why *why) {
    int64_t now = flow->retry_count ? flow_now(flow) : 0;
    for (size_t i = 0; i < flow->retry_count;) {
        if (flow->retries[i].due_us > now) {
            i++;
            continue;
        }
        int sent = publish(flow, flow->retries[i].what, why);
        if (sent != 1)
            return sent;
        flow->retries[i] = flow->retries[--flow->retry_count];
    }
    return 1;
}

/* 1 the parcel is wholly published, 0 not now, -1 lost. */
static int send_parcel(struct flow *flow, struct parcel *parcel, struct why *why) {
    size_t all = parcel->plan ? plan_publication_count(parcel->plan) : 0;
    while (parcel->published < all) {
        struct awaited what = {parcel, (uint32_t)parcel->published, 0};
        int sent = publish(flow, what, why);
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
    flow->retry_count = 0;
}

int64_t deliver_due(const struct flow *flow) {
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < flow->retry_count; i++)
        if (flow->retries[i].due_us < due)
            due = flow->retries[i].due_us;
    return due;
}
