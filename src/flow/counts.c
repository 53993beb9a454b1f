#include "flow/flow.h"

#include "words/check.h"

#include <stddef.h>

#define COUNT(field)                                                                               \
    { #field, offsetof(struct flow_counts, field) }

static const struct {
    const char *name;
    size_t at;
} COUNTS[FLOW_COUNTS] = {
    COUNT(taken),      COUNT(delivered),   COUNT(rejected),        COUNT(dropped),
    COUNT(dead),       COUNT(applied),     COUNT(deferred),        COUNT(quarantined),
    COUNT(redirected), COUNT(children),    COUNT(poison),          COUNT(untold),
    COUNT(copies),     COUNT(not_pushed),  COUNT(skipped_members), COUNT(skipped_notices),
    COUNT(ignored),    COUNT(republished), COUNT(retried),         COUNT(repeats),
};

struct flow_count flow_count(const struct flow_counts *counts, size_t index) {
    struct flow_count found;
    check(index < FLOW_COUNTS && COUNTS[index].name);
    found.name = COUNTS[index].name;
    memcpy(&found.value, (const char *)counts + COUNTS[index].at, sizeof found.value);
    return found;
}
