/* What a message costs the store: bench_store [FOLDER [MESSAGES]]
 *
 * FOLDER must be empty, on the disk to measure; without it, one in /tmp.
 *
 * Direct messages between random users (500-byte bodies, two copies) at several batch sizes, synced
 * every commit or not; the same with a reply, with a key that a policy keeps, or with a name of its
 * sender's, and whether a name is known; groups of 1,000;
 * facts read while somebody writes; 10,000 that wait. Only store calls are timed, plans are made
 * outside. Messages of which a webhook is told, or not. Read the ratios: machines differ. */
#include "ports/store.h"
#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    USERS = 5000,
    PARTNERS = 10,
    BATCH_MAX = 500,
    MEMBERS = 1000,
    GROUPS = 20,
    WAITING = 10000,
    SAMPLES_MAX = 100000
};

struct bench {
    const char *folder;
    struct store *store;
    uint64_t next_offset;
    int64_t wall_ns, cpu_ns;
    int64_t samples[SAMPLES_MAX];
    size_t sample_count;
};

static struct span filler;

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct plan *plan_begin(struct bench *bench, const char *sender, const char *recipient) {
    struct plan *plan = plan_new();
    plan->origin = (struct origin){77, bench->next_offset++, 1};
    plan->id = ident_make(77, plan->origin.offset, 0);
    plan->app = SPAN("tilechat");
    plan->sender = arena_copy(plan->arena, span_of(sender));
    plan->recipient = arena_copy(plan->arena, span_of(recipient));
    plan->generation = 1;
    plan->updates_conversation = true;
    plan->received_ms = 1700000000000;
    struct stamp stamp = {plan->id, plan->sender, plan->recipient, plan->app, plan->received_ms};
    plan->body = message_stamp(plan->arena, filler, &stamp);
    return plan;
}

static struct plan *direct(struct bench *bench) {
    char names[2][32];
    int user = (int)(random() % USERS);
    snprintf(names[0], 32, "5f1a2b3c4d5e6f70%08d", user);
    snprintf(names[1], 32, "5f1a2b3c4d5e6f70%08d", (user + 1 + (int)(random() % PARTNERS)) % USERS);
    struct plan *plan = plan_begin(bench, names[0], names[1]);
    plan->copies = arena_array(plan->arena, 2, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, plan->recipient, STATUS_SENT};
    plan->copies[1] = (struct plan_copy){plan->recipient, plan->sender, STATUS_DELIVERED};
    plan->copy_count = 2;
    return plan;
}

/* With a reply to its sender, as an office-hours policy gives. */
static struct plan *answered(struct bench *bench) {
    struct plan *plan = direct(bench), *reply = plan_begin(bench, "system", "");
    bench->next_offset--;
    reply->origin = plan->origin;
    reply->id = ident_make(77, plan->origin.offset, 1);
    reply->recipient = arena_copy(reply->arena, plan->sender);
    reply->copies = arena_array(reply->arena, 1, sizeof *reply->copies);
    reply->copies[0] = (struct plan_copy){reply->recipient, reply->sender, STATUS_DELIVERED};
    reply->copy_count = 1;
    plan->children = arena_array(plan->arena, 1, sizeof *plan->children);
    plan->children[0] = reply;
    plan->child_count = 1;
    return plan;
}

/* With a key of its sender that is over in a minute, as a flood guard keeps. */
static struct plan *remembered(struct bench *bench) {
    struct plan *plan = direct(bench);
    struct kv_change *kv = arena_array(plan->arena, 1, sizeof *kv);
    *kv = (struct kv_change){SPAN("flood_guard"), plan->app, plan->sender,
                             SPAN("\"0123456789abcdef 3\""), plan->received_ms + 60000};
    plan->kv = kv;
    plan->kv_count = 1;
    return plan;
}

/* With a UUID that its sender calls it. */
static struct plan *named(struct bench *bench) {
    struct plan *plan = direct(bench);
    plan->client_id = arena_print(plan->arena, "%08lx-0000-4000-8000-%012lx", random(), random());
    return plan;
}

static struct plan *put_off(struct plan *plan) {
    plan->outcome = PLAN_DEFERRED;
    plan->copy_count = 0;
    plan->wait = (struct plan_wait){.due_ms = 1, .times = 1, .next_child = 1};
    return plan;
}

static struct plan *deferred(struct bench *bench) {
    return put_off(direct(bench));
}

