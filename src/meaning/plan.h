/* plan: what was decided for one message, whole.
 *
 * The store keeps it in one transaction with its copies and the stream's offset; only then is
 * anything delivered. After a crash it is read back and carried out as it stands: nothing is
 * decided twice. A plan lives in its own arena and is handed from owner to owner (loop -> store
 * thread -> loop); spans point into that arena. */
#ifndef CHAT21D_PLAN_H
#define CHAT21D_PLAN_H

#include "meaning/event.h"
#include "meaning/ident.h"
#include "meaning/kv.h"
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
    PLAN_DELIVERED = 0,   /* forwarded to everyone who gets a copy */
    PLAN_REJECTED = 1,    /* a policy refused it; the sender is told */
    PLAN_DROPPED = 2,     /* a policy dropped it; the sender sees it as sent */
    PLAN_DEAD = 3,        /* it could not be understood; the sender is told, dead letter */
    PLAN_APPLIED = 4,     /* no message: a block, a group */
    PLAN_DEFERRED = 5,    /* judged again when it is due; nobody has a copy before */
    PLAN_QUARANTINED = 6, /* waits for a person's word; nobody has a copy before */
    PLAN_REDIRECTED = 7,  /* the sender sees it as sent; a child carries it to somebody else */
};

const char *plan_outcome_name(enum plan_outcome outcome);

/* One inbox copy, kept in its owner's timeline. Its key is route_inbox(form, app, owner, other). */
struct plan_copy {
    struct span owner;
    struct span other; /* conversWith */
    int status;
};

/* A publication that is no inbox copy: notices to clients, dead letters, what goes to an outbox. */
struct plan_letter {
    enum letter_to {
        LETTER_TOPIC, /* amq.topic under `key` */
        LETTER_DEAD,  /* the dead queue */
        /* amq.topic under `key`, which the server itself consumes: it comes back as traffic of its
         * own, once, since it has an id (publication.id) and a repeat is passed over. Never of a
         * plan that waits: the one in its place would number its letters alike. */
        LETTER_OUTBOX,
    } to;
    struct span key; /* of a dead letter: the key the message came with */
    struct span body;
    struct span reason; /* dead letters: goes into the header x-chat21-reason */
    uint64_t whole; /* … and the bytes that came, of which `body` may be the first; 0: not known */
};

/* A change of what is stored beside the plan, applied once, in the plan's own transaction. */
struct plan_effect {
    enum effect_kind {
        EFFECT_BLOCK,
        EFFECT_UNBLOCK,
        EFFECT_GROUP,
        EFFECT_STATUS,       /* a stored message's status in one timeline rises (never falls) */
        EFFECT_ENTRY,        /* a stored message is in one more timeline, if it is not there yet */
        EFFECT_CONVERSATION, /* a patch; a conversation that was unknown is made by it */
        EFFECT_PRESENCE,     /* a client comes or goes */
    } kind;
    /* Blocks: who, and whom. Statuses, entries, conversations: the timeline's owner, and the other
     * side (or the group). Presence: the user, and the client's id. */
    struct span by, whom;
    const struct group *group; /* EFFECT_GROUP: stored under `group->id` */
    int64_t seq;               /* statuses, entries: of the stored message */
    int status;                /* statuses, entries */
    struct span patch;         /* conversations: a JSON object, merged; absent: none */
    enum plan_flag { FLAG_AS_IT_IS, FLAG_NO, FLAG_YES } is_new, archived; /* conversations */
    bool updates_conversation; /* entries: as struct plan's */
    bool is_connected;         /* presence */
};

/* Something that webhooks are told, beside what is told of every copy (`tells_copies`). Kept in the
 * plan's own transaction, for each endpoint, until it was posted. */
struct plan_event {
    enum event_kind kind;
    struct span owner, other; /* whose timeline, and the other side of its conversation */
    struct span message_id;   /* absent: it is about no message */
    struct span topic;        /* extras.topic */
    struct span data;         /* JSON */
};

