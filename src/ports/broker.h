/* broker: the connections to RabbitMQ. The only module that includes rabbitmq-c's headers.
 *
 * Four connections: one holds the lease, one takes (in a memory alarm the broker stops reading from
 * publishers, their acks included), one publishes, and one moves into the stream what the broker
 * could not route to it after a restart of its own (broker/routes.c). On opening, in this order:
 * the lease (an exclusive consumer on the small queue `lease`, so that one server at a time works),
 * a look at an earlier server's queues, the topology (stream, dead queue, bindings), whether the
 * stream is the one that was left, and then the drain or the stream at the stored offset. With
 * BROKER_INTAKE_QUEUE: the lease, the topology (dead queue, the shared queues and what is bound to
 * them), and the consumers; no stream is touched, and the last connection is not made.
 *
 * One owner, one thread. Opening blocks, each of its steps up to `open_timeout_ms`; publishing
 * never longer than a full socket (30 s at most: TCP_USER_TIMEOUT). A take never blocks, but while
 * it finds a message that the broker cannot deliver ("poison"): then each take sets up a connection
 * or two, and the intake's descriptor changes; nothing else is lost by it. Any other error of a
 * connection loses all: the caller closes, waits (its back-off) and opens again from what its
 * store says. A password that changes meanwhile (ports/login.h) loses nothing (broker/renew.c).
 * SIGPIPE must be ignored.
 *
 * Source: AMQP 0-9-1; RabbitMQ's streams over AMQP (x-stream-offset), publisher confirms,
 * basic.nack, connection.blocked, consumer_cancel_notify. */
#ifndef CHAT21D_BROKER_H
#define CHAT21D_BROKER_H

#include "ports/intake.h"
#include "ports/login.h"
#include "ports/publisher.h"
#include "words/arena.h"

/* Where a store that is empty begins in a stream that is not. */
enum broker_from {
    BROKER_FROM_UNSAID, /* nowhere: it is refused, since another store may have delivered all of it
                         */
    BROKER_FROM_FIRST,  /* all that is left is delivered */
    BROKER_FROM_NEXT,   /* only what comes from now on */
};

/* Where messages are taken from. */
enum broker_intake {
    BROKER_INTAKE_STREAM, /* a stream of the server's own */
    BROKER_INTAKE_QUEUE,  /* the queues of an earlier server, beside its observers (shared.c) */
};

/* The queues of an earlier server: what clients write, copies to store, webhooks to post. */
enum broker_queue { BROKER_MESSAGES, BROKER_PERSIST, BROKER_WEBHOOKS };
enum { BROKER_QUEUES = 3 };

/* How to reach it. Strings are borrowed for the life of the broker. */
struct broker_settings {
    const char *uri;     /* amqp[s]://user:password@host:port/vhost?heartbeat=60 */
    struct login *login; /* what was set there counts instead of the URI's password; may be NULL */
    const char *ca_file; /* amqps: the authority to verify against; NULL: the system's */
    const char *stream;  /* "chat21d.intake" */
    const char *lease;   /* "chat21d.lease" */
    const char *dead;    /* "messages.dead" */
    const char *queues[BROKER_QUEUES]; /* "messages", …; NULL: leave that one alone */
    enum broker_intake intake;
    enum broker_from stream_from;
    int64_t stream_max_bytes;   /* retention of the stream */
    const char *stream_max_age; /* "7D" */
    int64_t dead_max_bytes;     /* bound of the dead queue; the oldest go first */
    uint16_t prefetch;          /* deliveries in flight */
    size_t body_max;            /* bytes of a body kept; the rest is discarded as it arrives */
    size_t unconfirmed_max;     /* bytes of publications in flight before PUBLISH_FULL */
    int open_timeout_ms;
    int quiet_ms; /* a stream silent for so long is asked for a sign of life; 0: 30 s */
};

/* A routing key pattern on amq.topic, of one of an earlier server's queues. */
struct broker_pattern {
    enum broker_queue queue;
    struct span pattern;
};

/* What to bind, and from where to go on. With BROKER_INTAKE_QUEUE only `earlier` and `drained_next`
 * count. */
