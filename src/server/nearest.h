/* nearest: which known name a mistyped one was probably meant to be. Pure. */
#ifndef CHAT21D_NEAREST_H
#define CHAT21D_NEAREST_H

#include "words/span.h"

/* Looks at known names one by one. Start with NEAREST(mistyped). */
struct nearest {
    struct span wanted;
    const char *name; /* the nearest so far; NULL: none is near enough */
    size_t distance;
};
#define NEAREST(mistyped) ((struct nearest){.wanted = (mistyped)})

/* Letters added, left out, changed or swapped with their neighbour count one each; case does not
 * count. Near enough is a third of the mistyped name, and at least two. */
void nearest_try(struct nearest *nearest, const char *name);

#endif
