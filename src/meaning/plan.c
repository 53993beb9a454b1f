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

static void *add(struct arena *arena, const void *old, size_t count, const void *one, size_t size) {
    char *grown = arena_array(arena, count + 1, size);
    if (count)
        memcpy(grown, old, count * size);
    memcpy(grown + count * size, one, size);
    return grown;
}

void plan_add_letter(struct plan *plan, struct plan_letter letter) {
    plan->letters = add(plan->arena, plan->letters, plan->letter_count++, &letter, sizeof letter);
}

void plan_add_effect(struct plan *plan, struct plan_effect effect) {
    plan->effects = add(plan->arena, plan->effects, plan->effect_count++, &effect, sizeof effect);
}

void plan_add_event(struct plan *plan, struct plan_event event) {
    plan->events = add(plan->arena, plan->events, plan->event_count++, &event, sizeof event);
}

/* What was stamped elsewhere goes out as it came, where it goes out at all: as a letter. */
size_t plan_published_copies(const struct plan *plan) {
    return plan->kind == ROUTE_DELIVERED || plan->kind == ROUTE_PERSIST ? 0 : plan->copy_count;
}

size_t plan_publication_count(const struct plan *plan) {
    return plan_published_copies(plan) + plan->letter_count;
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

struct span plan_letter_id(const struct plan *plan, size_t index, struct arena *arena) {
    check(index < plan->letter_count);
    switch (plan->letters[index].to) {
    case LETTER_TOPIC:
        return SPAN_NONE;
    case LETTER_DEAD:
        return span_of(plan->id.text);
    case LETTER_OUTBOX:
        break;
    }
    return arena_print(arena, "%s.%zu", plan->id.text, index);
}

void plan_publication(const struct plan *plan, size_t index, struct arena *arena,
                      struct publication *out) {
    check(index < plan_publication_count(plan));
    size_t copies = plan_published_copies(plan);
    if (index < copies) {
        publish_copy(plan, &plan->copies[index], arena, out);
        return;
    }
    const struct plan_letter *letter = &plan->letters[index - copies];
    *out = (struct publication){
        .to_dead = letter->to == LETTER_DEAD,
        .key = letter->key,
        .body = letter->body,
        .reason = letter->reason,
        .id = plan_letter_id(plan, index - copies, arena),
        .whole = letter->whole,
    };
}
