/* parts: what the files of the broker share. One `struct broker` holds six parts, each with a
 * file of its own:
 *
 *   lease  (lease.c)      the connection "lease"
 *   outlet (publisher.c)  the connection "publisher": topology, publications, markers
 *   stream (stream.c, peek.c, identity.c, tail.c, poison.c)  the connection "intake"
 *   drain  (drain.c)      the same connection before that, emptying an earlier server's queues
 *   shared (shared.c)     the same connection instead of that, on those queues beside others
 *   missed (missed.c)     the connection "missed": what the broker could not route to the stream
 *
 * The topology lives on the publisher's connection, so that a poison, which costs the intake its
 * connection (see poison.c), costs no confirm. */
#ifndef CHAT21D_BROKER_PARTS_H
#define CHAT21D_BROKER_PARTS_H

#include "ports/broker.h"
#include "ports/broker/incoming.h"
#include "ports/broker/link.h"

/* Channels of the publisher's connection: what may be closed by a refusal has its own. */
enum { CHANNEL_PUBLISH = 1, CHANNEL_MARKER, CHANNEL_TOPOLOGY };
/* Channels of the intake's connection. */
enum { CHANNEL_DRAIN = 1, CHANNEL_STREAM, CHANNEL_SHARED };
/* The channel of the connection "missed". */
enum { CHANNEL_MISSED = 1 };

/* A delivery that was handed out and not settled yet. */
struct handed {
    uint64_t offset;
    uint64_t tag; /* 0: none on this connection */
    /* Kept by the drain only. */
    uint64_t digest;  /* of what it is and where it stood */
    uint64_t content; /* of what it is; 0: not known */
    bool is_off;      /* it is off the queue for good, and does not come again */
};

/* A queue of them, oldest first. */
struct handed_ring {
    struct handed *items; /* room is a power of two */
    size_t room, first, count;
};
struct handed *ring_at(const struct handed_ring *ring, size_t index);
void ring_push(struct handed_ring *ring, struct handed item);
void ring_pop(struct handed_ring *ring);
void ring_clear(struct handed_ring *ring);

struct publication_state {
    uint32_t bytes;
    bool is_settled;
    bool is_returned;
};

/* Another login of the publisher's (renew.c). */
struct renewal {
    struct link next; /* takes the link's place when all is confirmed; closed: none is to */
    int64_t retry_us, back_off_us;
    int64_t patience_us; /* how long it waits for that */
};

struct outlet {
    struct link link;
    struct renewal renewal;
    uint64_t base;   /* the number last given before this connection */
    uint64_t oldest; /* the number of the oldest unconfirmed publication */
    uint64_t newest; /* the number last given; oldest == newest + 1: none is unconfirmed */
    struct publication_state *states; /* of oldest…newest, at number & (room - 1) */
    size_t room;
    size_t unconfirmed;             /* bytes */
    struct publisher_event *events; /* at index & (event_room - 1) */
    size_t event_first, event_count, event_room;
    struct incoming returned;
    bool marker_confirmed, marker_refused;
    bool topology_open;
};

struct stream {
    uint64_t incarnation;
    uint64_t next;       /* the offset wanted next */
    bool is_first;       /* nothing of this incarnation was seen yet: no gap can be told */
    bool is_resuming;    /* the intake was lost over a poison: the next take goes on (poison.c) */
    bool is_careful;     /* consuming to find a poison, not to work … */
    int64_t careful_us;  /* … since then */
    bool has_progressed; /* something was handed out since the consumer began */
    unsigned seen;       /* messages handed out since the consumer began */
    bool poison_waiting; /* to be handed out: `poison` */
    uint64_t poison;
    unsigned attempt; /* at `next`; see poison.c */
    uint64_t pad;     /* where the pad stands (poison.c) */
    int64_t pad_us;   /* when it was last seen there; 0: there is none */
    bool pad_seen;    /* it was delivered by itself: nothing can be concluded */
    struct incoming incoming;
    struct handed_ring handed;
    uint64_t unacked_tag; /* the newest one settled and not yet acknowledged */
    size_t unacked;
};

struct drain {
    enum { DRAIN_OFF, DRAIN_GETTING, DRAIN_EMPTY } state;
    bool is_there[BROKER_QUEUES]; /* to be drained */
    unsigned queue;               /* the one that is emptied */
    uint64_t *remembered; /* the digests of what was stored before, of whichever of the queues */
    size_t remembered_count;
    bool is_over;  /* to be told once by broker_drained */
    bool is_asked; /* a basic.get is under way … */
    bool asked_no_ack;
    size_t asked_settled; /* … sent when so many were settled and acknowledged */
    bool poison_next;     /* the next new message is one that cannot be delivered */
    bool poison_waiting;
    uint64_t next;   /* the number of the next new message */
    size_t expected; /* handed items below it came again on this connection, or never will */
    size_t settled;  /* handed items below it are settled: acknowledged, or to be when they come */
    struct incoming incoming;
    struct handed_ring handed;
};

