/* config: the settings as an operator meets them. Each test works in a folder of its own. */
#include "config_support.h"

static void the_broker_is_all_that_must_be_said(void **state) {
    struct bench *bench = *state;
    expect_loaded(bench);
    const struct config *config = &bench->config;
    assert_int_equal(config->app_count, 1);
    assert_true(span_is(config->apps[0], "tilechat"));
    assert_string_equal(config->broker.uri, "amqp://guest:SECRET@127.0.0.1:5672");
    assert_string_equal(config->broker.stream, "chat21d.intake");
    assert_string_equal(config->broker.lease, "chat21d.lease");
    assert_string_equal(config->broker.dead, "messages.dead");
    assert_string_equal(config->broker.queues[BROKER_MESSAGES], "messages");
    assert_string_equal(config->broker.stream_max_age, "7D");
    assert_null(config->broker.ca_file);
    assert_true(config->broker.stream_max_bytes == (int64_t)5 << 30);
    assert_int_equal(config->broker.dead_max_bytes, 64 << 20);
    assert_int_equal(config->broker.prefetch, 256);
    assert_int_equal(config->broker.body_max, 256 << 10);
    assert_int_equal(config->broker.unconfirmed_max, 16 << 20);
    assert_int_equal(config->broker.open_timeout_ms, 10000);
    assert_int_equal(config->inbox_form, INBOX_AS_CAME);
    assert_true(config->sync_every_commit);
    assert_int_equal(config->body_max, 256 << 10);
    assert_int_equal(config->fanout_max, 64 << 20);
    assert_int_equal(config->refusals_burst, 20);
    assert_int_equal(config->refusals_per_minute, 60);
    assert_int_equal(config->batch_max, 128);
    struct policy_limits limits = policy_limits_default();
    assert_memory_equal(&config->limits, &limits, sizeof limits);
    struct policy_memory_limits memory = policy_memory_limits_default();
    assert_int_equal(config->memory.limit_entries, memory.limit_entries);
    assert_int_equal(config->memory.kv_entries, memory.kv_entries);
    assert_int_equal(config->memory.kv_bytes, memory.kv_bytes);
    assert_int_equal(config->memory.total_bytes, memory.total_bytes);
    assert_int_equal(config->override_count, 0);
    assert_int_equal(config->stuck_seconds, 10);
    assert_int_equal(config->log_level, LOG_INFO);
    assert_null(config->tokens.key);
    assert_null(config->not_served);
}

static void every_value_has_its_field(void **state) {
    struct bench *bench = *state;
    set(bench, "APP_ID", "one, two,");
    set(bench, "CHAT21D_INBOX_FORM", "seed");
    set(bench, "CHAT21D_SYNC", "normal");
    set(bench, "CHAT21D_DRAIN_QUEUE", "none");
    set(bench, "PREFETCH_MESSAGES", "1000");
    set(bench, "CHAT21D_STREAM_MAX_BYTES", "20G");
    set(bench, "CHAT21D_BODY_MAX", "4096");
    set(bench, "CHAT21D_POLICY_MEMORY", "16m");
    set(bench, "LOG_LEVEL", "verbose");
    set(bench, "JWT_KEY", "k");
    expect_loaded(bench);
    const struct config *config = &bench->config;
    assert_int_equal(config->app_count, 2);
    assert_true(span_is(config->apps[1], "two"));
    assert_int_equal(config->inbox_form, INBOX_ALWAYS_SEED);
    assert_false(config->sync_every_commit);
    assert_null(config->broker.queues[BROKER_MESSAGES]);
    assert_int_equal(config->broker.prefetch, 1000);
    assert_true(config->broker.stream_max_bytes == (int64_t)20 << 30);
    assert_int_equal(config->body_max, 4096);
    assert_int_equal(config->broker.body_max, 4096);
    assert_int_equal(config->limits.memory_bytes, 16 << 20);
    assert_int_equal(config->log_level, LOG_DEBUG);
    assert_string_equal(config->tokens.key, "k");
}

