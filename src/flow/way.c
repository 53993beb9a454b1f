/* The way of one message: six stages, in this order, for every kind of traffic.
 *
 *   take     a delivery of the intake becomes a parcel (its bytes are copied into a plan's arena)
 *   parse    the routing key says what it is (meaning/route), its kind reads the body
 *   decide   its kind asks the policies and makes the plan: outcome, copies, effects
 *   persist  the plan goes to the store with others, in one transaction with the stream's offset
 *   deliver  its copies are published in order; each is confirmed by the broker
 *   settle   when all older ones are settled too, the intake and the store are told it is over
 *
 * Each stage ends in one of four outcomes (words/outcome.h): NEXT, DONE, DEAD, WAIT. The line that
 * decides where a message goes is in judge_direct.c and judge_group.c. */
#include "flow/inside.h"

static enum outcome take(struct flow *flow, struct parcel *parcel, struct why *why);
static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why);
static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why);
static enum outcome persist(struct flow *flow, struct parcel *parcel, struct why *why);
static enum outcome deliver(struct flow *flow, struct parcel *parcel, struct why *why);
static enum outcome settle(struct flow *flow, struct parcel *parcel, struct why *why);

static const struct stage {
    const char *name;
    enum outcome (*run)(struct flow *flow, struct parcel *parcel, struct why *why);
} WAY[FLOW_STAGES] = {
    [STAGE_TAKE] = {"take", take},          [STAGE_PARSE] = {"parse", parse},
    [STAGE_DECIDE] = {"decide", decide},    [STAGE_PERSIST] = {"persist", persist},
    [STAGE_DELIVER] = {"deliver", deliver}, [STAGE_SETTLE] = {"settle", settle},
};

const char *flow_stage_name(enum flow_stage stage) {
    return WAY[stage].name;
}

static bool probe_says_die(struct flow *flow, enum flow_stage after) {
    if (flow->dies && flow->dies(flow->dies_self, after))
        flow->has_died = true;
    return flow->has_died;
}

/* Moves a parcel as far as it goes now. It may be gone afterwards. */
void way_advance(struct flow *flow, struct parcel *parcel) {
    for (;;) {
        enum flow_stage stage = parcel->stage;
        struct why why = {.words = ""};
        switch (WAY[stage].run(flow, parcel, &why)) {
        case OUTCOME_NEXT:
            break;
        case OUTCOME_DONE:
            parcel->stage = STAGE_PERSIST - 1;
            break;
        case OUTCOME_DEAD:
            refuse_dead(flow, parcel, why.words);
            parcel->stage = STAGE_PERSIST - 1;
            break;
        case OUTCOME_WAIT:
            return;
        }
        if (probe_says_die(flow, stage) || stage == STAGE_SETTLE)
            return;
        meters_stage(flow, parcel, stage);
        parcel->stage++;
    }
}

/* Takes one delivery and brings it as far as it goes: 1 took one, 0 nothing is there, -1 lost. */
int way_take(struct flow *flow, struct why *why) {
    struct delivery delivery;
    int64_t now = flow_now(flow);
    switch (flow->intake.take(flow->intake.self, &delivery, why)) {
    case TAKE_NONE:
        return 0;
    case TAKE_LOST:
        return -1;
    case TAKE_POISON:
        flow->counts.poison++; /* the intake has logged it */
        delivery.digest = 0;
        delivery.is_marker = true;
        break;
    case TAKE_MESSAGE:
        break;
    }
    struct parcel *parcel = parcel_new(&delivery, !delivery.is_marker);
    parcel->taken_us = parcel->since_us = delivery.is_marker ? 0 : now;
    parcel_append(flow, parcel);
    way_advance(flow, parcel);
    return 1;
}

/* A mark of our own, and a message the broker cannot deliver, have nothing to decide: only the
 * stream's offset moves past them. */
static enum outcome take(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)why;
    if (!parcel->plan)
        return OUTCOME_DONE;
    flow->counts.taken++;
    parcel->plan->received_ms = clock_wall_ms(flow->parts.clock);
    return OUTCOME_NEXT;
}

/* Tells the watch for as long as a stage that reads a stranger's bytes is running. */
static void watch_enter(struct flow *flow, enum flow_stage stage, const struct parcel *parcel) {
    const struct flow_watch *watch = &flow->parts.watch;
    if (watch->enters)
        watch->enters(watch->self, stage, parcel->origin.incarnation, parcel_name(flow, parcel));
}

static enum outcome watch_leave(struct flow *flow, enum outcome outcome) {
    if (flow->parts.watch.leaves)
        flow->parts.watch.leaves(flow->parts.watch.self);
    return outcome;
}

static enum outcome dead(struct parcel *parcel, const char *code) {
    parcel->code = code;
    return OUTCOME_DEAD;
}

static bool is_suspect(const struct flow *flow, const struct parcel *parcel) {
    return flow->has_suspect && parcel->origin.incarnation == flow->suspect_incarnation &&
           parcel_name(flow, parcel) == flow->suspect_offset;
}

static bool serves(const struct flow *flow, struct span app) {
    for (size_t i = 0; i < flow->settings.app_count; i++)
        if (span_equal(flow->settings.apps[i], app))
            return true;
    return false;
}

static enum outcome read_key(struct flow *flow, struct parcel *parcel, struct why *why) {
    if (route_parse(parcel->key, &parcel->route, why) != 0)
        return dead(parcel, "bad_key");
    struct plan *plan = parcel->plan;
    plan->kind = parcel->route.kind;
    plan->app = parcel->route.app;
    plan->sender = parcel->route.user;
    plan->recipient = parcel->route.other;
    plan->form = flow->settings.forces_form ? flow->settings.form : parcel->route.form;
    parcel->has_route = true;
    if (!serves(flow, parcel->route.app)) {
        why_say(why, "the app %.*s is not served here", SPAN_ARGS(span_cut(plan->app, 0, 64)));
        return dead(parcel, "unknown_app");
    }
    return OUTCOME_NEXT;
}

