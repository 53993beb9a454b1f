/* The queue of what analytics are told, and the thread that publishes it: a few at a time, then
 * their confirms, then they are gone from the queue. What was not confirmed goes again on the next
 * connection. */
#include "ports/analytics.h"

#include "ports/broker/analytics_link.h"
#include "words/check.h"
#include "words/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
    GOODBYE_US = 1000 * 1000,
    BACK_OFF_FIRST_MS = 200,
    BACK_OFF_LONGEST_MS = 30 * 1000,
    BEAT_MS = 5000, /* an idle connection is looked after this often */
};

struct analytics {
    struct analytics_settings settings;
    const struct clock *clock;
    struct analytics_link link; /* the thread's own, as is the next */
    bool is_said;               /* that it cannot be reached: once */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct told *first, *last;
    size_t count, bytes;
    bool is_closing;
    int64_t close_us;
    struct analytics_counts counts;
};

static void note_connected(struct analytics *analytics, bool is_connected) {
    pthread_mutex_lock(&analytics->lock);
    analytics->counts.is_connected = is_connected;
    pthread_mutex_unlock(&analytics->lock);
}

static void lost(struct analytics *analytics, const struct why *why) {
    char words[512];
    link_drop(&analytics->link.link);
    note_connected(analytics, false);
    if (!analytics->is_said)
        log_line(LOG_WARN, "analytics", "state=closed reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    analytics->is_said = true;
}

/* Nothing is under way: whatever has no confirm yet goes again. With a newer password it logs in
 * anew. */
static bool reach(struct analytics *analytics) {
    struct why why;
    if (link_is_outdated(&analytics->link.link, &analytics->link.uri))
        link_close(&analytics->link.link);
    if (analytics->link.link.state)
        return true;
    if (analytics_link_open(&analytics->link, &why) < 0) {
        lost(analytics, &why);
        return false;
    }
    log_line(LOG_INFO, "analytics", "state=open exchange=%s", analytics->settings.exchange);
    analytics->is_said = false;
    note_connected(analytics, true);
    return true;
}

/* ---- the queue ---- */

/* Whoever tells adds at the end, and only the thread takes off the front: so the first ones can be
 * read without the lock. */
static void remove_first(struct analytics *analytics, size_t count) {
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&analytics->lock);
        struct told *gone = analytics->first;
        analytics->first = gone->next;
        if (!analytics->first)
            analytics->last = NULL;
        analytics->count--;
        analytics->bytes -= sizeof *gone + gone->size;
        pthread_mutex_unlock(&analytics->lock);
        free(gone);
    }
}

