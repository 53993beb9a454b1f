#include "server/settings.h"

#include "ports/decisions.h"
#include "ports/hook.h"
#include "server/webhooks.h"
#include "words/check.h"
#include "words/text.h"

#include <stdlib.h>

#define KB ((int64_t)1024)
#define MB (1024 * KB)
#define GB (1024 * MB)

#define FIELD(field)                                                                               \
    .offset = offsetof(struct config, field), .size = sizeof((struct config *)NULL)->field
#define FROM(low, high) .least = (low), .most = (high)

const struct setting SETTINGS[] = {
    {NULL, "CHAT21D_CONFIG", SETTING_TEXT, NULL, "the file of settings; --config wins", .size = 0},
    {"data", "CHAT21D_DATA", SETTING_DATA_FOLDER, "data",
     "folder of the store, the lock and the supervisor's page; made (0700) where it is not there",
     FIELD(data)},
    {"policies", "CHAT21D_POLICIES", SETTING_POLICIES_FOLDER, "policies",
     "folder of manifest.lua and the policies", FIELD(policies)},
    {"apps", "APP_ID", SETTING_APPS, "tilechat", "apps served, comma separated", FIELD(apps)},
    {"rabbitmq_uri", "RABBITMQ_URI", SETTING_URI, NULL,
     "where the broker is, with the server's token as the password", FIELD(broker.uri),
     .is_secret = true, .is_required = true},
    {"broker_token_file", "CHAT21D_BROKER_TOKEN_FILE", SETTING_FILE, NULL,
     "a file with nothing but the server's token, instead of the URI's password; read again when "
     "it changes",
     FIELD(broker_token_file)},
    {"ca_file", "CHAT21D_CA_FILE", SETTING_FILE, NULL,
     "amqps: the authority that signed the broker's certificate (else the system's)",
     FIELD(broker.ca_file)},
    {"stream", "CHAT21D_STREAM", SETTING_QUEUE, "chat21d.intake",
     "the stream that messages are taken from", FIELD(broker.stream)},
    {"stream_from", "CHAT21D_STREAM_FROM", SETTING_CHOICE, "unsaid",
     "where an empty store begins in a stream that is not: refused where this is not said",
     .detail = "unsaid|first|next", FIELD(broker.stream_from)},
    {"stream_max_bytes", "CHAT21D_STREAM_MAX_BYTES", SETTING_BYTES, "5G",
     "how much the stream keeps; the oldest go first", FROM(MB, 1024 * GB),
     FIELD(broker.stream_max_bytes)},
    {"stream_max_age", "CHAT21D_STREAM_MAX_AGE", SETTING_AGE, "7D", "how long the stream keeps it",
     FIELD(broker.stream_max_age)},
    {"lease", "CHAT21D_LEASE", SETTING_QUEUE, "chat21d.lease",
     "the queue whose one consumer is the server at work", FIELD(broker.lease)},
    {"dead_queue", "CHAT21D_DEAD_QUEUE", SETTING_QUEUE, "messages.dead",
     "where messages go that could not be understood", FIELD(broker.dead)},
    {"dead_max_bytes", "CHAT21D_DEAD_MAX_BYTES", SETTING_BYTES, "64M",
     "how much the dead queue keeps; the oldest go first", FROM(64 * KB, 64 * GB),
     FIELD(broker.dead_max_bytes)},
    {"intake", "CHAT21D_INTAKE", SETTING_CHOICE, "stream",
     "where messages are taken from: a stream of the server's own, or the queues of an earlier "
     "server, beside its observers (a weaker promise: see the man page)",
     .detail = "stream|queue", FIELD(broker.intake)},
    {"drain_queue", "CHAT21D_DRAIN_QUEUE", SETTING_QUEUE_OR_NONE, "messages",
     "an earlier server's queue of what clients write: drained once, or with intake queue taken "
     "from; \"none\": leave it alone",
     FIELD(broker.queues[BROKER_MESSAGES])},
    {"persist_queue", "CHAT21D_PERSIST_QUEUE", SETTING_QUEUE_OR_NONE, "persist",
     "the same of its queue of copies to store", FIELD(broker.queues[BROKER_PERSIST])},
    {"webhooks_queue", "CHAT21D_WEBHOOKS_QUEUE", SETTING_QUEUE_OR_NONE, "webhooks",
     "its queue of webhooks to post: drained once, never taken from otherwise",
     FIELD(broker.queues[BROKER_WEBHOOKS])},
    {"prefetch", "PREFETCH_MESSAGES", SETTING_WHOLE, "256", "deliveries in flight", FROM(1, 1000),
     FIELD(broker.prefetch)},
    {"inbox_form", "CHAT21D_INBOX_FORM", SETTING_CHOICE, "as_came",
     "the form of the inboxes' keys: as the message came, the table's, or the seed's",
     .detail = "as_came|table|seed", FIELD(inbox_form)},
    {"sync", "CHAT21D_SYNC", SETTING_CHOICE, "full",
     "full: every commit reaches the disk; normal: a power cut may take back the last ones",
     .detail = "normal|full", FIELD(sync_every_commit)},
    {"store", "CHAT21D_STORE", SETTING_CHOICE, NULL,
     "\"sqlite\" says that this store is meant although MONGODB_URI is set", .detail = "sqlite"},
    {"mongodb_uri", "MONGODB_URI", SETTING_TEXT, NULL,
     "the store of an earlier server: refused, unless store says otherwise", .is_secret = true},
    {"body_max", "CHAT21D_BODY_MAX", SETTING_BYTES, "256K", "a larger body is refused",
     FROM(KB, 4 * MB), FIELD(body_max)},
    {"fanout_max", "CHAT21D_FANOUT_MAX", SETTING_BYTES, "64M",
     "body times copies of one message; more is refused", FROM(64 * KB, GB), FIELD(fanout_max)},
    {"refusals_burst", "CHAT21D_REFUSALS_BURST", SETTING_WHOLE, "20",
     "refusals told to one sender at once; beyond it they are only counted", FROM(1, 10000),
     FIELD(refusals_burst)},
    {"refusals_per_minute", "CHAT21D_REFUSALS_PER_MINUTE", SETTING_WHOLE, "60",
     "refusals told to one sender a minute", FROM(1, 100000), FIELD(refusals_per_minute)},
    {"copies_per_minute", "CHAT21D_COPIES_PER_MINUTE", SETTING_WHOLE, "20000",
     "copies that one sender's messages to groups may cause a minute; as many at once",
     FROM(1, 100000000), FIELD(copies_per_minute)},
    {"changes_per_minute", "CHAT21D_CHANGES_PER_MINUTE", SETTING_WHOLE, "60",
     "blocks and unblocks of one user, and changes of groups, a minute; as many at once",
     FROM(1, 100000), FIELD(changes_per_minute)},
    {"updates_per_minute", "CHAT21D_UPDATES_PER_MINUTE", SETTING_WHOLE, "600",
     "patches and archives of conversations, and presence, of one user a minute; as many at once; "
     "each 4 KB of a patch or an archived conversation count as one more",
     FROM(1, 100000), FIELD(updates_per_minute)},
    {"batch_max", "CHAT21D_BATCH_MAX", SETTING_WHOLE, "128", "messages stored in one transaction",
     FROM(1, 1000), FIELD(batch_max)},
    {"hops_max", "CHAT21D_HOPS_MAX", SETTING_WHOLE, "4",
     "replies, copies and redirections of policies that may cause each other", FROM(1, 16),
     FIELD(hops_max)},
    {"deferred_max", "CHAT21D_DEFERRED_MAX", SETTING_WHOLE, "8",
     "times that policies may put off one message; then it is refused", FROM(1, 100000),
     FIELD(deferred_max)},
    {"waiting_max", "CHAT21D_WAITING_MAX", SETTING_WHOLE, "100000",
     "messages that may wait, deferred and in quarantine; more are refused", FROM(1, 100000000),
     FIELD(waiting_max)},
    {"waiting_bytes", "CHAT21D_WAITING_BYTES", SETTING_BYTES, "256M", "the same, of their bodies",
     FROM(64 * KB, 1024 * GB), FIELD(waiting_bytes)},
    {"policy_units", "CHAT21D_POLICY_UNITS", SETTING_WHOLE, NULL,
     "budget of one call of a policy, in about one instruction each", FROM(1000, 1000000000),
     FIELD(limits.call_units)},
    {"policy_message_units", "CHAT21D_POLICY_MESSAGE_UNITS", SETTING_WHOLE, NULL,
     "budget of all calls for one message", FROM(1000, 1000000000), FIELD(limits.message_units)},
    {"policy_memory", "CHAT21D_POLICY_MEMORY", SETTING_BYTES, NULL, "memory of one policy",
     FROM(256 * KB, GB), FIELD(limits.memory_bytes)},
    {"policy_wall_us", "CHAT21D_POLICY_WALL_US", SETTING_WHOLE, NULL,
     "longest time of one call of a policy, in microseconds", FROM(100, 10000000),
     FIELD(limits.call_wall_us)},
    {"policy_kv_entries", "CHAT21D_POLICY_KV_ENTRIES", SETTING_WHOLE, NULL,
     "keys of ctx.kv, for each policy and app", FROM(1, 100000000), FIELD(memory.kv_entries)},
    {"policy_kv_bytes", "CHAT21D_POLICY_KV_BYTES", SETTING_BYTES, NULL,
     "bytes of ctx.kv, for each policy and app", FROM(8 * KB, GB), FIELD(memory.kv_bytes)},
    {"policy_limit_entries", "CHAT21D_POLICY_LIMIT_ENTRIES", SETTING_WHOLE, NULL,
     "keys of ctx.limit, for each policy and app", FROM(1, 100000000), FIELD(memory.limit_entries)},
    {"policy_remembers", "CHAT21D_POLICY_REMEMBERS", SETTING_BYTES, NULL,
     "bytes of all that policies remember", FROM(MB, 64 * GB), FIELD(memory.total_bytes)},
    {"rate_limit_burst", "BUCKET_MSG_CAPACITY", SETTING_OVERRIDE, NULL,
     "messages of one sender at once; wins over the manifest's rate_limit.burst",
     .detail = "rate_limit.burst", FROM(1, 1000000)},
    {"rate_limit_per_minute", "BUCKET_MSG_REFILL_RATE_PER_MIN", SETTING_OVERRIDE, NULL,
     "messages of one sender a minute; wins over the manifest's rate_limit.per_minute",
     .detail = "rate_limit.per_minute", FROM(1, 1000000)},
    {"webhook_secret", "CHAT21D_WEBHOOK_SECRET", SETTING_TEXT, NULL,
     "webhooks: what posts are signed with (X-Chat21-Signature)", .least = HOOK_SECRET_LEAST,
     FIELD(posting.secret), .is_secret = true},
    {"webhook_private", "CHAT21D_WEBHOOK_PRIVATE", SETTING_CHOICE, "no",
     "yes: webhooks may have addresses of private networks", .detail = "no|yes",
     FIELD(posting.allows_private)},
    {"webhook_ca_file", "CHAT21D_WEBHOOK_CA_FILE", SETTING_FILE, NULL,
     "https: the authorities that sign webhooks' certificates (else the system's)",
     FIELD(posting.ca_file)},
    {"webhook_timeout", "CHAT21D_WEBHOOK_TIMEOUT", SETTING_DURATION, "30s",
     "the longest that one post may take", FROM(1000, 300000), FIELD(posting.timeout_ms)},
    {"webhook_connections", "CHAT21D_WEBHOOK_CONNECTIONS", SETTING_WHOLE, "8",
     "posts to one endpoint at the same time", FROM(1, WEBHOOKS_CONNECTIONS_MAX),
     FIELD(posting.connections)},
    {"webhook_retry_ms", "CHAT21D_WEBHOOK_RETRY_MS", SETTING_WHOLE, "1000",
     "how long after its first failure a post is tried again; then doubled, up to ten minutes",
     FROM(1, 600000), FIELD(posting.retry_ms)},
    {"stuck_seconds", "CHAT21D_STUCK_SECONDS", SETTING_WHOLE, "10",
     "a worker this long in one decision is killed", FROM(1, 3600), FIELD(stuck_seconds)},
    {"decision_log", "CHAT21D_DECISION_LOG", SETTING_CHOICE, "on",
     "keep a log of decisions in the data folder: refusals, changes, and a share of the rest",
     .detail = "off|on", FIELD(decisions.is_on)},
    {"decision_sample", "CHAT21D_DECISION_SAMPLE", SETTING_WHOLE, "1000",
     "one in so many plain deliveries is in it; 0: none", FROM(0, 1000000000),
     FIELD(decisions.sample)},
    {"decision_log_bytes", "CHAT21D_DECISION_LOG_BYTES", SETTING_BYTES, "64M",
     "the largest file of the decision log", FROM(64 * KB, GB), FIELD(decisions.file_bytes)},
    {"decision_log_files", "CHAT21D_DECISION_LOG_FILES", SETTING_WHOLE, "4",
     "files of the decision log; the oldest goes first", FROM(1, DECISIONS_FILES_MAX),
     FIELD(decisions.files)},
    {"decision_log_per_second", "CHAT21D_DECISION_LOG_PER_SECOND", SETTING_WHOLE, "200",
     "lines of the decision log a second; more are dropped, and counted", FROM(1, 100000),
     FIELD(decisions.per_second)},
    {"decision_texts", "CHAT21D_DECISION_TEXTS", SETTING_CHOICE, "no",
     "yes: the messages' bodies stand in the decision log too", .detail = "no|yes",
     FIELD(decisions.has_texts)},
    {"presence", "PRESENCE_ENABLED", SETTING_SWITCH, "false",
     "keep which clients of a user are connected, and tell when the first comes and the last goes",
     FIELD(presence)},
    {"presence_age", "CHAT21D_PRESENCE_AGE", SETTING_DURATION, "48h",
     "a client that did not say for so long that it is connected counts as gone",
     FROM((int64_t)60 * 1000, (int64_t)366 * 24 * 3600 * 1000), FIELD(presence_age_ms)},
    {"webhooks", "WEBHOOK_ENABLED", SETTING_SWITCH, "false", "post events to webhooks",
     FIELD(webhooks.is_on)},
    {"webhook_endpoints", "WEBHOOK_ENDPOINTS", SETTING_TEXT, NULL,
     "the URLs that events are posted to, comma separated", FIELD(webhooks.endpoints),
     .is_secret = true},
    {"webhook_events", "WEBHOOK_EVENTS", SETTING_TEXT, NULL,
     "the events that are posted, comma separated (else all; presence-change where presence is on)",
     FIELD(webhooks.events)},
    {"webhook_rows_max", "CHAT21D_WEBHOOK_ROWS_MAX", SETTING_WHOLE, "500000",
     "events that may wait for one endpoint; the oldest are given up", FROM(1, 100000000),
     FIELD(webhooks.outbox.rows_max)},
    {"webhook_bytes_max", "CHAT21D_WEBHOOK_BYTES_MAX", SETTING_BYTES, "256M",
     "the same, in bytes of the store beside the messages themselves", FROM(64 * KB, 64 * GB),
     FIELD(webhooks.outbox.bytes_max)},
    {"webhook_max_age", "CHAT21D_WEBHOOK_MAX_AGE", SETTING_DURATION, "1D",
     "how long an event may wait; then it is given up", FROM(1000, (int64_t)366 * 24 * 3600 * 1000),
     FIELD(webhooks.outbox.age_max_ms)},
    {"webhook_dead_max", "CHAT21D_WEBHOOK_DEAD_MAX", SETTING_WHOLE, "10000",
     "events that are kept after they were given up; the oldest go", FROM(0, 10000000),
     FIELD(webhooks.outbox.dead_max)},
    {"analytics", "ANALYTICS_ENABLED", SETTING_SWITCH, "false",
     "tell analytics of messages, receipts and presence, where their project is known",
     FIELD(analytics.is_on)},
    {"analytics_exchange", "ANALYTICS_EXCHANGE", SETTING_QUEUE, "tiledesk.analytics",
     "the topic exchange they are told on; made where it is not there", FIELD(analytics.exchange)},
    {"analytics_uri", "ANALYTICS_RABBITMQ_URI", SETTING_URI, NULL,
     "the broker it is on (else the server's own)", FIELD(analytics.uri), .is_secret = true},
    {"analytics_token_file", "CHAT21D_ANALYTICS_TOKEN_FILE", SETTING_FILE, NULL,
     "the same for analytics_uri as broker_token_file is for rabbitmq_uri",
     FIELD(analytics.token_file)},
    {"port", "PORT", SETTING_PORT, "8004", "where the HTTP API is served; none or 0: nowhere",
     FIELD(api.port)},
    {"api_address", "CHAT21D_API_ADDRESS", SETTING_ADDRESS, "0.0.0.0",
     "the address it is served on", FIELD(api.address)},
    {"base_url", "BASEURL", SETTING_TEXT, "/api", "what its paths begin with; /: nothing",
     FIELD(api.base)},
    {"cert_pem", "CERT_PEM", SETTING_TEXT, NULL,
     "HTTPS: the certificate (with the chain behind it), in PEM or a file of that",
     FIELD(api.cert)},
    {"key_pem", "KEY_PEM", SETTING_TEXT, NULL, "HTTPS: its key, in PEM or a file of that",
     FIELD(api.key), .is_secret = true},
    {"api_user_per_minute", "CHAT21D_API_USER_PER_MINUTE", SETTING_WHOLE, "600",
     "requests of one user a minute; as many at once", FROM(1, 10000000),
     FIELD(api.user_per_minute)},
    {"api_address_per_minute", "CHAT21D_API_ADDRESS_PER_MINUTE", SETTING_WHOLE, "6000",
     "requests of one address a minute; as many at once", FROM(1, 100000000),
     FIELD(api.address_per_minute)},
    {"api_proxies", "CHAT21D_API_PROXIES", SETTING_TEXT, NULL,
     "addresses of reverse proxies, comma separated, whose X-Forwarded-For says whom they ask for",
     FIELD(api.proxies_said)},
    {"api_connections", "CHAT21D_API_CONNECTIONS", SETTING_WHOLE, "512",
     "connections at once; more wait", FROM(1, 100000), FIELD(api.connections)},
    {"api_connections_of_one", "CHAT21D_API_CONNECTIONS_OF_ONE", SETTING_WHOLE, "128",
     "connections of one address at once; more are refused", FROM(1, 100000),
     FIELD(api.connections_of_one)},
    {"api_wait", "CHAT21D_API_WAIT", SETTING_DURATION, "10s",
     "how long a call waits for what becomes of a change; then it is answered 202",
     FROM(1000, 60000), FIELD(api.wait_ms)},
    {"contacts_url", "CONTACTS_LOOKUP_ENDPOINT", SETTING_TEXT, NULL,
     "a directory that knows people's names: GET URL/ID; the system messages of groups have them",
     FIELD(api.contacts), .is_secret = true},
    {"metrics_port", "METRICS_PORT", SETTING_PORT, "9090",
     "where /metrics, /healthz and /readyz are served; none or 0: nowhere", FIELD(metrics.port)},
    {"metrics_address", "CHAT21D_METRICS_ADDRESS", SETTING_ADDRESS, "0.0.0.0",
     "the address they are served on", FIELD(metrics.address)},
    {"metrics_labels", "CHAT21D_METRICS_LABELS", SETTING_WHOLE, "1000",
     "values of a label that come from users, such as project_id; the rest is \"other\"",
     FROM(1, 5000), FIELD(metrics.labels)},
    {"metrics_detail", "CHAT21D_METRICS_DETAIL", SETTING_CHOICE, "none",
     "count messages by IP address, by topic (routing key), or by both, too",
     .detail = "none|ip|topic|both", FIELD(metrics.detail)},
    {"metrics_stream_seconds", "CHAT21D_METRICS_STREAM_SECONDS", SETTING_WHOLE, "30",
     "how often to ask the broker what the stream holds, for its metrics; 0: never", FROM(0, 3600),
     FIELD(metrics.look_seconds)},
    {"jwt_key", "JWT_KEY", SETTING_TEXT, NULL,
     "the key of tokens whose header names none; with RS256 the public one, in PEM",
     FIELD(tokens.key), .is_secret = true},
    {"jwt_alg", "CHAT21D_JWT_ALG", SETTING_CHOICE, "HS256",
     "the algorithm that tokens are signed with; no other one is believed", .detail = "HS256|RS256",
     FIELD(tokens.algorithm)},
    {"jwt_keys", "CHAT21D_JWT_KEYS", SETTING_TEXT, NULL,
     "further keys, KID=FILE, comma separated: tokens whose header names KID are checked with "
     "what is in FILE; =FILE: those that name none",
     FIELD(tokens.key_files)},
    {"jwt_audience", "CHAT21D_JWT_AUDIENCE", SETTING_TEXT, "rabbitmq",
     "what has to be in a token's aud: the broker's resource_server_id", FIELD(tokens.audience)},
    {"allow_published_key", "CHAT21D_ALLOW_PUBLISHED_KEY", SETTING_SWITCH, "false",
     "start although a key stands in examples: anybody can make tokens of it",
     FIELD(tokens.allows_published)},
    {"log_level", "LOG_LEVEL", SETTING_LEVEL, "info", "error, warn, info or debug",
     FIELD(log_level)},
    {"log_format", "CHAT21D_LOG_FORMAT", SETTING_CHOICE, "logfmt",
     "how a line of the log is written: key=value, or one JSON object", .detail = "logfmt|json",
     FIELD(log_format)},
};
const size_t SETTING_COUNT = sizeof SETTINGS / sizeof SETTINGS[0];