struct broker_start {
    const struct span *bindings; /* routing key patterns on amq.topic, on their way to the stream */
    size_t binding_count;
    const struct span *unbind; /* patterns bound earlier and no longer wanted */
    size_t unbind_count;
    /* Taken off the queues before those are drained, so that nothing comes twice; with
     * BROKER_INTAKE_QUEUE bound to them (but those of BROKER_WEBHOOKS, which is not consumed). */
    const struct broker_pattern *earlier;
    size_t earlier_count;
    bool drain;            /* the earlier server's queues were not drained to their end yet */
    uint64_t drained_next; /* the offset of the next drained message */
    /* The digests of the newest drained messages that are stored, oldest first, at least as many as
     * may be in flight: what of them the queues still have comes again, and is not handed out. */
    const uint64_t *drained_recent;
    size_t drained_recent_count;
    /* Called before a stream is made for a store that knows of none, with the incarnation that it
     * will have: what is interrupted then is known as one's own at the next opening. May be NULL.
     */
    int (*makes)(void *self, uint64_t incarnation, struct why *why);
    uint64_t incarnation; /* 0: none known, make one */
    uint64_t last_offset; /* the last stored one; meaningful where has_last */
    bool has_last;
    uint64_t last_digest; /* of the message there; 0: unknown (a poison) */
    /* Is a message with this digest stored as that offset's? Asked while opening, where the last
     * one is not found in the stream as it was. -1: it cannot be told now; then the opening fails.
     * NULL: no message is known but the last one. */
    int (*knows)(void *self, uint64_t offset, uint64_t digest, bool *is_known, struct why *why);
    void *self;
};

enum broker_opened {
    BROKER_OPEN,
    BROKER_STANDBY, /* another server holds the lease, or consumers are on a queue to drain */
    BROKER_FAILED,
};

struct broker;

/* Made once; not connected. */
struct broker *broker_new(const struct broker_settings *settings, struct why *why);
void broker_free(struct broker **broker);

/* Are the URI's words right? For checking settings; says what is wrong without the password. */
int broker_check_uri(const char *uri, struct why *why);

/* The URI's password, in the arena; a secret. */
int broker_password(struct arena *arena, const char *uri, struct span *password, struct why *why);

/* BROKER_STANDBY and BROKER_FAILED leave it closed and fill in `why`. */
enum broker_opened broker_open(struct broker *broker, const struct broker_start *start,
                               struct why *why);
void broker_close(struct broker *broker);

/* Is it the stream that was left? */
enum broker_stream {
    STREAM_SAME, /* goes on behind the stored offset */
    STREAM_CUT,  /* it is, but the broker lost its end: goes on behind `kept` */
    STREAM_NEXT, /* an empty store begins behind `kept`, where the stream ended */
    STREAM_NEW,  /* made now, or deleted and made again since: from its beginning */
};

/* After BROKER_OPEN: the incarnation in force (a new one where the stream is not the same, or not
 * whole: its offsets come a second time), and what was found about the stream. The caller stores a
 * new incarnation, and where it begins, before it takes anything. Counts are of offsets: the broker
 * itself uses one up now and then, so a few of many are no messages. */
struct broker_found {
    uint64_t incarnation;
    enum broker_stream stream;
    uint64_t missing; /* lost to retention, between the stored one and the first one left */
    uint64_t
        kept; /* STREAM_CUT: the newest one left that the caller knows; STREAM_NEXT: the end … */
    uint64_t kept_digest; /* … and its digest */
    uint64_t cut;         /* STREAM_CUT: those behind it up to the stored one, all taken before */
    size_t drain_waiting; /* messages in the queues to drain */
};
struct broker_found broker_found(const struct broker *broker);

/* True once, when the earlier server's queues have been drained to their end. */
bool broker_drained(struct broker *broker);

/* The ports to hand to the flow; good as long as the broker is. */
struct intake broker_intake(struct broker *broker);
struct publisher broker_publisher(struct broker *broker);

/* For poll(2): the sockets of the intake, the publisher, and of what was missed; -1 while closed.
 * Ask each time: they change over a poison. The first and the last matter only to who takes now. */
void broker_descriptors(const struct broker *broker, int fds[3]);
/* Is there something that poll cannot see: bytes already read by the library? Ask before waiting.
 * What the intake has matters only to who `takes` now. */
bool broker_has_buffered(struct broker *broker, bool takes);
/* Heartbeats, to be called at least every `heartbeat / 3` seconds. -1: lost. */
int broker_tick(struct broker *broker, struct why *why);
/* Has the broker said connection.blocked (a memory or disk alarm)? `why` has its reason. */
bool broker_is_blocked(const struct broker *broker, struct why *why);

/* ---- how much the stream holds (broker/extent.c) ---- */

struct broker_extent {
    bool is_empty;
    uint64_t first, newest; /* offsets; meaningful where it is not */
};
/* On a connection of its own, which is closed again: a few requests and one delivery (what the
 * broker wrote in one go with it comes along, and is thrown away). `newest` may be 5 s old. Blocks
 * up to `open_timeout_ms` for each request. -1: `why`; also where the first message is one that the
 * broker cannot deliver. */
int broker_extent(const struct broker_settings *settings, struct broker_extent *out,
                  struct why *why);

/* ---- reading the stream beside the server (broker/replay.c) ---- */

