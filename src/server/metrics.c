#include "server/metrics.h"

#include "server/metrics_lines.h"
#include "server/version.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the parts ---- */

static void put_server(struct text *out, const struct view *view) {
    metric_family(out, "chat21d_info", "gauge", "The version that runs.");
    metric_1(out, "chat21d_info", "version", CHAT21D_VERSION, 1);
    metric_seconds(out, "chat21d_start_time_seconds", "When the worker started.", view->started_ms);
    metric_single(out, "chat21d_broker_connected", "gauge", "Is the broker connected?",
                  view->broker == VIEW_OPEN);
    metric_single(out, "chat21d_broker_blocked", "gauge",
                  "Does it refuse to be published to (an alarm of memory or disk)?",
                  view->blocked.at != NULL);
    metric_single(out, "chat21d_standby", "gauge", "Does it stand by for another server?",
                  view->broker == VIEW_STANDBY);
    metric_single(out, "chat21d_paused", "gauge",
                  "Does nothing move, for want of the store or of a fact?", view->pause.at != NULL);
}

/* Only of those that end. */
static void put_logins(struct text *out, const struct view *view) {
    metric_family(out, "chat21d_token_seconds", "gauge",
                  "Until the token that the server logs in with is over; below 0: it is.");
    for (size_t i = 0; i < view->login_count; i++)
        if (view->logins[i].ends)
            metric_signed(out, "chat21d_token_seconds",
                          (struct metric_label){"login", span_of(view->logins[i].name)},
                          (view->logins[i].until_ms - view->now_ms) / 1000);
    metric_family(out, "chat21d_token_due", "gauge",
                  "Has a person to see to a new one: does it end soon, and is not renewed?");
    for (size_t i = 0; i < view->login_count; i++)
        if (view->logins[i].ends)
            metric_1(out, "chat21d_token_due", "login", view->logins[i].name,
                     view->logins[i].is_due);
}

static void put_messages(struct text *out, const struct flow_counts *counts) {
    const struct {
        const char *outcome;
        uint64_t count;
    } rows[] = {{"delivered", counts->delivered},
                {"rejected", counts->rejected},
                {"dropped", counts->dropped},
                {"dead", counts->dead},
                {"applied", counts->applied},
                {"deferred", counts->deferred},
                {"quarantined", counts->quarantined},
                {"redirected", counts->redirected},
                {"poison", counts->poison}};
    metric_single(out, "chat21d_messages_taken_total", "counter", "Messages taken from the broker.",
                  counts->taken);
    metric_family(out, "chat21d_messages_total", "counter",
                  "Decisions stored, by what was decided.");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        metric_1(out, "chat21d_messages_total", "outcome", rows[i].outcome, rows[i].count);
    metric_single(out, "chat21d_children_total", "counter",
                  "Messages that policies caused: replies, further copies, redirections.",
                  counts->children);
    metric_single(out, "chat21d_copies_total", "counter", "Inbox copies that the broker confirmed.",
                  counts->copies);
    metric_single(out, "chat21d_copies_not_pushed_total", "counter",
                  "Copies that the broker refused again and again: stored, not pushed.",
                  counts->not_pushed);
    metric_single(out, "chat21d_skipped_members_total", "counter",
                  "Members of groups whose inbox key would be too long.", counts->skipped_members);
    metric_single(out, "chat21d_skipped_notices_total", "counter",
                  "Notices to clients whose key would be too long, or that were too many bytes.",
                  counts->skipped_notices);
    metric_single(out, "chat21d_ignored_total", "counter",
                  "Receipts and archives of what is not there, or not theirs to confirm.",
                  counts->ignored);
    metric_single(out, "chat21d_repeats_total", "counter",
                  "Messages that their senders had sent before, passed over.", counts->repeats);
    metric_single(out, "chat21d_untold_refusals_total", "counter",
                  "Refusals beyond a sender's budget.", counts->untold);
    metric_single(out, "chat21d_republished_total", "counter",
                  "Plans carried out again after a loss.", counts->republished);
    metric_single(out, "chat21d_publications_retried_total", "counter",
                  "Publications that the broker had refused, sent again.", counts->retried);
}

static void put_waiting(struct text *out, const struct view *view) {
    const struct store_waiting_counts *waiting = &view->waiting;
    metric_family(out, "chat21d_waiting_messages", "gauge",
                  "Messages that wait, by what was decided.");
    metric_1(out, "chat21d_waiting_messages", "outcome", "deferred", waiting->deferred);
    metric_1(out, "chat21d_waiting_messages", "outcome", "quarantined", waiting->quarantined);
    metric_single(out, "chat21d_waiting_bytes", "gauge", "Bytes of the bodies of what waits.",
                  waiting->bytes);
}

