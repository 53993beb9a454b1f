#include "server/measure.h"

#include "words/check.h"

#include <stdlib.h>
#include <time.h>

int64_t measure_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct measure measure_start(void) {
    return (struct measure){.samples = must_calloc(MEASURE_SAMPLES, sizeof(uint32_t))};
}

bool measure_note(struct measure *measure, int64_t began_ns) {
    int64_t took = measure_now() - began_ns;
    measure->total_ns += took;
    measure->samples[measure->count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    return measure->count < MEASURE_SAMPLES;
}

static int by_size(const void *left, const void *right) {
    uint32_t one = *(const uint32_t *)left, other = *(const uint32_t *)right;
    return (one > other) - (one < other);
}

struct measured measure_end(struct measure *measure) {
    struct measured out = {.count = measure->count};
    if (measure->count) {
        qsort(measure->samples, measure->count, sizeof *measure->samples, by_size);
        out.mean_ns = (uint32_t)(measure->total_ns / (int64_t)measure->count);
        out.p50_ns = measure->samples[measure->count / 2];
        out.p99_ns = measure->samples[measure->count * 99 / 100];
    }
    free(measure->samples);
    *measure = (struct measure){.samples = NULL};
    return out;
}
