/* standing: how policies did since the process started, and where shadows would have ended
 * otherwise. Part of the memory, so that a reload keeps it; for the thread that decides. */
#ifndef CHAT21D_POLICY_STANDING_H
#define CHAT21D_POLICY_STANDING_H

#include "set.h"

/* Of one policy, by name; as a shadow it has another. */
struct standing {
    char name[POLICY_NAME_MAX + 1];
    bool is_shadow;
    uint64_t asked, errors, units, microseconds;
    uint64_t said[WORD_WAIT + 1];
    uint64_t differences;
    char last_error[200];
};

struct standings;
struct standings *standings_new(void);
void standings_free(struct standings **standings);

/* The policy's own, from its first question on; good as long as the memory. Names beyond
 * STANDINGS_MAX share the last one. */
enum { STANDINGS_MAX = 256 };
struct standing *standing_of(struct standings *standings, const struct policy *policy);

/* Keeps a copy, at the cost of the oldest, and logs it: ten a second at most. False: it is there
 * already, because the message was judged again (its copies waited for a fact, it was put off). */
bool standings_add_difference(struct standings *standings,
                              const struct policy_difference *difference);

#endif
