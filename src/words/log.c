#include "words/log.h"

#include "words/clock.h"
#include "words/log_json.h"
#include "words/span.h"
#include "words/when.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level least = LOG_INFO;
static enum log_format form = LOG_LOGFMT;
static int64_t second;
static unsigned lines_this_second, left_out;

enum { LINE_BYTES = 2048 };

static const char *const NAMES[] = {"error", "warn", "info", "debug"};

void log_set_level(enum log_level level) {
    pthread_mutex_lock(&lock);
    least = level;
    pthread_mutex_unlock(&lock);
}

void log_set_format(enum log_format format) {
    pthread_mutex_lock(&lock);
    form = format;
    pthread_mutex_unlock(&lock);
}

bool log_level_named(const char *name, enum log_level *level) {
    for (int i = 0; i < 4; i++)
        if (strcasecmp(name, NAMES[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    if (strcasecmp(name, "verbose") == 0) {
        *level = LOG_DEBUG;
        return true;
    }
    return false;
}

/* One write per line, so that lines of two processes never mix. */
static void write_bytes(const char *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t wrote = write(STDERR_FILENO, bytes + done, size - done);
        if (wrote <= 0)
            return;
        done += (size_t)wrote;
    }
}

/* There is room for the line's end behind it. */
static void write_line(char *line, int size) {
    char json[6 * LINE_BYTES];
    size_t used = (size_t)size;
    if (form == LOG_JSON) {
        used = log_json((struct span){line, used}, json, sizeof json - 1);
        line = json;
    }
    line[used] = '\n';
    write_bytes(line, used + 1);
}

static int stamp(char *line, size_t size, enum log_level level, const char *event) {
    char when[WHEN_SIZE];
    return snprintf(line, size, "time=%s level=%s event=%s ",
                    when_iso(when, clock_wall_ms(&clock_real)), NAMES[level], event);
}

/* Says once a second how many lines were left out; called with the lock held. */
static bool within_bound(enum log_level level) {
    int64_t now = clock_steady_us(&clock_real) / 1000000;
    if (now != second) {
        if (left_out) {
            char line[160];
            int size = stamp(line, sizeof line, LOG_WARN, "log");
            size += snprintf(line + size, sizeof line - (size_t)size,
                             "left_out=%u reason=\"more than %d lines a second\"", left_out,
                             LOG_LINES_PER_SECOND);
            write_line(line, size);
        }
        second = now;
        lines_this_second = left_out = 0;
    }
    if (level == LOG_ERROR || lines_this_second < LOG_LINES_PER_SECOND) {
        lines_this_second++;
        return true;
    }
    left_out++;
    return false;
}

void log_line(enum log_level level, const char *event, const char *format, ...) {
    pthread_mutex_lock(&lock);
    if (level <= least && within_bound(level)) {
        char line[LINE_BYTES];
        int size = stamp(line, sizeof line, level, event);
        va_list args;
        va_start(args, format);
        int more = vsnprintf(line + size, sizeof line - (size_t)size, format, args);
        va_end(args);
        if (more > (int)sizeof line - size - 2)
            more = (int)sizeof line - size - 2;
        size += more > 0 ? more : 0;
        write_line(line, size);
    }
    pthread_mutex_unlock(&lock);
}

const char *log_quote(char *buffer, unsigned long size, struct span text) {
    static const char HEX[] = "0123456789abcdef";
    size_t used = 0;
    buffer[used++] = '"';
    for (size_t i = 0; i < text.size && used + 6 < size; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte == '"' || byte == '\\') {
            buffer[used++] = '\\';
            buffer[used++] = (char)byte;
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer[used++] = '\\';
            buffer[used++] = 'x';
            buffer[used++] = HEX[byte >> 4];
            buffer[used++] = HEX[byte & 15];
        } else {
            buffer[used++] = (char)byte;
        }
    }
    buffer[used++] = '"';
    buffer[used] = '\0';
    return buffer;
}
