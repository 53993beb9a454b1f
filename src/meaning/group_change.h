/* group_change: what a back end wants changed of a group, as it stands in the body of
 * apps.observer.APP.groups.change; may it be, and what does the group become?
 *
 *     {"change":"create",     "caller":U, "is_admin":false, "group_id":G, "name":…, "owner":…,
 *                             "members":{…}, "attributes":{…}, "names":{…}}
 *     {"change":"rename",     …, "name":…}
 *     {"change":"attributes", …, "attributes":{…}}
 *     {"change":"members",    …, "members":{…}, "names":{…}}
 *     {"change":"join",       …, "member_id":U, "names":{…}}
 *     {"change":"leave",      …, "member_id":U}
 *
 * `caller` is whose token it was, `is_admin` says that the token is an admin's of the app. `names`
 * is what a directory says of those who come: {"U":{"fullname":…,"firstname":…,"lastname":…}}, each
 * part as far as it is known.
 *
 * Who may (protocol, section 5): the owner and admins; everybody may leave. Who creates a group
 * owns it and is a member of it; an admin may name another owner, and is not made a member. To
 * create a group that is there already is refused to those who may not change it; else its name,
 * members and (where there are any) attributes are set, and (for an admin who names one) its owner.
 *
 * It is taken from the stream alone: with intake = queue nobody takes it.
 *
 * A stored group's other fields stay as they are, byte for byte: changes are spliced in.
 *
 * Pure; memory from the arena given. */
#ifndef CHAT21D_GROUP_CHANGE_H
#define CHAT21D_GROUP_CHANGE_H

#include "meaning/group.h"

#include <stdint.h>

enum group_change_kind {
    GROUP_CREATE,
    GROUP_RENAME,
    GROUP_ATTRIBUTES,
    GROUP_MEMBERS,
    GROUP_JOIN,
    GROUP_LEAVE,
};
enum { GROUP_CHANGES = 6 };

struct group_change {
    enum group_change_kind kind;
    struct span caller;
    bool is_admin;
    struct span group_id;
    struct span name;       /* create, rename */
    struct span owner;      /* create; absent: the caller */
    struct span member_id;  /* join, leave */
    struct span members;    /* create, members: JSON, an object as in a group */
    struct span attributes; /* attributes, and create where there are any: JSON, an object */
    struct span names;      /* JSON, an object; absent: nothing is known */
};

/* The body. What is absent is left out. */
struct span group_change_write(struct arena *arena, const struct group_change *change);

/* Reads and checks a body. Ids are taken as they are, but for the caller's: group_change_apply
 * refuses those that cannot be. -1: it is no such body. */
int group_change_read(struct arena *arena, struct span body, struct group_change *out,
                      struct why *why);

/* What becomes of it. */
struct group_changed {
    struct span object; /* the group, whole; without `notification` */
    bool is_new;        /* there was none of that id */
    struct span *newcomers;
    size_t newcomer_count;
};

/* `stored`: the group of that id; NULL: there is none. -1: it is refused; `why` has the words that
 * the HTTP API answers with, and `*code` is a static word:
 *
 *     not_found       there is no such group (or, to leave it, no such member: "Not found")
 *     unauthorized    the caller may not ("Unauthorized")
 *     already_member  who is to join is in it ("Already a member")
 *     same_members    the members to set are those it has ("Same members in group…")
 *     bad_id          a group, an owner or a member who cannot be called so; only an admin creates
 *                     groups without "group-" in their ids
 *     bad_members     more than GROUP_MEMBERS_MAX of them, or impossible ones
 *
 * The plan of a change that is refused has code and reason (beyond its caller's budget of refusals
 * the code alone); the flow adds `rate_limited`, `too_large` (an update of name or attributes has
 * more bytes for all members than fanout_max), and what policies on groups refuse with. */
int group_change_apply(struct arena *arena, const struct group_change *change, struct span app,
                       const struct group *stored, int64_t now_ms, struct group_changed *out,
                       const char **code, struct why *why);

#endif