struct shared {
    bool is_on;
    bool is_careful; /* one message at a time: a poison is near; outlives the connections */
    bool is_asked;   /* a basic.get is under way … */
    bool takes_off;  /* … or the next one is: without acknowledgement, for the poison */
    bool poison_waiting;
    unsigned queue;   /* the one that is asked … */
    unsigned empties; /* … after so many that were found empty in a row */
    unsigned good;    /* carefully taken since the last poison */
    uint64_t next;    /* the number of the next message */
    struct incoming incoming;
    struct handed_ring handed; /* what is not acknowledged */
};

/* The names of what stands between amq.topic and the stream; routes.c has the whole picture. */
struct routes {
    char in[256], live[256], missed[256];
    char queues[2][256]; /* of what was missed, in turn */
    unsigned current;    /* the one that is emptied */
};

enum { MISSED_BATCH = 32 }; /* at most 64: their confirms are bits of a word */

struct missed_message {
    char key[256];
    char *body;
    size_t key_size, body_size;
    struct incoming_property ticket, client_id;
    uint64_t tag;
};

struct missed {
    enum { MISSED_OFF, MISSED_RESTING, MISSED_GETTING, MISSED_SENDING } state;
    struct link link;
    bool is_live;        /* the gate is open: nothing more is to come here */
    bool is_careful;     /* a poison is near: one message at a time */
    bool takes_off;      /* that get was met by a poison: the next one is without acknowledgement */
    int64_t due_us;      /* resting: when to look again; 0: at once */
    int64_t gate_us;     /* the gate is opened at the latest then */
    unsigned wanted;     /* messages of a batch */
    unsigned unanswered; /* gets under way */
    unsigned good;       /* carefully taken since the last poison */
    size_t count;
    struct missed_message messages[MISSED_BATCH];
    uint64_t published;   /* on this connection, before this batch */
    uint64_t unconfirmed; /* a bit each */
    uint64_t moved;       /* since the queue was last empty */
    bool is_worn; /* something was moved out of the queue: another one is to take its place */
    struct incoming incoming;
};

/* Is the stream silent, or dead? (watch.c) */
struct watch {
    int64_t looked_us; /* when the intake was last found empty; 0: not lately */
    int64_t quiet_us;  /* since when */
    int64_t asked_us;  /* when a marker was sent to find out; 0: none is on its way */
};

struct broker {
    struct broker_settings settings;
    struct uri uri;
    struct routes routes;
    bool is_open;
    int64_t beat_us;  /* when the last heartbeat was sent for the intake */
    int64_t flush_us; /* when what was settled was last acknowledged from a tick */
    struct link lease;
    struct outlet outlet;
    struct link intake;
    struct stream stream;
    struct drain drain;
    struct shared shared;
    struct missed missed;
    struct watch watch;
    struct broker_found found;
    uint64_t planned; /* the incarnation of the stream that is made for an empty store; 0: none */
};

/* lease.c */
enum broker_opened lease_take(struct broker *broker, struct why *why);
/* Reads what there is on its connection. -1: the lease is lost. */
int lease_hold(struct broker *broker, struct why *why);

/* topology.c: all on the publisher's connection. */
/* Adds to the broker's words, of an answer on `link`, which queue it is about and what a person can
 * do. Returns -1. */
int topology_advise(const struct link *link, const char *queue, struct why *why);
int topology_look_at(struct broker *broker, const char *queue, bool *is_there,
                     amqp_queue_declare_ok_t *found, struct why *why);
/* Opens the topology's channel where it is closed. */
int topology_channel(struct broker *broker, struct why *why);
/* The outcome of the request just made there, about the queue or exchange `name`. */
int topology_answered(struct broker *broker, const char *doing, const char *name, struct why *why);
int topology_declare_queue(struct broker *broker, const char *queue, amqp_table_t arguments,
                           struct why *why);
amqp_table_entry_t topology_text(const char *name, const char *value);
amqp_table_entry_t topology_number(const char *name, int64_t value);
/* Does the stream exist? Makes it if not, and its routes; binds and unbinds. */
int topology_declare(struct broker *broker, const struct broker_start *start, bool *was_there,
                     struct why *why);
