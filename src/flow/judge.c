/* The way of one judgement: is it a group's, what do the policies say, who gets a copy. */
#include "flow/judge_inside.h"

#include "words/check.h"

struct policy_question judge_question(struct judgement *at, enum policy_event event) {
    return (struct policy_question){
        .event = event,
        .body = at->body,
        .app = at->plan->app,
        .sender = at->plan->sender,
        .recipient = event == POLICY_PRESENCE ? SPAN_NONE : at->plan->recipient,
        .is_group = at->is_group,
        .group = at->stored,
        .message_id = span_of(at->plan->id.text),
        .now_ms = at->judge->now_ms,
        .deferred = at->plan->wait.times,
        .hops = at->plan->hops,
        .is_released = at->matter && at->matter->is_released,
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
    const struct plan *plan = at->plan;
    if (!route_is_group_id(plan->recipient)) {
        why_say(why, "channel_type is group, and the recipient is no group");
        return judge_dead(at, "bad_message");
    }
    if (!plan->child || at->matter->message.has_inline_group)
        return JUDGE_PLANNED;
    why_say(why, "no such group is stored");
    return judge_dead(at, "unknown_group");
}

/* The group that the root changes, where it is this one; in the child's own arena, which may
 * outlive the root's. */
static const struct group *find_news(const struct judgement *at) {
    const struct group *news = at->family->news;
    struct arena *arena = at->plan->arena;
    if (!news || !span_equal(news->id, at->plan->recipient))
        return NULL;
    struct group *own = arena_array(arena, 1, sizeof *own);
    *own = (struct group){.id = arena_copy(arena, news->id),
                          .owner = news->owner.at ? arena_copy(arena, news->owner) : SPAN_NONE,
                          .member_count = news->member_count,
                          .json = arena_copy(arena, news->json)};
    own->members = arena_array(arena, news->member_count, sizeof *own->members);
    for (size_t i = 0; i < news->member_count; i++)
        own->members[i] = arena_copy(arena, news->members[i]);
    return own;
}

enum judge_end judge_find_stored(struct judgement *at, struct why *why) {
    const struct facts *facts = &at->judge->facts;
    struct plan *plan = at->plan;
    struct group *found = arena_array(plan->arena, 1, sizeof *found);
    enum fact fact = facts->group(facts->self, plan->arena, plan->app, plan->recipient, found);
    at->stored = fact == FACT_FOUND ? found : NULL;
    if (fact != FACT_UNAVAILABLE)
        return JUDGE_PLANNED;
    why_say(why, "the group's members cannot be read");
    return JUDGE_WAIT;
}

/* A stored group is never overridden by one that a message brings along. */
static enum judge_end find_group(struct judgement *at, struct why *why) {
    at->is_group = at->matter->message.says_group || route_is_group_id(at->plan->recipient);
    if (!at->is_group)
        return JUDGE_PLANNED;
    at->stored = find_news(at);
    if (at->stored)
        return JUDGE_PLANNED;
    enum judge_end end = judge_find_stored(at, why);
    return end != JUDGE_PLANNED || at->stored ? end : check_is_group(at, why);
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
    plan->body = at->as_it_came = message_stamp(plan->arena, body, &at->stamp);
}

/* The family has one budget for what is asked once for each message. */
void judge_ask(struct judgement *at, enum policy_event event) {
    struct family *family = at->family;
    struct policy_question asked = judge_question(at, event);
    at->event = event;
    at->share = policy_share_start(at->judge->policies, 0);
    at->share.units = family->units;
    at->share.trace = at->trace;
    policy_decide(at->judge->policies, at->plan->arena, &asked, &at->verdict);
    family->units = at->share.units;
    at->plan->generation = policy_set_generation(at->judge->policies);
}

/* Identity is stamped again after a rewrite, so that no policy can have changed it. */
static void ask_policies(struct judgement *at) {
    struct plan *plan = at->plan;
    at->body = message_with_status(plan->arena, plan->body, STATUS_SENT);
    judge_ask(at, POLICY_MESSAGE);
    if (at->verdict.is_rewritten) {
        at->body = at->verdict.body;
        plan->body = message_stamp(plan->arena, at->body, &at->stamp);
        plan->policy = at->verdict.policy;
    }
}

void judge_take_verdict(struct judgement *at, enum plan_outcome outcome) {
    at->plan->outcome = outcome;
    at->plan->policy = at->verdict.policy;
    at->plan->code = at->verdict.code;
    at->plan->reason = at->verdict.reason;
}

/* Its sender has a copy of what was dropped, or goes to somebody else. */
static void take_outcome(struct judgement *at) {
    if (at->verdict.verb == VERB_DROP)
        judge_take_verdict(at, PLAN_DROPPED);
    if (at->plan->outcome == PLAN_REDIRECTED) {
        at->plan->policy = at->verdict.redirect_policy;
        at->plan->reason = arena_print(at->plan->arena, "to %.*s", SPAN_ARGS(at->verdict.redirect));
    }
}

static enum judge_end forward(struct judgement *at, struct why *why) {
    struct plan *plan = at->plan;
    bool goes_elsewhere =
        at->verdict.redirect.at && !span_equal(at->verdict.redirect, plan->recipient);
    plan->outcome = goes_elsewhere ? PLAN_REDIRECTED : PLAN_DELIVERED;
    enum judge_end end = at->is_group ? judge_group(at, why) : judge_direct(at, why);
    if (end != JUDGE_PLANNED)
        return end;
    plan->updates_conversation = at->matter->message.updates_conversation;
    take_outcome(at);
    return JUDGE_PLANNED;
}

/* A message that may pass goes on, unless another of its pair waits. */
static enum judge_end pass(struct judgement *at, struct why *why) {
    bool is_behind;
    enum judge_end end = judge_behind(at, &is_behind, why);
    return end != JUDGE_PLANNED || is_behind ? end : forward(at, why);
}

void judge_refuse(struct plan *plan, const struct refusal *refusal) {
    struct why ignored;
    if (plan->child || !judge_key_fits(plan, plan->sender, plan->recipient, &ignored))
        return;
    struct stamp stamp = make_stamp(plan, refusal->timestamp);
    plan->body =
        message_refused(plan->arena, refusal->body, &stamp, refusal->code, refusal->reason);
    plan->copies = arena_array(plan->arena, 1, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, plan->recipient, STATUS_FAILED};
    plan->copy_count = 1;
}

void judge_reject(struct judgement *at, struct span code, struct span reason) {
    const struct message *message = &at->matter->message;
    at->verdict.verb = VERB_REJECT;
    at->verdict.code = code;
    at->verdict.reason = reason;
    judge_take_verdict(at, PLAN_REJECTED);
    at->plan->body = (struct stamped){SPAN_NONE, SPAN_NONE};
    judge_refuse(at->plan, &(struct refusal){.body = message->body,
                                             .timestamp = message->timestamp,
                                             .code = code,
                                             .reason = reason});
}

static enum judge_end follow_verdict(struct judgement *at, struct why *why) {
    switch (at->verdict.verb) {
    case VERB_NONE:
        return pass(at, why);
    case VERB_DROP:
        return forward(at, why);
    case VERB_REJECT:
        judge_reject(at, at->verdict.code, at->verdict.reason);
        return JUDGE_PLANNED;
    case VERB_DEFER:
        return judge_defer(at, why);
    case VERB_QUARANTINE:
        return judge_quarantine(at);
    case VERB_WAIT:
        why_say(why, "%.*s", SPAN_ARGS(at->verdict.reason));
        return JUDGE_WAIT;
    }
    return JUDGE_WAIT;
}

/* Nobody is told of a child that cannot be sent; its plan says why. */
static void bury_child(struct judgement *at, const struct why *why) {
    struct plan *plan = at->plan;
    plan->outcome = PLAN_DEAD;
    plan->copy_count = 0;
    plan->body = (struct stamped){SPAN_NONE, SPAN_NONE};
    plan->code = span_of(at->code);
    plan->reason = arena_copy(plan->arena, span_of(why->words));
}

enum judge_end judge_one(struct judgement *at, struct why *why) {
    enum judge_end end = find_group(at, why);
    if (end == JUDGE_PLANNED) {
        stamp_body(at);
        ask_policies(at);
        end = follow_verdict(at, why);
    }
    at->plan->is_group = at->is_group;
    if (end != JUDGE_DEAD || !at->plan->child)
        return end;
    bury_child(at, why);
    return JUDGE_PLANNED;
}

enum judge_end judge_message(const struct judge *judge, struct plan *plan,
                             const struct matter *matter, const char **code, struct why *why) {
    struct plan_wait before = plan->wait;
    struct family family = judge_family(judge, plan);
    struct judgement at = {
        .family = &family, .judge = judge, .matter = matter, .plan = plan, .trace = judge->trace};
    enum judge_end end = judge_one(&at, why);
    if (end == JUDGE_PLANNED)
        end = judge_cause(&at, why);
    if (end == JUDGE_PLANNED)
        end = judge_children(&family, why);
    if (end == JUDGE_DEAD)
        *code = at.code;
    return judge_finish(&family, &before, end);
}
