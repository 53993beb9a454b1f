#include "words/when.h"

#include <stdio.h>
#include <time.h>

const char *when_iso(char out[WHEN_SIZE], int64_t wall_ms) {
    int64_t ms = wall_ms % 1000 < 0 ? wall_ms % 1000 + 1000 : wall_ms % 1000;
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc); /* no milliseconds in 64 bits are too many for it */
    size_t used = strftime(out, WHEN_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + used, WHEN_SIZE - used, ".%03dZ", (int)ms);
    return out;
}
