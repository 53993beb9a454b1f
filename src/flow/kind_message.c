/* Messages: apps.APP.outgoing.users.U.messages.R.outgoing and the seed's form (protocol, section
 * 2). What becomes of one is the judge's to say (judge.h); here it is asked. */
#include "flow/kinds.h"

#include "flow/judge.h"
#include "words/check.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    return message_read(parcel->plan->arena, parcel->body, route_is_group_id(parcel->route.other),
                        &parcel->message, why) == 0
               ? OUTCOME_NEXT
               : OUTCOME_DEAD;
}

/* What the judge asks while it judges one message. */
struct asked {
    struct flow *flow;
    struct parcel *parcel;
};

/* A sender has a budget of copies to groups. The back ends' `system` has none. A message that is
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

static void skips(void *self, const struct plan *plan, struct span member) {
    (void)plan, (void)member;
    ((struct asked *)self)->flow->counts.skipped_members++;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct asked asked = {flow, parcel};
    struct judge judge = {
        .facts = flow->parts.facts,
        .policies = flow->policies,
        .fanout_max = flow->settings.fanout_max,
        .now_ms = parcel->plan->received_ms,
        .may_copy = may_copy,
        .skips = skips,
        .self = &asked,
    };
    struct matter matter = {.message = parcel->message};
    check(flow->policies);
    switch (judge_message(&judge, parcel->plan, &matter, &parcel->code, why)) {
    case JUDGE_PLANNED:
        if (parcel->plan->outcome == PLAN_REJECTED)
            refuse_judged(flow, parcel);
        return OUTCOME_NEXT;
    case JUDGE_DEAD:
        return OUTCOME_DEAD;
    case JUDGE_WAIT:
        return OUTCOME_WAIT;
    }
    return OUTCOME_WAIT;
}

/* The sender's own copy comes back with status -100 and the reason; it is kept in the sender's
 * timeline, and nobody else gets one. */
static void refuse(struct flow *flow, struct parcel *parcel, struct span code, struct span reason) {
    (void)flow;
    bool is_whole = !parcel->is_set_aside && parcel->body_size == parcel->body.size;
    judge_refuse(parcel->plan, &(struct refusal){.body = is_whole ? parcel->body : SPAN_NONE,
                                                 .timestamp = parcel->message.timestamp,
                                                 .code = code,
                                                 .reason = reason});
}

const struct kind kind_message = {"message", parse, decide, refuse};
