/* place_support: each test has a store of its own, as its state. */
#ifndef CHAT21D_PLACE_SUPPORT_H
#define CHAT21D_PLACE_SUPPORT_H

#include "store_support.h"

struct place {
    char *folder;
    struct store *store;
    struct arena *arena;
    uint64_t next_offset; /* 1 beforehand */
};

static inline int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->store = store_at(place->folder);
    place->arena = arena_new();
    place->next_offset = 1;
    *state = place;
    return 0;
}

static inline int tear_down(void **state) {
    struct place *place = *state;
    store_close(&place->store);
    arena_free(&place->arena);
    folder_remove(place->folder);
    free(place);
    return 0;
}

#endif
