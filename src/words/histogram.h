/* histogram: how long something took, in buckets, as Prometheus wants them. A value: copied as it
 * is, added to by one owner. The bounds are the same for all, from 10 microseconds to 10 seconds:
 * a stage of one message and a stop of the disk fall into the same scale. */
#ifndef CHAT21D_HISTOGRAM_H
#define CHAT21D_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 19 };
/* Microseconds, rising; a duration falls into the first bucket whose bound it does not exceed. */
extern const int64_t HISTOGRAM_BOUNDS_US[HISTOGRAM_BOUNDS];

struct histogram {
    uint64_t buckets[HISTOGRAM_BOUNDS + 1]; /* each by itself; the last: above all bounds */
    uint64_t sum_us;
};

/* A negative duration (there is none on a steady clock) counts as none. */
void histogram_add(struct histogram *histogram, int64_t us);
/* How many were added that took at most the bound at `index`; HISTOGRAM_BOUNDS: all. */
uint64_t histogram_up_to(const struct histogram *histogram, size_t index);

#endif
