/* decisions: whole lines, newest found first, within bounds, whatever the disk does. */
#include "ports/decisions.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char parent[200], folder[240];
    int64_t now_us;
    struct clock clock;
};

static int64_t wall_ms(void *self) {
    return ((struct place *)self)->now_us / 1000;
}

static int64_t steady_us(void *self) {
    return ((struct place *)self)->now_us;
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    const char *base = getenv("TMPDIR");
    snprintf(place->parent, sizeof place->parent, "%s/chat21d-decisions.XXXXXX",
             base ? base : "/tmp");
    assert_non_null(mkdtemp(place->parent));
    snprintf(place->folder, sizeof place->folder, "%s/log", place->parent);
    place->clock = (struct clock){place, wall_ms, steady_us};
    *state = place;
    return 0;
}

static const char *file_of(const struct place *place, unsigned index, char out[300]) {
    if (index)
        snprintf(out, 300, "%s/decisions.%u.log", place->folder, index);
    else
        snprintf(out, 300, "%s/decisions.log", place->folder);
    return out;
}

static int teardown(void **state) {
    struct place *place = *state;
    char path[300];
    for (unsigned i = 0; i < 20; i++)
        unlink(file_of(place, i, path));
    rmdir(place->folder);
    assert_int_equal(rmdir(place->parent), 0);
    free(place);
    return 0;
}

static struct decisions *opened(struct place *place, size_t bytes, unsigned files, unsigned rate) {
    struct decisions_settings settings = {bytes, files, rate};
    struct why why;
    struct decisions *log = decisions_open(place->folder, &settings, &place->clock, &why);
    if (!log)
        fail_msg("%s", why.words);
    return log;
}

static bool write_text(struct decisions *log, const char *text) {
    return decisions_write(log, span_of(text));
}

/* Until everything that was queued is written, or lost. */
static struct decisions_counts counts_of(struct decisions *log, uint64_t total) {
    struct decisions_counts counts;
    for (int i = 0; i < 10000; i++) {
        counts = decisions_counts(log);
        if (counts.written + counts.dropped >= total)
            return counts;
        usleep(1000);
    }
    fail_msg("the log never said what became of %llu lines", (unsigned long long)total);
    return counts;
}

struct found {
    char text[4096];
    size_t count, limit;
};

static bool find_one(void *self, struct span line) {
    struct found *found = self;
    size_t used = strlen(found->text);
    snprintf(found->text + used, sizeof found->text - used, "%.*s;", SPAN_ARGS(line));
    return ++found->count != found->limit;
}

static void finds(const struct place *place, const char *wanted, size_t limit, const char *right) {
    struct found found = {.limit = limit};
    struct why why;
    assert_int_equal(decisions_find(place->folder, span_of(wanted), find_one, &found, &why), 0);
    assert_string_equal(found.text, right);
}

static bool is_there(const struct place *place, unsigned index) {
    char path[300];
    return access(file_of(place, index, path), F_OK) == 0;
}

static off_t size_of(const struct place *place, unsigned index) {
    char path[300];
    struct stat about;
    assert_int_equal(stat(file_of(place, index, path), &about), 0);
    return about.st_size;
}

static void newest_first(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 1 << 20, 4, 100);
    assert_true(write_text(log, "{\"id\":\"a\",\"n\":1}"));
    assert_true(write_text(log, "{\"id\":\"b\",\"n\":2}"));
    assert_true(write_text(log, "{\"id\":\"a\",\"n\":3}"));
    assert_true(write_text(log, "{\"id\":\"a\",\n\"n\":4}"));
    decisions_close(&log);
    assert_null(log);
    finds(place, "\"a\"", 0,
          "{\"id\":\"a\", \"n\":4};{\"id\":\"a\",\"n\":3};{\"id\":\"a\",\"n\":1};");
    finds(place, "\"a\"", 2, "{\"id\":\"a\", \"n\":4};{\"id\":\"a\",\"n\":3};");
    finds(place, "\"c\"", 0, "");
}

