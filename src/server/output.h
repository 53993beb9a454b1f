/* output: how commands show what they found to a person. Everything goes to standard output; what
 * came from outside passes command_print, so that no byte of it reaches the terminal as an order.
 *
 * A line is a label in a column of its own and what belongs to it; more of the same goes below,
 * without the label. */
#ifndef CHAT21D_OUTPUT_H
#define CHAT21D_OUTPUT_H

#include "meaning/diff.h"
#include "server/commands.h"

#include <stdint.h>

enum { OUTPUT_COLUMN = 10, OUTPUT_VALUE_MAX = 400 };

/* "" indents only. */
void output_label(const char *label);

/* Text from outside, cut to OUTPUT_VALUE_MAX bytes with "…" behind it. */
void output_text(struct span text);
/* The same in a style. */
void output_styled(enum style style, struct span text);
void output_style(enum style style);

/* "2026-11-22 15:04:05.123 UTC"; "(no time)" for what is no time. */
void output_time(int64_t ms);

/* Each field that differs: "- path: before" and "+ path: now", and how many more there are beyond
 * `shown`. */
void output_changes(const struct diff_field *fields, size_t shown, size_t count);

/* "1 message", "2 messages". */
void output_count(uint64_t count, const char *thing);

#endif
