/* What is no message, as flow/kind_receipt.c, kind_conversation.c, kind_archive.c and
 * kind_presence.c have it judged. */
#include "server/rehearsal.h"

#include "meaning/change.h"

/* READ: policies are asked about `object`. */
enum read { READ, READ_DEAD, READ_WAIT, READ_NOTHING };

struct reading {
    struct rehearsal *rehearsal;
    struct plan *plan;
    const struct route *route;
    struct span body;
    struct span object; /* out */
};

static enum read nothing(struct reading *reading, struct span because) {
    reading->plan->reason = because;
    return READ_NOTHING;
}

static enum read unavailable(struct why *why) {
    why_say(why, "what is stored cannot be read");
    return READ_WAIT;
}

/* ---- receipts ---- */

/* Who wrote it? In a direct conversation only the other side can have. */
static enum read find_writer(struct reading *reading, struct span *writer, struct why *why) {
    const struct facts *facts = &reading->rehearsal->judge.facts;
    struct plan *plan = reading->plan;
    struct fact_message entry;
    *writer = plan->recipient;
    if (!facts->entry)
        return route_is_group_id(plan->recipient)
                   ? nothing(reading, SPAN("without the store nobody knows who wrote it"))
                   : READ;
    switch (facts->entry(facts->self, plan->arena, plan->app, plan->sender, plan->recipient,
                         reading->route->id, false, &entry)) {
    case FACT_UNAVAILABLE:
        return unavailable(why);
    case FACT_ABSENT:
        return nothing(reading, SPAN("the user has no such message"));
    case FACT_FOUND:
        break;
    }
    *writer = entry.sender;
    return change_may_confirm(plan->sender, plan->recipient, &entry)
               ? READ
               : nothing(reading, SPAN("the message is not the user's to confirm"));
}

static enum read read_receipt(struct reading *reading, struct why *why) {
    struct plan *plan = reading->plan;
    struct span writer;
    bool is_received;
    if (change_read_receipt(reading->body, &is_received, why) != 0)
        return READ_DEAD;
    if (!is_received)
        return nothing(reading, SPAN("its status is not 200"));
    enum read read = find_writer(reading, &writer, why);
    struct receipt receipt = {.message_id = reading->route->id,
                              .user = plan->sender,
                              .conversation = plan->recipient,
                              .sender = writer};
    if (read == READ)
        reading->object = change_receipt(plan->arena, &receipt);
    return read;
}

/* ---- the others ---- */

static enum read read_patch(struct reading *reading, struct why *why) {
    return change_read_patch(reading->plan->arena, reading->body, &reading->object, why) == 0
               ? READ
               : READ_DEAD;
}

static enum read read_archive(struct reading *reading, struct why *why) {
    const struct facts *facts = &reading->rehearsal->judge.facts;
    const struct plan *plan = reading->plan;
    struct fact_conversation now;
    enum fact fact = FACT_FOUND;
    reading->object = SPAN("{}");
    if (facts->conversation)
        fact = facts->conversation(facts->self, plan->arena, plan->app, plan->sender,
                                   plan->recipient, &now);
    if (fact == FACT_UNAVAILABLE)
        return unavailable(why);
    return fact == FACT_FOUND ? READ : nothing(reading, SPAN("there is no such conversation"));
}

static enum read read_presence(struct reading *reading, struct why *why) {
    bool is_connected;
    if (reading->body.size == 0)
        return nothing(reading, SPAN("the client takes its last will back"));
    if (change_read_presence(reading->body, &is_connected, why) != 0)
        return READ_DEAD;
    reading->object = change_presence(reading->plan->arena, reading->route->id, is_connected);
    return READ;
}

/* ---- all of them ---- */

struct way {
    enum policy_event event;
    enum read (*read)(struct reading *reading, struct why *why);
};

static struct way way_of(enum route_kind kind) {
    switch (kind) {
    case ROUTE_RECEIPT:
        return (struct way){POLICY_RECEIPT, read_receipt};
    case ROUTE_CONVERSATION:
        return (struct way){POLICY_CONVERSATION, read_patch};
    case ROUTE_ARCHIVE:
        return (struct way){POLICY_ARCHIVE, read_archive};
    case ROUTE_PRESENCE:
    case ROUTE_MESSAGE:
    case ROUTE_BLOCK:
    case ROUTE_GROUP:
    case ROUTE_DELIVERED:
    case ROUTE_PERSIST:
    case ROUTE_WEBHOOK:
    case ROUTE_GROUP_CHANGE:
    case ROUTE_HISTORY:
        break;
    }
    return (struct way){POLICY_PRESENCE, read_presence};
}

void rehearsal_change(struct rehearsal *rehearsal, struct plan *plan, struct span body,
                      struct rehearsed *out, struct why *why) {
    struct reading reading = {rehearsal, plan, &out->route, body, SPAN_NONE};
    struct way way = way_of(out->route.kind);
    switch (way.read(&reading, why)) {
    case READ_NOTHING:
        out->end = REHEARSED_UNASKED;
        return;
    case READ_DEAD:
        *out = rehearsal_dead(*out, "bad_message");
        return;
    case READ_WAIT:
        out->end = REHEARSED_WAIT;
        return;
    case READ:
        break;
    }
    out->object = reading.object;
    *out = rehearsal_ended(*out, judge_change(&rehearsal->judge, plan, way.event, out->object,
                                              &out->changed, &out->code, why));
}
