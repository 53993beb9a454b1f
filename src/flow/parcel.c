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
        if (delivery->ticket.at)
            parcel->ticket = arena_copy(plan->arena, delivery->ticket);
        if (delivery->client_id.at)
            parcel->client_id = arena_copy(plan->arena, delivery->client_id);
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

/* The key it would come with today, for a dead letter. */
static struct span key_of(const struct plan *plan) {
    return arena_print(plan->arena, "apps.%.*s.outgoing.users.%.*s.messages.%.*s.outgoing",
                       SPAN_ARGS(plan->app), SPAN_ARGS(plan->sender), SPAN_ARGS(plan->recipient));
}

/* It is as if it had just been taken, and its plan will take the place of the one that waited. */
struct parcel *parcel_of_waiting(struct plan *plan, enum waited waited) {
    struct parcel *parcel = parcel_of_plan(plan);
    parcel->is_stored = false;
    parcel->stage = STAGE_PARSE;
    parcel->waited = waited;
    parcel->code = "bad_message";
    parcel->has_route = true;
    parcel->route = (struct route){.kind = ROUTE_MESSAGE,
                                   .form = plan->form,
                                   .app = plan->app,
                                   .user = plan->sender,
                                   .other = plan->recipient};
    parcel->key = key_of(plan);
    parcel->body = message_with_status(plan->arena, plan->body, STATUS_SENT);
    parcel->body_size = parcel->body.size;
    plan->replaces_seq = plan->seq;
    plan->seq = 0;
    return parcel;
}

void parcel_free(struct parcel **parcel) {
    if (!*parcel)
        return;
    plan_free(&(*parcel)->plan);
    free(*parcel);
    *parcel = NULL;
}

uint64_t parcel_name(const struct flow *flow, const struct parcel *parcel) {
    bool is_named = flow->intake.comes_again && parcel->is_taken;
    return is_named ? FLOW_NAMED | parcel->origin.digest : parcel->origin.offset;
}

void parcel_weigh(struct flow *flow, struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    flow->bytes_under_way -= parcel->bytes;
    parcel->bytes = plan ? arena_used(plan->arena) : 0;
    for (size_t i = 0; plan && i < plan->child_count; i++)
        parcel->bytes += arena_used(plan->children[i]->arena);
    flow->bytes_under_way += parcel->bytes;
}

static void count_in(struct flow *flow, struct parcel *parcel) {
    flow->under_way++;
    parcel->bytes = 0;
    parcel_weigh(flow, parcel);
}

void parcel_append(struct flow *flow, struct parcel *parcel) {
    if (flow->newest)
        flow->newest->next = parcel;
    else
        flow->oldest = parcel;
    flow->newest = parcel;
    if (!flow->publishing)
        flow->publishing = parcel;
    count_in(flow, parcel);
}

void parcel_insert(struct flow *flow, struct parcel *before, struct parcel *parcel) {
    parcel->next = before->next;
    before->next = parcel;
    if (flow->newest == before)
        flow->newest = parcel;
    count_in(flow, parcel);
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
    flow->under_way = flow->bytes_under_way = flow->waited_under_way = 0;
    while (all) {
        struct parcel *parcel = all;
        all = parcel->next;
        parcel->next = NULL;
        if (parcel->stage == STAGE_PERSIST && !parcel->is_stored) {
            parcel_append(flow, parcel);
            flow->waited_under_way += parcel->waited != WAITED_NOT;
        } else {
            if (!parcel->is_stored && parcel->plan)
                waits_put_back(flow, parcel->plan, parcel->waited);
            parcel_free(&parcel);
        }
    }
}
