/* Refusals: a message that could not be understood (dead), or that a policy refused (rejected).
 *
 * The sender is told in an inbox copy with status -100, code and reason; a dead message also goes
 * to the dead queue. Both within a budget per sender: who sends rubbish all day is only counted. */
#include "flow/inside.h"

#include "words/text.h"

/* What a dead letter keeps of a body. */
enum { LETTER_BODY_MAX = 64 * 1024 };

/* So many bytes of an update count as one more: few patches and conversations have as many. */
enum { UPDATE_BYTES = 4096 };

bool sender_may(struct flow *flow, struct buckets *budget, const struct parcel *parcel,
                struct bucket_limit limit, uint32_t tokens) {
    struct text key = text_start(parcel->plan->arena, 128);
    text_add(&key, parcel->plan->app);
    text_add_char(&key, '\0');
    text_add(&key, parcel->plan->sender);
    return buckets_take_many(budget, text_span(&key), limit, tokens, flow_now(flow));
}

unsigned updates_weight(size_t bytes) {
    return (unsigned)(bytes / UPDATE_BYTES);
}

/* What would be more than there ever is takes all. */
enum outcome updates_take(struct flow *flow, struct parcel *parcel, unsigned times,
                          struct why *why) {
    struct bucket_limit limit = flow->settings.updates;
    if (sender_may(flow, flow->updates, parcel, limit, times < limit.burst ? times : limit.burst))
        return OUTCOME_NEXT;
    why_say(why, "more than %u updates a minute", limit.per_minute);
    parcel->code = "rate_limited";
    return OUTCOME_DEAD;
}

void refuse_silently(struct flow *flow, struct parcel *parcel, struct span code,
                     struct span reason) {
    (void)flow, (void)parcel, (void)code, (void)reason;
}

void refuse_children(struct plan *plan) {
    for (size_t i = 0; i < plan->child_count; i++)
        plan_free(&plan->children[i]);
    plan->child_count = 0;
}

/* What policies remember of it is kept (kv): it was judged, whatever came after. */
static void start_over(struct plan *plan, enum plan_outcome outcome) {
    plan->outcome = outcome;
    plan->copy_count = plan->letter_count = plan->effect_count = plan->event_count = 0;
    plan->foreign_id = SPAN_NONE;
    plan->body = (struct stamped){SPAN_NONE, SPAN_NONE};
    plan->policy = SPAN_NONE;
    plan->updates_conversation = false;
    refuse_children(plan);
}

static void add_dead_letter(struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    struct plan_letter *letters = arena_array(plan->arena, plan->letter_count + 1, sizeof *letters);
    if (plan->letter_count)
        memcpy(letters, plan->letters, plan->letter_count * sizeof *letters);
    letters[plan->letter_count++] = (struct plan_letter){
        .to = LETTER_DEAD,
        .key = parcel->key,
        .body = span_cut(parcel->body, 0, LETTER_BODY_MAX),
        .reason = arena_print(plan->arena, "%s: %.*s", parcel->code, SPAN_ARGS(plan->reason)),
        .whole = parcel->body_size,
    };
    plan->letters = letters;
}

/* Of what nobody is told the store keeps that it was there: a stream is known again by its messages
 * (broker's tail.c), and one that the store does not have would be taken for another's. */
static void keep_little(struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    flow->counts.untold++;
    plan->policy = plan->reason = SPAN_NONE;
}

static bool may_tell(struct flow *flow, struct parcel *parcel) {
    struct bucket_limit limit = {flow->settings.refusals_burst, flow->settings.refusals_per_minute};
    parcel->is_told = sender_may(flow, flow->refusals, parcel, limit, 1);
    if (!parcel->is_told)
        keep_little(flow, parcel);
    return parcel->is_told;
}

void refuse_dead(struct flow *flow, struct parcel *parcel, const char *reason) {
    struct plan *plan = parcel->plan;
    start_over(plan, PLAN_DEAD);
    plan->code = span_of(parcel->code);
    plan->reason = arena_copy(plan->arena, span_of(reason));
    if (!may_tell(flow, parcel))
        return;
    if (parcel->has_route)
        kind_of(parcel->route.kind)->refuse(flow, parcel, plan->code, plan->reason);
    if (!plan->child)
        add_dead_letter(parcel);
}

void refuse_judged(struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    struct span code = plan->code;
    if (plan->child)
        parcel->is_told = true;
    else if (!may_tell(flow, parcel)) {
        start_over(plan, PLAN_REJECTED);
        plan->code = code;
    }
}

void refuse_unheard(struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    parcel->code = arena_string(plan->arena, plan->code);
    if (may_tell(flow, parcel))
        add_dead_letter(parcel);
    else
        refuse_children(plan);
}
