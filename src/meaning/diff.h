/* diff: which fields two messages differ in, by their paths. Pure; memory from the arena.
 *
 * Objects are compared member by member, however deep; everything else, arrays included, whole.
 * Strings are equal where what they say is, numbers where their text is. Of a key that stands there
 * twice the last one counts. Time is n log n in the members. */
#ifndef CHAT21D_DIFF_H
#define CHAT21D_DIFF_H

#include "words/arena.h"

enum { DIFF_KEY_SHOWN = 64 }; /* bytes of a key in a path; longer ones are cut */

struct diff_field {
    struct span path;        /* dotted: "attributes.masked" */
    struct span before, now; /* JSON text; absent: it is not there */
};

/* `before` and `now` are checked objects. At most `limit` differences are kept, in the order of
 * their paths; `*count` says how many there are in all. `*fields` is in the arena. */
void diff_objects(struct arena *arena, struct span before, struct span now, size_t limit,
                  struct diff_field **fields, size_t *count);

#endif
