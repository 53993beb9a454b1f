/* measure: how long single calls take: p50 and p99 of many, and what they used together. */
#ifndef CHAT21D_MEASURE_H
#define CHAT21D_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEASURE_SAMPLES = 200000 };

struct measure {
    uint32_t *samples; /* nanoseconds each */
    size_t count;
    int64_t total_ns;
};
struct measure measure_start(void);
/* Nanoseconds of some steady clock. */
int64_t measure_now(void);
/* Notes one call that took from `began_ns` until now. False: there is room for no more. */
bool measure_note(struct measure *measure, int64_t began_ns);

struct measured {
    size_t count;
    uint32_t mean_ns, p50_ns, p99_ns;
};
/* Ends it and frees what it holds. */
struct measured measure_end(struct measure *measure);

#endif
