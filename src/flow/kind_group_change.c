/* Changes of groups: apps.observer.APP.groups.change (meaning/group_change.h says what stands
 * there, and who may). Only a back end's token can write there; the HTTP API does.
 *
 * The stored group is changed and stored again, asked of policies on the event `group`; then
 * members are told, in this order: the update (...groups.G.clientupdated), what asks for the
 * newcomers' history (kind_history.c), and what `system` writes to the group (group_telling.c). The
 * last two come back as traffic, behind all that was taken before, and are judged as such.
 *
 * What is refused is stored as such, for who waits with a ticket; nobody else is told, and there is
 * no dead letter: it was understood. A caller has the budget of who changes facts (`changes`);
 * admins, as back ends are, have none. `system` has no budget of copies (ask_judge.c): what it
 * writes, the updates and the histories spend of the caller's, as its own messages to groups do. */
#include "flow/kinds.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct group_change *change = arena_array(plan->arena, 1, sizeof *change);
    if (group_change_read(plan->arena, parcel->body, change, why) != 0)
        return OUTCOME_DEAD;
    parcel->change = change;
    plan->sender = change->caller;
    plan->recipient = change->group_id;
    parcel->is_limited =
        !change->is_admin && !sender_may(flow, flow->changes, parcel, flow->settings.changes, 1);
    return OUTCOME_NEXT;
}

static enum outcome refused(struct flow *flow, struct parcel *parcel, const char *code,
                            const struct why *why) {
    struct plan *plan = parcel->plan;
    refuse_children(plan);
    plan->letter_count = plan->effect_count = 0;
    plan->outcome = PLAN_REJECTED;
    plan->code = span_of(code);
    plan->reason = arena_copy(plan->arena, span_of(why->words));
    refuse_judged(flow, parcel);
    return OUTCOME_NEXT;
}

/* ---- deciding ---- */

/* NEXT with `*stored` NULL: there is no such group. */
static enum outcome find_stored(struct flow *flow, struct plan *plan, const struct group **stored,
                                struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    *stored = NULL;
    switch (facts->group(facts->self, plan->arena, plan->app, plan->recipient, group)) {
    case FACT_UNAVAILABLE:
        why_say(why, "groups cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        *stored = group;
        break;
    case FACT_ABSENT:
        break;
    }
    return OUTCOME_NEXT;
}

/* A group that was never stored (its members stood in the messages) has a past all the same, and
 * who makes it theirs could have it shown to whom they like. */
static enum outcome find_past(struct flow *flow, struct plan *plan, bool *has_past,
                              struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    struct fact_conversation past;
    *has_past = false;
    if (unstored_changes_conversation(flow, plan->app, plan->recipient))
        return unstored_wait(flow);
    switch (facts->conversation(facts->self, plan->arena, plan->app, plan->recipient,
                                plan->recipient, &past)) {
    case FACT_UNAVAILABLE:
        why_say(why, "conversations cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        *has_past = true;
        break;
    case FACT_ABSENT:
        break;
    }
    return OUTCOME_NEXT;
}

/* What is known of it; NEXT with `*code`: it is refused already. */
static enum outcome look(struct flow *flow, struct parcel *parcel, const struct group **stored,
                         const char **code, struct why *why) {
    struct plan *plan = parcel->plan;
    const struct group_change *change = parcel->change;
    bool has_past = false;
    enum outcome outcome = find_stored(flow, plan, stored, why);
    if (outcome == OUTCOME_NEXT && !*stored && change->kind == GROUP_CREATE && !change->is_admin)
        outcome = find_past(flow, plan, &has_past, why);
    if (outcome == OUTCOME_NEXT && has_past) {
        *code = "unauthorized";
        why_say(why, "Unauthorized");
    }
    return outcome;
}

/* Everybody may leave, once for each time that somebody paid for the join. What would be more than
 * there ever is takes all. */
static bool may_cause(struct flow *flow, const struct parcel *parcel, size_t copies) {
    const struct group_change *change = parcel->change;
    struct bucket_limit limit = flow->settings.copies;
    bool leaves = change->kind == GROUP_LEAVE && span_equal(change->member_id, change->caller);
    return change->is_admin || leaves ||
           sender_may(flow, flow->copies, parcel, limit,
                      copies < limit.burst ? (uint32_t)copies : limit.burst);
}

static enum outcome apply(struct flow *flow, struct parcel *parcel, struct group_telling *telling,
                          struct why *why) {
    struct plan *plan = parcel->plan;
    if (plan->outcome == PLAN_REJECTED)
        refuse_judged(flow, parcel);
    if (plan->outcome != PLAN_APPLIED)
        return OUTCOME_NEXT;
    if (group_tell(telling, why) != 0)
        return refused(flow, parcel, "too_large", why);
    if (!may_cause(flow, parcel, telling->copies)) {
        why_say(why, "more than %u copies a minute", flow->settings.copies.per_minute);
        return refused(flow, parcel, "rate_limited", why);
    }
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_GROUP, .group = telling->now});
    return OUTCOME_NEXT;
}

static enum outcome judge(struct flow *flow, struct parcel *parcel, const struct group *stored,
                          const struct group_changed *changed, struct why *why) {
    struct plan *plan = parcel->plan;
    struct asked asked = {.flow = flow, .parcel = parcel};
    struct judge asks = flow_judge(&asked);
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    struct group_telling telling = {.flow = flow,
                                    .plan = plan,
                                    .change = parcel->change,
                                    .changed = changed,
                                    .before = stored,
                                    .now = group};
    enum outcome outcome =
        flow_judged(&asked, judge_update(&asks, plan, changed->object, &telling.object, group,
                                         &parcel->code, why));
    return outcome == OUTCOME_NEXT ? apply(flow, parcel, &telling, why) : outcome;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    const struct group *stored;
    struct group_changed changed;
    const char *code = NULL;
    plan->letter_count = plan->effect_count = 0;
    if (parcel->is_limited) {
        why_say(why, "more than %u changes a minute", flow->settings.changes.per_minute);
        return refused(flow, parcel, "rate_limited", why);
    }
    enum outcome outcome = look(flow, parcel, &stored, &code, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    if (code || group_change_apply(plan->arena, parcel->change, plan->app, stored,
                                   plan->received_ms, &changed, &code, why) != 0)
        return refused(flow, parcel, code, why);
    return judge(flow, parcel, stored, &changed, why);
}

const struct kind kind_group_change = {.name = "group_change",
                                       .knows_repeats = true,
                                       .parse = parse,
                                       .decide = decide,
                                       .refuse = refuse_silently};
