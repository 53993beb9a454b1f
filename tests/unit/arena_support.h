/* arena_support: an arena that is there for each test, for those who need no more of a stage:
 * cmocka_unit_test_setup_teardown(…, make_arena, drop_arena). */
#ifndef CHAT21D_TESTS_ARENA_SUPPORT_H
#define CHAT21D_TESTS_ARENA_SUPPORT_H

#include "words/arena.h"

static struct arena *arena;

static inline int make_arena(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static inline int drop_arena(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

#endif
