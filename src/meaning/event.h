/* event: what webhooks are told (protocol, section 3): the kinds, which of them are wanted, and the
 * JSON that is posted. Pure; memory from the arena given. */
#ifndef CHAT21D_EVENT_H
#define CHAT21D_EVENT_H

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

#include <stdbool.h>
#include <stdint.h>

/* Numbers are stored: none is ever changed. */
enum event_kind {
    EVENT_SENT = 0,           /* message-sent: a copy with status 100 */
    EVENT_DELIVERED = 1,      /* message-delivered: a copy with status 150 */
    EVENT_RECEIVED = 2,       /* message-received: a user's client has it */
    EVENT_RETURN_RECEIPT = 3, /* message-return-receipt: the sender is told so */
    EVENT_ARCHIVED = 4,       /* conversation-archived */
    EVENT_UNARCHIVED = 5,     /* conversation-unarchived */
    EVENT_ONLINE = 6,         /* presence-change, "online" */
    EVENT_OFFLINE = 7,        /* presence-change, "offline" */
};
enum { EVENT_KINDS = 8 };

/* The word for `event_type`. */
const char *event_type(enum event_kind kind);

/* Sets of kinds: a bit each. */
static inline uint32_t event_bit(enum event_kind kind) {
    return (uint32_t)1 << kind;
}
/* The kinds that a list of event types names, comma separated (WEBHOOK_EVENTS). Says which word is
 * none, and the nearest that is one. */
int event_read_list(struct span list, uint32_t *kinds, struct why *why);

/* One event, whole, as it is to be posted. Absent spans are left out of the JSON. */
struct event {
    enum event_kind kind;
    int64_t created_ms;
    struct span app;
    struct span owner, other;
    struct span recipient; /* `recipient_id`: the message's */
    struct span message_id;
    struct span topic;
    struct span data; /* JSON */
};

/* The `recipient_id` of an event: the message's own recipient, so far as the two sides of the
 * conversation say it. */
struct span event_recipient(enum event_kind kind, struct span owner, struct span other);

/* The body of the POST. `data` goes in byte for byte. */
struct span event_write(struct arena *arena, const struct event *event);

/* What keeps its order: the events of one conversation (whichever side's timeline they are of) or
 * of one user's presence have the same number; others hardly ever. Stored: never changed. */
uint64_t event_lane(enum event_kind kind, struct span app, struct span owner, struct span other);

#endif
