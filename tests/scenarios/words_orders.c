/* The words for what is no traffic: erasures and revocations. */
#include "words.h"

#include "ports/store/fault.h"

enum { CHUNK_MS = 20, CHUNKS_MAX = 10000 };

static void advance(struct world *world, int64_t ms) {
    world->now_us += ms * 1000;
    world->wall_ms += ms;
}

/* Until it is stored. */
static int give(struct script *script, struct order *order, struct why *why) {
    struct world *world = script->world;
    if (!world->flow)
        world_start(world);
    order->app = script->app;
    order->now_ms = world->wall_ms;
    if (!flow_give_orders(world->flow, order, 1))
        return why_say(why, "it is not taken");
    advance(world, CHUNK_MS);
    world_run(world);
    return flow_orders_stored(world->flow) ? 0 : why_say(why, "it is not stored");
}

/* erase user|messages|conversations TARGET */
int say_erase(struct script *script, struct why *why) {
    struct span what = script_word(script);
    struct order order = {.kind = span_is(what, "user")       ? ORDER_ERASE_USER
                                  : span_is(what, "messages") ? ORDER_ERASE_MESSAGES
                                                              : ORDER_ERASE_CONVERSATIONS,
                          .target = script_word(script)};
    if (script->world->store)
        store_set_erase_steps(script->world->store, 1);
    return give(script, &order, why);
}

/* erased: to its end; erased N: so many steps more. */
int say_erased(struct script *script, struct why *why) {
    struct span word = script_word(script);
    long steps = word.size ? script_number_of(word) : CHUNKS_MAX;
    if (!script->world->flow)
        world_start(script->world);
    store_set_erase_steps(script->world->store, word.size ? 1 : 0);
    for (; steps && store_erases(script->world->store); steps--) {
        advance(script->world, CHUNK_MS);
        world_run(script->world);
    }
    bool is_over = !store_erases(script->world->store);
    return is_over == !word.size ? 0 : why_say(why, "it is %s", is_over ? "over" : "not over");
}

/* revoke USER MS · restore USER */
int say_revoke(struct script *script, struct why *why) {
    struct order order = {.kind = ORDER_REVOKE, .target = script_word(script)};
    order.until_ms = script->world->wall_ms + script_number(script);
    return give(script, &order, why);
}

int say_restore(struct script *script, struct why *why) {
    struct order order = {.kind = ORDER_RESTORE, .target = script_word(script)};
    return give(script, &order, why);
}
