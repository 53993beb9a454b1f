#include "ports/committer.h"

#include "words/check.h"
#include "words/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct committer {
    struct store *store;
    bool own_thread;
    int descriptor;
    bool is_busy;    /* the owner's alone: from submit to take */
    int64_t took_us; /* the owner's, but from submit to take */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct store_batch *waiting; /* handed in, not begun */
    struct store_batch *done;    /* handed back, not taken */
    bool failed;
    struct why why;
    bool is_closing;
};

static void hand_back(struct committer *committer, struct store_batch *batch, bool failed,
                      const struct why *why) {
    pthread_mutex_lock(&committer->lock);
    committer->done = batch;
    committer->failed = failed;
    committer->why = *why;
    /* Inside the lock: whoever sees the batch sees the signal too, and clears it. */
    check(eventfd_write(committer->descriptor, 1) == 0);
    pthread_mutex_unlock(&committer->lock);
}

static void commit(struct committer *committer, struct store_batch *batch) {
    struct why why = {""};
    int64_t began_us = clock_steady_us(&clock_real);
    bool failed = store_commit(committer->store, batch, &why) < 0;
    committer->took_us = clock_steady_us(&clock_real) - began_us;
    hand_back(committer, batch, failed, &why);
}

/* The next batch, or NULL when the committer closes. */
static struct store_batch *wait_for_batch(struct committer *committer) {
    pthread_mutex_lock(&committer->lock);
    while (!committer->waiting && !committer->is_closing)
        pthread_cond_wait(&committer->changed, &committer->lock);
    struct store_batch *batch = committer->waiting;
    committer->waiting = NULL;
    pthread_mutex_unlock(&committer->lock);
    return batch;
}

static void *work(void *self) {
    struct committer *committer = self;
    for (struct store_batch *batch; (batch = wait_for_batch(committer));)
        commit(committer, batch);
    return NULL;
}

/* Signals are the owner's: the thread blocks them all. */
static void start_thread(struct committer *committer) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&committer->thread, NULL, work, committer) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(committer->thread, "store");
}

struct committer *committer_new(struct store *store, bool own_thread) {
    struct committer *committer = must_calloc(1, sizeof *committer);
    committer->store = store;
    committer->own_thread = own_thread;
    committer->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(committer->descriptor >= 0);
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->changed, NULL);
    if (own_thread)
        start_thread(committer);
    return committer;
}

static void end_thread(struct committer *committer) {
    pthread_mutex_lock(&committer->lock);
    committer->is_closing = true;
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
    pthread_join(committer->thread, NULL);
}

void committer_free(struct committer **committer) {
    if (!*committer)
        return;
    if ((*committer)->own_thread)
        end_thread(*committer);
    pthread_cond_destroy(&(*committer)->changed);
    pthread_mutex_destroy(&(*committer)->lock);
    close((*committer)->descriptor);
    free(*committer);
    *committer = NULL;
}

bool committer_is_busy(const struct committer *committer) {
    return committer->is_busy;
}

void committer_submit(struct committer *committer, struct store_batch *batch) {
    check(!committer->is_busy);
    committer->is_busy = true;
    if (!committer->own_thread) {
        commit(committer, batch);
        return;
    }
    pthread_mutex_lock(&committer->lock);
    committer->waiting = batch;
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
}

struct store_batch *committer_take(struct committer *committer, bool *failed, struct why *why) {
    pthread_mutex_lock(&committer->lock);
    struct store_batch *batch = committer->done;
    if (batch) {
        eventfd_t count;
        check(eventfd_read(committer->descriptor, &count) == 0);
        committer->done = NULL;
        *failed = committer->failed;
        if (committer->failed && why)
            *why = committer->why;
    }
    pthread_mutex_unlock(&committer->lock);
    if (batch)
        committer->is_busy = false;
    return batch;
}

int64_t committer_took_us(const struct committer *committer) {
    return committer->took_us;
}

int committer_descriptor(const struct committer *committer) {
    return committer->descriptor;
}
