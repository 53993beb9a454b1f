/* decisions: the decision log, one JSON line for each decision worth keeping.
 *
 * A thread of its own writes; whoever decides never waits for a disk. Lines go through a bounded
 * queue, within a bounded rate; what does not fit is dropped and counted, and the log says how many
 * in a line of its own. Files are FOLDER/decisions.log (the newest) and decisions.1.log (the last
 * one before) …, 0600, of at most `file_bytes` each, at most `files` of them; a line is never split
 * over two. A disk that is full or gone loses lines (counted, said once), never a message. */
#ifndef CHAT21D_DECISIONS_H
#define CHAT21D_DECISIONS_H

#include "words/clock.h"
#include "words/span.h"
#include "words/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decisions;

/* What may wait to be written, and so the longest line; how many files there may be. */
enum { DECISIONS_QUEUE_BYTES = 1024 * 1024, DECISIONS_FILES_MAX = 100 };

struct decisions_settings {
    size_t file_bytes;
    unsigned files;
    unsigned per_second; /* lines; as many at once */
};

/* Makes `folder` (0700) where it is not there. NULL: `why`. */
struct decisions *decisions_open(const char *folder, const struct decisions_settings *settings,
                                 const struct clock *clock, struct why *why);
/* Writes what is queued, and ends the thread. */
void decisions_close(struct decisions **log);

/* Queues one line (without the newline; a newline within becomes a space). False: it was dropped.
 */
bool decisions_write(struct decisions *log, struct span line);

/* Takes the lines about that user out of all files, in between: those it sent, was sent, or was
 * asked about by policies. False: another one is under way. What was queued before is among them.
 */
bool decisions_erase(struct decisions *log, struct span app, struct span user);
enum decisions_erasing {
    DECISIONS_IDLE, /* nothing was asked for */
    DECISIONS_ERASING,
    DECISIONS_ERASED,     /* `*lines` were taken out; said once, then it is idle */
    DECISIONS_NOT_ERASED, /* a disk's fault, which was logged; said once */
};
enum decisions_erasing decisions_erasing(struct decisions *log, uint64_t *lines);

struct decisions_counts {
    uint64_t written, dropped; /* dropped: over the rate, no room, or the disk failed */
    bool is_failing;           /* the last write failed */
};
struct decisions_counts decisions_counts(struct decisions *log);

/* Reads the files of `folder`, the newest line first, and hands over each line that has `wanted` in
 * it (a message id), until `each` says false. Without a log nothing is found; that is no error. */
int decisions_find(const char *folder, struct span wanted,
                   bool (*each)(void *self, struct span line), void *self, struct why *why);

#endif
