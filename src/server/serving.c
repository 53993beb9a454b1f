#include "server/serving.h"

#include "server/version.h"
#include "words/check.h"
#include "words/log.h"

#include <stdlib.h>

enum {
    HTTP_SECONDS = 15,       /* for a request, for a reply, of silence; longer than calls wait */
    HTTP_REQUESTS = 1000,    /* on one connection */
    WAITING_MAX = 1024,      /* calls */
    SUBMIT_BYTES = 32 << 20, /* under way to the broker */
    FRAME = 16 * 1024        /* of a body, besides the message's */
};

struct serving {
    struct arena *arena; /* lives as long */
    struct store_reader *reader;
    struct keyring *keyring;
    struct submit *submit;
    struct contacts *contacts; /* NULL: there is no directory */
    struct api *api;
    struct http *http;
    uint64_t ordered; /* told last */
};

static bool give_to_broker(void *self, const struct submission *what) {
    struct serving *serving = self;
    return submit_give(serving->submit, what);
}

static bool give_order(void *self, const struct order *order, uint64_t *number) {
    return orders_give(self, order, number);
}

/* On the thread of submit. */
static void submitted(void *self, struct span ticket, enum submit_end end) {
    struct serving *serving = self;
    api_submitted(serving->api, ticket, end);
}

static const char *stream_words(const struct config *config, struct arena *arena) {
    const struct broker_settings *broker = &config->broker;
    if (broker->intake != BROKER_INTAKE_STREAM)
        return NULL;
    struct span words =
        arena_print(arena, "CHAT21D_STREAM_MAX_AGE=%s, CHAT21D_STREAM_MAX_BYTES=%lld",
                    broker->stream_max_age, (long long)broker->stream_max_bytes);
    return arena_string(arena, words);
}

static bool ask_for_names(void *self, struct span ticket, const struct span *ids, size_t count) {
    struct serving *serving = self;
    return contacts_ask(serving->contacts, ticket, ids, count);
}

/* On the thread of contacts. */
static void named(void *self, struct span ticket, struct span names) {
    struct serving *serving = self;
    api_named(serving->api, ticket, names);
}

static struct api_settings api_settings_of(const struct config *config, struct arena *arena) {
    const struct config_api *api = &config->api;
    return (struct api_settings){
        .base = api->base,
        .apps = config->apps,
        .app_count = config->app_count,
        .proxies = api->proxies,
        .proxy_count = api->proxy_count,
        .user = {api->user_per_minute, api->user_per_minute},
        .address = {api->address_per_minute, api->address_per_minute},
        .wait_seconds = (unsigned)(api->wait_ms / 1000),
        .waiting_max = WAITING_MAX,
        .body_max = config->body_max,
        .changes_groups = config->broker.intake == BROKER_INTAKE_STREAM,
        .version = CHAT21D_VERSION,
        .stream_keeps = stream_words(config, arena),
    };
}

static void make_api(struct serving *serving, const struct config *config,
                     const struct broker_settings *broker, struct orders *orders,
                     const struct clock *clock) {
    struct api_settings settings = api_settings_of(config, serving->arena);
    struct submit_settings submit = {
        .broker = broker,
        .count_max = WAITING_MAX,
        .bytes_max = SUBMIT_BYTES,
        .seconds = settings.wait_seconds,
    };
    struct api_parts parts = {
        .reader = serving->reader,
        .keyring = serving->keyring,
        .clock = clock,
        .sending = {serving, give_to_broker},
        .ordering = {orders, give_order},
        .contacts = {serving, config->api.contacts ? ask_for_names : NULL},
    };
    serving->api = api_new(&settings, &parts);
    serving->submit = submit_new(&submit, clock, submitted, serving);
}

static unsigned http_seconds(const struct config_api *api) {
    unsigned least = (unsigned)(api->wait_ms / 1000) + HTTP_SECONDS / 3;
    return least > HTTP_SECONDS ? least : HTTP_SECONDS;
}

