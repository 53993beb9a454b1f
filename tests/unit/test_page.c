/* page: what the supervisor learns of its worker, and what outlives both. */
#include "server/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
    char folder[64], path[96];
    struct page *page;
};

static void open_page(struct bench *bench) {
    struct why why;
    bench->page = page_open(bench->folder, &why);
    if (!bench->page)
        fail_msg("%s", why.words);
}

static void open_again(struct bench *bench) {
    page_close(&bench->page);
    assert_null(bench->page);
    open_page(bench);
}

static int setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    strcpy(bench->folder, "/tmp/chat21d-page-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/worker.page", bench->folder);
    open_page(bench);
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    page_close(&bench->page);
    unlink(bench->path);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static void a_new_page_suspects_nobody(void **state) {
    struct bench *bench = *state;
    assert_int_equal(page_view(bench->page).phase, PAGE_IDLE);
    assert_false(page_suspect(bench->page).is_set);
}

static void it_is_its_owners_only(void **state) {
    struct bench *bench = *state;
    struct stat found;
    assert_int_equal(stat(bench->path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(found.st_size, 4096);
}

static void the_view_is_what_the_worker_is_in(void **state) {
    struct bench *bench = *state;
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    page_policy(bench->page, "mask_words");
    struct page_view view = page_view(bench->page);
    assert_int_equal(view.phase, PAGE_DECIDE);
    assert_int_equal(view.incarnation, 7);
    assert_int_equal(view.offset, 42);
    assert_string_equal(view.policy, "mask_words");
    page_policy(bench->page, NULL);
    assert_string_equal(page_view(bench->page).policy, "");
    page_leave(bench->page);
    assert_int_equal(page_view(bench->page).phase, PAGE_IDLE);
}

static void every_entry_counts(void **state) {
    struct bench *bench = *state;
    page_enter(bench->page, PAGE_PARSE, 7, 42);
    uint64_t count = page_view(bench->page).count;
    page_policy(bench->page, "a");
    assert_int_equal(page_view(bench->page).count, count);
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    assert_int_equal(page_view(bench->page).count, count + 1);
    assert_string_equal(page_view(bench->page).policy, "");
}

static void a_long_name_is_cut(void **state) {
    struct bench *bench = *state;
    char name[100];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    page_policy(bench->page, name);
    assert_int_equal(strlen(page_view(bench->page).policy), 63);
}

static void a_death_outside_decisions_is_no_strike(void **state) {
    struct bench *bench = *state;
    assert_false(page_strike(bench->page).is_set);
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    page_leave(bench->page);
    assert_false(page_strike(bench->page).is_set);
}

static void deaths_in_one_message_add_up(void **state) {
    struct bench *bench = *state;
    for (unsigned i = 1; i <= PAGE_STRIKES; i++) {
        page_enter(bench->page, i % 2 ? PAGE_DECIDE : PAGE_PARSE, 7, 42);
        struct page_suspect suspect = page_strike(bench->page);
        assert_true(suspect.is_set);
        assert_int_equal(suspect.incarnation, 7);
        assert_int_equal(suspect.offset, 42);
        assert_int_equal(suspect.strikes, i);
    }
}

static void one_death_is_one_strike(void **state) {
    struct bench *bench = *state;
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    assert_int_equal(page_strike(bench->page).strikes, 1);
    assert_int_equal(page_strike(bench->page).strikes, 1);
}

static void a_death_in_another_message_begins_anew(void **state) {
    struct bench *bench = *state;
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    page_strike(bench->page);
    page_enter(bench->page, PAGE_DECIDE, 8, 42);
    struct page_suspect suspect = page_strike(bench->page);
    assert_int_equal(suspect.incarnation, 8);
    assert_int_equal(suspect.strikes, 1);
}

static void a_suspect_outlives_both_until_it_is_cleared(void **state) {
    struct bench *bench = *state;
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    page_strike(bench->page);
    open_again(bench);
    assert_true(page_suspect(bench->page).is_set);
    assert_int_equal(page_suspect(bench->page).offset, 42);
    page_clear_suspect(bench->page);
    open_again(bench);
    assert_false(page_suspect(bench->page).is_set);
}

static void a_page_of_another_making_is_started_afresh(void **state) {
    struct bench *bench = *state;
    page_enter(bench->page, PAGE_DECIDE, 7, 42);
    page_strike(bench->page);
    page_close(&bench->page);
    FILE *file = fopen(bench->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 500; i++)
        fputs("something", file);
    fclose(file);
    open_page(bench);
    assert_false(page_suspect(bench->page).is_set);
    assert_int_equal(page_view(bench->page).phase, PAGE_IDLE);
    assert_int_equal(page_view(bench->page).count, 0);
}

static void a_folder_that_is_not_there_is_said(void **state) {
    (void)state;
    struct why why;
    assert_null(page_open("/nowhere", &why));
    assert_string_equal(why.words, "/nowhere/worker.page: No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_page_suspects_nobody),
        TEST(it_is_its_owners_only),
        TEST(the_view_is_what_the_worker_is_in),
        TEST(every_entry_counts),
        TEST(a_long_name_is_cut),
        TEST(a_death_outside_decisions_is_no_strike),
        TEST(deaths_in_one_message_add_up),
        TEST(one_death_is_one_strike),
        TEST(a_death_in_another_message_begins_anew),
        TEST(a_suspect_outlives_both_until_it_is_cleared),
        TEST(a_page_of_another_making_is_started_afresh),
        TEST(a_folder_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
