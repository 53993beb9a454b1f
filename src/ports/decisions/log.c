/* The queue, and the thread that empties it. Lines gather in one buffer while the thread writes the
 * other; both are as large as the queue may be, so nothing is allocated on the way. */
#include "ports/decisions.h"

#include "ports/decisions/erase.h"
#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct queue {
    char *bytes;
    size_t size, lines;
};

struct decisions {
    struct files files; /* the thread's own, like `writing` */
    struct queue writing;
    uint64_t said_dropped; /* of those dropped, how many the log tells of */
    unsigned per_second;
    const struct clock *clock;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct queue waiting;
    double may; /* lines that may come now */
    int64_t counted_us;
    struct decisions_counts counts;
    bool is_closing;
    enum decisions_erasing erasing;
    uint64_t erased;  /* lines */
    char *app, *user; /* to be erased; NULL: taken, or nobody is */
    bool has_eraser;  /* the thread's own, like the next */
    struct eraser eraser;
};

/* ---- the thread ---- */

/* Takes what waits. False: it closes, and nothing waits. */
static bool take(struct decisions *log, uint64_t *dropped) {
    pthread_mutex_lock(&log->lock);
    while (!log->waiting.size && !log->is_closing && log->erasing != DECISIONS_ERASING)
        pthread_cond_wait(&log->changed, &log->lock);
    struct queue taken = log->waiting;
    log->waiting = log->writing;
    log->waiting.size = log->waiting.lines = 0;
    log->writing = taken;
    *dropped = log->counts.dropped;
    bool goes_on = taken.size > 0 || !log->is_closing;
    pthread_mutex_unlock(&log->lock);
    return goes_on;
}

/* ---- erasing ---- */

static void begin_erasing(struct decisions *log) {
    pthread_mutex_lock(&log->lock);
    char *app = log->app, *user = log->user;
    log->app = log->user = NULL;
    pthread_mutex_unlock(&log->lock);
    if (!app)
        return;
    eraser_begin(&log->eraser, &log->files, app, user);
    log->has_eraser = true;
    free(app);
    free(user);
}

static void end_erasing(struct decisions *log, const struct why *failed) {
    char words[512];
    if (failed)
        log_line(LOG_ERROR, "decisions", "state=not_erased reason=%s",
                 log_quote(words, sizeof words, span_of(failed->words)));
    pthread_mutex_lock(&log->lock);
    log->erasing = failed ? DECISIONS_NOT_ERASED : DECISIONS_ERASED;
    log->erased = log->eraser.lines;
    pthread_mutex_unlock(&log->lock);
    eraser_end(&log->eraser);
    log->has_eraser = false;
}

static void erase_some(struct decisions *log) {
    struct why why;
    begin_erasing(log);
    if (!log->has_eraser)
        return;
    if (eraser_move(&log->eraser, &why) != 0)
        end_erasing(log, &why);
    else if (log->eraser.is_over)
        end_erasing(log, NULL);
}

static void note(struct decisions *log, size_t written, bool failed, const struct why *why) {
    pthread_mutex_lock(&log->lock);
    bool was_failing = log->counts.is_failing;
    log->counts.written += written;
    log->counts.dropped += log->writing.lines - written;
    log->counts.is_failing = failed;
    pthread_mutex_unlock(&log->lock);
    char words[512];
    if (failed && !was_failing)
        log_line(LOG_ERROR, "decisions", "state=failing reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    if (!failed && was_failing)
        log_line(LOG_INFO, "decisions", "state=writing");
}

/* {"dropped":17,"at":1700000000000}: so that nobody takes a hole for silence. */
static void say_dropped(struct decisions *log, uint64_t dropped) {
    char line[96];
    size_t lines;
    if (dropped == log->said_dropped)
        return;
    int size = snprintf(line, sizeof line, "{\"dropped\":%" PRIu64 ",\"at\":%" PRId64 "}\n",
                        dropped - log->said_dropped, clock_wall_ms(log->clock));
    if (files_append(&log->files, (struct span){line, (size_t)size}, &lines, NULL) == 0)
        log->said_dropped = dropped;
}

static void *work(void *self) {
    struct decisions *log = self;
    uint64_t dropped;
    while (take(log, &dropped)) {
        struct why why;
        size_t lines;
        say_dropped(log, dropped);
        int rc = files_append(&log->files, (struct span){log->writing.bytes, log->writing.size},
                              &lines, &why);
        if (log->writing.size || rc != 0)
            note(log, lines, rc != 0, &why);
        erase_some(log);
    }
    if (log->has_eraser)
        eraser_end(&log->eraser);
    say_dropped(log, dropped);
    return NULL;
}

/* Signals are the owner's: the thread blocks them all. */
static void start_thread(struct decisions *log) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&log->thread, NULL, work, log) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(log->thread, "decisions");
}

