/* outbox: what waits to be posted to webhooks (protocol, section 3), kept in the store.
 *
 * A row is one event for one endpoint. It is written in the transaction of the plan that tells it,
 * and is gone when it was posted, given up (then it is in the list of the dead) or dropped by a
 * person. Rows of one lane (event_lane: a conversation, a user's presence) go to an endpoint one
 * after the other, in order; lanes and endpoints know nothing of each other. Bounded: in rows and
 * bytes for each endpoint, where the oldest make room, in age, and the dead in rows; all counted.
 *
 * The writing side belongs to the store's owner; the reading side to any reader's. */
#ifndef CHAT21D_OUTBOX_H
#define CHAT21D_OUTBOX_H

#include "meaning/event.h"
#include "words/arena.h"
#include "words/why.h"

struct store;
struct store_reader;

enum { OUTBOX_ENDPOINTS_MAX = 16 };

struct outbox_settings {
    const struct outbox_endpoint {
        struct span url;
        uint32_t kinds; /* event_bit of each that it is told of */
    } * endpoints;
    size_t endpoint_count;        /* 0: nothing is kept for anybody */
    uint64_t rows_max, bytes_max; /* that wait for one endpoint */
    int64_t age_max_ms;           /* a row older than this is given up */
    uint64_t dead_max;            /* rows of the list of the dead; the oldest go */
};

/* Once, before the first commit; nothing of `settings` is kept but by copy. What waits for an
 * endpoint that is named no more is given up, a bounded number with each commit. */
int outbox_use(struct store *store, const struct outbox_settings *settings, struct why *why);

/* As of the last commit; not to be asked while one is under way. Endpoints by their index. */
struct outbox_counts {
    uint64_t waiting, bytes; /* of one endpoint */
    uint64_t dead;           /* of all */
    uint64_t given_up;       /* since the store was opened: put on the list of the dead, of all */
    int64_t newest;          /* the newest event's number, of all: has something come? */
};
struct outbox_counts outbox_counts(const struct store *store, size_t endpoint);
/* Would a commit at that time have something to sweep away? Asked as outbox_counts is. */
bool outbox_is_due(const struct store *store, int64_t now_ms);

struct outbox_row {
    int64_t id;      /* never given twice; rises with time for one endpoint; below 2^53 */
    size_t endpoint; /* its index; of a dead one whose endpoint is named no more: SIZE_MAX */
    struct span url;
    unsigned tries;   /* so far */
    int64_t due_ms;   /* of a dead one: when it was given up */
    int64_t since_ms; /* since when it waits: a person's word lets that begin again */
    /* Without `data`, where a kind has some, the message was erased meanwhile: drop it. */
    struct event event;
    int answer;        /* the last status; 0: none came */
    struct span error; /* of the last try, in words */
};

/* The heads of lanes that are due for that endpoint, the longest due first, but for those with ids
 * in `except` (they are under way). `*next_due_ms`: when the first of the others will be. What is
 * due only in hours is due now: the clock was set back. Memory from the arena. -1: `why`. */
int outbox_due(struct store_reader *reader, struct arena *arena, size_t endpoint, int64_t now_ms,
               const int64_t *except, size_t except_count, struct outbox_row *rows, size_t limit,
               size_t *count, int64_t *next_due_ms, struct why *why);

/* What waits (or is dead), endpoint after endpoint, those named last first, of each the newest
 * first; below `before_id` (0: from the first on). */
int outbox_list(struct store_reader *reader, struct arena *arena, bool dead, int64_t before_id,
                struct outbox_row *rows, size_t limit, size_t *count, struct why *why);

/* What became of a row, to be stored with the next transaction (struct store_batch). */
struct outbox_change {
    enum {
        OUTBOX_POSTED,   /* it is over, even if it was given up meanwhile */
        OUTBOX_AGAIN,    /* at due_ms; counts as a try */
        OUTBOX_GIVEN_UP, /* to the dead; counts as a try */
        OUTBOX_RETRY,    /* a person's word: at once, and those before it in its lane; also from the
                          * dead (then behind its lane, under a new id) */
        OUTBOX_DROP,     /* a person's word: gone, waiting or dead */
    } what;
    /* RETRY, DROP: 0 is all that there are now, a bounded number with each commit (forgotten where
     * the process ends before the last of them). */
    int64_t id;
    bool of_dead; /* with id 0: the dead, else those that wait */
    int64_t due_ms;
    int answer;
    char error[120];
};

#endif
