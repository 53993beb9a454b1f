#include "server/loader.h"

#include "server/kept.h"
#include "server/snapshot.h"
#include "words/check.h"
#include "words/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TRIES = 20, TRY_AGAIN_US = 5000 };

struct loader {
    struct loader_work work;
    int descriptor;
    bool is_busy;  /* the owner's alone: from start to take */
    uint64_t kept; /* the thread's alone: the generation that was copied last */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    bool is_wanted, is_done, is_closing;
    struct policy_set *loaded; /* NULL while is_done: refused */
    struct why why;
    struct policy_set *retired;
};

/* For a worker that has to start while the set on disk is broken. */
static void keep(struct loader *loader, uint64_t generation, int copied, struct why *why) {
    char words[512];
    if (copied == 0 && generation == loader->kept)
        return;
    if (copied == 0 && kept_take(loader->work.data, loader->work.host, generation, why) == 0)
        loader->kept = generation;
    else
        log_line(LOG_WARN, "policies", "kept=no reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
}

/* From when it is handed back on, the set is the owner's. */
static void hand_back(struct loader *loader, struct policy_set *set, const struct why *why) {
    pthread_mutex_lock(&loader->lock);
    loader->loaded = set;
    loader->why = *why;
    loader->is_done = true;
    check(eventfd_write(loader->descriptor, 1) == 0);
    pthread_mutex_unlock(&loader->lock);
}

/* One attempt. False: somebody changed files while they were read; nothing is loaded. */
static bool try_load(struct loader *loader, struct policy_set **set, struct why *why, int *copied,
                     struct why *not_kept) {
    const struct loader_work *with = &loader->work;
    uint64_t before = snapshot_of(with->policies);
    *copied = kept_copy(with->data, with->policies, not_kept);
    *set = policy_set_load(with->policies, with->host, with->memory, why);
    if (snapshot_of(with->policies) == before)
        return true;
    policy_set_free(set);
    why_say(why, "the policies change all the time while they are read");
    return false;
}

/* Half of one set and half of the next may well load: nobody is to see it. */
static void load(struct loader *loader) {
    struct why why = {""}, not_kept;
    struct policy_set *set = NULL;
    int copied;
    for (int i = 0; i < TRIES && !try_load(loader, &set, &why, &copied, &not_kept); i++)
        usleep(TRY_AGAIN_US);
    uint64_t generation = set ? policy_set_generation(set) : 0;
    hand_back(loader, set, &why);
    if (generation)
        keep(loader, generation, copied, &not_kept);
}

/* Waits for something to do. False: it closes. */
static bool wait_for_work(struct loader *loader, struct policy_set **retired, bool *is_wanted) {
    pthread_mutex_lock(&loader->lock);
    while (!loader->is_wanted && !loader->retired && !loader->is_closing)
        pthread_cond_wait(&loader->changed, &loader->lock);
    *is_wanted = loader->is_wanted && !loader->is_closing;
    *retired = loader->retired;
    loader->is_wanted = false;
    loader->retired = NULL;
    bool goes_on = !loader->is_closing;
    pthread_mutex_unlock(&loader->lock);
    return goes_on;
}

static void *work(void *self) {
    struct loader *loader = self;
    struct policy_set *retired;
    bool is_wanted, goes_on;
    do {
        goes_on = wait_for_work(loader, &retired, &is_wanted);
        policy_set_free(&retired);
        if (is_wanted)
            load(loader);
    } while (goes_on);
    return NULL;
}

/* Signals are the owner's: the thread blocks them all. */
static void start_thread(struct loader *loader) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&loader->thread, NULL, work, loader) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_setname_np(loader->thread, "policies");
}

struct loader *loader_new(const struct loader_work *with) {
    struct loader *loader = must_calloc(1, sizeof *loader);
    loader->work = *with;
    loader->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    check(loader->descriptor >= 0);
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->changed, NULL);
    start_thread(loader);
    return loader;
}

void loader_free(struct loader **loader) {
    if (!*loader)
        return;
    pthread_mutex_lock(&(*loader)->lock);
    (*loader)->is_closing = true;
    pthread_cond_signal(&(*loader)->changed);
    pthread_mutex_unlock(&(*loader)->lock);
    pthread_join((*loader)->thread, NULL);
    policy_set_free(&(*loader)->loaded);
    pthread_cond_destroy(&(*loader)->changed);
    pthread_mutex_destroy(&(*loader)->lock);
    close((*loader)->descriptor);
    free(*loader);
    *loader = NULL;
}

bool loader_is_busy(const struct loader *loader) {
    return loader->is_busy;
}

void loader_start(struct loader *loader) {
    check(!loader->is_busy);
    loader->is_busy = true;
    pthread_mutex_lock(&loader->lock);
    loader->is_wanted = true;
    pthread_cond_signal(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

bool loader_take(struct loader *loader, struct policy_set **set, struct why *why) {
    pthread_mutex_lock(&loader->lock);
    bool is_done = loader->is_done;
    if (is_done) {
        eventfd_t count;
        check(eventfd_read(loader->descriptor, &count) == 0);
        *set = loader->loaded;
        *why = loader->why;
        loader->loaded = NULL;
        loader->is_done = false;
        loader->is_busy = false;
    }
    pthread_mutex_unlock(&loader->lock);
    return is_done;
}

int loader_descriptor(const struct loader *loader) {
    return loader->descriptor;
}

void loader_retire(struct loader *loader, struct policy_set **set) {
    pthread_mutex_lock(&loader->lock);
    check(!loader->retired);
    loader->retired = *set;
    pthread_cond_signal(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    *set = NULL;
}