/* All of one pair: each waits for the one before it. */
static struct plan *deferred_behind(struct bench *bench) {
    return put_off(plan_begin(bench, "5f1a2b3c4d5e6f7000000001", "5f1a2b3c4d5e6f7000000002"));
}

static struct plan *to_members(struct bench *bench, int members) {
    char group[64], member[32];
    int number = (int)(random() % GROUPS);
    snprintf(group, sizeof group, "group-0000000000000000%08d", number);
    struct plan *plan = plan_begin(bench, "5f1a2b3c4d5e6f7000000001", group);
    plan->copy_count = (size_t)members;
    plan->copies = arena_array(plan->arena, (size_t)members, sizeof *plan->copies);
    for (int i = 0; i < members; i++) {
        snprintf(member, sizeof member, "5f1a2b3c4d5e6f70%08d", (i * 5 + number) % USERS);
        plan->copies[i] = (struct plan_copy){arena_copy(plan->arena, span_of(member)),
                                             plan->recipient, STATUS_DELIVERED};
    }
    return plan;
}

static struct plan *to_group(struct bench *bench) {
    return to_members(bench, MEMBERS);
}

static struct plan *told(struct plan *plan) {
    plan->tells_copies = true;
    return plan;
}

static struct plan *direct_told(struct bench *bench) {
    return told(direct(bench));
}

static struct plan *to_hundred(struct bench *bench) {
    return to_members(bench, 100);
}

static struct plan *to_hundred_told(struct bench *bench) {
    return told(to_members(bench, 100));
}

static struct plan *to_group_told(struct bench *bench) {
    return told(to_members(bench, MEMBERS));
}

static void commit(struct bench *bench, struct plan **plans, size_t count) {
    struct store_batch batch = {.plans = plans,
                                .count = count,
                                .has_passed = true,
                                .passed = plans[count - 1]->origin,
                                .confirmed_seq = 0};
    struct why why;
    int64_t confirmed, newest;
    check(store_progress(bench->store, &newest, &confirmed, &why) == 0);
    batch.confirmed_seq = newest;
    int64_t wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    int rc = store_commit(bench->store, &batch, &why);
    bench->cpu_ns += now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = now_ns(CLOCK_MONOTONIC) - wall;
    bench->wall_ns += wall;
    if (bench->sample_count < SAMPLES_MAX)
        bench->samples[bench->sample_count++] = wall;
    if (rc < 0) {
        fprintf(stderr, "%s\n", why.words);
        exit(1);
    }
    for (size_t i = 0; i < count; i++) {
        check(!plans[i]->is_bad);
        plan_free(&plans[i]);
    }
}

static int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static double sample_ms(struct bench *bench, size_t part, size_t whole) {
    size_t at = bench->sample_count * part / whole;
    at = at < bench->sample_count ? at : bench->sample_count - 1;
    return (double)bench->samples[at] / 1e6;
}

static void run(struct bench *bench, const char *name, struct plan *(*make)(struct bench *),
                size_t batch, size_t messages) {
    struct plan *plans[BATCH_MAX];
    bench->wall_ns = bench->cpu_ns = 0;
    bench->sample_count = 0;
    for (size_t done = 0; done < messages; done += batch) {
        for (size_t i = 0; i < batch; i++)
            plans[i] = make(bench);
        commit(bench, plans, batch);
    }
    qsort(bench->samples, bench->sample_count, sizeof *bench->samples, by_size);
    printf(
        "%-8s batch %3zu: %8.0f/s %8.1f us CPU a message; commit ms p50 %.2f p99 %.2f max %.2f\n",
        name, batch, (double)messages * 1e9 / (double)bench->wall_ns,
        (double)bench->cpu_ns / 1e3 / (double)messages, sample_ms(bench, 1, 2),
        sample_ms(bench, 99, 100), sample_ms(bench, 1, 1));
    fflush(stdout);
}

static void close_store(struct bench *bench) {
    static const char *const NAMES[] = {"chat21d.db", "chat21d.db-wal", "chat21d.db-shm"};
    store_close(&bench->store);
    for (size_t i = 0; i < 3; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", bench->folder, NAMES[i]);
        unlink(path);
    }
}

/* An empty store, where the last one was. */
static void open_store(struct bench *bench, bool sync) {
    struct why why;
    close_store(bench);
    bench->store = store_open(bench->folder, sync, &why);
    if (!bench->store) {
        fprintf(stderr, "%s\n", why.words);
        exit(1);
    }
}

