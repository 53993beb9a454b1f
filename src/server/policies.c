/* The policies in force: loaded at start, and again when a file in their folder changes, on SIGHUP,
 * or when somebody asks. Loaded aside (loader.h); here the pointer is swapped, between two
 * messages.
 *
 * The folders are watched, not the files: editors write another file and rename it, Kubernetes
 * swaps the link `..data`. A reload waits until they were quiet for a moment, so that a
 * half-written set is seldom tried; if it is, it is broken and changes nothing. */
#include "server/worker.h"

#include "server/kept.h"
#include "words/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Whoever writes on and on is not waited for for ever. */
enum { QUIET_US = 50 * 1000, UNQUIET_US = 150 * 1000 };

static void watch_policy(void *self, const char *policy) {
    struct worker *worker = self;
    page_policy(worker->page, policy);
}

static const char *quoted(char words[2000], const struct why *why) {
    return log_quote(words, 2000, span_of(why->words));
}

/* ---- what is in force ---- */

/* From the next message on. */
static void use(struct worker *worker, struct policy_set *fresh, const char *cause) {
    struct policies *policies = &worker->policies;
    struct policy_set *old = policies->set;
    policy_watch(fresh, watch_policy, worker);
    policies->set = fresh;
    policies->since_ms = clock_wall_ms(worker->clock);
    flow_use_policies(worker->flow, fresh);
    if (old)
        loader_retire(policies->loader, &old);
    log_line(LOG_INFO, "policies", "generation=%016" PRIx64 " policies=%zu cause=%s",
             policy_set_generation(fresh), policy_set_count(fresh), cause);
}

/* Said once for each reason. */
static void refuse(struct worker *worker, const struct why *why) {
    struct policies *policies = &worker->policies;
    char words[2000];
    bool is_said = strcmp(policies->refused.words, why->words) == 0;
    policies->refused = *why;
    policies->refused_ms = clock_wall_ms(worker->clock);
    policies->refusals++;
    log_line(is_said ? LOG_DEBUG : LOG_ERROR, "reload",
             "result=refused kept=%016" PRIx64 " reason=%s", policy_set_generation(policies->set),
             quoted(words, why));
}

/* ---- loading ---- */

static void start(struct worker *worker, const char *cause) {
    struct policies *policies = &worker->policies;
    policies->cause = cause;
    policies->again = NULL;
    policies->started++;
    loader_start(policies->loader);
}

uint64_t policies_reload(struct worker *worker, const char *cause) {
    struct policies *policies = &worker->policies;
    policies->reload_us = INT64_MAX;
    if (loader_is_busy(policies->loader)) {
        policies->again = cause; /* what is under way may have read the files as they were before */
        return policies->started + 1;
    }
    start(worker, cause);
    return policies->started;
}

static void take_loaded(struct worker *worker) {
    struct policies *policies = &worker->policies;
    struct policy_set *fresh;
    struct why why;
    if (!loader_take(policies->loader, &fresh, &why))
        return;
    policies->ended++;
    if (fresh) {
        policies->refused.words[0] = '\0';
        use(worker, fresh, policies->cause);
    } else {
        refuse(worker, &why);
    }
    if (policies->again)
        start(worker, policies->again);
}

/* ---- the folders ---- */

/* Watches what the path names now: where it is a link, it may name another folder than before, or
 * none. The same folder keeps its watch. Is it another one? */
