#include "server/nearest.h"

#include <ctype.h>

enum { LENGTH_MAX = 64 };

static size_t least(size_t left, size_t right) {
    return left < right ? left : right;
}

static bool same(char left, char right) {
    return tolower((unsigned char)left) == tolower((unsigned char)right);
}

/* One row per letter of `left`; three rows are enough to see a swap. */
static size_t distance(struct span left, struct span right) {
    size_t rows[3][LENGTH_MAX + 1];
    size_t *older = rows[0], *old = rows[1], *row = rows[2];
    for (size_t j = 0; j <= right.size; j++)
        old[j] = j;
    for (size_t i = 1; i <= left.size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= right.size; j++) {
            row[j] = old[j - 1] + !same(left.at[i - 1], right.at[j - 1]);
            row[j] = least(row[j], least(old[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(left.at[i - 1], right.at[j - 2]) &&
                same(left.at[i - 2], right.at[j - 1]))
                row[j] = least(row[j], older[j - 2] + 1);
        }
        size_t *spare = older;
        older = old;
        old = row;
        row = spare;
    }
    return old[right.size];
}

void nearest_try(struct nearest *nearest, const char *name) {
    struct span known = span_of(name);
    if (known.size > LENGTH_MAX || nearest->wanted.size > LENGTH_MAX)
        return;
    size_t bound = nearest->wanted.size / 3 > 2 ? nearest->wanted.size / 3 : 2;
    size_t found = distance(nearest->wanted, known);
    if (found <= bound && found < known.size && (!nearest->name || found < nearest->distance)) {
        nearest->name = name;
        nearest->distance = found;
    }
}