static int64_t ask_blocked(const struct facts *facts) {
    int64_t start = now_ns(CLOCK_MONOTONIC);
    check(facts->blocked(facts->self, SPAN("tilechat"), SPAN("U1"), SPAN("U2")) == FACT_FOUND);
    return now_ns(CLOCK_MONOTONIC) - start;
}

/* One commit between two questions: a reader's cache is stale then, as it is in real life. */
static void ask_facts(struct bench *bench) {
    struct why why;
    struct store_reader *reader = store_reader_open(bench->folder, &why);
    check(reader);
    struct facts facts = store_reader_facts(reader);
    struct arena *arena = arena_new();
    struct plan *plan = direct(bench);
    struct group group = {.id = SPAN("group-facts"), .owner = SPAN("U1"), .json = filler};
    struct plan_effect effects[2] = {
        {.kind = EFFECT_GROUP, .group = &group},
        {.kind = EFFECT_BLOCK, .by = SPAN("U1"), .whom = SPAN("U2")},
    };
    for (int i = 0; i < MEMBERS; i++)
        group_add(arena, &group, arena_print(arena, "5f1a2b3c4d5e6f70%08d", i));
    plan->effects = effects;
    plan->effect_count = 2;
    commit(bench, &plan, 1);
    int64_t blocked = 0, again = 0, found = 0;
    enum { TIMES = 2000 };
    for (int i = 0; i < TIMES; i++) {
        plan = direct(bench);
        commit(bench, &plan, 1);
        blocked += ask_blocked(&facts);
        again += ask_blocked(&facts);
        int64_t start = now_ns(CLOCK_MONOTONIC);
        struct arena *own = arena_new();
        check(facts.group(facts.self, own, SPAN("tilechat"), SPAN("group-facts"), &group) ==
              FACT_FOUND);
        arena_free(&own);
        found += now_ns(CLOCK_MONOTONIC) - start;
    }
    printf("facts: blocked %.1f us just after a commit, %.1f us again; a group of %d %.1f us\n",
           (double)blocked / TIMES / 1e3, (double)again / TIMES / 1e3, MEMBERS,
           (double)found / TIMES / 1e3);
    arena_free(&arena);
    store_reader_close(&reader);
}

/* Is a name known that is not? Asked of every message that has one. */
static void ask_sent(struct bench *bench) {
    enum { TIMES = 2000 };
    struct why why;
    struct store_reader *reader = store_reader_open(bench->folder, &why);
    check(reader);
    struct facts facts = store_reader_facts(reader);
    int64_t asked = 0;
    for (int i = 0; i < TIMES; i++) {
        struct plan *plan = named(bench);
        struct ident id;
        int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        check(facts.sent(facts.self, plan->app, plan->sender, plan->client_id, &id) == FACT_ABSENT);
        asked += now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
        if (i % 10)
            plan_free(&plan);
        else
            commit(bench, &plan, 1);
    }
    printf("         is a name known: %.1f us CPU\n", (double)asked / TIMES / 1e3);
    store_reader_close(&reader);
}

/* Takes what is due and lets it go, as the flow does, until none is left. */
static void release_all(struct bench *bench) {
    struct plan *plans[BATCH_MAX];
    size_t count = 1, calls = 0, released = 0;
    struct why why;
    int64_t asked = 0;
    for (bench->cpu_ns = 0; count; released += count) {
        int64_t start = now_ns(CLOCK_MONOTONIC);
        check(store_due(bench->store, 2, plans, 100, &count, &why) == 0);
        asked += now_ns(CLOCK_MONOTONIC) - start;
        calls++;
        for (size_t i = 0; i < count; i++) {
            plans[i]->outcome = PLAN_DROPPED;
            plans[i]->replaces_seq = plans[i]->seq;
            plans[i]->seq = 0;
        }
        if (count)
            commit(bench, plans, count);
    }
    check(released == WAITING && store_waiting_counts(bench->store).deferred == 0);
    printf("         store_due %.1f us a call and %.1f us a plan; its successor %.1f us CPU\n",
           (double)asked / 1e3 / (double)calls, (double)asked / 1e3 / WAITING,
           (double)bench->cpu_ns / 1e3 / WAITING);
}

