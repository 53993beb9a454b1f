/* config_tokens: which keys the settings name, what is wrong with them, and which are no secret. */
#include "config_support.h"
#include "forge.h"

/* In the folder, and gone with it. */
static const char *key_file(struct bench *bench, const char *name, const char *text, mode_t mode) {
    const char *path = in_folder(bench, name);
    write_file(path, text);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void set_keys(struct bench *bench, const char *format, const char *path) {
    char text[256];
    snprintf(text, sizeof text, format, path, path);
    set(bench, "CHAT21D_JWT_KEYS", text);
}

#define LONG_KEY "0123456789abcdef0123456789abcdef"

static void without_keys_there_is_no_ring(void **state) {
    struct bench *bench = *state;
    expect_loaded(bench);
    assert_int_equal(bench->config.tokens.ring.count, 0);
    assert_true(span_is(bench->config.tokens.ring.audience, "rabbitmq"));
    assert_int_equal(bench->config.tokens.ring.algorithm, TOKEN_HS256);
    assert_int_equal(bench->config.tokens.warning_count, 0);
}

static void keys_come_from_the_environment_and_from_files(void **state) {
    struct bench *bench = *state;
    const char *path = key_file(bench, "chat21d.conf", LONG_KEY "-of-a-file\r\n", 0600);
    set(bench, "JWT_KEY", LONG_KEY);
    set_keys(bench, " K1=%s , K2 = %s,", path);
    set(bench, "CHAT21D_JWT_AUDIENCE", "chat");
    expect_loaded(bench);
    const struct keyring_settings *ring = &bench->config.tokens.ring;
    assert_int_equal(ring->count, 3);
    assert_true(!ring->keys[0].kid.size && span_is(ring->keys[0].key, LONG_KEY));
    assert_true(span_is(ring->keys[1].kid, "K1") && span_is(ring->keys[2].kid, "K2"));
    assert_true(span_is(ring->keys[2].key, LONG_KEY "-of-a-file"));
    assert_true(span_is(ring->audience, "chat"));
    assert_int_equal(bench->config.tokens.warning_count, 0);
}

static void a_file_may_hold_the_key_of_tokens_that_name_none(void **state) {
    struct bench *bench = *state;
    set_keys(bench, "=%s", key_file(bench, "chat21d.conf", LONG_KEY, 0600));
    expect_loaded(bench);
    assert_int_equal(bench->config.tokens.ring.count, 1);
    assert_int_equal(bench->config.tokens.ring.keys[0].kid.size, 0);
}

static void a_public_key_may_stand_in_one_line(void **state) {
    struct bench *bench = *state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    struct span pem = forge_pem(bench->arena, rsa, true);
    EVP_PKEY_free(rsa);
    struct text line = text_start(bench->arena, pem.size * 2);
    for (size_t i = 0; i < pem.size; i++)
        text_add(&line, pem.at[i] == '\n' ? SPAN("\\n") : span_cut(pem, i, 1));
    set(bench, "CHAT21D_JWT_ALG", "RS256");
    set(bench, "JWT_KEY", arena_string(bench->arena, text_span(&line)));
    expect_loaded(bench);
    assert_true(span_equal(bench->config.tokens.ring.keys[0].key, pem));
    set(bench, "JWT_KEY", arena_string(bench->arena, pem));
    expect_loaded(bench);
    assert_int_equal(bench->config.tokens.ring.count, 1);
}

static void all_that_is_wrong_is_told_at_once(void **state) {
    struct bench *bench = *state;
    const char *path = key_file(bench, "chat21d.conf", "HUSH", 0600);
    set(bench, "CHAT21D_JWT_ALG", "RS256");
    set(bench, "JWT_KEY", "HUSH");
    set(bench, "CHAT21D_JWT_KEYS",
        arena_print(bench->arena, "K1=%s,K2,K 3=%s,K4=/nowhere/key", path, path).at);
    expect_problem(bench, "jwt_key (JWT_KEY): the key is no RSA public key in PEM (BEGIN PUBLIC "
                          "KEY)");
    expect_problem(bench, "jwt_keys (CHAT21D_JWT_KEYS): the key K1 is no RSA public key in PEM "
                          "(BEGIN PUBLIC KEY)");
    expect_problem(bench, "jwt_keys (CHAT21D_JWT_KEYS): an item is no KID=FILE");
    expect_problem(bench,
                   "jwt_keys (CHAT21D_JWT_KEYS): a key's id has a byte in it that is none of "
                   "printable ASCII, or a quote, a backslash, a comma or =");
    expect_problem(bench, "jwt_keys (CHAT21D_JWT_KEYS): /nowhere/key: No such file or directory");
    assert_int_equal(line_count(bench->problems), 5);
    assert_false(span_has(bench->problems, SPAN("HUSH")));
}

static void two_keys_of_one_id_are_one_too_many(void **state) {
    struct bench *bench = *state;
    const char *path = key_file(bench, "chat21d.conf", LONG_KEY, 0600);
    set_keys(bench, "K1=%s,K1=%s", path);
    expect_problem(bench, "jwt_keys (CHAT21D_JWT_KEYS): there is another key of the id K1");
    set(bench, "JWT_KEY", LONG_KEY);
    set_keys(bench, "=%s", path);
    expect_problem(bench, "jwt_keys (CHAT21D_JWT_KEYS): there is another key for tokens that name "
                          "none (JWT_KEY, or =FILE)");
}

static void expect_warning(struct bench *bench, const char *words) {
    expect_loaded(bench);
    assert_int_equal(bench->config.tokens.warning_count, 1);
    if (!span_is(bench->config.tokens.warnings[0], words))
        fail_msg("%.*s", SPAN_ARGS(bench->config.tokens.warnings[0]));
}

static void what_is_right_but_weak_is_warned_of(void **state) {
    struct bench *bench = *state;
    set(bench, "JWT_KEY", "a key of thirty-one bytes, alas");
    expect_warning(bench, "jwt_key (JWT_KEY): the key has less than 32 bytes: who has a token can "
                          "guess at it");
    set(bench, "JWT_KEY", "");
    const char *path = key_file(bench, "chat21d.conf", LONG_KEY, 0604);
    set_keys(bench, "K1=%s", path);
    expect_warning(bench, arena_print(bench->arena,
                                      "jwt_keys (CHAT21D_JWT_KEYS): everybody on this machine may "
                                      "read %s",
                                      path)
                              .at);
}

static void a_published_key_is_refused(void **state) {
    struct bench *bench = *state;
    const char *path = key_file(bench, "chat21d.conf", "your-256-bit-secret", 0600);
    set(bench, "JWT_KEY", "tokenKey");
    set_keys(bench, "K1=%s", path);
    assert_int_equal(load(bench), -1);
    assert_int_equal(line_count(bench->problems), 2);
    assert_true(
        span_starts(bench->problems, SPAN("jwt_key (JWT_KEY): the key stands in examples")));
    assert_true(span_has(bench->problems,
                         SPAN("jwt_keys (CHAT21D_JWT_KEYS): the key K1 stands in examples")));
    assert_false(span_has(bench->problems, SPAN("tokenKey")));
    set(bench, "CHAT21D_ALLOW_PUBLISHED_KEY", "1");
    expect_loaded(bench);
    assert_int_equal(bench->config.tokens.warning_count, 2);
}

/* As the URIs of existing deployments have it. */
static void set_login(struct bench *bench, struct span key) {
    struct span token =
        forge_hs256(bench->arena, SPAN("{\"alg\":\"HS256\"}"), SPAN("{\"sub\":\"U1\"}"), key);
    set(bench, "RABBITMQ_URI",
        arena_print(bench->arena, "amqp://ignored:%.*s@rabbitmq:5672?heartbeat=60",
                    SPAN_ARGS(token))
            .at);
}

static void a_login_that_was_signed_with_one_is_refused(void **state) {
    struct bench *bench = *state;
    set_login(bench, SPAN("tokenKey"));
    assert_int_equal(load(bench), -1);
    assert_int_equal(line_count(bench->problems), 1);
    assert_true(span_starts(bench->problems,
                            SPAN("rabbitmq_uri (RABBITMQ_URI): the broker's key, with which its "
                                 "token is signed, stands in examples")));
    set(bench, "CHAT21D_ALLOW_PUBLISHED_KEY", "1");
    expect_loaded(bench);
    set(bench, "CHAT21D_ALLOW_PUBLISHED_KEY", "0");
    set_login(bench, SPAN("not published"));
    expect_loaded(bench);
    struct span token = forge_hs256(bench->arena, SPAN("{\"alg\":\"HS256\"}"),
                                    SPAN("{\"sub\":\"U1\"}"), SPAN("tokenKey"));
    set(bench, "CHAT21D_BROKER_TOKEN_FILE", key_file(bench, "token", token.at, 0600));
    assert_int_equal(load(bench), -1);
    assert_true(span_starts(bench->problems,
                            SPAN("broker_token_file (CHAT21D_BROKER_TOKEN_FILE): the broker's "
                                 "key, with which its token is signed, stands in examples")));
}

static void the_settings_of_tokens_can_be_had_alone(void **state) {
    struct bench *bench = *state;
    struct config_tokens tokens;
    struct span problems = SPAN_NONE;
    set(bench, "PREFETCH_MESSAGES", "many");
    set(bench, "JWT_KEY", "tokenKey");
    assert_int_equal(config_load_tokens(bench->arena, NULL, bench->environment, &tokens, &problems),
                     0);
    assert_int_equal(tokens.ring.count, 1);
    set(bench, "CHAT21D_JWT_ALG", "ES256");
    assert_int_equal(config_load_tokens(bench->arena, NULL, bench->environment, &tokens, &problems),
                     -1);
    assert_true(span_is(problems, "jwt_alg (CHAT21D_JWT_ALG): \"ES256\" is none of the choices; "
                                  "expected one of HS256, RS256"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(without_keys_there_is_no_ring),
        TEST(keys_come_from_the_environment_and_from_files),
        TEST(a_file_may_hold_the_key_of_tokens_that_name_none),
        TEST(a_public_key_may_stand_in_one_line),
        TEST(all_that_is_wrong_is_told_at_once),
        TEST(two_keys_of_one_id_are_one_too_many),
        TEST(what_is_right_but_weak_is_warned_of),
        TEST(a_published_key_is_refused),
        TEST(a_login_that_was_signed_with_one_is_refused),
        TEST(the_settings_of_tokens_can_be_had_alone),
    };
    return cmocka_run_group_tests_name("config_tokens", tests, NULL, NULL);
}
