/* loader: loads a generation of policies aside, in a thread of its own, while messages are judged
 * by the one before it; keeps a copy of it (kept.h); and closes old ones, which may take as long.
 *
 * What changes while it is read is read again: no half of one set and half of the next is ever
 * handed over, as far as files are replaced by renaming (them, or a link to all of them).
 *
 * One load at a time. All of a set's life but its use happens in this thread, so that what sets
 * share (word lists) has one owner. Of the memory it reads nothing and writes nothing. */
#ifndef CHAT21D_LOADER_H
#define CHAT21D_LOADER_H

#include "ports/policy.h"

struct loader;

/* All borrowed for the loader's life. */
struct loader_work {
    const char *policies; /* the folder */
    const char *data;     /* where the copy is kept */
    const struct policy_host *host;
    struct policy_memory *memory;
};
struct loader *loader_new(const struct loader_work *with);
/* Waits for what is under way; a set that nobody took goes too. */
void loader_free(struct loader **loader);

/* From start until its end was taken. */
bool loader_is_busy(const struct loader *loader);
/* Must not be busy. */
void loader_start(struct loader *loader);
/* True once for each start, when it has ended: `*set` is the caller's, or NULL with `why`. */
bool loader_take(struct loader *loader, struct policy_set **set, struct why *why);
/* Readable (poll) from when a load ended until it is taken. */
int loader_descriptor(const struct loader *loader);

/* Closes a set that judges no more. At most one for each set taken. Nulls the pointer. */
void loader_retire(struct loader *loader, struct policy_set **set);

#endif
