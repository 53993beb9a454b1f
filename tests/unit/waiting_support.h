/* What the tests of waiting plans share. */
#ifndef CHAT21D_TEST_WAITING_SUPPORT_H
#define CHAT21D_TEST_WAITING_SUPPORT_H

#include "store_support.h"

struct place {
    char *folder;
    struct store *store;
    struct arena *arena;
};

static inline int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->store = store_at(place->folder);
    place->arena = arena_new();
    *state = place;
    return 0;
}

static inline int tear_down(void **state) {
    struct place *place = *state;
    arena_free(&place->arena);
    store_close(&place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

static inline void reopen(struct place *place) {
    store_close(&place->store);
    place->store = store_at(place->folder);
}

static inline struct plan *held(uint64_t offset, const char *from, const char *to) {
    return plan_put_off(plan_direct(offset, from, to, "suspicious"), PLAN_QUARANTINED, 0);
}

/* `plan` in the place of the one that waits as `seq`. */
static inline struct plan *instead(struct plan *plan, int64_t seq) {
    plan->replaces_seq = seq;
    return plan;
}

static inline void assert_counts(const struct place *place, uint64_t deferred, uint64_t quarantined,
                                 int64_t next_due_ms) {
    struct store_waiting_counts counts = store_waiting_counts(place->store);
    assert_int_equal(counts.deferred, deferred);
    assert_int_equal(counts.quarantined, quarantined);
    assert_int_equal(counts.next_due_ms, next_due_ms);
    int64_t bytes = query_at(place->folder, "SELECT coalesce(sum(length(head) + length(tail)), 0)"
                                            " FROM plan WHERE outcome IN (5, 6)");
    assert_int_equal(counts.bytes, bytes);
}

/* The offsets of what is due, in order, as one number: 3 then 14 is 314. */
static inline int64_t due(struct place *place, int64_t now_ms, size_t limit) {
    struct plan *plans[20];
    size_t count;
    int64_t offsets = 0;
    struct why why;
    if (store_due(place->store, now_ms, plans, limit, &count, &why) != 0)
        fail_msg("%s", why.words);
    assert_true(count <= limit);
    for (size_t i = 0; i < count; i++) {
        int64_t offset = (int64_t)plans[i]->origin.offset;
        offsets = offsets * (offset < 10 ? 10 : 100) + offset;
        plan_free(&plans[i]);
    }
    return offsets;
}

#endif
