/* inside: what the files of the flow share. Not for anyone else. */
#ifndef CHAT21D_FLOW_INSIDE_H
#define CHAT21D_FLOW_INSIDE_H

#include "flow/flow.h"
#include "flow/judge.h"
#include "flow/meters.h"
#include "flow/retry.h"
#include "meaning/bucket.h"
#include "meaning/group_change.h"
#include "meaning/message.h"
#include "meaning/plan.h"
#include "meaning/route.h"
#include "words/outcome.h"

/* Was it stored before, as one that waits, and why does it go on? */
enum waited {
    WAITED_NOT,
    WAITED_DUE,
    WAITED_RELEASED,
    WAITED_DISCARDED,
};

/* One message on its way. Lives from take to settle; everything it points to is in its plan's
 * arena.
 */
struct parcel {
    struct parcel *next; /* in order of arrival */
    enum flow_stage stage;
    struct plan *plan; /* NULL for what has nothing to decide (marks, poison) */
    struct origin origin;
    struct span key, body;         /* as they came; the body cut to the intake's bound */
    struct span ticket, client_id; /* its properties (intake.h) */
    size_t body_size;              /* whole */
    const char *code;              /* for a refusal: "bad_key", "bad_message", "too_large", … */
    bool has_route;                /* the key could be read: `route` is filled in */
    struct route route;
    struct message message;            /* after parse, of ROUTE_MESSAGE */
    struct span group_id;              /* after parse, of ROUTE_GROUP */
    const struct group_change *change; /* after parse, of ROUTE_GROUP_CHANGE */
    bool is_limited;                   /* … and its caller has no budget left for it */
    bool from_stream; /* moves the stream's mark (drained and republished ones do not) */
    size_t bytes;     /* what it counts for in bytes_under_way */
    bool is_taken;    /* came from the intake: to be settled there */
    enum waited waited;
    bool is_set_aside; /* killed too many workers: nothing of its body is read */
    bool is_told;      /* a refusal within its sender's budget: told and logged, not only counted */
    size_t paid_copies; /* it is decided again after a pause, and pays for its copies once */
    int64_t decided_ms; /* 0: not noted */
    /* Steady microseconds; 0: it is not measured. When it was taken, and when its last stage ended.
     */
    int64_t taken_us, since_us;
    bool is_stored;
    bool was_known;     /* it was stored before: that decision stands, and this one is none */
    bool is_repeat;     /* its sender sent it before: … */
    struct ident first; /* … as this message */
    size_t published;   /* publications sent so far */
    size_t unconfirmed; /* of those, still without the broker's word */
};

/* A kind of traffic: one file, and one line in kinds.c. */
struct kind {
    const char *name;
    bool ignores_body;  /* however large it is */
    bool knows_repeats; /* one that its sender sent before is passed over (repeat.c) */
    /* Reads parcel->body. DEAD with `why` where it is not what it should be. */
    enum outcome (*parse)(struct flow *flow, struct parcel *parcel, struct why *why);
    /* Fills in parcel->plan. WAIT with `why` where a fact is unavailable. */
    enum outcome (*decide)(struct flow *flow, struct parcel *parcel, struct why *why);
    /* Tells the sender that it was refused, where the kind has a way to: adds to the plan. */
    void (*refuse)(struct flow *flow, struct parcel *parcel, struct span code, struct span reason);
};
const struct kind *kind_of(enum route_kind kind);

/* What a batch will change in timelines when it is stored: unstored.c. */
struct unstored {
    struct rise {
        int64_t seq;    /* of the message */
        uint64_t owner; /* of the timeline: a hash */
        int status;
    } * rises;
    size_t rise_count, rise_room;
    uint64_t *touched; /* a bit for each message, timeline and conversation, by hash */
    bool is_touched;   /* any of them */
};

/* What is gathered for, or is in, one transaction. */
struct batch {
    struct store_batch store;
    struct parcel **parcels; /* every one in it, those without a plan included */
    size_t count;
    struct outbox_change *changes; /* store.changes, with room for FLOW_OUTBOX_MAX */
    struct order *orders;          /* store.orders, with room for FLOW_ORDERS_AT_ONCE */
    struct arena *order_words;     /* theirs */
    struct unstored unstored;
};

/* A publication the broker has not confirmed yet, by its number. */
struct awaited {
    struct parcel *parcel;
    struct retry *retry; /* NULL: it was never refused */
    uint32_t index;      /* of the publication in its plan */
};

