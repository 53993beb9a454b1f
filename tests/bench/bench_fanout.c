/* How long the loop is held up while a group's message goes out: build/bench/bench_fanout FOLDER
 * [MEMBERS]
 *
 * The real flow on a real store, with a thread of its own, and no policies; a broker that is
 * played: each publication costs three writes to /dev/null, as rabbitmq-c makes them, and is
 * confirmed, or refused, when it is next asked. A turn is one call of flow_run. Read ratios:
 * machines differ. */
#include "flow/flow.h"
#include "meaning/group.h"
#include "ports/policy.h"
#include "ports/store.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/log.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGES = 10, BODY = 400 };
#define INCARNATION 81985529216486895

struct bench {
    struct arena *arena;
    struct span body;
    size_t members;
    struct group group;
    uint64_t taken, settled;
    uint64_t sent, told, refuse_to; /* numbers up to refuse_to are refused */
    uint64_t turn_sent, most_sent;
    int null;
    /* The longest turns: those that took the message, and all others. */
    int64_t longest_taking_us, longest_us;
};

static enum take take(void *self, struct delivery *out, struct why *why) {
    struct bench *bench = self;
    (void)why;
    if (bench->taken == MESSAGES || bench->taken > bench->settled)
        return TAKE_NONE;
    *out = (struct delivery){.incarnation = INCARNATION,
                             .offset = bench->taken++,
                             .digest = 1,
                             .key = SPAN("apps.a.outgoing.users.u.messages.group-g.outgoing"),
                             .body = bench->body,
                             .body_size = bench->body.size};
    return TAKE_MESSAGE;
}

static void settle(void *self, uint64_t incarnation, uint64_t offset) {
    struct bench *bench = self;
    (void)incarnation;
    bench->settled = offset + 1;
}

static enum publish publish(void *self, const struct publication *what, uint64_t *number,
                            struct why *why) {
    struct bench *bench = self;
    (void)why;
    struct span parts[3] = {what->key, SPAN("a header of some forty bytes or a few more"),
                            what->body};
    for (size_t i = 0; i < 3; i++)
        check(write(bench->null, parts[i].at, parts[i].size) >= 0);
    *number = ++bench->sent;
    bench->turn_sent++;
    return PUBLISH_SENT;
}

static enum publisher_event_kind next(void *self, struct publisher_event *out, struct why *why) {
    struct bench *bench = self;
    (void)why;
    if (bench->told == bench->sent)
        return out->kind = PUBLISHER_NONE;
    out->number = ++bench->told;
    return out->kind = out->number <= bench->refuse_to ? PUBLISHER_REFUSED : PUBLISHER_CONFIRMED;
}

static struct span body_of(struct arena *arena) {
    return arena_print(arena, "{\"text\":\"%0*d\",\"channel_type\":\"group\"}", BODY, 0);
}

static void make_group(struct bench *bench) {
    bench->group = (struct group){.id = SPAN("group-g"), .json = SPAN("{}")};
    bench->group.members = arena_array(bench->arena, bench->members, sizeof(struct span));
    for (size_t i = 0; i < bench->members; i++)
        bench->group.members[i] = arena_print(bench->arena, "m%zu", i);
    bench->group.members[0] = SPAN("u");
    bench->group.member_count = bench->members;
}

static enum fact none_blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)self, (void)app, (void)by, (void)whom;
    return FACT_ABSENT;
}

static enum fact the_group(void *self, struct arena *arena, struct span app, struct span id,
                           struct group *out) {
    const struct bench *bench = self;
    (void)app, (void)id;
    *out = bench->group;
    out->members = arena_array(arena, out->member_count + 2, sizeof *out->members);
    memcpy(out->members, bench->group.members, out->member_count * sizeof *out->members);
    return FACT_FOUND;
}

