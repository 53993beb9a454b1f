#include "server/view.h"

#include "server/worker.h"
#include "words/check.h"

#include <unistd.h>

static struct span words(struct arena *arena, const struct why *why) {
    return why->words[0] ? arena_copy(arena, span_of(why->words)) : SPAN_NONE;
}

static void take_broker(struct view *view, const struct worker *worker, struct arena *arena) {
    const struct session *session = &worker->session;
    view->broker = session->is_open ? VIEW_OPEN : session->stands_by ? VIEW_STANDBY : VIEW_CLOSED;
    if (!session->is_open)
        view->broker_reason = words(arena, &session->why);
    struct why why;
    if (session->is_open && broker_is_blocked(session->broker, &why))
        view->blocked = arena_copy(arena, span_of(why.words));
    view->is_stopping = worker->stops;
    const char *pause = flow_pause(worker->flow);
    if (pause)
        view->pause = arena_copy(arena, span_of(pause));
}

static void take_logins(struct view *view, const struct worker *worker) {
    view->logins[view->login_count++] = login_keeper_state(worker->login);
    if (worker->analytics_login)
        view->logins[view->login_count++] = login_keeper_state(worker->analytics_login);
}

static struct view_policy take_policy(const struct worker *worker, struct arena *arena,
                                      size_t index) {
    struct view_policy policy;
    policy_set_health(worker->policies.set, index, &policy.health);
    policy.health.name = arena_string(arena, span_of(policy.health.name));
    if (policy.health.last_error.at)
        policy.health.last_error = arena_copy(arena, policy.health.last_error);
    int64_t left = policy.health.asked_again_us - clock_steady_us(worker->clock);
    policy.asked_again_ms = policy.health.is_set_aside && left > 0 ? left / 1000 : 0;
    return policy;
}

static void take_policies(struct view *view, const struct worker *worker, struct arena *arena) {
    const struct policies *policies = &worker->policies;
    view->generation = policy_set_generation(policies->set);
    view->generation_ms = policies->since_ms;
    view->loads = policies->ended;
    view->refusals = policies->refusals;
    view->refused = words(arena, &policies->refused);
    view->refused_ms = policies->refused_ms;
    view->policy_count = policy_set_count(policies->set);
    view->policies = arena_array(arena, view->policy_count, sizeof *view->policies);
    for (size_t i = 0; i < view->policy_count; i++)
        view->policies[i] = take_policy(worker, arena, i);
}

static void take_counters(struct view *view, const struct worker *worker, struct arena *arena) {
    const struct policy_counter *counters;
    view->counter_count = policy_memory_counters(worker->policies.memory, &counters);
    view->counters = arena_array(arena, view->counter_count, sizeof *view->counters);
    for (size_t i = 0; i < view->counter_count; i++)
        view->counters[i] = (struct policy_counter){
            arena_string(arena, span_of(counters[i].policy)),
            arena_string(arena, span_of(counters[i].name)), counters[i].count};
}

static void take_differences(struct view *view, const struct worker *worker, struct arena *arena,
                             size_t most) {
    view->differences = arena_array(arena, most, sizeof *view->differences);
    while (view->difference_count < most &&
           policy_memory_differences(worker->policies.memory, view->difference_count,
                                     &view->differences[view->difference_count]))
        view->difference_count++;
}

static void take_webhooks(struct view *view, const struct worker *worker, struct arena *arena) {
    const struct posting *posting = &worker->posting;
    struct why why;
    if (!posting->webhooks)
        return;
    if (webhooks_trouble(posting->webhooks, &why))
        view->webhook_trouble = words(arena, &why);
    view->webhook_count = worker->config->webhooks.outbox.endpoint_count;
    view->webhooks = arena_array(arena, view->webhook_count, sizeof *view->webhooks);
    for (size_t i = 0; i < view->webhook_count; i++) {
        struct webhook_state state = webhooks_state(posting->webhooks, i);
        state.url = arena_copy(arena, state.url);
        view->webhooks[i] = (struct view_webhook){state, posting->counts[i]};
    }
}

static int64_t count_revoked(const struct worker *worker) {
    struct why why;
    int64_t count;
    return store_revoked(worker->reader, clock_wall_ms(worker->clock), &count, &why) == 0 ? count
                                                                                          : -1;
}

