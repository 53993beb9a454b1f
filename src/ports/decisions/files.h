/* files: the decision log's files: one that grows, and older ones beside it. Not for anyone else.
 *
 * One thread. A line that went in is whole: what a full disk cut off is taken back. */
#ifndef CHAT21D_DECISIONS_FILES_H
#define CHAT21D_DECISIONS_FILES_H

#include "words/span.h"
#include "words/why.h"

#include <stdint.h>

struct files {
    char *folder;
    size_t file_bytes;
    unsigned count;     /* of files, at most */
    int file;           /* the newest one; -1: not open */
    size_t size;        /* of it */
    uint64_t rotations; /* so far */
};

/* Makes the folder where it is not there, and opens (or makes) the newest file. What a death left
 * half written at its end goes, and so do files beyond `count`. */
int files_open(struct files *files, struct why *why);
void files_close(struct files *files);

/* Appends whole lines, each with its newline, and starts a new file where they do not fit. `*lines`
 * counts those that were written. -1: the others were not; a line that is longer than a file never
 * is. */
int files_append(struct files *files, struct span text, size_t *lines, struct why *why);

/* The path of the newest file (0), or of an older one, in `out`. False: it is too long. */
bool files_path(const char *folder, unsigned index, char out[4096]);

#endif
