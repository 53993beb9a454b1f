#include "flow/inside.h"

#include "words/log.h"

static uint64_t *counter(struct flow *flow, enum plan_outcome outcome) {
    switch (outcome) {
    case PLAN_DELIVERED:
        return &flow->counts.delivered;
    case PLAN_REJECTED:
        return &flow->counts.rejected;
    case PLAN_DROPPED:
        return &flow->counts.dropped;
    case PLAN_DEAD:
        return &flow->counts.dead;
    case PLAN_APPLIED:
        return &flow->counts.applied;
    case PLAN_DEFERRED:
        return &flow->counts.deferred;
    case PLAN_QUARANTINED:
        return &flow->counts.quarantined;
    case PLAN_REDIRECTED:
        return &flow->counts.redirected;
    }
    return &flow->counts.dead;
}

static enum log_level level_of(const struct plan *plan) {
    if (plan->outcome == PLAN_DEAD || plan->outcome == PLAN_REJECTED)
        return LOG_WARN;
    return plan->outcome == PLAN_QUARANTINED ? LOG_INFO : LOG_DEBUG;
}

/* Refusals are worth an operator's look; deliveries are not, unless asked for. Ids come from
 * outside and are quoted; the body never shows. */
void report_decision(struct flow *flow, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    bool is_refusal = plan->outcome == PLAN_DEAD || plan->outcome == PLAN_REJECTED;
    if (plan->child)
        flow->counts.children++;
    else
        ++*counter(flow, plan->outcome);
    flow->counts.repeats += parcel->is_repeat;
    meters_decision(flow, parcel);
    decision_write(flow, parcel);
    if (flow->parts.analytics.tell)
        analyse(flow, parcel);
    if (is_refusal && !parcel->is_told)
        return;
    char app[80], sender[300], recipient[300], policy[80], code[80], reason[400];
    log_line(level_of(plan), plan_outcome_name(plan->outcome),
             "message_id=%s app=%s sender=%s recipient=%s offset=%llu copies=%zu policy=%s code=%s "
             "reason=%s",
             plan->id.text, log_quote(app, sizeof app, plan->app),
             log_quote(sender, sizeof sender, plan->sender),
             log_quote(recipient, sizeof recipient, plan->recipient),
             (unsigned long long)plan->origin.offset, plan->copy_count,
             log_quote(policy, sizeof policy, plan->policy),
             log_quote(code, sizeof code, plan->code),
             log_quote(reason, sizeof reason, plan->reason));
}
