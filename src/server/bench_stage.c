#include "server/bench_stage.h"

#include "meaning/change.h"
#include "server/bench_folder.h"
#include "server/read_body.h"

#include <stdio.h>
#include <stdlib.h>

enum { SENDERS = 1000, MEMBERS = 10, APART_MS = 1000 };

static const char BODY[] =
    "{\"text\":\"Hello, I would like to know when my order number 4711 will be sent, please\","
    "\"type\":\"text\",\"recipient_fullname\":\"Support\",\"sender_fullname\":\"Jane Doe\","
    "\"attributes\":{\"projectId\":\"5f8e6c1a\",\"userEmail\":\"jane@example.org\","
    "\"client\":\"Mozilla/5.0\",\"sourcePage\":\"https://example.org/shop?id=17\"},"
    "\"metadata\":{\"width\":640,\"height\":480,\"src\":\"https://example.org/a.png\"},"
    "\"channel_type\":\"direct\"}";
static const char GROUP[] = "group-bench";

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)self, (void)app, (void)by, (void)whom;
    return FACT_ABSENT;
}

static struct span sender_of(struct arena *arena, unsigned turn) {
    return arena_print(arena, "user-%u", turn % SENDERS);
}

/* Whoever writes next is among the members. */
static enum fact group(void *self, struct arena *arena, struct span app, struct span id,
                       struct group *out) {
    const struct bench *bench = self;
    (void)app;
    if (!span_is(id, GROUP))
        return FACT_ABSENT;
    *out = (struct group){.id = id, .owner = sender_of(arena, bench->turn)};
    for (unsigned i = 0; i < MEMBERS; i++)
        group_add(arena, out, sender_of(arena, bench->turn + i));
    return FACT_FOUND;
}

static void take_turn(struct bench *bench) {
    bench->turn++;
    rehearsal_at(&bench->rehearsal, bench->rehearsal.now_ms + APART_MS);
}

static struct bench_row *add_row(struct bench *bench, const char *name, const char *event) {
    struct bench_row *row = &bench->rows[bench->row_count];
    *row = (struct bench_row){.name = name, .event = event, .said = ""};
    bench->row_count += bench->row_count + 1 < BENCH_ROWS;
    return row;
}

/* ---- one policy ---- */

/* What the policy would be told of. */
static struct span body_of(const struct bench *bench, struct arena *arena,
                           const struct policy_question *asked) {
    struct receipt receipt = {.message_id = SPAN("00000000-0000-8000-8000-000000000001"),
                              .user = asked->sender,
                              .conversation = asked->recipient,
                              .sender = asked->recipient};
    switch (asked->event) {
    case POLICY_MESSAGE:
    case POLICY_COPY:
    case POLICY_GROUP:
        break;
    case POLICY_RECEIPT:
        return change_receipt(arena, &receipt);
    case POLICY_CONVERSATION:
        return SPAN("{\"is_new\":false}");
    case POLICY_ARCHIVE:
        return SPAN("{}");
    case POLICY_PRESENCE:
        return change_presence(arena, SPAN("web-1"), bench->turn % 2 == 0);
    }
    return bench->body;
}

static struct policy_question question(struct bench *bench, struct arena *arena,
                                       enum policy_event event, struct group *members) {
    struct policy_question asked = {
        .event = event,
        .app = bench->rehearsal.config.apps[0],
        .sender = sender_of(arena, bench->turn),
        .recipient = sender_of(arena, bench->turn + 1),
        .now_ms = bench->rehearsal.now_ms,
    };
    asked.body = body_of(bench, arena, &asked);
    if (event == POLICY_PRESENCE)
        asked.recipient = SPAN_NONE;
    if (event != POLICY_COPY && event != POLICY_GROUP)
        return asked;
    group(bench, arena, asked.app, span_of(GROUP), members);
    asked.recipient = span_of(GROUP);
    asked.is_group = true;
    asked.group = members;
    asked.owner = event == POLICY_COPY ? members->members[1] : SPAN_NONE;
    return asked;
}

static const char *said(const struct verdict *verdict) {
    static const char *const NAMES[] = {"passes",   "rejects",     "drops",
                                        "puts off", "quarantines", "waits"};
    if (verdict->verb == VERB_NONE && verdict->is_rewritten)
        return "rewrites";
    return verdict->errors ? "fails" : NAMES[verdict->verb];
}