void settings_prefill(struct config *config) {
    *config = (struct config){.limits = policy_limits_default(),
                              .memory = policy_memory_limits_default()};
    config->broker.open_timeout_ms = 10000;
}

size_t setting_named(struct span name) {
    size_t i = 0;
    while (i < SETTING_COUNT && !(SETTINGS[i].name && span_is(name, SETTINGS[i].name)))
        i++;
    return i;
}

size_t setting_of_variable(struct span variable) {
    size_t i = 0;
    while (i < SETTING_COUNT && !span_is(variable, SETTINGS[i].variable))
        i++;
    return i;
}

static int64_t prefilled(const struct setting *setting) {
    struct config config;
    uint32_t word;
    uint64_t wide;
    settings_prefill(&config);
    const char *field = (const char *)&config + setting->offset;
    if (setting->size == sizeof word) {
        memcpy(&word, field, sizeof word);
        return word;
    }
    check(setting->size == sizeof wide);
    memcpy(&wide, field, sizeof wide);
    return (int64_t)wide;
}

/* The limits' defaults are the policy host's, so they are read from a config nobody set. */
static struct span standard(struct arena *arena, const struct setting *setting) {
    if (setting->standard)
        return span_of(setting->standard);
    if (setting->is_required)
        return SPAN("(required)");
    if (!setting->size || (setting->type != SETTING_WHOLE && setting->type != SETTING_BYTES))
        return SPAN("(not set)");
    int64_t number = prefilled(setting);
    return setting->type == SETTING_BYTES ? setting_bytes(arena, number)
                                          : arena_print(arena, "%lld", (long long)number);
}

struct span config_help(struct arena *arena) {
    struct text text = text_start(arena, 8192);
    text_add(&text, SPAN("Settings: name in the file, variable in the environment (which wins), "
                         "default\n\n"));
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        text_print(&text, "  %-21s %-30s %.*s\n", setting->name ? setting->name : "-",
                   setting->variable, SPAN_ARGS(standard(arena, setting)));
        text_print(&text, "      %s\n", setting->help);
        if (setting->type != SETTING_TEXT)
            text_print(&text, "      (%.*s)\n", SPAN_ARGS(setting_expects(arena, setting)));
    }
    return text_span(&text);
}
