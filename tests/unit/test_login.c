/* login: when a token is renewed, when it is warned of, and where the next one comes from. */
#include "claims.h"

#include "ports/token.h"
#include "server/login_keeper.h"
#include "server/login_plan.h"
#include "server/login_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t HOUR = 3600000, DAY = 86400000;
static const int64_t START = 1700000000000;

/* ---- the times ---- */

static struct login_life days(int64_t count) {
    return (struct login_life){true, START, START + count * DAY};
}

static void renews_at_two_thirds(void **state) {
    (void)state;
    struct login_life life = days(30);
    assert_int_equal(login_renew_ms(&life), START + 20 * DAY);
    life = (struct login_life){true, START, START + 6000};
    assert_int_equal(login_renew_ms(&life), START + 4000);
    life = (struct login_life){true, START, START - 1000}; /* it ended before it began */
    assert_int_equal(login_renew_ms(&life), START - 1000);
    life.ends = false;
    assert_int_equal(login_renew_ms(&life), INT64_MAX);
}

static void warns_in_the_last_week_of_what_nobody_renews(void **state) {
    (void)state;
    struct login_life life = days(30);
    assert_int_equal(login_due_ms(&life, false), START + 23 * DAY);
    assert_int_equal(login_due_ms(&life, true), START + 25 * DAY);
    life = days(365);
    assert_int_equal(login_due_ms(&life, true), START + 358 * DAY);
    life.ends = false;
    assert_int_equal(login_due_ms(&life, false), INT64_MAX);
}

static void warns_daily_then_hourly_then_when_it_is_over(void **state) {
    (void)state;
    struct login_life life = days(30);
    int64_t end = life.until_ms;
    const struct {
        int64_t last, now;
        bool warns;
    } CASES[] = {
        {0, end - 7 * DAY - 1, false},
        {0, end - 7 * DAY, true},
        {end - 7 * DAY, end - 7 * DAY + 1000, false},
        {end - 7 * DAY, end - 6 * DAY - 1, false},
        {end - 7 * DAY, end - 6 * DAY, true},
        {end - DAY, end - DAY + HOUR - 1, false},
        {end - DAY, end - DAY + HOUR, true},
        {end - 1000, end - 1, false},
        {end - 1000, end, true},
        {end, end + HOUR - 1, false},
        {end, end + HOUR, true},
        {end - 2 * DAY, end - 3 * DAY, true}, /* the clock was set back */
    };
    for (size_t i = 0; i < COUNT(CASES); i++)
        if (login_warns(&life, false, CASES[i].last, CASES[i].now) != CASES[i].warns)
            fail_msg("case %zu", i);
    life.ends = false;
    assert_false(login_warns(&life, false, 0, end));
    assert_false(login_is_over(&life, end));
}

