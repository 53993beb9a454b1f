/* Where a message to one user goes: two copies (protocol, section 2), the sender's (100) and the
 * recipient's (150). */
#include "flow/judge_inside.h"

/* The sender's copy first, then the recipient's: both keys are as long, so one check does. */
enum judge_end judge_direct(struct judgement *at, struct why *why) {
    struct plan *plan = at->plan;
    if (!judge_key_fits(plan, plan->recipient, plan->sender, why))
        return judge_dead(at, "key_too_long");
    plan->copies = arena_array(plan->arena, 2, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, plan->recipient, STATUS_SENT};
    plan->copies[1] = (struct plan_copy){plan->recipient, plan->sender, STATUS_DELIVERED};
    plan->copy_count = at->verdict.verb == VERB_DROP ? 1 : 2;
    return JUDGE_PLANNED;
}
