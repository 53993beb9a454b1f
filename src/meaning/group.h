/* group: who is in a group, read from its JSON object (`{"uid":…,"owner":…,"members":{"U":1,…}}`).
 *
 * Pure; memory from the arena given; at most GROUP_MEMBERS_MAX members. */
#ifndef CHAT21D_GROUP_H
#define CHAT21D_GROUP_H

#include "words/arena.h"
#include "words/json.h"

enum { GROUP_MEMBERS_MAX = 5000 };

struct group {
    struct span id;       /* `uid`; absent where the object has none */
    struct span owner;    /* absent where it has none */
    struct span *members; /* unescaped, each once, in the order they came */
    size_t member_count;
    struct span json; /* the whole object, as it came */
};

/* `object` is checked JSON. Refuses: not an object, `members` there (and not null) and no object,
 * an empty or impossible member id (. / # * + NUL), an impossible `uid`, too many keys in
 * `members`. A member whose value is 0, false or null is no member; of a repeated one the last
 * value counts. A `uid` or `owner` that is no string, or an empty one, counts as absent. */
int group_read(struct arena *arena, struct span object, struct group *out, struct why *why);

bool group_has(const struct group *group, struct span user);

/* Adds a member at the end, unless it is one already. */
void group_add(struct arena *arena, struct group *group, struct span extra);

/* Those of `now` who are no members of `before`, in their order. Memory from the arena. */
struct span *group_added(struct arena *arena, const struct group *before, const struct group *now,
                         size_t *count);

#endif
