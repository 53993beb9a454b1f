/* view: what there is to say of the server at one moment, as plain values. Whoever shows it
 * (status, metrics, later the HTTP side) needs nothing else, and may be another thread. */
#ifndef CHAT21D_VIEW_H
#define CHAT21D_VIEW_H

#include "flow/meters.h"
#include "ports/analytics.h"
#include "ports/decisions.h"
#include "ports/policy.h"
#include "ports/store.h"
#include "server/login_keeper.h"
#include "server/serving.h"
#include "server/webhooks.h"
#include "words/arena.h"

#include <stdint.h>

struct view_policy {
    struct policy_health health; /* its spans and names are in the arena */
    int64_t asked_again_ms;      /* from now, where it is set aside */
};

/* An endpoint that is told of events. */
struct view_webhook {
    struct webhook_state state; /* its URL in the arena */
    struct outbox_counts counts;
};

struct view {
    int64_t now_ms, started_ms; /* wall clock; the worker's start */
    int pid, supervisor;
    enum view_broker { VIEW_CLOSED, VIEW_STANDBY, VIEW_OPEN } broker;
    struct span broker_reason;    /* why it is not open */
    struct login_state logins[2]; /* the broker's, and where they have one the analytics' */
    size_t login_count;
    struct span blocked; /* why the broker lets nobody publish; absent: it does */
    bool is_stopping;
    struct span pause; /* why nothing moves; absent: it does */
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
    struct flow_measured flow; /* labels in the arena */
    struct view_stream {
        bool is_known; /* it was looked at, lately enough */
        int64_t lag;   /* messages in it that are not stored yet */
        bool has_left;
        int64_t left; /* messages from its first one to the last that is stored; below 0: it lost
                         some before they were taken */
    } stream;
    struct store_waiting_counts waiting;
    int64_t revoked;               /* users; -1: it cannot be read */
    struct view_webhook *webhooks; /* in the settings' order */
    size_t webhook_count;
    struct span webhook_trouble; /* why nothing is posted at all; absent: it is */
    struct serving_counts api;
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

/* May traffic be sent to it? One line for each of broker, store and policies into `out`, "NAME:
 * ready" or "NAME: not ready: REASON", with what is only to be noted behind it. view_ready.c says
 * what is which. */
struct text;
bool view_ready(const struct view *view, struct text *out);

/* {"ok":true,…}: view_json.c. */
void view_json(const struct view *view, struct arena *arena, struct text *out);
/* Only the differences, as an array. */
void view_differences(const struct view *view, struct arena *arena, struct text *out);

const char *view_broker_name(enum view_broker broker);

#endif
