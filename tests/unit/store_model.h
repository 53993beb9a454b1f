/* A store of a few arrays, to compare the real one with: plans that wait, what takes their place,
 * and keys. Slow and plain. */
#ifndef CHAT21D_TEST_STORE_MODEL_H
#define CHAT21D_TEST_STORE_MODEL_H

#include "store_support.h"

enum { ROWS = 8000, USERS = 3, PAIRS = 9, KEYS = 6 };

/* One stored plan. */
struct row {
    uint64_t offset;
    unsigned child;
    int64_t seq;
    enum plan_outcome outcome;
    int from, to;
    int64_t due_ms, place;
    unsigned times;
};

struct model {
    struct row rows[ROWS];
    size_t count;
    int64_t newest_seq;
    int keys[KEYS]; /* the longest unchanged first */
    int values[KEYS];
    size_t key_count;
};

static inline bool row_waits(const struct row *row) {
    return row->outcome == PLAN_DEFERRED || row->outcome == PLAN_QUARANTINED;
}

static inline int user_of(struct span name) {
    return name.at[1] - '0';
}

static inline unsigned next_child(const struct model *model, uint64_t offset) {
    unsigned next = 0;
    for (size_t i = 0; i < model->count; i++)
        if (model->rows[i].offset == offset && model->rows[i].child >= next)
            next = model->rows[i].child + 1;
    return next;
}

static inline struct row *row_at(struct model *model, uint64_t offset, unsigned child) {
    for (size_t i = 0; i < model->count; i++)
        if (model->rows[i].offset == offset && model->rows[i].child == child)
            return &model->rows[i];
    return NULL;
}

static inline struct row *row_of_seq(struct model *model, int64_t seq) {
    for (size_t i = 0; i < model->count; i++)
        if (model->rows[i].seq == seq)
            return &model->rows[i];
    return NULL;
}

/* 0: it went in; else it is bad; `*stands` is where one of its origin is already. */
static inline int put_plan(struct model *model, const struct plan *plan, int64_t *stands) {
    struct row *twin = row_at(model, plan->origin.offset, plan->child);
    int64_t place = model->newest_seq + 1;
    *stands = 0;
    if (plan->replaces_seq) {
        struct row *old = row_of_seq(model, plan->replaces_seq);
        bool waits = old && row_waits(old);
        if (waits && old != twin)
            return -1;
        if (!waits) {
            *stands = twin ? twin->seq : 0;
            return -1;
        }
        place = old->place;
        memmove(old, old + 1, (size_t)(&model->rows[--model->count] - old) * sizeof *old);
    } else if (twin) {
        *stands = twin->seq;
        return -1;
    }
    check(model->count < ROWS);
    model->rows[model->count++] = (struct row){.offset = plan->origin.offset,
                                               .child = plan->child,
                                               .seq = ++model->newest_seq,
                                               .outcome = plan->outcome,
                                               .from = user_of(plan->sender),
                                               .to = user_of(plan->recipient),
                                               .due_ms = plan->wait.due_ms,
                                               .place = place,
                                               .times = plan->wait.times};
    return 0;
}

static inline void put_key(struct model *model, const struct kv_change *change) {
    int key = change->key.at[0] - 'a';
    size_t at = 0;
    while (at < model->key_count && model->keys[at] != key)
        at++;
    if (at < model->key_count) {
        model->key_count--;
        for (; at < model->key_count; at++) {
            model->keys[at] = model->keys[at + 1];
            model->values[at] = model->values[at + 1];
        }
    }
    if (change->value.at) {
        model->keys[model->key_count] = key;
        model->values[model->key_count++] = (unsigned char)change->value.at[0];
    }
}

static inline int put_family(struct model *model, const struct plan *plan, int64_t *stands) {
    int64_t ignored;
    if (put_plan(model, plan, stands) < 0)
        return -1;
    for (size_t i = 0; i < plan->child_count; i++)
        if (put_plan(model, plan->children[i], &ignored) < 0)
            return -1;
    for (size_t i = 0; i < plan->kv_count; i++)
        put_key(model, &plan->kv[i]);
    return 0;
}

/* Is it the first deferred one of its pair? */
static inline bool is_head(const struct model *model, const struct row *row) {
    for (size_t i = 0; i < model->count; i++) {
        const struct row *other = &model->rows[i];
        if (other->outcome == PLAN_DEFERRED && other->from == row->from && other->to == row->to &&
            other->place < row->place)
            return false;
    }
    return row->outcome == PLAN_DEFERRED;
}

static inline size_t heads(const struct model *model, const struct row **found) {
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++)
        if (is_head(model, &model->rows[i]))
            found[count++] = &model->rows[i];
    return count;
}

#endif
