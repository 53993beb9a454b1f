/* Messages: apps.APP.outgoing.users.U.messages.R.outgoing and the seed's form (protocol, section
 * 2).
 *
 * A direct message has two copies, the sender's (100) and the recipient's (150). A message to a
 * group has one per member (150) and the group's own (100). `plan_direct` and `plan_group` decide
 * where a message goes; the policies decide whether it goes, and as what. */
#include "flow/kinds.h"

#include "words/check.h"
#include "words/log.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    return message_read(parcel->plan->arena, parcel->body, route_is_group_id(parcel->route.other),
                        &parcel->message, why) == 0
               ? OUTCOME_NEXT
               : OUTCOME_DEAD;
}

/* What one message is decided by. */
struct matter {
    struct flow *flow;
    struct parcel *parcel;
    struct plan *plan;
    bool is_group;
    const struct group *stored; /* NULL: the group is not stored, or it is no group message */
    struct group inline_group;
    struct stamp stamp;
    struct span body; /* stamped, whole, as the policies see it */
    struct policy_share share;
    struct verdict verdict;
};

/* A group's id has "group-" in it, or it is that of a stored group. Whoever else is the recipient
 * is a person: calling the message a group's would get it past what is decided about persons. */
static enum outcome check_is_group(struct matter *matter, struct why *why) {
    if (matter->stored || route_is_group_id(matter->plan->recipient))
        return OUTCOME_NEXT;
    why_say(why, "channel_type is group, and the recipient is no group");
    return OUTCOME_DEAD;
}

