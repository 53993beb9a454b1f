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

static bool waits_before(const struct plan *plan, const struct plan *other) {
    return other != plan && other->outcome == PLAN_DEFERRED &&
           span_equal(other->sender, plan->sender) && span_equal(other->recipient, plan->recipient);
}

/* No store knows of those yet. */
static size_t count_in_family(const struct judgement *at) {
    const struct plan *root = at->family->root;
    size_t count = waits_before(at->plan, root);
    for (size_t i = 0; i < root->child_count; i++)
        count += waits_before(at->plan, root->children[i]);
    return count;
}

/* How many of its pair wait already? Those that are judged again ask nobody: they are the first. */
static enum judge_end count_pair(const struct judgement *at, size_t *count, struct why *why) {
    const struct facts *facts = &at->judge->facts;
    const struct plan *plan = at->plan;
    *count = 0;
    if (plan->replaces_seq)
        return JUDGE_PLANNED;
    if (facts->waits && facts->waits(facts->self, plan->app, plan->sender, plan->recipient,
                                     count) == FACT_UNAVAILABLE) {
        why_say(why, "what waits cannot be read");
        return JUDGE_WAIT;
    }
    *count += count_in_family(at);
    return JUDGE_PLANNED;
}

static enum judge_end put_off(struct judgement *at, size_t ahead, int64_t defer_ms) {
    struct plan *plan = at->plan;
    struct why why;
    judge_take_verdict(at, PLAN_DEFERRED);
    if (ahead >= FACT_WAITS_MAX)
        why_say(&why, "%d messages of this sender to this recipient wait already", FACT_WAITS_MAX);
    if (ahead >= FACT_WAITS_MAX || !has_room(at, &why)) {
        refuse(at, SPAN("too_many_waiting"), words_of(at, &why));
        return JUDGE_PLANNED;
    }
    plan->body = at->as_it_came;
    plan->wait.times++;
    plan->wait.due_ms = at->judge->now_ms + defer_ms;
    return JUDGE_PLANNED;
}

enum judge_end judge_defer(struct judgement *at, struct why *why) {
    struct plan *plan = at->plan;
    size_t ahead;
    if (plan->wait.times >= at->judge->deferred_max) {
        refuse(at, SPAN("deferred_too_often"),
               arena_print(plan->arena, "put off %u times, by %.*s at last", plan->wait.times,
                           SPAN_ARGS(at->verdict.policy)));
        return JUDGE_PLANNED;
    }
    enum judge_end end = count_pair(at, &ahead, why);
    return end == JUDGE_PLANNED ? put_off(at, ahead, at->verdict.defer_ms) : end;
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
static void wait_behind(struct judgement *at, size_t ahead) {
    at->verdict.reply_count = at->verdict.copy_to_count = 0;
    at->verdict.redirect = SPAN_NONE;
    at->verdict.policy = SPAN_NONE;
    at->verdict.code = SPAN("waits_behind");
    at->verdict.reason = SPAN("an earlier message of this sender to this recipient waits");
    put_off(at, ahead, 0);
}

enum judge_end judge_behind(struct judgement *at, bool *is_behind, struct why *why) {
    size_t ahead;
    enum judge_end end = count_pair(at, &ahead, why);
    *is_behind = end == JUDGE_PLANNED && ahead > 0;
    if (*is_behind)
        wait_behind(at, ahead);
    return end;
}
