/* breaker: sets a policy aside that fails for everybody, so that its own failing costs no more
 * time, and tries again by and by.
 *
 * What counts is senders, each by how its last call ended: one of them, or a few among many, can
 * send what makes a policy fail as often as they like and never set it aside for the others. Opens
 * when within a minute there were 5 failures, of 3 senders or more, and at least half of the last
 * 20 senders failed. Then it is tried again after 30 s, with one question: success closes it, a
 * failure doubles the wait, 10 minutes at most.
 *
 * Lives with a policy of a set, so a reload closes it. Pure. */
#ifndef CHAT21D_POLICY_BREAKER_H
#define CHAT21D_POLICY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_SENDERS = 20, BREAKER_FAILURES = 5 };

struct breaker_sender {
    uint64_t who; /* a digest */
    int64_t at_us;
    bool has_failed;
};

struct breaker {
    struct breaker_sender senders[BREAKER_SENDERS]; /* the last ones; the newest first */
    unsigned sender_count;
    int64_t failures[BREAKER_FAILURES]; /* when, the last ones, a ring */
    unsigned failure_count;             /* in all */
    bool is_open;
    int64_t again_us, wait_us; /* steady; while it is open */
};

enum breaker_change { BREAKER_SAME, BREAKER_OPENED, BREAKER_STAYS_OPEN, BREAKER_CLOSED };

/* May the policy be asked now about something of this sender? */
bool breaker_lets(const struct breaker *breaker, uint64_t sender, int64_t now_us);
/* From when on it may, while it is open. */
int64_t breaker_again_us(const struct breaker *breaker, uint64_t sender);

/* It was asked about something of this sender, and failed or not. */
enum breaker_change breaker_note(struct breaker *breaker, uint64_t sender, bool has_failed,
                                 int64_t now_us);

#endif
