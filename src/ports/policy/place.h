/* place: in which line of a Lua file a name stands, so that a complaint about a value says where to
 * look: the value itself does not know. */
#ifndef CHAT21D_POLICY_PLACE_H
#define CHAT21D_POLICY_PLACE_H

#include "words/span.h"

/* A way to a name: what has to be found first, and within the same braces what comes after. All but
 * the first are keys (an = follows), and the first too where `from_key`. Ends at the first absent
 * one. */
enum { PLACE_DEPTH = 3 };
struct place {
    struct span names[PLACE_DEPTH];
    bool from_key;
};

/* The line, from 1, of the last name of the way that is there; 0: none is. Comments do not count. A
 * guess: a file that computes its tables may have none of these names in it, or elsewhere. */
int place_line(struct span file, const struct place *place);

#endif
