/* view: what there is to say of the server at one moment, as plain values. Whoever shows it
 * (status, metrics, later the HTTP side) needs nothing else, and may be another thread. */
#ifndef CHAT21D_VIEW_H
#define CHAT21D_VIEW_H

#include "flow/flow.h"
#include "ports/analytics.h"
#include "ports/decisions.h"
#include "ports/policy.h"
#include "ports/store.h"
#include "words/arena.h"

#include <stdint.h>

struct view_policy {
    struct policy_health health; /* its spans and names are in the arena */
    int64_t asked_again_ms;      /* from now, where it is set aside */
};

struct view {
    int64_t now_ms, started_ms; /* wall clock; the worker's start */
    int pid, supervisor;
    enum view_broker { VIEW_CLOSED, VIEW_STANDBY, VIEW_OPEN } broker;
    struct span broker_reason; /* why it is not open */
    struct span pause;         /* why nothing moves; absent: it does */
    uint64_t generation;
    int64_t generation_ms; /* in force since */
    uint64_t loads, refusals;
    struct span refused; /* why the last load was refused; absent: it was not */
    int64_t refused_ms;
    struct view_policy *policies;
    size_t policy_count;
    struct policy_counter *counters;
    size_t counter_count;
    struct policy_difference *differences; /* newest first */
    size_t difference_count;
    size_t memory_bytes; /* what policies remember */
    struct flow_counts counts;
    struct store_waiting_counts waiting;
    bool has_decisions;
    struct decisions_counts decisions;
    bool has_analytics;
    struct analytics_counts analytics;
};

struct worker;
/* Everything in the arena; at most so many differences. */
struct view *view_take(struct worker *worker, struct arena *arena, size_t differences);

/* What needs a person, in words; `at` 0, 1, …; false: nothing more. */
bool view_attention(const struct view *view, struct arena *arena, size_t at, struct span *words);

/* {"ok":true,…}: view_json.c. */
struct text;
void view_json(const struct view *view, struct arena *arena, struct text *out);
/* Only the differences, as an array. */
void view_differences(const struct view *view, struct arena *arena, struct text *out);

const char *view_broker_name(enum view_broker broker);

#endif
