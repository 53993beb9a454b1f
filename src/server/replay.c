#include "server/replay.h"

#include "server/login_keeper.h"
#include "server/print_plan.h"
#include "words/check.h"

struct replaying {
    struct rehearsal *rehearsal;
    const struct replay_choice *choice;
    struct replay_report *report;
    uint64_t incarnation;
};

/* ---- one message, then and now ---- */

struct pair {
    const struct plan *then, *now;
    struct diff_field *fields;
    size_t field_count;
};

static bool delivers(const struct plan *plan) {
    return plan->outcome == PLAN_DELIVERED;
}

/* Of refusals that were only counted the store keeps the code alone. */
static bool is_same(const struct pair *pair) {
    const struct plan *then = pair->then, *now = pair->now;
    if (then->outcome != now->outcome || !span_equal(then->code, now->code))
        return false;
    if (!delivers(now))
        return true;
    return pair->field_count == 0 && then->copy_count == now->copy_count &&
           then->child_count == now->child_count;
}

static void compare_bodies(struct arena *arena, struct pair *pair) {
    struct span then = plan_body(arena, pair->then);
    if (delivers(pair->then) && delivers(pair->now) && then.at)
        plan_changes(arena, then, pair->now, &pair->fields, &pair->field_count);
}

static struct replay_kind *kind_for(struct replay_report *report, const struct replay_kind *like) {
    for (size_t i = 0; i < report->kind_count; i++) {
        struct replay_kind *kind = &report->kinds[i];
        if (kind->then == like->then && kind->now == like->now &&
            span_equal(kind->policy, like->policy) && span_equal(kind->code, like->code))
            return kind;
    }
    if (report->kind_count == REPLAY_KINDS)
        return &report->kinds[REPLAY_KINDS - 1];
    struct replay_kind *kind = &report->kinds[report->kind_count++];
    *kind = *like;
    kind->policy = like->policy.size ? arena_copy(report->arena, like->policy) : SPAN_NONE;
    kind->code = like->code.size ? arena_copy(report->arena, like->code) : SPAN_NONE;
    return kind;
}

static void count_kind(struct replay_report *report, const struct pair *pair) {
    struct replay_kind like = {
        .policy = pair->now->policy.size ? pair->now->policy : pair->then->policy,
        .code = pair->now->code.size ? pair->now->code : pair->then->code,
        .then = pair->then->outcome,
        .now = pair->now->outcome,
    };
    kind_for(report, &like)->count++;
}

static struct diff_field *keep_fields(struct arena *arena, const struct pair *pair) {
    size_t count = pair->field_count < REPLAY_FIELDS ? pair->field_count : REPLAY_FIELDS;
    struct diff_field *kept = arena_array(arena, count, sizeof *kept);
    for (size_t i = 0; i < count; i++) {
        const struct diff_field *field = &pair->fields[i];
        kept[i].path = arena_copy(arena, field->path);
        kept[i].before = field->before.at ? arena_copy(arena, field->before) : SPAN_NONE;
        kept[i].now = field->now.at ? arena_copy(arena, field->now) : SPAN_NONE;
    }
    return kept;
}

static void keep_change(struct replay_report *report, const struct pair *pair) {
    const struct plan *then = pair->then, *now = pair->now;
    struct arena *arena = report->arena;
    report->changes[report->changed] = (struct replay_change){
        .id = now->id,
        .received_ms = now->received_ms,
        .sender = arena_copy(arena, now->sender),
        .recipient = arena_copy(arena, now->recipient),
        .then = then->outcome,
        .now = now->outcome,
        .then_policy = arena_copy(arena, then->policy),
        .then_code = arena_copy(arena, then->code),
        .now_policy = arena_copy(arena, now->policy),
        .now_code = arena_copy(arena, now->code),
        .now_reason = arena_copy(arena, now->reason),
        .then_copies = then->copy_count,
        .now_copies = now->copy_count,
        .then_children = then->child_count,
        .now_children = now->child_count,
        .fields = keep_fields(arena, pair),
        .field_count = pair->field_count,
    };
}

static void compare(struct replay_report *report, const struct plan *then, const struct plan *now) {
    struct pair pair = {.then = then, .now = now};
    compare_bodies(now->arena, &pair);
    report->judged++;
    if (is_same(&pair)) {
        report->same++;
        return;
    }
    count_kind(report, &pair);
    if (report->changed < report->room)
        keep_change(report, &pair);
    report->changed++;
}

/* ---- judging ---- */

static struct plan *plan_like(const struct plan *then, const struct plan *before) {
    struct plan *plan = plan_new();
    plan->id = then->id;
    plan->received_ms = then->received_ms;
    if (before)
        plan->wait = before->wait;
    return plan;
}

static struct rehearsed judge(struct replaying *replaying, struct plan *plan,
                              const struct delivery *message) {
    struct why why = {""};
    struct rehearsed result = rehearsal_judge(replaying->rehearsal, plan, message->key,
                                              message->body, message->body_size, &why);
    if (result.end == REHEARSED_DEAD) {
        plan->outcome = PLAN_DEAD;
        plan->code = span_of(result.code);
        plan->reason = arena_copy(plan->arena, span_of(why.words));
        plan->policy = SPAN_NONE;
        plan->copy_count = plan->child_count = 0;
    }
    return result;
}

