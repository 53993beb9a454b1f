/* supervisor: what happens to workers that stop, die, hang or cannot start. The workers are
 * functions of this file, one step per start; the times are milliseconds, those
 * that must not pass are seconds. */
#include "server/lock.h"
#include "server/supervisor.h"
#include "words/clock.h"

#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What the workers do, in the order they are started; after the last one they stop. */
enum step {
    STOP,          /* exit 0 */
    CANNOT_START,  /* exit 1 */
    ABORT,         /* die outside any decision */
    DIE_DECIDING,  /* die while message 42 is decided */
    DIE_PARSING,   /* … while it is parsed */
    DIE_AT_43,     /* die while message 43 is decided */
    EXIT_DECIDING, /* exit 3 while message 42 is decided */
    HANG_DECIDING, /* never come out of message 42 */
    WORK,          /* decide one message after another for WORK_LOOKS looks */
    IDLE,          /* have nothing to do for WORK_LOOKS looks */
    TERM_PARENT,   /* SIGTERM to the supervisor; stop when it comes back */
    HUP_PARENT,    /* SIGHUP to the supervisor; stop when it comes back */
    TERM_AND_HANG, /* SIGTERM to the supervisor, deaf to what comes back, deciding */
    TERM_AND_DIE,  /* SIGTERM to the supervisor; die deciding */
    TERM_EARLY,    /* SIGTERM to the supervisor, with no handler yet */
};

enum { STEPS_MAX = 8, LOOK_US = 1000, LOOKS = 200, WORK_LOOKS = 250, WAIT_SECONDS = 10 };

/* Shared with the workers. */
struct script {
    enum step steps[STEPS_MAX];
    size_t count;
    _Atomic unsigned starts;
    struct page_suspect suspect; /* as the last worker found it */
    _Atomic bool heard;          /* the signal came back to the worker */
    _Atomic bool leads_its_group;
};
static struct script *script;

static bool hears(int signal_number) {
    sigset_t set;
    struct timespec limit = {.tv_sec = WAIT_SECONDS};
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getppid(), signal_number);
    return sigtimedwait(&set, NULL, &limit) == signal_number;
}

static void work_on(struct page *page) {
    int64_t end = clock_steady_us(&clock_real) + (int64_t)WORK_LOOKS * LOOK_US;
    for (uint64_t offset = 0; clock_steady_us(&clock_real) < end; offset++) {
        page_enter(page, PAGE_DECIDE, 7, offset);
        sched_yield();
    }
}

static _Noreturn void hang(void) {
    for (;;)
        pause();
}

static void term_and_hang(struct page *page) {
    signal(SIGTERM, SIG_IGN);
    page_enter(page, PAGE_DECIDE, 7, 42);
    kill(getppid(), SIGTERM);
    hang();
}

static int play(enum step step, struct page *page) {
    switch (step) {
    case STOP:
        return 0;
    case CANNOT_START:
        return 1;
    case ABORT:
        abort();
    case DIE_DECIDING:
        page_enter(page, PAGE_DECIDE, 7, 42);
        page_policy(page, "mask_words");
        abort();
    case DIE_PARSING:
        page_enter(page, PAGE_PARSE, 7, 42);
        abort();
    case DIE_AT_43:
        page_enter(page, PAGE_DECIDE, 7, 43);
        abort();
    case EXIT_DECIDING:
        page_enter(page, PAGE_DECIDE, 7, 42);
        return 3;
    case HANG_DECIDING:
        page_enter(page, PAGE_DECIDE, 7, 42);
        hang();
    case WORK:
        work_on(page);
        page_leave(page);
        return 0;
    case IDLE:
        poll(NULL, 0, WORK_LOOKS * LOOK_US / 1000);
        return 0;
    case TERM_PARENT:
        script->heard = hears(SIGTERM);
        return 0;
    case HUP_PARENT:
        script->heard = hears(SIGHUP);
        return 0;
    case TERM_AND_HANG:
        term_and_hang(page);
        return 3;
    case TERM_AND_DIE:
        hears(SIGTERM);
        page_enter(page, PAGE_DECIDE, 7, 42);
        abort();
    case TERM_EARLY:
        kill(getppid(), SIGTERM);
        hang();
    }
    return 3;
}

static int worker(const struct config *config, struct page *page) {
    (void)config;
    size_t index = script->starts++;
    script->suspect = page_suspect(page);
    script->leads_its_group = getpgrp() == getpid();
    return play(index < script->count ? script->steps[index] : STOP, page);
}

