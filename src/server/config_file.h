/* config_file: the lines of a settings file, one by one. Knows nothing of the settings. */
#ifndef CHAT21D_CONFIG_FILE_H
#define CHAT21D_CONFIG_FILE_H

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

enum { CONFIG_FILE_MAX = 256 * 1024 };

/* The whole file, at most CONFIG_FILE_MAX bytes of it, in the arena. */
int config_file_read(struct arena *arena, const char *file, struct span *text, struct why *why);

/* Walks the lines that say something: for (struct config_line line = {.rest = text};
 * config_line_next(arena, &line);) … */
struct config_line {
    struct span rest;
    unsigned number;
    bool is_wrong; /* then `words` says why, and name and value are absent */
    const char *words;
    struct span name;
    const char *value; /* unquoted; in the arena */
};
bool config_line_next(struct arena *arena, struct config_line *line);

#endif