int topology_declare_stream(struct broker *broker, struct why *why);
int topology_declare_dead(struct broker *broker, struct why *why);
/* Sets drain.is_there and found.drain_waiting. BROKER_STANDBY: one of the queues has consumers. */
enum broker_opened topology_look_at_drain(struct broker *broker, struct why *why);
void topology_unbind_drain(struct broker *broker, const struct broker_start *start);
/* Makes the queues that are consumed beside others, where they are not there, and binds to them;
 * takes nothing off them. */
int topology_share(struct broker *broker, const struct broker_start *start, struct why *why);
/* One of them. */
int topology_make_shared(struct broker *broker, const char *queue, struct why *why);
/* One pattern; not of BROKER_WEBHOOKS, nor of a queue without a name. */
int topology_bind_shared(struct broker *broker, const struct broker_pattern *pattern,
                         struct why *why);

/* routes.c: the way from amq.topic to the stream. */
int routes_name(struct broker *broker, struct why *why);
/* Everything but the gate: until that is open, what comes waits in the queue of what was missed. */
int routes_declare(struct broker *broker, const struct broker_start *start, struct why *why);
int routes_open_gate(struct broker *broker, struct why *why);
/* What has that pattern no longer comes to the stream. */
int routes_unbind(struct broker *broker, struct span pattern, struct why *why);
/* Puts another, new queue in the place of the one that was emptied. With the gate open. `*is_done`
 * false: something has come into it again. */
int routes_swap_missed(struct broker *broker, bool *is_done, struct why *why);

/* missed.c */
/* Begins to move what was missed into the stream; the gate opens when there is no more of it.
 * Blocks for a second at most (and the setting up of a connection). */
int missed_begin(struct broker *broker, struct why *why);
/* One step on, without blocking (but for setting up a connection over a poison). */
int missed_move(struct broker *broker, struct why *why);
/* Would that get on although the socket shows nothing? */
bool missed_is_ready(struct broker *broker);
void missed_stop(struct broker *broker);
/* Which of the publications behind number `before` are confirmed, a bit each, the first is bit 0.
 */
uint64_t missed_confirmed(uint64_t before, const amqp_basic_ack_t *ack);
void missed_clear(struct missed *missed);

/* watch.c */
/* Something was delivered, or a new consumer began. */
void watch_heard(struct broker *broker);
/* The intake was asked and has nothing. -1: it should have. */
int watch_idle(struct broker *broker, struct why *why);

/* publisher.c */
int link_confirm_channel(struct link *link, amqp_channel_t channel, struct why *why);
int outlet_open(struct broker *broker, struct why *why);
/* Opens `link`, with the channels of a publisher's. */
int outlet_prepare(struct broker *broker, struct link *link, int timeout_ms, struct why *why);
/* Goes on with `link`, which is moved, under the numbers that follow. Nothing is unconfirmed. */
void outlet_use(struct outlet *outlet, const struct link *link);
uint64_t outlet_unconfirmed(const struct outlet *outlet);
void outlet_clear(struct outlet *outlet);
/* Publishes a marker into the stream and does not wait. */
int outlet_send_marker(struct broker *broker, struct span nonce, size_t body_size, struct why *why);
/* Publishes a marker into the stream, its body filled up to `body_size` bytes, and waits for the
 * confirm. */
int outlet_mark(struct broker *broker, struct span nonce, size_t body_size, struct why *why);
enum publish outlet_publish(void *self, const struct publication *what, uint64_t *number,
                            struct why *why);
/* Reads all there is into events. */
int outlet_pump(struct broker *broker, struct why *why);
enum publisher_event_kind outlet_next(void *self, struct publisher_event *out, struct why *why);

/* renew.c */
void renew_init(struct renewal *renewal);
void renew_stop(struct renewal *renewal);
/* Logs in anew where there is a newer password; where that fails, what is in use stays in use. */
void renew_tick(struct broker *broker);
/* Not while a new login waits for the old one's confirms. */
bool renew_may_publish(struct broker *broker);

/* stream.c */

/* From where to consume, and how. */
struct stream_from {
    enum {
        STREAM_FROM_OFFSET,
        STREAM_FROM_NEXT,  /* only what comes from now on */
        STREAM_FROM_FIRST, /* all that is left */
        STREAM_FROM_LAST,  /* what the broker wrote last in one go */
        STREAM_FROM_TIME,  /* what was written from `seconds` on, since 1970 */
    } place;
    uint64_t offset, seconds;
    uint16_t prefetch;
};
/* Opens the link where it is closed, a channel on it, and a consumer. */
int stream_channel(struct broker *broker, struct link *link, uint16_t prefetch, struct why *why);
int stream_consume(struct broker *broker, struct link *link, const struct stream_from *from,
                   struct why *why);
