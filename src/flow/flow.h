/* flow: the way of every message, from the intake to its inboxes.
 *
 *     take -> parse -> decide -> persist -> deliver -> settle
 *
 * way.c holds the stages as a table; read it first. The rule of the whole: accept responsibility,
 * then forward. Nothing is delivered before its plan is stored; nothing is settled before the
 * broker confirmed every copy. So whatever dies, the store and the stream together know what is
 * left to do.
 *
 * The flow never blocks and owns no descriptor: it is run by the loop (or by a scenario) whenever
 * something may have happened, and does all the work that can be done then. One thread. */
#ifndef CHAT21D_FLOW_H
#define CHAT21D_FLOW_H

#include "meaning/bucket.h"
#include "meaning/facts.h"
#include "meaning/order.h"
#include "ports/committer.h"
#include "ports/intake.h"
#include "ports/policy.h"
#include "ports/publisher.h"
#include "words/clock.h"

struct flow;

/* Stages by number: for the probe and the log. */
enum flow_stage {
    STAGE_TAKE,
    STAGE_PARSE,
    STAGE_DECIDE,
    STAGE_PERSIST,
    STAGE_DELIVER,
    STAGE_SETTLE
};
enum { FLOW_STAGES = 6 };
const char *flow_stage_name(enum flow_stage stage);

struct flow_settings {
    const struct span *apps; /* the apps served; a message of another is dead */
    size_t app_count;
    bool forces_form; /* every inbox key in `form`, whatever form the message came in */
    enum inbox_form form;
    size_t body_max;                              /* bytes; a larger body is refused */
    size_t fanout_max;                            /* bytes: body x copies of one message */
    unsigned refusals_burst, refusals_per_minute; /* told to one sender; the rest only counted */
    /* What one sender may cause beside single messages: copies of messages to groups, and changes
     * of facts (blocks), each of which is a transaction of its own. */
    struct bucket_limit copies, changes;
    unsigned batch_max;          /* plans in one transaction */
    unsigned hops_max;           /* words of policies that may cause each other */
    unsigned deferred_max;       /* times that one message may be put off */
    uint64_t waiting_max;        /* messages that wait, deferred or in quarantine */
    size_t waiting_bytes_max;    /* of their bodies */
    uint32_t events;             /* kinds that some webhook wants (event_bit) */
    bool has_presence;           /* who is online is kept, and told */
    int64_t presence_age_ms;     /* a client silent for so long is gone */
    struct bucket_limit updates; /* of one user: conversations' patches, archives, presence */
    /* Messages are counted by what strangers wrote: by project, and by address and key where that
     * is wanted; so many labels of each, the rest together. 0: not at all. */
    unsigned labels_max;
    bool counts_ips, counts_topics;
};

/* Where decisions worth keeping go, one line of JSON each (decision_line.c says which and what). */
struct flow_sink {
    void *self;
    void (*write)(void *self, struct span line); /* NULL: nowhere */
    unsigned sample; /* of what nobody refused or changed, one in so many; 0: none */
    bool with_texts; /* what a message said, and how policies changed it */
};

/* Who wants to know what happens, for statistics. */
struct flow_analytics {
    void *self;
    /* NULL: nobody. `key` is static, `body` is copied. */
    bool (*tell)(void *self, const char *key, struct span body);
};

/* A message that comes again under another number (intake.h) is told by this and its digest. */
#define FLOW_NAMED ((uint64_t)1 << 63)

/* Told what is being judged, so that a supervisor knows what killed a worker. All may be NULL. */
struct flow_watch {
    void *self;
    /* `offset`, or FLOW_NAMED with a digest: what flow_suspect wants to be told. */
    void (*enters)(void *self, enum flow_stage stage, uint64_t incarnation, uint64_t offset);
    void (*leaves)(void *self);
    /* The suspect (flow_suspect) was stored: it is past. */
    void (*clears)(void *self);
};

/* Who waits for what becomes of a message that it published itself, with a ticket (intake.h). */
struct flow_waiters {
    void *self;
    /* Its plan `id` is stored; `is_repeat`: what `id` names was stored before, under the same
     * client_id, and nothing has come of this one. NULL: nobody waits. Tickets may be forged, and
     * may be nobody's. */
    void (*tell)(void *self, struct span ticket, const struct ident *id, bool is_repeat);
};

struct flow_parts {
    struct store *store; /* touched only while the committer is not busy */
    struct committer *committer;
    struct facts facts;
    const struct clock *clock;
    struct flow_watch watch;
    struct flow_sink sink;
    struct flow_analytics analytics;
    struct flow_waiters waiters;
};

/* Everything is borrowed for the flow's life. */
struct flow *flow_new(const struct flow_settings *settings, const struct flow_parts *parts);
/* Whatever is under way is forgotten: it is in the store or still in the stream. */
void flow_free(struct flow **flow);

/* The policies that judge from the next message on. Borrowed until the next call. */
void flow_use_policies(struct flow *flow, struct policy_set *policies);

