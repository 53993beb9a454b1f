/* token: what the tokens open, and which are refused. Read back with libjwt. */
#include "own_arena.h"

#include "ports/token.h"

#include <jansson.h>
#include <jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct token_span DAY = {1700000000, 1700086400};

static const struct token_signer TOKEN_KEY = {TOKEN_HS256, {"tokenKey", 8}, {NULL, 0}};
static const struct token_signer ONE = {TOKEN_HS256, {"one", 3}, {NULL, 0}};
static const struct token_signer K = {TOKEN_HS256, {"k", 1}, {NULL, 0}};
static const struct token_signer NO_KEY = {TOKEN_HS256, {NULL, 0}, {NULL, 0}};

/* The claims of a token whose signature is right, as JSON with sorted keys and no jti. */
static json_t *claims(const struct span token, const char *key) {
    jwt_t *jwt = NULL;
    assert_int_equal(
        jwt_decode(&jwt, token.at, (const unsigned char *)key, key ? (int)strlen(key) : 0), 0);
    assert_int_equal(jwt_get_alg(jwt), JWT_ALG_HS256);
    char *text = jwt_get_grants_json(jwt, NULL);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    free(text);
    jwt_free(jwt);
    return json;
}

static void take_jti(json_t *json, char uuid[37]) {
    const char *text = json_string_value(json_object_get(json, "jti"));
    assert_non_null(text);
    assert_int_equal(strlen(text), 36);
    assert_int_equal(text[14], '4');
    assert_non_null(strchr("89ab", text[19]));
    memcpy(uuid, text, 37);
    json_object_del(json, "jti");
}

static void expect_claims(struct span token, const char *expected) {
    json_t *found = claims(token, "tokenKey");
    char uuid[37];
    take_jti(found, uuid);
    json_t *wanted = json_loads(expected, 0, NULL);
    assert_non_null(wanted);
    if (!json_equal(found, wanted))
        fail_msg("claims are %s", json_dumps(found, JSON_SORT_KEYS));
    json_decref(wanted);
    json_decref(found);
}

static void a_users_token_opens_its_own_paths_only(void **state) {
    struct arena *arena = *state;
    struct token_user user = {.app = SPAN("tilechat"), .user = SPAN("U1")};
    struct span token;
    struct why why = {""};
    assert_int_equal(token_for_user(arena, &TOKEN_KEY, &user, DAY, &token, &why), 0);
    expect_claims(
        token, "{\"sub\":\"U1\",\"scope\":[\"rabbitmq.read:*/*/apps.tilechat.users.U1.*\","
               "\"rabbitmq.write:*/*/apps.tilechat.users.U1.*\","
               "\"rabbitmq.write:*/*/apps.tilechat.outgoing.users.U1.*\","
               "\"rabbitmq.configure:*/*/*\"],\"client_id\":\"U1\",\"cid\":\"U1\",\"azp\":\"U1\","
               "\"user_id\":\"U1\",\"app_id\":\"tilechat\",\"iat\":1700000000,"
               "\"exp\":1700086400,\"aud\":[\"rabbitmq\",\"U1\"],\"kid\":\"tiledesk-key\","
               "\"tiledesk_api_roles\":\"user\"}");
}

static void the_observers_token_opens_everything(void **state) {
    struct arena *arena = *state;
    struct span token;
    struct why why = {""};
    assert_int_equal(token_for_observer(arena, &TOKEN_KEY, DAY, &token, &why), 0);
    expect_claims(token, "{\"sub\":\"observer\",\"scope\":[\"rabbitmq.read:*/*/*\","
                         "\"rabbitmq.write:*/*/*\",\"rabbitmq.configure:*/*/*\"],"
                         "\"client_id\":\"observer\",\"cid\":\"observer\",\"azp\":\"observer\","
                         "\"user_id\":\"observer\",\"iat\":1700000000,\"exp\":1700086400,"
                         "\"aud\":[\"rabbitmq\",\"observer\"],\"kid\":\"tiledesk-key\"}");
}

static void the_header_has_no_key_id(void **state) {
    struct arena *arena = *state;
    struct span token;
    struct why why = {""};
    assert_int_equal(token_for_observer(arena, &TOKEN_KEY, DAY, &token, &why), 0);
    jwt_t *jwt = NULL;
    assert_int_equal(jwt_decode(&jwt, token.at, NULL, 0), 0);
    assert_null(jwt_get_header(jwt, "kid"));
    assert_string_equal(jwt_get_header(jwt, "typ"), "JWT");
    jwt_free(jwt);
}

