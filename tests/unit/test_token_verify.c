/* token: which tokens of strangers are believed, and as whose. */
#include "forge.h"
#include "own_arena.h"
#include "ports/token.h"

#include <jwt.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW = 1700000000, LEEWAY = 30 };

static const struct span KEY = SPAN("a key of thirty-two bytes or more");
static const struct span OLD_KEY = SPAN("the key before it, still in use...");
static const struct span OTHER_KEY = SPAN("a key that nobody has been told of");
static EVP_PKEY *rsa, *other_rsa;

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define MORE   "\"sub\":\"U1\",\"app_id\":\"tilechat\""
#define GOOD   "\"exp\":1700000100,\"aud\":\"rabbitmq\"," MORE

static struct keyring *hs_ring(void) {
    const struct keyring_key keys[] = {{SPAN_NONE, KEY}, {SPAN("old"), OLD_KEY}};
    struct keyring_settings settings = {TOKEN_HS256, keys, 2, SPAN("rabbitmq"), LEEWAY};
    struct why why = {""};
    struct keyring *keyring = keyring_new(&settings, &why);
    assert_string_equal(why.words, "");
    assert_non_null(keyring);
    return keyring;
}

static struct keyring *rs_ring(struct arena *arena) {
    const struct keyring_key key = {SPAN_NONE, forge_pem(arena, rsa, true)};
    struct keyring_settings settings = {TOKEN_RS256, &key, 1, SPAN("rabbitmq"), LEEWAY};
    struct why why = {""};
    struct keyring *keyring = keyring_new(&settings, &why);
    assert_string_equal(why.words, "");
    assert_non_null(keyring);
    return keyring;
}

static int make_keys(void **state) {
    (void)state;
    rsa = EVP_RSA_gen(2048);
    other_rsa = EVP_RSA_gen(2048);
    return rsa && other_rsa ? 0 : -1;
}

static int free_keys(void **state) {
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other_rsa);
    return 0;
}

/* Says which case it was; a fault leaves the claims alone. */
static struct token_claims expect(struct arena *arena, const struct keyring *keyring,
                                  struct span token, enum token_fault wanted, const char *what) {
    struct token_claims claims = {.expires = -7};
    enum token_fault fault = token_verify(arena, keyring, token, NOW, &claims);
    if (fault != wanted)
        fail_msg("%s: it is %s, not %s", what, token_fault_name(fault), token_fault_name(wanted));
    if (fault != TOKEN_RIGHT)
        assert_int_equal(claims.expires, -7);
    return claims;
}

static void a_header_says_the_pinned_algorithm_and_a_known_key(void **state) {
    static const struct {
        const char *header;
        enum token_fault fault;
    } CASES[] = {
        {HEADER, TOKEN_RIGHT},
        {"{\"alg\":\"HS256\"}", TOKEN_RIGHT},
        {" { \"\\u0061lg\" : \"HS\\u003256\" } ", TOKEN_RIGHT},
        {"{\"alg\":\"HS256\",\"kid\":\"\"}", TOKEN_RIGHT},
        {"{\"alg\":\"none\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"None\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"hs256\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"HS384\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"RS256\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"HS256\\u0000\"}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":null}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":[\"HS256\"]}", TOKEN_BAD_ALGORITHM},
        {"{}", TOKEN_BAD_ALGORITHM},
        {"{\"alg\":\"HS256\",\"kid\":\"old\"}", TOKEN_BAD_SIGNATURE}, /* signed with the other */
        {"{\"alg\":\"HS256\",\"kid\":\"new\"}", TOKEN_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":null}", TOKEN_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":7}", TOKEN_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\",\"kid\":\"old\",\"kid\":\"\"}", TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", TOKEN_MALFORMED},
        {"[\"HS256\"]", TOKEN_MALFORMED},
        {"\"HS256\"", TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\"", TOKEN_MALFORMED},
        {"", TOKEN_MALFORMED},
    };
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        expect(arena, keyring,
               forge_hs256(arena, span_of(CASES[i].header), SPAN("{" GOOD "}"), KEY),
               CASES[i].fault, CASES[i].header);
    keyring_free(&keyring);
}

