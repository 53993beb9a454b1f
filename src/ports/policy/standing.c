#include "standing.h"

#include "memory.h"
#include "words/check.h"
#include "words/log.h"

#include <stdio.h>
#include <stdlib.h>

/* What waits holds up all others, so its differences are among the newest when it comes again. */
enum { LOGGED_A_SECOND = 10, LOOKED_BACK = 16 };

struct standings {
    struct standing *list[STANDINGS_MAX];
    size_t count;
    struct policy_difference differences[POLICY_DIFFERENCES]; /* a ring */
    uint64_t difference_count;                                /* in all */
    int64_t logged_second;
    unsigned logged;
};

struct standings *standings_new(void) {
    return must_calloc(1, sizeof(struct standings));
}

void standings_free(struct standings **standings) {
    if (!*standings)
        return;
    for (size_t i = 0; i < (*standings)->count; i++)
        free((*standings)->list[i]);
    free(*standings);
    *standings = NULL;
}

static struct standing *find(const struct standings *standings, const struct policy *policy) {
    for (size_t i = 0; i < standings->count; i++) {
        struct standing *standing = standings->list[i];
        if (standing->is_shadow == (policy->mode == POLICY_SHADOW) &&
            strcmp(standing->name, policy->name) == 0)
            return standing;
    }
    return NULL;
}

struct standing *standing_of(struct standings *standings, const struct policy *policy) {
    struct standing *standing = find(standings, policy);
    if (standing)
        return standing;
    if (standings->count == STANDINGS_MAX)
        return standings->list[STANDINGS_MAX - 1];
    standing = standings->list[standings->count++] = must_calloc(1, sizeof *standing);
    snprintf(standing->name, sizeof standing->name, "%s", policy->name);
    standing->is_shadow = policy->mode == POLICY_SHADOW;
    return standing;
}

/* ---- differences ---- */

static void log_difference(const struct policy_difference *difference) {
    char app[120], sender[120], recipient[120], reason[260];
    log_line(LOG_INFO, "shadow_difference",
             "policy=%s message_id=%s app=%s sender=%s recipient=%s decided=%s instead=%s "
             "code=\"%s\" reason=%s",
             difference->policy, difference->message_id,
             log_quote(app, sizeof app, span_of(difference->app)),
             log_quote(sender, sizeof sender, span_of(difference->sender)),
             log_quote(recipient, sizeof recipient, span_of(difference->recipient)),
             difference->decided, policy_word_name(difference->instead), difference->code,
             log_quote(reason, sizeof reason, span_of(difference->reason)));
}

static const struct policy_difference *newest(const struct standings *standings, size_t index) {
    if (index >= POLICY_DIFFERENCES || index >= standings->difference_count)
        return NULL;
    return &standings->differences[(standings->difference_count - 1 - index) % POLICY_DIFFERENCES];
}

static bool is_there(const struct standings *standings,
                     const struct policy_difference *difference) {
    for (size_t i = 0; i < LOOKED_BACK && difference->message_id[0]; i++) {
        const struct policy_difference *other = newest(standings, i);
        if (!other)
            break;
        if (strcmp(other->message_id, difference->message_id) == 0 &&
            strcmp(other->policy, difference->policy) == 0 &&
            strcmp(other->recipient, difference->recipient) == 0 &&
            other->instead == difference->instead && other->decided == difference->decided)
            return true;
    }
    return false;
}

bool standings_add_difference(struct standings *standings,
                              const struct policy_difference *difference) {
    if (is_there(standings, difference))
        return false;
    standings->differences[standings->difference_count++ % POLICY_DIFFERENCES] = *difference;
    int64_t second = difference->at_ms / 1000;
    if (second != standings->logged_second)
        standings->logged = 0;
    standings->logged_second = second;
    if (standings->logged++ < LOGGED_A_SECOND)
        log_difference(difference);
    return true;
}

size_t policy_memory_differences(const struct policy_memory *memory, size_t index,
                                 struct policy_difference *out) {
    const struct policy_difference *difference = newest(memory_standings(memory), index);
    if (!difference)
        return 0;
    *out = *difference;
    return 1;
}

/* ---- health ---- */

void policy_set_health(const struct policy_set *set, size_t index, struct policy_health *out) {
    check(index < set->count);
    const struct policy *policy = &set->policies[index];
    const struct standing *standing = find(memory_standings(set->memory), policy);
    *out = (struct policy_health){.name = policy->name,
                                  .event = policy->event,
                                  .mode = policy->mode,
                                  .is_set_aside = policy->breaker.is_open,
                                  .asked_again_us = policy->breaker.again_us};
    if (!standing)
        return;
    out->asked = standing->asked;
    out->errors = standing->errors;
    out->units = standing->units;
    out->microseconds = standing->microseconds;
    out->differences = standing->differences;
    memcpy(out->said, standing->said, sizeof out->said);
    if (standing->last_error[0])
        out->last_error = span_of(standing->last_error);
}
