/* token: which keys can be used, which are no secret; and what scopes mean. */
#include "forge.h"
#include "own_arena.h"
#include "ports/token.h"
#include "server/token_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct span repeat(struct arena *arena, const char *what, size_t times) {
    struct text text = text_start(arena, times);
    for (size_t i = 0; i < times; i++)
        text_add(&text, span_of(what));
    return text_span(&text);
}

static void a_ring_of_bad_keys_is_refused_in_words(void **state) {
    struct arena *arena = *state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *small_rsa = EVP_RSA_gen(1024);
    EVP_PKEY *curve = EVP_EC_gen("P-256");
    const struct span pem = forge_pem(arena, rsa, true);
    const struct {
        enum token_algorithm algorithm;
        struct keyring_key keys[2];
        size_t count;
        const char *words;
    } CASES[] = {
        {TOKEN_HS256, {{SPAN_NONE, SPAN_NONE}}, 0, "there is no key"},
        {TOKEN_HS256, {{SPAN_NONE, SPAN_NONE}}, 1, "the key is empty"},
        {TOKEN_HS256, {{SPAN("K1"), SPAN("")}}, 1, "the key K1 is empty"},
        {TOKEN_HS256,
         {{SPAN("K1"), SPAN("x")}, {SPAN("K1"), SPAN("y")}},
         2,
         "the key K1 is there twice"},
        {TOKEN_HS256, {{SPAN("K\n"), SPAN("x")}}, 1, "a key's id has a byte in it"},
        {TOKEN_HS256,
         {{SPAN_NONE, repeat(arena, "x", TOKEN_KEY_MAX + 1)}},
         1,
         "the key is too long for one"},
        {TOKEN_RS256, {{SPAN_NONE, SPAN("secret")}}, 1, "the key is no RSA public key in PEM"},
        {TOKEN_RS256, {{SPAN_NONE, span_cut(pem, 0, pem.size / 2)}}, 1, "is no RSA public key"},
        {TOKEN_RS256,
         {{SPAN_NONE, SPAN("-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
                           "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                           "AAAAAAAAAAAAAAAAAAAAAA==\n-----END PUBLIC KEY-----\n")}},
         1,
         "is no RSA public key"}, /* nobody is asked for a password */
        {TOKEN_RS256,
         {{SPAN("K1"), forge_pem(arena, rsa, false)}},
         1,
         "the key K1 is a private one"},
        {TOKEN_RS256,
         {{SPAN_NONE, forge_pem(arena, small_rsa, true)}},
         1,
         "the key has less than 2048 bits"},
        {TOKEN_RS256, {{SPAN_NONE, forge_pem(arena, curve, true)}}, 1, "is no RSA public key"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct keyring_settings settings = {CASES[i].algorithm, CASES[i].keys, CASES[i].count,
                                            SPAN("rabbitmq"), 0};
        struct why why = {""};
        assert_null(keyring_new(&settings, &why));
        if (!strstr(why.words, CASES[i].words))
            fail_msg("\"%s\", not \"%s\"", why.words, CASES[i].words);
    }
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(small_rsa);
    EVP_PKEY_free(curve);
}

static void a_private_key_that_is_none_is_refused_in_words(void **state) {
    struct arena *arena = *state;
    const struct token_signer signer = {TOKEN_RS256, SPAN("secret"), SPAN_NONE};
    const struct token_signer named = {TOKEN_HS256, SPAN("x"), SPAN("K 1")};
    struct span token = SPAN_NONE;
    struct why why = {""};
    assert_int_equal(token_for_observer(arena, &signer, (struct token_span){0, 1}, &token, &why),
                     -1);
    assert_non_null(strstr(why.words, "private RSA key in PEM"));
    assert_int_equal(token_for_observer(arena, &named, (struct token_span){0, 1}, &token, &why),
                     -1);
    assert_non_null(strstr(why.words, "a key's id"));
    assert_null(token.at);
}

static void what_stands_in_examples_is_no_secret(void **state) {
    struct arena *arena = *state;
    const struct span header = SPAN("{\"alg\":\"HS256\"}"), claims = SPAN("{\"sub\":\"U1\"}");
    assert_true(token_key_is_published(SPAN("tokenKey")));
    assert_false(token_key_is_published(SPAN("tokenKey ")));
    assert_false(token_key_is_published(SPAN_NONE));
    assert_true(
        token_is_of_published_key(arena, forge_hs256(arena, header, claims, SPAN("tokenKey"))));
    assert_false(
        token_is_of_published_key(arena, forge_hs256(arena, header, claims, SPAN("tokenKei"))));
    assert_false(token_is_of_published_key(arena, SPAN("guest")));
    assert_false(token_is_of_published_key(arena, SPAN_NONE));
}

static void a_scope_says_what_it_opens(void **state) {
    static const struct {
        const char *scope, *may, *words; /* may NULL: the broker passes it over */
    } CASES[] = {
        {"rabbitmq.read:*/*/apps.A.users.U1.*", "read", "routing keys apps.A.users.U1.*"},
        {"rabbitmq.configure:*/*/*", "configure", "everything"},
        {"rabbitmq.write:*/*", "write", "everything"},
        {"rabbitmq.write:v/q", "write", "queues and exchanges called q, in the vhost v"},
        {"rabbitmq.read:v/*/k/l", "read", "routing keys k/l, in the vhost v"},
        {"rabbitmq.read:*", NULL, NULL},
        {"rabbitmq.tag:administrator", NULL, NULL},
        {"other.read:*/*/*", NULL, NULL},
        {"rabbitmq", NULL, NULL},
        {"rabbitmq.", NULL, NULL},
        {"openid", NULL, NULL},
        {"", NULL, NULL},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct token_scope scope;
        bool is_one = token_scope_read(span_of(CASES[i].scope), SPAN("rabbitmq"), &scope);
        assert_int_equal(is_one, CASES[i].may != NULL);
        if (!is_one)
            continue;
        assert_true(span_is(scope.may, CASES[i].may));
        assert_true(span_is(token_scope_words(arena, &scope), CASES[i].words));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_ring_of_bad_keys_is_refused_in_words),
        TEST(a_private_key_that_is_none_is_refused_in_words),
        TEST(what_stands_in_examples_is_no_secret),
        TEST(a_scope_says_what_it_opens),
    };
    return cmocka_run_group_tests_name("token_keys", tests, NULL, NULL);
}
