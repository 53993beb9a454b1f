/* The webhooks. An endpoint's label is its number in the settings; chat21d_webhook_info says which
 * it is. */
#include "server/metrics.h"
#include "server/metrics_lines.h"

#include <stdio.h>

struct number {
    char text[24];
};

static struct number number_of(size_t index) {
    struct number number;
    snprintf(number.text, sizeof number.text, "%zu", index + 1);
    return number;
}

/* Its host: whoever may read metrics need not know what secrets a path holds. */
static struct span host_of(struct span url) {
    const char *scheme = url.size ? memmem(url.at, url.size, "://", 3) : NULL;
    size_t end = scheme ? (size_t)(scheme - url.at) + 3 : 0;
    while (end < url.size && !strchr("/?#", url.at[end]))
        end++;
    return span_cut(url, 0, end);
}

static void put_info(struct text *out, const struct view *view) {
    metric_family(out, "chat21d_webhook_info", "gauge", "The endpoints.");
    for (size_t i = 0; i < view->webhook_count; i++) {
        struct number number = number_of(i);
        metric_2(out, "chat21d_webhook_info",
                 (struct metric_label){"endpoint", span_of(number.text)},
                 (struct metric_label){"url", host_of(view->webhooks[i].state.url)}, 1);
    }
}

static void put_each(struct text *out, const struct view *view, const char *name, const char *help,
                     uint64_t (*read)(const struct view_webhook *webhook)) {
    metric_family(out, name, "gauge", help);
    for (size_t i = 0; i < view->webhook_count; i++)
        metric_1(out, name, "endpoint", number_of(i).text, read(&view->webhooks[i]));
}

static uint64_t waiting(const struct view_webhook *webhook) {
    return webhook->counts.waiting;
}

static uint64_t bytes(const struct view_webhook *webhook) {
    return webhook->counts.bytes;
}

static uint64_t under_way(const struct view_webhook *webhook) {
    return webhook->state.under_way;
}

static uint64_t is_down(const struct view_webhook *webhook) {
    return webhook->state.is_down;
}

static void put_result(struct text *out, size_t index, const char *result, uint64_t count) {
    struct number number = number_of(index);
    metric_2(out, "chat21d_webhook_posts_total",
             (struct metric_label){"endpoint", span_of(number.text)},
             (struct metric_label){"result", span_of(result)}, count);
}

static void put_posts(struct text *out, const struct view *view) {
    metric_family(out, "chat21d_webhook_posts_total", "counter",
                  "Posts, by their end; what was given up counts as failed too.");
    for (size_t i = 0; i < view->webhook_count; i++) {
        const struct webhook_state *state = &view->webhooks[i].state;
        put_result(out, i, "posted", state->posted);
        put_result(out, i, "failed", state->failed);
        put_result(out, i, "given_up", state->given_up);
    }
}

void metrics_webhooks(const struct view *view, struct text *out) {
    if (view->webhook_count == 0)
        return;
    put_info(out, view);
    put_each(out, view, "chat21d_webhook_waiting", "Events that wait.", waiting);
    put_each(out, view, "chat21d_webhook_waiting_bytes", "What they take.", bytes);
    put_each(out, view, "chat21d_webhook_under_way", "Posts under way.", under_way);
    put_each(out, view, "chat21d_webhook_down", "Is only one post at a time tried there?", is_down);
    put_posts(out, view);
    metric_single(out, "chat21d_webhook_dead", "gauge", "Events on the list of the dead.",
                  view->webhooks[0].counts.dead);
    metric_single(out, "chat21d_webhook_given_up_total", "counter",
                  "Events that were put there, whatever for.", view->webhooks[0].counts.given_up);
}
