/* Repeats: what its sender sent before, under the same name, is passed over (protocol, section 2:
 * every message has an id of the server's own making, so one that is sent twice is two messages).
 *
 * The name is the property message-id, else the string `attributes.client_id` of the body; it is
 * kept with app and sender for a day (the store says how many at most). What stands is the first's
 * plan: of a repeat no policy is asked, and nobody is told but its sender, who
 * gets the own copy of the first once more, as it is by now: a client that never saw it learns its
 * id. A repeat spends of its sender's updates, for the copy and for holding others up while the
 * first is stored; beyond that it is passed over all the same, without a copy.
 *
 * One that was decided and is not stored yet is waited for, as unstored.c does: what it becomes is
 * certain only then. */
#include "flow/inside.h"

#include "words/check.h"
#include "words/utf8.h"

_Static_assert((int)INTAKE_PROPERTY_MAX <= (int)CLIENT_ID_MAX, "a property is stored whole");

/* A longer JSON string cannot be one of CLIENT_ID_MAX bytes. */
enum { ESCAPED_MAX = 6 * CLIENT_ID_MAX + 2 };

static struct span name_in_body(const struct parcel *parcel) {
    struct json_value value;
    if (!parcel->message.attributes.at ||
        !json_find(parcel->message.attributes, SPAN("client_id"), &value) ||
        value.type != JSON_STRING || value.text.size > ESCAPED_MAX)
        return SPAN_NONE;
    struct span name = json_unquote(parcel->plan->arena, value.text);
    return name.size && name.size <= CLIENT_ID_MAX && utf8_is_plain(name) ? name : SPAN_NONE;
}

static bool affords(struct flow *flow, const struct parcel *parcel, uint32_t tokens) {
    struct bucket_limit limit = flow->settings.updates;
    return sender_may(flow, flow->updates, parcel, limit,
                      tokens < limit.burst ? tokens : limit.burst);
}

static void pass_over(struct parcel *parcel, const struct ident *first) {
    struct plan *plan = parcel->plan;
    parcel->is_repeat = true;
    parcel->first = *first;
    plan->client_id = SPAN_NONE;
    plan->outcome = PLAN_APPLIED;
    plan->code = SPAN("repeat");
    plan->reason = arena_print(plan->arena, "of %s", first->text);
}

/* The sender's entry of the first, with its body. */
static enum fact find_entry(const struct flow *flow, const struct plan *plan, struct span first,
                            struct arena *arena, struct fact_message *entry) {
    const struct facts *facts = &flow->parts.facts;
    struct fact_message found;
    enum fact fact = facts->message(facts->self, arena, plan->app, first, false, &found);
    if (fact != FACT_FOUND)
        return fact;
    fact = facts->entry(facts->self, arena, plan->app, plan->sender, found.recipient, first, true,
                        entry);
    if (fact == FACT_FOUND)
        entry->status = unstored_status(flow, entry->seq, plan->sender, entry->status);
    return fact;
}

static void add_copy(struct flow *flow, struct parcel *parcel, const struct fact_message *entry) {
    struct plan *plan = parcel->plan;
    struct why why;
    struct span key;
    if (!affords(flow, parcel, 1 + updates_weight(entry->body.head.size + entry->body.tail.size)))
        return;
    if (route_inbox(plan->arena, plan->form, plan->app, plan->sender, entry->recipient, &key,
                    &why) != 0) {
        flow->counts.skipped_notices++;
        return;
    }
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_TOPIC,
                                               .key = key,
                                               .body = message_with_status(plan->arena, entry->body,
                                                                           entry->status)});
}

static enum outcome unavailable(struct why *why) {
    why_say(why, "what was sent before cannot be read");
    return OUTCOME_WAIT;
}

static enum outcome repeat_stored(struct flow *flow, struct parcel *parcel,
                                  const struct ident *first, struct why *why) {
    struct arena *arena = arena_new();
    struct fact_message entry;
    enum fact fact = find_entry(flow, parcel->plan, span_of(first->text), arena, &entry);
    if (fact == FACT_FOUND)
        add_copy(flow, parcel, &entry);
    if (fact != FACT_UNAVAILABLE)
        pass_over(parcel, first);
    arena_free(&arena);
    return fact == FACT_UNAVAILABLE ? unavailable(why) : OUTCOME_NEXT;
}

static enum outcome repeat_unstored(struct flow *flow, struct parcel *parcel,
                                    const struct ident *first) {
    if (affords(flow, parcel, 1))
        return unstored_wait(flow);
    pass_over(parcel, first);
    return OUTCOME_NEXT;
}

/* A message that is taken again after a crash finds itself: that is no repeat. */
static enum fact find_first(const struct flow *flow, const struct plan *plan, struct ident *first) {
    const struct facts *facts = &flow->parts.facts;
    enum fact fact = FACT_ABSENT;
    if (facts->sent)
        fact = facts->sent(facts->self, plan->app, plan->sender, plan->client_id, first);
    return fact == FACT_FOUND && strcmp(first->text, plan->id.text) == 0 ? FACT_ABSENT : fact;
}

enum outcome repeat_look(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct ident first;
    parcel->is_repeat = false;
    if (parcel->waited || !plan->sender.at || !kind_of(parcel->route.kind)->knows_repeats)
        return OUTCOME_NEXT;
    plan->client_id = parcel->client_id.at ? parcel->client_id : name_in_body(parcel);
    if (!plan->client_id.at)
        return OUTCOME_NEXT;
    switch (find_first(flow, plan, &first)) {
    case FACT_FOUND:
        return repeat_stored(flow, parcel, &first, why);
    case FACT_UNAVAILABLE:
        return unavailable(why);
    case FACT_ABSENT:
        break;
    }
    const struct plan *unstored = unstored_sent(flow, plan);
    return unstored ? repeat_unstored(flow, parcel, &unstored->id) : OUTCOME_NEXT;
}

/* A sender that was refused (since it was too fast, say) comes again under the same name, and means
 * to be judged anew. But what the HTTP API named itself, by the ticket, is only ever sent again
 * where nobody knows whether it arrived: that it was refused has been told. */
void repeat_decided(const struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    bool is_refused = plan->outcome == PLAN_REJECTED || plan->outcome == PLAN_DEAD;
    if (is_refused && !span_equal(plan->client_id, parcel->ticket))
        plan->client_id = SPAN_NONE;
}
