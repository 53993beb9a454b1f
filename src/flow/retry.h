/* retry: publications that the broker refused, to be tried again, and those that wait behind one of
 * them for the same inbox.
 *
 * Each inbox has a lane, in order of publishing; only the first of a lane may go out, so that an
 * inbox keeps its order. Nothing here looks through all of them: a group of thousands may be
 * refused whole. Inboxes are told apart by a hash of their key: two that share one share a lane,
 * and wait for each other. */
#ifndef CHAT21D_FLOW_RETRY_H
#define CHAT21D_FLOW_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RETRY_TRIES = 4 };

struct parcel;
struct lane;

struct retry {
    struct parcel *parcel;
    uint32_t index; /* of the publication in its plan */
    unsigned tries; /* refused so often */
    /* retry.c's own: */
    struct lane *lane;
    struct retry *behind; /* the next one of its lane */
    uint64_t number;      /* in order of adding */
    int64_t due_us;
    bool is_first; /* of its lane */
};

struct retries;

struct retries *retries_new(uint64_t seed);
void retries_free(struct retries **retries);
/* Forgets all of them. */
void retries_clear(struct retries *retries);
size_t retries_count(const struct retries *retries);

/* Does something wait for the inbox of that hash? Then what comes after must wait behind it. */
bool retries_hold(const struct retries *retries, uint64_t key_hash);
/* At the end of its lane, due at once when it comes to be the first. The caller's until it is
 * removed. */
struct retry *retries_add(struct retries *retries, uint64_t key_hash, struct parcel *parcel,
                          uint32_t index);
/* It was refused: not before `due_us`. One that is out (retries_sent), or was just added. */
void retries_wait(struct retries *retries, struct retry *retry, int64_t due_us);

/* The one that may go out now; NULL: none. It stays where it is until it is said to be sent. */
struct retry *retries_due(const struct retries *retries, int64_t now_us);
void retries_sent(struct retries *retries, struct retry *retry);
/* When the next one may; INT64_MAX: none waits for its time. */
int64_t retries_due_us(const struct retries *retries);

/* One that is out was confirmed, or is given up: the next of its lane may go. Given up: what waits
 * in its lane now gets one try each, at once: an inbox that takes nothing must not hold up
 * everybody for the sake of its order. */
void retries_confirmed(struct retries *retries, struct retry **retry);
void retries_give_up(struct retries *retries, struct retry **retry);

#endif