/* What one turn may still do, so that the loop is not held up by a group of thousands. */
struct turn {
    size_t publications, bytes, events;
    bool is_over; /* something was left for the next one */
};

/* A person's word about a message in the quarantine. */
struct word_given {
    struct ident id;
    bool discards;
};

/* Read from the store, and not yet on its way. */
struct loaded {
    struct plan *plan;
    enum waited waited;
};

/* What becomes a struct flow_measured (meters.h). */
struct meters {
    struct histogram stages[FLOW_STAGES], way, commits;
    struct tally *labels[FLOW_LABELS]; /* NULL: not counted */
    struct tally *deciders;
    size_t unconfirmed;
    bool has_offset;
    uint64_t stored_offset;
};

/* When the store has to be given something though no message is (upkeep.c). */
struct upkeep {
    int64_t next_us;  /* not before, for changes of the outbox */
    int64_t sweep_us; /* to look whether something is over */
    int64_t erase_us; /* not before, to erase a chunk more */
    uint64_t stored;  /* changes, of all there ever were */
    uint64_t orders;  /* the same of orders */
};

enum { FLOW_LOADED_MAX = 16, FLOW_WORDS_MAX = 64 };

struct flow {
    struct flow_settings settings;
    struct flow_parts parts;
    struct policy_set *policies;
    struct policy_memory *memory;
    struct policy_trace trace; /* of the message that is being judged */
    struct intake intake;
    struct publisher publisher;
    bool is_connected, takes, has_died;

    struct parcel *oldest, *newest; /* everything under way, in order of arrival */
    size_t under_way, bytes_under_way;
    struct batch gathering, committing;
    bool is_committing, must_resubmit;
    bool barrier;     /* the next message is taken only when all taken so far are stored */
    bool looks_again; /* the newest parcel is decided only when all before it are stored */

    struct parcel *publishing; /* the first that is stored and not wholly published */
    struct awaited *awaited;   /* ring, by publication number; the room is a power of two */
    size_t awaited_room;
    uint64_t awaited_from, awaited_to; /* numbers [from, to) are in the ring */
    struct retries *retries;
    struct arena *publication; /* of the one that is being sent */
    struct turn turn;
    bool is_full; /* the last publication was not taken */

    struct store_waiting_counts waiting; /* as they were when the store was last idle */
    size_t new_rows, new_bytes;          /* what has come to wait since */
    struct word_given
        words_given[FLOW_WORDS_MAX + FLOW_LOADED_MAX]; /* those begun may be put back */
    size_t word_count;
    struct loaded loaded[FLOW_LOADED_MAX];
    size_t loaded_count;
    size_t waited_under_way; /* parcels that waited, and are not stored yet */
    bool waited_first;       /* whose turn it is: what waited, or what arrives */
    unsigned unsampled;      /* decisions since the last one that went to the sink as a sample */

    bool recovers; /* the store may hold more to publish again */
    int64_t recovered_seq;

    int64_t confirmed_seq, noted_seq; /* reached, and noted in the store */
    int64_t note_due_us;              /* when to note it though nothing else is to be stored */
    struct upkeep upkeep;

    enum pause { PAUSE_NONE, PAUSE_HOLDS, PAUSE_TRIES } pause; /* see pause.c */
    struct why pause_why;
    int64_t resume_us, pause_us; /* when to try again; how long the next pause is */

    bool has_suspect, sets_aside;
    bool suspect_waits; /* it is stored, and was judged again */
    uint64_t suspect_incarnation, suspect_offset;
    unsigned suspect_away; /* since it was named: others that were stored */

    struct projects *projects; /* analyse.c's; NULL: nobody's is known */
    struct buckets *refusals;  /* told, by sender */
    struct buckets *changes;   /* of facts, by sender */
    struct buckets *updates;   /* of conversations and presence, by user */
    struct buckets *copies;    /* of groups' messages, by sender */
    struct flow_counts counts;
    struct meters meters;
    bool (*dies)(void *self, enum flow_stage after);
    void *dies_self;
};

/* way.c */
void way_advance(struct flow *flow, struct parcel *parcel);
int way_take(struct flow *flow, struct why *why); /* 1 took one, 0 nothing there, -1 lost */

