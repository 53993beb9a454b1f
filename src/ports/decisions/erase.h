/* erase: takes the lines of one user out of the decision log's files. Not for anyone else.
 *
 * The log's own thread does it, a slice between two writes, so that lines wait no longer for it
 * than for a disk: each file, the oldest first, is written anew beside itself without those lines,
 * and takes the old one's place at once. One that is rotated meanwhile is followed. */
#ifndef CHAT21D_DECISIONS_ERASE_H
#define CHAT21D_DECISIONS_ERASE_H

#include "ports/decisions/files.h"

#include <stdint.h>
#include <sys/types.h>

struct eraser {
    char *app, *user;
    struct files *files;
    unsigned index;     /* of the file at hand, or of the next one */
    bool is_over;       /* no file is left */
    int from, to;       /* -1: none is at hand */
    uint64_t rotations; /* of the files, when that was looked at last */
    uint64_t lines;     /* taken out */
    uint64_t of_file;   /* of the file at hand */
    char *bytes;        /* what was read and is not written: at most one line's beginning */
    size_t size;
};

/* Is it a line about that user: one that it sent or was sent, in whose inbox a copy came, or of
 * whom a policy asked? */
bool erase_is_meant(struct span line, struct span app, struct span user);

/* Begins; `files` is borrowed. */
void eraser_begin(struct eraser *eraser, struct files *files, const char *app, const char *user);
/* A slice. -1: it was broken off (a disk that is full); the old files stand. */
int eraser_move(struct eraser *eraser, struct why *why);
/* Ends it, wherever it is. */
void eraser_end(struct eraser *eraser);

#endif