static void wait_and_go(struct bench *bench, const char *name,
                        struct plan *(*make)(struct bench *)) {
    struct why why;
    open_store(bench, false);
    run(bench, name, make, 100, WAITING);
    struct store_reader *reader = store_reader_open(bench->folder, &why);
    check(reader);
    struct facts facts = store_reader_facts(reader);
    size_t waiting;
    int64_t start = now_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < 1000; i++)
        check(facts.waits(facts.self, SPAN("tilechat"), SPAN("5f1a2b3c4d5e6f7000000001"),
                          SPAN("nobody"), &waiting) == FACT_ABSENT);
    int64_t asked = now_ns(CLOCK_MONOTONIC) - start;
    store_reader_close(&reader);
    store_close(&bench->store);
    start = now_ns(CLOCK_MONOTONIC);
    bench->store = store_open(bench->folder, false, &why);
    check(bench->store);
    printf("%d wait: does one of a pair %.1f us; store_open %.1f ms\n", WAITING,
           (double)asked / 1e6, (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e6);
    release_all(bench);
}

static void listen(struct bench *bench) {
    struct why why;
    struct outbox_endpoint endpoint = {SPAN("http://one.example/"), UINT32_MAX};
    struct outbox_settings settings = {&endpoint, 1, UINT64_MAX, UINT64_MAX, INT64_MAX / 2, 1000};
    check(outbox_use(bench->store, &settings, &why) == 0);
}

/* Reads what is due and notes it as posted, until nothing waits. */
static void post_all(struct bench *bench) {
    enum { PAGE = 100 };
    struct outbox_row rows[PAGE];
    struct outbox_change changes[PAGE];
    struct why why;
    struct store_reader *reader = store_reader_open(bench->folder, &why);
    size_t count = 1, posted = 0;
    int64_t next, read_us = 0, cpu = 0;
    check(reader);
    while (count) {
        struct arena *arena = arena_new();
        int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        check(outbox_due(reader, arena, 0, 1, NULL, 0, rows, PAGE, &count, &next, &why) == 0);
        int64_t middle = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < count; i++)
            changes[i] = (struct outbox_change){.what = OUTBOX_POSTED, .id = rows[i].id};
        struct store_batch batch = {.changes = changes, .change_count = count};
        check(store_commit(bench->store, &batch, &why) == 0);
        read_us += middle - start;
        cpu += now_ns(CLOCK_PROCESS_CPUTIME_ID) - middle;
        posted += count;
        arena_free(&arena);
    }
    printf("         %zu events: read %.1f us, noted as posted %.1f us CPU each\n", posted,
           (double)read_us / 1e3 / (double)posted, (double)cpu / 1e3 / (double)posted);
    store_reader_close(&reader);
}

/* What one webhook costs the message that it is told of. */
static void tell(struct bench *bench, const char *name, struct plan *(*quiet)(struct bench *),
                 struct plan *(*told_too)(struct bench *), size_t messages) {
    open_store(bench, true);
    run(bench, name, quiet, 10, messages);
    open_store(bench, true);
    listen(bench);
    run(bench, "…told", told_too, 10, messages);
    post_all(bench);
}

int main(int count, char **arguments) {
    static struct bench bench;
    char made[] = "/tmp/chat21d-bench.XXXXXX";
    size_t messages = count > 2 ? strtoul(arguments[2], NULL, 10) : 20000;
    char text[512];
    memset(text, 'x', sizeof text);
    snprintf(text, 60, "{\"type\":\"text\",\"channel_type\":\"direct\",\"text\":\"");
    text[strlen(text)] = 'x';
    memcpy(text + 498, "\"}", 2);
    filler = (struct span){text, 500};
    bench.folder = count > 1 ? arguments[1] : mkdtemp(made);
    check(bench.folder);
    static const size_t BATCHES[] = {1, 10, 100, 500};
    for (int sync = 1; sync >= 0; sync--)
        for (size_t i = 0; i < 4; i++) {
            open_store(&bench, sync);
            run(&bench, sync ? "full" : "normal", direct, BATCHES[i], messages);
        }
    open_store(&bench, true);
    run(&bench, "answered", answered, 100, messages);
    open_store(&bench, true);
    run(&bench, "with key", remembered, 100, messages);
    open_store(&bench, true);
    run(&bench, "named", named, 100, messages);
    ask_sent(&bench);
    wait_and_go(&bench, "deferred", deferred);
    wait_and_go(&bench, "one pair", deferred_behind);
    open_store(&bench, true);
    run(&bench, "group", to_group, 1, 100);
    run(&bench, "group", to_group, 10, 200);
    tell(&bench, "direct", direct, direct_told, messages);
    tell(&bench, "100", to_hundred, to_hundred_told, 500);
    tell(&bench, "1,000", to_group, to_group_told, 100);
    ask_facts(&bench);
    close_store(&bench);
    if (count < 2)
        rmdir(made);
    return 0;
}