static void every_token_has_an_id_of_its_own(void **state) {
    struct arena *arena = *state;
    struct token_user user = {.app = SPAN("tilechat"), .user = SPAN("U1")};
    char uuid[2][37];
    for (int i = 0; i < 2; i++) {
        struct span token;
        struct why why = {""};
        assert_int_equal(token_for_user(arena, &TOKEN_KEY, &user, DAY, &token, &why), 0);
        json_t *json = claims(token, "tokenKey");
        take_jti(json, uuid[i]);
        json_decref(json);
    }
    assert_string_not_equal(uuid[0], uuid[1]);
}

static void another_key_does_not_verify(void **state) {
    struct arena *arena = *state;
    struct span token;
    struct why why = {""};
    assert_int_equal(token_for_observer(arena, &ONE, DAY, &token, &why), 0);
    jwt_t *jwt = NULL;
    assert_int_not_equal(jwt_decode(&jwt, token.at, (const unsigned char *)"two", 3), 0);
    assert_null(jwt);
}

/* The broker decodes %XX in scopes; a quote must not end the claim. */
static void unusual_ids_stay_what_they_are(void **state) {
    struct arena *arena = *state;
    struct token_user user = {.app = SPAN("tilechat"), .user = SPAN("a%2E\"b\" \303\250")};
    struct span token;
    struct why why = {""};
    assert_int_equal(token_for_user(arena, &TOKEN_KEY, &user, DAY, &token, &why), 0);
    json_t *json = claims(token, "tokenKey");
    assert_string_equal(json_string_value(json_object_get(json, "sub")), "a%2E\"b\" \303\250");
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "scope"), 0)),
                        "rabbitmq.read:*/*/apps.tilechat.users.a%252E\"b\" \303\250.*");
    json_decref(json);
}

static void what_would_open_more_is_refused(void **state) {
    struct arena *arena = *state;
    static const struct {
        const char *app, *user, *words;
    } CASES[] = {
        {"tilechat", "", "the user is empty"},
        {"", "U1", "the app is empty"},
        {"tilechat", "*", "the user has a \"*\" in it"},
        {"tilechat", "U1.x", "the user has a \".\" in it"},
        {"tilechat", "U1/x", "the user has a \"/\" in it"},
        {"tilechat", "#", "the user has a \"#\" in it"},
        {"tilechat", "+", "the user has a \"+\" in it"},
        {"*", "U1", "the app has a \"*\" in it"},
        {"tilechat", "U\n1", "the user has a control byte in it"},
        {"tilechat", "U\377", "the user is not UTF-8"},
        {"observer", "U1", "\"observer\" is no app"},
        {"outgoing", "U1", "\"outgoing\" is no app"},
        {"tilechat", "system", "\"system\" is the server's own name"},
        {"tilechat", "group-1", "must not contain \"group-\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct token_user user = {.app = span_of(CASES[i].app), .user = span_of(CASES[i].user)};
        struct span token = SPAN_NONE;
        struct why why = {""};
        assert_int_equal(token_for_user(arena, &K, &user, DAY, &token, &why), -1);
        assert_non_null(strstr(why.words, CASES[i].words));
        assert_null(token.at);
    }
}

static void an_empty_key_is_refused(void **state) {
    struct arena *arena = *state;
    struct token_user user = {.app = SPAN("tilechat"), .user = SPAN("U1")};
    struct span token = SPAN_NONE;
    struct why why = {""};
    assert_int_equal(token_for_user(arena, &NO_KEY, &user, DAY, &token, &why), -1);
    assert_string_equal(why.words, "the key is empty");
    assert_int_equal(token_for_observer(arena, &NO_KEY, DAY, &token, &why), -1);
    assert_null(token.at);
}

static void a_token_that_never_holds_is_refused(void **state) {
    struct arena *arena = *state;
    struct span token = SPAN_NONE;
    struct why why = {""};
    struct token_span never = {1700000000, 1700000000};
    assert_int_equal(token_for_observer(arena, &K, never, &token, &why), -1);
    assert_string_equal(why.words, "the token would end before it begins");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_users_token_opens_its_own_paths_only),
        TEST(the_observers_token_opens_everything),
        TEST(the_header_has_no_key_id),
        TEST(every_token_has_an_id_of_its_own),
        TEST(another_key_does_not_verify),
        TEST(unusual_ids_stay_what_they_are),
        TEST(what_would_open_more_is_refused),
        TEST(an_empty_key_is_refused),
        TEST(a_token_that_never_holds_is_refused),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
