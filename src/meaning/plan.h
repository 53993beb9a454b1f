/* plan: what was decided for one message, whole.
 *
 * The store keeps it in one transaction with its copies and the stream's offset; only then is
 * anything delivered. After a crash it is read back and carried out as it stands: nothing is
 * decided twice. A plan lives in its own arena and is handed from owner to owner (loop -> store
 * thread -> loop); spans point into that arena. */
#ifndef CHAT21D_PLAN_H
#define CHAT21D_PLAN_H

#include "meaning/ident.h"
#include "meaning/message.h"
#include "meaning/route.h"
#include "words/arena.h"

#include <stdint.h>

/* Where a message came from. A message of the stream has an incarnation and an offset; what was
 * drained from an earlier server's queue has incarnation 0 and a number of its own. */
struct origin {
    uint64_t incarnation;
    uint64_t offset;
    uint64_t digest; /* of key and body, to recognise the stream again; 0: unknown */
};

enum plan_outcome {
    PLAN_DELIVERED = 0, /* forwarded to everyone who gets a copy */
    PLAN_REJECTED = 1,  /* a policy refused it; the sender is told */
    PLAN_DROPPED = 2,   /* a policy dropped it; the sender sees it as sent */
    PLAN_DEAD = 3,      /* it could not be understood; the sender is told, dead letter */
    PLAN_APPLIED = 4,   /* no message: a block, a group */
};

const char *plan_outcome_name(enum plan_outcome outcome);

/* One inbox copy, kept in its owner's timeline. Its key is route_inbox(form, app, owner, other). */
struct plan_copy {
    struct span owner;
    struct span other; /* conversWith */
    int status;
};

/* A publication that is no inbox copy: notices to clients, dead letters. */
struct plan_letter {
    enum letter_to { LETTER_TOPIC, LETTER_DEAD } to; /* amq.topic under `key`; the dead queue */
    struct span key; /* of a dead letter: the key the message came with */
    struct span body;
    struct span reason; /* dead letters: goes into the header x-chat21-reason */
};

/* A change of the facts, applied once, in the plan's own transaction. */
struct plan_effect {
    enum effect_kind { EFFECT_BLOCK, EFFECT_UNBLOCK, EFFECT_GROUP } kind;
    struct span by, whom;      /* blocks */
    const struct group *group; /* EFFECT_GROUP: stored under `group->id` */
};

struct plan {
    struct arena *arena; /* holds the plan itself too */
    int64_t seq;         /* the receive sequence, given by the store; 0 before */
    struct origin origin;
    struct ident id;
    struct span app, sender, recipient; /* absent where the key told nothing */
    enum inbox_form form;
    int64_t received_ms;
    enum plan_outcome outcome;
    struct span policy, code, reason; /* who decided and why; absent for a plain delivery */
    uint64_t generation;              /* of the policies that decided; 0: none were asked */
    struct stamped body;              /* absent (both spans) where there are no copies */
    bool updates_conversation;
    struct plan_copy *copies;
    size_t copy_count;
    struct plan_letter *letters;
    size_t letter_count;
    struct plan_effect *effects;
    size_t effect_count;
    bool
        is_bad; /* set by the store: its data would not go in (then it was left out of the batch) */
};

/* An empty plan in an arena of its own. */
struct plan *plan_new(void);
/* Frees the arena, plan included. */
void plan_free(struct plan **plan);

/* How many publications carry the plan out: copies first, then letters. */
size_t plan_publication_count(const struct plan *plan);

struct publication {
    bool to_dead; /* the durable dead queue (mandatory), else the topic exchange */
    struct span key;
    struct span body;
    struct span reason; /* to_dead only */
};

/* The publication at `index`; memory from `arena`. Keys were found to fit when the plan was
 * made. */
void plan_publication(const struct plan *plan, size_t index, struct arena *arena,
                      struct publication *out);

#endif
