#include "meaning/plan.h"

#include "words/check.h"

const char *plan_outcome_name(enum plan_outcome outcome) {
    switch (outcome) {
    case PLAN_DELIVERED:
        return "delivered";
    case PLAN_REJECTED:
        return "rejected";
    case PLAN_DROPPED:
        return "dropped";
    case PLAN_DEAD:
        return "dead";
    case PLAN_APPLIED:
        return "applied";
    case PLAN_DEFERRED:
        return "deferred";
    case PLAN_QUARANTINED:
        return "quarantined";
    case PLAN_REDIRECTED:
        return "redirected";
    }
    return "unknown"; /* a number read back from a store that a newer version wrote */
}

struct plan *plan_new(void) {
    struct arena *arena = arena_new();
    struct plan *plan = arena_array(arena, 1, sizeof *plan);
    plan->arena = arena;
    return plan;
}

void plan_free(struct plan **plan) {
    if (!*plan)
        return;
    for (size_t i = 0; i < (*plan)->child_count; i++)
        plan_free(&(*plan)->children[i]);
    struct arena *arena = (*plan)->arena; /* the plan itself goes with it */
    arena_free(&arena);
    *plan = NULL;
}

size_t plan_publication_count(const struct plan *plan) {
    return plan->copy_count + plan->letter_count;
}

static void publish_copy(const struct plan *plan, const struct plan_copy *copy, struct arena *arena,
                         struct publication *out) {
    struct why why;
    struct publication publication = {.to_dead = false};
    check(route_inbox(arena, plan->form, plan->app, copy->owner, copy->other, &publication.key,
                      &why) == 0);
    publication.body = message_with_status(arena, plan->body, copy->status);
    *out = publication;
}

void plan_publication(const struct plan *plan, size_t index, struct arena *arena,
                      struct publication *out) {
    check(index < plan_publication_count(plan));
    if (index < plan->copy_count) {
        publish_copy(plan, &plan->copies[index], arena, out);
        return;
    }
    const struct plan_letter *letter = &plan->letters[index - plan->copy_count];
    *out = (struct publication){
        .to_dead = letter->to == LETTER_DEAD,
        .key = letter->key,
        .body = letter->body,
        .reason = letter->reason,
        .id = span_of(plan->id.text),
        .whole = letter->whole,
    };
}
