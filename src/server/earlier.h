/* earlier: what the Node.js server binds to its queues (protocol, section 1), for every served app.
 *
 * Taken off before the queues are drained, or bound where they are shared with its observers. */
#ifndef CHAT21D_EARLIER_H
#define CHAT21D_EARLIER_H

#include "server/config.h"

/* In the arena, with its strings. */
struct broker_pattern *earlier_patterns(struct arena *arena, const struct config *config,
                                        size_t *count);

#endif
