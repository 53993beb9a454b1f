/* log: one line per fact on standard error, in logfmt (`level=warn event=… key=value`) or, of the
 * same keys, in JSON (log_json.h). Where it goes from there, and for how long it is kept, is the
 * system's (journald, logrotate).
 *
 * Levels: ERROR a person must act; WARN something was refused or is degraded; INFO a change of
 * state; DEBUG everything else. A line never holds a body, a token or a password.
 * The level, the format and the second's line count are the one state of this process that is not
 * passed around: a log that had to be handed to every function would be used by none. Thread-safe.
 * Bounded: at most `LOG_LINES_PER_SECOND` lines below ERROR a second; what was left out is counted
 * and said in one line when the second is over. */
#ifndef CHAT21D_LOG_H
#define CHAT21D_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum { LOG_LINES_PER_SECOND = 200 };

enum log_format { LOG_LOGFMT, LOG_JSON };

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
/* "error", "warn", "info", "debug" (and Node's "verbose" = debug). False if it is none of them. */
bool log_level_named(const char *name, enum log_level *level);

/* log_line(LOG_INFO, "reload", "generation=%s policies=%d", …): `event` is one word, the rest is
 * key=value; quote a value that can hold a space with log_quote. */
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `text` in double quotes with control bytes, quotes and backslashes escaped, cut to the buffer.
 * Returns `buffer`. Everything that comes from outside goes through here. */
struct span;
const char *log_quote(char *buffer, unsigned long size, struct span text);

#endif