static void put_set(struct text *out, const struct view *view) {
    char generation[20];
    snprintf(generation, sizeof generation, "%016" PRIx64, view->generation);
    metric_family(out, "chat21d_policies_info", "gauge", "The generation of policies in force.");
    metric_1(out, "chat21d_policies_info", "generation", generation, 1);
    metric_seconds(out, "chat21d_policies_loaded_time_seconds", "When it came into force.",
                   view->generation_ms);
    metric_single(out, "chat21d_policies_broken", "gauge", "Was the set on disk refused?",
                  view->refused.at != NULL);
    metric_family(out, "chat21d_policy_loads_total", "counter", "Loads of policies, by their end.");
    metric_1(out, "chat21d_policy_loads_total", "result", "taken", view->loads - view->refusals);
    metric_1(out, "chat21d_policy_loads_total", "result", "refused", view->refusals);
    metric_single(out, "chat21d_policy_memory_bytes", "gauge", "What policies remember, in bytes.",
                  view->memory_bytes);
}

/* Prometheus wants the lines of one name together. */
static void put_each(struct text *out, const struct view *view, const char *name, const char *type,
                     const char *help, uint64_t (*number)(const struct policy_health *health)) {
    metric_family(out, name, type, help);
    for (size_t i = 0; i < view->policy_count; i++) {
        const struct policy_health *health = &view->policies[i].health;
        metric_1(out, name, "policy", health->name, number(health));
    }
}

static uint64_t asked(const struct policy_health *health) {
    return health->asked;
}

static uint64_t errors(const struct policy_health *health) {
    return health->errors;
}

static uint64_t units(const struct policy_health *health) {
    return health->units;
}

static uint64_t differences(const struct policy_health *health) {
    return health->differences;
}

static uint64_t is_set_aside(const struct policy_health *health) {
    return health->is_set_aside;
}

static uint64_t is_shadow(const struct policy_health *health) {
    return health->mode == POLICY_SHADOW;
}

static void put_time(struct text *out, const struct view *view) {
    metric_family(out, "chat21d_policy_seconds_total", "counter", "Time spent in a policy.");
    for (size_t i = 0; i < view->policy_count; i++) {
        const struct policy_health *health = &view->policies[i].health;
        metric_time(out, "chat21d_policy_seconds_total",
                    (struct metric_label){"policy", span_of(health->name)}, health->microseconds);
    }
}

static void put_policies(struct text *out, const struct view *view) {
    put_each(out, view, "chat21d_policy_asked_total", "counter", "Calls of a policy.", asked);
    put_each(out, view, "chat21d_policy_errors_total", "counter", "Calls that failed.", errors);
    put_each(out, view, "chat21d_policy_units_total", "counter", "Budget spent, in units.", units);
    put_time(out, view);
    put_each(out, view, "chat21d_policy_differences_total", "counter",
             "Decisions that a shadow policy would have ended otherwise.", differences);
    put_each(out, view, "chat21d_policy_set_aside", "gauge",
             "Is it not asked, because it failed for several senders?", is_set_aside);
    put_each(out, view, "chat21d_policy_shadow", "gauge", "Does it only look on?", is_shadow);
    metric_family(out, "chat21d_policy_said_total", "counter", "What a policy said, by word.");
    for (size_t i = 0; i < view->policy_count; i++)
        for (int word = 0; word <= WORD_WAIT; word++)
            metric_2(
                out, "chat21d_policy_said_total",
                (struct metric_label){"policy", span_of(view->policies[i].health.name)},
                (struct metric_label){"word", span_of(policy_word_name((enum policy_word)word))},
                view->policies[i].health.said[word]);
    metric_family(out, "chat21d_policy_count_total", "counter",
                  "What policies counted (ctx.count).");
    for (size_t i = 0; i < view->counter_count; i++)
        metric_2(out, "chat21d_policy_count_total",
                 (struct metric_label){"policy", span_of(view->counters[i].policy)},
                 (struct metric_label){"name", span_of(view->counters[i].name)},
                 view->counters[i].count);
}

static void put_decisions(struct text *out, const struct decisions_counts *decisions) {
    metric_family(out, "chat21d_decision_lines_total", "counter", "Lines of the decision log.");
    metric_1(out, "chat21d_decision_lines_total", "result", "written", decisions->written);
    metric_1(out, "chat21d_decision_lines_total", "result", "dropped", decisions->dropped);
    metric_single(out, "chat21d_decision_log_failing", "gauge", "Did the last write of it fail?",
                  decisions->is_failing);
}

static void put_analytics(struct text *out, const struct analytics_counts *analytics) {
    metric_family(out, "chat21d_analytics_events_total", "counter",
                  "Events for analytics, by what became of them.");
    metric_1(out, "chat21d_analytics_events_total", "result", "told", analytics->told);
    metric_1(out, "chat21d_analytics_events_total", "result", "dropped", analytics->dropped);
    metric_single(out, "chat21d_analytics_waiting", "gauge", "Events that wait for their broker.",
                  analytics->waiting);
    metric_single(out, "chat21d_analytics_connected", "gauge", "Is their broker connected?",
                  analytics->is_connected);
}

void metrics_text(const struct view *view, struct text *out) {
    put_server(out, view);
    put_logins(out, view);
    put_messages(out, &view->counts);
    metrics_flow(&view->flow, out);
    metrics_stream(&view->stream, out);
    put_waiting(out, view);
    put_set(out, view);
    put_policies(out, view);
    put_decisions(out, &view->decisions);
    if (view->has_analytics)
        put_analytics(out, &view->analytics);
    metrics_api(&view->api, out);
    metrics_webhooks(view, out);
}
