/* What becomes of a group that a back end says is so now: policies on the event `group` may change
 * it, or keep it from being stored. */
#include "flow/judge_inside.h"

/* A policy changes what a group is, never which. */
static enum judge_end keep_uid(struct judgement *at, struct span *changed, struct why *why) {
    struct plan *plan = at->plan;
    struct json_change uid = {.path = SPAN("uid"),
                              .value = json_quote(plan->arena, plan->recipient)};
    *changed = at->verdict.body;
    if (!at->verdict.is_rewritten)
        return JUDGE_PLANNED;
    plan->policy = at->verdict.policy;
    return json_splice(plan->arena, at->verdict.body, &uid, 1, changed, why) == 0
               ? JUDGE_PLANNED
               : judge_dead(at, "bad_message");
}

/* What is stored is the group without its `notification`, which is for this once. */
static enum judge_end read_group(struct judgement *at, struct span changed, struct group *group,
                                 struct why *why) {
    struct json_change no_notification = {.path = SPAN("notification"), .unset = true};
    struct arena *arena = at->plan->arena;
    struct span kept;
    if (json_splice(arena, changed, &no_notification, 1, &kept, why) != 0 ||
        group_read(arena, kept, group, why) != 0)
        return judge_dead(at, "bad_message");
    at->family->news = group;
    return JUDGE_PLANNED;
}

static enum judge_end follow_verdict(struct judgement *at, struct span *changed,
                                     struct group *group, struct why *why) {
    enum judge_end end;
    switch (at->verdict.verb) {
    case VERB_NONE:
        end = keep_uid(at, changed, why);
        return end == JUDGE_PLANNED ? read_group(at, *changed, group, why) : end;
    case VERB_REJECT:
        judge_take_verdict(at, PLAN_REJECTED);
        return JUDGE_PLANNED;
    case VERB_DROP:
        judge_take_verdict(at, PLAN_DROPPED);
        return JUDGE_PLANNED;
    case VERB_DEFER:
    case VERB_QUARANTINE:
        why_say(why, "a policy would have the group wait");
        return judge_dead(at, "bad_message");
    case VERB_WAIT:
        break;
    }
    why_say(why, "%.*s", SPAN_ARGS(at->verdict.reason));
    return JUDGE_WAIT;
}

enum judge_end judge_update(const struct judge *judge, struct plan *plan, struct span object,
                            struct span *changed, struct group *group, const char **code,
                            struct why *why) {
    struct plan_wait before = plan->wait;
    struct family family = judge_family(judge, plan);
    struct judgement at = {.family = &family,
                           .judge = judge,
                           .plan = plan,
                           .is_group = true,
                           .body = object,
                           .trace = judge->trace};
    plan->outcome = PLAN_APPLIED;
    plan->is_group = true;
    judge_ask(&at, POLICY_GROUP);
    enum judge_end end = follow_verdict(&at, changed, group, why);
    if (end == JUDGE_PLANNED)
        end = judge_cause(&at, why);
    if (end == JUDGE_PLANNED)
        end = judge_children(&family, why);
    if (end == JUDGE_DEAD)
        *code = at.code;
    return judge_finish(&family, &before, end);
}