/* What they remember in; what they change there is stored with the plans. NULL: nothing is. */
void flow_use_memory(struct flow *flow, struct policy_memory *memory);

/* Lets a message out of the quarantine: it is judged again, by the policies that are `always`, and
 * delivered under its own id. Or discards it: what is kept is that it was there. Done soon, in
 * order, and forgotten where the process ends before; at most 64 at a time (-1: `why`). Of an id
 * that is not in the quarantine the log says so. */
int flow_release(struct flow *flow, const struct ident *id, struct why *why);
int flow_discard(struct flow *flow, const struct ident *id, struct why *why);

/* What became of events that webhooks were told: stored soon, all or none of them, in order, once;
 * whether the broker is there or not. Copied. False: too many wait for that already (there is room
 * for FLOW_OUTBOX_MAX); ask again later. */
enum { FLOW_OUTBOX_MAX = 1024 };
bool flow_outbox(struct flow *flow, const struct outbox_change *changes, size_t count);
/* How many of all that it was ever given are stored by now: until then outbox_due shows the rows as
 * they were. */
uint64_t flow_outbox_stored(const struct flow *flow);

/* Has these stored (meaning/order.h), as flow_outbox does; erasures that have begun go on by
 * themselves. False: more than FLOW_ORDERS_AT_ONCE would wait; ask again later. */
enum { FLOW_ORDERS_AT_ONCE = 64 };
bool flow_give_orders(struct flow *flow, const struct order *orders, size_t count);
/* How many of all that it was ever given are stored by now. */
uint64_t flow_orders_stored(const struct flow *flow);

/* A message that was being judged when workers died: up to it, messages go one at a time; with
 * three strikes it is set aside. */
void flow_suspect(struct flow *flow, uint64_t incarnation, uint64_t offset, bool set_aside);

/* The broker is there: republishes what the store holds unconfirmed, then takes from the intake.
 * The flow must be empty (flow_is_empty). */
void flow_connect(struct flow *flow, const struct intake *intake,
                  const struct publisher *publisher);
/* The broker is gone. What was decided is still stored (by the next runs); all else is forgotten,
 * since the stream has it. */
void flow_disconnect(struct flow *flow);

enum flow_state {
    FLOW_WAITS, /* nothing to do until something arrives, or flow_due */
    FLOW_READY, /* there is more to do: run again soon (other work may come between) */
    FLOW_LOST,  /* a connection was found dead: `why` says how; call flow_disconnect */
};
enum flow_state flow_run(struct flow *flow, struct why *why);

/* Would it take a delivery now? While it would not, the intake's descriptor is not worth waiting
 * for. */
bool flow_may_take(const struct flow *flow);

/* When to run even if nothing happens: steady microseconds; INT64_MAX for never. */
int64_t flow_due(const struct flow *flow);

/* Takes nothing more from now on (a stop is under way). */
void flow_stop_taking(struct flow *flow);
/* Nothing is under way: all that was taken is stored, out, confirmed, and noted as such. */
bool flow_is_empty(const struct flow *flow);
/* All of it is at least stored (what matters once the broker is gone). */
bool flow_is_stored(const struct flow *flow);

/* Why nothing moves, in words; NULL while it does. */
const char *flow_pause(const struct flow *flow);

struct flow_counts {
    uint64_t taken, delivered, rejected, dropped, dead, applied, deferred, quarantined, redirected;
    uint64_t children;        /* what policies' words caused: replies, copies, redirects */
    uint64_t poison;          /* messages the broker itself could not deliver */
    uint64_t untold;          /* refusals beyond a sender's budget: counted, not told */
    uint64_t copies;          /* inbox copies confirmed */
    uint64_t not_pushed;      /* copies the broker refused again and again: stored, not pushed */
    uint64_t skipped_members; /* members whose inbox key would be too long */
    uint64_t skipped_notices; /* notices to clients whose key would be too long, or none; or that
                               * were too many bytes for one change of a group */
    uint64_t ignored;     /* receipts and archives of what is not there, or not theirs to confirm */
    uint64_t republished; /* plans carried out again after a loss */
    uint64_t retried;     /* publications that the broker had refused, sent again */
    uint64_t repeats;     /* what its sender had sent before, passed over */
};
struct flow_counts flow_counts(const struct flow *flow);

/* The counts by their names, in order, for whoever shows all of them: index 0 to FLOW_COUNTS - 1.
 */
enum { FLOW_COUNTS = sizeof(struct flow_counts) / sizeof(uint64_t) };
struct flow_count {
    const char *name;
    uint64_t value;
};
struct flow_count flow_count(const struct flow_counts *counts, size_t index);

/* For scenarios: called after each stage of each message; true means: the process dies here. From
 * then on the flow does nothing at all. */
void flow_probe(struct flow *flow, bool (*dies)(void *self, enum flow_stage after), void *self);

#endif
