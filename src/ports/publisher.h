/* publisher: where copies go. The broker in production, a script in tests.
 *
 * Every publication is persistent and confirmed by the broker. Confirms arrive as events, in any
 * order, one per publication. After PUBLISHER_LOST nothing more is known of what was not confirmed:
 * the caller carries out the stored plans again. */
#ifndef CHAT21D_PUBLISHER_H
#define CHAT21D_PUBLISHER_H

#include "meaning/plan.h"
#include "words/why.h"

#include <stdint.h>

enum publish {
    PUBLISH_SENT, /* under way; an event with this number will follow */
    PUBLISH_FULL, /* too much is unconfirmed, or the broker applies back-pressure: try again later
                   */
    PUBLISH_LOST, /* the connection is gone */
};

enum publisher_event_kind {
    PUBLISHER_NONE,      /* nothing more for now */
    PUBLISHER_CONFIRMED, /* the broker has it (or nobody is subscribed, which is the same here) */
    PUBLISHER_REFUSED,   /* nacked, or a dead letter came back: try again, a few times */
    PUBLISHER_LOST,
};

struct publisher_event {
    enum publisher_event_kind kind;
    uint64_t number;
};

struct publisher {
    void *self;
    /* `*number` rises by one per publication from 1 on each connection. Copies what it needs. */
    enum publish (*publish)(void *self, const struct publication *what, uint64_t *number,
                            struct why *why);
    /* The next event, without blocking. `why` is filled in with PUBLISHER_LOST. */
    enum publisher_event_kind (*next)(void *self, struct publisher_event *out, struct why *why);
};

#endif
