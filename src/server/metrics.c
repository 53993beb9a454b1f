#include "server/metrics.h"

#include "server/version.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- lines ---- */

static void family(struct text *out, const char *name, const char *type, const char *help) {
    text_print(out, "# HELP chat21d_%s %s\n# TYPE chat21d_%s %s\n", name, help, name, type);
}

struct label {
    const char *name, *value; /* NULL: there is none */
};

/* A backslash, a quote and a line end are escaped; nothing else has to be. */
static void put_label(struct text *out, char before, const struct label *label) {
    text_add_char(out, before);
    text_print(out, "%s=\"", label->name);
    for (const char *at = label->value; *at; at++) {
        if (*at == '\\' || *at == '"')
            text_add_char(out, '\\');
        if (*at == '\n')
            text_add(out, SPAN("\\n"));
        else
            text_add_char(out, *at);
    }
    text_add_char(out, '"');
}

static void sample_name(struct text *out, const char *name, struct label first,
                        struct label second) {
    text_print(out, "chat21d_%s", name);
    if (first.name)
        put_label(out, '{', &first);
    if (second.name)
        put_label(out, ',', &second);
    if (first.name)
        text_add_char(out, '}');
    text_add_char(out, ' ');
}

static const struct label NO_LABEL = {NULL, NULL};

static void sample_2(struct text *out, const char *name, struct label first, struct label second,
                     uint64_t number) {
    sample_name(out, name, first, second);
    text_print(out, "%" PRIu64 "\n", number);
}

static void sample_1(struct text *out, const char *name, const char *label, const char *value,
                     uint64_t number) {
    sample_2(out, name, (struct label){label, value}, NO_LABEL, number);
}

/* One that has no labels, whole. */
static void single(struct text *out, const char *name, const char *type, const char *help,
                   uint64_t number) {
    family(out, name, type, help);
    sample_2(out, name, NO_LABEL, NO_LABEL, number);
}

static void single_seconds(struct text *out, const char *name, const char *help, int64_t ms) {
    family(out, name, "gauge", help);
    text_print(out, "chat21d_%s %" PRId64 ".%03d\n", name, ms / 1000, (int)(ms % 1000));
}

/* ---- the parts ---- */

static void put_server(struct text *out, const struct view *view) {
    family(out, "info", "gauge", "The version that runs.");
    sample_1(out, "info", "version", CHAT21D_VERSION, 1);
    single_seconds(out, "start_time_seconds", "When the worker started.", view->started_ms);
    single(out, "broker_connected", "gauge", "Is the broker connected?", view->broker == VIEW_OPEN);
    single(out, "standby", "gauge", "Does it stand by for another server?",
           view->broker == VIEW_STANDBY);
    single(out, "paused", "gauge", "Does nothing move, for want of the store or of a fact?",
           view->pause.at != NULL);
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
    single(out, "messages_taken_total", "counter", "Messages taken from the broker.",
           counts->taken);
    family(out, "messages_total", "counter", "Decisions stored, by what was decided.");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        sample_1(out, "messages_total", "outcome", rows[i].outcome, rows[i].count);
    single(out, "children_total", "counter",
           "Messages that policies caused: replies, further copies, redirections.",
           counts->children);
    single(out, "copies_total", "counter", "Inbox copies that the broker confirmed.",
           counts->copies);
    single(out, "copies_not_pushed_total", "counter",
           "Copies that the broker refused again and again: stored, not pushed.",
           counts->not_pushed);
    single(out, "skipped_members_total", "counter",
           "Members of groups whose inbox key would be too long.", counts->skipped_members);
    single(out, "untold_refusals_total", "counter", "Refusals beyond a sender's budget.",
           counts->untold);
    single(out, "republished_total", "counter", "Plans carried out again after a loss.",
           counts->republished);
}

static void put_waiting(struct text *out, const struct view *view) {
    const struct store_waiting_counts *waiting = &view->waiting;
    family(out, "waiting_messages", "gauge", "Messages that wait, by what was decided.");
    sample_1(out, "waiting_messages", "outcome", "deferred", waiting->deferred);
    sample_1(out, "waiting_messages", "outcome", "quarantined", waiting->quarantined);
    single(out, "waiting_bytes", "gauge", "Bytes of the bodies of what waits.", waiting->bytes);
}

