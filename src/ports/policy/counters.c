/* ctx.count: counters by policy and name. */
#include "memory_inside.h"

#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>

static struct policy_counter *find(struct policy_memory *memory, struct span policy,
                                   struct span name) {
    for (size_t i = 0; i < memory->counter_count; i++) {
        struct policy_counter *counter = &memory->counters[i];
        if (span_is(name, counter->name) && span_is(policy, counter->policy))
            return counter;
    }
    return NULL;
}

static struct policy_counter *make(struct policy_memory *memory, const char *policy,
                                   struct span name) {
    bool is_last = memory->counter_count == COUNTERS - 1;
    struct policy_counter *counter = &memory->counters[memory->counter_count++];
    counter->policy = must_strdup(is_last ? "other" : policy);
    counter->name = is_last ? must_strdup("other") : strndup(name.at, name.size);
    counter->count = 0;
    check(counter->name);
    return counter;
}

void memory_count(struct policy_memory *memory, const struct memory_scope *scope,
                  struct span name) {
    char policy[80];
    snprintf(policy, sizeof policy, "%s%.*s", scope->is_shadow ? "shadow:" : "",
             SPAN_ARGS(scope->policy));
    struct policy_counter *counter = find(memory, span_of(policy), name);
    bool is_made = !counter && memory->counter_count < COUNTERS;
    if (!counter)
        counter = is_made ? make(memory, policy, name) : &memory->counters[COUNTERS - 1];
    counter->count++;
    if (memory->is_open)
        journal_note(memory, &(struct change){.kind = CHANGE_COUNTER,
                                              .counter = (size_t)(counter - memory->counters),
                                              .was_made = is_made});
}

static void free_counter(struct policy_counter *counter) {
    free((char *)counter->policy);
    free((char *)counter->name);
}

void counters_undo(struct policy_memory *memory, size_t index, bool was_made) {
    memory->counters[index].count--;
    if (!was_made)
        return;
    check(index == memory->counter_count - 1);
    free_counter(&memory->counters[--memory->counter_count]);
}

void counters_free(struct policy_memory *memory) {
    for (size_t i = 0; i < memory->counter_count; i++)
        free_counter(&memory->counters[i]);
}

size_t policy_memory_counters(const struct policy_memory *memory,
                              const struct policy_counter **counters) {
    *counters = memory->counters;
    return memory->counter_count;
}