static struct timespec in_ms(int ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Is it time to end: closing, and nothing waits, or it cannot go out soon? Under the lock. */
static bool is_over(const struct analytics *analytics, bool has_failed) {
    return analytics->is_closing && (!analytics->count || has_failed ||
                                     clock_steady_us(analytics->clock) >= analytics->close_us);
}

/* Waits until something is there; after a failure for as long as the back-off says. False: it is
 * time to end. */
static bool wait_for_more(struct analytics *analytics, int back_off_ms, size_t *count) {
    struct timespec until = in_ms(back_off_ms ? back_off_ms : BEAT_MS);
    int rc = 0;
    pthread_mutex_lock(&analytics->lock);
    while (rc == 0 && !analytics->is_closing && (back_off_ms || !analytics->count))
        rc = pthread_cond_timedwait(&analytics->changed, &analytics->lock, &until);
    *count = analytics->count < ANALYTICS_AT_ONCE ? analytics->count : ANALYTICS_AT_ONCE;
    bool goes_on = !is_over(analytics, back_off_ms != 0);
    pthread_mutex_unlock(&analytics->lock);
    return goes_on;
}

/* Nothing was told for a while. */
static bool look_after(struct analytics *analytics) {
    struct why why;
    if (!reach(analytics))
        return false;
    if (analytics_link_beat(&analytics->link, &why) == 0)
        return true;
    lost(analytics, &why);
    return false;
}

/* False: it did not work, and is to be tried later. */
static bool tell(struct analytics *analytics, size_t count) {
    struct why why;
    if (!reach(analytics))
        return false;
    pthread_mutex_lock(&analytics->lock);
    const struct told *first = analytics->first;
    pthread_mutex_unlock(&analytics->lock);
    if (analytics_link_publish(&analytics->link, first, count, &why) < 0) {
        lost(analytics, &why);
        return false;
    }
    remove_first(analytics, count);
    pthread_mutex_lock(&analytics->lock);
    analytics->counts.told += count;
    pthread_mutex_unlock(&analytics->lock);
    return true;
}

static int longer(int ms) {
    if (ms == 0)
        return BACK_OFF_FIRST_MS;
    return ms * 2 < BACK_OFF_LONGEST_MS ? ms * 2 : BACK_OFF_LONGEST_MS;
}

static void *work(void *self) {
    struct analytics *analytics = self;
    size_t count = 0;
    int back_off_ms = look_after(analytics) ? 0 : BACK_OFF_FIRST_MS;
    while (wait_for_more(analytics, back_off_ms, &count)) {
        bool is_well = count ? tell(analytics, count) : look_after(analytics);
        back_off_ms = is_well ? 0 : longer(back_off_ms);
    }
    link_close(&analytics->link.link);
    return NULL;
}

/* ---- the owner's side ---- */

/* Signals are the owner's: the thread blocks them all. */
static void start_thread(struct analytics *analytics) {
    sigset_t all, old;
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&analytics->lock, NULL);
    pthread_cond_init(&analytics->changed, &steady);
    pthread_condattr_destroy(&steady);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&analytics->thread, NULL, work, analytics) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(analytics->thread, "analytics");
}

struct analytics *analytics_open(const struct analytics_settings *settings,
                                 const struct clock *clock, struct why *why) {
    struct uri uri;
    if (uri_parse(settings->uri, &uri, why) != 0)
        return NULL;
    struct analytics *analytics = must_calloc(1, sizeof *analytics);
    analytics->settings = *settings;
    analytics->clock = clock;
    analytics->link =
        (struct analytics_link){.settings = &analytics->settings, .clock = clock, .uri = uri};
    analytics->link.uri.login = settings->login;
    link_init(&analytics->link.link, "analytics");
    start_thread(analytics);
    return analytics;
}

void analytics_close(struct analytics **analytics) {
    struct analytics *gone = *analytics;
    if (!gone)
        return;
    pthread_mutex_lock(&gone->lock);
    gone->is_closing = true;
    gone->close_us = clock_steady_us(gone->clock) + GOODBYE_US;
    pthread_cond_signal(&gone->changed);
    pthread_mutex_unlock(&gone->lock);
    pthread_join(gone->thread, NULL);
    pthread_cond_destroy(&gone->changed);
    pthread_mutex_destroy(&gone->lock);
    while (gone->first) {
        struct told *told = gone->first;
        gone->first = told->next;
        free(told);
    }
    uri_clear(&gone->link.uri);
    free(gone);
    *analytics = NULL;
}

/* Under the lock. */
static void append(struct analytics *analytics, struct told *told) {
    if (analytics->last)
        analytics->last->next = told;
    else
        analytics->first = told;
    analytics->last = told;
    analytics->count++;
    analytics->bytes += sizeof *told + told->size;
}

bool analytics_tell(struct analytics *analytics, const char *key, struct span body) {
    struct told *told = must_calloc(1, sizeof *told + body.size);
    told->key = key;
    told->size = body.size;
    memcpy(told->body, body.at, body.size);
    pthread_mutex_lock(&analytics->lock);
    bool fits = analytics->bytes + sizeof *told + body.size <= analytics->settings.queue_bytes;
    if (fits)
        append(analytics, told);
    else
        analytics->counts.dropped++;
    pthread_cond_signal(&analytics->changed);
    pthread_mutex_unlock(&analytics->lock);
    if (!fits)
        free(told);
    return fits;
}

struct analytics_counts analytics_counts(struct analytics *analytics) {
    pthread_mutex_lock(&analytics->lock);
    struct analytics_counts counts = analytics->counts;
    counts.waiting = analytics->count;
    pthread_mutex_unlock(&analytics->lock);
    return counts;
}
