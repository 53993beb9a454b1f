/* ctx.limit: token buckets, exact to the millionth of a token: what comes back is counted in units,
 * of which `per_minute` come back a microsecond.
 *
 * A bucket that is full again is as good as one that was never there, so those go first, a few with
 * each new one. Where all are busy and there is no room, the one that is full soonest goes: least
 * is forgiven. The oldest would be worse: whoever has used up a limit could flood the policy with
 * other keys until the own one is forgotten. */
#include "memory_inside.h"

#include "words/check.h"

#include <stdlib.h>

static const int64_t LIMIT_TOKEN = 60000000; /* units: the microseconds of a minute */

enum { FORGOTTEN_AT_ONCE = 2, SWEPT_OWNERS = 16, SWEPT_AT_ONCE = 64 };

static void forget(struct policy_memory *memory, struct owner *owner) {
    owner_remove(memory, owner, &owner->limits, shelf_first_due(&owner->limits));
}

void limits_forget_full(struct policy_memory *memory, struct owner *owner, unsigned most) {
    for (; most > 0 && owner->limits.count > 0; most--) {
        if (shelf_first_due(&owner->limits)->due > memory->now_us)
            return;
        forget(memory, owner);
    }
}

void limits_sweep(struct policy_memory *memory) {
    for (int i = 0; i < SWEPT_OWNERS; i++) {
        memory->sweep_at = (memory->sweep_at + 1) % OWNERS_MAX;
        for (struct owner *owner = memory->owners[memory->sweep_at]; owner; owner = owner->next)
            limits_forget_full(memory, owner, SWEPT_AT_ONCE);
    }
}

static bool has_room(const struct policy_memory *memory, const struct owner *owner, size_t more) {
    return owner->limits.count < memory->limits.limit_entries &&
           owner_has_room(memory, owner, more);
}

static void make_room(struct policy_memory *memory, struct owner *owner) {
    limits_forget_full(memory, owner, FORGOTTEN_AT_ONCE);
    size_t more = sizeof(struct bucket) + ITEM_OVERHEAD + shelf_growth(&owner->limits);
    if (has_room(memory, owner, more))
        return;
    limits_sweep(memory);
    while (owner->limits.count > 0 &&
           !has_room(memory, owner,
                     sizeof(struct bucket) + ITEM_OVERHEAD + shelf_growth(&owner->limits)))
        forget(memory, owner);
}

static struct bucket *add_bucket(struct policy_memory *memory, struct owner *owner, uint64_t hash,
                                 int64_t units) {
    make_room(memory, owner);
    struct bucket *bucket = must_calloc(1, sizeof *bucket);
    bucket->item.hash = hash;
    bucket->item.size = sizeof *bucket + ITEM_OVERHEAD;
    bucket->item.due = memory->now_us;
    bucket->units = units;
    bucket->at_us = memory->now_us;
    owner_add(memory, owner, &owner->limits, &bucket->item);
    return bucket;
}

/* What the bucket holds now. */
static int64_t refilled(const struct bucket *bucket, int64_t most, uint32_t per_minute,
                        int64_t now_us) {
    if (bucket->units >= most)
        return most;
    int64_t passed_us = now_us - bucket->at_us;
    if (passed_us > (most - bucket->units) / per_minute)
        return most;
    return bucket->units + passed_us * per_minute;
}

static void note_before(struct policy_memory *memory, struct owner *owner, struct bucket *bucket) {
    if (memory->is_open)
        journal_note(memory, &(struct change){.kind = CHANGE_BUCKET,
                                              .owner = owner,
                                              .shelf = &owner->limits,
                                              .item = &bucket->item,
                                              .units = bucket->units,
                                              .at_us = bucket->at_us,
                                              .due = bucket->item.due,
                                              .full_us = owner->full_us});
}

bool memory_take(struct policy_memory *memory, struct owner *owner,
                 const struct memory_limit *limit) {
    check(limit->burst > 0 && limit->per_minute > 0 && limit->cost > 0);
    if (limit->now_us > memory->now_us)
        memory->now_us = limit->now_us;
    uint64_t hash = secret_hash(&memory->secret, limit->key);
    struct bucket *bucket = (struct bucket *)shelf_find(&owner->limits, hash);
    int64_t most = limit->burst * LIMIT_TOKEN;
    int64_t units = bucket ? refilled(bucket, most, limit->per_minute, memory->now_us) : most;
    int64_t wanted = limit->cost * LIMIT_TOKEN;
    if (wanted > units)
        return false;
    if (bucket)
        note_before(memory, owner, bucket);
    else
        bucket = add_bucket(memory, owner, hash, units);
    bucket->units = units - wanted;
    bucket->at_us = memory->now_us;
    int64_t lacking = most - bucket->units;
    int64_t full_us = memory->now_us + (lacking + limit->per_minute - 1) / limit->per_minute;
    shelf_set_due(&owner->limits, &bucket->item, full_us);
    if (full_us > owner->full_us)
        owner->full_us = full_us;
    return true;
}
