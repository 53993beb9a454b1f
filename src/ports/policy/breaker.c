#include "breaker.h"

#include <string.h>

#define SECOND_US ((int64_t)1000000)
#define WINDOW_US (60 * SECOND_US)
#define FIRST_US  (30 * SECOND_US)
#define MOST_US   (600 * SECOND_US)
enum { FAILING_SENDERS = 3 };

static bool has_failed_for(const struct breaker *breaker, uint64_t sender) {
    for (unsigned i = 0; i < breaker->sender_count; i++)
        if (breaker->senders[i].who == sender)
            return breaker->senders[i].has_failed;
    return false;
}

int64_t breaker_again_us(const struct breaker *breaker, uint64_t sender) {
    return breaker->again_us + (has_failed_for(breaker, sender) ? breaker->wait_us : 0);
}

bool breaker_lets(const struct breaker *breaker, uint64_t sender, int64_t now_us) {
    return !breaker->is_open || now_us >= breaker_again_us(breaker, sender);
}

/* The sender goes to the front; the one that was silent longest makes room. */
static void note_sender(struct breaker *breaker, const struct breaker_sender *sender) {
    struct breaker_sender *list = breaker->senders;
    unsigned place = 0;
    while (place < breaker->sender_count && list[place].who != sender->who)
        place++;
    if (place == BREAKER_SENDERS)
        place--;
    else if (place == breaker->sender_count)
        breaker->sender_count++;
    memmove(list + 1, list, place * sizeof *list);
    list[0] = *sender;
}

static bool is_failing(const struct breaker *breaker, int64_t now_us) {
    unsigned failing = 0, recent = 0;
    /* The ring's next place is that of the oldest of them. */
    int64_t first = breaker->failures[breaker->failure_count % BREAKER_FAILURES];
    if (breaker->failure_count < BREAKER_FAILURES || now_us - first > WINDOW_US)
        return false;
    for (unsigned i = 0; i < breaker->sender_count; i++) {
        if (now_us - breaker->senders[i].at_us > WINDOW_US)
            continue;
        recent++;
        failing += breaker->senders[i].has_failed;
    }
    return failing >= FAILING_SENDERS && 2 * failing >= recent;
}

static enum breaker_change open_for(struct breaker *breaker, int64_t wait_us, int64_t now_us) {
    bool was_open = breaker->is_open;
    breaker->is_open = true;
    breaker->wait_us = wait_us < MOST_US ? wait_us : MOST_US;
    breaker->again_us = now_us + breaker->wait_us;
    return was_open ? BREAKER_STAYS_OPEN : BREAKER_OPENED;
}

enum breaker_change breaker_note(struct breaker *breaker, uint64_t sender, bool has_failed,
                                 int64_t now_us) {
    if (breaker->is_open && !has_failed) {
        *breaker = (struct breaker){.is_open = false};
        return BREAKER_CLOSED;
    }
    note_sender(breaker, &(struct breaker_sender){sender, now_us, has_failed});
    if (breaker->is_open)
        return open_for(breaker, 2 * breaker->wait_us, now_us);
    if (!has_failed)
        return BREAKER_SAME;
    breaker->failures[breaker->failure_count++ % BREAKER_FAILURES] = now_us;
    return is_failing(breaker, now_us) ? open_for(breaker, FIRST_US, now_us) : BREAKER_SAME;
}
