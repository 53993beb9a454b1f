/* arena: memory that lives as long as one message, and is given back in one go.
 *
 * Never fails: out of memory ends the process (see check.h). Memory is aligned for any type and
 * not cleared. Pieces cannot be freed one by one. Not thread-safe: an arena has one owner at a
 * time, and travels with the plan it holds. */
#ifndef CHAT21D_ARENA_H
#define CHAT21D_ARENA_H

#include "words/span.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena);
/* Gives back what was taken, and keeps a block for what comes next: for work that is done again and
 * again, and takes about as much each time. */
void arena_clear(struct arena *arena);

void *arena_take(struct arena *arena, size_t size);
/* Cleared to zero; `count * size` is checked for overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);
struct span arena_copy(struct arena *arena, struct span bytes);
/* A terminated copy. */
char *arena_string(struct arena *arena, struct span bytes);
struct span arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* How many bytes were taken in all, for bounding what is in flight. */
size_t arena_used(const struct arena *arena);

#endif
