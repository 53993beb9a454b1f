/* Copies of messages that were stamped elsewhere, for U's timeline (protocol, section 1).
 *
 * apps.observer.APP.users.U.messages.R.delivered comes from a back end, the history of a group for
 * who joins it: it is published as it came, stored, and told to webhooks.
 * apps.observer.APP.users.U.messages.R.persist comes from another observer: it is only stored.
 *
 * Users' tokens do not open these keys, and no policy is asked: whoever stamped it has judged it.
 * A message that is stored already gets one more entry, in its true place and with its body kept
 * once; another is stored under the id that it has. It is in U's timeline once however often it
 * comes, and its status only rises, whatever the order. */
#include "flow/kinds.h"

/* What is read of the body. */
struct foreign {
    struct span id, sender, recipient;
    int status;
};

enum { ID_MAX = 255 };

/* An id that stands in the body; false: there is one, and it is none. Absent where it is missing.
 */
static bool read_id(struct arena *arena, struct span body, struct span name, struct span *id) {
    struct json_value value;
    *id = SPAN_NONE;
    if (!json_find(body, name, &value) || value.type == JSON_NULL)
        return true;
    if (value.type != JSON_STRING)
        return false;
    *id = json_unquote(arena, value.text);
    return id->size <= ID_MAX && route_is_id(*id);
}

static bool read_status(struct span body, int *status) {
    struct json_value value;
    int64_t number;
    *status = STATUS_DELIVERED;
    if (!json_find(body, SPAN("status"), &value))
        return true;
    if (!json_whole(value, &number) || number < STATUS_FAILED || number > STATUS_SEEN)
        return false;
    *status = (int)number;
    return message_status_is_known(*status);
}

/* Where it does not say from whom to whom it is, the key does. */
static const char *read_foreign(struct arena *arena, const struct parcel *parcel,
                                struct foreign *out) {
    const struct route *route = &parcel->route;
    if (!read_id(arena, parcel->body, SPAN("message_id"), &out->id) || !out->id.at)
        return "`message_id` is missing, or no id";
    if (!read_id(arena, parcel->body, SPAN("sender"), &out->sender) ||
        !read_id(arena, parcel->body, SPAN("recipient"), &out->recipient))
        return "`sender` or `recipient` is no id";
    if (!read_status(parcel->body, &out->status))
        return "`status` is none";
    if (!out->sender.at)
        out->sender = route->other;
    if (!out->recipient.at)
        out->recipient = route_is_group_id(route->other) ? route->other : route->user;
    return NULL;
}

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    enum json_type type;
    struct foreign read;
    if (json_check(parcel->body, &type, why) != 0)
        return OUTCOME_DEAD;
    const char *fault = type == JSON_OBJECT ? read_foreign(parcel->plan->arena, parcel, &read)
                                            : "a message is an object";
    if (!fault)
        return OUTCOME_NEXT;
    why_say(why, "%s", fault);
    return OUTCOME_DEAD;
}

static bool is_ours(struct span id) {
    uint64_t incarnation, offset;
    unsigned child;
    return ident_read(id, &incarnation, &offset, &child);
}

/* Is it stored? 0: it is not. Two of a message that is not stored yet may come in a row: the store
 * makes them one; only one of ours has to be waited for, if it is on its way. */
static enum outcome look(struct flow *flow, struct parcel *parcel, struct span id, int64_t *seq,
                         struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    struct plan *plan = parcel->plan;
    struct fact_message stored;
    *seq = 0;
    switch (facts->message(facts->self, plan->arena, plan->app, id, false, &stored)) {
    case FACT_UNAVAILABLE:
        why_say(why, "messages cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        *seq = stored.seq;
        return OUTCOME_NEXT;
    case FACT_ABSENT:
        break;
    }
    return is_ours(id) && unstored_has_message(flow, plan->app, id) ? unstored_wait(flow)
                                                                    : OUTCOME_NEXT;
}

static bool updates_conversation(struct span body) {
    struct json_value value;
    return !json_find_path(body, SPAN("attributes.updateconversation"), &value) ||
           value.type != JSON_FALSE;
}

/* The body, with the hole for the status: not stamped, since that was done elsewhere. */
static struct stamped keep(struct arena *arena, struct span body) {
    struct json_change status = {.path = SPAN("status")};
    struct stamped out;
    check(json_splice_around(arena, body, &status, 1, 0, &out.head, &out.tail, NULL) == 0);
    return out;
}

/* It is stored: this is one more timeline that has it. */
static void add_entry(struct plan *plan, const struct route *route, const struct foreign *read,
                      int64_t seq, bool updates) {
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_ENTRY,
                                               .by = route->user,
                                               .whom = route->other,
                                               .seq = seq,
                                               .status = read->status,
                                               .updates_conversation = updates});
}

/* It is not: its body is kept, under the id that it has. */
static void add_message(struct plan *plan, const struct route *route, const struct foreign *read,
                        struct span body) {
    plan->foreign_id = read->id;
    plan->body = keep(plan->arena, body);
    plan->updates_conversation = updates_conversation(body);
    plan->copies = arena_array(plan->arena, 1, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){route->user, route->other, read->status};
    plan->copy_count = 1;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct foreign read;
    int64_t seq;
    check(!read_foreign(plan->arena, parcel, &read));
    enum outcome outcome = look(flow, parcel, read.id, &seq, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    plan->outcome = PLAN_APPLIED;
    plan->sender = read.sender;
    plan->recipient = read.recipient;
    if (seq)
        add_entry(plan, &parcel->route, &read, seq, updates_conversation(parcel->body));
    else
        add_message(plan, &parcel->route, &read, parcel->body);
    return OUTCOME_NEXT;
}

/* ---- delivered: it goes out, too ---- */

static void add_event(struct flow *flow, struct parcel *parcel, struct span topic) {
    struct foreign read;
    check(!read_foreign(parcel->plan->arena, parcel, &read));
    events_add(flow, parcel->plan,
               &(struct plan_event){.kind = EVENT_DELIVERED,
                                    .owner = parcel->route.user,
                                    .other = parcel->route.other,
                                    .message_id = read.id,
                                    .topic = topic,
                                    .data = parcel->body});
}

static enum outcome decide_delivered(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct span key;
    if (route_inbox(plan->arena, INBOX_TABLE, plan->app, parcel->route.user, parcel->route.other,
                    &key, why) != 0) {
        parcel->code = "key_too_long";
        return OUTCOME_DEAD;
    }
    enum outcome outcome = decide(flow, parcel, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    plan_add_letter(plan,
                    (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = parcel->body});
    add_event(flow, parcel, key);
    return OUTCOME_NEXT;
}

const struct kind kind_delivered = {
    .name = "delivered", .parse = parse, .decide = decide_delivered, .refuse = refuse_silently};
const struct kind kind_persist = {
    .name = "persist", .parse = parse, .decide = decide, .refuse = refuse_silently};
