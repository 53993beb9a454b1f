/* ctx.kv: keys and values. All of them are here, whether they are stored as well or not: the store
 * is a copy that is read at start alone. */
#include "memory_inside.h"

#include "words/check.h"

#include <stdlib.h>

enum { FORGOTTEN_AT_ONCE = 2 };

struct span kept_key(const struct kept *kept) {
    return (struct span){kept->bytes, kept->key_size};
}

struct span kept_value(const struct kept *kept) {
    return (struct span){kept->bytes + kept->key_size, kept->value_size};
}

struct kept *kept_find(const struct owner *owner, uint64_t hash, struct span key) {
    struct shelf_item *item = shelf_find(&owner->keys, hash);
    while (item && !span_equal(kept_key((struct kept *)item), key))
        item = shelf_find_next(item);
    return (struct kept *)item;
}

int64_t kept_expires(const struct kept *kept) {
    return kept->item.due == INT64_MAX ? 0 : kept->item.due;
}

bool memory_get(struct policy_memory *memory, struct owner *owner, struct span key, int64_t now_ms,
                struct kv_change *out) {
    const struct kept *kept = kept_find(owner, secret_hash(&memory->secret, key), key);
    if (!kept || kept->item.due <= now_ms)
        return false;
    *out = (struct kv_change){.policy = span_of(owner->policy),
                              .app = span_of(owner->app),
                              .key = kept_key(kept),
                              .value = kept_value(kept),
                              .expires_ms = kept_expires(kept)};
    return true;
}

/* ---- room ---- */

static void forget(struct policy_memory *memory, struct owner *owner, struct shelf_item *item) {
    owner_remove(memory, owner, &owner->keys, item);
}

static void forget_expired(struct policy_memory *memory, struct owner *owner, int64_t now_ms) {
    for (int i = 0; i < FORGOTTEN_AT_ONCE && owner->keys.count > 0; i++)
        if (shelf_first_due(&owner->keys)->due <= now_ms)
            forget(memory, owner, shelf_first_due(&owner->keys));
}

static bool has_room(const struct policy_memory *memory, const struct owner *owner, size_t size) {
    const struct shelf *keys = &owner->keys;
    size_t more = size + shelf_growth(keys);
    return keys->count < memory->limits.kv_entries &&
           shelf_bytes(keys) + more <= memory->limits.kv_bytes &&
           owner_has_room(memory, owner, more);
}

static void make_room(struct policy_memory *memory, struct owner *owner, size_t size,
                      int64_t now_ms) {
    forget_expired(memory, owner, now_ms);
    if (has_room(memory, owner, size))
        return;
    limits_sweep(memory);
    while (owner->keys.count > 0 && !has_room(memory, owner, size)) {
        struct shelf_item *first = shelf_first_due(&owner->keys);
        forget(memory, owner, first->due <= now_ms ? first : owner->keys.oldest);
    }
}

/* ---- writing ---- */

static struct kept *make(uint64_t hash, const struct kept_value *wanted) {
    size_t size = sizeof(struct kept) + wanted->key.size + wanted->value.size;
    struct kept *kept = must_alloc(size);
    *kept = (struct kept){.item = {.hash = hash,
                                   .size = (uint32_t)size + ITEM_OVERHEAD,
                                   .due = wanted->expires_ms ? wanted->expires_ms : INT64_MAX},
                          .key_size = (uint16_t)wanted->key.size,
                          .value_size = (uint16_t)wanted->value.size};
    memcpy(kept->bytes, wanted->key.at, wanted->key.size);
    memcpy(kept->bytes + wanted->key.size, wanted->value.at, wanted->value.size);
    return kept;
}

void memory_set(struct policy_memory *memory, struct owner *owner,
                const struct kept_value *wanted) {
    check(wanted->key.size > 0 && wanted->key.size <= KV_KEY_BYTES);
    check(wanted->value.size <= KV_VALUE_BYTES);
    uint64_t hash = secret_hash(&memory->secret, wanted->key);
    struct kept *old = kept_find(owner, hash, wanted->key);
    struct kept *fresh = wanted->value.at ? make(hash, wanted) : NULL;
    if (old) {
        if (fresh)
            fresh->is_stored = old->is_stored;
        forget(memory, owner, &old->item);
    }
    if (!fresh)
        return;
    make_room(memory, owner, fresh->item.size, wanted->now_ms);
    owner_add(memory, owner, &owner->keys, &fresh->item);
}

/* At start: nobody else has written yet, and none has expired that the store did not drop. */
void kept_load(struct policy_memory *memory, struct owner *owner, const struct kv_change *stored) {
    memory_set(memory, owner,
               &(struct kept_value){.key = stored->key,
                                    .value = stored->value,
                                    .expires_ms = stored->expires_ms,
                                    .now_ms = INT64_MIN});
    struct kept *kept = kept_find(owner, secret_hash(&memory->secret, stored->key), stored->key);
    if (kept)
        kept->is_stored = true;
}