static void put_set(struct text *out, const struct view *view) {
    char generation[20];
    snprintf(generation, sizeof generation, "%016" PRIx64, view->generation);
    family(out, "policies_info", "gauge", "The generation of policies in force.");
    sample_1(out, "policies_info", "generation", generation, 1);
    single_seconds(out, "policies_loaded_time_seconds", "When it came into force.",
                   view->generation_ms);
    single(out, "policies_broken", "gauge", "Was the set on disk refused?",
           view->refused.at != NULL);
    family(out, "policy_loads_total", "counter", "Loads of policies, by their end.");
    sample_1(out, "policy_loads_total", "result", "taken", view->loads - view->refusals);
    sample_1(out, "policy_loads_total", "result", "refused", view->refusals);
    single(out, "policy_memory_bytes", "gauge", "What policies remember, in bytes.",
           view->memory_bytes);
}

/* Prometheus wants the lines of one name together. */
static void put_each(struct text *out, const struct view *view, const char *name, const char *type,
                     const char *help, uint64_t (*number)(const struct policy_health *health)) {
    family(out, name, type, help);
    for (size_t i = 0; i < view->policy_count; i++) {
        const struct policy_health *health = &view->policies[i].health;
        sample_1(out, name, "policy", health->name, number(health));
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

static uint64_t microseconds(const struct policy_health *health) {
    return health->microseconds;
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

static void put_policies(struct text *out, const struct view *view) {
    put_each(out, view, "policy_asked_total", "counter", "Calls of a policy.", asked);
    put_each(out, view, "policy_errors_total", "counter", "Calls that failed.", errors);
    put_each(out, view, "policy_units_total", "counter", "Budget spent, in units.", units);
    put_each(out, view, "policy_microseconds_total", "counter", "Time spent.", microseconds);
    put_each(out, view, "policy_differences_total", "counter",
             "Decisions that a shadow policy would have ended otherwise.", differences);
    put_each(out, view, "policy_set_aside", "gauge",
             "Is it not asked, because it failed for several senders?", is_set_aside);
    put_each(out, view, "policy_shadow", "gauge", "Does it only look on?", is_shadow);
    family(out, "policy_said_total", "counter", "What a policy said, by word.");
    for (size_t i = 0; i < view->policy_count; i++)
        for (int word = 0; word <= WORD_WAIT; word++)
            sample_2(out, "policy_said_total",
                     (struct label){"policy", view->policies[i].health.name},
                     (struct label){"word", policy_word_name((enum policy_word)word)},
                     view->policies[i].health.said[word]);
    family(out, "policy_count_total", "counter", "What policies counted (ctx.count).");
    for (size_t i = 0; i < view->counter_count; i++)
        sample_2(out, "policy_count_total", (struct label){"policy", view->counters[i].policy},
                 (struct label){"name", view->counters[i].name}, view->counters[i].count);
}

static void put_decisions(struct text *out, const struct decisions_counts *decisions) {
    family(out, "decision_lines_total", "counter", "Lines of the decision log.");
    sample_1(out, "decision_lines_total", "result", "written", decisions->written);
    sample_1(out, "decision_lines_total", "result", "dropped", decisions->dropped);
    single(out, "decision_log_failing", "gauge", "Did the last write of it fail?",
           decisions->is_failing);
}

static void put_analytics(struct text *out, const struct analytics_counts *analytics) {
    family(out, "analytics_events_total", "counter",
           "Events for analytics, by what became of them.");
    sample_1(out, "analytics_events_total", "result", "told", analytics->told);
    sample_1(out, "analytics_events_total", "result", "dropped", analytics->dropped);
    single(out, "analytics_waiting", "gauge", "Events that wait for their broker.",
           analytics->waiting);
    single(out, "analytics_connected", "gauge", "Is their broker connected?",
           analytics->is_connected);
}

void metrics_text(const struct view *view, struct text *out) {
    put_server(out, view);
    put_messages(out, &view->counts);
    put_waiting(out, view);
    put_set(out, view);
    put_policies(out, view);
    put_decisions(out, &view->decisions);
    if (view->has_analytics)
        put_analytics(out, &view->analytics);
}
