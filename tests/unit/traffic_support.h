/* What tests of changes to stored messages share: a store, who looks into it, and plans that
 * change. */
#ifndef CHAT21D_TEST_TRAFFIC_SUPPORT_H
#define CHAT21D_TEST_TRAFFIC_SUPPORT_H

#include "store_support.h"

struct place {
    char *folder;
    struct store *store;
    struct store_reader *reader;
    struct facts facts;
    struct arena *arena;
    uint64_t next_offset;
};

static inline int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->store = store_at(place->folder);
    place->reader = reader_at(place->folder);
    place->facts = store_reader_facts(place->reader);
    place->arena = arena_new();
    place->next_offset = 1;
    *state = place;
    return 0;
}

static inline int tear_down(void **state) {
    struct place *place = *state;
    store_reader_close(&place->reader);
    store_close(&place->store);
    arena_free(&place->arena);
    folder_remove(place->folder);
    free(place);
    return 0;
}

/* U1 writes to U2. */
static inline int64_t say(struct place *place, const char *text) {
    return commit_one(place->store, plan_direct(place->next_offset++, "U1", "U2", text));
}

static inline void apply(struct place *place, struct plan_effect effect) {
    commit_one(place->store, plan_effecting(place->next_offset++, effect));
}

static inline void assert_bad(struct place *place, struct plan_effect effect) {
    struct plan *plan = plan_effecting(place->next_offset++, effect);
    int64_t before = query_at(place->folder, "SELECT newest_seq FROM mark");
    assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
    assert_true(plan->is_bad && plan->seq == 0);
    assert_int_equal(query_at(place->folder, "SELECT newest_seq FROM mark"), before);
    plan_free(&plan);
}

static inline struct plan_effect on_message(enum effect_kind kind, const char *owner,
                                            const char *other, int64_t seq, int status) {
    return (struct plan_effect){.kind = kind,
                                .by = span_of(owner),
                                .whom = span_of(other),
                                .seq = seq,
                                .status = status,
                                .updates_conversation = true};
}

static inline struct plan_effect patch(const char *owner, const char *other, const char *json) {
    return (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                .by = span_of(owner),
                                .whom = span_of(other),
                                .patch = span_of(json)};
}

#endif
