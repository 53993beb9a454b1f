/* The store when things go wrong: bad data, a full disk, a killed process, files of others. */
#include "store_support.h"

#include "ports/store/fault.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* BEGIN; two conversations, two entries and the plan's row; the mark; COMMIT. */
enum { STATEMENTS = 8 };

static void assert_words(const struct why *why, const char *part) {
    if (!strstr(why->words, part))
        fail_msg("\"%s\" does not say \"%s\"", why->words, part);
}

static uint64_t mark_of(struct store *store) {
    struct store_mark mark;
    assert_int_equal(store_mark(store, &mark, NULL), 0);
    return mark.has_offset ? mark.offset : UINT64_MAX;
}

/* The third of five cannot be stored: it and what comes after it wait, and the mark stays before
 * it. So numbers rise in order of arrival, and "confirmed up to here" passes nobody over. */
static void a_bad_plan_keeps_its_place(void **state) {
    (void)state;
    char *folder = folder_make();
    struct store *store = store_at(folder);
    struct plan *plans[5];
    for (uint64_t i = 0; i < 5; i++)
        plans[i] = plan_direct(10 + i, "U1", "U2", "hello");
    store_set_fault(store, &(struct store_fault){STORE_FAULT_DATA, .offset = 12, .times = 1});
    assert_int_equal(commit_plans(store, plans, 5, NULL), 0);
    static const int64_t SEQS[] = {1, 2, 0, 0, 0};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(plans[i]->is_bad, i == 2);
        assert_int_equal(plans[i]->seq, SEQS[i]);
    }
    assert_int_equal(count_at(folder, "U2", "U1"), 2);
    assert_int_equal(mark_of(store), 11);
    /* The same batch again, the bad one mended: the rest goes in. */
    assert_int_equal(commit_plans(store, plans, 5, NULL), 0);
    assert_int_equal(plans[2]->seq, 3);
    assert_false(plans[2]->is_bad);
    assert_int_equal(plans[4]->seq, 5);
    assert_int_equal(count_at(folder, "U2", "U1"), 5);
    assert_int_equal(mark_of(store), 14);
    for (size_t i = 0; i < 5; i++)
        plan_free(&plans[i]);
    store_close(&store);
    folder_remove(folder);
}

static void the_mark_stays_where_the_first_is_bad(void **state) {
    (void)state;
    char *folder = folder_make();
    struct store *store = store_at(folder);
    struct plan *plans[2] = {plan_direct(3, "U1", "U2", "a"), plan_direct(4, "U1", "U2", "b")};
    plans[0]->copies[1].status = 7;
    assert_int_equal(commit_plans(store, plans, 2, NULL), 0);
    assert_true(plans[0]->is_bad && plans[0]->seq == 0 && plans[1]->seq == 0);
    assert_int_equal(count_at(folder, "U1", "U2"), 0);
    assert_true(mark_of(store) == UINT64_MAX);
    plan_free(&plans[0]);
    plan_free(&plans[1]);
    store_close(&store);
    folder_remove(folder);
}

static void what_is_too_big_is_bad(void **state) {
    (void)state;
    char *folder = folder_make();
    struct store *store = store_at(folder);
    size_t size = (size_t)65 << 20;
    struct plan *plans[2] = {plan_direct(1, "U1", "U2", "a"), plan_direct(2, "U1", "U2", "b")};
    char *body = must_calloc(1, size);
    plans[0]->body.tail = (struct span){body, size};
    assert_int_equal(commit_plans(store, plans, 2, NULL), 0);
    assert_true(plans[0]->is_bad && !plans[1]->is_bad);
    assert_int_equal(count_at(folder, "U1", "U2"), 0);
    free(body);
    plan_free(&plans[0]);
    plan_free(&plans[1]);
    store_close(&store);
    folder_remove(folder);
}

