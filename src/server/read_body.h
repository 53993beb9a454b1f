/* read_body: a message's body from a file or from standard input, bounded. */
#ifndef CHAT21D_READ_BODY_H
#define CHAT21D_READ_BODY_H

#include "words/arena.h"
#include "words/why.h"

#include <stdio.h>

/* All of the stream, in the arena; `*body` holds at most `most` + 1 bytes, so that one that is too
 * large can be told. A line's end behind the body is no part of it. `name` is for words. */
int read_body(struct arena *arena, FILE *stream, const char *name, size_t most, struct span *body,
              struct why *why);

/* The file of that name. */
int read_body_file(struct arena *arena, const char *file, size_t most, struct span *body,
                   struct why *why);

#endif
