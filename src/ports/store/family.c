/* A plan and what it caused, stored in one piece. */
#include "ports/store/inside.h"

static const char *child_fault(const struct plan *plan, const struct plan *child) {
    if (child->origin.incarnation != plan->origin.incarnation ||
        child->origin.offset != plan->origin.offset)
        return "a child of another origin";
    if (child->child_count || child->replaces_seq)
        return "a child that has children, or replaces a plan";
    return plan_fault(child);
}

const char *family_fault(const struct plan *plan) {
    const char *fault = plan_fault(plan);
    for (size_t i = 0; !fault && i < plan->child_count; i++)
        fault = child_fault(plan, plan->children[i]);
    return fault;
}

int family_write(struct store *store, const struct plan *plan, struct progress *next) {
    int64_t seq = next->newest_seq + 1;
    int code = plan_write(store, plan, seq, next);
    for (size_t i = 0; code == SQLITE_OK && i < plan->child_count; i++) {
        code = plan_write(store, plan->children[i], ++seq, next);
        /* A child whose number is taken is bad data: only of the parent it means that all of this
         * was stored before. */
        if (code == SQLITE_CONSTRAINT_UNIQUE)
            code = SQLITE_CONSTRAINT;
    }
    if (code == SQLITE_OK)
        next->newest_seq = seq;
    return code;
}

void family_number(struct plan *plan, int64_t seq) {
    plan->seq = seq;
    for (size_t i = 0; i < plan->child_count; i++)
        plan->children[i]->seq = ++seq;
}
