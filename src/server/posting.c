/* The worker's side of the webhooks: starts the thread that posts, tells it when to look, and has
 * stored what became of posts and what people said. */
#include "server/version.h"
#include "server/worker.h"
#include "words/check.h"

enum { TAKEN_AT_ONCE = 64, CONNECT_MS = 5000 };

void posting_init(struct worker *worker) {
    const struct config *config = worker->config;
    const struct outbox_settings *outbox = &config->webhooks.outbox;
    const struct config_posting *posting = &config->posting;
    const struct webhooks_settings settings = {
        .data = config->data,
        .endpoints = outbox->endpoints,
        .endpoint_count = outbox->endpoint_count,
        .connections = posting->connections,
        .first_ms = posting->retry_ms,
        .age_ms = outbox->age_max_ms,
        .hook = {.user_agent = "chat21d/" CHAT21D_VERSION,
                 .ca_file = posting->ca_file,
                 .secret = span_of(posting->secret),
                 .allows_private = posting->allows_private,
                 .connect_ms = CONNECT_MS,
                 .whole_ms = posting->timeout_ms},
    };
    if (settings.endpoint_count)
        worker->posting.webhooks = webhooks_new(&settings, worker->clock);
}

bool posting_change(struct worker *worker, const struct outbox_change *changes, size_t count) {
    if (!flow_outbox(worker->flow, changes, count))
        return false;
    worker->posting.given += count;
    return true;
}

bool posting_has_stored(const struct worker *worker, uint64_t number) {
    return flow_outbox_stored(worker->flow) >= number;
}

/* What has changed in the outbox since the thread was told to look? */
static bool is_news(struct posting *posting, const struct store *store, size_t endpoints,
                    int64_t now_ms) {
    bool is = outbox_is_due(store, now_ms); /* it is being swept: rows may have come to be heads */
    for (size_t i = 0; i < endpoints; i++) {
        struct outbox_counts now = outbox_counts(store, i), *before = &posting->counts[i];
        is = is || now.newest != before->newest || now.waiting != before->waiting;
        *before = now;
    }
    return is;
}

void posting_look(struct worker *worker) {
    struct posting *posting = &worker->posting;
    size_t endpoints = worker->config->webhooks.outbox.endpoint_count;
    check(!committer_is_busy(worker->committer));
    if (is_news(posting, worker->store, endpoints, clock_wall_ms(worker->clock)) &&
        posting->webhooks)
        webhooks_wake(posting->webhooks);
}

void posting_move(struct worker *worker) {
    struct posting *posting = &worker->posting;
    struct outbox_change changes[TAKEN_AT_ONCE];
    if (!posting->webhooks)
        return;
    size_t count = webhooks_results(posting->webhooks, changes, TAKEN_AT_ONCE);
    if (count && posting_change(worker, changes, count))
        webhooks_handed(posting->webhooks, count, posting->given);
    webhooks_stored(posting->webhooks, flow_outbox_stored(worker->flow));
}

void posting_stop(struct worker *worker) {
    if (worker->posting.webhooks)
        webhooks_stop(worker->posting.webhooks);
}

bool posting_is_over(const struct worker *worker) {
    return (!worker->posting.webhooks || webhooks_is_idle(worker->posting.webhooks)) &&
           posting_has_stored(worker, worker->posting.given);
}

void posting_hurry(struct worker *worker) {
    if (worker->posting.webhooks)
        webhooks_hurry(worker->posting.webhooks);
}

int posting_descriptor(const struct worker *worker) {
    return worker->posting.webhooks ? webhooks_descriptor(worker->posting.webhooks) : -1;
}

void posting_free(struct worker *worker) {
    webhooks_free(&worker->posting.webhooks);
}