/* ---- the owner's side ---- */

static void release(struct decisions *log) {
    files_close(&log->files);
    free(log->files.folder);
    free(log->waiting.bytes);
    free(log->writing.bytes);
    free(log->app);
    free(log->user);
    free(log);
}

struct decisions *decisions_open(const char *folder, const struct decisions_settings *settings,
                                 const struct clock *clock, struct why *why) {
    check(settings->files > 0 && settings->files <= DECISIONS_FILES_MAX);
    struct decisions *log = must_calloc(1, sizeof *log);
    log->files = (struct files){.folder = must_strdup(folder),
                                .file_bytes = settings->file_bytes,
                                .count = settings->files};
    if (files_open(&log->files, why) != 0) {
        release(log);
        return NULL;
    }
    log->waiting.bytes = must_alloc(DECISIONS_QUEUE_BYTES);
    log->writing.bytes = must_alloc(DECISIONS_QUEUE_BYTES);
    log->per_second = settings->per_second;
    log->may = settings->per_second;
    log->clock = clock;
    log->counted_us = clock_steady_us(clock);
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
    start_thread(log);
    return log;
}

void decisions_close(struct decisions **log) {
    if (!*log)
        return;
    pthread_mutex_lock(&(*log)->lock);
    (*log)->is_closing = true;
    pthread_cond_signal(&(*log)->changed);
    pthread_mutex_unlock(&(*log)->lock);
    pthread_join((*log)->thread, NULL);
    pthread_cond_destroy(&(*log)->changed);
    pthread_mutex_destroy(&(*log)->lock);
    release(*log);
    *log = NULL;
}

static bool is_within_rate(struct decisions *log) {
    int64_t now = clock_steady_us(log->clock);
    log->may += (double)(now - log->counted_us) * log->per_second / 1e6;
    log->counted_us = now;
    if (log->may > log->per_second)
        log->may = log->per_second;
    if (log->may < 1)
        return false;
    log->may--;
    return true;
}

/* A text of a client's may bring line ends along; between JSON's tokens they are but white space.
 */
static void append(struct queue *queue, struct span line) {
    char *at = queue->bytes + queue->size, *end = at + line.size;
    memcpy(at, line.at, line.size);
    for (char *newline = at; (newline = memchr(newline, '\n', (size_t)(end - newline)));)
        *newline = ' ';
    *end = '\n';
    queue->size += line.size + 1;
    queue->lines++;
}

bool decisions_write(struct decisions *log, struct span line) {
    pthread_mutex_lock(&log->lock);
    bool fits =
        line.size && line.size < DECISIONS_QUEUE_BYTES - log->waiting.size && is_within_rate(log);
    if (fits)
        append(&log->waiting, line);
    else
        log->counts.dropped++;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
    return fits;
}

static char *string_of(struct span text) {
    char *string = must_alloc(text.size + 1);
    if (text.size)
        memcpy(string, text.at, text.size);
    string[text.size] = '\0';
    return string;
}

bool decisions_erase(struct decisions *log, struct span app, struct span user) {
    pthread_mutex_lock(&log->lock);
    bool may = log->erasing == DECISIONS_IDLE;
    if (may) {
        log->app = string_of(app);
        log->user = string_of(user);
        log->erasing = DECISIONS_ERASING;
        pthread_cond_signal(&log->changed);
    }
    pthread_mutex_unlock(&log->lock);
    return may;
}

enum decisions_erasing decisions_erasing(struct decisions *log, uint64_t *lines) {
    pthread_mutex_lock(&log->lock);
    enum decisions_erasing state = log->erasing;
    *lines = log->erased;
    if (state == DECISIONS_ERASED || state == DECISIONS_NOT_ERASED)
        log->erasing = DECISIONS_IDLE;
    pthread_mutex_unlock(&log->lock);
    return state;
}

struct decisions_counts decisions_counts(struct decisions *log) {
    pthread_mutex_lock(&log->lock);
    struct decisions_counts counts = log->counts;
    pthread_mutex_unlock(&log->lock);
    return counts;
}
