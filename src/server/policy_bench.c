/* chat21d policy bench: what a decision costs. The numbers of one policy are of it alone; those of
 * all are of whole judgements, with reading and stamping the message. */
#include "server/policy_words.h"

#include "server/bench_stage.h"
#include "server/options.h"
#include "words/json_write.h"

#include <inttypes.h>

static const char HELP[] =
    "Usage: chat21d policy bench [--policies FOLDER] [--body FILE] [--json]\n"
    "\n"
    "Measures what a decision costs on this machine: for each policy alone, and for a whole "
    "message\n"
    "to one user and to a group of ten, from the bytes that came to the plan that would be "
    "stored.\n"
    "Limits and guards are on, as in the server; facts answer at once (nobody is blocked, the "
    "group\n"
    "is stored), so the store is not in the numbers. Takes half a second for each line.\n"
    "\n"
    "  --policies FOLDER  the policies (default: the setting policies)\n"
    "  --body FILE        a message's body, as a client sends it (default: one of 400 bytes)\n"
    "  --json             for machines: nanoseconds\n"
    "  --config FILE      settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 measured, 1 the policies do not load or the body is no message, 2 usage.\n";

struct request {
    const char *policies, *body, *config;
    bool as_json;
};

static void print_row(const struct bench_row *row) {
    printf("%-24s %-12s %9.2f %9.2f %9.2f %8" PRIu64 "  %s\n", row->name, row->event,
           row->measured.p50_ns / 1000.0, row->measured.p99_ns / 1000.0,
           row->measured.mean_ns / 1000.0, row->units, row->said);
}

static void print_table(const struct bench *bench) {
    printf("%s%-24s %-12s %9s %9s %9s %8s%s\n", command_style(stdout, STYLE_BOLD), "policy", "on",
           "p50 us", "p99 us", "mean us", "units", command_style(stdout, STYLE_PLAIN));
    for (size_t i = 0; i < bench->row_count; i++)
        print_row(&bench->rows[i]);
    printf("\n%zu bytes of body; %d decisions each at the most; units are about VM instructions.\n",
           bench->body.size, MEASURE_SAMPLES);
}

static void print_json(struct arena *arena, const struct bench *bench) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_number(&writer, "body_bytes", (int64_t)bench->body.size);
    json_open(&writer, "rows", '[');
    for (size_t i = 0; i < bench->row_count; i++) {
        const struct bench_row *row = &bench->rows[i];
        json_open(&writer, NULL, '{');
        json_put_text(&writer, "name", span_of(row->name));
        json_put_text(&writer, "on", span_of(row->event));
        json_put_text(&writer, "said", span_of(row->said));
        json_put_number(&writer, "decisions", (int64_t)row->measured.count);
        json_put_number(&writer, "p50_ns", row->measured.p50_ns);
        json_put_number(&writer, "p99_ns", row->measured.p99_ns);
        json_put_number(&writer, "mean_ns", row->measured.mean_ns);
        json_put_number(&writer, "units", (int64_t)row->units);
        json_close(&writer, '}');
    }
    json_close(&writer, ']');
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
}

static int measure(const char *name, const struct request *request) {
    struct bench bench = {.row_count = 0};
    struct span problems = SPAN_NONE;
    struct bench_choice choice = {.config = request->config,
                                  .policies = request->policies,
                                  .body = request->body,
                                  .run_ns = BENCH_RUN_NS};
    int rc = bench_run(&bench, &choice, &problems);
    if (rc)
        command_failed(name, "%.*s", SPAN_ARGS(problems));
    else if (request->as_json)
        print_json(bench.rehearsal.arena, &bench);
    else
        print_table(&bench);
    bench_end(&bench);
    return rc ? COMMAND_FAILED : COMMAND_OK;
}

int policy_bench(int argc, char **argv) {
    struct request request = {.as_json = false};
    const struct option_row rows[] = {
        {"policies", OPTION_TEXT, &request.policies, 0, 0},
        {"body", OPTION_TEXT, &request.body, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows)};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    return measure(argv[0], &request);
}
