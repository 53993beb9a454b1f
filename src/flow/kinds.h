/* kinds: the kinds of traffic, one file each. A new kind is its file, its grammar in meaning/route,
 * and one line in kinds.c. */
#ifndef CHAT21D_FLOW_KINDS_H
#define CHAT21D_FLOW_KINDS_H

#include "flow/inside.h"

extern const struct kind kind_message; /* a message to a user or a group */
extern const struct kind kind_block;   /* a user blocks or unblocks another */
extern const struct kind kind_group;   /* a back end says what a group is now */

#endif