/* What the stream holds, once: from some time on (or a little earlier: the broker begins with all
 * that it wrote in one go), up to what was its end when it was opened. A
 * consumer of its own on a connection of its own: it declares, binds, publishes and settles
 * nothing, and neither the lease nor the server's consumer sees it. Blocks: opening for a few
 * seconds at most, a step for `open_timeout_ms` without anything from the broker, which is then
 * its failure.
 *
 * A message that the broker cannot deliver is passed over, and with it what the broker held back
 * to send together with it (broker/poison.c): up to some 15 small messages before it. The server
 * itself loses none of them; to tell them apart it publishes, which this does not. */
struct broker_replay;

/* `settings` and its strings are borrowed for its life. NULL: `why`. */
struct broker_replay *broker_replay_open(const struct broker_settings *settings, int64_t since_ms,
                                         struct why *why);
void broker_replay_close(struct broker_replay **replay);

enum replayed {
    REPLAY_MESSAGE, /* `out` has the next one; its incarnation is 0: nobody can know it here */
    REPLAY_END,
    REPLAY_FAILED, /* `why` */
};
/* Spans in `out` are good until the next step. */
enum replayed broker_replay_next(struct broker_replay *replay, struct delivery *out,
                                 struct why *why);

struct broker_replay_found {
    uint64_t passed;     /* offsets that were passed over, as above */
    bool begins_late;    /* so was something before the first one */
    bool has_end;        /* false: the end is where nothing more came for a while */
    uint64_t next, last; /* the next offset; the last one, where has_end */
};
struct broker_replay_found broker_replay_found(const struct broker_replay *replay);

/* ---- back to an earlier server (broker/handback.c) ---- */

struct broker_handback {
    void *self;
    /* All up to there is in the earlier server's queues: whoever dies now goes on behind it. */
    int (*passed)(void *self, uint64_t incarnation, uint64_t offset, uint64_t digest,
                  struct why *why);
};
struct broker_given {
    uint64_t moved, poisons;
    uint64_t missing; /* lost to the stream's retention before this began */
};

/* Moves what the stream holds behind `start`'s last offset into the earlier server's queues (all
 * three must be named; they are made where they are not there), binds `start->earlier` to them, and
 * unbinds `start->bindings` from the stream. `broker` is closed before and after; it takes the
 * lease. Blocks until all of it is done. -1: some of it is, and the next call goes on. */
int broker_hand_back(struct broker *broker, const struct broker_start *start,
                     const struct broker_handback *caller, struct broker_given *given,
                     struct why *why);

/* ---- the dead queue (broker/dead.c) ---- */

/* What could not be understood, from the oldest on. Each letter is held as long as this is open,
 * and those that were neither dropped nor requeued go back to their places when it is closed; what
 * the queue's bound pushes out meanwhile is not among those held. One reader at a time: two would
 * see half of it each. On connections of its own, with the server running or not. Blocks, each step
 * up to open_timeout_ms. */
struct broker_dead;

/* One letter; spans are good until the next step. */
struct dead_letter {
    uint64_t number;      /* its place in the queue, from 1 on */
    struct span id;       /* the message's; of a letter without one, a digest of what it holds */
    struct span key;      /* the one the message came with; absent: not known */
    struct span reason;   /* the same */
    struct span time;     /* ISO 8601, when it was put there; the same */
    struct span body;     /* what the letter has of it … */
    uint64_t bytes;       /* … and how many bytes the message had; 0: not known */
    bool is_cut;          /* the rest is missing, or may be */
    bool has_come_before; /* somebody has looked at it before, or was interrupted */
};

/* NULL: `why`. A queue that is not there is an empty one. `settings` are borrowed for its life. */
struct broker_dead *broker_dead_open(const struct broker_settings *settings, struct why *why);
/* So many letters are there. */
uint64_t broker_dead_count(const struct broker_dead *dead);

enum dead_is { DEAD_LETTER, DEAD_END, DEAD_FAILED };
/* The next one, up to those that were there when it was opened: what is requeued and refused once
 * more does not come round. */
enum dead_is broker_dead_next(struct broker_dead *dead, struct dead_letter *out, struct why *why);

/* What becomes of the letter that came last. Requeue: its body is published under its own key, and
 * confirmed, before the letter goes: a death in between may bring the message twice, and never
 * loses it. DEAD_STAYS: `why` says what is against it. */
enum dead_done { DEAD_DONE, DEAD_STAYS, DEAD_NOT_DONE /* a failure: `why` */ };
enum dead_done broker_dead_requeue(struct broker_dead *dead, struct why *why);
enum dead_done broker_dead_drop(struct broker_dead *dead, struct why *why);

/* Gives back what is left, and waits until it is back (and what was dropped is gone). -1: that is
 * not known; the broker does it when it notices. */
int broker_dead_close(struct broker_dead **dead, struct why *why);

#endif
