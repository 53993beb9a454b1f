/* token: bytes of a stranger are never right unless the key has signed exactly them; bytes that
 * nobody can have signed (the private key is gone) are never right at all; and what is right says
 * what the contract promises. An input is looked at as a token, and as "header\nclaims" that the
 * key then signs, so that the claims' reader is reached. */
#include "../unit/forge.h"
#include "meaning/route.h"
#include "ports/token.h"
#include "words/check.h"
#include "words/json.h"

enum { NOW = 1700000000, LEEWAY = 30 };

/* Its other half was never kept. */
static const char PUBLIC_KEY[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx17CE27eLBruZe6ulUVc\n"
    "ojfKx+UnsbsgadmK9FxyA80BDHUxxZC3220DmvmcW5ZSEqgVLljOjFCbGtAsx/jH\n"
    "tVi2Sv64PPL7op9kBX0V3y8IqsnDhlbQrBAOnhtM8dzzHEMbXccM+tH/le8W8L1M\n"
    "5pSnd6xYJCwkZPkESsMRbDmgu39NviN54mxIK4lKq2VCsuOSDUSUkuPjVnfKAiXe\n"
    "Nn8soy6ZcxnE/M1WHWUeogWuJIWhGBVn+SMGL7bG6dzYrm2a9qo8pEf1HNAGpqnb\n"
    "SxJmgJFaMwVj/K9xm9+oDdTJusLnZJPZ3+FHv6uiKdZyESc6YX1yivLGue6NeqRm\n"
    "/wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

static const struct span KEY = SPAN("a key of thirty-two bytes or more");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keyring *ring(enum token_algorithm algorithm, struct span key) {
    const struct keyring_key keys[] = {{SPAN_NONE, key}, {SPAN("K1"), key}};
    struct keyring_settings settings = {algorithm, keys, 2, SPAN("rabbitmq"), LEEWAY};
    struct keyring *made = keyring_new(&settings, NULL);
    check(made);
    return made;
}

static bool is_signed(struct arena *arena, struct span token) {
    const char *dot = memrchr(token.at, '.', token.size);
    struct span input = {token.at, dot ? (size_t)(dot - token.at) : 0};
    return span_equal(token, forge_hmac(arena, input, KEY));
}

static void check_claims(const struct token_claims *claims) {
    enum json_type type;
    check(claims->expires + LEEWAY > NOW && claims->issued <= NOW + LEEWAY && claims->issued >= 0);
    check(route_is_id(claims->user));
    check(json_check(claims->json, &type, NULL) == 0 && type == JSON_OBJECT);
    check(span_has(claims->json, SPAN("\\u")) || span_has(claims->json, SPAN("rabbitmq")));
    if (!claims->app.at)
        return;
    check(route_check_app(claims->app, NULL) == 0);
    check(!route_is_group_id(claims->user) && !span_is(claims->user, "system"));
}

static void verify(struct arena *arena, const struct keyring *keyring, struct span token) {
    struct token_claims claims;
    struct token_parts parts;
    enum token_fault fault = token_verify(arena, keyring, token, NOW, &claims);
    check(token_fault_name(fault)[0]);
    if (token_look(arena, token, &parts, NULL) != 0)
        check(fault == TOKEN_MALFORMED || fault == TOKEN_MISSING);
    if (fault != TOKEN_RIGHT)
        return;
    check(token.size <= TOKEN_MAX && is_signed(arena, token));
    check(span_equal(parts.claims, claims.json));
    check_claims(&claims);
}

/* Whatever it says: with the private key of nobody it is never right. */
static void refuse(struct arena *arena, const struct keyring *keyring, struct span token) {
    struct token_claims claims;
    check(token_verify(arena, keyring, token, NOW, &claims) != TOKEN_RIGHT);
}

static void sign_and_verify(struct arena *arena, const struct keyring *hs, const struct keyring *rs,
                            struct span text) {
    const char *end = text.size ? memchr(text.at, '\n', text.size) : NULL;
    if (!end)
        return;
    struct span header = {text.at, (size_t)(end - text.at)};
    struct span claims = span_cut(text, header.size + 1, text.size);
    verify(arena, hs, forge_hs256(arena, header, claims, KEY));
    refuse(arena, hs, forge_hs256(arena, header, claims, SPAN("another key")));
    refuse(arena, rs, forge_hs256(arena, header, claims, span_of(PUBLIC_KEY)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct keyring *hs, *rs;
    if (!hs) {
        hs = ring(TOKEN_HS256, KEY);
        rs = ring(TOKEN_RS256, span_of(PUBLIC_KEY));
    }
    struct arena *arena = arena_new();
    struct span bytes = arena_copy(arena, (struct span){(const char *)data, size});
    verify(arena, hs, bytes);
    refuse(arena, rs, bytes);
    sign_and_verify(arena, hs, rs, bytes);
    arena_free(&arena);
    return 0;
}
