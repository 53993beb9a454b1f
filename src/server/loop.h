/* loop: the worker. Owns the broker's connections, the flow and the policies; waits for what
 * arrives; reconnects with back-off; reloads policies; drains on SIGTERM. */
#ifndef CHAT21D_LOOP_H
#define CHAT21D_LOOP_H

#include "server/config.h"
#include "server/page.h"

/* Runs until SIGTERM or SIGINT; returns the process' exit code (0: drained and stopped; 1: could
 * not start, said in the log). The caller holds the data folder's lock. */
int loop_run(const struct config *config, struct page *page);

#endif
