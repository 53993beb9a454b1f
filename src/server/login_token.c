#include "server/login_token.h"

#include "ports/login.h"
#include "words/json.h"

#include <errno.h>
#include <stdio.h>

static bool read_seconds(struct span claims, const char *name, int64_t *ms) {
    struct json_value value;
    int64_t seconds;
    if (!json_find(claims, span_of(name), &value) || !json_whole(value, &seconds) || seconds < 0 ||
        seconds > INT64_MAX / 1000)
        return false;
    *ms = seconds * 1000;
    return true;
}

struct login_life login_token_life(struct arena *arena, struct span token, int64_t now_ms) {
    struct login_life life = {.from_ms = now_ms};
    struct token_parts parts;
    if (token_look(arena, token, &parts, NULL) != 0)
        return life;
    life.ends = read_seconds(parts.claims, "exp", &life.until_ms);
    read_seconds(parts.claims, "iat", &life.from_ms);
    return life;
}

static bool is_users(struct arena *arena, struct span token) {
    struct token_parts parts;
    struct json_value app;
    return token_look(arena, token, &parts, NULL) != 0 ||
           json_find(parts.claims, SPAN("app_id"), &app);
}

static bool is_signed(enum token_fault fault) {
    return fault == TOKEN_RIGHT || fault == TOKEN_EXPIRED || fault == TOKEN_NOT_YET ||
           fault == TOKEN_BAD_AUDIENCE;
}

bool login_token_is_of(struct arena *arena, struct span token, const struct keyring_key *key) {
    const struct keyring_settings settings = {
        .algorithm = TOKEN_HS256, .keys = key, .count = 1, .audience = SPAN("rabbitmq")};
    struct token_claims claims;
    struct keyring *keyring = keyring_new(&settings, NULL);
    if (!keyring)
        return false;
    bool is_of = is_signed(token_verify(arena, keyring, token, 0, &claims));
    keyring_free(&keyring);
    return is_of && !is_users(arena, token);
}

int login_token_make(struct arena *arena, const struct keyring_key *key, int64_t now_ms,
                     int64_t length_ms, struct span *token, struct why *why) {
    const struct token_signer signer = {.algorithm = TOKEN_HS256, .key = key->key, .kid = key->kid};
    int64_t now = now_ms / 1000;
    int64_t length = length_ms < 1000 ? 1 : length_ms / 1000;
    return token_for_observer(arena, &signer, (struct token_span){now, now + length}, token, why);
}

static int check_bytes(const char *file, struct span token, struct why *why) {
    if (token.size == 0)
        return why_say(why, "%s: it is empty", file);
    for (size_t i = 0; i < token.size; i++)
        if ((unsigned char)token.at[i] <= ' ' || token.at[i] == 0x7f)
            return why_say(why, "%s: it holds more than a token", file);
    return 0;
}

int login_token_read(struct arena *arena, const char *file, struct span *token, struct why *why) {
    FILE *stream = fopen(file, "re");
    if (!stream)
        return why_say(why, "%s: %s", file, strerror(errno));
    char *bytes = arena_take(arena, LOGIN_PASSWORD_MAX);
    size_t size = fread(bytes, 1, LOGIN_PASSWORD_MAX, stream);
    bool failed = ferror(stream) != 0;
    fclose(stream);
    if (failed || size == LOGIN_PASSWORD_MAX)
        return why_say(why, "%s: %s", file, failed ? "cannot be read" : "too long for a token");
    struct span found = span_trim((struct span){bytes, size});
    if (check_bytes(file, found, why) != 0)
        return -1;
    *token = found;
    return 0;
}