/* While it is put off, and was not then: at its due time again. */
static struct rehearsed judge_to_end(struct replaying *replaying, const struct plan *then,
                                     const struct delivery *message, struct plan **plan) {
    struct rehearsal *rehearsal = replaying->rehearsal;
    int64_t now_ms = rehearsal->now_ms;
    *plan = plan_like(then, NULL);
    struct rehearsed result = judge(replaying, *plan, message);
    for (unsigned i = 0; i < rehearsal->judge.deferred_max && result.end == REHEARSED &&
                         (*plan)->outcome == PLAN_DEFERRED && then->outcome != PLAN_DEFERRED;
         i++) {
        struct plan *again = plan_like(then, *plan);
        rehearsal->now_ms = (*plan)->wait.due_ms;
        result = judge(replaying, again, message);
        plan_free(plan);
        *plan = again;
    }
    rehearsal->now_ms = now_ms;
    return result;
}

/* Its sender had sent it before: no policy was asked. */
static bool is_repeat(const struct plan *then) {
    return then->kind == ROUTE_MESSAGE && then->outcome == PLAN_APPLIED;
}

static void judge_beside(struct replaying *replaying, const struct plan *then,
                         const struct delivery *message) {
    struct replay_report *report = replaying->report;
    struct plan *now;
    if (then->received_ms < report->since_ms)
        return; /* the broker begins with all that it wrote in one go */
    if (is_repeat(then)) {
        report->others++;
        return;
    }
    rehearsal_at(replaying->rehearsal, then->received_ms);
    switch (judge_to_end(replaying, then, message, &now).end) {
    case REHEARSED:
    case REHEARSED_DEAD:
        compare(report, then, now);
        break;
    case REHEARSED_WAIT:
        report->unjudged++;
        break;
    case REHEARSED_UNASKED:
        report->others++;
        break;
    }
    plan_free(&now);
}

static int take(struct replaying *replaying, const struct delivery *message, struct why *why) {
    struct ident id = ident_make(replaying->incarnation, message->offset, 0);
    struct plan *then = NULL;
    if (message->is_marker)
        return 0;
    if (store_reader_plan(replaying->rehearsal->reader, &id, &then, why))
        return -1;
    if (then && (then->origin.digest == 0 || then->origin.digest == message->digest))
        judge_beside(replaying, then, message);
    else
        replaying->report->unknown++;
    plan_free(&then);
    return 0;
}

static uint64_t seen(const struct replay_report *report) {
    return report->judged + report->others + report->unknown + report->unjudged;
}

static int read_all(struct replaying *replaying, struct broker_replay *stream, struct why *why) {
    struct replay_report *report = replaying->report;
    const struct replay_choice *choice = replaying->choice;
    struct delivery message;
    enum replayed replayed = REPLAY_MESSAGE;
    while (!report->is_cut &&
           (replayed = broker_replay_next(stream, &message, why)) == REPLAY_MESSAGE) {
        if (take(replaying, &message, why))
            return -1;
        report->is_cut = seen(report) >= choice->limit;
        if (choice->progress)
            choice->progress(choice->self, report);
    }
    report->passed = broker_replay_found(stream).passed;
    report->begins_late = broker_replay_found(stream).begins_late;
    return replayed == REPLAY_FAILED ? -1 : 0;
}

static int find_incarnation(struct replaying *replaying, struct why *why) {
    struct rehearsal *rehearsal = replaying->rehearsal;
    struct store_mark mark;
    if (!rehearsal->reader)
        return why_say(why, "without the store it is not known what was decided: %s",
                       rehearsal->no_store.words);
    if (store_reader_mark(rehearsal->reader, &mark, why))
        return -1;
    if (mark.incarnation == 0)
        return why_say(why, "the store in %s has taken nothing of a stream yet",
                       rehearsal->config.data);
    replaying->incarnation = mark.incarnation;
    return 0;
}

int replay_run(struct rehearsal *rehearsal, const struct replay_choice *choice,
               struct replay_report *report, struct why *why) {
    struct replaying replaying = {rehearsal, choice, report, 0};
    *report = (struct replay_report){
        .arena = arena_new(), .since_ms = choice->since_ms, .room = choice->shown};
    report->changes = arena_array(report->arena, report->room, sizeof *report->changes);
    rehearsal->judge.facts.waits = NULL; /* what waits now did not then */
    if (find_incarnation(&replaying, why))
        return -1;
    struct login_keeper *login = login_for_command(&rehearsal->config, why);
    if (!login)
        return -1;
    struct broker_replay *stream =
        broker_replay_open(&rehearsal->config.broker, choice->since_ms, why);
    int rc = stream ? read_all(&replaying, stream, why) : -1;
    broker_replay_close(&stream);
    login_keeper_free(&login);
    return rc;
}

void replay_free(struct replay_report *report) {
    arena_free(&report->arena);
}