static const struct supervision QUICK = {
    .worker = worker,
    .back_off_us = 100,
    .back_off_most_us = 1000,
    .sound_us = 1000000,
    .stop_us = (int64_t)WAIT_SECONDS * 1000000,
    .look_us = LOOK_US,
    .looks = LOOKS,
    .lock_us = 1000,
};

struct bench {
    char folder[64];
    struct config config;
};

static int setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    strcpy(bench->folder, "/tmp/chat21d-supervisor-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    bench->config.data = bench->folder;
    script = mmap(NULL, sizeof *script, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(script != MAP_FAILED);
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    static const char *const NAMES[] = {"worker.page", "lock", ""};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", bench->folder, NAMES[i]);
        (void)remove(path);
    }
    munmap(script, sizeof *script);
    free(bench);
    return 0;
}

static int run(struct bench *bench) {
    return supervisor_run_with(&bench->config, &QUICK);
}

#define STEPS(...) set_steps((enum step[]){__VA_ARGS__}, sizeof(enum step[]){__VA_ARGS__})

static void set_steps(const enum step *steps, size_t size) {
    memcpy(script->steps, steps, size);
    script->count = size / sizeof *steps;
}

static void a_worker_that_stops_ends_it(void **state) {
    STEPS(STOP);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 1);
    assert_true(script->leads_its_group);
}

static void a_first_worker_that_cannot_start_ends_it(void **state) {
    STEPS(CANNOT_START);
    assert_int_equal(run(*state), 1);
    assert_int_equal(script->starts, 1);
}

static void a_later_worker_that_cannot_start_is_tried_again(void **state) {
    STEPS(ABORT, CANNOT_START, CANNOT_START, STOP);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 4);
}

static void deaths_outside_decisions_are_no_strikes(void **state) {
    STEPS(ABORT, ABORT, ABORT, STOP);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 4);
    assert_false(script->suspect.is_set);
}

static void three_deaths_in_one_message_are_three_strikes(void **state) {
    STEPS(DIE_DECIDING, DIE_PARSING, EXIT_DECIDING, STOP);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 4);
    assert_true(script->suspect.is_set);
    assert_int_equal(script->suspect.incarnation, 7);
    assert_int_equal(script->suspect.offset, 42);
    assert_int_equal(script->suspect.strikes, PAGE_STRIKES);
}

static void deaths_in_two_messages_are_one_strike_each(void **state) {
    STEPS(DIE_DECIDING, DIE_AT_43, STOP);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->suspect.offset, 43);
    assert_int_equal(script->suspect.strikes, 1);
}

static void a_stuck_worker_is_killed_and_that_is_a_strike(void **state) {
    STEPS(HANG_DECIDING, STOP);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 2);
    assert_int_equal(script->suspect.offset, 42);
    assert_int_equal(script->suspect.strikes, 1);
}

static void a_worker_that_goes_on_is_not_stuck(void **state) {
    STEPS(WORK);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 1);
}

static void a_worker_with_nothing_to_do_is_not_stuck(void **state) {
    STEPS(IDLE);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 1);
}

static void what_an_earlier_server_left_is_not_held_against_anyone(void **state) {
    struct bench *bench = *state;
    struct why why;
    struct page *page = page_open(bench->folder, &why);
    assert_non_null(page);
    page_enter(page, PAGE_DECIDE, 7, 41);
    page_close(&page);
    STEPS(ABORT, STOP);
    assert_int_equal(run(bench), 0);
    assert_false(script->suspect.is_set);
}

static void sigterm_reaches_the_worker(void **state) {
    STEPS(TERM_PARENT);
    assert_int_equal(run(*state), 0);
    assert_true(script->heard);
    assert_int_equal(script->starts, 1);
}

static void sighup_reaches_the_worker_and_ends_nothing(void **state) {
    STEPS(HUP_PARENT);
    assert_int_equal(run(*state), 0);
    assert_true(script->heard);
}

static void sigterm_before_the_worker_listens_ends_it(void **state) {
    STEPS(TERM_EARLY);
    assert_int_equal(run(*state), 0);
    assert_int_equal(script->starts, 1);
}

static struct page_suspect suspect_left(const struct bench *bench) {
    struct why why;
    struct page *page = page_open(bench->folder, &why);
    assert_non_null(page);
    struct page_suspect suspect = page_suspect(page);
    page_close(&page);
    return suspect;
}

