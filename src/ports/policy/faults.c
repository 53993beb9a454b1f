#include "faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 320, TAIL_BYTES = 24 }; /* "\nand 4294967295 more" */

struct faults faults_start(struct why *why) {
    why->words[0] = '\0';
    return (struct faults){.why = why};
}

static void add_line(struct faults *faults, const char *line) {
    size_t size = strlen(line), newline = faults->used > 0;
    faults->count++;
    if (faults->left_out ||
        faults->used + newline + size + TAIL_BYTES >= sizeof faults->why->words) {
        faults->left_out++;
        return;
    }
    char *at = faults->why->words + faults->used;
    if (newline)
        *at++ = '\n';
    memcpy(at, line, size + 1);
    faults->used += newline + size;
}

void faults_add(struct faults *faults, const char *format, ...) {
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    add_line(faults, line);
}

int faults_end(struct faults *faults) {
    if (faults->left_out)
        snprintf(faults->why->words + faults->used, sizeof faults->why->words - faults->used,
                 "\nand %u more", faults->left_out);
    return faults->count ? -1 : 0;
}

static int line_of(const struct subject *subject, const char *key) {
    struct place place = {.from_key = subject->from_key};
    size_t depth = 0;
    for (size_t i = 0; i < 2 && subject->within[i].at; i++)
        place.names[depth++] = subject->within[i];
    if (key)
        place.names[depth] = span_of(key);
    return place_line(subject->text, &place);
}

void complain(const struct subject *subject, const char *key, const char *format, ...) {
    char line[LINE_BYTES];
    int number = line_of(subject, key);
    int at = number
                 ? snprintf(line, sizeof line, "%s:%d: %s", subject->shown, number, subject->what)
                 : snprintf(line, sizeof line, "%s: %s", subject->shown, subject->what);
    va_list args;
    va_start(args, format);
    vsnprintf(line + at, sizeof line - (size_t)at, format, args);
    va_end(args);
    add_line(subject->faults, line);
}
