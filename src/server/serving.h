/* serving: the HTTP API (api/api.h) in the worker: its port, its connection to the store, its
 * connection to the broker, and the ways between its thread and the loop. */
#ifndef CHAT21D_SERVING_H
#define CHAT21D_SERVING_H

#include "api/api.h"
#include "flow/flow.h"
#include "server/config.h"
#include "server/orders.h"

struct serving;

/* NULL with `why`: it was asked for, and cannot be. NULL and 0 in `*is_wanted`: nobody asked for it
 * (no port), or it cannot be and nobody said it must: that was logged. `broker` and `orders` are
 * borrowed.
 */
struct serving *serving_open(const struct config *config, const struct broker_settings *broker,
                             struct orders *orders, const struct clock *clock, bool *is_wanted,
                             struct why *why);
/* Hangs up on everybody. */
void serving_close(struct serving **serving);

/* Serves who is there, and takes no more (a stop is under way). */
void serving_stop(struct serving *serving);

/* The flow's word to who waits. NULL: nobody does. */
void serving_tell(struct serving *serving, struct span ticket, const struct ident *id,
                  bool is_repeat);
/* So many orders are stored. */
void serving_ordered(struct serving *serving, uint64_t stored);

/* NULL: not open. */
struct serving_counts {
    bool is_open;
    uint16_t port;
    bool can_send; /* its connection to the broker is there, or was not asked for yet */
    struct why why_not;
    struct api_counts api;
    struct http_counts http;
};
struct serving_counts serving_counts(struct serving *serving);

#endif
