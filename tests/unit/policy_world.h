/* policy_world: policies in a folder of their own, with a clock and facts that the test sets. */
#ifndef CHAT21D_TESTS_POLICY_WORLD_H
#define CHAT21D_TESTS_POLICY_WORLD_H

#include "ports/policy.h"
#include "ports/policy/set.h"
#include "words/check.h"
#include "words/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES_MAX = 32 };

struct world {
    char folder[64];
    char files[FILES_MAX][160];
    size_t file_count;
    struct clock clock;
    int64_t now_us;
    enum fact blocked;
    struct policy_host host;
    struct policy_memory *memory;
    struct policy_set *set;
    struct arena *arena;
    struct why why;
};

static inline int64_t wall_ms(void *self) {
    return ((struct world *)self)->now_us / 1000;
}

static inline int64_t steady_us(void *self) {
    return ((struct world *)self)->now_us;
}

static inline enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)app, (void)by, (void)whom;
    return ((struct world *)self)->blocked;
}

static inline int open_world(void **state) {
    struct world *world = must_calloc(1, sizeof *world);
    snprintf(world->folder, sizeof world->folder, "/tmp/policies-XXXXXX");
    check(mkdtemp(world->folder));
    world->now_us = 1000000;
    world->clock = (struct clock){world, wall_ms, steady_us};
    world->blocked = FACT_ABSENT;
    world->host = (struct policy_host){
        .limits = policy_limits_default(), .clock = &world->clock, .facts = {world, blocked, NULL}};
    world->memory = policy_memory_new(NULL);
    world->arena = arena_new();
    log_set_level(LOG_ERROR);
    *state = world;
    return 0;
}

static inline int close_world(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < world->file_count; i++)
        check(unlink(world->files[i]) == 0);
    check(rmdir(world->folder) == 0);
    policy_set_free(&world->set);
    policy_memory_free(&world->memory);
    arena_free(&world->arena);
    free(world);
    return 0;
}

static inline void put(struct world *world, const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s.lua", world->folder, name);
    size_t i = 0;
    while (i < world->file_count && strcmp(world->files[i], path) != 0)
        i++;
    if (i == world->file_count) {
        check(i < FILES_MAX);
        snprintf(world->files[world->file_count++], sizeof path, "%s", path);
    }
    FILE *file = fopen(path, "w");
    check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A policy called x with this body of decide, alone in the manifest. */
static inline void put_decide(struct world *world, const char *body) {
    char text[4096];
    snprintf(text, sizeof text,
             "local x = { name = \"x\", on = \"message\" }\n"
             "function x.decide(msg, ctx) %s end\nreturn x\n",
             body);
    put(world, "x", text);
    put(world, "manifest", "return { { \"x\" } }");
}

static inline bool load(struct world *world) {
    policy_set_free(&world->set);
    world->set = policy_set_load(world->folder, &world->host, world->memory, &world->why);
    return world->set != NULL;
}

static inline struct verdict ask_about(struct world *world, struct policy_question question) {
    struct verdict verdict;
    if (!question.body.at)
        question.body =
            SPAN("{\"text\":\"hello\",\"n\":1.5,\"attributes\":{\"a\":[1,2],\"b\":null}}");
    if (!question.app.at)
        question.app = SPAN("tilechat");
    question.sender = SPAN("U1");
    question.recipient = SPAN("U2");
    question.now_ms = 1700000000000;
    arena_free(&world->arena);
    world->arena = arena_new();
    policy_decide(world->set, world->arena, &question, &verdict);
    return verdict;
}

static inline struct verdict ask(struct world *world) {
    return ask_about(world, (struct policy_question){.event = POLICY_MESSAGE});
}

static inline struct verdict judge(struct world *world, const char *body) {
    put_decide(world, body);
    if (!load(world))
        fail_msg("%s", world->why.words);
    return ask(world);
}

static inline void expect_at(struct span got, const char *text, bool whole, int line) {
    if (whole ? span_is(got, text) : span_has(got, span_of(text)))
        return;
    print_error("expected \"%s\", got \"%.*s\"\n", text, SPAN_ARGS(got));
    _fail(__FILE__, line);
}
#define assert_span(got, text) expect_at((got), (text), true, __LINE__)
#define assert_has(got, text)  expect_at((got), (text), false, __LINE__)

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
