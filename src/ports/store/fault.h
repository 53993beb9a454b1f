/* fault: makes a store fail on purpose. For tests only; production code never includes it.
 *
 * A fault strikes the statements that write: in a commit BEGIN, one for each row written, COMMIT.
 * It must be set while nobody uses the store (the committer is not busy). */
#ifndef CHAT21D_STORE_FAULT_H
#define CHAT21D_STORE_FAULT_H

#include "ports/store.h"

enum store_fault_kind {
    STORE_FAULT_NONE,
    STORE_FAULT_FULL, /* as if the disk were full */
    STORE_FAULT_BUSY, /* as if another process held the lock */
    STORE_FAULT_IO,   /* as if the disk could not be written */
    STORE_FAULT_DATA, /* the data of the plans of `offset` will not go in */
};

struct store_fault {
    enum store_fault_kind kind;
    unsigned after;             /* statements that still succeed (not for STORE_FAULT_DATA) */
    unsigned times;             /* statements (DATA: commits) that fail; then all is well again */
    uint64_t offset;            /* STORE_FAULT_DATA */
    void (*strike)(void *self); /* where set: called instead of failing (to end the process) */
    void *self;
};

void store_set_fault(struct store *store, const struct store_fault *fault);

/* The file may not grow from now on, so that SQLite itself finds no room; or it may again. */
void store_set_full(struct store *store, bool is_full);

/* A chunk of an erasure is at most so many steps (0: as usual). */
void store_set_erase_steps(struct store *store, unsigned steps);

/* Every read of this reader fails from now on; or no longer. */
void store_reader_set_broken(struct store_reader *reader, bool is_broken);

#endif