static void what_waits_and_what_is_logged_has_bounds(void **state) {
    struct bench *bench = *state;
    expect_loaded(bench);
    const struct config *config = &bench->config;
    assert_int_equal(config->hops_max, 4);
    assert_int_equal(config->deferred_max, 8);
    assert_int_equal(config->waiting_max, 100000);
    assert_int_equal(config->waiting_bytes, 256 << 20);
    assert_true(config->decisions.is_on);
    assert_false(config->decisions.has_texts);
    assert_int_equal(config->decisions.sample, 1000);
    assert_int_equal(config->decisions.file_bytes, 64 << 20);
    assert_int_equal(config->decisions.files, 4);
    assert_int_equal(config->decisions.per_second, 200);
    set(bench, "CHAT21D_HOPS_MAX", "2");
    set(bench, "CHAT21D_DEFERRED_MAX", "3");
    set(bench, "CHAT21D_WAITING_MAX", "5");
    set(bench, "CHAT21D_WAITING_BYTES", "6G");
    set(bench, "CHAT21D_POLICY_KV_ENTRIES", "7");
    set(bench, "CHAT21D_POLICY_KV_BYTES", "8K");
    set(bench, "CHAT21D_POLICY_LIMIT_ENTRIES", "9");
    set(bench, "CHAT21D_POLICY_REMEMBERS", "10M");
    set(bench, "CHAT21D_DECISION_LOG", "off");
    set(bench, "CHAT21D_DECISION_TEXTS", "yes");
    set(bench, "CHAT21D_DECISION_SAMPLE", "0");
    set(bench, "CHAT21D_DECISION_LOG_BYTES", "64K");
    set(bench, "CHAT21D_DECISION_LOG_FILES", "100");
    set(bench, "CHAT21D_DECISION_LOG_PER_SECOND", "11");
    expect_loaded(bench);
    assert_int_equal(config->hops_max, 2);
    assert_int_equal(config->deferred_max, 3);
    assert_int_equal(config->waiting_max, 5);
    assert_true(config->waiting_bytes == (uint64_t)6 << 30);
    assert_int_equal(config->memory.kv_entries, 7);
    assert_int_equal(config->memory.kv_bytes, 8 << 10);
    assert_int_equal(config->memory.limit_entries, 9);
    assert_int_equal(config->memory.total_bytes, 10 << 20);
    assert_false(config->decisions.is_on);
    assert_true(config->decisions.has_texts);
    assert_int_equal(config->decisions.sample, 0);
    assert_int_equal(config->decisions.file_bytes, 64 << 10);
    assert_int_equal(config->decisions.files, 100);
    assert_int_equal(config->decisions.per_second, 11);
}

static void a_switch_is_written_in_many_ways(void **state) {
    struct bench *bench = *state;
    static const char *const ON[] = {"true", "TRUE", "1", "yes", "On"};
    static const char *const OFF[] = {"false", "False", "0", "NO", "off"};
    for (size_t i = 0; i < 5; i++) {
        set(bench, "ANALYTICS_ENABLED", ON[i]);
        expect_loaded(bench);
        assert_true(bench->config.analytics.is_on);
        set(bench, "ANALYTICS_ENABLED", OFF[i]);
        expect_loaded(bench);
        assert_false(bench->config.analytics.is_on);
    }
}

static void the_environment_wins_over_the_file(void **state) {
    struct bench *bench = *state;
    set_file(bench, "prefetch = 10\nbatch_max = 7\n");
    set(bench, "PREFETCH_MESSAGES", "20");
    expect_loaded(bench);
    assert_int_equal(bench->config.broker.prefetch, 20);
    assert_int_equal(bench->config.batch_max, 7);
}

static void an_empty_variable_is_not_set(void **state) {
    struct bench *bench = *state;
    set_file(bench, "prefetch = 10\nlease =\n");
    set(bench, "PREFETCH_MESSAGES", "");
    expect_loaded(bench);
    assert_int_equal(bench->config.broker.prefetch, 10);
    assert_string_equal(bench->config.broker.lease, "chat21d.lease");
}

