/* config: the settings as an operator meets them. Each test works in a folder of its own. */
#include "server/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { VARIABLES_MAX = 32 };

/* A folder with policies in it, and what the next config_load is given. */
struct bench {
    struct arena *arena;
    char folder[64];
    char *environment[VARIABLES_MAX + 1];
    size_t count;
    const char *file;
    struct config config;
    struct span problems;
};

static const char *in_folder(struct bench *bench, const char *name) {
    return arena_print(bench->arena, "%s/%s", bench->folder, name).at;
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void set(struct bench *bench, const char *variable, const char *value) {
    struct span entry = arena_print(bench->arena, "%s=%s", variable, value);
    size_t at = 0;
    size_t name = strlen(variable) + 1;
    while (at < bench->count && strncmp(bench->environment[at], entry.at, name) != 0)
        at++;
    assert_true(at < VARIABLES_MAX);
    if (at == bench->count)
        bench->count++;
    bench->environment[at] = arena_string(bench->arena, entry);
}

static void set_file(struct bench *bench, const char *text) {
    bench->file = in_folder(bench, "chat21d.conf");
    write_file(bench->file, text);
}

static int setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->arena = arena_new();
    strcpy(bench->folder, "/tmp/chat21d-config-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    assert_int_equal(mkdir(in_folder(bench, "policies"), 0700), 0);
    write_file(in_folder(bench, "policies/manifest.lua"), "return {}\n");
    set(bench, "CHAT21D_DATA", in_folder(bench, "data"));
    set(bench, "CHAT21D_POLICIES", in_folder(bench, "policies"));
    set(bench, "RABBITMQ_URI", "amqp://guest:SECRET@127.0.0.1:5672");
    set(bench, "PATH", "/bin");
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    static const char *const NAMES[] = {"policies/manifest.lua", "policies", "chat21d.conf", "data",
                                        ""};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        (void)remove(in_folder(bench, NAMES[i]));
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static int load(struct bench *bench) {
    bench->problems = SPAN_NONE;
    return config_load(bench->arena, bench->file, bench->environment, &bench->config,
                       &bench->problems);
}

static void expect_loaded(struct bench *bench) {
    if (load(bench))
        fail_msg("%.*s", SPAN_ARGS(bench->problems));
}

/* `words` must be a whole line of the problems. */
static void expect_problem(struct bench *bench, const char *words) {
    assert_int_equal(load(bench), -1);
    struct span line = arena_print(bench->arena, "\n%s\n", words);
    struct span all = arena_print(bench->arena, "\n%.*s\n", SPAN_ARGS(bench->problems));
    if (!span_has(all, line))
        fail_msg("no line \"%s\" in:\n%.*s", words, SPAN_ARGS(bench->problems));
}

static size_t line_count(struct span text) {
    size_t lines = text.size != 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    return lines;
}

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
    assert_string_equal(config->broker.drain, "messages");
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
    assert_null(config->jwt_key);
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
    assert_null(config->broker.drain);
    assert_int_equal(config->broker.prefetch, 1000);
    assert_true(config->broker.stream_max_bytes == (int64_t)20 << 30);
    assert_int_equal(config->body_max, 4096);
    assert_int_equal(config->broker.body_max, 4096);
    assert_int_equal(config->limits.memory_bytes, 16 << 20);
    assert_int_equal(config->log_level, LOG_DEBUG);
    assert_string_equal(config->jwt_key, "k");
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

static void what_is_out_of_range_or_kind_is_refused(void **state) {
    static const struct {
        const char *variable, *value, *problem;
    } CASES[] = {
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
    set_file(bench, "mongodb_uri = \"mongodb://u:SECRET@h\" x SECRET\n");
    set(bench, "RABBITMQ_URI", "http://guest:SECRET@127.0.0.1");
    set(bench, "MONGODB_URI", "mongodb://u:SECRET@h/chat21");
    set(bench, "JWT_KEY", "SECRET");
    assert_int_equal(load(bench), -1);
    assert_true(span_has(bench->problems,
                         SPAN("rabbitmq_uri (RABBITMQ_URI): the value (not shown) is not a "
                              "broker's address: ")));
    assert_false(span_has(bench->problems, SPAN("SECRET")));
    assert_false(span_has(config_help(bench->arena), SPAN("SECRET")));
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

static void what_is_not_served_is_told_where_it_would_matter(void **state) {
    struct bench *bench = *state;
    set(bench, "WEBHOOK_ENABLED", "false");
    set(bench, "WEBHOOK_ENDPOINTS", "http://localhost/hook");
    set(bench, "CACHE_ENABLED", "true");
    set(bench, "CACHE_REDIS_HOST", "redis");
    set(bench, "ACTIVE_QUEUES", "messages,persist");
    set(bench, "AUTO_RESTART", "true");
    set(bench, "METRICS_PORT", "9090");
    set(bench, "BASEURL", "");
    expect_loaded(bench);
    assert_string_equal(bench->config.not_served, "METRICS_PORT,CACHE_ENABLED,CACHE_REDIS_HOST");
    set(bench, "ACTIVE_QUEUES", "none");
    expect_loaded(bench);
    assert_true(span_starts(span_of(bench->config.not_served), SPAN("ACTIVE_QUEUES,")));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_broker_is_all_that_must_be_said),
        TEST(every_value_has_its_field),
        TEST(what_waits_and_what_is_logged_has_bounds),
        TEST(the_environment_wins_over_the_file),
        TEST(an_empty_variable_is_not_set),
        TEST(a_variable_can_name_the_file),
        TEST(values_may_be_quoted_and_commented),
        TEST(lines_that_say_nothing_are_named),
        TEST(a_file_that_is_not_there_is_a_problem),
        TEST(all_problems_are_told_at_once),
        TEST(a_name_is_found_under_its_other_name),
        TEST(what_is_out_of_range_or_kind_is_refused),
        TEST(a_secret_is_never_shown),
        TEST(settings_that_contradict_each_other_are_refused),
        TEST(a_mongodb_is_refused_unless_told),
        TEST(the_bucket_is_the_rate_limits),
        TEST(what_is_not_served_is_told_where_it_would_matter),
        TEST(the_data_folder_is_made_for_its_owner_only),
        TEST(folders_that_cannot_be_used_are_refused),
        TEST(one_setting_can_be_read_where_others_are_missing),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