static bool watch(const struct policies *policies, const char *path, int *folder) {
    int old = *folder;
    *folder = inotify_add_watch(policies->inotify, path,
                                IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                    IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
    if (old >= 0 && old != *folder)
        inotify_rm_watch(policies->inotify, old);
    return old != *folder;
}

static bool watch_folders(struct worker *worker) {
    struct policies *policies = &worker->policies;
    bool is_other = watch(policies, worker->config->policies, &policies->folder_watch);
    return watch(policies, policies->lists, &policies->lists_watch) || is_other;
}

static void note_change(struct worker *worker) {
    struct policies *policies = &worker->policies;
    int64_t now = clock_steady_us(worker->clock);
    if (policies->reload_us == INT64_MAX)
        policies->changed_us = now;
    int64_t latest = policies->changed_us + UNQUIET_US;
    policies->reload_us = now + QUIET_US < latest ? now + QUIET_US : latest;
}

static void take_event(struct worker *worker, const struct inotify_event *event) {
    struct policies *policies = &worker->policies;
    int *folder = event->wd == policies->folder_watch  ? &policies->folder_watch
                  : event->wd == policies->lists_watch ? &policies->lists_watch
                                                       : NULL;
    if (folder && event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
        *folder = -1;
    if (folder || event->mask & IN_Q_OVERFLOW)
        note_change(worker);
}

void policies_changed(struct worker *worker) {
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t size;
    while ((size = read(worker->policies.inotify, events, sizeof events)) > 0) {
        const struct inotify_event *event;
        for (char *at = events; at < events + size; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(void *)at;
            take_event(worker, event);
        }
    }
}

void policies_tick(struct worker *worker) {
    if (watch_folders(worker))
        note_change(worker);
}

void policies_move(struct worker *worker) {
    take_loaded(worker);
    if (clock_steady_us(worker->clock) < worker->policies.reload_us)
        return;
    watch_folders(worker);
    policies_reload(worker, "change");
}

/* ---- at start ---- */

static int init_watch(struct worker *worker, struct why *why) {
    struct policies *policies = &worker->policies;
    policies->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (policies->inotify < 0)
        return why_say(why, "cannot watch the policies' folder: inotify: errno %d", errno);
    policies->lists = arena_print(worker->arena, "%s/lists", worker->config->policies).at;
    policies->folder_watch = policies->lists_watch = -1;
    watch_folders(worker);
    return 0;
}

static void init_loader(struct worker *worker) {
    struct policies *policies = &worker->policies;
    policies->host = (struct policy_host){
        .limits = worker->config->limits,
        .overrides = worker->config->overrides,
        .override_count = worker->config->override_count,
        .clock = worker->clock,
        .facts = store_reader_facts(worker->reader),
    };
    struct loader_work work = {.policies = worker->config->policies,
                               .data = worker->config->data,
                               .host = &policies->host,
                               .memory = policies->memory};
    policies->loader = loader_new(&work);
}

/* The set on disk; if that is broken, the one that was in force last. */
static struct policy_set *load_first(struct worker *worker, struct why *why) {
    struct policies *policies = &worker->policies;
    struct pollfd done = {loader_descriptor(policies->loader), POLLIN, 0};
    struct policy_set *set = NULL;
    struct why ignored;
    start(worker, "start");
    while (!loader_take(policies->loader, &set, why))
        poll(&done, 1, -1);
    policies->ended++;
    if (!set)
        set = policy_set_load(kept_folder(worker->arena, worker->config->data), &policies->host,
                              policies->memory, &ignored);
    return set;
}

static void load_key(void *self, const struct kv_change *stored) {
    policy_memory_load(self, stored);
}

/* What policies kept, from the store: before the committer has it. */
static int init_memory(struct worker *worker, struct why *why) {
    struct policies *policies = &worker->policies;
    policies->memory = policy_memory_new(&worker->config->memory);
    if (store_kv_each(worker->store, clock_wall_ms(worker->clock), load_key, policies->memory,
                      why) != 0)
        return -1;
    flow_use_memory(worker->flow, policies->memory);
    return 0;
}

int policies_init(struct worker *worker, struct why *why) {
    struct policies *policies = &worker->policies;
    struct why broken = {""};
    char words[2000];
    policies->reload_us = INT64_MAX;
    if (init_memory(worker, why) != 0 || init_watch(worker, why) != 0)
        return -1;
    init_loader(worker);
    struct policy_set *set = load_first(worker, &broken);
    if (!set)
        return why_say(why, "%s", broken.words);
    if (broken.words[0]) {
        log_line(LOG_ERROR, "policies", "result=refused running=the_last_good_set reason=%s",
                 quoted(words, &broken));
        policies->refused = broken;
        policies->refused_ms = clock_wall_ms(worker->clock);
        policies->refusals++;
    }
    use(worker, set, "start");
    return 0;
}

void policies_free(struct worker *worker) {
    struct policies *policies = &worker->policies;
    loader_free(&policies->loader);
    policy_set_free(&policies->set);
    policy_memory_free(&policies->memory);
    if (policies->inotify >= 0)
        close(policies->inotify);
}
