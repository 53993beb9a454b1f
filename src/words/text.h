/* text: bytes built piece by piece in an arena. Growing doubles; what was outgrown stays in the
 * arena until the message ends. */
#ifndef CHAT21D_TEXT_H
#define CHAT21D_TEXT_H

#include "words/arena.h"

struct text {
    struct arena *arena;
    char *at;
    size_t size;
    size_t room;
};

/* Starts empty, with room for `room` bytes. */
struct text text_start(struct arena *arena, size_t room);
void text_add(struct text *text, struct span bytes);
void text_add_char(struct text *text, char byte);
void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What was built so far; good until the next text_add. */
struct span text_span(const struct text *text);

#endif
