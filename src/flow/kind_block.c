/* Blocks: apps.APP.users.U.blocks.OTHER.update with {"blocked":true|false}. U, to whose paths only
 * U can write, blocks or unblocks OTHER; every client of U is told on …blocks.OTHER.clientupdated.
 * The block list policy sees it from the very next message on. */
#include "flow/kinds.h"

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    enum json_type type;
    struct json_value blocked;
    if (json_check(parcel->body, &type, why) != 0)
        return OUTCOME_DEAD;
    if (type != JSON_OBJECT || !json_find(parcel->body, SPAN("blocked"), &blocked) ||
        (blocked.type != JSON_TRUE && blocked.type != JSON_FALSE)) {
        why_say(why, "a block is {\"blocked\":true} or {\"blocked\":false}");
        return OUTCOME_DEAD;
    }
    if (!sender_may(flow, flow->changes, parcel, flow->settings.changes, 1)) {
        why_say(why, "more than %u changes a minute", flow->settings.changes.per_minute);
        parcel->code = "rate_limited";
        return OUTCOME_DEAD;
    }
    return OUTCOME_NEXT;
}

static void add_notice(struct plan *plan, struct span body) {
    struct span key;
    if (route_notice(plan->arena, plan->app, plan->sender, "blocks", plan->recipient,
                     "clientupdated", &key, NULL) != 0)
        return;
    plan->letters = arena_array(plan->arena, 1, sizeof *plan->letters);
    plan->letters[0] = (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = body};
    plan->letter_count = 1;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow, (void)why;
    struct plan *plan = parcel->plan;
    struct json_value blocked;
    json_find(parcel->body, SPAN("blocked"), &blocked);
    bool is_block = blocked.type == JSON_TRUE;
    plan->outcome = PLAN_APPLIED;
    plan->effects = arena_array(plan->arena, 1, sizeof *plan->effects);
    plan->effects[0] = (struct plan_effect){.kind = is_block ? EFFECT_BLOCK : EFFECT_UNBLOCK,
                                            .by = plan->sender,
                                            .whom = plan->recipient};
    plan->effect_count = 1;
    add_notice(plan, is_block ? SPAN("{\"blocked\":true}") : SPAN("{\"blocked\":false}"));
    return OUTCOME_NEXT;
}

static void refuse(struct flow *flow, struct parcel *parcel, struct span code, struct span reason) {
    (void)flow;
    struct arena *arena = parcel->plan->arena;
    add_notice(parcel->plan, arena_print(arena, "{\"error\":{\"code\":%.*s,\"reason\":%.*s}}",
                                         SPAN_ARGS(json_quote(arena, code)),
                                         SPAN_ARGS(json_quote(arena, reason))));
}

const struct kind kind_block = {
    .name = "block", .parse = parse, .decide = decide, .refuse = refuse};
