/* Presence: apps.APP.users.U.presence.CLIENT with {"connected":true}, or {"disconnected":true},
 * which is every client's last will. The store keeps which clients of U are there: U is online with
 * the first of them and offline with the last, and only that is told (presence-change). Nothing is
 * published. Where no webhook wants to know it, nothing is kept; policies are asked all the same.
 */
#include "flow/kinds.h"
#include "meaning/change.h"

/* Wills are retained: an empty body is how a client takes its own back. */
static bool is_void(const struct flow *flow, const struct parcel *parcel) {
    bool is_wanted = flow->settings.has_presence ||
                     policy_set_asks(flow->policies, POLICY_PRESENCE, parcel->plan->app);
    return !is_wanted || parcel->body_size == 0;
}

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    bool is_connected;
    if (is_void(flow, parcel))
        return OUTCOME_NEXT;
    if (change_read_presence(parcel->body, &is_connected, why) != 0)
        return OUTCOME_DEAD;
    return updates_take(flow, parcel, 1, why);
}

static enum outcome ask(struct flow *flow, struct parcel *parcel, bool is_connected,
                        struct why *why) {
    struct span changed, object = SPAN("{}");
    if (policy_set_asks(flow->policies, POLICY_PRESENCE, parcel->plan->app))
        object = change_presence(parcel->plan->arena, parcel->route.id, is_connected);
    return flow_ask_change(flow, parcel, POLICY_PRESENCE, object, &changed, why);
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct why ignored;
    bool is_connected = false;
    plan->outcome = PLAN_APPLIED;
    /* The policies may be others than when it was parsed, so it may not have been read yet. */
    if (is_void(flow, parcel) || change_read_presence(parcel->body, &is_connected, &ignored) != 0)
        return OUTCOME_NEXT;
    enum outcome outcome = ask(flow, parcel, is_connected, why);
    if (outcome == OUTCOME_NEXT && plan->outcome == PLAN_APPLIED && flow->settings.has_presence)
        plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_PRESENCE,
                                                   .by = plan->sender,
                                                   .whom = parcel->route.id,
                                                   .is_connected = is_connected});
    return outcome;
}

const struct kind kind_presence = {
    .name = "presence", .parse = parse, .decide = decide, .refuse = refuse_silently};
