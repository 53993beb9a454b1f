/* What the store is to do though no message asks for it: note what became of events that webhooks
 * were told, and sweep away what is over (the outbox, presence). It rides on the transactions of
 * messages, and has its own where there are none. */
#include "flow/inside.h"

#include "words/check.h"

/* Transactions for this alone are so far apart: each is a sync of the disk, and between them the
 * store is idle for whoever waits for that. A sweep that has more to do goes on then. */
enum { APART_US = 20 * 1000, SWEEP_EVERY_US = 1000 * 1000 };

static bool has_given(const struct flow *flow) {
    const struct store_batch *gathering = &flow->gathering.store;
    return gathering->change_count || gathering->order_count;
}

bool flow_outbox(struct flow *flow, const struct outbox_change *changes, size_t count) {
    struct batch *batch = &flow->gathering;
    check(count <= FLOW_OUTBOX_MAX);
    if (batch->store.change_count + count > FLOW_OUTBOX_MAX)
        return false;
    if (count)
        memcpy(batch->changes + batch->store.change_count, changes, count * sizeof *changes);
    batch->store.change_count += count;
    return true;
}

uint64_t flow_outbox_stored(const struct flow *flow) {
    return flow->upkeep.stored;
}

bool flow_give_orders(struct flow *flow, const struct order *orders, size_t count) {
    struct batch *batch = &flow->gathering;
    struct arena *arena = batch->order_words;
    if (batch->store.order_count + count > FLOW_ORDERS_AT_ONCE)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct order *order = &batch->orders[batch->store.order_count++];
        *order = orders[i];
        order->app = arena_copy(arena, orders[i].app);
        order->target = arena_copy(arena, orders[i].target);
        order->instance = arena_copy(arena, orders[i].instance);
        order->json = arena_copy(arena, orders[i].json);
    }
    return true;
}

uint64_t flow_orders_stored(const struct flow *flow) {
    return flow->upkeep.orders;
}

int64_t upkeep_due(const struct flow *flow) {
    const struct upkeep *upkeep = &flow->upkeep;
    return has_given(flow) ? upkeep->next_us : upkeep->sweep_us;
}

static bool has_to_sweep(const struct flow *flow, int64_t now_ms) {
    return store_erases(flow->parts.store) || outbox_is_due(flow->parts.store, now_ms) ||
           store_sent_is_over(flow->parts.store, now_ms);
}

/* The store is idle. */
bool upkeep_is_due(struct flow *flow) {
    struct upkeep *upkeep = &flow->upkeep;
    int64_t now = flow_now(flow);
    if (now < upkeep_due(flow))
        return false;
    if (!has_given(flow)) {
        upkeep->sweep_us = now + SWEEP_EVERY_US;
        if (!flow->settings.has_presence && !has_to_sweep(flow, clock_wall_ms(flow->parts.clock)))
            return false;
    }
    upkeep->next_us = now + APART_US;
    return true;
}

void upkeep_fill(struct flow *flow, struct store_batch *batch) {
    batch->now_ms = clock_wall_ms(flow->parts.clock);
    batch->presence_age_ms = flow->settings.has_presence ? flow->settings.presence_age_ms : 0;
    batch->erases = flow_now(flow) >= flow->upkeep.erase_us;
    if (batch->erases)
        flow->upkeep.erase_us = flow_now(flow) + APART_US;
}

void upkeep_stored(struct flow *flow) {
    struct store_batch *batch = &flow->committing.store;
    struct upkeep *upkeep = &flow->upkeep;
    upkeep->stored += batch->change_count;
    batch->change_count = 0;
    upkeep->orders += batch->order_count;
    batch->order_count = 0;
    arena_clear(flow->committing.order_words);
    if (has_to_sweep(flow, batch->now_ms))
        upkeep->sweep_us = flow_now(flow) + APART_US;
}
