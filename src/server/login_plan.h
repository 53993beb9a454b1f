/* login_plan: when to renew a token that ends, and when to warn of it. Nothing but times:
 * milliseconds since 1970. */
#ifndef CHAT21D_LOGIN_PLAN_H
#define CHAT21D_LOGIN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* From when to when a token is good. */
struct login_life {
    bool ends; /* false: a password, or a token without `exp`; nothing else counts then */
    int64_t from_ms, until_ms;
};

bool login_is_over(const struct login_life *life, int64_t now_ms);

/* When the next one is to be made: two thirds of its life are over. INT64_MAX: never. */
int64_t login_renew_ms(const struct login_life *life);

/* From when on a person has to see to it: the last week; of one that somebody renews, the last
 * sixth of its life where that is shorter, since it should have been renewed before. INT64_MAX:
 * never. */
int64_t login_due_ms(const struct login_life *life, bool is_renewed);

/* Is it time to say so, having said it at `last_ms` (0: not yet)? Once a day, in the last day once
 * an hour, and when it is over, at once and then once an hour. */
bool login_warns(const struct login_life *life, bool is_renewed, int64_t last_ms, int64_t now_ms);

/* How long after so many failures in a row to try again: a second, doubled up to a minute. */
int64_t login_retry_ms(unsigned failures);

#endif
