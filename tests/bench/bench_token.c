/* What it costs to believe a token, of the length that existing deployments have:
 * build/bench/bench_token
 *
 * The best of five rounds, in microseconds for each token, and what libjwt needs for the signature
 * alone. Read ratios: machines differ. */
#include "../unit/forge.h"
#include "ports/token.h"
#include "words/check.h"
#include "words/clock.h"

#include <jwt.h>
#include <stdio.h>

enum { ROUNDS = 5, TIMES = 2000, NOW = 1700000000 };

struct work {
    const struct keyring *keyring;
    struct span token, key;
    struct arena *arena;
};

static void ours(struct work *work) {
    struct token_claims claims;
    arena_clear(work->arena);
    check(token_verify(work->arena, work->keyring, work->token, NOW, &claims) == TOKEN_RIGHT);
}

/* Both texts are terminated. */
static void theirs(struct work *work) {
    jwt_t *jwt = NULL;
    check(jwt_decode(&jwt, work->token.at, (const unsigned char *)work->key.at,
                     (int)work->key.size) == 0);
    jwt_free(jwt);
}

static void measure(const char *what, struct work *work, void (*verify)(struct work *work)) {
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t from = clock_steady_us(&clock_real);
        for (int i = 0; i < TIMES; i++)
            verify(work);
        int64_t took = clock_steady_us(&clock_real) - from;
        best = took < best ? took : best;
    }
    printf("%-16s %8.1f us\n", what, (double)best / TIMES);
}

/* `key` checks what `signer` signs. */
static void measure_both(const struct token_signer *signer, struct span key) {
    struct work work = {.arena = arena_new()};
    struct arena *arena = arena_new();
    const struct keyring_key one = {SPAN_NONE, key};
    const struct keyring_settings settings = {signer->algorithm, &one, 1, SPAN("rabbitmq"), 0};
    const struct token_user user = {SPAN("tilechat"), SPAN("5f09983d20f76b0019af7190"), false};
    const bool is_rsa = signer->algorithm == TOKEN_RS256;
    struct keyring *keyring = keyring_new(&settings, NULL);
    check(keyring && token_for_user(arena, signer, &user, (struct token_span){NOW, NOW + 60},
                                    &work.token, NULL) == 0);
    work.keyring = keyring;
    work.token = span_of(arena_string(arena, work.token));
    work.key = span_of(arena_string(arena, key));
    measure(is_rsa ? "RS256" : "HS256", &work, ours);
    measure(is_rsa ? "RS256, libjwt" : "HS256, libjwt", &work, theirs);
    keyring_free(&keyring);
    arena_free(&arena);
    arena_free(&work.arena);
}

int main(void) {
    struct arena *arena = arena_new();
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    const struct token_signer secret = {TOKEN_HS256, SPAN("0123456789abcdef0123456789abcdef"),
                                        SPAN_NONE};
    const struct token_signer private_key = {TOKEN_RS256, forge_pem(arena, rsa, false), SPAN_NONE};
    measure_both(&secret, secret.key);
    measure_both(&private_key, forge_pem(arena, rsa, true));
    EVP_PKEY_free(rsa);
    arena_free(&arena);
    return 0;
}
