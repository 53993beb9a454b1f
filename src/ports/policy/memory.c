#include "memory_inside.h"

#include "standing.h"
#include "wordlists.h"
#include "words/check.h"

#include <stdlib.h>

/* Measured (tests/bench/bench_policy.c): a bucket takes 96 to 112 bytes, a short key and value some
 * 130 to 150. So a policy and app has at most 7 MB of buckets and 4 MB of keys, and 20 to 40 of
 * them may be full at a time, before the whole binds. */
struct policy_memory_limits policy_memory_limits_default(void) {
    return (struct policy_memory_limits){.limit_entries = 65536,
                                         .kv_entries = 16384,
                                         .kv_bytes = 4 * 1024 * 1024,
                                         .total_bytes = (size_t)256 * 1024 * 1024};
}

struct policy_memory *policy_memory_new(const struct policy_memory_limits *limits) {
    struct policy_memory *memory = must_calloc(1, sizeof *memory);
    memory->limits = limits ? *limits : policy_memory_limits_default();
    check(memory->limits.limit_entries > 0 && memory->limits.kv_entries > 0);
    memory->secret = secret_new();
    memory->judgement = 1;
    memory->standings = standings_new();
    memory->lists = wordlists_new();
    owners_init(memory);
    return memory;
}

void policy_memory_free(struct policy_memory **memory) {
    if (!*memory)
        return;
    policy_memory_undo(*memory);
    owners_free(*memory);
    counters_free(*memory);
    journal_free(&(*memory)->journal);
    standings_free(&(*memory)->standings);
    wordlists_free(&(*memory)->lists);
    free(*memory);
    *memory = NULL;
}

struct wordlists *memory_lists(const struct policy_memory *memory) {
    return memory->lists;
}

struct standings *memory_standings(const struct policy_memory *memory) {
    return memory->standings;
}

size_t policy_memory_bytes(const struct policy_memory *memory) {
    return sizeof *memory + memory->bytes + memory->parked +
           memory->journal.room * sizeof *memory->journal.changes;
}

void policy_memory_load(struct policy_memory *memory, const struct kv_change *stored) {
    struct memory_scope scope = {.policy = stored->policy, .app = stored->app, .is_durable = true};
    if (stored->key.size == 0 || stored->key.size > KV_KEY_BYTES || !stored->value.at ||
        stored->value.size > KV_VALUE_BYTES)
        return;
    struct owner *owner = memory_owner(memory, &scope);
    if (owner)
        kept_load(memory, owner, stored);
}

/* ---- judgements ---- */

static void open_judgement(struct policy_memory *memory, bool is_own) {
    memory->judgement++;
    memory->is_open = true;
    memory->is_own = is_own;
}

void policy_memory_begin(struct policy_memory *memory) {
    policy_memory_undo(memory);
    open_judgement(memory, false);
}

static void keep(struct policy_memory *memory) {
    journal_keep(memory);
    memory->is_open = false;
}

void policy_memory_keep(struct policy_memory *memory, struct arena *arena,
                        const struct kv_change **changes, size_t *count) {
    *changes = NULL;
    *count = kept_changes(memory, arena, changes);
    keep(memory);
}

void policy_memory_undo(struct policy_memory *memory) {
    journal_undo(memory);
    memory->is_open = false;
}

void memory_begin(struct policy_memory *memory) {
    if (!memory->is_open)
        open_judgement(memory, true);
}

void memory_end(struct policy_memory *memory, bool waits) {
    if (!memory->is_own || !memory->is_open)
        return;
    if (waits)
        policy_memory_undo(memory);
    else
        keep(memory);
}
