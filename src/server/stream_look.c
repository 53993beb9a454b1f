#include "server/stream_look.h"

#include "words/check.h"
#include "words/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_MS = 3000, JOIN_SECONDS = 1 };

struct stream_look {
    struct broker_settings settings;
    unsigned seconds;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    bool is_open, has_offset, is_closing;
    uint64_t stored;
    struct view_stream found;
};

/* Offsets never come near 2^63. */
static int64_t apart(uint64_t from, uint64_t to) {
    return (int64_t)(to - from);
}

/* The lock is held. The stored offset is newer than the broker's word: behind it is not before it.
 */
static void note(struct stream_look *look, const struct broker_extent *extent) {
    uint64_t next = look->has_offset ? look->stored + 1 : extent->first;
    int64_t lag = extent->is_empty ? 0 : apart(next, extent->newest + 1);
    look->found = (struct view_stream){
        .is_known = true,
        .lag = lag > 0 ? lag : 0,
        .has_left = look->has_offset && !extent->is_empty,
        .left = extent->is_empty ? 0 : apart(extent->first, next),
    };
}

/* The lock is held, but not while the broker is asked. */
static void take_a_look(struct stream_look *look, bool *is_said) {
    struct broker_extent extent;
    struct why why;
    char words[512];
    pthread_mutex_unlock(&look->lock);
    bool is_found = broker_extent(&look->settings, &extent, &why) == 0;
    pthread_mutex_lock(&look->lock);
    if (is_found)
        note(look, &extent);
    else
        look->found.is_known = false;
    if (!is_found && look->is_open && !*is_said)
        log_line(LOG_WARN, "stream_look", "reason=%s",
                 log_quote(words, sizeof words, span_of(why.words)));
    *is_said = !is_found;
}

/* Less where the connection comes back meanwhile. The lock is held. */
static void wait_a_while(struct stream_look *look) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += look->seconds;
    if (!look->is_closing)
        pthread_cond_timedwait(&look->changed, &look->lock, &until);
}

static void *run(void *self) {
    struct stream_look *look = self;
    bool is_said = false;
    pthread_mutex_lock(&look->lock);
    while (!look->is_closing) {
        if (look->is_open) {
            take_a_look(look, &is_said);
            wait_a_while(look);
        } else {
            look->found.is_known = false;
            pthread_cond_wait(&look->changed, &look->lock);
        }
    }
    pthread_mutex_unlock(&look->lock);
    return NULL;
}

/* Signals are the loop's: the thread blocks them all. */
static void start_thread(struct stream_look *look) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&look->thread, NULL, run, look) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(look->thread, "stream_look");
}

struct stream_look *stream_look_new(const struct broker_settings *settings, unsigned seconds) {
    struct stream_look *look = must_calloc(1, sizeof *look);
    pthread_condattr_t steady;
    *look = (struct stream_look){.settings = *settings, .seconds = seconds};
    look->settings.open_timeout_ms = TIMEOUT_MS;
    pthread_mutex_init(&look->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&look->changed, &steady);
    pthread_condattr_destroy(&steady);
    start_thread(look);
    return look;
}

bool stream_look_free(struct stream_look **look) {
    struct stream_look *gone = *look;
    struct timespec until;
    if (!gone)
        return true;
    *look = NULL;
    pthread_mutex_lock(&gone->lock);
    gone->is_closing = true;
    pthread_cond_signal(&gone->changed);
    pthread_mutex_unlock(&gone->lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JOIN_SECONDS;
    if (pthread_timedjoin_np(gone->thread, NULL, &until) != 0)
        return false;
    pthread_cond_destroy(&gone->changed);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
    return true;
}

void stream_look_note(struct stream_look *look, bool is_open, bool has_offset, uint64_t stored) {
    pthread_mutex_lock(&look->lock);
    if (is_open && !look->is_open)
        pthread_cond_signal(&look->changed);
    look->is_open = is_open;
    look->has_offset = has_offset;
    look->stored = stored;
    pthread_mutex_unlock(&look->lock);
}

struct view_stream stream_look_found(struct stream_look *look) {
    pthread_mutex_lock(&look->lock);
    struct view_stream found = look->found;
    pthread_mutex_unlock(&look->lock);
    return found;
}
