/* kinds: the kinds of traffic, one file each. A new kind is its file, its grammar in meaning/route,
 * and one line in kinds.c. */
#ifndef CHAT21D_FLOW_KINDS_H
#define CHAT21D_FLOW_KINDS_H

#include "flow/inside.h"
#include "words/check.h"

extern const struct kind kind_message;      /* a message to a user or a group */
extern const struct kind kind_block;        /* a user blocks or unblocks another */
extern const struct kind kind_group;        /* a back end says what a group is now */
extern const struct kind kind_receipt;      /* a client has a message */
extern const struct kind kind_conversation; /* a client patches a conversation */
extern const struct kind kind_archive;      /* a client archives one */
extern const struct kind kind_presence;     /* a client comes or goes */
extern const struct kind kind_delivered;    /* a back end's copy, for an inbox */
extern const struct kind kind_persist;      /* another observer's copy, for a timeline */
extern const struct kind kind_webhook;      /* an earlier observer's event */
extern const struct kind kind_group_change; /* a back end wants a group changed */
extern const struct kind kind_history;      /* a newcomer is to have a group's past */

#endif
