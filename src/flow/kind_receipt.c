/* Receipts: apps.APP.users.U.messages.R.M.update with {"status":200} (protocol, section 2): U's
 * client has the message M of the conversation with R. U's copy becomes 200; the sender's copy (in
 * a group the group's, too) becomes 250, and they are told.
 *
 * It counts only where the store knows that U's timeline holds M and that somebody else (or U, in
 * the conversation with U) sent it: so nobody can confirm what was never theirs. All else is
 * ignored, as is what was confirmed before. */
#include "flow/kinds.h"
#include "meaning/change.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    bool is_received;
    return change_read_receipt(parcel->body, &is_received, why) == 0 ? OUTCOME_NEXT : OUTCOME_DEAD;
}

static bool says_received(const struct parcel *parcel) {
    bool is_received = false;
    check(change_read_receipt(parcel->body, &is_received, NULL) == 0);
    return is_received;
}

static enum outcome unavailable(struct why *why) {
    why_say(why, "timelines cannot be read");
    return OUTCOME_WAIT;
}

/* The entry of `owner`, with the status that it has or is about to have. */
static enum fact find(const struct flow *flow, const struct parcel *parcel, struct span owner,
                      struct fact_message *entry) {
    const struct facts *facts = &flow->parts.facts;
    const struct plan *plan = parcel->plan;
    enum fact fact = facts->entry(facts->self, plan->arena, plan->app, owner, plan->recipient,
                                  parcel->route.id, false, entry);
    if (fact == FACT_FOUND)
        entry->status = unstored_status(flow, entry->seq, owner, entry->status);
    return fact;
}

/* Is it absent only because it is not stored yet? */
static bool may_come(const struct flow *flow, const struct parcel *parcel, struct span owner) {
    const struct plan *plan = parcel->plan;
    return unstored_has_message(flow, plan->app, parcel->route.id) ||
           unstored_has_entry(flow, plan->app, owner, plan->recipient);
}

/* What the receipt is of. NEXT with `entry->seq` 0: it counts for nothing. */
static enum outcome look(struct flow *flow, const struct parcel *parcel, struct fact_message *entry,
                         struct why *why) {
    const struct plan *plan = parcel->plan;
    switch (find(flow, parcel, plan->sender, entry)) {
    case FACT_UNAVAILABLE:
        return unavailable(why);
    case FACT_ABSENT:
        entry->seq = 0;
        return may_come(flow, parcel, plan->sender) ? unstored_wait(flow) : OUTCOME_NEXT;
    case FACT_FOUND:
        break;
    }
    if (!change_may_confirm(plan->sender, plan->recipient, entry) ||
        entry->status >= STATUS_RECEIVED)
        entry->seq = 0;
    return OUTCOME_NEXT;
}

static bool is_groups(const struct plan *plan, const struct fact_message *entry) {
    return !span_equal(entry->recipient, plan->sender);
}

/* In a group: has the member who sent it a copy that rises? The first receipt makes it. */
static enum outcome look_at_sender(struct flow *flow, const struct parcel *parcel,
                                   const struct fact_message *entry, bool *rises, struct why *why) {
    struct fact_message copy;
    *rises = false;
    if (!is_groups(parcel->plan, entry))
        return OUTCOME_NEXT;
    enum fact fact = find(flow, parcel, entry->sender, &copy);
    if (fact == FACT_UNAVAILABLE)
        return unavailable(why);
    if (fact == FACT_ABSENT && may_come(flow, parcel, entry->sender))
        return unstored_wait(flow);
    *rises = fact == FACT_FOUND && copy.status < STATUS_RETURN_RECEIPT;
    return OUTCOME_NEXT;
}

/* What is to know is asked only where somebody wants to know it. */
static enum outcome ask(struct flow *flow, struct parcel *parcel, const struct fact_message *entry,
                        struct why *why) {
    struct plan *plan = parcel->plan;
    struct span changed, object = SPAN("{}");
    if (policy_set_asks(flow->policies, POLICY_RECEIPT, plan->app))
        object = change_receipt(plan->arena, &(struct receipt){.message_id = parcel->route.id,
                                                               .user = plan->sender,
                                                               .conversation = plan->recipient,
                                                               .sender = entry->sender});
    return flow_ask_change(flow, parcel, POLICY_RECEIPT, object, &changed, why);
}

/* A copy whose status rises, and what is told of it. */
struct rising {
    struct span owner, other; /* whose timeline, and the other side of its conversation */
    struct span told_of;      /* whose word the owner is told on */
    int status;
    enum event_kind event;
};

static struct span patch_of(const struct parcel *parcel, const struct rising *copy) {
    struct arena *arena = parcel->plan->arena;
    return arena_print(arena, "{\"timelineOf\":%.*s,\"message_id\":%.*s,\"status\":%d}",
                       SPAN_ARGS(json_quote(arena, copy->owner)),
                       SPAN_ARGS(json_quote(arena, parcel->route.id)), copy->status);
}

static void raise_copy(struct flow *flow, struct parcel *parcel, int64_t seq,
                       const struct rising *copy) {
    struct plan *plan = parcel->plan;
    struct span patch = patch_of(parcel, copy), topic = parcel->key;
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_STATUS,
                                               .by = copy->owner,
                                               .whom = copy->other,
                                               .seq = seq,
                                               .status = copy->status});
    if (copy->told_of.at)
        topic = notice_of_message(flow, plan, copy->owner, copy->told_of, parcel->route.id, patch);
    if (!topic.at)
        return;
    events_add(flow, plan,
               &(struct plan_event){.kind = copy->event,
                                    .owner = copy->owner,
                                    .other = copy->other,
                                    .message_id = parcel->route.id,
                                    .topic = topic,
                                    .data = patch});
}

static void apply(struct flow *flow, struct parcel *parcel, const struct fact_message *entry,
                  bool sender_rises) {
    struct span user = parcel->plan->sender, other = parcel->plan->recipient;
    bool is_direct = !is_groups(parcel->plan, entry);
    struct rising own = {user, other, SPAN_NONE, STATUS_RECEIVED, EVENT_RECEIVED};
    struct rising theirs = {other, is_direct ? user : other, user, STATUS_RETURN_RECEIPT,
                            EVENT_RETURN_RECEIPT};
    struct rising senders = {entry->sender, other, other, STATUS_RETURN_RECEIPT,
                             EVENT_RETURN_RECEIPT};
    raise_copy(flow, parcel, entry->seq, &own);
    raise_copy(flow, parcel, entry->seq, &theirs);
    if (sender_rises)
        raise_copy(flow, parcel, entry->seq, &senders);
}

static enum outcome ignore(struct flow *flow, struct parcel *parcel) {
    parcel->plan->outcome = PLAN_APPLIED;
    flow->counts.ignored++;
    return OUTCOME_NEXT;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct fact_message entry = {.seq = 0};
    bool sender_rises;
    enum outcome outcome = says_received(parcel) ? look(flow, parcel, &entry, why) : OUTCOME_NEXT;
    if (outcome == OUTCOME_NEXT && !entry.seq)
        return ignore(flow, parcel);
    if (outcome == OUTCOME_NEXT)
        outcome = look_at_sender(flow, parcel, &entry, &sender_rises, why);
    if (outcome == OUTCOME_NEXT)
        outcome = ask(flow, parcel, &entry, why);
    if (outcome == OUTCOME_NEXT && parcel->plan->outcome == PLAN_APPLIED)
        apply(flow, parcel, &entry, sender_rises);
    return outcome;
}

const struct kind kind_receipt = {
    .name = "receipt", .parse = parse, .decide = decide, .refuse = refuse_silently};