/* parcel.c */
struct parcel *parcel_new(const struct delivery *delivery, bool is_message);
/* These take the plan over. */
struct parcel *parcel_of_plan(struct plan *plan);
struct parcel *parcel_of_waiting(struct plan *plan, enum waited waited);
void parcel_free(struct parcel **parcel);
void parcel_append(struct flow *flow, struct parcel *parcel);
/* Right behind `before`, which is not wholly published. */
void parcel_insert(struct flow *flow, struct parcel *before, struct parcel *parcel);
/* What it counts for now: after its plan has grown, or its children have gone. */
void parcel_weigh(struct flow *flow, struct parcel *parcel);
/* Its offset; or, where that is another one each time it comes, FLOW_NAMED and its digest. */
uint64_t parcel_name(const struct flow *flow, const struct parcel *parcel);
void parcel_remove_oldest(struct flow *flow);
/* Forgets all but those that are decided and not stored yet. */
void parcel_forget(struct flow *flow);

/* events.c: one more event of the plan's, where some webhook wants its kind. */
void events_add(struct flow *flow, struct plan *plan, const struct plan_event *event);

/* refuse.c */

/* Takes `tokens` of the budget that the message's sender has; false: it has not so many. */
bool sender_may(struct flow *flow, struct buckets *budget, const struct parcel *parcel,
                struct bucket_limit limit, uint32_t tokens);

/* One of a user's conversations' patches, archives, presences, which counts for `times`: DEAD where
 * they are too many. */
enum outcome updates_take(struct flow *flow, struct parcel *parcel, unsigned times,
                          struct why *why);
/* How many more a large one counts for. */
unsigned updates_weight(size_t bytes);

/* A kind's `refuse` where clients expect no word of it: the log and the dead queue have it. */
void refuse_silently(struct flow *flow, struct parcel *parcel, struct span code,
                     struct span reason);

/* Makes the plan of a message that was understood by nobody. */
void refuse_dead(struct flow *flow, struct parcel *parcel, const char *reason);
/* A policy refused it, and the plan is made: is its sender told? */
void refuse_judged(struct flow *flow, struct parcel *parcel);
/* The same of what has no sender that could be told: there is a dead letter. */
void refuse_unheard(struct flow *flow, struct parcel *parcel);

/* What it would have caused is forgotten. */
void refuse_children(struct plan *plan);

/* ask_judge.c: asking the judge about a parcel's message. */
struct asked {
    struct flow *flow;
    struct parcel *parcel;
    size_t rows, bytes; /* that had come to wait before */
};
struct judge flow_judge(struct asked *asked); /* good as long as `asked` is */
enum outcome flow_judged(struct asked *asked, enum judge_end end);

/* Asks about a change that is no message (judge_change), and has the refusal counted and buried
 * where it is refused. On NEXT the plan's outcome is PLAN_APPLIED where it may be applied. */
enum outcome flow_ask_change(struct flow *flow, struct parcel *parcel, enum policy_event event,
                             struct span object, struct span *changed, struct why *why);

/* unstored.c: facts about timelines are as of the last commit; here is what comes on top. */
void unstored_init(struct unstored *unstored);
void unstored_free(struct unstored *unstored);
void unstored_note(struct unstored *unstored, const struct plan *plan);
void unstored_forget(struct unstored *unstored);
/* The status that the stored message `seq` has, or is about to have, in the timeline of `owner`:
 * at least `stored`. */
int unstored_status(const struct flow *flow, int64_t seq, struct span owner, int stored);
/* Of what is decided and not stored; false is certain. May the message `id` be in it? */
bool unstored_has_message(const struct flow *flow, struct span app, struct span id);
/* … one more timeline of a message that is stored: this one's? */
bool unstored_has_entry(const struct flow *flow, struct span app, struct span owner,
                        struct span other);
/* … a message in anybody's conversation with `other`? (One more timeline of a message that is
 * stored is none.) */
bool unstored_has_messages(const struct flow *flow, struct span app, struct span other);
/* … a change of anybody's conversation with `other`? */
bool unstored_changes_conversation(const struct flow *flow, struct span app, struct span other);
/* … what the sender of `plan` calls plan->client_id: that plan, or NULL. */
const struct plan *unstored_sent(const struct flow *flow, const struct plan *plan);
/* For a kind's decide to return: it is asked again once all that was taken before is stored. Only
 * where something is not (one of the above says true): so it is asked again once. */
enum outcome unstored_wait(struct flow *flow);

/* repeat.c: gives the parcel's plan its client_id; or finds that it is a repeat (parcel->is_repeat)
 * and makes its plan, or has to wait to know. */
