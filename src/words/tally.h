/* tally: counts by label, for labels that strangers write. Bounded: the first so many different
 * ones are kept, each cut to TALLY_VALUE_MAX bytes; all further ones count under "other" together.
 * One owner; whoever else wants to see it gets a copy (tally_rows). */
#ifndef CHAT21D_TALLY_H
#define CHAT21D_TALLY_H

#include "words/arena.h"

#include <stdint.h>

enum { TALLY_VALUE_MAX = 200 };

struct tally;

/* `seed` makes it unforeseeable which labels get into each other's way; `most` > 0. */
struct tally *tally_new(size_t most, uint64_t seed);
void tally_free(struct tally **tally);

/* Counts one more. A label is one value, or a pair of them (`second` absent: it is not). What is
 * no UTF-8, and control bytes, are kept as U+FFFD. */
void tally_add(struct tally *tally, struct span first, struct span second);

struct tally_row {
    struct span first, second;
    uint64_t count;
};
struct tally_rows {
    struct tally_row *rows; /* in order of their first appearance */
    size_t count;
    uint64_t other; /* of all that there was no place for */
};
/* A copy, in the arena. */
struct tally_rows tally_rows(const struct tally *tally, struct arena *arena);

#endif
