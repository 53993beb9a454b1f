/* broker_probe: looks at a broker as one who logs in, asks, and leaves nothing behind
 * (broker/probe*.c).
 *
 * For `chat21d doctor`: is it there, which one is it, what may a login do and what not. Never takes
 * the lease, never binds or unbinds what the server uses, never reads what belongs to others. What
 * is declared is exclusive to the probe's connection and gone with it; the one thing that cannot
 * be, a stream, has one name (STREAM.doctor) and is deleted at once: where a probe was killed in
 * between, the next one deletes it. Keys that are published to must be ones that nothing is bound
 * to: the caller's concern.
 *
 * Blocks; each step up to the settings' open_timeout_ms, or the timeout that is named. Not for the
 * server's own threads. SIGPIPE must be ignored. Source: AMQP 0-9-1; MQTT 3.1.1; RFC 6455. */
#ifndef CHAT21D_BROKER_PROBE_H
#define CHAT21D_BROKER_PROBE_H

#include "ports/broker.h"

enum probed {
    PROBED_ALLOWED, /* it worked */
    PROBED_REFUSED, /* the broker says that this login may not: `why` has its words */
    PROBED_FAILED,  /* anything else: `why` */
};

/* Where a URI leads. */
struct broker_place {
    char host[256];
    uint16_t port;
    bool is_tls;
    bool is_local; /* by its name: this machine's loopback */
};
int broker_place(const char *uri, struct broker_place *out, struct why *why);

/* Has the name an address? Waits at most `timeout_ms` for the resolver, which itself may take long.
 */
int broker_resolves(const char *host, int timeout_ms, struct why *why);

/* ---- over AMQP: one connection, one login ---- */

struct broker_probe;

/* Logs in as the URI says, or with `token` as a user does. The settings' strings and the token are
 * borrowed for the call and the probe's life. NULL: `*how` is refused or failed, and `why`. */
struct broker_probe *broker_probe_open(const struct broker_settings *settings, const char *token,
                                       enum probed *how, struct why *why);
void broker_probe_close(struct broker_probe **probe);

/* What it says of itself, "RabbitMQ" and "3.10.8"; "" where it does not say. */
const char *broker_probe_product(const struct broker_probe *probe);
const char *broker_probe_version(const struct broker_probe *probe);

/* Is the topic exchange amq.topic there? */
enum probed broker_probe_exchange(struct broker_probe *probe, struct why *why);
/* A queue of the probe's own, named STREAM.doctor.RANDOM: what the others below speak of. It holds
 * one message. */
enum probed broker_probe_queue(struct broker_probe *probe, struct why *why);
/* May it be bound to that pattern on amq.topic? If so, it is unbound again unless `keep`. */
enum probed broker_probe_bind(struct broker_probe *probe, const char *pattern, bool keep,
                              struct why *why);
/* May an empty message be published to that key on amq.topic? */
enum probed broker_probe_publish(struct broker_probe *probe, const char *key, struct why *why);
/* Takes a message off its queue: PROBED_FAILED where there is none. */
enum probed broker_probe_get(struct broker_probe *probe, struct why *why);
/* Publishes there, and waits for the confirm. A broker in an alarm lets nobody publish: then this
 * is PROBED_FAILED, `why` has its reason, and broker_probe_is_blocked says so. It reads no more
 * from this connection, so the probe is of no use any more. */
enum probed broker_probe_confirm(struct broker_probe *probe, const char *key, struct why *why);
bool broker_probe_is_blocked(const struct broker_probe *probe);

/* Is the stream there, and as the settings want it? Where it is not (`*is_there` false): can the
 * broker make one? PROBED_FAILED: the server could not start. */
enum probed broker_probe_stream(struct broker_probe *probe, bool *is_there, struct why *why);
/* The same of the dead queue; where it is not there, nothing is tried. */
enum probed broker_probe_dead(struct broker_probe *probe, bool *is_there, struct why *why);

/* ---- over MQTT: the ways that clients come ---- */

struct broker_door {
    const char *host;
    uint16_t port;
    int timeout_ms; /* for all of it */
};

/* Connects over plain MQTT and logs in, as user JWT with `token`, or without any login (NULL); says
 * goodbye. PROBED_REFUSED: it is MQTT, and says no. */
enum probed broker_probe_mqtt(const struct broker_door *door, const char *token, struct why *why);
/* Asks for a WebSocket at /ws that speaks MQTT. `*date_ms`: the broker's clock as its answer says
 * it, in whole seconds; 0: it does not. */
enum probed broker_probe_web_mqtt(const struct broker_door *door, int64_t *date_ms,
                                  struct why *why);

#endif
