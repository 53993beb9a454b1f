/* message: the body of an outgoing message, what the server reads in it, and the stamp (protocol,
 * section 2).
 *
 * A body is one JSON object. The server reads a few top-level fields and overrides the stamped ones
 * (`message_id`, `sender`, `recipient`, `app_id`, `timestamp`, `status`); every other byte passes
 * through as it came. Pure; memory from the arena given. */
#ifndef CHAT21D_MESSAGE_H
#define CHAT21D_MESSAGE_H

#include "meaning/group.h"
#include "meaning/ident.h"
#include "words/arena.h"
#include "words/json.h"

#include <stdint.h>

/* Status codes (protocol, section 2). A status only rises; failed is final. */
enum message_status {
    STATUS_FAILED = -100,
    STATUS_SENDING = 0,
    STATUS_SENT = 100,
    STATUS_DELIVERED = 150,
    STATUS_RECEIVED = 200,
    STATUS_RETURN_RECEIPT = 250,
    STATUS_SEEN = 300,
};

/* Is it one of the codes, 0 (sending) included? */
bool message_status_is_known(int status);

struct message {
    struct span body;          /* a checked JSON object */
    int64_t timestamp;         /* milliseconds, a fraction cut off; 0 where the client gave none */
    bool says_group;           /* channel_type is "group" */
    bool has_inline_group;     /* to a group, and `group` is there and not null */
    struct group inline_group; /* its members, as they came; meaningful where it is there */
    struct span attributes;    /* the object, as it came; absent where it is none */
    bool updates_conversation; /* attributes.updateconversation is not false */
};

/* Checks and reads a body. Refuses: not JSON, not an object, `group` or `group.members` that is
 * there and no object (in a message to a group), more members than GROUP_MEMBERS_MAX.
 * `to_group_id`: the recipient's id names a group, so `group` matters whatever channel_type says.
 * Spans point into `body` or the arena. */
int message_read(struct arena *arena, struct span body, bool to_group_id, struct message *out,
                 struct why *why);

/* What is stamped. */
struct stamp {
    struct ident id;
    struct span sender, recipient, app;
    int64_t timestamp;
};

/* A stamped body, with a hole where the status goes: the body is kept once, and each copy is the
 * body with its own status. */
struct stamped {
    struct span head; /* everything before the status' digits */
    struct span tail; /* everything after */
};

/* Splices the stamp into `body` (checked). Fields that are there are replaced in place, missing
 * ones added at the end in the order message_id, sender, recipient, app_id, timestamp, status;
 * every duplicate of a stamped key goes. Never fails: a checked object can always be stamped. */
struct stamped message_stamp(struct arena *arena, struct span body, const struct stamp *stamp);

/* One copy: head, status, tail. */
struct span message_with_status(struct arena *arena, struct stamped stamped, int status);

/* The copy that goes back to a sender whose message was refused: the body, stamped, with
 * `"error":{"code":…,"reason":…}` stamped in as well (last where it is new). `body` may be
 * SPAN_NONE or not JSON at all: then the copy holds `"type":"text","text":""` and the stamp. */
struct stamped message_refused(struct arena *arena, struct span body, const struct stamp *stamp,
                               struct span code, struct span reason);

/* A volatile group's object, completed: `uid`, the sender and the group id written into it
 * (protocol, section 2, Group); what is written of other members stays. Returns the body with it.
 * `body` is one that message_read accepted as to a group. */
struct span message_with_group(struct arena *arena, struct span body, struct span group_id,
                               struct span sender);

#endif
