/* What each kind of clients' traffic costs: build/bench/bench_traffic FOLDER [COUNT]
 *
 * The real flow on a real store, every commit synced, with no policies; a broker that is played and
 * confirms at once. So many messages, then a receipt of each, then as many patches and archives of
 * the conversations that they made. FOLDER is new. Read ratios: machines differ. */
#include "flow/flow.h"
#include "ports/policy.h"
#include "ports/store.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/log.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { USERS = 1000, WINDOW = 256 };
#define INCARNATION 81985529216486895

enum phase { MESSAGES, RECEIPTS, PATCHES, ARCHIVES, PHASES };
static const char *const NAMES[PHASES] = {"messages", "receipts", "patches", "archives"};

struct bench {
    uint64_t count; /* of each phase */
    enum phase phase;
    uint64_t taken, settled; /* of all phases */
    uint64_t sent, told;
    char key[256];
};

/* The key of the phase's item `i`: u sends to v, and v's client answers. */
static struct span key_of(struct bench *bench, uint64_t i) {
    unsigned u = (unsigned)(i % USERS), v = (unsigned)(i * 7 % USERS);
    struct ident id = ident_make(INCARNATION, i, 0);
    switch (bench->phase) {
    case MESSAGES:
        snprintf(bench->key, sizeof bench->key, "apps.a.outgoing.users.u%u.messages.v%u.outgoing",
                 u, v);
        break;
    case RECEIPTS:
        snprintf(bench->key, sizeof bench->key, "apps.a.users.v%u.messages.u%u.%s.update", v, u,
                 id.text);
        break;
    case PATCHES:
        snprintf(bench->key, sizeof bench->key, "apps.a.users.v%u.conversations.u%u.update", v, u);
        break;
    case ARCHIVES:
    case PHASES:
        snprintf(bench->key, sizeof bench->key, "apps.a.users.v%u.conversations.u%u.archive", v, u);
        break;
    }
    return span_of(bench->key);
}

static struct span body_of(enum phase phase) {
    static const char MESSAGE[] =
        "{\"text\":\"a message of a usual length, which is not much\",\"type\":\"text\","
        "\"recipient_fullname\":\"Somebody\",\"sender_fullname\":\"Someone\","
        "\"attributes\":{\"lang\":\"en\"},\"metadata\":null,\"channel_type\":\"direct\"}";
    if (phase == MESSAGES)
        return span_of(MESSAGE);
    return phase == RECEIPTS ? SPAN("{\"status\":200}") : SPAN("{\"is_new\":false}");
}

static enum take take(void *self, struct delivery *out, struct why *why) {
    struct bench *bench = self;
    (void)why;
    uint64_t end = ((uint64_t)bench->phase + 1) * bench->count;
    if (bench->taken == end || bench->taken - bench->settled >= WINDOW)
        return TAKE_NONE;
    uint64_t offset = bench->taken++;
    struct span body = body_of(bench->phase);
    *out = (struct delivery){.incarnation = INCARNATION,
                             .offset = offset,
                             .digest = 1,
                             .key = key_of(bench, offset % bench->count),
                             .body = body,
                             .body_size = body.size};
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
    (void)what, (void)why;
    *number = ++bench->sent;
    return PUBLISH_SENT;
}

static enum publisher_event_kind next(void *self, struct publisher_event *out, struct why *why) {
    struct bench *bench = self;
    (void)why;
    if (bench->told == bench->sent)
        return out->kind = PUBLISHER_NONE;
    out->number = ++bench->told;
    return out->kind = PUBLISHER_CONFIRMED;
}

static struct policy_set *no_policies(const char *folder, const struct facts *facts,
                                      struct policy_memory *memory) {
    struct policy_host host = {
        .limits = policy_limits_default(), .clock = &clock_real, .facts = *facts};
    char path[PATH_MAX + 16];
    struct why why;
    snprintf(path, sizeof path, "%s/manifest.lua", folder);
    FILE *file = fopen(path, "we");
    check(file && fputs("return {}", file) >= 0 && fclose(file) == 0);
    struct policy_set *set = policy_set_load(folder, &host, memory, &why);
    check(set);
    return set;
}

static int64_t cpu_us(void) {
    struct timespec now;
    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void run_phase(struct bench *bench, struct flow *flow, struct committer *committer) {
    struct why why;
    uint64_t end = ((uint64_t)bench->phase + 1) * bench->count, sent = bench->sent;
    int64_t began = clock_steady_us(&clock_real), cpu = cpu_us();
    while (bench->settled < end) {
        if (flow_run(flow, &why) == FLOW_READY)
            continue;
        struct pollfd fd = {committer_descriptor(committer), POLLIN, 0};
        poll(&fd, 1, 1);
    }
    double count = (double)bench->count;
    double took_us = (double)(clock_steady_us(&clock_real) - began);
    printf("%-10s %8.0f/s  %6.2f us CPU each  %.2f publications each\n", NAMES[bench->phase],
           count / took_us * 1e6, (double)(cpu_us() - cpu) / count,
           (double)(bench->sent - sent) / count);
}

static void measure(const char *folder, uint64_t count) {
    struct why why;
    struct bench bench = {.count = count};
    struct span apps[] = {SPAN("a")};
    struct flow_settings settings = {.apps = apps,
                                     .app_count = 1,
                                     .body_max = 1 << 20,
                                     .fanout_max = 1 << 30,
                                     .refusals_burst = 10,
                                     .refusals_per_minute = 10,
                                     .copies = {1 << 30, 1 << 30},
                                     .changes = {100, 100},
                                     .updates = {1 << 30, 1 << 30},
                                     .batch_max = 128};
    check(mkdir(folder, 0700) == 0);
    struct store *store = store_open(folder, true, &why);
    check(store && store_set_incarnation(store, INCARNATION, &why) == 0);
    struct store_reader *reader = store_reader_open(folder, &why);
    check(reader);
    struct flow_parts parts = {.store = store,
                               .committer = committer_new(store, true),
                               .facts = store_reader_facts(reader),
                               .clock = &clock_real};
    struct flow *flow = flow_new(&settings, &parts);
    struct policy_memory *memory = policy_memory_new(NULL);
    struct policy_set *policies = no_policies(folder, &parts.facts, memory);
    flow_use_policies(flow, policies);
    flow_use_memory(flow, memory);
    struct intake intake = {.self = &bench, .take = take, .settle = settle};
    struct publisher publisher = {&bench, publish, next};
    flow_connect(flow, &intake, &publisher);
    for (int phase = 0; phase < PHASES; phase++) {
        bench.phase = (enum phase)phase;
        run_phase(&bench, flow, parts.committer);
    }
    flow_free(&flow);
    policy_set_free(&policies);
    policy_memory_free(&memory);
    committer_free(&parts.committer);
    store_reader_close(&reader);
    store_close(&store);
}

int main(int argc, char **argv) {
    if (argc < 2)
        return 2;
    log_set_level(LOG_ERROR);
    measure(argv[1], argc > 2 ? strtoull(argv[2], NULL, 10) : 20000);
    return 0;
}
