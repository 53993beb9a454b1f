/* webhooks: posts what waits in the outbox (ports/outbox.h) to its endpoints, in a thread of its
 * own with a reader and connections of its own; the loop never waits for it.
 *
 * Each endpoint has its own posts under way (so many at most), its own pace (webhook_pace.h) and
 * its own trouble: what one does touches no other. Of a lane one event at a time is under way, in
 * order. What became of a post goes back to the loop, which has it stored; until it is, the row
 * counts as under way and is not posted again. After a crash it may be, under the same delivery id:
 * everything is posted at least once. Nothing is held in memory but what is under way.
 *
 * Where the store cannot be read, or libcurl not be used, it says so and tries again. */
#ifndef CHAT21D_WEBHOOKS_H
#define CHAT21D_WEBHOOKS_H

#include "ports/hook.h"
#include "ports/outbox.h"
#include "words/clock.h"

enum { WEBHOOKS_CONNECTIONS_MAX = 64 };

/* Borrowed for the thread's life. */
struct webhooks_settings {
    const char *data; /* the store's folder */
    const struct outbox_endpoint *endpoints;
    size_t endpoint_count;
    size_t connections; /* posts under way to one endpoint: 1 to WEBHOOKS_CONNECTIONS_MAX */
    int64_t first_ms;   /* the first back-off */
    int64_t age_ms;     /* what is older and fails is given up */
    struct hook_settings hook;
};

struct webhooks;

/* Starts the thread. */
struct webhooks *webhooks_new(const struct webhooks_settings *settings, const struct clock *clock);
/* Breaks off what is under way: it stays in the outbox. */
void webhooks_free(struct webhooks **webhooks);

/* Look again: events have come, or may go now. */
void webhooks_wake(struct webhooks *webhooks);

/* The same, and endpoints that are down are tried at once. */
void webhooks_hurry(struct webhooks *webhooks);

/* What became of posts, in order, not handed over yet; at most `limit`. */
size_t webhooks_results(struct webhooks *webhooks, struct outbox_change *changes, size_t limit);
/* Readable (poll) from when there is something until it was asked for. */
int webhooks_descriptor(const struct webhooks *webhooks);
/* The first `count` of them are to be stored, the last as number `newest` of all changes … */
void webhooks_handed(struct webhooks *webhooks, size_t count, uint64_t newest);
/* … and so many of all changes are stored by now. */
void webhooks_stored(struct webhooks *webhooks, uint64_t stored);

/* Begins no more posts. */
void webhooks_stop(struct webhooks *webhooks);
/* It has stopped, nothing is under way, and what became of it is stored. */
bool webhooks_is_idle(struct webhooks *webhooks);

struct webhook_state {
    struct span url; /* masked; lives as long as the thread */
    bool is_down;
    int64_t down_since_ms; /* wall clock */
    size_t under_way;
    uint64_t posted, failed, given_up; /* posts, by their end, since the start */
    char words[HOOK_WORDS];            /* of the last failure; "": the last one was none */
};
struct webhook_state webhooks_state(struct webhooks *webhooks, size_t endpoint);
/* Why nothing is posted at all. False: that is not so. */
bool webhooks_trouble(struct webhooks *webhooks, struct why *why);

#endif