static void a_worker_that_will_not_stop_is_killed_without_a_strike(void **state) {
    struct bench *bench = *state;
    struct supervision hasty = QUICK;
    hasty.stop_us = 20000; /* long before it would be stuck */
    STEPS(TERM_AND_HANG);
    assert_int_equal(supervisor_run_with(&bench->config, &hasty), 0);
    assert_int_equal(script->starts, 1);
    assert_false(suspect_left(bench).is_set);
}

static void a_worker_that_dies_while_it_stops_is_not_restarted(void **state) {
    STEPS(TERM_AND_DIE);
    assert_int_equal(run(*state), 1);
    assert_int_equal(script->starts, 1);
    assert_int_equal(suspect_left(*state).strikes, 1);
}

static int held_lock = -1;

static void let_go(int signal_number) {
    (void)signal_number;
    close(held_lock);
}

static void a_second_server_stands_by_and_takes_over(void **state) {
    struct bench *bench = *state;
    struct why why;
    struct sigaction action = {.sa_handler = let_go};
    struct itimerval soon = {.it_value = {.tv_usec = 5000}};
    assert_int_equal(lock_take(bench->folder, &held_lock, &why), LOCK_TAKEN);
    int again = -1;
    assert_int_equal(lock_take(bench->folder, &again, &why), LOCK_HELD);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    STEPS(STOP);
    assert_int_equal(run(bench), 0);
    assert_int_equal(script->starts, 1);
}

static void sigterm_ends_a_server_that_stands_by(void **state) {
    struct bench *bench = *state;
    struct why why;
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &old);
    assert_int_equal(lock_take(bench->folder, &held_lock, &why), LOCK_TAKEN);
    raise(SIGTERM); /* waits until it is taken */
    assert_int_equal(run(bench), 0);
    assert_int_equal(script->starts, 0);
    close(held_lock);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void a_folder_without_room_for_a_lock_is_said(void **state) {
    struct bench *bench = *state;
    bench->config.data = "/nowhere";
    assert_int_equal(run(bench), 1);
    assert_int_equal(script->starts, 0);
}

/* A worker that says it is there, and holds the pipe open as long as it lives. */
static int pipe_ends[2];

static int say_and_hang(const struct config *config, struct page *page) {
    (void)config;
    (void)page;
    if (write(pipe_ends[1], "w", 1) == 1)
        hang();
    return 0;
}

static void expect_readable(int descriptor) {
    struct pollfd fd = {descriptor, POLLIN, 0};
    assert_int_equal(poll(&fd, 1, WAIT_SECONDS * 1000), 1);
}

static void the_worker_dies_with_its_parent(void **state) {
    struct bench *bench = *state;
    struct supervision supervision = QUICK;
    char byte;
    supervision.worker = say_and_hang;
    assert_int_equal(pipe(pipe_ends), 0);
    fflush(NULL);
    pid_t parent = fork();
    if (parent == 0)
        _exit(supervisor_run_with(&bench->config, &supervision));
    close(pipe_ends[1]);
    expect_readable(pipe_ends[0]);
    assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    expect_readable(pipe_ends[0]);
    assert_int_equal(read(pipe_ends[0], &byte, 1), 0); /* its end: nobody holds it any more */
    close(pipe_ends[0]);
    int lock = -1;
    struct why why;
    assert_int_equal(lock_take(bench->folder, &lock, &why), LOCK_TAKEN);
    close(lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_worker_that_stops_ends_it),
        TEST(a_first_worker_that_cannot_start_ends_it),
        TEST(a_later_worker_that_cannot_start_is_tried_again),
        TEST(deaths_outside_decisions_are_no_strikes),
        TEST(three_deaths_in_one_message_are_three_strikes),
        TEST(deaths_in_two_messages_are_one_strike_each),
        TEST(a_stuck_worker_is_killed_and_that_is_a_strike),
        TEST(a_worker_that_goes_on_is_not_stuck),
        TEST(a_worker_with_nothing_to_do_is_not_stuck),
        TEST(what_an_earlier_server_left_is_not_held_against_anyone),
        TEST(sigterm_reaches_the_worker),
        TEST(sighup_reaches_the_worker_and_ends_nothing),
        TEST(sigterm_before_the_worker_listens_ends_it),
        TEST(a_worker_that_will_not_stop_is_killed_without_a_strike),
        TEST(a_worker_that_dies_while_it_stops_is_not_restarted),
        TEST(a_second_server_stands_by_and_takes_over),
        TEST(sigterm_ends_a_server_that_stands_by),
        TEST(a_folder_without_room_for_a_lock_is_said),
        TEST(the_worker_dies_with_its_parent),
    };
    const struct rlimit no_cores = {0, 0};
    setrlimit(RLIMIT_CORE, &no_cores);
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