static bool is_too_large(const struct flow *flow, const struct parcel *parcel) {
    return parcel->waited == WAITED_NOT && !kind_of(parcel->route.kind)->ignores_body &&
           parcel->body_size > flow->settings.body_max;
}

/* What waited was read once before: its key is known, and its body has grown by the stamp. */
static enum outcome read_all(struct flow *flow, struct parcel *parcel, struct why *why) {
    enum outcome outcome = parcel->waited ? OUTCOME_NEXT : read_key(flow, parcel, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    if (is_suspect(flow, parcel) && flow->sets_aside) {
        parcel->is_set_aside = true;
        why_say(why, "set aside: judging it ended the worker three times");
        return dead(parcel, "set_aside");
    }
    if (is_too_large(flow, parcel)) {
        why_say(why, "%zu bytes, where a message has %zu at most", parcel->body_size,
                flow->settings.body_max);
        return dead(parcel, "too_large");
    }
    parcel->code = "bad_message";
    return kind_of(parcel->route.kind)->parse(flow, parcel, why);
}

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    watch_enter(flow, STAGE_PARSE, parcel);
    return watch_leave(flow, read_all(flow, parcel, why));
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    watch_enter(flow, STAGE_DECIDE, parcel);
    enum outcome outcome = repeat_look(flow, parcel, why);
    if (outcome == OUTCOME_NEXT && !parcel->is_repeat)
        outcome = kind_of(parcel->route.kind)->decide(flow, parcel, why);
    watch_leave(flow, outcome);
    if (outcome == OUTCOME_WAIT && !flow->looks_again)
        pause_start(flow, "decide", why);
    return outcome;
}

/* What is put off must be known to the next message of its pair, which waits behind it. */
static bool plan_defers(const struct plan *plan) {
    bool defers = plan->outcome == PLAN_DEFERRED;
    for (size_t i = 0; i < plan->child_count; i++)
        defers |= plan->children[i]->outcome == PLAN_DEFERRED;
    return defers;
}

/* Does it change what policies ask for: who blocked whom, who is in a group? */
static bool plan_changes_facts(const struct plan *plan) {
    for (size_t i = 0; i < plan->effect_count; i++) {
        enum effect_kind kind = plan->effects[i].kind;
        if (kind == EFFECT_BLOCK || kind == EFFECT_UNBLOCK || kind == EFFECT_GROUP)
            return true;
    }
    return false;
}

/* A change of the facts must be seen by the very next message, and up to a suspect messages go one
 * by one: nothing more is taken until this one is stored. (What changes timelines only is seen in
 * time by those that look there: unstored.c.) */
static bool must_be_alone(const struct flow *flow, const struct parcel *parcel) {
    if (parcel->plan && (plan_changes_facts(parcel->plan) || plan_defers(parcel->plan)))
        return true;
    return flow->has_suspect && parcel->origin.incarnation == flow->suspect_incarnation &&
           (flow->suspect_offset >= FLOW_NAMED || parcel->origin.offset <= flow->suspect_offset);
}

/* Webhooks are told of copies that went out for good: of none of a message that was refused or
 * dropped, and of one that waits when it goes out. */
static void tell_of_copies(const struct flow *flow, struct plan *plan) {
    bool wanted = flow->settings.events & (event_bit(EVENT_SENT) | event_bit(EVENT_DELIVERED));
    plan->tells_copies =
        wanted && (plan->outcome == PLAN_DELIVERED || plan->outcome == PLAN_REDIRECTED);
    for (size_t i = 0; i < plan->child_count; i++)
        tell_of_copies(flow, plan->children[i]);
}

/* Is it much more than was known when it was taken? A message is not (its body's bound holds). */
static bool outgrew(const struct plan *plan) {
    return plan->child_count || plan->trace || plan->letter_count || plan->kind != ROUTE_MESSAGE;
}

static enum outcome persist(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)why;
    if (parcel->is_stored)
        return OUTCOME_NEXT;
    if (parcel->plan) {
        repeat_decided(parcel);
        tell_of_copies(flow, parcel->plan);
    }
    if (must_be_alone(flow, parcel))
        flow->barrier = true;
    if (parcel->plan && outgrew(parcel->plan))
        parcel_weigh(flow, parcel);
    batch_add(flow, parcel);
    return OUTCOME_WAIT;
}

static enum outcome deliver(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow, (void)why;
    size_t all = parcel->plan ? plan_publication_count(parcel->plan) : 0;
    return parcel->published == all && parcel->unconfirmed == 0 ? OUTCOME_NEXT : OUTCOME_WAIT;
}

/* In order of arrival: the intake's credit and the store's mark both mean "all up to here". */
static enum outcome settle(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)why;
    if (parcel != flow->oldest)
        return OUTCOME_WAIT;
    while (flow->oldest && flow->oldest->stage == STAGE_SETTLE) {
        struct parcel *oldest = flow->oldest;
        if (oldest->plan && oldest->plan->seq > flow->confirmed_seq)
            flow->confirmed_seq = oldest->plan->seq;
        if (oldest->is_taken)
            flow->intake.settle(flow->intake.self, oldest->origin.incarnation,
                                oldest->origin.offset);
        meters_stage(flow, oldest, STAGE_SETTLE);
        parcel_remove_oldest(flow);
    }
    return OUTCOME_NEXT;
}
