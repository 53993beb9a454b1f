/* log_json: one line of the log as JSON instead of logfmt. Pure.
 *
 * The keys are the line's own, but that `time` is called `ts`; a bare whole or decimal number of at
 * most 15 digits is a number, everything else a string. Whatever bytes a value has, what comes out
 * is one line of valid JSON: control bytes are escaped, what is no UTF-8 becomes U+FFFD, and a
 * value that was cut off ends where the line does. */
#ifndef CHAT21D_LOG_JSON_H
#define CHAT21D_LOG_JSON_H

#include "words/span.h"

/* Writes `line` (logfmt, without its line end) as a JSON object, without a line end, cut to `room`
 * bytes between two members where it has to be. Returns the size. `room`: at least 2. */
size_t log_json(struct span line, char *out, size_t room);

#endif