static void only_its_owner_reads_it(void **state) {
    struct place *place = *state;
    struct stat about;
    char path[300];
    struct decisions *log = opened(place, 1 << 20, 4, 100);
    decisions_close(&log);
    assert_int_equal(stat(file_of(place, 0, path), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(stat(place->folder, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
}

static void without_a_log_nothing_is_found(void **state) {
    finds(*state, "a", 0, "");
}

/* Ten bytes a line, three lines a file. */
static void files_are_rotated_and_the_oldest_go(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 30, 3, 100);
    char line[32];
    for (int i = 0; i < 11; i++) {
        snprintf(line, sizeof line, "line %04d", i);
        assert_true(write_text(log, line));
    }
    decisions_close(&log);
    assert_int_equal(size_of(place, 0), 20);
    assert_int_equal(size_of(place, 1), 30);
    assert_int_equal(size_of(place, 2), 30);
    assert_false(is_there(place, 3));
    finds(place, "line", 0,
          "line 0010;line 0009;line 0008;line 0007;line 0006;line 0005;line 0004;line 0003;");
}

static void one_file_begins_anew(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 20, 1, 100);
    for (int i = 0; i < 3; i++)
        assert_true(write_text(log, i == 2 ? "line 0002" : "line 000x"));
    decisions_close(&log);
    assert_false(is_there(place, 1));
    finds(place, "line", 0, "line 0002;");
}

static void it_goes_on_where_it_ended(void **state) {
    struct place *place = *state;
    for (int i = 0; i < 3; i++) {
        struct decisions *log = opened(place, 1 << 20, 3, 100);
        assert_true(write_text(log, "again"));
        decisions_close(&log);
    }
    finds(place, "again", 0, "again;again;again;");
}

/* A death in the middle of a line: the half is taken off. */
static void half_a_line_goes(void **state) {
    struct place *place = *state;
    char path[300];
    struct decisions *log = opened(place, 1 << 20, 3, 100);
    assert_true(write_text(log, "whole"));
    decisions_close(&log);
    int file = open(file_of(place, 0, path), O_WRONLY | O_APPEND);
    assert_int_equal(write(file, "hal", 3), 3);
    close(file);
    finds(place, "", 0, "whole;");
    log = opened(place, 1 << 20, 3, 100);
    assert_true(write_text(log, "next"));
    decisions_close(&log);
    finds(place, "", 0, "next;whole;");
}

static void fewer_files_than_before(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 10, 4, 100);
    for (int i = 0; i < 4; i++)
        assert_true(write_text(log, "line 0000"));
    decisions_close(&log);
    assert_true(is_there(place, 3));
    log = opened(place, 10, 2, 100);
    decisions_close(&log);
    assert_true(is_there(place, 1));
    assert_false(is_there(place, 2));
    assert_false(is_there(place, 3));
}

static void the_rate_is_bounded_and_what_is_left_out_is_said(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 1 << 20, 2, 3);
    for (int i = 0; i < 5; i++)
        assert_int_equal(write_text(log, "first"), i < 3);
    assert_int_equal(counts_of(log, 5).dropped, 2);
    place->now_us = 340000; /* one more is due after a third of a second */
    assert_true(write_text(log, "later"));
    assert_false(write_text(log, "later"));
    assert_int_equal(counts_of(log, 7).written, 4);
    decisions_close(&log);
    struct found found = {.limit = 0};
    struct why why;
    assert_int_equal(decisions_find(place->folder, SPAN("\"dropped\":"), find_one, &found, &why),
                     0);
    assert_true(found.count > 0);
    finds(place, "first", 0, "first;first;first;");
    finds(place, "later", 0, "later;");
}

