/* nearest: which known name a mistyped one was probably meant to be. Pure. */
#ifndef CHAT21D_NEAREST_H
#define CHAT21D_NEAREST_H

#include "words/span.h"

enum { NEAREST_MAX = 64 }; /* longer names are near to none */

/* Looks at known names one by one. */
struct nearest {
    struct span wanted;         /* borrowed */
    char name[NEAREST_MAX + 1]; /* the nearest so far; "": none is near enough */
    size_t distance;
};
struct nearest nearest_start(struct span mistyped);

/* Letters added, left out, changed or swapped with their neighbour count one each; case does not
 * count. Near enough is a third of the mistyped name, and at least two. */
void nearest_offer(struct nearest *nearest, struct span known);

/* " (did you mean NAME?)", or "" where nothing is near. Returns `out`. */
const char *nearest_words(const struct nearest *nearest, char out[NEAREST_MAX + 24]);

#endif
