#include "world.h"

#include "words/check.h"

#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- clock ---- */

static int64_t fake_wall(void *self) {
    return ((struct world *)self)->wall_ms;
}

static int64_t fake_steady(void *self) {
    return ((struct world *)self)->now_us;
}

/* ---- facts: the store's own, unless the script says they cannot be read ---- */

static enum fact fake_blocked(void *self, struct span app, struct span by, struct span whom) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE : facts.blocked(facts.self, app, by, whom);
}

static enum fact fake_group(void *self, struct arena *arena, struct span app, struct span id,
                            struct group *out) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE : facts.group(facts.self, arena, app, id, out);
}

static enum fact fake_waits(void *self, struct span app, struct span sender, struct span recipient,
                            size_t *count) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.waits(facts.self, app, sender, recipient, count);
}

static enum fact fake_waits_of(void *self, struct span app, struct span sender, uint64_t *count,
                               uint64_t *bytes) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.waits_of(facts.self, app, sender, count, bytes);
}

static enum fact fake_entry(void *self, struct arena *arena, struct span app, struct span owner,
                            struct span other, struct span message_id, bool wants_body,
                            struct fact_message *out) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail
               ? FACT_UNAVAILABLE
               : facts.entry(facts.self, arena, app, owner, other, message_id, wants_body, out);
}

static enum fact fake_message(void *self, struct arena *arena, struct span app,
                              struct span message_id, bool wants_body, struct fact_message *out) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.message(facts.self, arena, app, message_id, wants_body, out);
}

static enum fact fake_conversation(void *self, struct arena *arena, struct span app,
                                   struct span owner, struct span other,
                                   struct fact_conversation *out) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.conversation(facts.self, arena, app, owner, other, out);
}

static enum fact fake_patches(void *self, struct arena *arena, struct span app, struct span owner,
                              struct span other, struct patches *out) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.patches(facts.self, arena, app, owner, other, out);
}

static enum fact fake_history(void *self, struct arena *arena, struct span app, struct span owner,
                              struct span other, struct span not_in, size_t limit, size_t bytes,
                              struct fact_past **out, size_t *count) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.history(facts.self, arena, app, owner, other, not_in, limit,
                                             bytes, out, count);
}

static enum fact fake_sent(void *self, struct span app, struct span sender, struct span client_id,
                           struct ident *id) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.sent(facts.self, app, sender, client_id, id);
}

static enum fact fake_revoked(void *self, struct span app, struct span user, int64_t now_ms,
                              int64_t *since) {
    struct world *world = self;
    struct facts facts = store_reader_facts(world->reader);
    return world->facts_fail ? FACT_UNAVAILABLE
                             : facts.revoked(facts.self, app, user, now_ms, since);
}

static struct facts facts_of(struct world *world) {
    return (struct facts){.self = world,
                          .blocked = fake_blocked,
                          .group = fake_group,
                          .waits = fake_waits,
                          .waits_of = fake_waits_of,
                          .entry = fake_entry,
                          .message = fake_message,
                          .conversation = fake_conversation,
                          .history = fake_history,
                          .sent = fake_sent,
                          .revoked = fake_revoked,
                          .patches = fake_patches};
}

/* ---- the probe and the watch ---- */

static bool probe(void *self, enum flow_stage after) {
    struct world *world = self;
    if (world_strikes(world, MISHAP_KILL)) {
        world->is_alive = false;
        return true;
    }
    if (world->die_after != (int)after || world->die_skip-- > 0)
        return false;
    world->die_after = -1;
    world->is_alive = false;
    return true;
}

static void write_line(void *self, struct span line) {
    struct world *world = self;
    world->lines = must_realloc(world->lines, (world->line_count + 1) * sizeof *world->lines);
    world->lines[world->line_count++] = world_copy_text(line);
}

static void answer(void *self, struct span ticket, const struct ident *id, bool is_repeat) {
    struct world *world = self;
    world->answers =
        must_realloc(world->answers, (world->answer_count + 1) * sizeof *world->answers);
    world->answers[world->answer_count++] =
        (struct answer){world_copy_text(ticket), *id, is_repeat};
}

static void struck(void *self) {
    ((struct world *)self)->mishap_at = -1;
}

/* The store counts its statements itself. */
static void set_store_mishap(struct world *world) {
    struct store_fault fault = {.kind = STORE_FAULT_FULL,
                                .after = (unsigned)world->mishap_at,
                                .times = 1,
                                .strike = struck,
                                .self = world};
    if (world->mishap == MISHAP_STORE && world->mishap_at >= 0)
        store_set_fault(world->store, &fault);
}

