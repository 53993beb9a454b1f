/* loader: a generation loaded aside, refused or handed over, and the copy of it that is kept. */
#include "server/kept.h"
#include "server/loader.h"
#include "server/snapshot.h"

#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char folder[200], policies[240], data[240], kept[280];
    struct policy_host host;
    struct policy_memory *memory;
    struct loader *loader;
    struct why why;
};

static void write_file(const char *folder, const char *name, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A set of one policy, whose one function is `decide`. */
static void write_set(const struct place *place, const char *decide) {
    char text[300];
    snprintf(text, sizeof text,
             "return { name = \"only\", on = \"message\", decide = function(msg, ctx) %s end }",
             decide);
    write_file(place->policies, "only.lua", text);
    write_file(place->policies, "manifest.lua", "return { { \"only\" } }");
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    const char *base = getenv("TMPDIR");
    snprintf(place->folder, sizeof place->folder, "%s/chat21d-loader.XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->policies, sizeof place->policies, "%s/policies", place->folder);
    snprintf(place->data, sizeof place->data, "%s/data", place->folder);
    snprintf(place->kept, sizeof place->kept, "%s/policies.kept", place->data);
    assert_int_equal(mkdir(place->policies, 0700) | mkdir(place->data, 0700), 0);
    place->host = (struct policy_host){.limits = policy_limits_default(), .clock = &clock_real};
    place->memory = policy_memory_new(NULL);
    struct loader_work work = {place->policies, place->data, &place->host, place->memory};
    place->loader = loader_new(&work);
    *state = place;
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place) {
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

static int teardown(void **state) {
    struct place *place = *state;
    loader_free(&place->loader);
    assert_null(place->loader);
    policy_memory_free(&place->memory);
    assert_int_equal(nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(place);
    return 0;
}

static struct policy_set *loaded(struct place *place) {
    struct pollfd done = {loader_descriptor(place->loader), POLLIN, 0};
    struct policy_set *set;
    loader_start(place->loader);
    assert_true(loader_is_busy(place->loader));
    assert_int_equal(poll(&done, 1, 20000), 1);
    assert_true(loader_take(place->loader, &set, &place->why));
    assert_false(loader_is_busy(place->loader));
    assert_false(loader_take(place->loader, &set, &place->why));
    return set;
}

/* Ends the loader, so that all that it had to do is done, and loads what it kept. 0: nothing. */
static uint64_t kept_generation(struct place *place) {
    loader_free(&place->loader);
    struct policy_set *set = policy_set_load(place->kept, &place->host, place->memory, &place->why);
    uint64_t generation = set ? policy_set_generation(set) : 0;
    policy_set_free(&set);
    return generation;
}

static void a_set_is_loaded_and_kept(void **state) {
    struct place *place = *state;
    write_set(place, "return nil");
    struct policy_set *set = loaded(place);
    assert_non_null(set);
    uint64_t generation = policy_set_generation(set);
    loader_retire(place->loader, &set);
    assert_null(set);
    assert_true(kept_generation(place) == generation);
}

static void a_newer_set_takes_the_place_of_the_kept_one(void **state) {
    struct place *place = *state;
    uint64_t generation = 0;
    char path[300];
    for (int i = 0; i < 3; i++) {
        write_set(place, i == 2 ? "return { verb = \"drop\" }" : i ? "return" : "return nil");
        struct policy_set *set = loaded(place);
        assert_non_null(set);
        assert_true(generation != policy_set_generation(set));
        generation = policy_set_generation(set);
        loader_retire(place->loader, &set);
    }
    assert_true(kept_generation(place) == generation);
    snprintf(path, sizeof path, "%s/policies.new", place->data);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_broken_set_is_refused_and_the_kept_one_stays(void **state) {
    struct place *place = *state;
    write_set(place, "return nil");
    struct policy_set *set = loaded(place);
    assert_non_null(set);
    uint64_t generation = policy_set_generation(set);
    loader_retire(place->loader, &set);
    write_set(place, "return +");
    assert_null(loaded(place));
    assert_non_null(strstr(place->why.words, "only.lua:1"));
    assert_true(kept_generation(place) == generation);
}

static void a_set_that_nobody_takes_is_freed(void **state) {
    struct place *place = *state;
    struct pollfd done = {loader_descriptor(place->loader), POLLIN, 0};
    write_set(place, "return nil");
    loader_start(place->loader);
    assert_int_equal(poll(&done, 1, 20000), 1); /* the sanitizers see whether it leaks */
}

static int save(const struct place *place, uint64_t generation, struct why *why) {
    int rc = kept_copy(place->data, place->policies, why);
    return rc ? rc : kept_take(place->data, &place->host, generation, why);
}

static void lists_are_kept_too(void **state) {
    struct place *place = *state;
    struct why why;
    char path[300];
    write_set(place, "return nil");
    snprintf(path, sizeof path, "%s/lists", place->policies);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(path, "words.txt", "one\ntwo\n");
    struct policy_set *set = policy_set_load(place->policies, &place->host, place->memory, &why);
    assert_non_null(set);
    for (int i = 0; i < 2; i++) /* the second time in the place of the first */
        assert_int_equal(save(place, policy_set_generation(set), &why), 0);
    policy_set_free(&set);
    snprintf(path, sizeof path, "%s/lists/words.txt", place->kept);
    assert_int_equal(access(path, R_OK), 0);
}

/* Somebody edited on while it was loaded: what would be copied now is not what is in force. */
static void files_of_another_generation_are_not_kept(void **state) {
    struct place *place = *state;
    struct why why;
    write_set(place, "return nil");
    assert_int_equal(save(place, 12345, &why), 0);
    assert_int_equal(kept_generation(place), 0);
}

/* What is read between two equal snapshots belongs together. */
static void a_snapshot_sees_every_change(void **state) {
    struct place *place = *state;
    char lists[300], from[300], to[300];
    write_set(place, "return nil");
    uint64_t last = snapshot_of(place->policies);
    assert_true(snapshot_of(place->policies) == last);
    write_file(place->policies, "notes.txt", "no policy");
    assert_true(snapshot_of(place->policies) == last);
    snprintf(lists, sizeof lists, "%s/lists", place->policies);
    assert_int_equal(mkdir(lists, 0700), 0);
    write_file(lists, "words.txt", "one");
    assert_true(snapshot_of(place->policies) != last);
    last = snapshot_of(place->policies);
    write_file(lists, "words.txt", "longer");
    assert_true(snapshot_of(place->policies) != last);
    last = snapshot_of(place->policies);
    snprintf(from, sizeof from, "%s/only.new", place->policies);
    snprintf(to, sizeof to, "%s/only.lua", place->policies);
    write_file(place->policies, "only.new", "the same size as whatever");
    assert_int_equal(rename(from, to), 0);
    assert_true(snapshot_of(place->policies) != last);
    last = snapshot_of(place->policies);
    assert_int_equal(unlink(to), 0);
    assert_true(snapshot_of(place->policies) != last);
    assert_int_equal(snapshot_of("/no/such/folder"), 0);
}

/* A link to all of them that moves is a change, though no file was touched. */
static void a_snapshot_follows_links(void **state) {
    struct place *place = *state;
    char link[300], target[300];
    write_set(place, "return nil");
    snprintf(link, sizeof link, "%s/link", place->folder);
    snprintf(target, sizeof target, "%s/other", place->folder);
    assert_int_equal(symlink("policies", link), 0);
    uint64_t last = snapshot_of(link);
    assert_true(last == snapshot_of(place->policies));
    assert_int_equal(mkdir(target, 0700), 0);
    write_file(target, "manifest.lua", "return { { \"only\" } }");
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("other", link), 0);
    assert_true(snapshot_of(link) != last);
}

static void a_folder_that_is_gone_is_said(void **state) {
    struct place *place = *state;
    struct why why;
    assert_int_equal(kept_copy(place->data, "/no/such/folder", &why), -1);
    assert_non_null(strstr(why.words, "/no/such/folder"));
    assert_int_equal(kept_copy("/no/such/folder", place->policies, &why), -1);
    assert_non_null(strstr(why.words, "/no/such/folder"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_set_is_loaded_and_kept),
        TEST(a_newer_set_takes_the_place_of_the_kept_one),
        TEST(a_broken_set_is_refused_and_the_kept_one_stays),
        TEST(a_set_that_nobody_takes_is_freed),
        TEST(lists_are_kept_too),
        TEST(files_of_another_generation_are_not_kept),
        TEST(a_snapshot_sees_every_change),
        TEST(a_snapshot_follows_links),
        TEST(a_folder_that_is_gone_is_said),
    };
    return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