/* On a body that is stamped already: what the policy costs, and nothing else. */
static void measure_policy(struct bench *bench, struct policy_set *set, enum policy_event event,
                           struct bench_row *row, int64_t run_ns) {
    struct measure measure = measure_start();
    struct verdict verdict;
    bool has_room = true;
    while (has_room && measure.total_ns < run_ns) {
        struct arena *arena = arena_new();
        struct group members;
        take_turn(bench);
        struct policy_question asked = question(bench, arena, event, &members);
        int64_t began_ns = measure_now();
        policy_decide(set, arena, &asked, &verdict);
        has_room = measure_note(&measure, began_ns);
        row->units = verdict.units;
        row->said = said(&verdict);
        arena_free(&arena);
    }
    row->measured = measure_end(&measure);
}

static int measure_alone(struct bench *bench, const char *name, int64_t run_ns, struct why *why) {
    const struct config *config = &bench->rehearsal.config;
    struct policy_host host = {.limits = config->limits,
                               .overrides = config->overrides,
                               .override_count = config->override_count,
                               .clock = &bench->rehearsal.clock,
                               .facts = bench->rehearsal.judge.facts};
    struct policy_memory *memory = policy_memory_new(&config->memory);
    struct policy_set *set = NULL;
    if (bench_folder_only(bench->folder, config->policies, name, why) == 0)
        set = policy_set_load(bench->folder, &host, memory, why);
    for (int event = 0; set && event < POLICY_EVENTS; event++) {
        enum policy_event asked = (enum policy_event)event;
        if (policy_set_asks(set, asked, config->apps[0]))
            measure_policy(bench, set, asked, add_row(bench, name, policy_event_name(asked)),
                           run_ns);
    }
    int rc = set ? 0 : -1;
    policy_set_free(&set);
    policy_memory_free(&memory);
    return rc;
}

/* ---- all of them ---- */

static int judge_one(struct bench *bench, struct span recipient, struct measure *measure,
                     struct bench_row *row, struct why *why) {
    struct plan *plan = plan_new();
    take_turn(bench);
    plan->id = ident_make(1, bench->turn, 0);
    plan->received_ms = bench->rehearsal.now_ms;
    struct span key =
        arena_print(plan->arena, "apps.%.*s.outgoing.users.%.*s.messages.%.*s.outgoing",
                    SPAN_ARGS(bench->rehearsal.config.apps[0]),
                    SPAN_ARGS(sender_of(plan->arena, bench->turn)), SPAN_ARGS(recipient));
    int64_t began_ns = measure_now();
    struct rehearsed out =
        rehearsal_judge(&bench->rehearsal, plan, key, bench->body, bench->body.size, why);
    bool has_room = measure_note(measure, began_ns);
    row->units = bench->rehearsal.trace.units;
    row->said = out.end == REHEARSED ? plan_outcome_name(plan->outcome) : "refused";
    plan_free(&plan);
    return out.end != REHEARSED ? -1 : has_room;
}

static int measure_all(struct bench *bench, const char *name, struct span recipient, int64_t run_ns,
                       struct why *why) {
    struct measure measure = measure_start();
    struct bench_row *row = add_row(bench, name, "message");
    int rc = 1;
    while (rc > 0 && measure.total_ns < run_ns)
        rc = judge_one(bench, recipient, &measure, row, why);
    row->measured = measure_end(&measure);
    return rc < 0 ? -1 : 0;
}

static int measure_rows(struct bench *bench, int64_t run_ns, struct why *why) {
    for (size_t i = 0; i < policy_set_count(bench->rehearsal.set); i++)
        if (measure_alone(bench, policy_set_name(bench->rehearsal.set, i), run_ns, why))
            return -1;
    return measure_all(bench, "all, to one user", SPAN("user-x"), run_ns, why) ||
                   measure_all(bench, "all, to a group of 10", span_of(GROUP), run_ns, why)
               ? -1
               : 0;
}

int bench_run(struct bench *bench, const struct bench_choice *choice, struct span *problems) {
    struct facts facts = {.self = bench, .blocked = blocked, .group = group};
    struct rehearsal_choice where = {
        .config = choice->config, .policies = choice->policies, .facts = &facts};
    struct why why;
    *bench = (struct bench){.body = span_of(BODY)};
    int rc = rehearsal_open(&bench->rehearsal, &where, problems);
    if (rc)
        return rc;
    if (choice->body)
        rc = read_body_file(bench->rehearsal.arena, choice->body, bench->rehearsal.config.body_max,
                            &bench->body, &why);
    if (rc == 0)
        rc = bench_folder_make(bench->folder, sizeof bench->folder,
                               bench->rehearsal.config.policies, &why);
    if (rc == 0)
        rc = measure_rows(bench, choice->run_ns, &why);
    if (rc)
        *problems = arena_copy(bench->rehearsal.arena, span_of(why.words));
    return rc;
}

void bench_end(struct bench *bench) {
    bench_folder_remove(bench->folder);
    rehearsal_close(&bench->rehearsal);
}
