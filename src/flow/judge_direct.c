/* Where a message to one user goes: two copies (protocol, section 2), the sender's (100) and the
 * recipient's (150). */
#include "flow/judge_inside.h"

/* Does the recipient get it? Else only its sender sees it, as sent. */
static bool arrives(const struct judgement *at) {
    return at->verdict.verb != VERB_DROP && at->plan->outcome != PLAN_REDIRECTED;
}

static void add(struct plan *plan, struct span owner, struct span other, int status) {
    plan->copies[plan->copy_count++] = (struct plan_copy){owner, other, status};
}

/* The sender's copy first, then the recipient's: both keys are as long, so one check does. What a
 * policy's word caused is none of its sender's doing: only the recipient has it. */
enum judge_end judge_direct(struct judgement *at, struct why *why) {
    struct plan *plan = at->plan;
    if (!judge_key_fits(plan, plan->recipient, plan->sender, why))
        return judge_dead(at, "key_too_long");
    plan->copies = arena_array(plan->arena, 2, sizeof *plan->copies);
    plan->copy_count = 0;
    if (!plan->child)
        add(plan, plan->sender, plan->recipient, STATUS_SENT);
    if (arrives(at))
        add(plan, plan->recipient, plan->sender, STATUS_DELIVERED);
    return JUDGE_PLANNED;
}
