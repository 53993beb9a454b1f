/* change: what clients do beside writing: receipts, changes of conversations, archives, presence
 * (protocol, section 2): what they say, and what policies are told of it, as a JSON object
 * (ports/policy.h, enum policy_event). An archive is told as {}.
 *
 * Pure; memory from the arena. */
#ifndef CHAT21D_CHANGE_H
#define CHAT21D_CHANGE_H

#include "meaning/facts.h"
#include "words/why.h"

/* ---- receipts: a client has a message ---- */

struct receipt {
    struct span message_id;
    struct span user;         /* whose client has it */
    struct span conversation; /* the other side, or the group */
    struct span sender;       /* who wrote it, and is told */
};

/* {"status":200}: -1 where there is no such number. Other statuses are none of a receipt's: then
 * `*is_received` is false, and it is to be ignored. */
int change_read_receipt(struct span body, bool *is_received, struct why *why);

/* Is the stored message `user`'s to confirm: did `other` send it to the user, or somebody else to
 * the group `other`? */
bool change_may_confirm(struct span user, struct span other, const struct fact_message *entry);

/* {"message_id":…,"status":200,"user":…,"conversation":…,"sender":…} */
struct span change_receipt(struct arena *arena, const struct receipt *receipt);

/* ---- conversations ---- */

/* The patch, of CONVERSATION_PATCH_BYTES at most, without what is not the client's to set:
 * timelineOf, conversWith, app_id, key. */
int change_read_patch(struct arena *arena, struct span body, struct span *patch, struct why *why);

/* ---- presence ---- */

/* {"connected":true} or {"disconnected":true}, the last will. */
int change_read_presence(struct span body, bool *is_connected, struct why *why);

/* {"client":…,"connected":…} */
struct span change_presence(struct arena *arena, struct span client, bool is_connected);

#endif