static void a_variable_can_name_the_file(void **state) {
    struct bench *bench = *state;
    set_file(bench, "prefetch = 10\n");
    set(bench, "CHAT21D_CONFIG", bench->file);
    bench->file = NULL;
    expect_loaded(bench);
    assert_int_equal(bench->config.broker.prefetch, 10);
}

static void values_may_be_quoted_and_commented(void **state) {
    struct bench *bench = *state;
    set_file(bench, "# a comment\r\n"
                    "\r\n"
                    "  stream=in#take   # the stream\r\n"
                    "lease = \"a \\\"b\\\" \\\\ # c\"  # the lease\n"
                    "dead_queue = x = y");
    expect_loaded(bench);
    assert_string_equal(bench->config.broker.stream, "in#take");
    assert_string_equal(bench->config.broker.lease, "a \"b\" \\ # c");
    assert_string_equal(bench->config.broker.dead, "x = y");
}

static void a_name_is_found_under_its_other_name(void **state) {
    struct bench *bench = *state;
    set_file(bench, "PREFETCH_MESSAGES = 3\nzebra = 1\n");
    const char *file = bench->file;
    expect_problem(bench, arena_print(bench->arena,
                                      "%s:1: \"PREFETCH_MESSAGES\" is no setting; did you mean "
                                      "\"prefetch\"?",
                                      file)
                              .at);
    expect_problem(bench, arena_print(bench->arena,
                                      "%s:2: \"zebra\" is no setting; see chat21d run --help", file)
                              .at);
}

static void the_bucket_is_the_rate_limits(void **state) {
    struct bench *bench = *state;
    set(bench, "BUCKET_MSG_CAPACITY", "30");
    set(bench, "BUCKET_MSG_REFILL_RATE_PER_MIN", "90");
    expect_loaded(bench);
    const struct policy_override *overrides = bench->config.overrides;
    assert_int_equal(bench->config.override_count, 2);
    assert_string_equal(overrides[0].policy, "rate_limit");
    assert_string_equal(overrides[0].key, "burst");
    assert_true(overrides[0].number > 29 && overrides[0].number < 31);
    assert_string_equal(overrides[1].policy, "rate_limit");
    assert_string_equal(overrides[1].key, "per_minute");
}

static void the_data_folder_is_made_for_its_owner_only(void **state) {
    struct bench *bench = *state;
    struct stat found;
    struct why why;
    expect_loaded(bench);
    assert_int_not_equal(stat(bench->config.data, &found), 0);
    assert_int_equal(config_make_data(&bench->config, &why), 0);
    assert_int_equal(stat(bench->config.data, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    assert_int_equal(config_make_data(&bench->config, &why), 0);
    expect_loaded(bench);
}

static void one_setting_can_be_read_where_others_are_missing(void **state) {
    struct bench *bench = *state;
    const char *value = "";
    struct why why;
    set_file(bench, "jwt_key = from file\nzebra = 1\n");
    set(bench, "RABBITMQ_URI", "");
    assert_int_equal(
        config_value(bench->arena, bench->file, bench->environment, "jwt_key", &value, &why), 0);
    assert_string_equal(value, "from file");
    assert_int_equal(
        config_value(bench->arena, bench->file, bench->environment, "apps", &value, &why), 0);
    assert_string_equal(value, "tilechat");
    assert_int_equal(config_value(bench->arena, NULL, bench->environment, "jwt_key", &value, &why),
                     0);
    assert_null(value);
    assert_int_equal(
        config_value(bench->arena, "/nowhere", bench->environment, "apps", &value, &why), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_broker_is_all_that_must_be_said),
        TEST(every_value_has_its_field),
        TEST(what_waits_and_what_is_logged_has_bounds),
        TEST(a_switch_is_written_in_many_ways),
        TEST(the_environment_wins_over_the_file),
        TEST(an_empty_variable_is_not_set),
        TEST(a_variable_can_name_the_file),
        TEST(values_may_be_quoted_and_commented),
        TEST(a_name_is_found_under_its_other_name),
        TEST(the_bucket_is_the_rate_limits),
        TEST(the_data_folder_is_made_for_its_owner_only),
        TEST(one_setting_can_be_read_where_others_are_missing),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
