/* analytics_link: the connection on which analytics are told: open it, publish a few events, and
 * know that the broker has them. Not for anyone but analytics.c. */
#ifndef CHAT21D_BROKER_ANALYTICS_LINK_H
#define CHAT21D_BROKER_ANALYTICS_LINK_H

#include "ports/analytics.h"
#include "ports/broker/link.h"

enum { ANALYTICS_AT_ONCE = 64 }; /* published before their confirms are awaited: one bit each */

/* One event that waits; `next` is the queue's. */
struct told {
    struct told *next;
    const char *key; /* static */
    size_t size;
    char body[];
};

struct analytics_link {
    const struct analytics_settings *settings;
    const struct clock *clock;
    struct uri uri;
    struct link link;
    uint64_t next_tag; /* of the channel's next publication */
};

int analytics_link_open(struct analytics_link *analytics, struct why *why);

/* Publishes the first `count` from `first` on, and awaits their confirms. -1: what became of them
 * is not known. */
int analytics_link_publish(struct analytics_link *analytics, const struct told *first, size_t count,
                           struct why *why);

/* Heartbeats, while there is nothing to tell. -1: lost. */
int analytics_link_beat(struct analytics_link *analytics, struct why *why);

#endif
