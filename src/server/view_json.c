/* The view as JSON: names are the fields', times are milliseconds since 1970. */
#include "server/view.h"

#include "server/version.h"
#include "words/json_write.h"

#include <inttypes.h>

/* ---- the parts ---- */

static void put_attention(struct json_writer *to, const struct view *view) {
    struct span words;
    json_open(to, "attention", '[');
    for (size_t i = 0; view_attention(view, to->text.arena, i, &words); i++)
        json_put_text(to, NULL, words);
    json_close(to, ']');
}

/* Only those that end. */
static void put_logins(struct json_writer *to, const struct view *view) {
    json_open(to, "logins", '[');
    for (size_t i = 0; i < view->login_count; i++) {
        const struct login_state *login = &view->logins[i];
        if (!login->ends)
            continue;
        json_open(to, NULL, '{');
        json_put_text(to, "name", span_of(login->name));
        json_put_number(to, "until_ms", login->until_ms);
        json_put_text(to, "renewed_by", span_of(login->renewed_by));
        json_put_bool(to, "due", login->is_due);
        json_close(to, '}');
    }
    json_close(to, ']');
}

static void put_server(struct json_writer *to, const struct view *view) {
    json_put_text(to, "version", SPAN(CHAT21D_VERSION));
    json_put_number(to, "pid", (int64_t)view->pid);
    json_put_number(to, "supervisor", (int64_t)view->supervisor);
    json_put_number(to, "now_ms", (int64_t)view->now_ms);
    json_put_number(to, "started_ms", (int64_t)view->started_ms);
    json_open(to, "broker", '{');
    json_put_text(to, "state", span_of(view_broker_name(view->broker)));
    json_put_text(to, "reason", view->broker_reason);
    json_put_text(to, "blocked", view->blocked);
    json_close(to, '}');
    json_put_text(to, "pause", view->pause);
    put_logins(to, view);
}

static void put_said(struct json_writer *to, const struct policy_health *health) {
    json_open(to, "said", '{');
    for (int word = 0; word <= WORD_WAIT; word++)
        if (health->said[word])
            json_put_number(to, policy_word_name((enum policy_word)word),
                            (int64_t)health->said[word]);
    json_close(to, '}');
}

static void put_policy(struct json_writer *to, const struct view_policy *policy) {
    const struct policy_health *health = &policy->health;
    json_open(to, NULL, '{');
    json_put_text(to, "name", span_of(health->name));
    json_put_text(to, "event", span_of(policy_event_name(health->event)));
    json_put_text(to, "mode", health->mode == POLICY_SHADOW ? SPAN("shadow") : SPAN("on"));
    json_put_bool(to, "set_aside", health->is_set_aside);
    json_put_number(to, "asked_again_ms", (int64_t)policy->asked_again_ms);
    json_put_number(to, "asked", (int64_t)health->asked);
    json_put_number(to, "errors", (int64_t)health->errors);
    json_put_number(to, "units", (int64_t)health->units);
    json_put_number(to, "microseconds", (int64_t)health->microseconds);
    json_put_number(to, "differences", (int64_t)health->differences);
    put_said(to, health);
    json_put_text(to, "last_error", health->last_error);
    json_close(to, '}');
}

static void put_policies(struct json_writer *to, const struct view *view) {
    json_open(to, "policies", '{');
    json_put_text(to, "generation", arena_print(to->text.arena, "%016" PRIx64, view->generation));
    json_put_number(to, "since_ms", (int64_t)view->generation_ms);
    json_put_number(to, "loads", (int64_t)view->loads);
    json_put_number(to, "refusals", (int64_t)view->refusals);
    json_put_text(to, "refused", view->refused);
    json_put_number(to, "refused_ms", (int64_t)view->refused_ms);
    json_put_number(to, "memory_bytes", (int64_t)view->memory_bytes);
    json_open(to, "list", '[');
    for (size_t i = 0; i < view->policy_count; i++)
        put_policy(to, &view->policies[i]);
    json_close(to, ']');
    json_close(to, '}');
}

static void put_counters(struct json_writer *to, const struct view *view) {
    json_open(to, "counters", '[');
    for (size_t i = 0; i < view->counter_count; i++) {
        json_open(to, NULL, '{');
        json_put_text(to, "policy", span_of(view->counters[i].policy));
        json_put_text(to, "name", span_of(view->counters[i].name));
        json_put_number(to, "count", (int64_t)view->counters[i].count);
        json_close(to, '}');
    }
    json_close(to, ']');
}

static void put_outcomes(struct json_writer *to, const struct flow_counts *counts) {
    json_open(to, "outcomes", '{');
    for (size_t i = 0; i < FLOW_COUNTS; i++) {
        struct flow_count row = flow_count(counts, i);
        json_put_number(to, row.name, (int64_t)row.value);
    }
    json_close(to, '}');
}

static void put_waiting(struct json_writer *to, const struct store_waiting_counts *waiting) {
    json_open(to, "waiting", '{');
    json_put_number(to, "deferred", (int64_t)waiting->deferred);
    json_put_number(to, "quarantined", (int64_t)waiting->quarantined);
    json_put_number(to, "bytes", (int64_t)waiting->bytes);
    if (waiting->next_due_ms != INT64_MAX && waiting->deferred)
        json_put_number(to, "next_due_ms", (int64_t)waiting->next_due_ms);
    else
        json_put_text(to, "next_due_ms", SPAN_NONE);
    json_close(to, '}');
}

