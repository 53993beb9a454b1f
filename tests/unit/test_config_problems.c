/* config: what is wrong with settings is said, all of it, and in words. */
#include "config_support.h"

static void lines_that_say_nothing_are_named(void **state) {
    struct bench *bench = *state;
    set_file(bench, "prefetch\n"
                    "= 3\n"
                    "lease = \"open\n"
                    "stream = \"in\" take\n"
                    "batch_max = 3\n"
                    "batch_max = 4\n");
    const char *file = bench->file;
    static const char *const LINES[] = {
        "1: no \"=\"; expected name = value", "2: no name before \"=\"; expected name = value",
        "3: the closing quote is missing", "4: something stands behind the closing quote",
        "6: batch_max was set already, at line 5"};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        expect_problem(bench, arena_print(bench->arena, "%s:%s", file, LINES[i]).at);
    assert_int_equal(line_count(bench->problems), 5);
}

static void a_file_that_is_not_there_is_a_problem(void **state) {
    struct bench *bench = *state;
    bench->file = in_folder(bench, "nowhere.conf");
    expect_problem(bench,
                   arena_print(bench->arena, "%s: No such file or directory", bench->file).at);
}

static void all_problems_are_told_at_once(void **state) {
    struct bench *bench = *state;
    set_file(bench, "stuck_seconds = soon\nprefech = 3\n");
    set(bench, "APP_ID", "tilechat,observer");
    set(bench, "RABBITMQ_URI", "");
    set(bench, "PREFETCH_MESSAGES", "1001");
    set(bench, "CHAT21D_POLICIES", "/nowhere/policies");
    set(bench, "CHAT21D_DRAN_QUEUE", "none");
    expect_problem(bench, "rabbitmq_uri (RABBITMQ_URI): it is not set; expected "
                          "amqp[s]://user:password@host:port/vhost");
    expect_problem(bench, "prefetch (PREFETCH_MESSAGES): \"1001\" is too large; expected a whole "
                          "number from 1 to 1000");
    expect_problem(bench, "policies (CHAT21D_POLICIES): \"/nowhere/policies\" is not there: No "
                          "such file or directory; expected a folder with a manifest.lua");
    expect_problem(bench, "CHAT21D_DRAN_QUEUE is no setting; did you mean CHAT21D_DRAIN_QUEUE?");
    const char *file = bench->file;
    expect_problem(bench, arena_print(bench->arena,
                                      "%s:1: stuck_seconds (CHAT21D_STUCK_SECONDS): \"soon\" is "
                                      "not a whole number; expected a whole number from 1 to 3600",
                                      file)
                              .at);
    expect_problem(bench,
                   arena_print(bench->arena,
                               "%s:2: \"prefech\" is no setting; did you mean \"prefetch\"?", file)
                       .at);
    assert_true(span_has(bench->problems, SPAN("apps (APP_ID): \"tilechat,observer\" has "
                                               "\"observer\" in it: ")));
    assert_int_equal(line_count(bench->problems), 7);
}

