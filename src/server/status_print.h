/* status_print: the server's answer to "status", for a person. */
#ifndef CHAT21D_STATUS_PRINT_H
#define CHAT21D_STATUS_PRINT_H

#include "words/arena.h"

#include <stdint.h>

void status_print(struct arena *arena, struct span status);

/* "2 d 3 h", "3 h 5 min", "5 min 20 s", "20 s". In the arena. */
struct span status_duration(struct arena *arena, int64_t ms);
/* "1.5 MB". In the arena. */
struct span status_bytes(struct arena *arena, int64_t bytes);
/* "2026-05-01 12:00:00", in UTC. In the arena. */
struct span status_time(struct arena *arena, int64_t ms);

#endif