static void failures_wait_longer_and_longer_up_to_a_minute(void **state) {
    (void)state;
    const int64_t WAITS[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (unsigned i = 0; i < COUNT(WAITS); i++)
        assert_int_equal(login_retry_ms(i), WAITS[i]);
    assert_int_equal(login_retry_ms(UINT32_MAX), 60000);
}

/* ---- a keeper, at a time of ours ---- */

#define CONST(literal)                                                                             \
    { "" literal, sizeof(literal) - 1 }

static int64_t wall_ms;

static int64_t fake_wall(void *self) {
    (void)self;
    return wall_ms;
}

static const struct clock CLOCK = {NULL, fake_wall, fake_wall};
static const struct keyring_key KEYS[] = {
    {CONST("old"), CONST("another key, which is no longer used")},
    {CONST(""), CONST("the key of this test, long enough")},
};
static const struct keyring_settings RING = {.algorithm = TOKEN_HS256, .keys = KEYS, .count = 2};
static const struct keyring_settings NO_RING = {.algorithm = TOKEN_HS256};

struct bench {
    struct arena *arena;
    char file[64];
    struct login_keeper *keeper;
};

static void at(int64_t ms) {
    wall_ms = ms;
}

static int setup(void **state) {
    static struct bench bench;
    bench = (struct bench){.arena = arena_new()};
    snprintf(bench.file, sizeof bench.file, "/tmp/chat21-login.%d", (int)getpid());
    unlink(bench.file);
    at(START);
    log_set_level(LOG_ERROR);
    *state = &bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    login_keeper_free(&bench->keeper);
    arena_free(&bench->arena);
    unlink(bench->file);
    return 0;
}

static struct span token(struct bench *bench, const struct keyring_key *key, int64_t now_ms,
                         int64_t length_ms) {
    struct span made;
    struct why why;
    if (login_token_make(bench->arena, key, now_ms, length_ms, &made, &why) != 0)
        fail_msg("%s", why.words);
    return made;
}

static void put(struct bench *bench, struct span words) {
    struct stat before = {0}, after;
    stat(bench->file, &before);
    do { /* until its time has moved on, as it does between two people's changes */
        FILE *file = fopen(bench->file, "w");
        assert_non_null(file);
        fwrite(words.at, 1, words.size, file);
        fputs("\n", file);
        fclose(file);
        stat(bench->file, &after);
    } while (before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
             before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    chmod(bench->file, 0600);
}

static void keep(struct bench *bench, const char *uri, const char *file,
                 const struct keyring_settings *ring) {
    const struct login_settings settings = {.name = "broker",
                                            .uri = uri,
                                            .uri_setting = "URI",
                                            .file = file,
                                            .file_setting = "FILE",
                                            .ring = ring};
    struct why why;
    bench->keeper = login_keeper_new(&settings, &CLOCK, &why);
    if (!bench->keeper)
        fail_msg("%s", why.words);
}

static const char *uri_with(struct bench *bench, struct span password) {
    return arena_print(bench->arena, "amqp://any:%.*s@localhost", SPAN_ARGS(password)).at;
}

/* What connections would log in with now; "": the URI's own. */
static struct span newest(struct bench *bench) {
    uint64_t generation;
    char *password = login_password(login_keeper_login(bench->keeper), &generation);
    struct span copy = password ? arena_copy(bench->arena, span_of(password)) : SPAN("");
    login_wipe(&password);
    return copy;
}

static void look_at(struct bench *bench, int64_t ms) {
    at(ms);
    login_keeper_look(bench->keeper);
}

static void a_password_has_no_end(void **state) {
    struct bench *bench = *state;
    keep(bench, "amqp://guest:guest@localhost", NULL, &RING);
    look_at(bench, START + 1000 * DAY);
    struct login_state said = login_keeper_state(bench->keeper);
    assert_false(said.ends || said.is_due || said.is_over);
    assert_span(newest(bench), SPAN(""));
}

static void makes_the_next_one_of_its_own_key(void **state) {
    struct bench *bench = *state;
    keep(bench, uri_with(bench, token(bench, &KEYS[1], START, 30 * DAY)), NULL, &RING);
    assert_string_equal(login_keeper_state(bench->keeper).renewed_by, "key");
    look_at(bench, START + 20 * DAY - 1);
    assert_span(newest(bench), SPAN(""));
    look_at(bench, START + 20 * DAY);
    struct login_life life = login_token_life(bench->arena, newest(bench), 0);
    assert_true(life.ends);
    assert_int_equal(life.from_ms, START + 20 * DAY);
    assert_int_equal(life.until_ms, START + 50 * DAY);
    assert_true(login_token_is_of(bench->arena, newest(bench), &KEYS[1]));
    look_at(bench, START + 40 * DAY);
    assert_int_equal(login_keeper_state(bench->keeper).until_ms, START + 70 * DAY);
}

static void makes_it_at_once_where_the_first_is_over(void **state) {
    struct bench *bench = *state;
    keep(bench, uri_with(bench, token(bench, &KEYS[1], START - 9 * DAY, DAY)), NULL, &RING);
    assert_int_equal(login_keeper_state(bench->keeper).until_ms, START + DAY);
}

static void keeps_to_the_kid_of_the_key(void **state) {
    struct bench *bench = *state;
    keep(bench, uri_with(bench, token(bench, &KEYS[0], START, DAY)), NULL, &RING);
    look_at(bench, START + DAY);
    assert_true(login_token_is_of(bench->arena, newest(bench), &KEYS[0]));
    assert_false(login_token_is_of(bench->arena, newest(bench), &KEYS[1]));
}

static void says_what_to_do_where_nobody_renews_it(void **state) {
    struct bench *bench = *state;
    keep(bench, uri_with(bench, token(bench, &KEYS[1], START, 30 * DAY)), NULL, &NO_RING);
    assert_string_equal(login_keeper_state(bench->keeper).renewed_by, "nobody");
    assert_false(login_keeper_state(bench->keeper).is_due);
    at(START + 25 * DAY);
    struct login_state said = login_keeper_state(bench->keeper);
    assert_true(said.is_due && !said.is_over);
    assert_non_null(strstr(said.words, "ends at 2023-12-14T22:13:20"));
    assert_non_null(strstr(said.words, "FILE"));
    assert_non_null(strstr(said.words, "URI"));
    at(START + 30 * DAY);
    assert_true(login_keeper_state(bench->keeper).is_over);
    assert_null(strstr(login_keeper_state(bench->keeper).words, "eyJ"));
}

/* It would open more than that user may. */
static void makes_nothing_of_a_users_token(void **state) {
    struct bench *bench = *state;
    const struct token_signer signer = {TOKEN_HS256, KEYS[1].key, CONST("")};
    const struct token_user alice = {.app = CONST("app"), .user = CONST("alice")};
    struct span made;
    struct why why;
    assert_int_equal(token_for_user(bench->arena, &signer, &alice,
                                    (struct token_span){START / 1000, START / 1000 + 60}, &made,
                                    &why),
                     0);
    keep(bench, uri_with(bench, made), NULL, &RING);
    assert_string_equal(login_keeper_state(bench->keeper).renewed_by, "nobody");
}

static void reads_a_file_when_it_changes(void **state) {
    struct bench *bench = *state;
    struct span first = token(bench, &KEYS[0], START, DAY);
    struct span second = token(bench, &KEYS[0], START, 2 * DAY);
    put(bench, first);
    keep(bench, "amqp://localhost", bench->file, &RING);
    assert_span(newest(bench), first);
    assert_string_equal(login_keeper_state(bench->keeper).renewed_by, "file");
    uint64_t generation = login_generation(login_keeper_login(bench->keeper));
    look_at(bench, START + 1);
    assert_int_equal(login_generation(login_keeper_login(bench->keeper)), generation);
    put(bench, second);
    look_at(bench, START + 2);
    assert_span(newest(bench), second);
    assert_int_equal(login_keeper_state(bench->keeper).until_ms, START + 2 * DAY);
    put(bench, SPAN("a password"));
    look_at(bench, START + 3); /* two words: no token, and no password */
    assert_span(newest(bench), second);
    put(bench, SPAN("secret"));
    look_at(bench, START + 4);
    assert_span(newest(bench), SPAN("secret"));
    assert_false(login_keeper_state(bench->keeper).ends);
}

static void keeps_what_it_has_where_the_file_is_of_no_use(void **state) {
    struct bench *bench = *state;
    struct span first = token(bench, &KEYS[0], START, 30 * DAY);
    put(bench, first);
    keep(bench, "amqp://localhost", bench->file, &NO_RING);
    put(bench, token(bench, &KEYS[0], START - 2 * DAY, DAY));
    look_at(bench, START + 29 * DAY);
    assert_span(newest(bench), first);
    assert_non_null(strstr(login_keeper_state(bench->keeper).words, "is over already"));
    unlink(bench->file);
    look_at(bench, START + 29 * DAY);
    assert_span(newest(bench), first);
    assert_non_null(strstr(login_keeper_state(bench->keeper).words, "No such file"));
    put(bench, SPAN(""));
    look_at(bench, START + 29 * DAY);
    assert_non_null(strstr(login_keeper_state(bench->keeper).words, "it is empty"));
    put(bench, first);
    look_at(bench, START + 29 * DAY);
    assert_non_null(strstr(login_keeper_state(bench->keeper).words, "write a new one into"));
}

static void a_uri_that_is_none_is_refused(void **state) {
    (void)state;
    const struct login_settings settings = {.name = "broker", .uri = "http://x", .ring = &NO_RING};
    struct why why;
    assert_null(login_keeper_new(&settings, &CLOCK, &why));
    assert_says(&why, "amqp://");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renews_at_two_thirds),
        cmocka_unit_test(warns_in_the_last_week_of_what_nobody_renews),
        cmocka_unit_test(warns_daily_then_hourly_then_when_it_is_over),
        cmocka_unit_test(failures_wait_longer_and_longer_up_to_a_minute),
        cmocka_unit_test_setup_teardown(a_password_has_no_end, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_the_next_one_of_its_own_key, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_it_at_once_where_the_first_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_to_the_kid_of_the_key, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_to_do_where_nobody_renews_it, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_nothing_of_a_users_token, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_a_file_when_it_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_what_it_has_where_the_file_is_of_no_use, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_uri_that_is_none_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
