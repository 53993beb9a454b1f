#include "nearest.h"

#include <stdio.h>

enum { LONGEST = 40 };

struct nearest nearest_start(struct span wanted) {
    return (struct nearest){.wanted = wanted, .distance = 0};
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(struct span left, struct span right) {
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= right.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= left.size; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= right.size; j++) {
            size_t above = row[j];
            size_t swap = corner + (left.at[i - 1] != right.at[j - 1]);
            row[j] = least(swap, least(above, row[j - 1]) + 1);
            corner = above;
        }
    }
    return row[right.size];
}

void nearest_offer(struct nearest *nearest, struct span candidate) {
    if (nearest->wanted.size > LONGEST || candidate.size > LONGEST)
        return;
    size_t found = distance(nearest->wanted, candidate);
    if (found > 1 + nearest->wanted.size / 3)
        return;
    if (nearest->name[0] && found >= nearest->distance)
        return;
    nearest->distance = found;
    snprintf(nearest->name, sizeof nearest->name, "%.*s", SPAN_ARGS(candidate));
}

const char *nearest_words(const struct nearest *nearest, char out[80]) {
    out[0] = '\0';
    if (nearest->name[0])
        snprintf(out, 80, " (did you mean %s?)", nearest->name);
    return out;
}
