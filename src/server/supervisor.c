#include "server/supervisor.h"

#include "server/lock.h"
#include "server/loop.h"
#include "words/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKER_STOPPED = 0, WORKER_CANNOT_START = 1 };
enum { GO_ON = -1 }; /* no exit code yet */

struct supervisor {
    const struct config *config;
    const struct supervision *times;
    struct page *page;
    sigset_t signals;    /* blocked, and taken one by one */
    sigset_t mask;       /* what was blocked before */
    pid_t worker;        /* 0: none runs */
    unsigned starts;     /* workers started so far */
    int64_t started_us;  /* when the one that runs was started */
    int64_t start_us;    /* when to start the next one, where none runs */
    int64_t back_off_us; /* how long to wait after the next death */
    int64_t kill_us;     /* when a worker that was told to stop is killed */
    int64_t look_us;     /* when to look at the page next */
    uint64_t seen_count; /* the page's count at the last look … */
    unsigned looks;      /* … and how often in a row it was the same decision */
    bool stops;
    bool was_killed; /* because it would not stop */
};

static int64_t now_us(void) {
    return clock_steady_us(&clock_real);
}

static int64_t earlier(int64_t left, int64_t right) {
    return left < right ? left : right;
}

static const char *phase_name(enum page_phase phase) {
    switch (phase) {
    case PAGE_IDLE:
        return "idle";
    case PAGE_PARSE:
        return "parse";
    case PAGE_DECIDE:
        return "decide";
    }
    return "unknown"; /* the file is not ours alone */
}

/* -- the child -- */

static void default_signals(const struct supervisor *supervisor) {
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &supervisor->mask, NULL);
}

static _Noreturn void be_worker(const struct supervisor *supervisor, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(WORKER_CANNOT_START); /* it died before we could ask to die with it */
    prctl(PR_SET_NAME, "chat21d-worker");
    setpgid(0, 0);
    default_signals(supervisor);
    int rc = supervisor->times->worker(supervisor->config, supervisor->page);
    fflush(NULL);
    _exit(rc);
}

/* -- starting -- */

static void start_later(struct supervisor *supervisor) {
    supervisor->start_us = now_us() + supervisor->back_off_us;
    supervisor->back_off_us =
        earlier(supervisor->back_off_us * 2, supervisor->times->back_off_most_us);
}

static void start_worker(struct supervisor *supervisor) {
    pid_t self = getpid();
    page_leave(supervisor->page); /* whatever an earlier one was in */
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        be_worker(supervisor, self);
    if (child < 0) {
        log_line(LOG_ERROR, "worker", "state=not_started reason=\"%s\"", strerror(errno));
        start_later(supervisor);
        return;
    }
    supervisor->worker = child;
    supervisor->starts++;
    supervisor->started_us = now_us();
    supervisor->looks = 0;
    supervisor->look_us = supervisor->started_us + supervisor->times->look_us;
    log_line(LOG_INFO, "worker", "state=started pid=%d start=%u", (int)child, supervisor->starts);
}

/* -- deaths -- */

static void note_strike(struct supervisor *supervisor) {
    struct page_view view = page_view(supervisor->page);
    if (view.phase == PAGE_IDLE)
        return;
    struct page_suspect suspect = page_strike(supervisor->page);
    char policy[160];
    log_line(LOG_ERROR, "strike",
             "phase=%s incarnation=%" PRIx64 " offset=%" PRIu64 " policy=%s strikes=%u%s",
             phase_name(view.phase), suspect.incarnation, suspect.offset,
             log_quote(policy, sizeof policy, span_of(view.policy)), suspect.strikes,
             suspect.strikes >= PAGE_STRIKES ? " reason=\"the message will be set aside\"" : "");
}

static void log_death(const struct supervisor *supervisor, pid_t pid, int status) {
    char how[32];
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal=%d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exit=%d", WEXITSTATUS(status));
    log_line(LOG_ERROR, "worker", "state=died pid=%d %s phase=%s ran_ms=%" PRId64, (int)pid, how,
             phase_name(page_view(supervisor->page).phase),
             (now_us() - supervisor->started_us) / 1000);
}

/* It was told to stop. Before it has its own handlers, the signal itself ends it. */
static int end_of_stopping(struct supervisor *supervisor, pid_t pid, int status) {
    if (supervisor->was_killed ||
        (WIFSIGNALED(status) && (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT)))
        return 0;
    log_death(supervisor, pid, status);
    note_strike(supervisor);
    return 1;
}

static int after_death(struct supervisor *supervisor, pid_t pid, int status) {
    supervisor->worker = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_STOPPED) {
        log_line(LOG_INFO, "worker", "state=stopped pid=%d", (int)pid);
        return 0;
    }
    if (supervisor->stops)
        return end_of_stopping(supervisor, pid, status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_CANNOT_START &&
        supervisor->starts == 1) {
        log_line(LOG_ERROR, "worker", "state=cannot_start pid=%d", (int)pid);
        return 1;
    }
    log_death(supervisor, pid, status);
    note_strike(supervisor);
    if (now_us() - supervisor->started_us >= supervisor->times->sound_us)
        supervisor->back_off_us = supervisor->times->back_off_us;
    start_later(supervisor);
    return GO_ON;
}

static int reap(struct supervisor *supervisor) {
    int status;
    if (supervisor->worker == 0)
        return supervisor->stops ? 0 : GO_ON;
    pid_t pid = waitpid(supervisor->worker, &status, WNOHANG);
    return pid == supervisor->worker ? after_death(supervisor, pid, status) : GO_ON;
}

/* -- watching -- */

