/* supervisor: the small parent. Takes the data folder's lock (a second server on the same folder
 * stands by until it is free), starts the worker, restarts it when it dies, kills it when it is
 * stuck in one decision, and passes signals on. It never touches the broker, the store or a
 * message.
 *
 * A worker's exit code says what it means:
 *   0  it was told to stop, and drained: the supervisor ends with it;
 *   1  it could not start (said in the log). Of the first worker: the supervisor ends with 1. Of a
 *      later one (somebody broke the policies meanwhile): tried again, with back-off;
 *   3  the store cannot be opened now (a full disk): tried again, with back-off, the first one too;
 *   any other code, any signal: it died and is started again, at once after 0.1 s, then after twice
 *      as long each time, up to 5 s; a worker that ran for 10 s counts as sound.
 * A death in PAGE_PARSE or PAGE_DECIDE is a strike against that message (page.h); no other is.
 *
 * The worker inherits the lock: it is held as long as either of the two lives. The worker dies with
 * its parent (PR_SET_PDEATHSIG), has a process group of its own (so that ^C reaches it once,
 * through the parent) and starts with default signals, none blocked; SIGHUP and SIGPIPE are ignored
 * until it says otherwise. */
#ifndef CHAT21D_SUPERVISOR_H
#define CHAT21D_SUPERVISOR_H

#include "server/config.h"
#include "server/page.h"

/* Runs until SIGTERM or SIGINT; SIGHUP goes to the worker. Returns the process' exit code: 0
 * stopped (a worker that would not end within 5 s was killed: nothing is lost by that), 1 it could
 * not start, or died while it stopped. For a process with one thread. */
int supervisor_run(const struct config *config);

/* The same with another worker and other times, for tests. */
struct supervision {
    int (*worker)(const struct config *config, struct page *page); /* in the child: its exit code */
    int64_t back_off_us, back_off_most_us; /* before a restart: the first time, and at most */
    int64_t sound_us;                      /* a worker that ran this long starts afresh */
    int64_t stop_us;                       /* from SIGTERM to SIGKILL */
    int64_t look_us;                       /* how often the page is looked at */
    unsigned looks;                        /* found in the same decision so often in a row: stuck */
    int64_t lock_us;                       /* how often a server that stands by tries again */
};
int supervisor_run_with(const struct config *config, const struct supervision *supervision);

#endif
