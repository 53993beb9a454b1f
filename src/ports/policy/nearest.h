/* nearest: the name that was probably meant. */
#ifndef CHAT21D_POLICY_NEAREST_H
#define CHAT21D_POLICY_NEAREST_H

#include "words/span.h"

/* Keeps the candidate closest to `wanted`; start with .distance 0 for "none yet". */
struct nearest {
    struct span wanted;
    char name[48];
    size_t distance;
};
struct nearest nearest_start(struct span wanted);
void nearest_offer(struct nearest *nearest, struct span candidate);

/* " (did you mean NAME?)", or "" where nothing is close. `out` holds 80 bytes. */
const char *nearest_words(const struct nearest *nearest, char out[80]);

#endif
