/* decide: how the policies' answers become one verdict. call.c asks one policy once, combine.c puts
 * what it said into the verdict, decide.c has the order and what a failure means. */
#ifndef CHAT21D_POLICY_DECIDE_H
#define CHAT21D_POLICY_DECIDE_H

#include "question.h"

/* How a call ended. */
struct called {
    enum policy_word word; /* what it said, or WORD_ERROR, or WORD_WAIT */
    struct span words;     /* error: file, line and what; wait: which fact; in the arena */
    uint32_t units;
    bool is_spent; /* it failed for want of the units that were left */
};

/* Asks `call->policy` once, on at most the units that are left, and takes what it spent off them.
 * The answer is in call->answer. */
struct called call_policy(struct call *call, uint64_t *units);

/* The verdict as it grows. */
struct combining {
    struct arena *arena;
    struct verdict *out;
    struct policy_reply *replies; /* POLICY_REPLIES_MAX of them, once there is one */
    struct span *copy_to;         /* POLICY_COPY_TO_MAX of them, likewise */
};

/* Puts an answer in: changes add up, a stop voids what others wanted sent. Words of what found no
 * room any more; absent where all did. */
struct span combine(struct combining *combining, const struct policy *policy,
                    const struct answer *answer);

/* The policy's verdict stops the message (or is VERB_WAIT). */
void combine_stop(struct combining *combining, const struct policy *policy, enum policy_verb verb,
                  const struct answer *answer);

/* How long a failing policy's on_error = "defer" puts a message off that was put off `times`. */
int64_t decide_retry_ms(unsigned times);

#endif