enum outcome repeat_look(struct flow *flow, struct parcel *parcel, struct why *why);
/* It is decided: what was refused leaves its name to who sends it again. */
void repeat_decided(const struct parcel *parcel);

/* notices.c: publications that are no copies. One whose key would be over 255 bytes is skipped and
 * counted, and the key returned is absent. */
struct span notice_add(struct flow *flow, struct plan *plan, const char *what, const char *verb,
                       struct span body); /* to plan->sender, about plan->recipient */
struct span notice_of_message(struct flow *flow, struct plan *plan, struct span owner,
                              struct span other, struct span id, struct span body);

/* group_telling.c: adds to the plan whom a change of a group is told. */
struct group_telling {
    struct flow *flow;
    struct plan *plan; /* its recipient is the group */
    const struct group_change *change;
    const struct group_changed *changed;
    const struct group *before; /* NULL: there was none */
    const struct group *now;
    struct span object; /* what it is now, as members are told */
    bool says_each;     /* newcomers are spoken of one by one */
    size_t bytes;       /* of the updates so far */
    size_t copies; /* that all of it causes so far, in the end: as a message's to a group are */
    bool is_cut;   /* some were too many */
};
/* -1: it is more than one change may cause (of who is in it: then clients are not told), or a key
 * would be too long. */
int group_tell(struct group_telling *telling, struct why *why);

/* waiting.c: what waits in the store. */
void waits_count(struct flow *flow); /* the store must be idle: this, and the next */
void waits_load(struct flow *flow);
void waits_judge(struct flow *flow);
void waits_forget(struct flow *flow);
/* It was read, and will not be stored: a person's word is still to be carried out. In the reverse
 * of their order. */
void waits_put_back(struct flow *flow, const struct plan *plan, enum waited waited);
int64_t waits_due(const struct flow *flow);
bool waits_have_room(struct flow *flow, const struct plan *plan, struct why *why);

/* decision_line.c: the decision log. */

/* Once it is judged: its trace stays with the plan only if its line is to be written. `is_refused`:
 * by the judge itself; the plan says so only later. */
void decision_keep_trace(struct flow *flow, struct plan *plan, bool is_refused);
/* Once it is stored. */
void decision_write(struct flow *flow, const struct parcel *parcel);

/* batch.c: the persist stage. */
void batch_init(struct batch *batch, size_t room);
void batch_free(struct batch *batch);
void batch_add(struct flow *flow, struct parcel *parcel);
bool batch_is_full(const struct flow *flow);
/* The connection is lost: drops what is not on its way to the store yet and comes again anyhow. */
void batch_forget(struct flow *flow);
/* Submits what is gathered if the committer is free; takes back what was committed. */
void batch_move(struct flow *flow);

/* upkeep.c */
bool upkeep_is_due(struct flow *flow); /* the store is idle; asked once: then it is done */
int64_t upkeep_due(const struct flow *flow);
void upkeep_fill(struct flow *flow, struct store_batch *batch);
void upkeep_stored(struct flow *flow); /* the batch was committed */

/* deliver.c: the deliver stage: publications in order, confirms, retries. */
int deliver_move(struct flow *flow, struct why *why); /* -1 lost */
void deliver_forget(struct flow *flow);
int64_t deliver_due(const struct flow *flow);
/* Was more to be done than a turn may? */
bool deliver_has_more(const struct flow *flow);

/* recover.c */
void recover_more(struct flow *flow);

/* pause.c: when the store or a fact is unavailable. */
void pause_start(struct flow *flow, const char *what, const struct why *why);
bool pause_tries(struct flow *flow); /* is it time to try what failed again? */
void pause_end(struct flow *flow);

/* meters.c */
void meters_init(struct flow *flow, uint64_t seed);
void meters_free(struct flow *flow);
/* The parcel has this stage behind it. */
void meters_stage(struct flow *flow, struct parcel *parcel, enum flow_stage stage);
/* A transaction came back. */
void meters_commit(struct flow *flow);
/* A decision is stored. */
void meters_decision(struct flow *flow, const struct parcel *parcel);

/* report.c: one line and the counts, once a decision is stored. */
void report_decision(struct flow *flow, const struct parcel *parcel);

/* analyse.c: tells analytics of what was stored. */
void analyse(struct flow *flow, const struct parcel *parcel);
void analyse_free(struct flow *flow);

int64_t flow_now(const struct flow *flow); /* steady microseconds */

#endif
