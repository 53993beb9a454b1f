/* chat21d try: what would become of a message? Judges it as the server would; nothing is sent or
 * stored. */
#include "server/commands.h"

#include "server/options.h"
#include "server/output.h"
#include "server/print_plan.h"
#include "server/print_trace.h"
#include "server/read_body.h"
#include "server/rehearsal.h"
#include "words/json_write.h"

#include <inttypes.h>

static const char HELP[] =
    "Usage: chat21d try KEY < BODY\n"
    "\n"
    "Judges one message (or receipt, conversation's change, archive, presence, group) with the\n"
    "policies on disk, as the server would, and says what each policy said and asked, what the\n"
    "message became, and which copies would go out. Nothing is sent or stored. Facts (blocks,\n"
    "groups, conversations) and what policies keep by key come from the store in the data folder,\n"
    "which may be in use; limits begin empty. A policy in shadow mode is shown and changes\n"
    "nothing; of policies on copies only those that said something are shown.\n"
    "\n"
    "  KEY                the routing key or the MQTT topic that the message is published to\n"
    "  --policies FOLDER  the policies (default: the setting policies)\n"
    "  --now MS           as if it came then: milliseconds since 1970 (default: now)\n"
    "  --json             for machines\n"
    "  --config FILE      settings (default: the file CHAT21D_CONFIG names); RABBITMQ_URI need "
    "not\n"
    "                     be set\n"
    "\n"
    "Exit codes: 0 it would be delivered (no message: applied), 3 it would not (refused, dropped,\n"
    "deferred, quarantined, redirected, dead), 1 it cannot be judged, 2 usage.\n"
    "\n"
    "  echo '{\"text\":\"hello\"}' |\n"
    "    chat21d try apps/tilechat/outgoing/users/alice/messages/bob/outgoing\n";

struct request {
    const char *key, *policies, *config;
    int64_t now_ms;
    bool as_json;
};

/* As RabbitMQ makes a routing key of a topic. */
static struct span read_key(struct arena *arena, const char *text) {
    char *key = arena_string(arena, span_of(text));
    for (char *at = key; *at; at++)
        if (*at == '/')
            *at = '.';
    return span_of(key);
}

struct trial {
    struct rehearsal rehearsal;
    struct plan *plan;
    struct span body;
    struct rehearsed result;
    struct why why;
};

/* ---- what it shows ---- */

static void print_facts(const struct trial *trial) {
    output_label("facts");
    if (trial->rehearsal.reader)
        printf("from the store in %s, as they are now\n", trial->rehearsal.config.data);
    else
        printf("none: nobody is blocked, no group is stored (%s)\n",
               trial->rehearsal.no_store.words);
}

/* Of a body that was read; in others there is nothing to compare. */
static void find_changes(const struct trial *trial, struct arena *arena, struct diff_field **fields,
                         size_t *count) {
    *fields = NULL;
    *count = 0;
    if (trial->plan->outcome == PLAN_APPLIED && trial->result.object.at)
        diff_objects(arena, trial->result.object, trial->result.changed, PRINT_CHANGES, fields,
                     count);
    else if (trial->result.end == REHEARSED && trial->result.route.kind == ROUTE_MESSAGE)
        plan_changes(arena, trial->body, trial->plan, fields, count);
}

static void print_what(const struct trial *trial) {
    const struct plan *plan = trial->plan;
    if (!plan->app.at) {
        printf("whose key says nothing\n");
        return;
    }
    print_kind(trial->result.route.kind);
    print_sides(plan);
}

static void print_trial(const struct trial *trial, struct arena *arena) {
    const struct plan *plan = trial->plan;
    struct diff_field *fields;
    size_t count;
    output_label("message");
    print_what(trial);
    print_facts(trial);
    print_trace(&trial->rehearsal.trace);
    print_outcome(plan);
    find_changes(trial, arena, &fields, &count);
    if (count && (plan->outcome == PLAN_DELIVERED || plan->outcome == PLAN_APPLIED)) {
        output_label("changes");
        output_changes(fields, PRINT_CHANGES, count);
    }
    print_copies(plan);
    print_budget(&trial->rehearsal.trace, trial->rehearsal.config.limits.message_units);
    print_children(plan);
}

