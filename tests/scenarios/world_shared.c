/* An earlier server's queue in a scenario, shared with its observers: what was handed out and not
 * acknowledged when a connection ends waits again, in its old place; others may take from it. */
#include "world.h"

uint64_t world_digest(const struct arrival *arrival) {
    uint64_t hash = arrival->body_size + 1;
    for (size_t i = 0; i < arrival->key_size; i++)
        hash = hash * 31 + (unsigned char)arrival->key[i];
    for (size_t i = 0; i < arrival->body_size; i++)
        hash = hash * 31 + (unsigned char)arrival->body[i];
    return hash;
}

enum take world_take_shared(struct world *world, struct delivery *out) {
    size_t i = 0;
    while (i < world->queue.count && world->queue.at[i].state != ARRIVAL_WAITS)
        i++;
    if (i == world->queue.count)
        return TAKE_NONE;
    struct arrival *arrival = &world->queue.at[i];
    arrival->state = ARRIVAL_OUT;
    arrival->number = world->next_number++;
    *out = world_deliver(arrival, SIZE_MAX);
    out->incarnation = INTAKE_DRAINED;
    out->offset = arrival->number;
    out->digest = world_digest(arrival);
    return TAKE_MESSAGE;
}

void world_stored(void *self, uint64_t incarnation, uint64_t offset) {
    struct world *world = self;
    for (size_t i = 0; incarnation == INTAKE_DRAINED && i < world->queue.count; i++) {
        struct arrival *arrival = &world->queue.at[i];
        if (arrival->state != ARRIVAL_OUT || arrival->number > offset)
            continue;
        world->acknowledged++;
        if (!world->loses_acks)
            arrival->state = ARRIVAL_GONE;
    }
}

void world_share(struct world *world, uint64_t next_number) {
    world->next_number = next_number;
    for (size_t i = 0; i < world->queue.count; i++)
        if (world->queue.at[i].state == ARRIVAL_OUT)
            world->queue.at[i].state = ARRIVAL_WAITS;
}
