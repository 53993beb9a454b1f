/* probe: what the claims about the broker's port share. Every claim works on queues of its own, on
 * the broker that RABBITMQ_URI names. */
#ifndef CHAT21D_TESTS_PROBE_H
#define CHAT21D_TESTS_PROBE_H

#include "ports/broker.h"

#include <amqp.h>

/* So many offsets are remembered as a store would. */
enum { PROBE_KNOWN = 1 << 15 };

/* A port with names of its own, and what it did so far. */
struct probe {
    char stream[64], lease[64], dead[64], drain[64], persist[64], missed[80], pattern[96];
    struct broker_settings settings;
    struct span binding;
    struct broker_start start;
    struct broker_pattern earlier[2];
    struct broker *broker;
    struct intake intake;
    struct publisher publisher;
    struct why why;
    bool is_lost;
    bool settles; /* whatever is taken, at once */
    uint64_t taken, markers, poisons, gaps, confirmed, refused, published;
    uint64_t last_number; /* of the newest event */
    struct delivery last; /* the newest delivery; its spans are gone */
    char last_key[256];
    char last_body[64];
    char last_ticket[INTAKE_PROPERTY_MAX + 1], last_client_id[INTAKE_PROPERTY_MAX + 1];
    uint64_t digests[PROBE_KNOWN]; /* of the messages taken, by offset; 0: none */
    int last_number_in_body;       /* of bodies that are "n=NUMBER" */
    uint64_t disorder;             /* how many of those came behind a higher one, or again */
};

int64_t now_ms(void);

/* Says "ok" or "not ok" with the words. Returns `holds`. */
bool claim(bool holds, const char *words, ...) __attribute__((format(printf, 2, 3)));

/* Says the plan. Returns the exit code. */
int claims_end(void);

void probe_init(struct probe *probe, const char *name);
enum broker_opened probe_open(struct probe *probe);
void probe_close(struct probe *probe);
void probe_end(struct probe *probe); /* deletes the queues, too */

/* The parts of a round: waits up to 20 ms for something to read; hears what was confirmed. */
void probe_wait(struct probe *probe);
void probe_hear(struct probe *probe);
/* One round: waits up to 20 ms, takes what there is, hears what was confirmed. */
void probe_round(struct probe *probe);
/* Rounds until the counter is at least `wanted`, at most `seconds`. */
bool probe_until(struct probe *probe, const uint64_t *counter, uint64_t wanted, int seconds);
/* Rounds until nothing was taken for a while. */
void probe_settle_down(struct probe *probe);
bool probe_publish(struct probe *probe, const char *key, struct span body);
void probe_publish_many(struct probe *probe, int count, size_t body_size);
/* A key the stream is bound to. */
const char *probe_key(const struct probe *probe);
/* Remembers what a store would: to go on from the last one taken. */
void probe_remember(struct probe *probe);
/* The same as if it had taken up to `offset`, where something else stood that is gone; of what it
 * took it knows what stands up to `known`. */
void probe_remember_gone(struct probe *probe, uint64_t offset, uint64_t known);
/* POISON, a command, publishes one below apps.PROBE. in the background. */
void probe_poison(int count);
void probe_poison_wait(void);

/* A connection of the test's own, for what the port never does. */
amqp_connection_state_t admin(void);
void admin_delete(const char *queue);
void admin_delete_exchange(const char *exchange);
int admin_count(const char *queue); /* -1: no such queue */
/* Without a confirm: whoever waits for the message knows. */
void admin_publish(const char *exchange, const char *key, struct span body);
/* "{}" with these properties; NULL: without. */
void admin_publish_named(const char *exchange, const char *key, const char *ticket,
                         const char *client_id);
void admin_declare(const char *queue, const char *pattern);
/* Publishes below `key` on amq.topic, with so many headers x-stream-offset. */
void admin_forge(const char *key, const int64_t *offsets, int count);
/* Publishes into `queue`, as if it had come below `key`: bound to it for that moment. */
void admin_put(const char *queue, const char *key, const char *text);

/* missed.c: what goes into the stream by way of the queue of missed messages. */
void missed_messages(void);
void missed_while_away(void);
/* drained.c */
void an_old_queue(void);
void what_was_drained_is_known_again(void);
void settled_while_a_poison_is_met(void);
/* properties.c */
void properties(void);
void properties_of_old_queues(void);
/* submits.c; the last one: so many, one every so many microseconds; what was told, in one line. */
void submits(void);
int submit_many(const char *key, int count, int every_us);
/* silence.c */
void a_silent_stream(void);

/* `has_sink`: the copies go to a durable queue; else nobody listens. */
int relay(int count, bool has_sink);

#endif
