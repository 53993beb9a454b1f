/* What a judgement changed of the keys of ctx.kv, for the store: each key once. */
#include "memory_inside.h"

/* A key that was changed. */
struct touched {
    struct owner *owner;
    const struct kept *kept; /* one that stands or stood for it; NULL: the place is free */
    bool was_stored;
};

struct touched_keys {
    struct touched *places; /* by hash; a power of two, at least twice as many as are used */
    size_t place_count;
    struct touched **list; /* in the order they were first changed */
    size_t count;
};

static struct touched *place_of(const struct touched_keys *keys, const struct change *change) {
    const struct kept *kept = (const struct kept *)change->item;
    size_t at = kept->item.hash & (keys->place_count - 1);
    for (;; at = (at + 1) & (keys->place_count - 1)) {
        struct touched *touched = &keys->places[at];
        if (!touched->kept || (touched->owner == change->owner &&
                               span_equal(kept_key(touched->kept), kept_key(kept))))
            return touched;
    }
}

static void touch(struct touched_keys *keys, const struct change *change) {
    const struct kept *kept = (const struct kept *)change->item;
    struct touched *touched = place_of(keys, change);
    if (!touched->kept)
        keys->list[keys->count++] = touched;
    touched->owner = change->owner;
    touched->kept = kept;
    touched->was_stored |= kept->is_stored;
}

static bool is_of_keys(const struct change *change) {
    return change->owner && change->shelf == &change->owner->keys;
}

static size_t count_changes(const struct journal *journal) {
    size_t count = 0;
    for (size_t i = 0; i < journal->count; i++)
        count += is_of_keys(&journal->changes[i]);
    return count;
}

static struct touched_keys read_journal(const struct journal *journal, struct arena *arena) {
    struct touched_keys keys = {.place_count = 2};
    size_t most = count_changes(journal);
    if (most == 0)
        return keys;
    while (keys.place_count < 2 * most)
        keys.place_count *= 2;
    keys.places = arena_array(arena, keys.place_count, sizeof *keys.places);
    keys.list = arena_array(arena, most, sizeof(struct touched *));
    for (size_t i = 0; i < journal->count; i++)
        if (is_of_keys(&journal->changes[i]))
            touch(&keys, &journal->changes[i]);
    return keys;
}

/* Whoever has the change may outlive the owner. */
static struct kv_change change_of(struct arena *arena, const struct touched *touched,
                                  const struct kept *now) {
    struct kv_change change = {.policy = arena_copy(arena, span_of(touched->owner->policy)),
                               .app = arena_copy(arena, span_of(touched->owner->app)),
                               .key = arena_copy(arena, kept_key(touched->kept))};
    if (now) {
        change.value = arena_copy(arena, kept_value(now));
        change.expires_ms = kept_expires(now);
    }
    return change;
}

/* A key of a policy that does not store any more is taken out of the store when it is written. */
static bool read_change(struct arena *arena, const struct touched *touched, struct kv_change *out) {
    const struct kept *kept = touched->kept;
    struct kept *now = kept_find(touched->owner, kept->item.hash, kept_key(kept));
    bool is_stored = now && touched->owner->is_durable;
    if (now)
        now->is_stored = is_stored;
    if (!is_stored && !touched->was_stored)
        return false;
    *out = change_of(arena, touched, is_stored ? now : NULL);
    return true;
}

size_t kept_changes(struct policy_memory *memory, struct arena *arena,
                    const struct kv_change **changes) {
    struct touched_keys keys = read_journal(&memory->journal, arena);
    if (keys.count == 0)
        return 0;
    struct kv_change *list = arena_array(arena, keys.count, sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < keys.count; i++)
        count += read_change(arena, keys.list[i], &list[count]);
    *changes = list;
    return count;
}