static void put_decisions(struct json_writer *to, const struct view *view) {
    json_open(to, "decisions", '{');
    json_put_bool(to, "on", view->has_decisions);
    json_put_number(to, "written", (int64_t)view->decisions.written);
    json_put_number(to, "dropped", (int64_t)view->decisions.dropped);
    json_put_bool(to, "failing", view->decisions.is_failing);
    json_close(to, '}');
}

static void put_analytics(struct json_writer *to, const struct view *view) {
    json_open(to, "analytics", '{');
    json_put_bool(to, "on", view->has_analytics);
    json_put_bool(to, "connected", view->analytics.is_connected);
    json_put_number(to, "told", (int64_t)view->analytics.told);
    json_put_number(to, "waiting", (int64_t)view->analytics.waiting);
    json_put_number(to, "dropped", (int64_t)view->analytics.dropped);
    json_close(to, '}');
}

static void put_api(struct json_writer *to, const struct serving_counts *api) {
    json_open(to, "api", '{');
    json_put_bool(to, "on", api->is_open);
    json_put_number(to, "port", api->port);
    json_put_bool(to, "can_send", api->can_send);
    json_put_number(to, "answered", (int64_t)(api->api.by_class[2] + api->api.by_class[3]));
    json_put_number(to, "refused", (int64_t)api->api.by_class[4]);
    json_put_number(to, "failed", (int64_t)api->api.by_class[5]);
    json_put_number(to, "unauthorized", (int64_t)api->api.unauthorized);
    json_put_number(to, "limited", (int64_t)api->api.limited);
    json_put_number(to, "cut_off", (int64_t)api->http.refused);
    json_put_number(to, "waited_too_long", (int64_t)api->api.waited_too_long);
    json_put_number(to, "waiting", (int64_t)api->api.waiting);
    json_put_number(to, "connections", api->http.connections);
    json_close(to, '}');
}

static void put_webhook(struct json_writer *to, const struct view_webhook *webhook) {
    const struct webhook_state *state = &webhook->state;
    json_open(to, NULL, '{');
    json_put_text(to, "url", state->url);
    json_put_text(to, "state", state->is_down ? SPAN("down") : SPAN("up"));
    json_put_number(to, "down_since_ms", state->is_down ? state->down_since_ms : 0);
    json_put_text(to, "reason", state->words[0] ? span_of(state->words) : SPAN_NONE);
    json_put_number(to, "waiting", (int64_t)webhook->counts.waiting);
    json_put_number(to, "bytes", (int64_t)webhook->counts.bytes);
    json_put_number(to, "under_way", (int64_t)state->under_way);
    json_put_number(to, "posted", (int64_t)state->posted);
    json_put_number(to, "failed", (int64_t)state->failed);
    json_put_number(to, "given_up", (int64_t)state->given_up);
    json_close(to, '}');
}

/* What is dead, and was given up, is of all of them together. */
static void put_webhooks(struct json_writer *to, const struct view *view) {
    struct outbox_counts all = {0};
    json_open(to, "webhooks", '{');
    json_put_text(to, "trouble", view->webhook_trouble);
    json_open(to, "endpoints", '[');
    for (size_t i = 0; i < view->webhook_count; i++) {
        put_webhook(to, &view->webhooks[i]);
        all = view->webhooks[i].counts;
    }
    json_close(to, ']');
    json_put_number(to, "dead", (int64_t)all.dead);
    json_put_number(to, "given_up", (int64_t)all.given_up);
    json_close(to, '}');
}

static void put_difference(struct json_writer *to, const struct policy_difference *difference) {
    json_open(to, NULL, '{');
    json_put_text(to, "policy", span_of(difference->policy));
    json_put_text(to, "message_id", span_of(difference->message_id));
    json_put_text(to, "app", span_of(difference->app));
    json_put_text(to, "sender", span_of(difference->sender));
    json_put_text(to, "recipient", span_of(difference->recipient));
    json_put_number(to, "at_ms", (int64_t)difference->at_ms);
    json_put_text(to, "decided", span_of(difference->decided));
    json_put_text(to, "instead", span_of(policy_word_name(difference->instead)));
    json_put_text(to, "code", span_of(difference->code));
    json_put_text(to, "reason", span_of(difference->reason));
    json_close(to, '}');
}

static void put_differences(struct json_writer *to, const char *key, const struct view *view) {
    json_open(to, key, '[');
    for (size_t i = 0; i < view->difference_count; i++)
        put_difference(to, &view->differences[i]);
    json_close(to, ']');
}

void view_differences(const struct view *view, struct arena *arena, struct text *out) {
    struct json_writer to = json_write(arena);
    put_differences(&to, NULL, view);
    text_add(out, json_written(&to));
}

void view_json(const struct view *view, struct arena *arena, struct text *out) {
    struct json_writer to = json_write(arena);
    json_open(&to, NULL, '{');
    json_put_bool(&to, "ok", true);
    put_attention(&to, view);
    put_server(&to, view);
    put_policies(&to, view);
    put_counters(&to, view);
    put_outcomes(&to, &view->counts);
    put_waiting(&to, &view->waiting);
    json_put_number(&to, "revoked", view->revoked);
    put_decisions(&to, view);
    put_analytics(&to, view);
    put_api(&to, &view->api);
    put_webhooks(&to, view);
    put_differences(&to, "differences", view);
    json_close(&to, '}');
    text_add(out, json_written(&to));
}