/* The intake itself, at stream.next, for work. */
int stream_attach(struct broker *broker, struct why *why);
bool stream_is_marker(const struct broker *broker, const struct incoming *incoming);
enum take stream_take(struct broker *broker, struct delivery *out, struct why *why);
void stream_settle(struct broker *broker, uint64_t offset);
/* Acknowledges what is settled. */
void stream_flush(struct broker *broker);
/* What was handed out can no longer be acknowledged. */
void stream_forget(struct stream *stream);

/* peek.c: looks into the stream over a connection of its own. */
enum peeked {
    PEEK_FOUND,
    PEEK_DIED,    /* the broker closed the connection with 541 and delivered nothing */
    PEEK_NOTHING, /* nothing came in time */
    PEEK_FAILED,  /* `why` */
};
struct peek {
    uint64_t offset;
    uint64_t digest;
    bool is_marker;
    bool has_survived; /* the rest of what was delivered with it holds no poison */
};
/* The first message from `offset` on. */
enum peeked peek_at(struct broker *broker, uint64_t offset, struct peek *out, struct why *why);
/* The first few messages from `from` on, over one connection, up to and with the first one that is
 * not below `end`; there must be such a one. */
enum { PEEK_RUN = 16 };
struct peek_run {
    size_t count;
    struct peek messages[PEEK_RUN]; /* in order; has_survived is not looked at */
};
/* After PEEK_DIED `run` holds what came before: a poison follows, not always at once. */
enum peeked peek_run(struct broker *broker, uint64_t from, uint64_t end, struct peek_run *run,
                     struct why *why);
/* The offset of the first message that is left, over an open link of the caller's. */
enum peeked peek_first(struct broker *broker, struct link *link, uint64_t *offset, struct why *why);
/* Words for PEEK_NOTHING. Returns -1. */
int peek_say_silent(const struct broker *broker, uint64_t offset, struct why *why);
/* Publishes a marker with a body of `body_size` bytes and finds its offset. No poison was written
 * in one go with it. */
int peek_end(struct broker *broker, size_t body_size, uint64_t *offset, struct why *why);
/* 16 random hex digits and a NUL. */
struct nonce {
    char text[17];
};
struct nonce nonce_make(void);

/* tail.c: up to where is the stream the one that the caller knows? */
struct tail {
    bool has_known;    /* else the caller knows none of the messages below the end */
    struct peek known; /* the newest one that it knows */
    bool has_unknown;  /* there is one below the end that it does not know */
};
/* Looks at offsets below `end`, which is at most stream.pad. Takes up to open_timeout_ms. */
int tail_find(struct broker *broker, const struct broker_start *start, uint64_t end,
              struct tail *out, struct why *why);

/* identity.c */
/* Before the stream is made: may a store that knows of none begin with it, and as which? */
int identity_plan(struct broker *broker, const struct broker_start *start, bool was_there,
                  struct why *why);
/* Is it the stream that was left? Sets found, stream.incarnation and stream.next. */
int identify(struct broker *broker, const struct broker_start *start, bool was_there,
             struct why *why);

/* poison.c. Consumers are told apart by the first byte of their tag: the intake's own, and those
 * that only bring the pad. */
enum { CONSUMER_INTAKE = 'm', CONSUMER_PAD_LOW = 'a', CONSUMER_PAD_HIGH = 'z' };
/* Publishes the pad anew and finds its offset. */
int poison_place_pad(struct broker *broker, struct why *why);
/* The intake was closed with 541. */
enum take poison_met(struct broker *broker);
/* Begins to consume at stream.next. A poison there is no failure: the takes go on. */
int poison_begin(struct broker *broker, struct why *why);
/* One step on. Blocks for the time it takes to set up a connection or two. */
enum take poison_resume(struct broker *broker, struct why *why);

/* drain.c */
void drain_start(struct drain *drain, const struct broker_start *start);
/* Opens the intake's connection for it, at the start and after a poison. */
int drain_open(struct broker *broker, struct why *why);
/* Would a take get on although the socket shows nothing? */
bool drain_is_ready(const struct broker *broker);
enum take drain_take(struct broker *broker, struct delivery *out, struct why *why);
void drain_settle(struct broker *broker, uint64_t number);
void drain_clear(struct drain *drain);

/* shared.c */
/* Begins to consume. A poison there is no failure: the takes go on. */
int shared_begin(struct broker *broker, const struct broker_start *start, struct why *why);
/* Would a take get on although the socket shows nothing? */
bool shared_is_ready(const struct broker *broker);
enum take shared_take(struct broker *broker, struct delivery *out, struct why *why);
/* Acknowledges all up to it. */
void shared_stored(struct broker *broker, uint64_t number);
void shared_stop(struct shared *shared);

#endif
