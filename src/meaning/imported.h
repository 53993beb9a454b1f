/* imported: documents of a Node.js server's database, as mongoexport writes them, read for what the
 * store keeps of them.
 *
 * A document of `messages` is one entry of one timeline; the message itself is the document without
 * what belongs to the entry (timelineOf, conversWith, status) and to the database (_id, __v).
 * Pure; memory from the arena given. A document that will not do is refused in words. */
#ifndef CHAT21D_IMPORTED_H
#define CHAT21D_IMPORTED_H

#include "meaning/conversation.h"
#include "meaning/group.h"
#include "meaning/message.h"

struct imported_entry {
    struct span app, owner, other, message_id;
    struct span sender, recipient; /* absent where the document names none */
    int status;                    /* 0 where it names none of the protocol's */
    int64_t timestamp;             /* 0: none */
    bool updates_conversation;
    struct stamped body;
};

struct imported_conversation {
    struct span app, owner, other;
    bool is_new, archived;
    struct patches patches; /* its other fields, as old ones */
    bool is_cut;            /* they would have been too much, and are left out */
};

struct imported_group {
    struct span app;
    struct group group;
    int64_t updated_ms; /* 0: unknown */
};

struct imported_instance {
    struct span app, user, id;
    struct span json;
};

/* `document` is as it stands in the file: not checked, extended JSON. */
int imported_entry(struct arena *arena, struct span document, struct imported_entry *out,
                   struct why *why);
int imported_conversation(struct arena *arena, struct span document,
                          struct imported_conversation *out, struct why *why);
int imported_group(struct arena *arena, struct span document, struct imported_group *out,
                   struct why *why);
int imported_instance(struct arena *arena, struct span document, struct imported_instance *out,
                      struct why *why);

/* When a group's object says that it was changed last, in milliseconds; 0: it does not. */
int64_t imported_updated_ms(struct span group);

#endif
