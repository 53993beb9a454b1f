#include "flow/inside.h"

#include "words/check.h"

#include <stdlib.h>

struct parcel *parcel_new(const struct delivery *delivery, bool is_message) {
    struct parcel *parcel = must_calloc(1, sizeof *parcel);
    parcel->origin = (struct origin){delivery->incarnation, delivery->offset, delivery->digest};
    parcel->from_stream = delivery->incarnation != INTAKE_DRAINED;
    parcel->is_taken = true;
    parcel->code = "bad_message";
    if (is_message) {
        struct plan *plan = plan_new();
        plan->origin = parcel->origin;
        plan->id = ident_make(parcel->origin.incarnation, parcel->origin.offset, 0);
        parcel->key = arena_copy(plan->arena, delivery->key);
        parcel->body = arena_copy(plan->arena, delivery->body);
        parcel->body_size = delivery->body_size;
        parcel->plan = plan;
    }
    return parcel;
}

struct parcel *parcel_of_plan(struct plan *plan) {
    struct parcel *parcel = must_calloc(1, sizeof *parcel);
    parcel->origin = plan->origin;
    parcel->plan = plan;
    parcel->is_stored = true;
    parcel->stage = STAGE_DELIVER;
    return parcel;
}

void parcel_free(struct parcel **parcel) {
    if (!*parcel)
        return;
    plan_free(&(*parcel)->plan);
    free(*parcel);
    *parcel = NULL;
}

void parcel_append(struct flow *flow, struct parcel *parcel) {
    if (flow->newest)
        flow->newest->next = parcel;
    else
        flow->oldest = parcel;
    flow->newest = parcel;
    if (!flow->publishing)
        flow->publishing = parcel;
    flow->under_way++;
    parcel->bytes = parcel->plan ? arena_used(parcel->plan->arena) : 0;
    flow->bytes_under_way += parcel->bytes;
}

void parcel_remove_oldest(struct flow *flow) {
    struct parcel *parcel = flow->oldest;
    flow->oldest = parcel->next;
    if (!flow->oldest)
        flow->newest = NULL;
    if (flow->publishing == parcel)
        flow->publishing = parcel->next;
    flow->under_way--;
    flow->bytes_under_way -= parcel->bytes;
    parcel_free(&parcel);
}

void parcel_forget(struct flow *flow) {
    struct parcel *all = flow->oldest;
    flow->oldest = flow->newest = flow->publishing = NULL;
    flow->under_way = flow->bytes_under_way = 0;
    while (all) {
        struct parcel *parcel = all;
        all = parcel->next;
        parcel->next = NULL;
        if (parcel->stage == STAGE_PERSIST && !parcel->is_stored)
            parcel_append(flow, parcel);
        else
            parcel_free(&parcel);
    }
}
