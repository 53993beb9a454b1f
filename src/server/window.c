#include "server/window.h"

#include "words/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct window {
    const struct clock *clock;
    _Atomic int64_t turned_us;
    int descriptor;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    /* Under the lock: */
    bool is_wanted;          /* a question is unanswered */
    struct window_seen seen; /* the answer, until somebody takes it */
};

struct window *window_new(const struct clock *clock) {
    struct window *window = must_calloc(1, sizeof *window);
    pthread_condattr_t steady;
    window->clock = clock;
    window->turned_us = clock_steady_us(clock);
    window->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(window->descriptor >= 0);
    pthread_mutex_init(&window->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&window->answered, &steady);
    pthread_condattr_destroy(&steady);
    return window;
}

void window_free(struct window **window) {
    if (!*window)
        return;
    arena_free(&(*window)->seen.arena);
    pthread_cond_destroy(&(*window)->answered);
    pthread_mutex_destroy(&(*window)->lock);
    close((*window)->descriptor);
    free(*window);
    *window = NULL;
}

/* ---- the loop's side ---- */

int window_descriptor(const struct window *window) {
    return window->descriptor;
}

void window_turn(struct window *window, window_take *take, void *self) {
    eventfd_t count;
    window->turned_us = clock_steady_us(window->clock);
    if (eventfd_read(window->descriptor, &count) != 0)
        return;
    struct arena *arena = arena_new();
    struct view *view = take(self, arena);
    pthread_mutex_lock(&window->lock);
    arena_free(&window->seen.arena); /* one that nobody waited for */
    window->seen = (struct window_seen){arena, view};
    window->is_wanted = false;
    pthread_cond_signal(&window->answered);
    pthread_mutex_unlock(&window->lock);
}

/* ---- the other side ---- */

int64_t window_still_us(const struct window *window) {
    return clock_steady_us(window->clock) - window->turned_us;
}

static struct timespec in_ms(int ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

/* An answer that came too late for who asked is none for who asks now. */
struct window_seen window_ask(struct window *window, int ms) {
    struct timespec until = in_ms(ms);
    int rc = 0;
    pthread_mutex_lock(&window->lock);
    bool waits = !window->is_wanted;
    arena_free(&window->seen.arena);
    window->seen = (struct window_seen){NULL, NULL};
    window->is_wanted = true;
    check(!waits || eventfd_write(window->descriptor, 1) == 0);
    while (waits && !window->seen.arena && rc == 0)
        rc = pthread_cond_timedwait(&window->answered, &window->lock, &until);
    struct window_seen seen = window->seen;
    window->seen = (struct window_seen){NULL, NULL};
    pthread_mutex_unlock(&window->lock);
    return seen;
}
