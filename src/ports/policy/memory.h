/* memory: what policies remember across calls and reloads: token buckets, counters. */
#ifndef CHAT21D_POLICY_MEMORY_H
#define CHAT21D_POLICY_MEMORY_H

#include "ports/policy.h"

struct memory_limit {
    struct span policy, app, key;
    uint32_t burst, per_minute;
    int64_t now_us;
};

/* A token of the policy's and app's own buckets. False: over the limit. */
bool memory_take(struct policy_memory *memory, const struct memory_limit *limit);

/* Counts one; names beyond the bound go under "other". */
void memory_count(struct policy_memory *memory, struct span policy, struct span name);

/* A question that ended in VERB_WAIT will be asked again, and must not pay twice. Between begin and
 * end, memory_take is for that question: what it was granted before, it is granted again. */
void memory_begin(struct policy_memory *memory, const struct policy_question *question);
void memory_end(struct policy_memory *memory, bool waits);

/* How policies did, see standing.h. */
struct standings *memory_standings(const struct policy_memory *memory);

#endif
