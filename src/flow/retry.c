#include "flow/retry.h"

#include "words/check.h"

#include <stdlib.h>

enum { LANES_FIRST = 64 };

struct lane {
    uint64_t key_hash;
    struct lane *next; /* in the same slot */
    struct retry *first, *last;
    uint64_t one_try_to; /* up to this number there is one try each */
};

struct retries {
    uint64_t seed;
    struct lane **slots; /* their number is a power of two */
    size_t slot_count, lane_count;
    /* The first of each lane that is not out, the one that is due first on top. */
    struct retry **heap;
    size_t heap_count, heap_room;
    uint64_t added;
    size_t count;
};

struct retries *retries_new(uint64_t seed) {
    struct retries *retries = must_calloc(1, sizeof *retries);
    retries->seed = seed;
    retries->slot_count = LANES_FIRST;
    retries->slots = must_calloc(LANES_FIRST, sizeof(struct lane *));
    return retries;
}

static void lane_free(struct lane *lane) {
    while (lane->first) {
        struct retry *gone = lane->first;
        lane->first = gone->behind;
        free(gone);
    }
    free(lane);
}

void retries_clear(struct retries *retries) {
    for (size_t i = 0; i < retries->slot_count; i++)
        while (retries->slots[i]) {
            struct lane *gone = retries->slots[i];
            retries->slots[i] = gone->next;
            lane_free(gone);
        }
    retries->lane_count = retries->heap_count = retries->count = 0;
}

void retries_free(struct retries **retries) {
    if (!*retries)
        return;
    retries_clear(*retries);
    free((*retries)->slots);
    free((*retries)->heap);
    free(*retries);
    *retries = NULL;
}

size_t retries_count(const struct retries *retries) {
    return retries->count;
}

/* ---- lanes ---- */

/* Seeded: who picks ids cannot pick a slot. */
static struct lane **slot_of(const struct retries *retries, uint64_t key_hash) {
    uint64_t mixed = (key_hash ^ retries->seed) * UINT64_C(0x9e3779b97f4a7c15);
    return &retries->slots[(mixed >> 32) & (retries->slot_count - 1)];
}

static struct lane *lane_of(const struct retries *retries, uint64_t key_hash) {
    struct lane *lane = *slot_of(retries, key_hash);
    while (lane && lane->key_hash != key_hash)
        lane = lane->next;
    return lane;
}

static void put(struct retries *retries, struct lane *lane) {
    struct lane **slot = slot_of(retries, lane->key_hash);
    lane->next = *slot;
    *slot = lane;
}

static void grow(struct retries *retries) {
    struct lane **old = retries->slots;
    size_t count = retries->slot_count;
    retries->slot_count = count * 2;
    retries->slots = must_calloc(retries->slot_count, sizeof(struct lane *));
    for (size_t i = 0; i < count; i++)
        while (old[i]) {
            struct lane *lane = old[i];
            old[i] = lane->next;
            put(retries, lane);
        }
    free(old);
}

static struct lane *lane_new(struct retries *retries, uint64_t key_hash) {
    if (retries->lane_count == retries->slot_count)
        grow(retries);
    struct lane *lane = must_calloc(1, sizeof *lane);
    lane->key_hash = key_hash;
    put(retries, lane);
    retries->lane_count++;
    return lane;
}

static void lane_remove(struct retries *retries, struct lane *lane) {
    struct lane **at = slot_of(retries, lane->key_hash);
    while (*at != lane)
        at = &(*at)->next;
    *at = lane->next;
    retries->lane_count--;
    free(lane);
}

/* ---- the heap ---- */

static bool goes_before(const struct retry *left, const struct retry *right) {
    return left->due_us != right->due_us ? left->due_us < right->due_us
                                         : left->number < right->number;
}

static void heap_push(struct retries *retries, struct retry *retry) {
    if (retries->heap_count == retries->heap_room) {
        retries->heap_room = retries->heap_room ? retries->heap_room * 2 : LANES_FIRST;
        retries->heap = must_realloc(retries->heap, retries->heap_room * sizeof *retries->heap);
    }
    size_t at = retries->heap_count++;
    for (; at > 0 && goes_before(retry, retries->heap[(at - 1) / 2]); at = (at - 1) / 2)
        retries->heap[at] = retries->heap[(at - 1) / 2];
    retries->heap[at] = retry;
}

static void heap_pop(struct retries *retries) {
    const struct retry *const *end = (const struct retry *const *)retries->heap;
    struct retry *moved = retries->heap[--retries->heap_count];
    size_t at = 0, count = retries->heap_count;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && goes_before(end[child + 1], end[child]))
            child++;
        if (!goes_before(end[child], moved))
            break;
        retries->heap[at] = retries->heap[child];
    }
    retries->heap[at] = moved;
}

/* ---- one after the other ---- */

bool retries_hold(const struct retries *retries, uint64_t key_hash) {
    return retries->count && lane_of(retries, key_hash);
}

struct retry *retries_add(struct retries *retries, uint64_t key_hash, struct parcel *parcel,
                          uint32_t index) {
    struct lane *lane = lane_of(retries, key_hash);
    if (!lane)
        lane = lane_new(retries, key_hash);
    struct retry *retry = must_calloc(1, sizeof *retry);
    *retry = (struct retry){.parcel = parcel,
                            .index = index,
                            .lane = lane,
                            .number = ++retries->added,
                            .is_first = !lane->first};
    if (lane->last)
        lane->last->behind = retry;
    else
        lane->first = retry;
    lane->last = retry;
    retries->count++;
    return retry;
}

void retries_wait(struct retries *retries, struct retry *retry, int64_t due_us) {
    retry->tries++;
    retry->due_us = due_us;
    if (retry->is_first)
        heap_push(retries, retry);
}

struct retry *retries_due(const struct retries *retries, int64_t now_us) {
    return retries_due_us(retries) <= now_us ? retries->heap[0] : NULL;
}

void retries_sent(struct retries *retries, struct retry *retry) {
    check(retries->heap_count && retries->heap[0] == retry);
    heap_pop(retries);
}

int64_t retries_due_us(const struct retries *retries) {
    return retries->heap_count ? retries->heap[0]->due_us : INT64_MAX;
}

static void come_first(struct retries *retries, struct retry *retry) {
    retry->is_first = true;
    if (retry->number <= retry->lane->one_try_to) {
        retry->tries = RETRY_TRIES - 1;
        retry->due_us = 0;
    }
    heap_push(retries, retry);
}

void retries_confirmed(struct retries *retries, struct retry **retry) {
    struct retry *gone = *retry;
    struct lane *lane = gone->lane;
    check(lane->first == gone);
    lane->first = gone->behind;
    if (lane->first)
        come_first(retries, lane->first);
    else
        lane_remove(retries, lane);
    retries->count--;
    free(gone);
    *retry = NULL;
}

void retries_give_up(struct retries *retries, struct retry **retry) {
    (*retry)->lane->one_try_to = retries->added;
    retries_confirmed(retries, retry);
}