/* A stored group is never overridden by one that a message brings along. */
static enum outcome find_group(struct matter *matter, struct why *why) {
    struct parcel *parcel = matter->parcel;
    const struct facts *facts = &matter->flow->parts.facts;
    struct group *found = arena_array(matter->plan->arena, 1, sizeof *found);
    switch (facts->group(facts->self, matter->plan->arena, parcel->route.app, parcel->route.other,
                         found)) {
    case FACT_UNAVAILABLE:
        why_say(why, "the group's members cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        matter->stored = found;
        return OUTCOME_NEXT;
    case FACT_ABSENT:
        break;
    }
    return check_is_group(matter, why);
}

static struct stamp make_stamp(const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    return (struct stamp){
        .id = plan->id,
        .sender = plan->sender,
        .recipient = plan->recipient,
        .app = plan->app,
        .timestamp = parcel->message.timestamp ? parcel->message.timestamp : plan->received_ms,
    };
}

static void stamp_body(struct matter *matter) {
    struct parcel *parcel = matter->parcel;
    struct arena *arena = matter->plan->arena;
    struct span body = parcel->message.body;
    if (matter->is_group && !matter->stored && parcel->message.has_inline_group)
        body = message_with_group(arena, body, parcel->route.other, parcel->route.user);
    matter->stamp = make_stamp(parcel);
    matter->plan->body = message_stamp(arena, body, &matter->stamp);
}

static struct policy_question question(struct matter *matter, enum policy_event event) {
    return (struct policy_question){
        .event = event,
        .body = matter->body,
        .app = matter->plan->app,
        .sender = matter->plan->sender,
        .recipient = matter->plan->recipient,
        .is_group = matter->is_group,
        .group = matter->stored,
        .now_ms = matter->plan->received_ms,
        .share = &matter->share,
    };
}

/* Identity is stamped again after a rewrite, so that no policy can have changed it. */
static void ask_policies(struct matter *matter) {
    struct flow *flow = matter->flow;
    struct plan *plan = matter->plan;
    matter->body = message_with_status(plan->arena, plan->body, STATUS_SENT);
    struct policy_question asked = question(matter, POLICY_MESSAGE);
    plan->generation = policy_set_generation(flow->policies);
    matter->share = policy_share_start(flow->policies, 0);
    policy_decide(flow->policies, plan->arena, &asked, &matter->verdict);
    if (matter->verdict.is_rewritten) {
        matter->body = matter->verdict.body;
        plan->body = message_stamp(plan->arena, matter->body, &matter->stamp);
        plan->policy = matter->verdict.policy;
    }
}

/* Does the inbox key of `owner` in the conversation with `other` fit? */
static bool key_fits(const struct plan *plan, struct span owner, struct span other,
                     struct why *why) {
    struct span key;
    return route_inbox(plan->arena, plan->form, plan->app, owner, other, &key, why) == 0;
}

/* The sender's copy first, then the recipient's: both keys are as long, so one check does. */
static enum outcome plan_direct(struct matter *matter, struct why *why) {
    struct plan *plan = matter->plan;
    if (!key_fits(plan, plan->recipient, plan->sender, why)) {
        matter->parcel->code = "key_too_long";
        return OUTCOME_DEAD;
    }
    plan->copies = arena_array(plan->arena, 2, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, plan->recipient, STATUS_SENT};
    plan->copies[1] = (struct plan_copy){plan->recipient, plan->sender, STATUS_DELIVERED};
    plan->copy_count = matter->verdict.verb == VERB_DROP ? 1 : 2;
    return OUTCOME_NEXT;
}

/* Who is in the group: the stored one's members, else the inline one's and the sender, else the
 * sender alone; and always the group itself, whose timeline is the group's history. */
static void find_members(struct matter *matter, struct group *members) {
    struct plan *plan = matter->plan;
    const struct message *message = &matter->parcel->message;
    if (matter->stored)
        *members = *matter->stored;
    else if (message->has_inline_group)
        *members = message->inline_group;
    else
        *members = (struct group){.member_count = 0};
    if (!matter->stored)
        group_add(plan->arena, members, plan->sender);
    group_add(plan->arena, members, plan->recipient);
}

/* May this member have a copy? Policies on the event `copy` may leave out just this one. All copies
 * are judged on one budget; if that runs dry the message is refused whole, rather than some members
 * left out. */
static enum outcome ask_copy(struct matter *matter, struct span member, bool *gets_it,
                             struct why *why) {
    struct policy_question asked = question(matter, POLICY_COPY);
    struct verdict verdict;
    asked.owner = member;
    policy_decide(matter->flow->policies, matter->plan->arena, &asked, &verdict);
    *gets_it = verdict.verb == VERB_NONE;
    if (verdict.verb == VERB_WAIT) {
        why_say(why, "%.*s", SPAN_ARGS(verdict.reason));
        return OUTCOME_WAIT;
    }
    if (matter->share.is_spent) {
        why_say(why, "judging its copies takes more than one message may cost");
        matter->parcel->code = "too_costly";
        return OUTCOME_DEAD;
    }
    return OUTCOME_NEXT;
}

static bool is_group_itself(const struct plan *plan, struct span member) {
    return span_equal(member, plan->recipient);
}

/* A dropped message is seen by its sender alone, as if it had gone out. */
static bool is_left_out(const struct matter *matter, struct span member) {
    return matter->verdict.verb == VERB_DROP && !span_equal(member, matter->plan->sender);
}

static void skip(struct matter *matter, struct span member) {
    char group[300], who[300];
    matter->flow->counts.skipped_members++;
    log_line(LOG_WARN, "skipped_member",
             "message_id=%s group=%s member=%s reason=\"the inbox key would be over 255 bytes\"",
             matter->plan->id.text, log_quote(group, sizeof group, matter->plan->recipient),
             log_quote(who, sizeof who, member));
}

static enum outcome plan_member(struct matter *matter, struct span member, bool asks,
                                struct why *why) {
    struct plan *plan = matter->plan;
    struct why ignored;
    bool gets_it = true;
    if (is_left_out(matter, member))
        return OUTCOME_NEXT;
    if (!key_fits(plan, member, plan->recipient, &ignored)) {
        skip(matter, member);
        return OUTCOME_NEXT;
    }
    enum outcome outcome = OUTCOME_NEXT;
    if (asks && !is_group_itself(plan, member))
        outcome = ask_copy(matter, member, &gets_it, why);
    if (outcome == OUTCOME_NEXT && gets_it)
        plan->copies[plan->copy_count++] =
            (struct plan_copy){member, plan->recipient,
                               is_group_itself(plan, member) ? STATUS_SENT : STATUS_DELIVERED};
    return outcome;
}

/* One message to a large group is as much work as thousands of messages: a sender has a budget of
 * copies. The back ends' `system` has none. */
static bool may_cause(struct matter *matter, size_t copies, struct why *why) {
    struct flow *flow = matter->flow;
    struct parcel *parcel = matter->parcel;
    if (!parcel->has_paid && !span_is(matter->plan->sender, "system"))
        parcel->has_paid =
            sender_may(flow, flow->copies, parcel, flow->settings.copies, (uint32_t)copies);
    if (parcel->has_paid || span_is(matter->plan->sender, "system"))
        return true;
    why_say(why, "more than %u copies a minute", flow->settings.copies.per_minute);
    parcel->code = "rate_limited";
    return false;
}

static enum outcome plan_group(struct matter *matter, struct why *why) {
    struct plan *plan = matter->plan;
    struct group members;
    if (!key_fits(plan, plan->recipient, plan->recipient, why)) {
        matter->parcel->code = "key_too_long";
        return OUTCOME_DEAD;
    }
    find_members(matter, &members);
    if (members.member_count * matter->body.size > matter->flow->settings.fanout_max) {
        why_say(why, "%zu bytes for %zu members are more than one message may cause",
                matter->body.size, members.member_count);
        matter->parcel->code = "too_large";
        return OUTCOME_DEAD;
    }
    if (!may_cause(matter, members.member_count, why))
        return OUTCOME_DEAD;
    plan->copies = arena_array(plan->arena, members.member_count, sizeof *plan->copies);
    plan->copy_count = 0;
    bool asks = policy_set_asks(matter->flow->policies, POLICY_COPY, plan->app);
    enum outcome outcome = OUTCOME_NEXT;
    matter->share = policy_share_start(matter->flow->policies, members.member_count);
    for (size_t i = 0; i < members.member_count && outcome == OUTCOME_NEXT; i++)
        outcome = plan_member(matter, members.members[i], asks, why);
    return outcome;
}

static enum outcome forward(struct matter *matter, struct why *why) {
    struct plan *plan = matter->plan;
    enum outcome outcome = matter->is_group ? plan_group(matter, why) : plan_direct(matter, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    plan->updates_conversation = matter->parcel->message.updates_conversation;
    if (matter->verdict.verb != VERB_DROP)
        return OUTCOME_NEXT;
    plan->outcome = PLAN_DROPPED;
    plan->policy = matter->verdict.policy;
    plan->code = matter->verdict.code;
    plan->reason = matter->verdict.reason;
    return OUTCOME_NEXT;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct matter matter = {.flow = flow, .parcel = parcel, .plan = parcel->plan};
    matter.is_group = parcel->message.says_group || route_is_group_id(parcel->route.other);
    matter.plan->copy_count = 0;
    check(flow->policies);
    enum outcome outcome = matter.is_group ? find_group(&matter, why) : OUTCOME_NEXT;
    if (outcome != OUTCOME_NEXT)
        return outcome;
    stamp_body(&matter);
    ask_policies(&matter);
    switch (matter.verdict.verb) {
    case VERB_NONE:
    case VERB_DROP:
        return forward(&matter, why);
    case VERB_REJECT:
        refuse_rejected(flow, parcel, &matter.verdict);
        return OUTCOME_NEXT;
    case VERB_DEFER:
    case VERB_QUARANTINE:
        check(!"no policy can say so yet");
        return OUTCOME_DEAD;
    case VERB_WAIT:
        why_say(why, "%.*s", SPAN_ARGS(matter.verdict.reason));
        return OUTCOME_WAIT;
    }
    return OUTCOME_NEXT;
}

/* The sender's own copy comes back with status -100 and the reason, where its key fits; it is kept
 * in the sender's timeline, and nobody else gets one. */
static void refuse(struct flow *flow, struct parcel *parcel, struct span code, struct span reason) {
    (void)flow;
    struct plan *plan = parcel->plan;
    struct why ignored;
    if (!key_fits(plan, plan->sender, plan->recipient, &ignored))
        return;
    struct stamp stamp = make_stamp(parcel);
    struct span body =
        parcel->is_set_aside || parcel->body_size > parcel->body.size ? SPAN_NONE : parcel->body;
    plan->body = message_refused(plan->arena, body, &stamp, code, reason);
    plan->copies = arena_array(plan->arena, 1, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, plan->recipient, STATUS_FAILED};
    plan->copy_count = 1;
}

const struct kind kind_message = {"message", parse, decide, refuse};
