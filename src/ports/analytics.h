/* analytics: what is told to the analytics of existing deployments (protocol, section 6): short
 * JSON events, published on a topic exchange of a broker of their own.
 *
 * A thread of its own has the connection. Events go through a bounded queue: who tells never waits.
 * What is queued is published with confirms, again after a lost connection (under the same
 * event_id, so a repeat can be told), in order. It is in memory only: what is queued when the
 * process dies, or does not fit, is lost; the latter is counted. Chat never depends on it. */
#ifndef CHAT21D_ANALYTICS_H
#define CHAT21D_ANALYTICS_H

#include "ports/login.h"
#include "words/clock.h"
#include "words/span.h"
#include "words/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct analytics;

struct analytics_settings {
    const char *uri;      /* amqp[s]://…, as the server's own */
    struct login *login;  /* what was set there counts instead of the URI's password; may be NULL */
    const char *ca_file;  /* NULL: the system's */
    const char *exchange; /* as it is; made as a durable topic exchange where it is not there */
    size_t queue_bytes;   /* bodies and keys that may wait */
};

/* Strings are borrowed for its life. NULL: `why` (the URI's words are wrong). */
struct analytics *analytics_open(const struct analytics_settings *settings,
                                 const struct clock *clock, struct why *why);
/* Ends the thread. What waits has a second to go out. */
void analytics_close(struct analytics **analytics);

/* Queues one event. False: it was dropped. */
bool analytics_tell(struct analytics *analytics, const char *key, struct span body);

struct analytics_counts {
    uint64_t told, dropped; /* confirmed by the broker; did not fit */
    size_t waiting;
    bool is_connected;
};
struct analytics_counts analytics_counts(struct analytics *analytics);

#endif
