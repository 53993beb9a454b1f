/* when: times as text. */
#ifndef CHAT21D_WHEN_H
#define CHAT21D_WHEN_H

#include <stdint.h>

enum { WHEN_SIZE = 40 };

/* "2026-01-31T12:00:00.123Z" (ISO 8601, UTC) for milliseconds since 1970. Returns `out`. */
const char *when_iso(char out[WHEN_SIZE], int64_t wall_ms);

#endif