static void what_is_out_of_range_or_kind_is_refused(void **state) {
    static const struct {
        const char *variable, *value, *problem;
    } CASES[] = {
        {"ANALYTICS_ENABLED", "maybe",
         "analytics (ANALYTICS_ENABLED): \"maybe\" is neither true nor false; expected true or "
         "false"},
        {"PREFETCH_MESSAGES", "0",
         "prefetch (PREFETCH_MESSAGES): \"0\" is too small; expected a whole number from 1 to "
         "1000"},
        {"PREFETCH_MESSAGES", "10x",
         "prefetch (PREFETCH_MESSAGES): \"10x\" is not a whole number; expected a whole number "
         "from 1 to 1000"},
        {"PREFETCH_MESSAGES", "1K",
         "prefetch (PREFETCH_MESSAGES): \"1K\" is not a whole number; expected a whole number "
         "from 1 to 1000"},
        {"CHAT21D_BODY_MAX", "5M",
         "body_max (CHAT21D_BODY_MAX): \"5M\" is too large; expected bytes, or with K, M or G "
         "behind it, from 1K to 4M"},
        {"CHAT21D_BODY_MAX", "-1",
         "body_max (CHAT21D_BODY_MAX): \"-1\" is not a number of bytes; expected bytes, or with "
         "K, M or G behind it, from 1K to 4M"},
        {"CHAT21D_BODY_MAX", "99999999999G",
         "body_max (CHAT21D_BODY_MAX): \"99999999999G\" is too large; expected bytes, or with K, "
         "M or G behind it, from 1K to 4M"},
        {"CHAT21D_STREAM_MAX_AGE", "0D",
         "stream_max_age (CHAT21D_STREAM_MAX_AGE): \"0D\" is not an age; expected a number and "
         "one of Y, M, D, h, m, s, such as 7D"},
        {"CHAT21D_STREAM_MAX_AGE", "7d",
         "stream_max_age (CHAT21D_STREAM_MAX_AGE): \"7d\" is not an age; expected a number and "
         "one of Y, M, D, h, m, s, such as 7D"},
        {"CHAT21D_INBOX_FORM", "Seed",
         "inbox_form (CHAT21D_INBOX_FORM): \"Seed\" is none of the choices; expected one of "
         "as_came, table, seed"},
        {"CHAT21D_STREAM", "amq.topic",
         "stream (CHAT21D_STREAM): \"amq.topic\" is one of the broker's own names; expected a "
         "queue's name"},
        {"LOG_LEVEL", "loud\n",
         "log_level (LOG_LEVEL): \"loud\\x0a\" is no level; expected one of error, warn, info, "
         "debug"},
        {"APP_ID", "a,b,a",
         "apps (APP_ID): \"a,b,a\" names \"a\" twice; expected names, comma separated, without . "
         "/ # * +"},
        {"APP_ID", ",",
         "apps (APP_ID): \",\" names no app; expected names, comma separated, without . / # * +"},
        {"BUCKET_MSG_CAPACITY", "0",
         "rate_limit_burst (BUCKET_MSG_CAPACITY): \"0\" is too small; expected a whole number "
         "from 1 to 1000000"},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        set(bench, CASES[i].variable, CASES[i].value);
        expect_problem(bench, CASES[i].problem);
        assert_int_equal(line_count(bench->problems), 1);
        set(bench, CASES[i].variable, "");
    }
}

static void a_secret_is_never_shown(void **state) {
    struct bench *bench = *state;
    set_file(bench, "mongodb_uri = \"mongodb://u:HUSH@h\" x HUSH\n");
    set(bench, "RABBITMQ_URI", "http://guest:HUSH@127.0.0.1");
    set(bench, "MONGODB_URI", "mongodb://u:HUSH@h/chat21");
    set(bench, "JWT_KEY", "HUSH");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems,
                         SPAN("rabbitmq_uri (RABBITMQ_URI): the value (not shown) is not a "
                              "broker's address: ")));
    assert_false(span_has(bench->problems, SPAN("HUSH")));
    assert_false(span_has(config_help(bench->arena), SPAN("HUSH")));
}

static void settings_that_contradict_each_other_are_refused(void **state) {
    struct bench *bench = *state;
    set(bench, "CHAT21D_LEASE", "messages");
    set(bench, "CHAT21D_BODY_MAX", "4M");
    set(bench, "CHAT21D_FANOUT_MAX", "1M");
    set(bench, "CHAT21D_STUCK_SECONDS", "1");
    set(bench, "CHAT21D_POLICY_WALL_US", "1000000");
    set(bench, "CHAT21D_POLICY_UNITS", "2000");
    set(bench, "CHAT21D_POLICY_MESSAGE_UNITS", "1000");
    set(bench, "CHAT21D_POLICY_KV_BYTES", "2M");
    set(bench, "CHAT21D_POLICY_REMEMBERS", "1M");
    set(bench, "CHAT21D_WAITING_BYTES", "1M");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("lease (CHAT21D_LEASE) and drain_queue "
                                               "(CHAT21D_DRAIN_QUEUE) name the same queue")));
    assert_true(span_has(bench->problems, SPAN("fanout_max (CHAT21D_FANOUT_MAX) is less")));
    assert_true(span_has(bench->problems, SPAN("stuck_seconds (CHAT21D_STUCK_SECONDS) is not "
                                               "longer than policy_wall_us")));
    assert_true(span_has(bench->problems, SPAN("policy_message_units")));
    assert_true(span_has(bench->problems, SPAN("policy_remembers (CHAT21D_POLICY_REMEMBERS) is "
                                               "less than policy_kv_bytes")));
    assert_true(span_has(bench->problems, SPAN("waiting_bytes (CHAT21D_WAITING_BYTES) is less "
                                               "than body_max")));
    assert_int_equal(line_count(bench->problems), 6);
}

