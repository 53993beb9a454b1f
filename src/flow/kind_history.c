/* A newcomer's history: apps.observer.APP.groups.history with {"group_id":G,"member":U,"limit":n}
 * (protocol, section 5), which the server writes to itself when U joins G.
 *
 * The group's own timeline has its past: of the newest n messages those that U does not have go
 * into U's timeline, the oldest first, and to U's inbox as copies with `"__history":"true"`;
 * webhooks are told of each as delivered. A conversation that is newer than all of them stays as it
 * is. No policy is asked: they were judged when they were sent; one that is hidden for U is left
 * out. The history comes before what is taken after it, and has all that was taken before. Asked
 * for once more, there is nothing left to do. */
#include "flow/kinds.h"
#include "meaning/group_words.h"

/* Of all of them together, in the group's timeline; the newest come first. */
enum { HISTORY_BYTES = 2 * 1024 * 1024 };

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    struct plan *plan = parcel->plan;
    struct group_history history;
    if (group_history_read(plan->arena, parcel->body, &history, why) != 0)
        return OUTCOME_DEAD;
    plan->sender = history.group_id;
    plan->recipient = history.member;
    return OUTCOME_NEXT;
}

/* Who has left meanwhile gets none. */
static enum outcome find_member(struct flow *flow, const struct plan *plan, bool *is_member,
                                struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    struct group group;
    *is_member = false;
    switch (facts->group(facts->self, plan->arena, plan->app, plan->sender, &group)) {
    case FACT_UNAVAILABLE:
        why_say(why, "groups cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        *is_member = group_has(&group, plan->recipient);
        break;
    case FACT_ABSENT:
        break;
    }
    return OUTCOME_NEXT;
}

/* Of what it reads, and what tells the newcomer from others: the histories of many are stored
 * together. */
static bool is_unstored(const struct flow *flow, const struct plan *plan) {
    return unstored_has_messages(flow, plan->app, plan->sender) ||
           unstored_has_entry(flow, plan->app, plan->sender, plan->sender) ||
           unstored_has_entry(flow, plan->app, plan->recipient, plan->sender);
}

static enum outcome find_past(struct flow *flow, struct parcel *parcel, struct fact_past **past,
                              size_t *count, struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    const struct plan *plan = parcel->plan;
    struct group_history history;
    check(group_history_read(plan->arena, parcel->body, &history, NULL) == 0);
    if (is_unstored(flow, plan))
        return unstored_wait(flow);
    switch (facts->history(facts->self, plan->arena, plan->app, plan->sender, plan->sender,
                           plan->recipient, history.limit, HISTORY_BYTES, past, count)) {
    case FACT_UNAVAILABLE:
        why_say(why, "timelines cannot be read");
        return OUTCOME_WAIT;
    case FACT_ABSENT:
        *count = 0;
        break;
    case FACT_FOUND:
        break;
    }
    return OUTCOME_NEXT;
}

static bool updates_conversation(struct span message) {
    struct json_value value;
    return !json_find_path(message, SPAN("attributes.updateconversation"), &value) ||
           value.type != JSON_FALSE;
}

static void add_event(struct flow *flow, struct plan *plan, struct span key, struct span copy) {
    struct json_value id;
    if (json_find(copy, SPAN("message_id"), &id) && id.type == JSON_STRING)
        events_add(flow, plan,
                   &(struct plan_event){.kind = EVENT_DELIVERED,
                                        .owner = plan->recipient,
                                        .other = plan->sender,
                                        .message_id = json_unquote(plan->arena, id.text),
                                        .topic = key,
                                        .data = copy});
}

/* One more message in the newcomer's timeline, and in the inbox. */
static void add(struct flow *flow, struct plan *plan, struct span key,
                const struct fact_past *past) {
    struct span copy = group_history_copy(plan->arena, past->json, plan->recipient, plan->sender);
    plan->letters[plan->letter_count++] =
        (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = copy};
    plan->effects[plan->effect_count++] =
        (struct plan_effect){.kind = EFFECT_ENTRY,
                             .by = plan->recipient,
                             .whom = plan->sender,
                             .seq = past->seq,
                             .status = STATUS_DELIVERED,
                             .updates_conversation = updates_conversation(past->json)};
    add_event(flow, plan, key, copy);
}

static void add_all(struct flow *flow, struct plan *plan, struct span key,
                    const struct fact_past *past, size_t count) {
    plan->letters = arena_array(plan->arena, count, sizeof *plan->letters);
    plan->effects = arena_array(plan->arena, count, sizeof *plan->effects);
    plan->letter_count = plan->effect_count = 0;
    for (size_t i = 0; i < count; i++)
        if (group_history_shows(plan->arena, past[i].json, plan->recipient))
            add(flow, plan, key, &past[i]);
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct fact_past *past = NULL;
    struct span key;
    size_t count = 0;
    bool is_member;
    if (route_inbox(plan->arena, INBOX_TABLE, plan->app, plan->recipient, plan->sender, &key,
                    why) != 0) {
        parcel->code = "key_too_long";
        return OUTCOME_DEAD;
    }
    enum outcome outcome = find_member(flow, plan, &is_member, why);
    if (outcome == OUTCOME_NEXT && is_member)
        outcome = find_past(flow, parcel, &past, &count, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    plan->outcome = PLAN_APPLIED;
    plan->is_group = true;
    add_all(flow, plan, key, past, count);
    flow->counts.ignored += !plan->letter_count;
    return OUTCOME_NEXT;
}

const struct kind kind_history = {.name = "history",
                                  .knows_repeats = true,
                                  .parse = parse,
                                  .decide = decide,
                                  .refuse = refuse_silently};
