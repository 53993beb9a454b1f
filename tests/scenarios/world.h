/* world: what a scenario plays in. The real flow, the real policies in the real sandbox, a real
 * SQLite; a fake broker (stream and publisher) and a fake clock, so that every fault can be had at
 * every step, and always the same way.
 *
 * The broker side outlives the server: `world_die` ends the server as SIGKILL would, and
 * `world_start` begins a new one on the same folder and the same stream. */
#ifndef CHAT21D_WORLD_H
#define CHAT21D_WORLD_H

#include "flow/flow.h"
#include "ports/store/fault.h"

#include <stdbool.h>

/* A message in the fake stream, or in the queue of an earlier server. */
struct arrival {
    char *key, *body;
    size_t key_size, body_size;
    char *ticket, *client_id; /* NULL: none */
    bool is_poison, is_marker;
    enum { ARRIVAL_WAITS, ARRIVAL_OUT, ARRIVAL_GONE } state; /* in a queue that is shared */
    uint64_t number;                                         /* the one it was handed out with */
};

struct arrivals {
    struct arrival *at;
    size_t count;
};

/* What went out. */
struct sent {
    bool to_dead;
    char *key, *body, *reason;
    size_t body_size;
};

/* What a waiter was told. */
struct answer {
    char *ticket;
    struct ident id;
    bool is_repeat;
};

struct unconfirmed {
    uint64_t number;
    bool is_refused;
};

/* A fault that comes by itself, somewhere, and is got over as a supervisor, a session or an
 * operator would: the server is started again, connects again, the disk has room again. */
enum mishap {
    MISHAP_NONE,
    MISHAP_KILL,    /* SIGKILL after a stage of some message */
    MISHAP_BROKER,  /* the connection dies at a publication */
    MISHAP_REFUSAL, /* the broker refuses a publication, once */
    MISHAP_STORE,   /* the disk is full at a statement of a commit */
    MISHAP_CHANCE,  /* kills and lost connections, five or so, as `mishap_at` throws the dice */
};
enum { MISHAPS = 6 };

/* Of the fake stream. */
#define WORLD_INCARNATION ((uint64_t)0x123456789abcde)

struct world {
    char folder[64], policies[96], data[96];
    /* The broker. */
    struct arrivals stream, queue;
    struct sent *sent;
    size_t sent_count, looked_at; /* `looked_at`: how far the script has checked */
    struct unconfirmed waiting[4096];
    size_t waiting_count;
    bool holds_confirms;
    unsigned refuse_next; /* so many publications are refused */
    long lose_after;      /* the connection dies after so many more publications; -1: never */
    bool is_lost, is_full;
    uint64_t number; /* of the last publication on this connection */
    size_t stream_at, queue_at;
    bool shares;          /* the queue is shared with others, and there is no stream */
    bool loses_acks;      /* what is acknowledged comes again all the same */
    uint64_t next_number; /* of a message of the shared queue */
    size_t acknowledged;
    size_t turn_sent; /* the most publications that went out in one turn of the flow */
    size_t settled;   /* deliveries settled: the stream's highest offset + 1 */
    /* The server. */
    struct flow_settings settings;
    struct span apps[4];
    struct store *store;
    struct store_reader *reader;
    struct committer *committer;
    struct policy_memory *memory;
    struct policy_set *policy_set;
    struct policy_host host;
    struct flow *flow;
    struct why policy_error;
    struct clock clock;
    int64_t now_us, wall_ms;
    int64_t told; /* the id of the webhook's event that the script looked at last */
    bool facts_fail;
    bool hides_texts; /* from the decision log */
    unsigned sample;  /* of plain decisions, one in so many; 0: none */
    char **lines;     /* of the decision log, whichever server wrote them */
    size_t line_count, line_at;
    struct answer *answers; /* to waiters, whichever server gave them */
    size_t answer_count, answer_at;
    /* The probe. */
    int die_after;     /* a stage, or -1 */
    unsigned die_skip; /* times to let pass */
    bool is_alive, suspect_is_cleared;
    enum mishap mishap;
    unsigned strikes_left; /* of MISHAP_CHANCE */
    uint64_t dice;
    long mishap_at; /* so many stages, publications or statements pass before it; -1: it was */
};

/* world_broker.c */
struct intake world_intake(struct world *world);
struct publisher world_publisher(struct world *world);
/* The delivery of an arrival; of the body so many bytes are kept. */
struct delivery world_deliver(const struct arrival *arrival, size_t kept);
/* world_shared.c: the queue, shared with other consumers. */
enum take world_take_shared(struct world *world, struct delivery *out);
void world_stored(void *self, uint64_t incarnation, uint64_t offset);
/* The connection is another one: what was handed out and is not acknowledged waits again. */
void world_share(struct world *world, uint64_t next_number);
uint64_t world_digest(const struct arrival *arrival);
/* Does the mishap come now, if it is of this kind? */
bool world_strikes(struct world *world, enum mishap mishap);
/* Ended by a NUL, and the caller's. */
char *world_copy_text(struct span text);

struct world *world_new(const char *policies_from);
void world_free(struct world *world);
void world_arrive(struct world *world, struct arrivals *where, struct arrival arrival);
/* Begins a server. `connects`: with the broker there. */
void world_start(struct world *world);
void world_connect(struct world *world);
/* Runs until nothing more happens. */
void world_run(struct world *world);
/* The same, through the mishap if it comes now. */
void world_run_through(struct world *world);
/* As SIGKILL would. */
void world_die(struct world *world);
void world_reload(struct world *world);

#endif
