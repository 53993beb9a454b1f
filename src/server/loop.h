/* loop: the worker. Owns the broker's connections, the flow and the policies; waits for what
 * arrives; reconnects with back-off; reloads policies; drains on SIGTERM. */
#ifndef CHAT21D_LOOP_H
#define CHAT21D_LOOP_H

#include "server/config.h"
#include "server/page.h"

/* How a worker ends (supervisor.h). */
enum { LOOP_STOPPED = 0, LOOP_CANNOT_START = 1, LOOP_NO_STORE = 3 };

/* Runs until SIGTERM or SIGINT; returns the process' exit code: drained and stopped; cannot start
 * (the policies or the settings are wrong); the store cannot be opened now (a full disk, somebody
 * else's lock: worth trying again). Both are said in the log. The caller holds the data folder's
 * lock. */
int loop_run(const struct config *config, struct page *page);

#endif