struct view *view_take(struct worker *worker, struct arena *arena, size_t differences) {
    struct view *view = arena_array(arena, 1, sizeof *view);
    view->now_ms = clock_wall_ms(worker->clock);
    view->started_ms = worker->started_ms;
    view->pid = (int)getpid();
    view->supervisor = (int)getppid();
    take_broker(view, worker, arena);
    take_logins(view, worker);
    take_policies(view, worker, arena);
    take_counters(view, worker, arena);
    take_differences(view, worker, arena, differences);
    view->memory_bytes = policy_memory_bytes(worker->policies.memory);
    view->counts = flow_counts(worker->flow);
    view->flow = flow_measured(worker->flow, arena);
    if (worker->stream_look)
        view->stream = stream_look_found(worker->stream_look);
    view->waiting = worker->waiting;
    view->revoked = count_revoked(worker);
    take_webhooks(view, worker, arena);
    view->api = serving_counts(worker->serving);
    view->has_decisions = worker->decisions != NULL;
    if (worker->decisions)
        view->decisions = decisions_counts(worker->decisions);
    view->has_analytics = worker->analytics != NULL;
    if (worker->analytics)
        view->analytics = analytics_counts(worker->analytics);
    return view;
}

/* ---- what needs a person ---- */

static struct span policy_attention(const struct view *view, struct arena *arena, size_t *skip) {
    for (size_t i = 0; i < view->policy_count; i++) {
        const struct policy_health *health = &view->policies[i].health;
        if (health->is_set_aside && (*skip)-- == 0)
            return arena_print(arena, "the policy %s is set aside: %.*s", health->name,
                               SPAN_ARGS(health->last_error));
    }
    return SPAN_NONE;
}

static struct span login_attention(const struct view *view, struct arena *arena, size_t *skip) {
    for (size_t i = 0; i < view->login_count; i++)
        if (view->logins[i].is_due && (*skip)-- == 0)
            return arena_copy(arena, span_of(view->logins[i].words));
    return SPAN_NONE;
}

static struct span webhook_attention(const struct view *view, struct arena *arena, size_t *skip) {
    if (view->webhook_trouble.at && (*skip)-- == 0)
        return arena_print(arena, "no webhook is told anything: %.*s",
                           SPAN_ARGS(view->webhook_trouble));
    for (size_t i = 0; i < view->webhook_count; i++) {
        const struct webhook_state *state = &view->webhooks[i].state;
        if (state->is_down && (*skip)-- == 0)
            return arena_print(arena, "the webhook %.*s is down: %s", SPAN_ARGS(state->url),
                               state->words);
    }
    return SPAN_NONE;
}

static struct span api_attention(const struct view *view, struct arena *arena, size_t *skip) {
    bool cannot = view->api.is_open && !view->api.can_send && view->broker == VIEW_OPEN;
    return cannot && (*skip)-- == 0
               ? arena_print(arena, "the HTTP API cannot publish: %s", view->api.why_not.words)
               : SPAN_NONE;
}

bool view_attention(const struct view *view, struct arena *arena, size_t at, struct span *out) {
    size_t skip = at;
    *out = SPAN_NONE;
    if (view->pause.at && skip-- == 0)
        *out = arena_print(arena, "it is paused: %.*s", SPAN_ARGS(view->pause));
    else if (view->broker == VIEW_CLOSED && skip-- == 0)
        *out =
            arena_print(arena, "the broker is not connected: %.*s", SPAN_ARGS(view->broker_reason));
    else if (view->blocked.at && skip-- == 0)
        *out = arena_print(arena, "the broker lets nobody publish: %.*s", SPAN_ARGS(view->blocked));
    else if (view->refused.at && skip-- == 0)
        *out =
            arena_print(arena, "the policies on disk were refused: %.*s", SPAN_ARGS(view->refused));
    else if (view->decisions.is_failing && skip-- == 0)
        *out = SPAN("the decision log cannot be written");
    else
        *out = policy_attention(view, arena, &skip);
    if (!out->at)
        *out = webhook_attention(view, arena, &skip);
    if (!out->at)
        *out = api_attention(view, arena, &skip);
    if (!out->at)
        *out = login_attention(view, arena, &skip);
    return out->at != NULL;
}

const char *view_broker_name(enum view_broker broker) {
    switch (broker) {
    case VIEW_CLOSED:
        return "closed";
    case VIEW_STANDBY:
        return "standby";
    case VIEW_OPEN:
        return "open";
    }
    check(!"a state of the broker");
    return "";
}