static void a_mongodb_is_refused_unless_told(void **state) {
    struct bench *bench = *state;
    set(bench, "MONGODB_URI", "mongodb://localhost/chat21");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("every group that the MongoDB holds would be "
                                               "unknown to it")));
    set(bench, "CHAT21D_STORE", "sqlite");
    expect_loaded(bench);
    set(bench, "CHAT21D_STORE", "mongodb");
    assert_int_equal(load(bench), -1);
    assert_int_equal(line_count(bench->problems), 2);
}

/* A process that takes nothing, for whoever meant one, is not this one. */
static void a_process_that_is_to_take_nothing_is_refused(void **state) {
    struct bench *bench = *state;
    set(bench, "ACTIVE_QUEUES", "None");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("ACTIVE_QUEUES: none is a process that takes no")));
}

static void an_intake_without_a_queue_is_refused(void **state) {
    struct bench *bench = *state;
    set(bench, "CHAT21D_INTAKE", "queue");
    set(bench, "CHAT21D_DRAIN_QUEUE", "none");
    assert_int_equal(load(bench), 0);
    assert_int_equal(bench->config.broker.intake, BROKER_INTAKE_QUEUE);
    set(bench, "CHAT21D_PERSIST_QUEUE", "none");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("names one to take from")));
}

static void what_is_not_served_is_told_where_it_would_matter(void **state) {
    struct bench *bench = *state;
    set(bench, "WEBHOOK_ENABLED", "false");
    set(bench, "WEBHOOK_ENDPOINTS", "http://localhost/hook");
    set(bench, "CACHE_ENABLED", "true");
    set(bench, "CACHE_REDIS_HOST", "redis");
    set(bench, "ACTIVE_QUEUES", "messages,persist");
    set(bench, "AUTO_RESTART", "true");
    set(bench, "CONTACTS_LOOKUP_ENDPOINT", "http://directory/contacts");
    expect_loaded(bench);
    assert_string_equal(bench->config.not_served, "CACHE_ENABLED,CACHE_REDIS_HOST");
    set(bench, "ACTIVE_QUEUES", "messages");
    expect_loaded(bench);
    assert_true(span_starts(span_of(bench->config.not_served), SPAN("ACTIVE_QUEUES,")));
}

static void expect_webhooks_refused(struct bench *bench, const char *endpoints, const char *words) {
    set(bench, "WEBHOOK_ENDPOINTS", endpoints);
    expect_problem(bench, words);
    assert_false(span_has(bench->problems, SPAN("hook-token")));
}

