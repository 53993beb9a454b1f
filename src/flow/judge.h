/* judge: what becomes of one message: facts and policies make it a plan.
 *
 * Knows nothing of brokers, stores and stages: the flow's decide stage, `chat21d try`, `replay` and
 * the specs' `policy:deliver` all ask here, so that what is tried is what happens. A plan that is
 * made from the same matter, facts and policies is the same plan.
 *
 * Policies' words may cause more messages (replies, copies to others, a redirect): those are judged
 * in the same way, as children of the plan, and share its budgets (judge_family.c).
 *
 * The line that decides where a message goes is in judge_direct.c and judge_group.c. */
#ifndef CHAT21D_JUDGE_H
#define CHAT21D_JUDGE_H

#include "meaning/facts.h"
#include "meaning/message.h"
#include "meaning/plan.h"
#include "ports/policy.h"

/* What is the same for every message. */
struct judge {
    struct facts facts;
    struct policy_set *policies;
    struct policy_memory *memory; /* that the policies remember in */
    size_t fanout_max;            /* bytes: body x copies of one message and all it causes */
    unsigned hops_max;            /* words of policies that may cause each other */
    unsigned deferred_max;        /* times that one message may be put off */
    int64_t now_ms;
    struct policy_trace *trace; /* where to note what happened; NULL: nobody wants to know */
    /* May the plan's sender cause so many copies to groups in all? Asked again, with the sum so
     * far, for each group that the message and what it causes go to. NULL: always. */
    bool (*may_copy)(void *self, const struct plan *plan, size_t copies, struct why *why);
    /* Is there room for one more that waits, as `plan->outcome` says? Says in `why` what is full.
     * NULL: always. */
    bool (*may_wait)(void *self, const struct plan *plan, struct why *why);
    /* Told of a member of a group whose inbox key would be too long: it gets no copy. May be
     * NULL. */
    void (*skips)(void *self, const struct plan *plan, struct span member);
    void *self;
};

/* One message, as it came or as it waited. */
struct matter {
    struct message message; /* message_read of its body */
    bool is_released;       /* a person's word took it out of the quarantine */
};

enum judge_end {
    JUDGE_PLANNED, /* the plan is made, whatever its outcome is */
    JUDGE_DEAD,    /* refused by no policy: `code` and `why` say what is wrong with it */
    JUDGE_WAIT,    /* a fact is unavailable (`why`); nothing was remembered; ask again */
};

/* `plan` has arena, origin, id, child, app, sender, recipient, form, received_ms and what it knows
 * of its wait; everything else is filled in here: outcome, policy, code, reason, body, copies,
 * children, kv, trace. Whatever it is, what policies remember is kept with it (kv), unless it is
 * JUDGE_WAIT. `*code`, for JUDGE_DEAD, is a static word ("too_large", …). */
enum judge_end judge_message(const struct judge *judge, struct plan *plan,
                             const struct matter *matter, const char **code, struct why *why);

/* A change that is no message: a receipt, a patch of a conversation, its archiving, presence (what
 * `object` is for each is said at enum policy_event, meaning/change.h writes it; checked JSON). The
 * plan's outcome is PLAN_APPLIED, and `*changed` what the object became (`object` itself, but for
 * what policies rewrote of a conversation); or it is PLAN_REJECTED or PLAN_DROPPED: then nothing is
 * stored and nobody told. `plan` as above: its sender is whose path it came on, its recipient the
 * other side of the conversation, or the group (of presence it is not looked at). Where no policy
 * is on that event nothing is allocated, read or traced. */
enum judge_end judge_change(const struct judge *judge, struct plan *plan, enum policy_event event,
                            struct span object, struct span *changed, const char **code,
                            struct why *why);

/* A back end says what a group is now: `object` is checked JSON with a uid. The plan's outcome is
 * PLAN_APPLIED, and `*changed` what the object became (its uid never changes) and `*group` what is
 * to be stored, without `notification`; or it is rejected or dropped. `plan` as above, its
 * recipient being the group. */
enum judge_end judge_update(const struct judge *judge, struct plan *plan, struct span object,
                            struct span *changed, struct group *group, const char **code,
                            struct why *why);

/* Why a message is refused, and what of it is repeated to its sender. */
struct refusal {
    struct span body;  /* as it came; absent, or no object: nothing of it is repeated */
    int64_t timestamp; /* the client's own; 0: there is none */
    struct span code, reason;
};

/* Adds what tells the sender of a refused message: the sender's own copy with status -100, code and
 * reason, where its key fits. Of what a policy's word caused nobody is told. */
void judge_refuse(struct plan *plan, const struct refusal *refusal);

#endif
