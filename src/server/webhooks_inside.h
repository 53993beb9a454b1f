/* webhooks_inside: what webhooks.c (the loop's side, and the thread's frame) and webhook_posts.c
 * (what the thread does) share. Not for anyone else. */
#ifndef CHAT21D_WEBHOOKS_INSIDE_H
#define CHAT21D_WEBHOOKS_INSIDE_H

#include "server/webhook_pace.h"
#include "server/webhooks.h"

#include <pthread.h>

/* What became of a post, until it is stored and the thread knows it. */
struct report {
    struct outbox_change change;
    size_t slot;
    uint64_t number; /* among all changes that the loop had stored */
};

struct webhooks {
    struct webhooks_settings settings;
    const struct clock *clock;
    struct arena *arena; /* lives as long; nobody takes from it but to begin with */
    size_t slot_count;   /* posts under way, at most */
    int wake, done;      /* eventfd: for the thread, for the loop */
    pthread_t thread;
    pthread_mutex_t lock;
    /* Under the lock: */
    bool is_closing, stops, has_stopped, hurries;
    size_t busy;            /* slots in use */
    struct report *reports; /* a ring of slot_count: made >= handed >= stored */
    uint64_t made, handed, stored;
    struct webhook_state *states; /* of each endpoint */
    struct why why;               /* why nothing is posted; "": that is not so */
};

/* webhook_posts.c: the thread's own, which nobody else sees. */
struct posts;
struct posts *posts_new(struct webhooks *webhooks);
void posts_free(struct posts **posts);
/* Once around: notes what was stored, begins what may begin, moves what is under way, and waits
 * until there is more to do. False: the end has come. */
bool posts_move(struct posts *posts);

#endif
