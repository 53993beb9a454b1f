/* What the chain costs: build/bench/bench_chain [POLICIES]
 *
 * The four default policies (rate_limit, block_list, group_membership, hidden_for) on a message of
 * 400 bytes, from the bytes that came to the plan that would be stored, limits and guards on; a
 * policy that does nothing; and loading the whole shipped folder anew. Each decision is timed by
 * itself. Aims: 10 us at p50, 50 us at p99. Read ratios: machines differ. */
#include "server/bench_stage.h"

#include "words/check.h"
#include "words/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RUN_NS = 1000000000, RELOADS = 500 };

static const char *const CHAIN[] = {"rate_limit", "block_list", "group_membership", "hidden_for"};
enum { CHAIN_COUNT = sizeof CHAIN / sizeof CHAIN[0] };

static void put(const char *folder, const char *name, const char *text) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void drop(const char *folder, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check(unlink(path) == 0);
}

static void say_row(const char *name, struct measured measured) {
    printf("%-34s %9.2f %9.2f %9.2f   %zu times\n", name, measured.p50_ns / 1000.0,
           measured.p99_ns / 1000.0, measured.mean_ns / 1000.0, measured.count);
}

static void measure_folder(const char *folder, const char *only) {
    struct bench bench = {.row_count = 0};
    struct bench_choice choice = {.policies = folder, .run_ns = RUN_NS};
    struct span problems = SPAN_NONE;
    if (bench_run(&bench, &choice, &problems)) {
        fprintf(stderr, "%.*s\n", SPAN_ARGS(problems));
        exit(1);
    }
    for (size_t i = 0; i < bench.row_count; i++)
        if (!only || strcmp(bench.rows[i].name, only) == 0)
            say_row(bench.rows[i].name, bench.rows[i].measured);
    bench_end(&bench);
}

/* The four, by links, with the shipped settings. */
static void measure_chain(const char *folder, const char *policies) {
    char names[CHAIN_COUNT][64], from[2 * PATH_MAX], to[PATH_MAX], real[PATH_MAX];
    check(realpath(policies, real));
    for (size_t i = 0; i < CHAIN_COUNT; i++) {
        snprintf(names[i], sizeof names[i], "%s.lua", CHAIN[i]);
        snprintf(from, sizeof from, "%s/%s", real, names[i]);
        snprintf(to, sizeof to, "%s/%s", folder, names[i]);
        check(symlink(from, to) == 0);
    }
    put(folder, "manifest.lua",
        "return { { \"rate_limit\" }, { \"block_list\" }, { \"group_membership\" },"
        " { \"hidden_for\" } }\n");
    measure_folder(folder, NULL);
    for (size_t i = 0; i < CHAIN_COUNT; i++)
        drop(folder, names[i]);
}

static void measure_empty(const char *folder) {
    put(folder, "manifest.lua", "return { { \"an_empty_call\" } }\n");
    put(folder, "an_empty_call.lua",
        "return { name = \"an_empty_call\", on = \"message\","
        " decide = function(msg, ctx) end }\n");
    measure_folder(folder, "an_empty_call");
    drop(folder, "an_empty_call.lua");
}

static void measure_reload(const char *policies) {
    struct policy_host host = {.limits = policy_limits_default(), .clock = &clock_real};
    struct policy_memory *memory = policy_memory_new(NULL);
    struct measure measure = measure_start();
    for (int i = 0; i < RELOADS; i++) {
        struct why why;
        int64_t began_ns = measure_now();
        struct policy_set *set = policy_set_load(policies, &host, memory, &why);
        measure_note(&measure, began_ns);
        check(set);
        policy_set_free(&set);
    }
    say_row("loading the shipped folder", measure_end(&measure));
    policy_memory_free(&memory);
}

int main(int argc, char **argv) {
    const char *policies = argc > 1 ? argv[1] : "policies";
    char folder[] = "/tmp/bench-chain-XXXXXX";
    log_set_level(LOG_ERROR);
    check(mkdtemp(folder));
    printf("%-34s %9s %9s %9s\n", "", "p50 us", "p99 us", "mean us");
    measure_chain(folder, policies);
    measure_empty(folder);
    measure_reload(policies);
    drop(folder, "manifest.lua");
    check(rmdir(folder) == 0);
    return 0;
}
