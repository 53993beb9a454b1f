/* memory: what policies remember beside the sets. policy.h has the contract.
 *
 *   memory.c    judgements: begin, keep, undo; what it all weighs
 *   owner.c     each policy and app apart: who may grow, and by how much
 *   limits.c    ctx.limit: token buckets
 *   kept.c      ctx.kv: keys; kept_changes.c tells the store of them
 *   counters.c  ctx.count
 *   journal.c   what a judgement changed, so that it can be undone
 *   shelf.c     items by hash, by age and by what is due: both kinds stand on one */
#ifndef CHAT21D_POLICY_MEMORY_H
#define CHAT21D_POLICY_MEMORY_H

#include "ports/policy.h"

/* ---- judgements: around policy_decide ---- */

/* Opens a judgement, unless one is open. */
void memory_begin(struct policy_memory *memory);
/* Ends the one that memory_begin opened: keeps it, or undoes it where the question waits. One that
 * policy_memory_begin opened goes on. */
void memory_end(struct policy_memory *memory, bool waits);

/* ---- whose ---- */

/* A policy and an app have limits and keys of their own, and as a shadow others again. */
struct memory_scope {
    struct span policy, app;
    bool is_shadow;
    bool is_durable; /* its keys outlive the process */
};
struct owner;
/* Good until the judgement ends. NULL: OWNERS_MAX others remember something. */
struct owner *memory_owner(struct policy_memory *memory, const struct memory_scope *scope);

/* ---- ctx.limit ---- */

struct memory_limit {
    struct span key;
    uint32_t burst, per_minute; /* at least 1, at most 10^9 */
    uint32_t cost;              /* tokens */
    int64_t now_us;             /* steady */
};
/* Takes tokens, all or none. False: over the limit. A bucket that was left with more than `burst`
 * is cut to it. */
bool memory_take(struct policy_memory *memory, struct owner *owner,
                 const struct memory_limit *limit);

/* ---- ctx.kv ---- */

/* What is there at `now_ms`. The value is JSON text, borrowed until the next change. */
bool memory_get(struct policy_memory *memory, struct owner *owner, struct span key, int64_t now_ms,
                struct kv_change *out);
/* Keys and values are within KV_KEY_BYTES and KV_VALUE_BYTES. Where there is no room, what has
 * expired goes, then what was written longest ago. An absent value takes the key away. */
struct kept_value {
    struct span key, value;
    int64_t expires_ms; /* 0: never */
    int64_t now_ms;
};
void memory_set(struct policy_memory *memory, struct owner *owner, const struct kept_value *wanted);

/* ---- ctx.count ---- */

/* Counts one; names beyond the bound go under "other". A shadow's are "shadow:POLICY". */
void memory_count(struct policy_memory *memory, const struct memory_scope *scope, struct span name);

/* The word lists in use, for loading alone (see wordlists.h): not for whoever judges. */
struct wordlists *memory_lists(const struct policy_memory *memory);

/* How policies did, see standing.h. Not part of a judgement. */
struct standings *memory_standings(const struct policy_memory *memory);

#endif
