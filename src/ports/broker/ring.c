#include "ports/broker/parts.h"

#include "words/check.h"

#include <stdlib.h>

struct handed *ring_at(const struct handed_ring *ring, size_t index) {
    check(index < ring->count);
    return &ring->items[(ring->first + index) & (ring->room - 1)];
}

static void grow(struct handed_ring *ring) {
    size_t room = ring->room ? ring->room * 2 : 64;
    struct handed *items = must_calloc(room, sizeof *items);
    for (size_t i = 0; i < ring->count; i++)
        items[i] = *ring_at(ring, i);
    free(ring->items);
    *ring = (struct handed_ring){.items = items, .room = room, .count = ring->count};
}

void ring_push(struct handed_ring *ring, struct handed item) {
    if (ring->count == ring->room)
        grow(ring);
    ring->count++;
    *ring_at(ring, ring->count - 1) = item;
}

void ring_pop(struct handed_ring *ring) {
    check(ring->count > 0);
    ring->first = (ring->first + 1) & (ring->room - 1);
    ring->count--;
}

void ring_clear(struct handed_ring *ring) {
    free(ring->items);
    *ring = (struct handed_ring){0};
}