static void claims_have_to_hold_now_and_here(void **state) {
    static const struct {
        const char *claims;
        enum token_fault fault;
    } CASES[] = {
        {"{" GOOD "}", TOKEN_RIGHT},
        {"{\"exp\":1.7000001e9,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_RIGHT},
        {"{\"exp\":1699999971,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_RIGHT}, /* the leeway */
        {"{\"exp\":1699999970,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_EXPIRED},
        {"{\"exp\":0,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_EXPIRED},
        {"{\"exp\":-1,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_BAD_CLAIMS},
        {"{\"exp\":9007199254740991,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_RIGHT},
        {"{\"exp\":1e300,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_BAD_CLAIMS},
        {"{\"exp\":\"1700000100\",\"aud\":\"rabbitmq\"," MORE "}", TOKEN_BAD_CLAIMS},
        {"{\"exp\":null,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_BAD_CLAIMS},
        {"{\"aud\":\"rabbitmq\"," MORE "}", TOKEN_BAD_CLAIMS},
        {"{\"nbf\":1700000030," GOOD "}", TOKEN_RIGHT},
        {"{\"nbf\":1700000031," GOOD "}", TOKEN_NOT_YET},
        {"{\"nbf\":\"0\"," GOOD "}", TOKEN_BAD_CLAIMS},
        {"{\"iat\":1700000030," GOOD "}", TOKEN_RIGHT},
        {"{\"iat\":1700000031," GOOD "}", TOKEN_NOT_YET},
        {"{\"iat\":true," GOOD "}", TOKEN_BAD_CLAIMS},
        {"{\"exp\":1700000100,\"aud\":[\"rabbitmq\",\"U1\"]," MORE "}", TOKEN_RIGHT},
        {"{\"exp\":1700000100,\"aud\":[7,[],\"rabbit\\u006dq\"]," MORE "}", TOKEN_RIGHT},
        {"{\"exp\":1700000100,\"aud\":[\"U1\"]," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100,\"aud\":[]," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100,\"aud\":[[\"rabbitmq\"]]," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100,\"aud\":{\"rabbitmq\":\"rabbitmq\"}," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100,\"aud\":\"rabbit\"," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100,\"aud\":\"rabbitmq \"," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100," MORE "}", TOKEN_BAD_AUDIENCE},
        {"{\"exp\":1700000100,\"exp\":1700000100,\"aud\":\"rabbitmq\"," MORE "}", TOKEN_BAD_CLAIMS},
        {"{\"sub\":\"U2\"," GOOD "}", TOKEN_BAD_CLAIMS},
        {"{\"s\\u0075b\":\"U2\"," GOOD "}", TOKEN_BAD_CLAIMS},
        {"{\"app_id\":\"other\"," GOOD "}", TOKEN_BAD_CLAIMS},
        {"{\"tiledesk_api_roles\":\"user\",\"tiledesk_api_roles\":\"admin\"," GOOD "}",
         TOKEN_BAD_CLAIMS},
        {"{\"other\":1,\"other\":2," GOOD "}", TOKEN_RIGHT}, /* nobody reads it */
        {"{\"jti\":7," GOOD "}", TOKEN_BAD_CLAIMS},
        {"[" GOOD "]", TOKEN_MALFORMED},
        {"{" GOOD "} ", TOKEN_RIGHT},
        {"{" GOOD "} x", TOKEN_MALFORMED},
        {"{" GOOD ",\"x\":\"\377\"}", TOKEN_MALFORMED},
    };
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), span_of(CASES[i].claims), KEY),
               CASES[i].fault, CASES[i].claims);
    keyring_free(&keyring);
}

#define UNTIL "\"exp\":1700000100,\"aud\":\"rabbitmq\""

static void a_token_is_somebodys(void **state) {
    static const struct {
        const char *claims, *app, *user; /* user NULL: refused */
    } CASES[] = {
        {"{\"sub\":\"U1\",\"user_id\":\"U1\",\"app_id\":\"A\"," UNTIL "}", "A", "U1"},
        {"{\"user_id\":\"U1\",\"app_id\":\"A\"," UNTIL "}", "A", "U1"},
        {"{\"sub\":\"\\u00e8 \\\"x\\\"\",\"app_id\":\"A\"," UNTIL "}", "A", "\303\250 \"x\""},
        {"{\"sub\":\"observer\"," UNTIL "}", NULL, "observer"},
        {"{\"sub\":\"U1\",\"user_id\":\"U2\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"user_id\":null,\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":[\"U1\"],\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"app_id\":\"\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"app_id\":null," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"app_id\":7," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"app_id\":\"observer\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"app_id\":\"outgoing\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\",\"app_id\":\"A.users\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"system\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"support-group-1\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"a/b\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"*\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"#\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U1\\u0000\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U\\n1\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
        {"{\"sub\":\"U\\ud8001\",\"app_id\":\"A\"," UNTIL "}", NULL, NULL},
    };
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct token_claims claims =
            expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), span_of(CASES[i].claims), KEY),
                   CASES[i].user ? TOKEN_RIGHT : TOKEN_BAD_CLAIMS, CASES[i].claims);
        assert_true(!CASES[i].user || span_is(claims.user, CASES[i].user));
        assert_true(CASES[i].app ? span_is(claims.app, CASES[i].app) : !claims.app.at);
    }
    keyring_free(&keyring);
}

static void an_admin_is_named_in_the_roles(void **state) {
    static const struct {
        const char *roles;
        bool is_admin;
    } CASES[] = {
        {"\"admin\"", true},
        {"\"user, admin\"", true},
        {"\"admin,user\"", true},
        {"[\"user\",\"admin\"]", true},
        {"\"\\u0061dmin\"", true},
        {"\"user\"", false},
        {"\"administrator\"", false},
        {"\"Admin\"", false},
        {"\"\"", false},
        {"\"not admin\"", false},
        {"null", false},
        {"true", false},
        {"{\"admin\":true}", false},
        {"[[\"admin\"]]", false},
        {"[\"user,admin\"]", false},
    };
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct span json =
            arena_print(arena, "{\"tiledesk_api_roles\":%s," GOOD "}", CASES[i].roles);
        struct token_claims claims =
            expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), json, KEY), TOKEN_RIGHT,
                   CASES[i].roles);
        if (claims.is_admin != CASES[i].is_admin)
            fail_msg("roles %s", CASES[i].roles);
        assert_true(span_equal(claims.json, json));
    }
    keyring_free(&keyring);
}

