/* What the tests of the outbox share: a store with endpoints, and a clock. */
#ifndef CHAT21D_TEST_OUTBOX_SUPPORT_H
#define CHAT21D_TEST_OUTBOX_SUPPORT_H

#include "store_support.h"

#include "claims.h"

#define ONE SPAN("https://one.example/hook?key=1")
#define TWO SPAN("http://two.example/")

enum { ALL = (1 << EVENT_KINDS) - 1, NOW = 5000000, ROWS = 2000 };

struct place {
    char *folder;
    struct arena *arena;
    struct store *store;
    struct store_reader *reader;
    struct outbox_endpoint endpoints[2];
    struct outbox_settings settings;
    int64_t now_ms;
    uint64_t next_offset;
    struct outbox_row rows[ROWS];
    size_t count;
    int64_t next_due_ms;
};

static inline void open_store(struct place *place) {
    struct why why = {""};
    place->store = store_at(place->folder);
    place->reader = reader_at(place->folder);
    if (outbox_use(place->store, &place->settings, &why) < 0)
        fail_msg("%s", why.words);
}

static inline void close_store(struct place *place) {
    store_reader_close(&place->reader);
    store_close(&place->store);
}

static inline void reopen(struct place *place) {
    close_store(place);
    open_store(place);
}

static inline int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->arena = arena_new();
    place->endpoints[0] = (struct outbox_endpoint){ONE, ALL};
    place->endpoints[1] = (struct outbox_endpoint){TWO, event_bit(EVENT_DELIVERED)};
    place->settings = (struct outbox_settings){.endpoints = place->endpoints,
                                               .endpoint_count = 1,
                                               .rows_max = 1000000,
                                               .bytes_max = 1000000000,
                                               .age_max_ms = 1000000,
                                               .dead_max = 100000};
    place->now_ms = NOW;
    place->next_offset = 1;
    open_store(place);
    *state = place;
    return 0;
}

static inline int tear_down(void **state) {
    struct place *place = *state;
    close_store(place);
    arena_free(&place->arena);
    folder_remove(place->folder);
    free(place);
    return 0;
}

static inline int commit_batch(struct place *place, struct store_batch *batch) {
    struct why why = {""};
    batch->now_ms = place->now_ms;
    int rc = store_commit(place->store, batch, &why);
    if (rc < 0)
        print_message("%s\n", why.words);
    return rc;
}

static inline void tell(struct place *place, struct plan *plan) {
    struct store_batch batch = {.plans = &plan, .count = 1};
    assert_int_equal(commit_batch(place, &batch), 0);
    assert_false(plan->is_bad);
    plan_free(&plan);
}

static inline struct plan *direct(struct place *place, const char *from, const char *to) {
    struct plan *plan = plan_direct(place->next_offset++, from, to, "hi");
    plan->tells_copies = true;
    return plan;
}

static inline void tick(struct place *place) {
    assert_int_equal(commit_batch(place, &(struct store_batch){.count = 0}), 0);
}

static inline void change(struct place *place, struct outbox_change change) {
    assert_int_equal(
        commit_batch(place, &(struct store_batch){.changes = &change, .change_count = 1}), 0);
}

static inline void due_except(struct place *place, size_t endpoint, const int64_t *except,
                              size_t count) {
    struct why why = {""};
    if (outbox_due(place->reader, place->arena, endpoint, place->now_ms, except, count, place->rows,
                   ROWS, &place->count, &place->next_due_ms, &why) < 0)
        fail_msg("%s", why.words);
}

static inline void due(struct place *place, size_t endpoint) {
    due_except(place, endpoint, NULL, 0);
}

static inline void list(struct place *place, bool dead) {
    struct why why = {""};
    if (outbox_list(place->reader, place->arena, dead, 0, place->rows, ROWS, &place->count, &why) <
        0)
        fail_msg("%s", why.words);
}

/* What is kept in memory is what is there. */
static inline void assert_counts(struct place *place, size_t endpoint, uint64_t waiting,
                                 uint64_t dead) {
    struct outbox_counts counts = outbox_counts(place->store, endpoint);
    assert_int_equal(counts.waiting, waiting);
    assert_int_equal(counts.dead, dead);
    list(place, true);
    assert_int_equal(place->count, dead);
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
