/* config_support: a folder with policies, an environment and a file, for the tests of config. */
#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

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

static inline const char *in_folder(struct bench *bench, const char *name) {
    return arena_print(bench->arena, "%s/%s", bench->folder, name).at;
}

static inline void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void set(struct bench *bench, const char *variable, const char *value) {
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

static inline void set_file(struct bench *bench, const char *text) {
    bench->file = in_folder(bench, "chat21d.conf");
    write_file(bench->file, text);
}

static inline int setup(void **state) {
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

static inline int teardown(void **state) {
    struct bench *bench = *state;
    static const char *const NAMES[] = {"policies/manifest.lua", "policies", "chat21d.conf", "data",
                                        ""};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        (void)remove(in_folder(bench, NAMES[i]));
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static inline int load(struct bench *bench) {
    bench->problems = SPAN_NONE;
    return config_load(bench->arena, bench->file, bench->environment, &bench->config,
                       &bench->problems);
}

static inline void expect_loaded(struct bench *bench) {
    if (load(bench))
        fail_msg("%.*s", SPAN_ARGS(bench->problems));
}

/* `words` must be a whole line of the problems. */
static inline void expect_problem(struct bench *bench, const char *words) {
    assert_int_equal(load(bench), -1);
    struct span line = arena_print(bench->arena, "\n%s\n", words);
    struct span all = arena_print(bench->arena, "\n%.*s\n", SPAN_ARGS(bench->problems));
    if (!span_has(all, line))
        fail_msg("no line \"%s\" in:\n%.*s", words, SPAN_ARGS(bench->problems));
}

static inline size_t line_count(struct span text) {
    size_t lines = text.size != 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    return lines;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
