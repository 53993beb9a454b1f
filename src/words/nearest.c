#include "words/nearest.h"

#include <ctype.h>
#include <stdio.h>

static size_t least(size_t left, size_t right) {
    return left < right ? left : right;
}

static bool same(char left, char right) {
    return tolower((unsigned char)left) == tolower((unsigned char)right);
}

/* One row per letter of `left`; three rows are enough to see a swap. */
static size_t distance(struct span left, struct span right) {
    size_t rows[3][NEAREST_MAX + 1];
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

struct nearest nearest_start(struct span mistyped) {
    return (struct nearest){.wanted = mistyped};
}

void nearest_offer(struct nearest *nearest, struct span known) {
    if (known.size > NEAREST_MAX || nearest->wanted.size > NEAREST_MAX)
        return;
    size_t bound = nearest->wanted.size / 3 > 2 ? nearest->wanted.size / 3 : 2;
    size_t found = distance(nearest->wanted, known);
    if (found > bound || found >= known.size || (nearest->name[0] && found >= nearest->distance))
        return;
    nearest->distance = found;
    snprintf(nearest->name, sizeof nearest->name, "%.*s", SPAN_ARGS(known));
}

const char *nearest_words(const struct nearest *nearest, char out[NEAREST_MAX + 24]) {
    out[0] = '\0';
    if (nearest->name[0])
        snprintf(out, NEAREST_MAX + 24, " (did you mean %s?)", nearest->name);
    return out;
}
