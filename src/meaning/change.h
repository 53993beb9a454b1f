/* change: what policies are told of what is no message (ports/policy.h, enum policy_event), as a
 * JSON object. An archive is told as {}, a conversation's patch as the client wrote it.
 *
 * Pure; memory from the arena. */
#ifndef CHAT21D_CHANGE_H
#define CHAT21D_CHANGE_H

#include "words/arena.h"
#include "words/span.h"

#include <stdbool.h>

/* A client has the message (protocol, section 2, Receipt). */
struct receipt {
    struct span message_id;
    struct span user;         /* whose client has it */
    struct span conversation; /* the other side, or the group */
    struct span sender;       /* who wrote it, and is told */
};
/* {"message_id":…,"status":200,"user":…,"conversation":…,"sender":…} */
struct span change_receipt(struct arena *arena, const struct receipt *receipt);

/* {"client":…,"connected":…} */
struct span change_presence(struct arena *arena, struct span client, bool is_connected);

#endif
