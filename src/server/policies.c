/* The policies in force: loaded at start, reloaded when a file in their folder changes or on
 * SIGHUP.
 *
 * The folder is watched, not the files: editors write another file and rename it, Kubernetes swaps
 * the link `..data`. A reload waits until the folder was quiet for a moment, so that a half-written
 * set is seldom tried; if it is, it is broken and changes nothing. */
#include "server/worker.h"

#include "server/kept.h"
#include "words/log.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { QUIET_US = 50 * 1000, FOLDER_RETRY_US = 1000 * 1000 };

static void watch_policy(void *self, const char *policy) {
    struct worker *worker = self;
    page_policy(worker->page, policy);
}

static struct policy_set *load(struct worker *worker, const char *folder, struct why *why) {
    struct policies *policies = &worker->policies;
    struct policy_set *set = policy_set_load(folder, &policies->host, policies->memory, why);
    if (set)
        policy_watch(set, watch_policy, worker);
    return set;
}

/* For a worker that has to start while the set on disk is broken. */
static void keep(const struct worker *worker) {
    struct why why;
    if (kept_save(worker->config->data, worker->config->policies, &why) != 0)
        log_line(LOG_WARN, "policies", "kept=no reason=\"%s\"", why.words);
}

/* The set on disk; if that is broken, the one that was in force last. */
static struct policy_set *load_first(struct worker *worker, struct why *why) {
    struct policy_set *set = load(worker, worker->config->policies, why);
    struct why ignored;
    char words[512];
    if (set) {
        keep(worker);
        return set;
    }
    set = load(worker, kept_folder(worker->arena, worker->config->data), &ignored);
    if (set)
        log_line(LOG_ERROR, "policies", "result=refused running=the_last_good_set reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    return set;
}

static void say_loaded(const struct policy_set *set, const char *cause) {
    log_line(LOG_INFO, "policies", "generation=%016" PRIx64 " policies=%zu cause=%s",
             policy_set_generation(set), policy_set_count(set), cause);
}

/* Watches what the path names now: where it is a link, it may name another folder than before. The
 * same folder keeps its watch. */
static void watch_folder(struct worker *worker) {
    struct policies *policies = &worker->policies;
    int old = policies->folder_watch;
    policies->folder_watch =
        inotify_add_watch(policies->inotify, worker->config->policies,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
    if (old >= 0 && old != policies->folder_watch)
        inotify_rm_watch(policies->inotify, old);
}

int policies_init(struct worker *worker, struct why *why) {
    struct policies *policies = &worker->policies;
    policies->reload_us = INT64_MAX;
    policies->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (policies->inotify < 0)
        return why_say(why, "cannot watch the policies' folder: inotify: errno %d", errno);
    policies->folder_watch = -1;
    watch_folder(worker);
    policies->memory = policy_memory_new(NULL);
    policies->host = (struct policy_host){
        .limits = worker->config->limits,
        .overrides = worker->config->overrides,
        .override_count = worker->config->override_count,
        .clock = worker->clock,
        .facts = store_reader_facts(worker->reader),
    };
    policies->set = load_first(worker, why);
    if (!policies->set)
        return -1;
    flow_use_policies(worker->flow, policies->set);
    say_loaded(policies->set, "start");
    if (policies->folder_watch < 0)
        policies->reload_us = clock_steady_us(worker->clock) + FOLDER_RETRY_US;
    return 0;
}

void policies_free(struct worker *worker) {
    struct policies *policies = &worker->policies;
    policy_set_free(&policies->set);
    policy_memory_free(&policies->memory);
    if (policies->inotify >= 0)
        close(policies->inotify);
}

void policies_reload(struct worker *worker, const char *cause) {
    struct policies *policies = &worker->policies;
    struct why why;
    policies->reload_us = INT64_MAX;
    watch_folder(worker);
    struct policy_set *fresh = load(worker, worker->config->policies, &why);
    if (!fresh) {
        char words[512];
        bool is_said = strcmp(policies->refused.words, why.words) == 0;
        policies->refused = why;
        log_line(is_said ? LOG_DEBUG : LOG_ERROR, "reload",
                 "result=refused kept=%016" PRIx64 " reason=%s",
                 policy_set_generation(policies->set),
                 log_quote(words, sizeof words, span_of(why.words)));
        return;
    }
    policies->refused.words[0] = '\0';
    struct policy_set *old = policies->set;
    policies->set = fresh;
    flow_use_policies(worker->flow, fresh);
    policy_set_free(&old);
    keep(worker);
    say_loaded(fresh, cause);
}

void policies_changed(struct worker *worker) {
    struct policies *policies = &worker->policies;
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t size;
    while ((size = read(policies->inotify, events, sizeof events)) > 0) {
        const struct inotify_event *event;
        for (char *at = events; at < events + size; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(void *)at;
            bool is_ours = event->wd == policies->folder_watch;
            if (is_ours && event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
                policies->folder_watch = -1;
        }
        policies->reload_us = clock_steady_us(worker->clock) + QUIET_US;
    }
}

void policies_move(struct worker *worker) {
    struct policies *policies = &worker->policies;
    int64_t now = clock_steady_us(worker->clock);
    if (now < policies->reload_us)
        return;
    policies_reload(worker, "change");
    if (policies->folder_watch < 0)
        policies->reload_us = now + FOLDER_RETRY_US;
}