/* Counts looks, not time: a parent that was asleep itself has not seen its worker stuck. */
static void look(struct supervisor *supervisor) {
    struct page_view view = page_view(supervisor->page);
    bool is_same = view.phase != PAGE_IDLE && view.count == supervisor->seen_count;
    supervisor->looks = is_same ? supervisor->looks + 1 : 0;
    supervisor->seen_count = view.count;
    supervisor->look_us = now_us() + supervisor->times->look_us;
    if (supervisor->looks < supervisor->times->looks)
        return;
    char policy[160];
    log_line(LOG_ERROR, "worker", "state=stuck pid=%d phase=%s offset=%" PRIu64 " policy=%s",
             (int)supervisor->worker, phase_name(view.phase), view.offset,
             log_quote(policy, sizeof policy, span_of(view.policy)));
    supervisor->looks = 0;
    kill(supervisor->worker, SIGKILL);
}

static void kill_at_last(struct supervisor *supervisor) {
    log_line(LOG_WARN, "worker", "state=killed pid=%d reason=\"it did not stop in time\"",
             (int)supervisor->worker);
    supervisor->was_killed = true;
    supervisor->kill_us = INT64_MAX;
    kill(supervisor->worker, SIGKILL);
}

static void do_what_is_due(struct supervisor *supervisor) {
    int64_t now = now_us();
    if (supervisor->worker == 0 && now >= supervisor->start_us)
        start_worker(supervisor);
    if (supervisor->worker && now >= supervisor->look_us)
        look(supervisor);
    if (supervisor->worker && now >= supervisor->kill_us)
        kill_at_last(supervisor);
}

/* -- signals -- */

static void pass_on(struct supervisor *supervisor, int signal_number) {
    if (supervisor->worker)
        kill(supervisor->worker, signal_number);
}

static void take_signal(struct supervisor *supervisor, int signal_number) {
    if (signal_number == SIGHUP)
        pass_on(supervisor, SIGHUP);
    if (signal_number != SIGTERM && signal_number != SIGINT)
        return;
    pass_on(supervisor, signal_number);
    if (!supervisor->stops) {
        log_line(LOG_INFO, "stop", "signal=%d", signal_number);
        supervisor->stops = true;
        supervisor->kill_us = now_us() + supervisor->times->stop_us;
    }
}

/* Until `due` at the latest; 0 where no signal came. */
static int wait_for_signal(const struct supervisor *supervisor, int64_t due) {
    int64_t left = due - now_us();
    if (left < 0)
        left = 0;
    struct timespec limit = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    int signal_number = sigtimedwait(&supervisor->signals, NULL, &limit);
    return signal_number > 0 ? signal_number : 0;
}

static int64_t next_due(const struct supervisor *supervisor) {
    return supervisor->worker ? earlier(supervisor->look_us, supervisor->kill_us)
                              : supervisor->start_us;
}

static int supervise(struct supervisor *supervisor) {
    int rc;
    do {
        do_what_is_due(supervisor);
        take_signal(supervisor, wait_for_signal(supervisor, next_due(supervisor)));
        rc = reap(supervisor);
    } while (rc == GO_ON);
    return rc;
}

/* SIGCHLD must not be ignored, as a parent may have left it: then no child could be waited for. */
static void take_over_signals(struct supervisor *supervisor) {
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&supervisor->signals);
    sigaddset(&supervisor->signals, SIGTERM);
    sigaddset(&supervisor->signals, SIGINT);
    sigaddset(&supervisor->signals, SIGHUP);
    sigaddset(&supervisor->signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &supervisor->signals, &supervisor->mask);
}

/* Waits for the lock as long as another server has it. GO_ON: it is ours. */
static int take_lock(struct supervisor *supervisor, int *descriptor) {
    struct why why;
    for (bool is_said = false; !supervisor->stops;) {
        enum lock lock = lock_take(supervisor->config->data, descriptor, &why);
        if (lock == LOCK_TAKEN)
            return GO_ON;
        if (lock == LOCK_FAILED) {
            log_line(LOG_ERROR, "lock", "reason=\"%s\"", why.words);
            return 1;
        }
        if (!is_said)
            log_line(LOG_INFO, "standby", "reason=\"another server works on this data folder\"");
        is_said = true;
        take_signal(supervisor, wait_for_signal(supervisor, now_us() + supervisor->times->lock_us));
    }
    return 0;
}

int supervisor_run_with(const struct config *config, const struct supervision *supervision) {
    struct supervisor supervisor = {
        .config = config,
        .times = supervision,
        .back_off_us = supervision->back_off_us,
        .kill_us = INT64_MAX,
    };
    int lock = -1;
    struct why why;
    take_over_signals(&supervisor);
    int rc = take_lock(&supervisor, &lock);
    if (rc != GO_ON)
        goto out;
    rc = 1;
    supervisor.page = page_open(config->data, &why);
    if (!supervisor.page) {
        log_line(LOG_ERROR, "page", "reason=\"%s\"", why.words);
        goto out;
    }
    rc = supervise(&supervisor);
out:
    page_close(&supervisor.page);
    if (lock >= 0)
        close(lock);
    sigprocmask(SIG_SETMASK, &supervisor.mask, NULL);
    return rc;
}

int supervisor_run(const struct config *config) {
    enum { LOOKS = 10 };
    const struct supervision supervision = {
        .worker = loop_run,
        .back_off_us = 100000,
        .back_off_most_us = 5000000,
        .sound_us = 10000000,
        .stop_us = 5000000,
        .look_us = (int64_t)config->stuck_seconds * 1000000 / LOOKS,
        .looks = LOOKS,
        .lock_us = 1000000,
    };
    return supervisor_run_with(config, &supervision);
}