static void watch_clears(void *self) {
    ((struct world *)self)->suspect_is_cleared = true;
}

/* ---- the server's life ---- */

static void copy_file(const char *from, const char *to) {
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    check(in && out);
    size_t size = fread(bytes, 1, sizeof bytes, in);
    check(size < sizeof bytes && fwrite(bytes, 1, size, out) == size);
    (void)fclose(in);
    (void)fclose(out);
}

static void copy_policies(struct world *world, const char *from) {
    char pattern[256], to[512];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*.lua", from);
    check(glob(pattern, 0, NULL, &found) == 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        snprintf(to, sizeof to, "%s%s", world->policies, strrchr(found.gl_pathv[i], '/'));
        copy_file(found.gl_pathv[i], to);
    }
    globfree(&found);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

/* In memory where there is such a folder: scenarios that are played a hundred times over would wait
 * for the disk most of the time. */
struct world *world_new(const char *policies_from) {
    struct world *world = must_calloc(1, sizeof *world);
    snprintf(world->folder, sizeof world->folder, "%s/chat21d-scenario-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    check(mkdtemp(world->folder));
    snprintf(world->policies, sizeof world->policies, "%s/policies", world->folder);
    snprintf(world->data, sizeof world->data, "%s/data", world->folder);
    check(mkdir(world->policies, 0700) == 0 && mkdir(world->data, 0700) == 0);
    copy_policies(world, policies_from);
    world->clock = (struct clock){world, fake_wall, fake_steady};
    world->wall_ms = 1700000000000;
    world->now_us = 1000000;
    world->lose_after = -1;
    world->die_after = -1;
    world->apps[0] = SPAN("tilechat");
    world->apps[1] = SPAN("other");
    world->settings = (struct flow_settings){
        .apps = world->apps,
        .app_count = 2,
        .body_max = (size_t)256 * 1024,
        .fanout_max = (size_t)64 * 1024 * 1024,
        .refusals_burst = 20,
        .refusals_per_minute = 60,
        .copies = {20000, 20000},
        .changes = {60, 60},
        .updates = {600, 600},
        .has_presence = true,
        .presence_age_ms = (int64_t)48 * 3600 * 1000,
        .events = (1 << EVENT_KINDS) - 1,
        .batch_max = 64,
        .hops_max = 4,
        .deferred_max = 8,
        .waiting_max = 1000,
        .waiting_bytes_max = (size_t)1024 * 1024,
    };
    return world;
}

static void free_arrivals(struct arrivals *arrivals) {
    for (size_t i = 0; i < arrivals->count; i++) {
        free(arrivals->at[i].key);
        free(arrivals->at[i].body);
        free(arrivals->at[i].ticket);
        free(arrivals->at[i].client_id);
    }
    free(arrivals->at);
}

void world_free(struct world *world) {
    world_die(world);
    free_arrivals(&world->stream);
    free_arrivals(&world->queue);
    for (size_t i = 0; i < world->sent_count; i++) {
        free(world->sent[i].key);
        free(world->sent[i].body);
        free(world->sent[i].reason);
    }
    free(world->sent);
    for (size_t i = 0; i < world->line_count; i++)
        free(world->lines[i]);
    free(world->lines);
    for (size_t i = 0; i < world->answer_count; i++)
        free(world->answers[i].ticket);
    free(world->answers);
    check(nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
    free(world);
}

void world_arrive(struct world *world, struct arrivals *where, struct arrival arrival) {
    (void)world;
    where->at = must_realloc(where->at, (where->count + 1) * sizeof *where->at);
    where->at[where->count++] = arrival;
}

static struct policy_set *load(struct world *world, struct why *why) {
    world->host = (struct policy_host){
        .limits = policy_limits_default(),
        .clock = &world->clock,
        .facts = facts_of(world),
    };
    return policy_set_load(world->policies, &world->host, world->memory, why);
}

static void must(bool is_fine, const char *what, const struct why *why) {
    if (!is_fine) {
        printf("Bail out! %s: %s\n", what, why->words);
        exit(1);
    }
}

static void load_key(void *self, const struct kv_change *stored) {
    policy_memory_load(self, stored);
}

static int listen(struct world *world, struct why *why) {
    struct outbox_endpoint endpoint = {SPAN("http://hook.example/"), world->settings.events};
    struct outbox_settings settings = {.endpoints = &endpoint,
                                       .endpoint_count = 1,
                                       .rows_max = 100000,
                                       .bytes_max = (uint64_t)64 * 1024 * 1024,
                                       .age_max_ms = (int64_t)24 * 3600 * 1000,
                                       .dead_max = 1000};
    return outbox_use(world->store, &settings, why);
}

void world_start(struct world *world) {
    struct why why = {.words = ""};
    world->store = store_open(world->data, false, &why);
    must(world->store, "store", &why);
    must(listen(world, &why) == 0, "outbox", &why);
    world->reader = store_reader_open(world->data, &why);
    must(world->reader, "reader", &why);
    world->committer = committer_new(world->store, false);
    world->memory = policy_memory_new(NULL);
    must(store_kv_each(world->store, world->wall_ms, load_key, world->memory, &why) == 0,
         "kept keys", &why);
    struct flow_parts parts = {
        .store = world->store,
        .committer = world->committer,
        .facts = facts_of(world),
        .clock = &world->clock,
        .watch = {.self = world, .clears = watch_clears},
        .sink = {.self = world,
                 .write = write_line,
                 .sample = world->sample,
                 .with_texts = !world->hides_texts},
        .waiters = {.self = world, .tell = answer},
    };
    world->flow = flow_new(&world->settings, &parts);
    world->policy_set = load(world, &why);
    must(world->policy_set, "policies", &why);
    flow_use_policies(world->flow, world->policy_set);
    flow_use_memory(world->flow, world->memory);
    flow_probe(world->flow, probe, world);
    world->is_alive = true;
    world_connect(world);
    set_store_mishap(world);
}

/* What session.c does: go on behind the stored mark. */
void world_connect(struct world *world) {
    struct store_mark mark;
    struct why why = {.words = ""};
    must(store_mark(world->store, &mark, &why) == 0, "mark", &why);
    if (!mark.incarnation)
        must(store_set_incarnation(world->store, WORLD_INCARNATION, &why) == 0, "incarnation",
             &why);
    world->is_lost = false;
    world->waiting_count = 0;
    world->number = 0;
    world->lose_after = -1;
    world->stream_at = mark.has_offset ? (size_t)mark.offset + 1 : 0;
    world_share(world, mark.drained_next);
    struct intake intake = world_intake(world);
    struct publisher publisher = world_publisher(world);
    flow_connect(world->flow, &intake, &publisher);
}

static size_t progress(const struct world *world) {
    return world->sent_count + world->settled + world->stream_at + world->acknowledged +
           (size_t)world->next_number;
}

void world_run(struct world *world) {
    for (int quiet = 0; world->is_alive && quiet < 2;) {
        struct why why = {.words = ""};
        size_t before = progress(world);
        uint64_t number = world->number;
        enum flow_state state = flow_run(world->flow, &why);
        if (world->number > number && world->number - number > world->turn_sent)
            world->turn_sent = (size_t)(world->number - number);
        if (state == FLOW_LOST)
            flow_disconnect(world->flow);
        bool moved = flow_due(world->flow) <= world->now_us || progress(world) != before;
        quiet = state == FLOW_READY || moved ? 0 : quiet + 1;
    }
}

/* Long enough for every pause to be over. */
static void get_over_pause(struct world *world) {
    world->now_us += 3000000;
    world->wall_ms += 3000;
    world_run(world);
}

static void get_up(struct world *world) {
    world_die(world);
    world_start(world);
    world_run(world);
}

static void get_back(struct world *world) {
    world_connect(world);
    world_run(world);
}

void world_run_through(struct world *world) {
    world_run(world);
    if (world->mishap == MISHAP_REFUSAL)
        get_over_pause(world);
    for (;;) {
        if (!world->is_alive)
            get_up(world);
        else if (world->is_lost)
            get_back(world);
        else if (flow_pause(world->flow))
            get_over_pause(world);
        else
            return;
    }
}

void world_die(struct world *world) {
    if (!world->flow)
        return;
    flow_free(&world->flow);
    policy_set_free(&world->policy_set);
    policy_memory_free(&world->memory);
    committer_free(&world->committer);
    store_reader_close(&world->reader);
    store_close(&world->store);
    world->is_alive = false;
}

void world_reload(struct world *world) {
    struct why why = {.words = ""};
    struct policy_set *fresh = load(world, &why);
    world->policy_error = why;
    if (!fresh)
        return;
    struct policy_set *old = world->policy_set;
    world->policy_set = fresh;
    flow_use_policies(world->flow, fresh);
    policy_set_free(&old);
}