static void the_other_claims_are_handed_on(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    struct token_claims claims = expect(
        arena, keyring,
        forge_hs256(arena, SPAN(HEADER), SPAN("{\"jti\":\"J\",\"iat\":1699999000," GOOD "}"), KEY),
        TOKEN_RIGHT, "all of them");
    assert_int_equal(claims.issued, 1699999000);
    assert_int_equal(claims.expires, 1700000100);
    assert_true(span_is(claims.id, "J"));
    claims = expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), SPAN("{" GOOD "}"), KEY),
                    TOKEN_RIGHT, "few of them");
    assert_int_equal(claims.issued, 0);
    assert_null(claims.id.at);
    keyring_free(&keyring);
}

static void a_key_is_chosen_by_its_id(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    const struct span old = SPAN("{\"alg\":\"HS256\",\"kid\":\"old\"}"), good = SPAN("{" GOOD "}");
    expect(arena, keyring, forge_hs256(arena, old, good, OLD_KEY), TOKEN_RIGHT, "old");
    expect(arena, keyring, forge_hs256(arena, old, good, KEY), TOKEN_BAD_SIGNATURE, "crossed");
    expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), good, OLD_KEY), TOKEN_BAD_SIGNATURE,
           "crossed the other way");
    keyring_free(&keyring);
    const struct keyring_key named = {SPAN("old"), OLD_KEY};
    struct keyring_settings settings = {TOKEN_HS256, &named, 1, SPAN("rabbitmq"), 0};
    keyring = keyring_new(&settings, NULL);
    expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), good, OLD_KEY), TOKEN_UNKNOWN_KEY,
           "no key for those that name none");
    keyring_free(&keyring);
}

