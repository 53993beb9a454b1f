/* own_arena: each test has an arena of its own, as its state. */
#ifndef CHAT21D_OWN_ARENA_H
#define CHAT21D_OWN_ARENA_H

#include "words/arena.h"

static inline int setup(void **state) {
    *state = arena_new();
    return 0;
}

static inline int teardown(void **state) {
    struct arena *arena = *state;
    arena_free(&arena);
    return 0;
}

#endif
