/* The view as JSON: names are the fields', times are milliseconds since 1970. */
#include "server/view.h"

#include "server/version.h"
#include "words/json.h"
#include "words/text.h"

#include <inttypes.h>

/* Writes members one after the other. */
struct writer {
    struct arena *arena;
    struct text *out;
};

static void key(const struct writer *to, const char *name) {
    const struct text *out = to->out;
    char last = out->size ? out->at[out->size - 1] : '{';
    if (last != '{' && last != '[')
        text_add_char(to->out, ',');
    text_print(to->out, "\"%s\":", name);
}

static void begin_item(const struct writer *to) {
    if (to->out->at[to->out->size - 1] != '[')
        text_add_char(to->out, ',');
    text_add_char(to->out, '{');
}

static void put_number(const struct writer *to, const char *name, uint64_t number) {
    key(to, name);
    text_print(to->out, "%" PRIu64, number);
}

static void put_text(const struct writer *to, const char *name, struct span text) {
    key(to, name);
    text_add(to->out, text.at ? json_quote(to->arena, text) : SPAN("null"));
}

static void put_flag(const struct writer *to, const char *name, bool flag) {
    key(to, name);
    text_add(to->out, flag ? SPAN("true") : SPAN("false"));
}

static void open_object(const struct writer *to, const char *name) {
    key(to, name);
    text_add_char(to->out, '{');
}

/* ---- the parts ---- */

static void put_attention(const struct writer *to, const struct view *view) {
    struct span words;
    key(to, "attention");
    text_add_char(to->out, '[');
    for (size_t i = 0; view_attention(view, to->arena, i, &words); i++) {
        if (i)
            text_add_char(to->out, ',');
        text_add(to->out, json_quote(to->arena, words));
    }
    text_add_char(to->out, ']');
}

static void put_server(const struct writer *to, const struct view *view) {
    put_text(to, "version", SPAN(CHAT21D_VERSION));
    put_number(to, "pid", (uint64_t)view->pid);
    put_number(to, "supervisor", (uint64_t)view->supervisor);
    put_number(to, "now_ms", (uint64_t)view->now_ms);
    put_number(to, "started_ms", (uint64_t)view->started_ms);
    open_object(to, "broker");
    put_text(to, "state", span_of(view_broker_name(view->broker)));
    put_text(to, "reason", view->broker_reason);
    text_add_char(to->out, '}');
    put_text(to, "pause", view->pause);
}

static void put_said(const struct writer *to, const struct policy_health *health) {
    open_object(to, "said");
    for (int word = 0; word <= WORD_WAIT; word++)
        if (health->said[word])
            put_number(to, policy_word_name((enum policy_word)word), health->said[word]);
    text_add_char(to->out, '}');
}

static void put_policy(const struct writer *to, const struct view_policy *policy) {
    const struct policy_health *health = &policy->health;
    begin_item(to);
    put_text(to, "name", span_of(health->name));
    put_text(to, "event", span_of(policy_event_name(health->event)));
    put_text(to, "mode", health->mode == POLICY_SHADOW ? SPAN("shadow") : SPAN("on"));
    put_flag(to, "set_aside", health->is_set_aside);
    put_number(to, "asked_again_ms", (uint64_t)policy->asked_again_ms);
    put_number(to, "asked", health->asked);
    put_number(to, "errors", health->errors);
    put_number(to, "units", health->units);
    put_number(to, "microseconds", health->microseconds);
    put_number(to, "differences", health->differences);
    put_said(to, health);
    put_text(to, "last_error", health->last_error);
    text_add_char(to->out, '}');
}

static void put_policies(const struct writer *to, const struct view *view) {
    open_object(to, "policies");
    key(to, "generation");
    text_print(to->out, "\"%016" PRIx64 "\"", view->generation);
    put_number(to, "since_ms", (uint64_t)view->generation_ms);
    put_number(to, "loads", view->loads);
    put_number(to, "refusals", view->refusals);
    put_text(to, "refused", view->refused);
    put_number(to, "refused_ms", (uint64_t)view->refused_ms);
    put_number(to, "memory_bytes", view->memory_bytes);
    key(to, "list");
    text_add_char(to->out, '[');
    for (size_t i = 0; i < view->policy_count; i++)
        put_policy(to, &view->policies[i]);
    text_add(to->out, SPAN("]}"));
}

static void put_counters(const struct writer *to, const struct view *view) {
    key(to, "counters");
    text_add_char(to->out, '[');
    for (size_t i = 0; i < view->counter_count; i++) {
        begin_item(to);
        put_text(to, "policy", span_of(view->counters[i].policy));
        put_text(to, "name", span_of(view->counters[i].name));
        put_number(to, "count", view->counters[i].count);
        text_add_char(to->out, '}');
    }
    text_add_char(to->out, ']');
}

static void put_outcomes(const struct writer *to, const struct flow_counts *counts) {
    open_object(to, "outcomes");
    for (size_t i = 0; i < FLOW_COUNTS; i++) {
        struct flow_count row = flow_count(counts, i);
        put_number(to, row.name, row.value);
    }
    text_add_char(to->out, '}');
}

static void put_waiting(const struct writer *to, const struct store_waiting_counts *waiting) {
    open_object(to, "waiting");
    put_number(to, "deferred", waiting->deferred);
    put_number(to, "quarantined", waiting->quarantined);
    put_number(to, "bytes", waiting->bytes);
    if (waiting->next_due_ms != INT64_MAX && waiting->deferred)
        put_number(to, "next_due_ms", (uint64_t)waiting->next_due_ms);
    else
        put_text(to, "next_due_ms", SPAN_NONE);
    text_add_char(to->out, '}');
}

static void put_decisions(const struct writer *to, const struct view *view) {
    open_object(to, "decisions");
    put_flag(to, "on", view->has_decisions);
    put_number(to, "written", view->decisions.written);
    put_number(to, "dropped", view->decisions.dropped);
    put_flag(to, "failing", view->decisions.is_failing);
    text_add_char(to->out, '}');
}

static void put_difference(const struct writer *to, const struct policy_difference *difference) {
    begin_item(to);
    put_text(to, "policy", span_of(difference->policy));
    put_text(to, "message_id", span_of(difference->message_id));
    put_text(to, "app", span_of(difference->app));
    put_text(to, "sender", span_of(difference->sender));
    put_text(to, "recipient", span_of(difference->recipient));
    put_number(to, "at_ms", (uint64_t)difference->at_ms);
    put_text(to, "decided", span_of(difference->decided));
    put_text(to, "instead", span_of(policy_word_name(difference->instead)));
    put_text(to, "code", span_of(difference->code));
    put_text(to, "reason", span_of(difference->reason));
    text_add_char(to->out, '}');
}

void view_differences(const struct view *view, struct arena *arena, struct text *out) {
    const struct writer to = {arena, out};
    text_add_char(out, '[');
    for (size_t i = 0; i < view->difference_count; i++)
        put_difference(&to, &view->differences[i]);
    text_add_char(out, ']');
}

void view_json(const struct view *view, struct arena *arena, struct text *out) {
    const struct writer to = {arena, out};
    text_add(out, SPAN("{\"ok\":true"));
    put_attention(&to, view);
    put_server(&to, view);
    put_policies(&to, view);
    put_counters(&to, view);
    put_outcomes(&to, &view->counts);
    put_waiting(&to, &view->waiting);
    put_decisions(&to, view);
    key(&to, "differences");
    view_differences(view, arena, out);
    text_add_char(out, '}');
}