static void print_json(const struct trial *trial, struct arena *arena) {
    struct json_writer writer = json_write(arena);
    struct diff_field *fields;
    size_t count;
    find_changes(trial, arena, &fields, &count);
    json_open(&writer, NULL, '{');
    json_put_plan_members(&writer, trial->plan);
    json_put_changes(&writer, "changes", fields, PRINT_CHANGES, count);
    json_put_bool(&writer, "facts", trial->rehearsal.reader != NULL);
    json_put_trace(&writer, &trial->rehearsal.trace, trial->rehearsal.config.limits.message_units);
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
}

/* ---- the judgement ---- */

static void load_key(void *self, const struct kv_change *stored) {
    policy_memory_load(self, stored);
}

static int load_keys(struct rehearsal *rehearsal, struct why *why) {
    if (!rehearsal->reader)
        return 0;
    return store_reader_kv_each(rehearsal->reader, rehearsal->now_ms, load_key, rehearsal->memory,
                                why);
}

/* What is dead is an outcome, too, of which the sender is told. */
static void settle(struct trial *trial) {
    struct plan *plan = trial->plan;
    if (trial->result.end == REHEARSED_UNASKED && plan->outcome != PLAN_REJECTED)
        plan->outcome = PLAN_APPLIED;
    if (trial->result.end != REHEARSED_DEAD)
        return;
    plan->outcome = PLAN_DEAD;
    plan->policy = SPAN_NONE;
    plan->code = span_of(trial->result.code);
    plan->reason = span_of(trial->why.words);
    plan->copy_count = 0;
    plan->child_count = 0;
    if (plan->sender.at && trial->result.route.kind == ROUTE_MESSAGE)
        judge_refuse(plan, &(struct refusal){
                               .body = trial->body, .code = plan->code, .reason = plan->reason});
}

static int judge(struct trial *trial, const struct request *request) {
    struct rehearsal *rehearsal = &trial->rehearsal;
    struct arena *arena = trial->plan->arena;
    size_t most = rehearsal->config.body_max;
    if (read_body(arena, stdin, "standard input", most, &trial->body, &trial->why) ||
        load_keys(rehearsal, &trial->why))
        return -1;
    if (request->now_ms >= 0)
        rehearsal_at(rehearsal, request->now_ms);
    trial->plan->id = ident_make(IDENT_INCARNATION_END - 1, 0, 0);
    trial->plan->received_ms = rehearsal->now_ms;
    trial->result = rehearsal_judge(rehearsal, trial->plan, read_key(arena, request->key),
                                    trial->body, trial->body.size, &trial->why);
    settle(trial);
    return trial->result.end == REHEARSED_WAIT ? -1 : 0;
}

static int show(const struct trial *trial, const struct request *request) {
    struct arena *arena = arena_new();
    if (request->as_json)
        print_json(trial, arena);
    else
        print_trial(trial, arena);
    arena_free(&arena);
    enum plan_outcome outcome = trial->plan->outcome;
    return outcome == PLAN_DELIVERED || outcome == PLAN_APPLIED ? COMMAND_OK : COMMAND_OTHERWISE;
}

static int try(const char *name, const struct request *request) {
    struct rehearsal_choice choice = {.config = request->config, .policies = request->policies};
    struct trial trial = {.plan = plan_new()};
    struct span problems = SPAN_NONE;
    int rc;
    if (rehearsal_open(&trial.rehearsal, &choice, &problems))
        rc = command_failed(name, "it cannot be judged:\n%.*s", SPAN_ARGS(problems));
    else if (judge(&trial, request))
        rc = command_failed(name, "it cannot be judged: %s", trial.why.words);
    else
        rc = show(&trial, request);
    plan_free(&trial.plan);
    rehearsal_close(&trial.rehearsal);
    return rc;
}

int command_try(int argc, char **argv) {
    struct request request = {.now_ms = -1};
    const struct option_row rows[] = {
        {"policies", OPTION_TEXT, &request.policies, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
        {"now", OPTION_NUMBER, &request.now_ms, 0, INT64_C(1) << 48},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
    };
    const struct options options = {.help = HELP,
                                    OPTION_ROWS(rows),
                                    .least = 1,
                                    .most = 1,
                                    .expects = "expected one routing key or topic"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    request.key = rest.at[0];
    return try(argv[0], &request);
}
