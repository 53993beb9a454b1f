#include "flow/kinds.h"

/* What is understood and not carried yet. */
static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    parcel->code = "not_served";
    why_say(why, "this kind of traffic is not served yet");
    return OUTCOME_DEAD;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow, (void)parcel, (void)why;
    return OUTCOME_DEAD;
}

static void refuse(struct flow *flow, struct parcel *parcel, struct span code, struct span reason) {
    (void)flow, (void)parcel, (void)code, (void)reason;
}

static const struct kind kind_later = {"later", parse, decide, refuse};

static const struct kind *const KINDS[ROUTE_KINDS] = {
    [ROUTE_MESSAGE] = &kind_message,    [ROUTE_BLOCK] = &kind_block,
    [ROUTE_GROUP] = &kind_group,        [ROUTE_RECEIPT] = &kind_later,
    [ROUTE_CONVERSATION] = &kind_later, [ROUTE_ARCHIVE] = &kind_later,
    [ROUTE_PRESENCE] = &kind_later,     [ROUTE_DELIVERED] = &kind_later,
    [ROUTE_PERSIST] = &kind_later,      [ROUTE_WEBHOOK] = &kind_later,
};

const struct kind *kind_of(enum route_kind kind) {
    return KINDS[kind];
}
