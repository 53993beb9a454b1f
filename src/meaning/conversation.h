/* conversation: what one side sees of a conversation (protocol, section 2): the last message's
 * fields, what clients patched, and what the server says of it. Pure; memory from the arena given.
 *
 * Patches are kept beside the message, not spliced into it: a message is stored once. As with an
 * update's $set, a key of a patch replaces a top-level field, and one with dots a field below it.
 * What was patched since the last message wins over its fields; what was patched before it loses to
 * them, and shows only where it has none of that name. */
#ifndef CHAT21D_CONVERSATION_H
#define CHAT21D_CONVERSATION_H

#include "meaning/plan.h"

/* What patches take at most, together, of one conversation. */
enum { CONVERSATION_PATCH_BYTES = 16 * 1024, CONVERSATION_PATCH_KEYS = 64 };

/* Where a field below another is patched, each patch writes the whole once more: so many bytes at
 * most. (64 of them in a message of 250 KB took 34 ms and 17 MB.) */
enum { CONVERSATION_DEEP_BYTES = 2 * 1024 * 1024 };

/* JSON objects; absent: nothing was patched. */
struct patches {
    struct span recent; /* since the last message */
    struct span old;    /* before it */
};

/* A message came since `recent` was patched: all of it is old now. */
void patches_settle(struct arena *arena, struct patches *patches);

/* Adds a patch, a checked JSON object. What is not a client's to say (timelineOf, conversWith,
 * app_id, key) and what is kept apart (is_new, archived) is left out; a patch of which nothing is
 * left changes nothing. -1: together they
 * would be too much; `patches` is as it was. */
int patches_add(struct arena *arena, struct patches *patches, struct span patch, struct why *why);

/* What a patch says of `is_new` or `archived`; anything but true and false says nothing. */
enum plan_flag conversation_flag(struct span patch, struct span name);

struct conversation {
    struct span app, owner, other;
    bool is_new, archived;
    struct span last; /* the last message with its status, checked JSON; absent: none */
    struct patches patches;
};

/* The whole object, as clients get it. A patch that will not go in (a field below one that is no
 * object) is passed over; so are those beyond CONVERSATION_DEEP_BYTES. */
struct span conversation_write(struct arena *arena, const struct conversation *conversation);

#endif
