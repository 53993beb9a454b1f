/* Keys that anybody can look up: whoever knows one makes tokens for whom they like. */
#include "ports/token/parts.h"

/* From Chat21's and Tiledesk's own examples (compose files, Helm values, sources) and from those of
 * RabbitMQ, jwt.io and the libraries that sign tokens. */
static const char *const PUBLISHED[] = {
    "tokenKey",
    "YOUR_TOKEN_KEY",
    "nodeauthsecret",
    "chat21-secret-orgAa,",
    "CHANGEIT",
    "changeit",
    "CHANGE_ME",
    "change-me",
    "changeme",
    "CHANGE_ME_LONG_RANDOM_SECRET",
    "your-secure-jwt-secret-change-this",
    "rabbit_signing_key",
    "a-string-secret-at-least-256-bits-long",
    "your-256-bit-secret",
    "your-384-bit-secret",
    "your-512-bit-secret",
    "your-secret-key",
    "your_secret_key",
    "your-jwt-secret",
    "your_jwt_secret",
    "jwt_secret",
    "JWT_SECRET",
    "secretkey",
    "secret-key",
    "secret_key",
    "supersecret",
    "mysecret",
    "my-secret",
    "shhhhh",
    "secret",
    "password",
    "123456",
    "123qweasd",
    "test",
    "key",
};
enum { PUBLISHED_COUNT = sizeof PUBLISHED / sizeof PUBLISHED[0] };

bool token_key_is_published(struct span key) {
    for (size_t i = 0; i < PUBLISHED_COUNT; i++)
        if (span_is(key, PUBLISHED[i]))
            return true;
    return false;
}

bool token_is_of_published_key(struct arena *arena, struct span token) {
    struct token_split split;
    if (token_split(arena, token, &split, NULL) != 0)
        return false;
    for (size_t i = 0; i < PUBLISHED_COUNT; i++)
        if (hmac_signed(span_of(PUBLISHED[i]), split.input, split.signature))
            return true;
    return false;
}