static int make_contacts(struct serving *serving, const struct config *config,
                         const struct clock *clock, struct why *why) {
    struct contacts_settings settings = {.url = config->api.contacts,
                                         .ca_file = config->posting.ca_file,
                                         .user_agent = "chat21d/" CHAT21D_VERSION};
    if (!settings.url)
        return 0;
    serving->contacts = contacts_new(&settings, clock, named, serving, why);
    return serving->contacts ? 0 : -1;
}

static int make_http(struct serving *serving, const struct config *config, struct why *why) {
    const struct config_api *api = &config->api;
    struct http_settings settings = {
        .address = api->address,
        .port = api->port,
        .connections = api->connections,
        .connections_of_one = api->connections_of_one,
        .seconds = http_seconds(api),
        .requests = HTTP_REQUESTS,
        .body_max = config->body_max + FRAME,
        .cert = api->cert,
        .key = api->key,
        .refusal_headers = API_CORS,
        .refusal_header_count = API_CORS_COUNT,
    };
    struct http_handler handler = api_handler(serving->api);
    serving->http = http_open(&settings, &handler, why);
    if (!serving->http)
        return why_prefix(why, "PORT: ");
    api_serve(serving->api, serving->http);
    log_line(LOG_INFO, "api", "state=open port=%u tls=%s", http_port(serving->http),
             api->cert ? "yes" : "no");
    return 0;
}

static int make(struct serving *serving, const struct config *config,
                const struct broker_settings *broker, struct orders *orders,
                const struct clock *clock, struct why *why) {
    if (!config->tokens.ring.count)
        return why_say(why, "there is no key to check tokens with: set JWT_KEY");
    serving->keyring = keyring_new(&config->tokens.ring, why);
    serving->reader = serving->keyring ? store_reader_open(config->data, why) : NULL;
    if (!serving->reader)
        return -1;
    make_api(serving, config, broker, orders, clock);
    if (make_contacts(serving, config, clock, why) != 0)
        return -1;
    return make_http(serving, config, why);
}

struct serving *serving_open(const struct config *config, const struct broker_settings *broker,
                             struct orders *orders, const struct clock *clock, bool *is_wanted,
                             struct why *why) {
    char words[512];
    *is_wanted = config->api.port && config->api.must_listen;
    if (!config->api.port)
        return NULL;
    struct serving *serving = must_calloc(1, sizeof *serving);
    serving->arena = arena_new();
    if (make(serving, config, broker, orders, clock, why) == 0)
        return serving;
    serving_close(&serving);
    if (!*is_wanted)
        log_line(LOG_WARN, "api", "state=off reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    return NULL;
}

/* Who tells goes before who is told. */
void serving_close(struct serving **serving) {
    struct serving *closing = *serving;
    if (!closing)
        return;
    if (closing->api)
        api_serve(closing->api, NULL);
    http_close(&closing->http);
    submit_free(&closing->submit);
    contacts_free(&closing->contacts);
    api_free(&closing->api);
    store_reader_close(&closing->reader);
    keyring_free(&closing->keyring);
    arena_free(&closing->arena);
    free(closing);
    *serving = NULL;
}

void serving_stop(struct serving *serving) {
    if (serving)
        http_quiesce(serving->http);
}

void serving_tell(struct serving *serving, struct span ticket, const struct ident *id,
                  bool is_repeat) {
    if (serving)
        api_stored(serving->api, ticket, id, is_repeat);
}

void serving_ordered(struct serving *serving, uint64_t stored) {
    if (!serving || stored == serving->ordered)
        return;
    serving->ordered = stored;
    api_ordered(serving->api, stored);
}

struct serving_counts serving_counts(struct serving *serving) {
    if (!serving)
        return (struct serving_counts){.is_open = false};
    struct serving_counts counts = {.is_open = true,
                                    .port = http_port(serving->http),
                                    .api = api_counts(serving->api),
                                    .http = http_counts(serving->http)};
    counts.can_send = submit_is_up(serving->submit, &counts.why_not);
    return counts;
}
