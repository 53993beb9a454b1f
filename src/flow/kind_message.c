/* Messages: apps.APP.outgoing.users.U.messages.R.outgoing and the seed's form (protocol, section
 * 2). What becomes of one is the judge's to say (judge.h); here it is asked. */
#include "flow/kinds.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    return message_read(parcel->plan->arena, parcel->body, route_is_group_id(parcel->route.other),
                        &parcel->message, why) == 0
               ? OUTCOME_NEXT
               : OUTCOME_DEAD;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct asked asked = {.flow = flow, .parcel = parcel};
    struct judge judge = flow_judge(&asked);
    struct matter matter = {.message = parcel->message,
                            .is_released = parcel->waited == WAITED_RELEASED};
    enum outcome outcome =
        flow_judged(&asked, judge_message(&judge, parcel->plan, &matter, &parcel->code, why));
    if (outcome == OUTCOME_NEXT && parcel->plan->outcome == PLAN_REJECTED)
        refuse_judged(flow, parcel);
    return outcome;
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

const struct kind kind_message = {
    .name = "message", .knows_repeats = true, .parse = parse, .decide = decide, .refuse = refuse};
