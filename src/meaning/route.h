/* route: what a routing key means, and the keys of the inboxes (protocol, section 1).
 *
 * Keys are words joined by dots: an MQTT topic with "/" turned into ".". A topic that began with
 * "/" gives a key that begins with ".". Ids hold anything but . / # * + and NUL.
 * Pure: no allocation but from the arena given. A key is at most 255 bytes (AMQP 0-9-1, shortstr).
 */
#ifndef CHAT21D_ROUTE_H
#define CHAT21D_ROUTE_H

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

enum { ROUTE_KEY_MAX = 255 };

/* The kinds of traffic the server carries. */
enum route_kind {
    ROUTE_MESSAGE,      /* apps.APP.outgoing.users.U.messages.R.outgoing, or the seed's form */
    ROUTE_BLOCK,        /* apps.APP.users.U.blocks.OTHER.update */
    ROUTE_GROUP,        /* apps.observer.APP.groups.update */
    ROUTE_RECEIPT,      /* apps.APP.users.U.messages.R.M.update */
    ROUTE_CONVERSATION, /* apps.APP.users.U.conversations.R.update */
    ROUTE_ARCHIVE,      /* apps.APP.users.U.conversations.R.archive */
    ROUTE_PRESENCE,     /* apps.APP.users.U.presence.CLIENT */
    ROUTE_DELIVERED,    /* apps.observer.APP.users.U.messages.R.delivered */
    ROUTE_PERSIST,      /* apps.observer.APP.users.U.messages.R.persist */
    ROUTE_WEBHOOK,      /* observer.webhook.apps.APP.EVENT */
    ROUTE_GROUP_CHANGE, /* apps.observer.APP.groups.change */
    ROUTE_HISTORY,      /* apps.observer.APP.groups.history */
};
enum { ROUTE_KINDS = 12 };

/* How the inbox key of a message is written. */
enum inbox_form {
    INBOX_TABLE,    /* apps.APP.users.OWNER.messages.OTHER.clientadded */
    INBOX_SEED,     /* apps.APP.users.OWNER.OTHER.messages.clientadded */
    INBOX_SEED_DOT, /* the same with a leading dot */
};

struct route {
    enum route_kind kind;
    enum inbox_form form; /* the form it came in; INBOX_TABLE for all but messages */
    struct span app;
    /* Whose path it was written to; of what observers and back ends write (delivered, persist), in
     * whose timeline it belongs. Absent for ROUTE_WEBHOOK and what is about a group as a whole
     * (ROUTE_GROUP, ROUTE_GROUP_CHANGE, ROUTE_HISTORY). */
    struct span user;
    /* The recipient, the conversation's other side, or who is (un)blocked. Absent where there is no
     * user, and for ROUTE_PRESENCE. */
    struct span other;
    struct span id; /* M of a receipt, CLIENT of a presence, EVENT of a webhook; else absent */
};

/* Spans point into `key`. Says in words what is wrong with a key that is none of these: too few or
 * too many words, an empty word, a reserved app ("observer", "outgoing"), a sender that looks like
 * a group ("group-" in it), NUL or wildcard bytes in an id. Who writes to a timeline on an
 * observer's behalf (delivered, persist) may write to a group's. */
int route_parse(struct span key, struct route *out, struct why *why);

/* May it be the id of a user, a group or an app: not empty, none of . / # * + or NUL? */
bool route_is_id(struct span id);

/* Does the id name a group: does it contain "group-"? */
bool route_is_group_id(struct span id);

/* The inbox key of `owner` for the conversation with `other`. -1 if it would pass 255 bytes. */
int route_inbox(struct arena *arena, enum inbox_form form, struct span app, struct span owner,
                struct span other, struct span *out, struct why *why);

/* A key of another shape: apps.APP.users.OWNER.WHAT.OTHER.VERB (`what` "groups", "blocks",
 * "conversations", "archived_conversations"). */
int route_notice(struct arena *arena, struct span app, struct span owner, const char *what,
                 struct span other, const char *verb, struct span *out, struct why *why);

/* What one message of OWNER's became: apps.APP.users.OWNER.messages.OTHER.ID.clientupdated. */
int route_message_notice(struct arena *arena, struct span app, struct span owner, struct span other,
                         struct span id, struct span *out, struct why *why);

/* To somebody's outbox: apps.APP.outgoing.users.SENDER.messages.RECIPIENT.outgoing. */
int route_outbox(struct arena *arena, struct span app, struct span sender, struct span recipient,
                 struct span *out, struct why *why);

/* Where the server asks itself for a newcomer's history (ROUTE_HISTORY). */
int route_history(struct arena *arena, struct span app, struct span *out, struct why *why);

/* The patterns to bind for `app` and kind, by index from 0; SPAN_NONE after the last one. */
struct span route_binding(struct arena *arena, enum route_kind kind, struct span app, size_t index);

/* Is it a name that an app may have: not empty, not reserved, no . / # * + or NUL. */
int route_check_app(struct span app, struct why *why);

#endif