static void what_is_no_token_is_refused(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    struct span good = forge_hs256(arena, SPAN(HEADER), SPAN("{" GOOD "}"), KEY);
    const char *text = arena_string(arena, good);
    const struct {
        const char *what;
        struct span token;
        enum token_fault fault;
    } cases[] = {
        {"whole", good, TOKEN_RIGHT},
        {"nothing", SPAN(""), TOKEN_MISSING},
        {"a word", SPAN("x"), TOKEN_MALFORMED},
        {"dots", SPAN(".."), TOKEN_MALFORMED},
        {"many dots", SPAN("....."), TOKEN_MALFORMED},
        {"no signature", span_cut(good, 0, (size_t)(strrchr(text, '.') - text)), TOKEN_MALFORMED},
        {"an empty one", span_cut(good, 0, (size_t)(strrchr(text, '.') - text) + 1),
         TOKEN_BAD_SIGNATURE},
        {"half of one", span_cut(good, 0, good.size - 3), TOKEN_BAD_SIGNATURE},
        {"a fourth part", arena_print(arena, "%s.e30", text), TOKEN_MALFORMED},
        {"a byte behind it", arena_print(arena, "%s\n", text), TOKEN_MALFORMED},
        {"a blank behind it", arena_print(arena, "%s ", text), TOKEN_MALFORMED},
        {"a NUL behind it", {text, good.size + 1}, TOKEN_MALFORMED},
        {"padding", arena_print(arena, "%s=", text), TOKEN_MALFORMED},
        {"Bearer", arena_print(arena, "Bearer %s", text), TOKEN_MALFORMED},
        {"more bytes in the signature", arena_print(arena, "%sAAAA", text), TOKEN_BAD_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(arena, keyring, cases[i].token, cases[i].fault, cases[i].what);
    keyring_free(&keyring);
}

/* Of 32 bytes the last character holds four bits that count, and two that do not. */
static void a_signature_has_one_spelling(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. ";
    struct span good = forge_hs256(arena, SPAN(HEADER), SPAN("{" GOOD "}"), KEY);
    char *token = arena_string(arena, good);
    int right = 0;
    for (size_t i = 0; i < sizeof ALPHABET - 1; i++) {
        struct token_claims claims;
        token[good.size - 1] = ALPHABET[i];
        right += token_verify(arena, keyring, span_of(token), NOW, &claims) == TOKEN_RIGHT;
    }
    assert_int_equal(right, 1);
    keyring_free(&keyring);
}

static void no_byte_of_a_token_can_be_changed(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    struct span good = forge_hs256(arena, SPAN(HEADER), SPAN("{" GOOD "}"), KEY);
    for (size_t i = 0; i < good.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            char *token = arena_string(arena, good);
            struct token_claims claims;
            token[i] = (char)(token[i] ^ 1 << bit);
            assert_int_not_equal(
                token_verify(arena, keyring, (struct span){token, good.size}, NOW, &claims),
                TOKEN_RIGHT);
        }
    keyring_free(&keyring);
}

static struct span repeat(struct arena *arena, const char *what, size_t times) {
    struct text text = text_start(arena, times);
    for (size_t i = 0; i < times; i++)
        text_add(&text, span_of(what));
    return text_span(&text);
}

static void a_token_is_bounded(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = hs_ring();
    const struct {
        const char *what;
        size_t nested, wide;
        enum token_fault fault;
    } CASES[] = {
        {"deep", 126, 0, TOKEN_RIGHT},           {"too deep", 128, 0, TOKEN_MALFORMED},
        {"very deep", 2500, 0, TOKEN_MALFORMED}, {"wide", 0, 5800, TOKEN_RIGHT},
        {"too wide", 0, 6200, TOKEN_MALFORMED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct span open = repeat(arena, "[", CASES[i].nested);
        struct span close = repeat(arena, "]", CASES[i].nested);
        struct span x = repeat(arena, "x", CASES[i].wide);
        struct span json = arena_print(arena, "{" GOOD ",\"x\":[%.*s%.*s],\"y\":\"%.*s\"}",
                                       SPAN_ARGS(open), SPAN_ARGS(close), SPAN_ARGS(x));
        struct span token = forge_hs256(arena, SPAN(HEADER), json, KEY);
        assert_true((token.size > TOKEN_MAX) == (CASES[i].wide > 6000));
        expect(arena, keyring, token, CASES[i].fault, CASES[i].what);
    }
    keyring_free(&keyring);
}

#define RS_HEADER "{\"alg\":\"RS256\"}"

static void rs256_takes_what_the_private_key_signed(void **state) {
    struct arena *arena = *state;
    struct keyring *keyring = rs_ring(arena);
    const struct span good = SPAN("{" GOOD "}"), pem = forge_pem(arena, rsa, true);
    expect(arena, keyring, forge_rs256(arena, SPAN(RS_HEADER), good, rsa), TOKEN_RIGHT, "right");
    expect(arena, keyring, forge_rs256(arena, SPAN(RS_HEADER), good, other_rsa),
           TOKEN_BAD_SIGNATURE, "another key");
    expect(arena, keyring, forge_rs256(arena, SPAN(HEADER), good, rsa), TOKEN_BAD_ALGORITHM,
           "said to be HS256");
    expect(arena, keyring, forge_hs256(arena, SPAN(HEADER), good, pem), TOKEN_BAD_ALGORITHM,
           "HS256 with the public key");
    expect(arena, keyring, forge_hs256(arena, SPAN(RS_HEADER), good, pem), TOKEN_BAD_SIGNATURE,
           "the same, said to be RS256");
    expect(arena, keyring, forge_hs256(arena, SPAN("{\"alg\":\"none\"}"), good, pem),
           TOKEN_BAD_ALGORITHM, "none");
    assert_int_equal(ERR_peek_error(), 0); /* TLS on this thread would take it for its own */
    keyring_free(&keyring);
}

/* libjwt, which does no verifying for us, thinks so too. */
static void expect_second_opinion(struct arena *arena, struct span token, struct span key) {
    jwt_t *jwt = NULL;
    assert_int_equal(jwt_decode(&jwt, arena_string(arena, token),
                                (const unsigned char *)arena_string(arena, key), (int)key.size),
                     0);
    jwt_free(jwt);
}

static void what_we_make_is_right(void **state) {
    struct arena *arena = *state;
    const struct token_span span = {NOW, NOW + 60};
    const struct token_user user = {SPAN("tilechat"), SPAN("\303\250 %2E \"U\""), true};
    struct keyring *rings[] = {hs_ring(), rs_ring(arena)};
    const struct token_signer signers[] = {
        {TOKEN_HS256, OLD_KEY, SPAN("old")},
        {TOKEN_RS256, forge_pem(arena, rsa, false), SPAN_NONE},
    };
    const struct span keys[] = {OLD_KEY, forge_pem(arena, rsa, true)};
    for (size_t i = 0; i < 2; i++) {
        struct span token;
        struct why why = {""};
        assert_int_equal(token_for_user(arena, &signers[i], &user, span, &token, &why), 0);
        struct token_claims claims = expect(arena, rings[i], token, TOKEN_RIGHT, "a user's");
        assert_true(span_equal(claims.user, user.user) && claims.is_admin);
        assert_true(span_is(claims.app, "tilechat"));
        expect_second_opinion(arena, token, keys[i]);
        assert_int_equal(token_for_observer(arena, &signers[i], span, &token, &why), 0);
        claims = expect(arena, rings[i], token, TOKEN_RIGHT, "the observer's");
        assert_true(span_is(claims.user, "observer") && !claims.app.at && !claims.is_admin);
        keyring_free(&rings[i]);
    }
}

static void a_token_can_be_looked_at_by_anybody(void **state) {
    struct arena *arena = *state;
    struct token_parts parts;
    struct why why = {""};
    assert_int_equal(
        token_look(arena, forge_hs256(arena, SPAN(HEADER), SPAN("{}"), OTHER_KEY), &parts, &why),
        0);
    assert_true(span_is(parts.header, HEADER) && span_is(parts.claims, "{}"));
    assert_int_equal(token_look(arena, SPAN("e30.e30"), &parts, &why), -1);
    assert_string_equal(why.words, "it has no three parts with dots between them");
    assert_int_equal(token_look(arena, SPAN("e30.ew.e30"), &parts, &why), -1);
    assert_non_null(strstr(why.words, "its payload is not JSON"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_header_says_the_pinned_algorithm_and_a_known_key),
        TEST(claims_have_to_hold_now_and_here),
        TEST(a_token_is_somebodys),
        TEST(an_admin_is_named_in_the_roles),
        TEST(the_other_claims_are_handed_on),
        TEST(a_key_is_chosen_by_its_id),
        TEST(what_is_no_token_is_refused),
        TEST(a_signature_has_one_spelling),
        TEST(no_byte_of_a_token_can_be_changed),
        TEST(a_token_is_bounded),
        TEST(rs256_takes_what_the_private_key_signed),
        TEST(what_we_make_is_right),
        TEST(a_token_can_be_looked_at_by_anybody),
    };
    return cmocka_run_group_tests_name("token_verify", tests, make_keys, free_keys);
}
