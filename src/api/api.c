/* From a request to its endpoint. */
#include "api/inside.h"

#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

enum { USERS = 16384, ADDRESSES = 16384, WARN_EVERY_US = 60000000 };

void api_begin_reply(struct api_call *call) {
    gate_open_to_browsers(call);
    reply_header(call, "X-Content-Type-Options", "nosniff");
}

void api_count(struct api *api, unsigned status) {
    pthread_mutex_lock(&api->lock);
    api->counts.by_class[status / 100]++;
    api->counts.unauthorized += status == 401 || status == 403;
    api->counts.limited += status == 429;
    pthread_mutex_unlock(&api->lock);
}

static enum http_when no_such_call(struct api_call *call, const char *allowed) {
    if (!*allowed)
        return reply_refusal(call, 404, "not_found", "There is no such call");
    reply_header(call, "Allow", allowed);
    return reply_refusal(call, 405, "method_not_allowed", "This path does not know that method");
}

static enum http_when answer(struct api *api, struct api_call *call) {
    const char *allowed;
    api_begin_reply(call);
    if (span_is(call->request->method, "OPTIONS")) {
        call->reply->status = 204;
        return HTTP_NOW;
    }
    call->endpoint = path_find(api, call, &allowed);
    if (!call->endpoint)
        return no_such_call(call, allowed);
    return gate_pass(call) == GATE_PASSED ? call->endpoint->answer(call) : HTTP_NOW;
}

static enum http_when handle(void *self, const struct http_request *request,
                             struct http_reply *reply) {
    struct api *api = self;
    struct api_call *call = arena_array(request->arena, 1, sizeof *call);
    *call = (struct api_call){.api = api,
                              .request = request,
                              .arena = request->arena,
                              .reply = reply,
                              .is_head = span_is(request->method, "HEAD")};
    enum http_when when = answer(api, call);
    if (when == HTTP_NOW)
        api_count(api, reply->status);
    return when;
}

/* The first one at once. */
static void warn_of_unauthorized(struct api *api) {
    int64_t now = clock_steady_us(api->parts.clock);
    pthread_mutex_lock(&api->lock);
    uint64_t news = api->counts.unauthorized - api->warned_of;
    bool is_due = news && now >= api->warn_again_us;
    if (is_due) {
        api->warned_of += news;
        api->warn_again_us = now + WARN_EVERY_US;
    }
    pthread_mutex_unlock(&api->lock);
    if (is_due)
        log_line(LOG_WARN, "api",
                 "unauthorized=%" PRIu64
                 " reason=\"without a right token, or for what is not theirs\"",
                 news);
}

static void turn(void *self) {
    struct api *api = self;
    warn_of_unauthorized(api);
    waiters_turn(api->waiting);
}

static void gone(void *self, struct http_exchange *exchange) {
    struct api *api = self;
    waiters_forget(api->waiting, exchange);
}

struct http_handler api_handler(struct api *api) {
    return (struct http_handler){api, handle, turn, gone};
}

static uint64_t random_seed(void) {
    uint64_t seed;
    check(getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed);
    return seed;
}

struct api *api_new(const struct api_settings *settings, const struct api_parts *parts) {
    struct api *api = must_calloc(1, sizeof *api);
    api->settings = *settings;
    api->parts = *parts;
    api->facts = store_reader_facts(parts->reader);
    api->users = buckets_new(USERS, random_seed());
    api->addresses = buckets_new(ADDRESSES, random_seed());
    api->waiting = waiters_new(api);
    pthread_mutex_init(&api->lock, NULL);
    return api;
}

void api_free(struct api **api) {
    if (!*api)
        return;
    waiters_free(&(*api)->waiting);
    buckets_free(&(*api)->users);
    buckets_free(&(*api)->addresses);
    pthread_mutex_destroy(&(*api)->lock);
    free(*api);
    *api = NULL;
}

void api_serve(struct api *api, struct http *http) {
    pthread_mutex_lock(&api->lock);
    api->http = http;
    pthread_mutex_unlock(&api->lock);
}

struct api_counts api_counts(struct api *api) {
    pthread_mutex_lock(&api->lock);
    struct api_counts counts = api->counts;
    pthread_mutex_unlock(&api->lock);
    counts.waiting = waiters_count(api->waiting);
    counts.waited_too_long = waiters_over(api->waiting);
    return counts;
}
