/* Asking the judge on the flow's behalf: what it wants to know of budgets and room, and what is
 * kept of its answer. */
#include "flow/inside.h"

#include "words/check.h"

/* A sender has a budget of copies to groups. `system` has none: it is back ends' own, or what a
 * change of a group causes, which its caller has paid for (kind_group_change.c). A message that is
 * judged again after a pause pays once. */
static bool may_copy(void *self, const struct plan *plan, size_t copies, struct why *why) {
    struct asked *asked = self;
    struct flow *flow = asked->flow;
    struct parcel *parcel = asked->parcel;
    if (copies <= parcel->paid_copies || span_is(plan->sender, "system"))
        return true;
    struct bucket_limit limit = flow->settings.copies;
    uint32_t more = (uint32_t)(copies - parcel->paid_copies);
    if (!sender_may(flow, flow->copies, parcel, limit, more)) {
        why_say(why, "more than %u copies a minute", limit.per_minute);
        return false;
    }
    parcel->paid_copies = copies;
    return true;
}

static bool may_wait(void *self, const struct plan *plan, struct why *why) {
    return waits_have_room(((struct asked *)self)->flow, plan, why);
}

static void skips(void *self, const struct plan *plan, struct span member) {
    (void)plan, (void)member;
    ((struct asked *)self)->flow->counts.skipped_members++;
}

/* Nobody waits: nobody has to be asked. */
static struct facts facts_now(const struct flow *flow) {
    struct facts facts = flow->parts.facts;
    if (!flow->waiting.deferred)
        facts.waits = NULL;
    return facts;
}

struct judge flow_judge(struct asked *asked) {
    struct flow *flow = asked->flow;
    struct parcel *parcel = asked->parcel;
    check(flow->policies);
    asked->rows = flow->new_rows;
    asked->bytes = flow->new_bytes;
    return (struct judge){
        .facts = facts_now(flow),
        .policies = flow->policies,
        .memory = flow->memory,
        .fanout_max = flow->settings.fanout_max,
        .hops_max = flow->settings.hops_max,
        .deferred_max = flow->settings.deferred_max,
        .now_ms = parcel->waited ? clock_wall_ms(flow->parts.clock) : parcel->plan->received_ms,
        .trace = flow->parts.sink.write ? &flow->trace : NULL,
        .may_copy = may_copy,
        .may_wait = may_wait,
        .skips = skips,
        .self = asked,
    };
}

/* As if nobody had asked: it will be judged again, and takes its room then. */
static void forget(const struct asked *asked) {
    asked->parcel->plan->trace = NULL;
    asked->flow->new_rows = asked->rows;
    asked->flow->new_bytes = asked->bytes;
}

enum outcome flow_judged(struct asked *asked, enum judge_end end) {
    struct plan *plan = asked->parcel->plan;
    if (end == JUDGE_WAIT)
        forget(asked);
    if (plan->trace)
        decision_keep_trace(asked->flow, plan, end == JUDGE_DEAD);
    if (plan->trace)
        asked->parcel->decided_ms = clock_wall_ms(asked->flow->parts.clock);
    switch (end) {
    case JUDGE_PLANNED:
        return OUTCOME_NEXT;
    case JUDGE_DEAD:
        return OUTCOME_DEAD;
    case JUDGE_WAIT:
        return OUTCOME_WAIT;
    }
    return OUTCOME_WAIT;
}

enum outcome flow_ask_change(struct flow *flow, struct parcel *parcel, enum policy_event event,
                             struct span object, struct span *changed, struct why *why) {
    struct asked asked = {.flow = flow, .parcel = parcel};
    struct judge judge = flow_judge(&asked);
    enum outcome outcome = flow_judged(
        &asked, judge_change(&judge, parcel->plan, event, object, changed, &parcel->code, why));
    if (outcome == OUTCOME_NEXT && parcel->plan->outcome == PLAN_REJECTED)
        refuse_unheard(flow, parcel);
    return outcome;
}