static void the_queue_is_bounded(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, (size_t)1 << 30, 2, 1000000);
    char *line = malloc(DECISIONS_QUEUE_BYTES);
    assert_non_null(line);
    memset(line, 'x', DECISIONS_QUEUE_BYTES);
    assert_false(decisions_write(log, (struct span){line, DECISIONS_QUEUE_BYTES}));
    uint64_t taken = 0;
    for (int i = 0; i < 64; i++)
        taken += decisions_write(log, (struct span){line, DECISIONS_QUEUE_BYTES / 2});
    struct decisions_counts counts = counts_of(log, 65);
    decisions_close(&log);
    free(line);
    assert_int_equal(counts.written, taken);
    assert_int_equal(counts.dropped, 65 - taken);
    assert_true(size_of(place, 0) >= (off_t)(taken * (DECISIONS_QUEUE_BYTES / 2 + 1)));
}

static void a_line_longer_than_a_file_is_dropped(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 10, 2, 100);
    assert_true(write_text(log, "much longer than ten bytes"));
    assert_true(write_text(log, "short"));
    assert_int_equal(counts_of(log, 2).written, 1);
    decisions_close(&log);
    finds(place, "", 0, "short;");
}

/* The limit on a file's size plays the full disk: a write beyond it fails, the part up to it
 * happens. */
static void a_full_disk_loses_lines_and_recovers(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 1 << 20, 2, 1000);
    struct rlimit usual, tight = {.rlim_cur = 25};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    tight.rlim_max = usual.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_true(write_text(log, "line 0000"));
    counts_of(log, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    assert_true(write_text(log, "a line that does not go in"));
    struct decisions_counts counts = counts_of(log, 2);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_int_equal(counts.written, 1);
    assert_int_equal(counts.dropped, 1);
    assert_true(counts.is_failing);
    assert_int_equal(size_of(place, 0), 10);
    assert_true(write_text(log, "line 0002"));
    assert_false(counts_of(log, 3).is_failing);
    decisions_close(&log);
    finds(place, "line", 0, "line 0002;line 0000;");
    finds(place, "\"dropped\":1,", 1, "{\"dropped\":1,\"at\":0};");
}

static void a_folder_that_was_removed_is_made_again(void **state) {
    struct place *place = *state;
    char path[300];
    struct decisions *log = opened(place, 1 << 20, 2, 100);
    assert_int_equal(unlink(file_of(place, 0, path)), 0);
    assert_int_equal(rmdir(place->folder), 0);
    assert_true(write_text(log, "still here"));
    decisions_close(&log);
    finds(place, "", 0, "still here;");
}

