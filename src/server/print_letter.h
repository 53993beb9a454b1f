/* print_letter: a dead letter on standard output. It is somebody's message: no byte of it reaches a
 * terminal as an order (output.h). */
#ifndef CHAT21D_PRINT_LETTER_H
#define CHAT21D_PRINT_LETTER_H

#include "ports/broker.h"

/* A line, without its body; what is long is shortened. */
void print_letter_line(const struct dead_letter *letter);
/* All of it. */
void print_letter(const struct dead_letter *letter);
/* One JSON object, in a line; absent texts are null. */
void print_letter_json(const struct dead_letter *letter, bool with_body);

#endif