static void webhooks_that_cannot_be_told_are_refused(void **state) {
    struct bench *bench = *state;
    set(bench, "WEBHOOK_ENABLED", "true");
    expect_webhooks_refused(bench, " , ",
                            "webhook_endpoints (WEBHOOK_ENDPOINTS): is not set, and webhooks "
                            "(WEBHOOK_ENABLED) are on");
    expect_webhooks_refused(bench, "http://a.example/, ftp://b.example/hook-token",
                            "webhook_endpoints (WEBHOOK_ENDPOINTS): URL number 2 does not begin "
                            "with http:// or https://");
    expect_webhooks_refused(bench, "ftp://me:hook-token@a.example/",
                            "webhook_endpoints (WEBHOOK_ENDPOINTS): URL number 1 does not begin "
                            "with http:// or https://");
    expect_webhooks_refused(bench, "http://a.example/?hook-token,http://a.example/?hook-token",
                            "webhook_endpoints (WEBHOOK_ENDPOINTS): URL number 2 is the same as "
                            "number 1");
    set(bench, "WEBHOOK_EVENTS", "nothing");
    expect_webhooks_refused(bench, "ftp://a.example/,no url,http://b.example/",
                            "webhook_events (WEBHOOK_EVENTS): nothing is no event");
    expect_problem(bench, "webhook_endpoints (WEBHOOK_ENDPOINTS): URL number 1 does not begin "
                          "with http:// or https://");
    expect_problem(bench, "webhook_endpoints (WEBHOOK_ENDPOINTS): URL number 2 does not begin "
                          "with http:// or https://");
    set(bench, "WEBHOOK_EVENTS", "message-sent,message-delivred");
    expect_webhooks_refused(bench, "http://a.example/",
                            "webhook_events (WEBHOOK_EVENTS): message-delivred is no event (did "
                            "you mean message-delivered?)");
    set(bench, "WEBHOOK_ENABLED", "0");
    expect_loaded(bench);
    assert_int_equal(bench->config.webhooks.outbox.endpoint_count, 0);
}

static void webhooks_are_told_what_was_said(void **state) {
    struct bench *bench = *state;
    const struct outbox_settings *outbox = &bench->config.webhooks.outbox;
    uint32_t presence = event_bit(EVENT_ONLINE) | event_bit(EVENT_OFFLINE);
    set(bench, "WEBHOOK_ENABLED", "1");
    set(bench, "WEBHOOK_ENDPOINTS", "http://a.example/?x=1, https://me:word@b.example/hook");
    expect_loaded(bench);
    assert_int_equal(outbox->endpoint_count, 2);
    assert_true(span_is(outbox->endpoints[0].url, "http://a.example/?x=1"));
    assert_true(span_is(outbox->endpoints[1].url, "https://me:word@b.example/hook"));
    assert_int_equal(outbox->endpoints[1].kinds, 0xff & ~presence);
    set(bench, "PRESENCE_ENABLED", "true");
    expect_loaded(bench);
    assert_int_equal(outbox->endpoints[1].kinds, 0xff);
    set(bench, "WEBHOOK_EVENTS", "presence-change");
    expect_loaded(bench);
    assert_int_equal(outbox->endpoints[0].kinds, presence);
    assert_int_equal(outbox->age_max_ms, 24 * 3600 * 1000);
}

static void folders_that_cannot_be_used_are_refused(void **state) {
    struct bench *bench = *state;
    set(bench, "CHAT21D_DATA", in_folder(bench, "policies/manifest.lua"));
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("manifest.lua\" is not a folder; expected")));
    set(bench, "CHAT21D_DATA", "/nowhere/else/data");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("cannot be made: /nowhere/else: No such file")));
    set(bench, "CHAT21D_DATA", in_folder(bench, "data"));
    set(bench, "CHAT21D_POLICIES", bench->folder);
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems, SPAN("has no manifest.lua that can be read")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lines_that_say_nothing_are_named),
        TEST(a_file_that_is_not_there_is_a_problem),
        TEST(all_problems_are_told_at_once),
        TEST(what_is_out_of_range_or_kind_is_refused),
        TEST(a_secret_is_never_shown),
        TEST(settings_that_contradict_each_other_are_refused),
        TEST(a_mongodb_is_refused_unless_told),
        TEST(a_process_that_is_to_take_nothing_is_refused),
        TEST(an_intake_without_a_queue_is_refused),
        TEST(webhooks_that_cannot_be_told_are_refused),
        TEST(webhooks_are_told_what_was_said),
        TEST(what_is_not_served_is_told_where_it_would_matter),
        TEST(folders_that_cannot_be_used_are_refused),
    };
    return cmocka_run_group_tests_name("config_problems", tests, NULL, NULL);
}
