/* webhook_pace: when an endpoint is posted to again after something went wrong. Values and
 * arithmetic only: no clock, no chance of its own.
 *
 * What failed is tried again after a back-off that doubles, with jitter, up to ten minutes. An
 * endpoint that failed five times in a row, whatever with, or that asks to be left alone (429, or
 * Retry-After), is down: one post at a time goes there, after a back-off of its own of at most a
 * minute; the others wait, and spend no tries. Whatever it answers but failures brings it up. */
#ifndef CHAT21D_WEBHOOK_PACE_H
#define CHAT21D_WEBHOOK_PACE_H

#include "ports/hook.h"

enum { PACE_DOWN_AFTER = 5 };

struct pace {
    int64_t first_ms;  /* the first back-off */
    unsigned failures; /* in a row */
    unsigned probes;   /* that failed since it is down */
    bool is_down;
    int64_t open_ms; /* while it is down: no post before (steady) */
};

/* `failures` from 1 on: from half to the whole of first_ms doubled failures - 1 times, or of
 * most_ms if that is less. `chance`: any number. */
int64_t pace_back_off(int64_t first_ms, int64_t most_ms, unsigned failures, uint64_t chance);

/* How many may be posted now, where so many are under way of at most `most`. */
size_t pace_room(const struct pace *pace, size_t under_way, size_t most, int64_t now_ms);

/* Notes what became of a post. `tries`: of the row, that one included. Returns how long the row
 * waits, where it is to be tried again. */
int64_t pace_note(struct pace *pace, const struct hook_result *result, unsigned tries,
                  int64_t now_ms, uint64_t chance);

#endif
