/* Conversations' patches: apps.APP.users.U.conversations.R.update with, say, {"is_new":false}
 * (protocol, section 2). Merged into what U has of the conversation with R, and echoed to U's
 * clients with timelineOf and conversWith, which they need to know which one it is. */
#include "flow/kinds.h"
#include "meaning/change.h"
#include "meaning/conversation.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct span patch;
    if (change_read_patch(parcel->plan->arena, parcel->body, &patch, why) != 0)
        return OUTCOME_DEAD;
    return updates_take(flow, parcel, 1 + updates_weight(patch.size), why);
}

/* Most patches say only that a conversation was read: these take no room. */
static bool is_flags(struct span patch) {
    for (struct json_walk walk = json_walk(patch); json_next(&walk);)
        if (!json_key_is(walk.key, SPAN("is_new")) && !json_key_is(walk.key, SPAN("archived")))
            return false;
    return true;
}

/* What patches add so far; asked before the policies are, so that they are asked once. */
static enum outcome look(const struct flow *flow, const struct plan *plan, struct span patch,
                         struct patches *patches, struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    bool may_grow = policy_set_asks(flow->policies, POLICY_CONVERSATION, plan->app);
    *patches = (struct patches){SPAN_NONE, SPAN_NONE};
    if ((may_grow || !is_flags(patch)) &&
        facts->patches(facts->self, plan->arena, plan->app, plan->sender, plan->recipient,
                       patches) == FACT_UNAVAILABLE) {
        why_say(why, "conversations cannot be read");
        return OUTCOME_WAIT;
    }
    return OUTCOME_NEXT;
}

/* What patches add to a conversation is bounded together. (Of those that are decided and not stored
 * nothing is known here: the store refuses what is too much after all.) */
static enum outcome check_room(struct parcel *parcel, struct patches patches, struct span patch,
                               struct why *why) {
    if (is_flags(patch) || patches_add(parcel->plan->arena, &patches, patch, why) == 0)
        return OUTCOME_NEXT;
    parcel->code = "too_large";
    return OUTCOME_DEAD;
}

static struct span echo(struct plan *plan, struct span patch) {
    struct arena *arena = plan->arena;
    struct json_change sides[] = {
        {.path = SPAN("timelineOf"), .value = json_quote(arena, plan->sender)},
        {.path = SPAN("conversWith"), .value = json_quote(arena, plan->recipient)},
    };
    struct span out;
    check(json_splice(arena, patch, sides, sizeof sides / sizeof *sides, &out, NULL) == 0);
    return out;
}

static void apply(struct flow *flow, struct plan *plan, struct span patch) {
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_CONVERSATION,
                                               .by = plan->sender,
                                               .whom = plan->recipient,
                                               .patch = patch});
    notice_add(flow, plan, "conversations", "clientupdated", echo(plan, patch));
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct patches patches;
    struct span patch, changed;
    check(change_read_patch(plan->arena, parcel->body, &patch, why) == 0);
    enum outcome outcome = look(flow, plan, patch, &patches, why);
    if (outcome == OUTCOME_NEXT)
        outcome = check_room(parcel, patches, patch, why);
    if (outcome == OUTCOME_NEXT)
        outcome = flow_ask_change(flow, parcel, POLICY_CONVERSATION, patch, &changed, why);
    if (outcome != OUTCOME_NEXT || plan->outcome != PLAN_APPLIED)
        return outcome;
    outcome = check_room(parcel, patches, changed, why); /* of what policies made of it */
    if (outcome == OUTCOME_NEXT)
        apply(flow, plan, changed);
    return outcome;
}

const struct kind kind_conversation = {
    .name = "conversation", .parse = parse, .decide = decide, .refuse = refuse_silently};