/* A plan that waits (deferred, quarantined) is judged again when it is due or released, from its
 * body: of a deferred one that is the message as it was before any policy changed it; one in
 * quarantine keeps its rewrites, since then only those policies are asked that are `always`. The
 * plan that is made takes its place in the store (`replaces_seq`), under the same id. */
struct plan_wait {
    int64_t due_ms; /* deferred: when to judge it again; not before those of its pair ahead of it */
    int64_t place;  /* its place among those of its pair: the seq it had first; 0: its own */
    unsigned times; /* how often policies have put it off, this time included */
    unsigned next_child; /* the number that its next child would have */
};

enum { CLIENT_ID_MAX = 128 }; /* bytes of plan.client_id */

enum { PLAN_CHILDREN_MAX = 16 }; /* of one message from outside, with all that they caused */

struct policy_trace; /* ports/policy.h: what happened while it was judged; not stored */

struct plan {
    struct arena *arena; /* holds the plan itself too */
    int64_t seq;         /* the receive sequence, given by the store; 0 before */
    struct origin origin;
    struct ident id;
    enum route_kind kind;
    /* The message's id where it is not `id`: somebody else's server has given it (delivered,
     * persist). Absent: it is `id`. */
    struct span foreign_id;
    /* What its sender calls it (struct delivery's client_id, or the body's attributes.client_id):
     * kept with app and sender, so that the same is not sent twice. Absent: no name. */
    struct span client_id;
    struct span app, sender, recipient; /* absent where the key told nothing */
    bool is_group;                      /* was it judged as a group's message? not stored */
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
    struct plan_event *events;
    size_t event_count;
    bool tells_copies; /* each copy of 100 or 150 is an event: message-sent, message-delivered */
    /* Replies and further copies: messages of their own, stored in one piece with this plan, right
     * behind it. Each has an arena of its own and the ident of a child. The children of a child
     * stand in the list of the message from outside, so a child has none. */
    struct plan **children;
    size_t child_count;
    unsigned child; /* its own number; 0: the message from outside */
    unsigned hops;  /* how many policies' words in a row caused it; 0: it came from outside */
    const struct kv_change *kv; /* of the whole family; kept whatever the outcome */
    size_t kv_count;
    struct plan_wait wait;            /* of the outcomes that wait */
    int64_t replaces_seq;             /* the stored plan that waited until now; 0: none */
    const struct policy_trace *trace; /* NULL: nobody judged it */
    /* Set by the store: its data, or a child's, would not go in; the family was left out. */
    bool is_bad;
};

/* An empty plan in an arena of its own. */
struct plan *plan_new(void);
/* Frees the arena, plan included, and the children it still has. */
void plan_free(struct plan **plan);

/* Adds a copy of it at the end; what it points to is borrowed. For the few that most plans have. */
void plan_add_letter(struct plan *plan, struct plan_letter letter);
void plan_add_effect(struct plan *plan, struct plan_effect effect);
void plan_add_event(struct plan *plan, struct plan_event event);

/* How many publications carry the plan out: copies first, then letters. (What another server
 * stamped is only stored, or goes out as a letter.) */
size_t plan_published_copies(const struct plan *plan);
size_t plan_publication_count(const struct plan *plan);

struct publication {
    bool to_dead; /* the durable dead queue (mandatory), else the topic exchange */
    struct span key;
    struct span body;
    struct span reason; /* to_dead only */
    /* Of dead letters and of what goes to an outbox (the property message-id): the same letter has
     * the same, however often it is sent. Else absent. */
    struct span id;
    uint64_t whole; /* bytes of the message's body, of which `body` may be the first */
};

/* What publication.id says of the letter at `index`; memory from `arena`. */
struct span plan_letter_id(const struct plan *plan, size_t index, struct arena *arena);

/* The publication at `index`; memory from `arena`. Keys were found to fit when the plan was
 * made. */
void plan_publication(const struct plan *plan, size_t index, struct arena *arena,
                      struct publication *out);

#endif
