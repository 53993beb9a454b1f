/* The way of one judgement: is it a group's, what do the policies say, who gets a copy. */
#include "flow/judge_inside.h"

#include "words/check.h"

struct policy_question judge_question(struct judgement *at, enum policy_event event) {
    return (struct policy_question){
        .event = event,
        .body = at->body,
        .app = at->plan->app,
        .sender = at->plan->sender,
        .recipient = at->plan->recipient,
        .is_group = at->is_group,
        .group = at->stored,
        .now_ms = at->judge->now_ms,
        .share = &at->share,
    };
}

enum judge_end judge_dead(struct judgement *at, const char *code) {
    at->code = code;
    return JUDGE_DEAD;
}

bool judge_key_fits(const struct plan *plan, struct span owner, struct span other,
                    struct why *why) {
    struct span key;
    return route_inbox(plan->arena, plan->form, plan->app, owner, other, &key, why) == 0;
}

/* A group's id has "group-" in it, or it is that of a stored group. Whoever else is the recipient
 * is a person: calling the message a group's would get it past what is decided about persons. */
static enum judge_end check_is_group(struct judgement *at, struct why *why) {
    if (route_is_group_id(at->plan->recipient))
        return JUDGE_PLANNED;
    why_say(why, "channel_type is group, and the recipient is no group");
    return judge_dead(at, "bad_message");
}

/* A stored group is never overridden by one that a message brings along. */
static enum judge_end find_group(struct judgement *at, struct why *why) {
    const struct facts *facts = &at->judge->facts;
    struct plan *plan = at->plan;
    at->is_group = at->matter->message.says_group || route_is_group_id(plan->recipient);
    if (!at->is_group)
        return JUDGE_PLANNED;
    struct group *found = arena_array(plan->arena, 1, sizeof *found);
    switch (facts->group(facts->self, plan->arena, plan->app, plan->recipient, found)) {
    case FACT_UNAVAILABLE:
        why_say(why, "the group's members cannot be read");
        return JUDGE_WAIT;
    case FACT_FOUND:
        at->stored = found;
        return JUDGE_PLANNED;
    case FACT_ABSENT:
        break;
    }
    return check_is_group(at, why);
}

static struct stamp make_stamp(const struct plan *plan, int64_t timestamp) {
    return (struct stamp){
        .id = plan->id,
        .sender = plan->sender,
        .recipient = plan->recipient,
        .app = plan->app,
        .timestamp = timestamp ? timestamp : plan->received_ms,
    };
}

static void stamp_body(struct judgement *at) {
    struct plan *plan = at->plan;
    const struct message *message = &at->matter->message;
    struct span body = message->body;
    if (at->is_group && !at->stored && message->has_inline_group)
        body = message_with_group(plan->arena, body, plan->recipient, plan->sender);
    at->stamp = make_stamp(plan, message->timestamp);
    plan->body = message_stamp(plan->arena, body, &at->stamp);
}

/* Identity is stamped again after a rewrite, so that no policy can have changed it. */
static void ask_policies(struct judgement *at) {
    struct policy_set *policies = at->judge->policies;
    struct plan *plan = at->plan;
    at->body = message_with_status(plan->arena, plan->body, STATUS_SENT);
    struct policy_question asked = judge_question(at, POLICY_MESSAGE);
    plan->generation = policy_set_generation(policies);
    at->share = policy_share_start(policies, 0);
    policy_decide(policies, plan->arena, &asked, &at->verdict);
    if (at->verdict.is_rewritten) {
        at->body = at->verdict.body;
        plan->body = message_stamp(plan->arena, at->body, &at->stamp);
        plan->policy = at->verdict.policy;
    }
}

static void take_verdict(struct judgement *at, enum plan_outcome outcome) {
    at->plan->outcome = outcome;
    at->plan->policy = at->verdict.policy;
    at->plan->code = at->verdict.code;
    at->plan->reason = at->verdict.reason;
}

static enum judge_end forward(struct judgement *at, struct why *why) {
    enum judge_end end = at->is_group ? judge_group(at, why) : judge_direct(at, why);
    if (end != JUDGE_PLANNED)
        return end;
    at->plan->updates_conversation = at->matter->message.updates_conversation;
    if (at->verdict.verb == VERB_DROP)
        take_verdict(at, PLAN_DROPPED);
    return JUDGE_PLANNED;
}

void judge_refuse(struct plan *plan, const struct refusal *refusal) {
    struct why ignored;
    if (!judge_key_fits(plan, plan->sender, plan->recipient, &ignored))
        return;
    struct stamp stamp = make_stamp(plan, refusal->timestamp);
    plan->body =
        message_refused(plan->arena, refusal->body, &stamp, refusal->code, refusal->reason);
    plan->copies = arena_array(plan->arena, 1, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, plan->recipient, STATUS_FAILED};
    plan->copy_count = 1;
}

static void reject(struct judgement *at) {
    const struct message *message = &at->matter->message;
    take_verdict(at, PLAN_REJECTED);
    at->plan->body = (struct stamped){SPAN_NONE, SPAN_NONE};
    judge_refuse(at->plan, &(struct refusal){.body = message->body,
                                             .timestamp = message->timestamp,
                                             .code = at->verdict.code,
                                             .reason = at->verdict.reason});
}

static enum judge_end follow_verdict(struct judgement *at, struct why *why) {
    switch (at->verdict.verb) {
    case VERB_NONE:
    case VERB_DROP:
        return forward(at, why);
    case VERB_REJECT:
        reject(at);
        return JUDGE_PLANNED;
    case VERB_DEFER:
    case VERB_QUARANTINE:
        check(!"no policy can say so yet");
        return JUDGE_WAIT;
    case VERB_WAIT:
        why_say(why, "%.*s", SPAN_ARGS(at->verdict.reason));
        return JUDGE_WAIT;
    }
    return JUDGE_WAIT;
}

enum judge_end judge_message(const struct judge *judge, struct plan *plan,
                             const struct matter *matter, const char **code, struct why *why) {
    struct judgement at = {.judge = judge, .matter = matter, .plan = plan};
    plan->outcome = PLAN_DELIVERED;
    plan->copy_count = 0;
    enum judge_end end = find_group(&at, why);
    if (end == JUDGE_PLANNED) {
        stamp_body(&at);
        ask_policies(&at);
        end = follow_verdict(&at, why);
    }
    if (end == JUDGE_DEAD)
        *code = at.code;
    return end;
}
