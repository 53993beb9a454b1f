/* clock: the only place time comes from, so that a scenario can set it.
 *
 * `wall_ms` is milliseconds since 1970 (it may jump); `steady_us` is microseconds from some fixed
 * point, never going back: use it for every limit, back-off and budget. */
#ifndef CHAT21D_CLOCK_H
#define CHAT21D_CLOCK_H

#include <stdint.h>

struct clock {
    void *self;
    int64_t (*wall_ms)(void *self);
    int64_t (*steady_us)(void *self);
};

/* The machine's own clocks. */
extern const struct clock clock_real;

static inline int64_t clock_wall_ms(const struct clock *clock) {
    return clock->wall_ms(clock->self);
}

static inline int64_t clock_steady_us(const struct clock *clock) {
    return clock->steady_us(clock->self);
}

#endif