static void nothing_is_stored_twice(void **state) {
    (void)state;
    char *folder = folder_make();
    struct store *store = store_at(folder);
    assert_int_equal(commit_one(store, plan_direct(1, "U1", "U2", "first")), 1);
    assert_int_equal(commit_one(store, plan_direct(2, "U1", "U2", "second")), 2);
    struct plan *plans[3] = {plan_direct(2, "U1", "U2", "again"),
                             plan_direct(3, "U1", "U2", "third"),
                             plan_direct(2, "U1", "U2", "child")};
    plans[2]->id = ident_make(INCARNATION, 2, 1);
    assert_int_equal(commit_plans(store, plans, 3, NULL), 0);
    assert_true(plans[0]->is_bad && plans[0]->seq == 2);
    assert_true(!plans[1]->is_bad && plans[1]->seq == 3);
    assert_true(!plans[2]->is_bad && plans[2]->seq == 4);
    assert_int_equal(count_at(folder, "U1", "U2"), 4);
    for (size_t i = 0; i < 3; i++)
        plan_free(&plans[i]);
    store_close(&store);
    folder_remove(folder);
}

static void a_store_error_leaves_nothing_behind(void **state) {
    (void)state;
    static const struct {
        enum store_fault_kind kind;
        const char *words;
    } CASES[] = {{STORE_FAULT_FULL, "the disk is full"},
                 {STORE_FAULT_BUSY, "locked by another process"},
                 {STORE_FAULT_IO, "the disk failed"}};
    char *folder = folder_make();
    struct store *store = store_at(folder);
    assert_int_equal(commit_one(store, plan_direct(0, "U1", "U2", "a")), 1);
    for (uint64_t i = 0; i < 3; i++)
        for (unsigned after = 0; after < STATEMENTS; after++) {
            struct why why = {""};
            struct plan *plan = plan_direct(1, "U1", "U2", "b");
            store_set_fault(store,
                            &(struct store_fault){CASES[i].kind, .after = after, .times = 1});
            assert_int_equal(commit_plans(store, &plan, 1, &why), -1);
            assert_words(&why, CASES[i].words);
            assert_true(plan->seq == 0 && !plan->is_bad);
            assert_int_equal(mark_of(store), 0);
            assert_int_equal(count_at(folder, "U1", "U2"), 1);
            plan_free(&plan);
            store_set_fault(store, &(struct store_fault){0});
        }
    assert_int_equal(commit_one(store, plan_direct(1, "U1", "U2", "b")), 2);
    store_close(&store);
    folder_remove(folder);
}

/* Not an imitation: SQLite itself finds no room. */
static void a_full_disk_is_said_and_survived(void **state) {
    (void)state;
    char *folder = folder_make(), *text = must_calloc(1, 100001);
    memset(text, 'x', 100000);
    struct store *store = store_at(folder);
    struct why why = {""};
    struct plan *plan = plan_direct(1, "U1", "U2", text);
    store_set_full(store, true);
    assert_int_equal(commit_plans(store, &plan, 1, &why), -1);
    assert_words(&why, "the disk is full");
    assert_int_equal(count_at(folder, "U1", "U2"), 0);
    store_set_full(store, false);
    assert_int_equal(commit_plans(store, &plan, 1, &why), 0);
    assert_int_equal(plan->seq, 1);
    assert_int_equal(count_at(folder, "U1", "U2"), 1);
    plan_free(&plan);
    store_close(&store);
    free(text);
    folder_remove(folder);
}

static void end_process(void *self) {
    (void)self;
    raise(SIGKILL);
}

/* In a child: a batch of three, killed before its statement number `after`. False: it ended first.
 */
