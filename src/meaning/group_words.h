/* group_words: what members are told of a change of their group (protocol, section 5): the update
 * that clients get, the messages that `system` writes to the group, and what asks for a newcomer's
 * history. Pure; memory from the arena given. */
#ifndef CHAT21D_GROUP_WORDS_H
#define CHAT21D_GROUP_WORDS_H

#include "meaning/group_change.h"

/* The messagelabel of a change: of a join, or of members that are set, about that newcomer. Absent:
 * it has none (who creates a group or sets its members tells it of each newcomer). */
struct span group_label(struct arena *arena, const struct group_change *change,
                        struct span newcomer);

/* The group's object with `notification.messagelabel`; as it is where the label is absent, or would
 * make it too deep. */
struct span group_notice(struct arena *arena, struct span object, struct span label);

/* Messages of `system` to the group `object`: their bodies, as they go to the outbox. */
enum group_saying {
    SAYS_CREATED,        /* "Group created" */
    SAYS_JOINED_AT_ONCE, /* "NAME joined group on creation" */
    SAYS_JOINED,         /* "FIRSTNAME added to group" */
    SAYS_LEFT,           /* "U removed from group" */
};
struct span group_message(struct arena *arena, const struct group_change *change,
                          struct span object, enum group_saying saying, struct span member);

/* ---- a newcomer's history ---- */

/* The body of apps.observer.APP.groups.history: {"group_id":G,"member":U,"limit":n}: the group's
 * last n messages are to be put into U's timeline. */
struct group_history {
    struct span group_id, member;
    size_t limit; /* 1 to FACT_HISTORY_MAX (facts.h); what is more, or missing, is that many */
};
struct span group_history_write(struct arena *arena, const struct group_history *history);
/* -1: it is no such body. */
int group_history_read(struct arena *arena, struct span body, struct group_history *out,
                       struct why *why);

/* Is a message of the group's timeline to be in the newcomer's: is it not hidden for them? */
bool group_history_shows(struct arena *arena, struct span message, struct span member);
/* The copy of it that the newcomer gets: status 150, whose inbox it is in, "__history", and no
 * push notification unless the message forces one. */
struct span group_history_copy(struct arena *arena, struct span message, struct span member,
                               struct span group_id);

#endif
