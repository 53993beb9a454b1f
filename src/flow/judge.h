/* judge: what becomes of one message: facts and policies make it a plan.
 *
 * Knows nothing of brokers, stores and stages: the flow's decide stage, `chat21d try`, `replay` and
 * the specs' `policy:deliver` all ask here, so that what is tried is what happens. A plan that is
 * made from the same matter, facts and policies is the same plan.
 *
 * The line that decides where a message goes is in judge_direct.c and judge_group.c. */
#ifndef CHAT21D_JUDGE_H
#define CHAT21D_JUDGE_H

#include "meaning/bucket.h"
#include "meaning/facts.h"
#include "meaning/message.h"
#include "meaning/plan.h"
#include "ports/policy.h"
#include "words/outcome.h"

/* What is the same for every message. */
struct judge {
    struct facts facts;
    struct policy_set *policies;
    struct policy_memory *memory; /* that the policies remember in */
    size_t fanout_max;            /* bytes: body x copies of one message */
    unsigned hops_max;            /* words of policies that may cause each other */
    unsigned deferred_max;        /* times that one message may be put off */
    int64_t now_ms;
    /* May this sender cause so many copies to groups? NULL: always. Asked once a message. */
    bool (*may_copy)(void *self, const struct plan *plan, size_t copies);
    /* Is there room for one more that waits? Says in `why` what is full. NULL: always. */
    bool (*may_wait)(void *self, const struct plan *plan, struct why *why);
    void *self;
};

/* One message, as it came or as it waited. */
struct matter {
    struct message message; /* message_read of its body */
    bool is_released;       /* a person's word took it out of the quarantine */
    bool has_paid;          /* for its copies, at an earlier attempt */
};

enum judge_end {
    JUDGE_PLANNED, /* the plan is made, whatever its outcome is */
    JUDGE_DEAD,    /* refused by no policy: `code` and `why` say what is wrong with it */
    JUDGE_WAIT,    /* a fact is unavailable (`why`); nothing was paid or counted; ask again */
};

/* `plan` has arena, origin, id, child, app, sender, recipient, form, received_ms and what it knows
 * of its wait; everything else is filled in here: outcome, policy, code, reason, body, copies,
 * children, kv, trace. Whatever it is, what policies remember is kept with it (kv), unless it is
 * JUDGE_WAIT. `*code`, for JUDGE_DEAD, is a static word ("too_large", …). */
enum judge_end judge_message(const struct judge *judge, struct plan *plan,
                             const struct matter *matter, const char **code, struct why *why);

/* Makes the plan that of a refused message: the sender's own copy with status -100, code and
 * reason, where its key fits. `body` may be absent: nothing of it is then repeated. */
void judge_refuse(struct plan *plan, struct span body, struct span code, struct span reason);

#endif
