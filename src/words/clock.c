#include "words/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_us(clockid_t which) {
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t real_wall_ms(void *self) {
    (void)self;
    return read_us(CLOCK_REALTIME) / 1000;
}

static int64_t real_steady_us(void *self) {
    (void)self;
    return read_us(CLOCK_MONOTONIC);
}

const struct clock clock_real = {NULL, real_wall_ms, real_steady_us};
