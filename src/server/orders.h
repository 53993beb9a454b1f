/* orders: what other threads want stored though it is no traffic (meaning/order.h), on its way to
 * the loop, which has the flow store it. Bounded; who gives one is told its number, and hears of
 * all up to a number when those are stored. */
#ifndef CHAT21D_ORDERS_H
#define CHAT21D_ORDERS_H

#include "flow/flow.h"

struct orders;

struct orders *orders_new(void);
void orders_free(struct orders **orders);

/* Copied. `*number` counts from 1. False: too many wait. From any thread. */
bool orders_give(struct orders *orders, const struct order *order, uint64_t *number);

/* ---- the loop's side ---- */

/* Readable when there is something to move. */
int orders_descriptor(const struct orders *orders);
/* Gives what has come to the flow, as far as that takes it. */
void orders_move(struct orders *orders, struct flow *flow);

#endif
