/* What becomes of a change that is no message: what a group is now, a receipt, a patch of a
 * conversation, its archiving, presence. Policies on its event may keep it from happening, and some
 * of them may change it; what they want said goes out as messages of their own. */
#include "flow/judge_inside.h"

struct change {
    enum policy_event event;
    struct span object;   /* as it came */
    struct span *changed; /* out: what policies made of it */
    struct group *group;  /* out: POLICY_GROUP, what is to be stored; else NULL */
};

/* ---- groups ---- */

/* A policy changes what a group is, never which. */
static enum judge_end keep_uid(struct judgement *at, struct span *changed, struct why *why) {
    struct plan *plan = at->plan;
    struct json_change uid = {.path = SPAN("uid"),
                              .value = json_quote(plan->arena, plan->recipient)};
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

/* ---- all of them ---- */

/* Presence has no other side, whatever its key has in that place. */
static bool has_other(const struct judgement *at, const struct change *change) {
    return change->event != POLICY_PRESENCE && at->plan->recipient.at;
}

/* For ctx.group and ctx.is_group. What a group is now says that itself. */
static enum judge_end find_group(struct judgement *at, const struct change *change,
                                 struct why *why) {
    struct plan *plan = at->plan;
    enum judge_end end = JUDGE_PLANNED;
    at->is_group = change->group != NULL;
    if (has_other(at, change) && !at->is_group) {
        end = judge_find_stored(at, why);
        at->is_group = at->stored || route_is_group_id(plan->recipient);
    }
    plan->is_group = at->is_group;
    return end;
}

static enum judge_end apply(struct judgement *at, const struct change *change, struct why *why) {
    enum judge_end end = JUDGE_PLANNED;
    *change->changed = at->verdict.body;
    if (at->verdict.is_rewritten) {
        at->plan->policy = at->verdict.policy;
        end = change->group ? keep_uid(at, change->changed, why) : JUDGE_PLANNED;
    }
    return change->group && end == JUDGE_PLANNED
               ? read_group(at, *change->changed, change->group, why)
               : end;
}

static enum judge_end follow_verdict(struct judgement *at, const struct change *change,
                                     struct why *why) {
    switch (at->verdict.verb) {
    case VERB_NONE:
        return apply(at, change, why);
    case VERB_REJECT:
        judge_take_verdict(at, PLAN_REJECTED);
        return JUDGE_PLANNED;
    case VERB_DROP:
        judge_take_verdict(at, PLAN_DROPPED);
        return JUDGE_PLANNED;
    case VERB_DEFER:
    case VERB_QUARANTINE:
        why_say(why, "a policy would have it wait");
        return judge_dead(at, "bad_message");
    case VERB_WAIT:
        break;
    }
    why_say(why, "%.*s", SPAN_ARGS(at->verdict.reason));
    return JUDGE_WAIT;
}

/* Whoever reads a reply patches the conversation with `system`, and may archive it: a reply to that
 * would be the next one's cause. */
static void end_circle(struct judgement *at, const struct change *change) {
    if (!has_other(at, change) || !span_is(at->plan->recipient, "system"))
        return;
    for (size_t i = 0; i < at->verdict.reply_count; i++)
        judge_cut(at, at->verdict.replies[i].policy, SPAN("reply_to_system"),
                  SPAN("nothing is replied to what is done to the conversation with system"));
    at->verdict.reply_count = 0;
}

static enum judge_end judge_all(struct judgement *at, const struct change *change,
                                struct why *why) {
    enum judge_end end = find_group(at, change, why);
    if (end == JUDGE_PLANNED) {
        judge_ask(at, change->event);
        end = follow_verdict(at, change, why);
    }
    if (end == JUDGE_PLANNED) {
        end_circle(at, change);
        end = judge_cause(at, why);
    }
    return end == JUDGE_PLANNED ? judge_children(at->family, why) : end;
}

static enum judge_end judge_whole(const struct judge *judge, struct plan *plan,
                                  const struct change *change, const char **code, struct why *why) {
    struct plan_wait before = plan->wait;
    struct family family = judge_family(judge, plan);
    struct judgement at = {.family = &family,
                           .judge = judge,
                           .plan = plan,
                           .body = change->object,
                           .trace = judge->trace};
    plan->outcome = PLAN_APPLIED;
    enum judge_end end = judge_all(&at, change, why);
    if (end == JUDGE_DEAD)
        *code = at.code;
    return judge_finish(&family, &before, end);
}

/* As if nobody were there to ask: receipts come as often as messages. */
static void apply_unasked(struct plan *plan) {
    plan->outcome = PLAN_APPLIED;
    plan->policy = plan->code = plan->reason = SPAN_NONE;
    plan->is_group = plan->recipient.at && route_is_group_id(plan->recipient);
    plan->generation = 0;
    plan->trace = NULL;
    plan->kv_count = plan->copy_count = 0;
}

enum judge_end judge_change(const struct judge *judge, struct plan *plan, enum policy_event event,
                            struct span object, struct span *changed, const char **code,
                            struct why *why) {
    struct change change = {.event = event, .object = object, .changed = changed};
    *changed = object;
    if (policy_set_asks(judge->policies, event, plan->app))
        return judge_whole(judge, plan, &change, code, why);
    apply_unasked(plan);
    return JUDGE_PLANNED;
}

enum judge_end judge_update(const struct judge *judge, struct plan *plan, struct span object,
                            struct span *changed, struct group *group, const char **code,
                            struct why *why) {
    struct change change = {
        .event = POLICY_GROUP, .object = object, .changed = changed, .group = group};
    return judge_whole(judge, plan, &change, code, why);
}
