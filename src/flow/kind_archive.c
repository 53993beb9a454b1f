/* Archives: apps.APP.users.U.conversations.R.archive, whatever the payload is (protocol, section
 * 2). U's clients are told the whole conversation, on ...conversations.R.clientdeleted and on
 * ...archived_conversations.R.clientadded. A new message takes it out of the archive again. */
#include "flow/kinds.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    return updates_take(flow, parcel, 1, why);
}

static enum outcome ignore(struct flow *flow, struct parcel *parcel) {
    parcel->plan->outcome = PLAN_APPLIED;
    flow->counts.ignored++;
    return OUTCOME_NEXT;
}

/* NEXT with `now->json` absent: there is no such conversation. The one that is told has to be the
 * one that is stored. */
static enum outcome look(struct flow *flow, struct parcel *parcel, struct fact_conversation *now,
                         struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    const struct plan *plan = parcel->plan;
    *now = (struct fact_conversation){.json = SPAN_NONE};
    if (unstored_changes_conversation(flow, plan->app, plan->recipient))
        return unstored_wait(flow);
    switch (facts->conversation(facts->self, plan->arena, plan->app, plan->sender, plan->recipient,
                                now)) {
    case FACT_UNAVAILABLE:
        why_say(why, "conversations cannot be read");
        return OUTCOME_WAIT;
    case FACT_ABSENT:
        now->json = SPAN_NONE;
        break;
    case FACT_FOUND:
        break;
    }
    return OUTCOME_NEXT;
}

static struct span archived(struct arena *arena, struct span conversation) {
    struct json_change flag = {.path = SPAN("archived"), .value = SPAN("true")};
    struct span out;
    check(json_splice(arena, conversation, &flag, 1, &out, NULL) == 0);
    return out;
}

static void add_event(struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    struct span data =
        arena_print(plan->arena, "{\"timelineOf\":%.*s,\"conversWith\":%.*s,\"archived\":true}",
                    SPAN_ARGS(json_quote(plan->arena, plan->sender)),
                    SPAN_ARGS(json_quote(plan->arena, plan->recipient)));
    events_add(flow, plan,
               &(struct plan_event){.kind = EVENT_ARCHIVED,
                                    .owner = plan->sender,
                                    .other = plan->recipient,
                                    .topic = parcel->key,
                                    .data = data});
}

/* It is stored, and goes out, twice. */
static enum outcome apply(struct flow *flow, struct parcel *parcel,
                          const struct fact_conversation *now, struct why *why) {
    struct plan *plan = parcel->plan;
    struct span whole = archived(plan->arena, now->json);
    unsigned weight = updates_weight(whole.size);
    if (weight && updates_take(flow, parcel, weight, why) != OUTCOME_NEXT)
        return OUTCOME_DEAD;
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                               .by = plan->sender,
                                               .whom = plan->recipient,
                                               .archived = FLAG_YES});
    notice_add(flow, plan, "conversations", "clientdeleted", whole);
    notice_add(flow, plan, "archived_conversations", "clientadded", whole);
    if (!now->archived)
        add_event(flow, parcel);
    return OUTCOME_NEXT;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct fact_conversation now;
    struct span changed;
    enum outcome outcome = look(flow, parcel, &now, why);
    if (outcome == OUTCOME_NEXT && !now.json.at)
        return ignore(flow, parcel);
    if (outcome == OUTCOME_NEXT)
        outcome = flow_ask_change(flow, parcel, POLICY_ARCHIVE, SPAN("{}"), &changed, why);
    if (outcome == OUTCOME_NEXT && parcel->plan->outcome == PLAN_APPLIED)
        outcome = apply(flow, parcel, &now, why);
    return outcome;
}

const struct kind kind_archive = {.name = "archive",
                                  .ignores_body = true,
                                  .parse = parse,
                                  .decide = decide,
                                  .refuse = refuse_silently};
