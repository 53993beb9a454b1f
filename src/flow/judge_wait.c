/* What waits: put off by a policy, behind another of its pair, or for a person's word. Nobody has a
 * copy before. What is put off is judged again from the beginning, so its body is as it came; what
 * is released from the quarantine passes the guards only (`always`), so its rewrites are kept. */
#include "flow/judge_inside.h"

/* Those that are judged again have their place already. */
static bool has_room(const struct judgement *at, struct why *why) {
    const struct judge *judge = at->judge;
    return at->plan->replaces_seq || !judge->may_wait ||
           judge->may_wait(judge->self, at->plan, why);
}

/* It cannot wait. What the policy would have had said of its waiting is not true then. */
static void refuse(struct judgement *at, struct span code, struct span reason) {
    at->verdict.reply_count = 0;
    judge_reject(at, code, reason);
}

static struct span words_of(const struct judgement *at, const struct why *why) {
    return arena_copy(at->plan->arena, span_of(why->words));
}

static enum judge_end put_off(struct judgement *at, int64_t defer_ms) {
    struct plan *plan = at->plan;
    struct why why;
    if (!has_room(at, &why)) {
        refuse(at, SPAN("too_many_waiting"), words_of(at, &why));
        return JUDGE_PLANNED;
    }
    plan->body = at->as_it_came;
    plan->wait.times++;
    plan->wait.due_ms = at->judge->now_ms + defer_ms;
    return JUDGE_PLANNED;
}

enum judge_end judge_defer(struct judgement *at) {
    struct plan *plan = at->plan;
    if (plan->wait.times >= at->judge->deferred_max) {
        refuse(at, SPAN("deferred_too_often"),
               arena_print(plan->arena, "put off %u times, by %.*s at last", plan->wait.times,
                           SPAN_ARGS(at->verdict.policy)));
        return JUDGE_PLANNED;
    }
    judge_take_verdict(at, PLAN_DEFERRED);
    return put_off(at, at->verdict.defer_ms);
}

enum judge_end judge_quarantine(struct judgement *at) {
    struct why why;
    judge_take_verdict(at, PLAN_QUARANTINED);
    if (!has_room(at, &why))
        refuse(at, SPAN("quarantine_full"), words_of(at, &why));
    return JUDGE_PLANNED;
}

/* It was judged now, so that limits and blocks answer at once, and will be judged again, so it
 * counts as put off: a policy sees that in ctx.deferred. What the policies wanted it to cause is
 * forgotten until then. */
static enum judge_end wait_behind(struct judgement *at) {
    struct plan *plan = at->plan;
    at->verdict.reply_count = at->verdict.copy_to_count = 0;
    at->verdict.redirect = SPAN_NONE;
    at->verdict.policy = SPAN_NONE;
    at->verdict.code = SPAN("waits_behind");
    at->verdict.reason = SPAN("an earlier message of this sender to this recipient waits");
    judge_take_verdict(at, PLAN_DEFERRED);
    plan->policy = SPAN_NONE;
    return put_off(at, 0);
}

enum judge_end judge_behind(struct judgement *at, bool *is_behind, struct why *why) {
    const struct facts *facts = &at->judge->facts;
    const struct plan *plan = at->plan;
    *is_behind = false;
    if (!facts->waits || plan->replaces_seq)
        return JUDGE_PLANNED;
    switch (facts->waits(facts->self, plan->app, plan->sender, plan->recipient)) {
    case FACT_UNAVAILABLE:
        why_say(why, "what waits cannot be read");
        return JUDGE_WAIT;
    case FACT_FOUND:
        *is_behind = true;
        return wait_behind(at);
    case FACT_ABSENT:
        break;
    }
    return JUDGE_PLANNED;
}