static void a_folder_that_cannot_be_made_is_said(void **state) {
    struct place *place = *state;
    struct decisions_settings settings = {1 << 20, 2, 100};
    struct why why;
    char path[300];
    snprintf(path, sizeof path, "%s/no/such", place->parent);
    assert_null(decisions_open(path, &settings, &place->clock, &why));
    assert_non_null(strstr(why.words, "no/such"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- erasing ---- */

static uint64_t erase(struct decisions *log, const char *user) {
    uint64_t lines = 0;
    assert_true(decisions_erase(log, SPAN("shop"), span_of(user)));
    for (int i = 0; i < 10000; i++) {
        enum decisions_erasing state = decisions_erasing(log, &lines);
        if (state == DECISIONS_ERASED)
            return lines;
        assert_int_equal(state, DECISIONS_ERASING);
        usleep(1000);
    }
    fail_msg("the lines of %s were never taken out", user);
    return 0;
}

static size_t count_with(const struct place *place, const char *text) {
    struct found found = {.limit = 10000};
    struct why why;
    assert_int_equal(decisions_find(place->folder, span_of(text), find_one, &found, &why), 0);
    return found.count;
}

static void lines_of_one_user_are_taken_out(void **state) {
    struct place *place = *state;
    static const char *const LINES[] = {
        "{\"n\":1,\"app\":\"shop\",\"sender\":\"ann\",\"recipient\":\"ben\"}",
        "{\"n\":2,\"app\":\"shop\",\"sender\":\"ben\",\"recipient\":\"ann\"}",
        "{\"n\":3,\"app\":\"bank\",\"sender\":\"ann\",\"recipient\":\"ben\"}",
        "{\"n\":4,\"app\":\"shop\",\"sender\":\"anna\",\"recipient\":\"ben\",\"text\":\"ann\"}",
        "{\"n\":5,\"app\":\"shop\",\"sender\":\"ben\",\"policies\":[{\"owner\":\"ann\"}]}",
        "{\"n\":6,\"app\":\"shop\",\"sender\":\"ben\",\"asked\":[{\"question\":\"blocked(eve, "
        "ann)\"}]}",
        "{\"n\":7,\"app\":\"shop\",\"sender\":\"ben\",\"asked\":[{\"question\":\"blocked(eve, "
        "anna)\"}]}",
        "no JSON of ann",
    };
    struct decisions *log = opened(place, 100000, 3, 1000);
    for (size_t i = 0; i < 8; i++)
        write_text(log, LINES[i]);
    counts_of(log, 8);
    assert_int_equal(erase(log, "ann"), 4);
    assert_int_equal(count_with(place, "\"n\":"), 3);
    assert_int_equal(count_with(place, "no JSON"), 1);
    write_text(log, "{\"n\":8}");
    counts_of(log, 9);
    assert_int_equal(count_with(place, "\"n\":8"), 1);
    decisions_close(&log);
}

/* While others are written, and files rotated. */
static void every_file_is_gone_through(void **state) {
    struct place *place = *state;
    struct decisions *log = opened(place, 2000, 10, 100000);
    char line[200], path[300];
    for (int i = 0; i < 150; i++) {
        snprintf(line, sizeof line, "{\"n\":%d,\"app\":\"shop\",\"sender\":\"%s\"}", i,
                 i % 3 ? "ben" : "ann");
        write_text(log, line);
        counts_of(log, (uint64_t)i + 1);
    }
    uint64_t lines;
    assert_true(decisions_erase(log, SPAN("shop"), SPAN("ann")));
    assert_false(decisions_erase(log, SPAN("shop"), SPAN("eve")));
    for (int i = 150; decisions_erasing(log, &lines) == DECISIONS_ERASING; i++) {
        snprintf(line, sizeof line, "{\"n\":%d,\"app\":\"shop\",\"sender\":\"ben\"}", i);
        write_text(log, line);
        counts_of(log, (uint64_t)i + 1);
    }
    assert_int_equal(count_with(place, "\"ann\""), 0);
    assert_true(count_with(place, "\"ben\"") > 100);
    for (unsigned i = 0; i < 3; i++) {
        struct stat about;
        assert_int_equal(stat(file_of(place, i, path), &about), 0);
        assert_int_equal(about.st_mode & 0777, 0600);
    }
    assert_int_equal(erase(log, "nobody"), 0);
    decisions_close(&log);
    assert_false(is_there(place, 10));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(newest_first),
        TEST(lines_of_one_user_are_taken_out),
        TEST(every_file_is_gone_through),
        TEST(only_its_owner_reads_it),
        TEST(without_a_log_nothing_is_found),
        TEST(files_are_rotated_and_the_oldest_go),
        TEST(one_file_begins_anew),
        TEST(it_goes_on_where_it_ended),
        TEST(half_a_line_goes),
        TEST(fewer_files_than_before),
        TEST(the_rate_is_bounded_and_what_is_left_out_is_said),
        TEST(the_queue_is_bounded),
        TEST(a_line_longer_than_a_file_is_dropped),
        TEST(a_full_disk_loses_lines_and_recovers),
        TEST(a_folder_that_was_removed_is_made_again),
        TEST(a_folder_that_cannot_be_made_is_said),
    };
    return cmocka_run_group_tests_name("decisions", tests, NULL, NULL);
}
