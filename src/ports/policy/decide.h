/* decide: how the policies' answers become one verdict. call.c asks one policy once, combine.c puts
 * what it said into the verdict, decide.c has the order and what a failure means, shadow.c asks
 * those that only watch, trace.c writes down what happened. */
#ifndef CHAT21D_POLICY_DECIDE_H
#define CHAT21D_POLICY_DECIDE_H

#include "question.h"

/* ---- call.c ---- */

/* How a call ended. */
struct called {
    enum policy_word word; /* what it said, or WORD_ERROR, WORD_SET_ASIDE, WORD_WAIT */
    struct span words;     /* error: file, line and what; wait: which fact; in the arena */
    uint32_t units, microseconds;
    bool is_spent; /* it failed for want of the units that were left */
};

/* Asks `call->policy` once, unless it is set aside, on at most the units that are left, and takes
 * what it spent off them. The answer is in call->answer. */
struct called call_policy(struct call *call, uint64_t *units);

/* ---- combine.c ---- */

/* The verdict as it grows. */
struct combining {
    struct arena *arena;
    struct verdict *out;
    struct policy_reply *replies; /* POLICY_REPLIES_MAX of them, once there is one */
    struct span *copy_to;         /* POLICY_COPY_TO_MAX of them, likewise */
    struct span *copy_to_policies;
};

/* Puts an answer in: changes add up, a stop voids what others wanted sent. Words of what found no
 * room any more; absent where all did. */
struct span combine(struct combining *combining, const struct policy *policy,
                    const struct answer *answer);

/* The policy's verdict stops the message (or is VERB_WAIT). */
void combine_stop(struct combining *combining, const struct policy *policy, enum policy_verb verb,
                  const struct answer *answer);

/* ---- decide.c ---- */

/* A shadow policy that will be asked once the others have decided, and what it will be shown. */
struct shadow {
    struct policy *policy;
    size_t place; /* in the manifest's order */
    struct span body;
    struct fields *fields;
    struct shadow *next;
};

/* The way through the policies for one question. */
struct asking {
    struct policy_set *set;
    struct arena *arena;
    const struct policy_question *question;
    struct verdict *out;
    struct combining combining;
    struct policy_share *share;
    struct fields *fields; /* of the body as it stands now */
    uint64_t sender;       /* a digest */
    int64_t now_us;
    bool is_accepted;
    struct shadow *shadows, **last_shadow; /* in order */
    /* For what a shadow would have changed; places in the order + 1, 0: none. */
    size_t changed_last; /* the last one whose word came to something and that is not `always` */
    size_t redirected_last;
    bool is_stopped_by_always;
};

struct call asking_call(const struct asking *asking, struct policy *policy);

/* ---- shadow.c ---- */

/* Asks the shadows that were passed on the way. Changes nothing of the verdict. */
void shadow_ask(struct asking *asking);

/* ---- trace.c ---- */

/* One more step, where somebody traces; of a copy only where something was said. `words`, where
 * there, go with an answer that has no reason of its own. */
void trace_step(const struct call *call, const struct called *called, struct span words);

#endif
