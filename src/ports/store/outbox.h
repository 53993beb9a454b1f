/* outbox: what the files of the outbox share; inside.h includes it.
 *
 * An id is the endpoint's number and the event's: `endpoint << 40 | event`. So the rows of an
 * endpoint are one range of ids, the oldest first, and bounds need no index of their own. An event
 * has one number at all endpoints. */
#ifndef CHAT21D_STORE_OUTBOX_H
#define CHAT21D_STORE_OUTBOX_H

#include "ports/outbox.h"

struct progress;
struct store;

enum { OUTBOX_EVENT_BITS = 40, OUTBOX_ENDPOINT_NUMBERS = 1 << 13 };
#define OUTBOX_EVENT_END (INT64_C(1) << OUTBOX_EVENT_BITS)

static inline int64_t outbox_id(int64_t endpoint, int64_t event) {
    return endpoint << OUTBOX_EVENT_BITS | event;
}

/* Who is told of what, and the bounds. */
struct outbox_ends {
    struct outbox_end {
        int64_t number; /* of its row */
        uint32_t kinds;
    } ends[OUTBOX_ENDPOINTS_MAX];
    size_t count;
    uint32_t kinds; /* that anybody is told of */
    uint64_t rows_max, bytes_max, dead_max;
    int64_t age_max_ms;
};

/* As of the last commit, or in the one under way. */
struct outbox_progress {
    struct outbox_load {
        uint64_t waiting, bytes;
        int64_t oldest_ms; /* nothing has waited since before that; INT64_MAX: nothing waits */
    } loads[OUTBOX_ENDPOINTS_MAX];
    uint64_t dead, given_up;
    int64_t newest; /* event */
    bool has_gone;  /* rows of endpoints that are named no more */
    /* A person's word about all that there were at a time: how many are left at most. */
    struct outbox_word {
        int64_t said_ms, newest;
        uint64_t left;
    } hurry, drop, revive, drop_dead;
};

/* A row leaves the endpoint with that number (which may be named no more), or comes. */
void outbox_count(const struct store *store, int64_t endpoint, int64_t rows, int64_t bytes,
                  struct progress *next);

/* An endpoint that is named no more, and has rows. */
int outbox_find_gone(struct store *store, int64_t *endpoint, bool *is_there);

/* The next event's number. */
int64_t outbox_next(struct progress *next);
/* From the dead back behind its lane, under a new id, if its endpoint is still named. */
int outbox_revive(struct store *store, int64_t id, struct progress *next);

#endif
