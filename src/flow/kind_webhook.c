/* Webhook events that an earlier observer left in its queue: observer.webhook.apps.APP.EVENT. They
 * are in a form of its own, not what is posted (protocol, section 3): two fields ride inside, the
 * key that the event is about and the endpoints as that process had them. Both are taken out; it is
 * posted to the endpoints that are set here, once, like any other event. */
#include "flow/kinds.h"

static const char TOPIC[] = "temp_field_chat_topic", ENDPOINTS[] = "temp_webhook_endpoints";

static struct span string_at(struct arena *arena, struct span body, const char *name) {
    struct json_value value;
    if (!json_find(body, span_of(name), &value) || value.type != JSON_STRING)
        return SPAN_NONE;
    return json_unquote(arena, value.text);
}

static int64_t status_of(struct span body) {
    struct json_value value;
    int64_t status = 0;
    if (json_find(body, SPAN("status"), &value))
        json_whole(value, &status);
    return status;
}

static struct span without_riders(struct arena *arena, struct span body) {
    struct json_change changes[] = {{.path = span_of(TOPIC), .unset = true},
                                    {.path = span_of(ENDPOINTS), .unset = true}};
    struct span out;
    check(json_splice(arena, body, changes, 2, &out, NULL) == 0);
    return out;
}

/* The word of the key at `index`, from 0; absent where it has not so many. */
static struct span word_of(struct span key, unsigned index) {
    struct span word = SPAN_NONE;
    for (unsigned i = 0; key.at && i <= index; i++) {
        const char *dot = memchr(key.at, '.', key.size);
        word = dot ? span_cut(key, 0, (size_t)(dot - key.at)) : key;
        key = dot ? span_cut(key, word.size + 1, key.size) : SPAN_NONE;
        if (!dot && i < index)
            word = SPAN_NONE;
    }
    return word;
}

/* apps.APP.users.U.messages.R.clientadded: U and R. */
enum { WORD_OWNER = 3, WORD_OTHER = 5 };

/* Each reads one shape; NULL, or what is wrong with it. `*is_told` false: nobody posts that. */
static const char *read_copy(struct arena *arena, const struct parcel *parcel,
                             struct plan_event *event, bool *is_told) {
    int64_t status = status_of(parcel->body);
    event->topic = string_at(arena, parcel->body, TOPIC);
    event->owner = word_of(event->topic, WORD_OWNER);
    event->other = word_of(event->topic, WORD_OTHER);
    event->message_id = string_at(arena, parcel->body, "message_id");
    event->kind = status == STATUS_SENT ? EVENT_SENT : EVENT_DELIVERED;
    *is_told = status == STATUS_SENT || status == STATUS_DELIVERED;
    return event->other.at && event->message_id.at ? NULL : "it says no message, or no inbox";
}

static const char *read_receipt(struct arena *arena, const struct parcel *parcel,
                                struct plan_event *event, bool *is_told) {
    int64_t status = status_of(parcel->body);
    event->topic = parcel->key;
    event->owner = string_at(arena, parcel->body, "timelineOf");
    event->message_id = string_at(arena, parcel->body, "message_id");
    event->kind = status == STATUS_RECEIVED ? EVENT_RECEIVED : EVENT_RETURN_RECEIPT;
    *is_told = status == STATUS_RECEIVED || status == STATUS_RETURN_RECEIPT;
    return event->owner.at && event->message_id.at ? NULL : "it says no message, or no timeline";
}

static const char *read_archived(struct arena *arena, const struct parcel *parcel,
                                 struct plan_event *event, bool *is_told) {
    event->topic = string_at(arena, parcel->body, TOPIC);
    event->owner = string_at(arena, parcel->body, "timelineOf");
    event->other = string_at(arena, parcel->body, "conversWith");
    event->kind = EVENT_ARCHIVED;
    *is_told = true;
    return event->owner.at && event->other.at && event->topic.at ? NULL : "it says no conversation";
}

static const char *read_presence(struct arena *arena, const struct parcel *parcel,
                                 struct plan_event *event, bool *is_told) {
    struct span presence = string_at(arena, parcel->body, "presence");
    event->owner = string_at(arena, parcel->body, "user_id");
    event->kind = span_is(presence, "online") ? EVENT_ONLINE : EVENT_OFFLINE;
    *is_told = true;
    bool is_one = span_is(presence, "online") || span_is(presence, "offline");
    return event->owner.at && is_one ? NULL : "it says no user, or no presence";
}

static const struct shape {
    const char *name; /* the key's last word */
    const char *(*read)(struct arena *arena, const struct parcel *parcel, struct plan_event *event,
                        bool *is_told);
} SHAPES[] = {{"message_deliver", read_copy},
              {"message_update", read_receipt},
              {"conversation_archived", read_archived},
              {"presence", read_presence}};

static const char *read_event(struct arena *arena, const struct parcel *parcel,
                              struct plan_event *event, bool *is_told) {
    *event = (struct plan_event){.data = SPAN_NONE};
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (span_is(parcel->route.id, SHAPES[i].name))
            return SHAPES[i].read(arena, parcel, event, is_told);
    return "no such event is known";
}

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    enum json_type type;
    struct plan_event event;
    bool is_told;
    if (json_check(parcel->body, &type, why) != 0)
        return OUTCOME_DEAD;
    const char *fault = type == JSON_OBJECT
                            ? read_event(parcel->plan->arena, parcel, &event, &is_told)
                            : "a webhook event is an object";
    if (!fault)
        return OUTCOME_NEXT;
    why_say(why, "%s", fault);
    return OUTCOME_DEAD;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)why;
    struct plan *plan = parcel->plan;
    struct plan_event event;
    bool is_told;
    check(!read_event(plan->arena, parcel, &event, &is_told));
    plan->outcome = PLAN_APPLIED;
    plan->sender = event.owner;
    plan->recipient = event.kind == EVENT_SENT || event.kind == EVENT_DELIVERED
                          ? string_at(plan->arena, parcel->body, "recipient")
                          : event.other;
    event.data = without_riders(plan->arena, parcel->body);
    if (is_told)
        events_add(flow, plan, &event);
    return OUTCOME_NEXT;
}

const struct kind kind_webhook = {
    .name = "webhook", .parse = parse, .decide = decide, .refuse = refuse_silently};