static bool commit_and_die(const char *folder, unsigned after) {
    pid_t child = fork();
    if (child == 0) {
        struct store *store = store_open(folder, true, NULL);
        check(store);
        store_set_fault(store,
                        &(struct store_fault){STORE_FAULT_IO, after, 1, 0, end_process, NULL});
        struct plan *plans[3];
        for (uint64_t i = 0; i < 3; i++)
            plans[i] = plan_direct(1 + i, "U1", "U2", "hello");
        _exit(commit_plans(store, plans, 3, NULL) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void a_killed_transaction_is_all_or_nothing(void **state) {
    (void)state;
    unsigned after = 0;
    for (bool killed = true; killed; after++) {
        char *folder = folder_make();
        struct store *store = store_at(folder);
        commit_one(store, plan_direct(0, "U1", "U2", "before"));
        store_close(&store);
        killed = commit_and_die(folder, after);
        store = store_at(folder);
        int64_t expected = killed ? 1 : 4;
        assert_int_equal(count_at(folder, "U1", "U2"), expected);
        assert_int_equal(count_at(folder, "U2", "U1"), expected);
        assert_int_equal(mark_of(store), expected - 1);
        store_close(&store);
        folder_remove(folder);
    }
    assert_int_equal(after, 1 + 3 * (STATEMENTS - 3) + 2 + 1);
}

/* Commits for ever, and says after each how many there are. */
static void commit_for_ever(const char *folder, int out) {
    struct store *store = store_open(folder, false, NULL);
    check(store);
    struct store_mark mark;
    check(store_mark(store, &mark, NULL) == 0);
    for (uint64_t offset = mark.has_offset ? mark.offset + 1 : 0;; offset++) {
        struct plan *plan = plan_direct(offset, "U1", "U2", "hello");
        check(commit_plans(store, &plan, 1, NULL) == 0);
        check(write(out, &plan->seq, sizeof plan->seq) == (ssize_t)sizeof plan->seq);
        plan_free(&plan);
    }
}

static void what_was_committed_survives_a_kill(void **state) {
    (void)state;
    char *folder = folder_make();
    store_close(&(struct store *){store_at(folder)});
    for (int round = 1; round <= 5; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            commit_for_ever(folder, ends[1]);
        close(ends[1]);
        int64_t said = 0, seq;
        for (int i = 0; i < 97 * round; i++)
            assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &seq, sizeof seq) == (ssize_t)sizeof seq)
            said = seq;
        close(ends[0]);
        struct store *store = store_at(folder);
        int64_t newest, confirmed;
        assert_int_equal(store_progress(store, &newest, &confirmed, NULL), 0);
        assert_true(newest >= said && newest <= said + 1);
        assert_int_equal(mark_of(store), newest - 1);
        assert_int_equal(count_at(folder, "U1", "U2"), newest);
        assert_int_equal(count_at(folder, "U2", "U1"), newest);
        store_close(&store);
    }
    folder_remove(folder);
}

static void overwrite(const char *folder, off_t at, const char *bytes, size_t size) {
    char path[300];
    snprintf(path, sizeof path, "%s/chat21d.db", folder);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, at), size);
    close(fd);
}

/* Where the file's header (SQLite's format) has its version and its application. */
enum { AT_USER_VERSION = 60, AT_APPLICATION_ID = 68 };

static void refuses(const char *folder, const char *words) {
    struct why why = {""};
    assert_null(store_open(folder, true, &why));
    assert_words(&why, words);
    why.words[0] = '\0';
    assert_null(store_reader_open(folder, &why));
    assert_words(&why, words);
}

static void files_that_are_not_ours_are_refused(void **state) {
    (void)state;
    char *folder = folder_make();
    struct why why = {""};
    assert_null(store_reader_open(folder, &why));
    assert_words(&why, "cannot be opened");
    store_close(&(struct store *){store_at(folder)});
    overwrite(folder, AT_USER_VERSION, "\0\0\0\143", 4);
    refuses(folder, "made by a newer chat21d (its schema is 99");
    overwrite(folder, AT_APPLICATION_ID, "abcd", 4);
    refuses(folder, "another program's database");
    overwrite(folder, 0, "This is a letter to my aunt.", 28);
    refuses(folder, "is no SQLite database");
    folder_remove(folder);
    refuses("/nonexistent/folder", "the data folder /nonexistent/folder: No such file");
    refuses("/dev/null", "is not a folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_plan_keeps_its_place),
        cmocka_unit_test(the_mark_stays_where_the_first_is_bad),
        cmocka_unit_test(what_is_too_big_is_bad),
        cmocka_unit_test(nothing_is_stored_twice),
        cmocka_unit_test(a_store_error_leaves_nothing_behind),
        cmocka_unit_test(a_full_disk_is_said_and_survived),
        cmocka_unit_test(a_killed_transaction_is_all_or_nothing),
        cmocka_unit_test(what_was_committed_survives_a_kill),
        cmocka_unit_test(files_that_are_not_ours_are_refused),
    };
    return cmocka_run_group_tests_name("store faults", tests, NULL, NULL);
}
