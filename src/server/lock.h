/* lock: one server per data folder. An flock on FOLDER/lock (0600): the kernel gives it back when
 * the last process that has the descriptor is gone, however it went. */
#ifndef CHAT21D_LOCK_H
#define CHAT21D_LOCK_H

#include "words/why.h"

enum lock { LOCK_TAKEN, LOCK_HELD, LOCK_FAILED };

/* Never waits. LOCK_TAKEN: `*descriptor` is the caller's to close, and a forked child's as well.
 * LOCK_HELD: another server has it. LOCK_FAILED: `why` says what is wrong with the file. */
enum lock lock_take(const char *folder, int *descriptor, struct why *why);

#endif