/* None of them has anything to say. */
static struct policy_set *no_policies(void *self, const char *folder,
                                      struct policy_memory *memory) {
    struct policy_host host = {
        .limits = policy_limits_default(),
        .clock = &clock_real,
        .facts = {.self = self, .blocked = none_blocked, .group = the_group}};
    char path[PATH_MAX + 16];
    struct why why;
    snprintf(path, sizeof path, "%s/manifest.lua", folder);
    FILE *file = fopen(path, "we");
    check(file && fputs("return {}", file) >= 0 && fclose(file) == 0);
    struct policy_set *set = policy_set_load(folder, &host, memory, &why);
    check(set);
    return set;
}

static void turn(struct bench *bench, struct flow *flow, struct committer *committer) {
    struct why why;
    uint64_t taken = bench->taken;
    bench->turn_sent = 0;
    int64_t began = clock_steady_us(&clock_real);
    enum flow_state state = flow_run(flow, &why);
    int64_t took_us = clock_steady_us(&clock_real) - began;
    int64_t *longest_us = taken < bench->taken ? &bench->longest_taking_us : &bench->longest_us;
    check(state != FLOW_LOST);
    if (took_us > *longest_us)
        *longest_us = took_us;
    if (bench->turn_sent > bench->most_sent)
        bench->most_sent = bench->turn_sent;
    if (state == FLOW_READY)
        return;
    struct pollfd fd = {committer_descriptor(committer), POLLIN, 0};
    poll(&fd, 1, 1);
}

/* `folder` is new. */
static void measure(const char *name, const char *folder, size_t members, bool is_refused) {
    check(mkdir(folder, 0700) == 0);
    struct why why;
    struct bench bench = {.arena = arena_new(), .members = members};
    bench.body = body_of(bench.arena);
    make_group(&bench);
    bench.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bench.refuse_to = is_refused ? members : 0;
    struct span apps[] = {SPAN("a")};
    struct flow_settings settings = {.apps = apps,
                                     .app_count = 1,
                                     .body_max = 4 << 20,
                                     .fanout_max = (size_t)1 << 32,
                                     .refusals_burst = 10,
                                     .refusals_per_minute = 10,
                                     .copies = {1 << 30, 1 << 30},
                                     .changes = {100, 100},
                                     .batch_max = 64};
    struct store *store = store_open(folder, false, &why);
    check(store && store_set_incarnation(store, INCARNATION, &why) == 0);
    struct flow_parts parts = {
        .store = store,
        .committer = committer_new(store, true),
        .facts = {.self = &bench, .blocked = none_blocked, .group = the_group},
        .clock = &clock_real};
    struct flow *flow = flow_new(&settings, &parts);
    struct policy_memory *memory = policy_memory_new(NULL);
    struct policy_set *policies = no_policies(&bench, folder, memory);
    flow_use_policies(flow, policies);
    flow_use_memory(flow, memory);
    struct intake intake = {.self = &bench, .take = take, .settle = settle};
    struct publisher publisher = {&bench, publish, next};
    flow_connect(flow, &intake, &publisher);
    int64_t began = clock_steady_us(&clock_real);
    while (bench.settled < MESSAGES)
        turn(&bench, flow, parts.committer);
    int64_t took_us = clock_steady_us(&clock_real) - began;
    printf(
        "%-24s %5zu members  longest turn: taking it %6.2f ms, all others %6.2f ms, %4llu copies "
        " %5.2f us a copy\n",
        name, members, (double)bench.longest_taking_us / 1000, (double)bench.longest_us / 1000,
        (unsigned long long)bench.most_sent, (double)took_us / MESSAGES / (double)members);
    flow_free(&flow);
    policy_set_free(&policies);
    policy_memory_free(&memory);
    committer_free(&parts.committer);
    store_close(&store);
    close(bench.null);
    arena_free(&bench.arena);
}

int main(int argc, char **argv) {
    char folder[PATH_MAX];
    if (argc < 2)
        return 2;
    size_t members = argc > 2 ? strtoul(argv[2], NULL, 10) : 5000;
    log_set_level(LOG_ERROR);
    snprintf(folder, sizeof folder, "%s/confirmed", argv[1]);
    measure("confirmed", folder, members, false);
    snprintf(folder, sizeof folder, "%s/refused", argv[1]);
    measure("the first refused whole", folder, members, true);
    return 0;
}
