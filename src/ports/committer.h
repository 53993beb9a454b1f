/* committer: the store's own thread. Takes whole batches of plans, commits them in order, hands
 * them back. The loop never waits for a disk.
 *
 * One batch is under way at a time; the next one gathers meanwhile (so batches are as large as the
 * store is slow, and small when it is quick). A committer without a thread commits in the call
 * itself: for scenarios, where everything must be repeatable. */
#ifndef CHAT21D_COMMITTER_H
#define CHAT21D_COMMITTER_H

#include "ports/store.h"

struct committer;

/* Borrows the store for its life; nobody else may touch it meanwhile (readers may read). */
struct committer *committer_new(struct store *store, bool own_thread);
/* Waits for the batch under way, which is the caller's again then, committed or not. */
void committer_free(struct committer **committer);

/* From submit until the batch was taken back. */
bool committer_is_busy(const struct committer *committer);
/* Must not be busy. `batch` is borrowed until it comes back. */
void committer_submit(struct committer *committer, struct store_batch *batch);
/* The batch that came back, or NULL. `*failed`: the store failed and nothing was stored; `why` says
 * how. Exactly once for each submit; only with NULL are the outputs untouched. */
struct store_batch *committer_take(struct committer *committer, bool *failed, struct why *why);
/* How long the store was at work on the batch that came back last, in microseconds. */
int64_t committer_took_us(const struct committer *committer);
/* Readable (poll) from when a batch came back until it is taken. */
int committer_descriptor(const struct committer *committer);

#endif
