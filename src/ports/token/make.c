/* Tokens are made here: the claims as JSON text, signed by libjwt. */
#include "ports/token/parts.h"
#include "words/json.h"
#include "words/text.h"
#include "words/uuid.h"

#include <jwt.h>
#include <stdlib.h>

#define EVERYTHING "[\"rabbitmq.read:*/*/*\",\"rabbitmq.write:*/*/*\",\"rabbitmq.configure:*/*/*\"]"

/* The broker decodes %XX in a scope, so that a user called "a%2Eb" would open the paths of "a.b".
 */
static struct span scope_word(struct arena *arena, struct span id) {
    struct text text = text_start(arena, id.size + 1);
    for (size_t i = 0; i < id.size; i++) {
        if (id.at[i] == '%')
            text_add(&text, SPAN("%25"));
        else
            text_add_char(&text, id.at[i]);
    }
    return text_span(&text);
}

static struct span user_scopes(struct arena *arena, const struct token_user *user) {
    struct span app = scope_word(arena, user->app), id = scope_word(arena, user->user);
    struct span own = arena_print(arena, "apps.%.*s.users.%.*s.*", SPAN_ARGS(app), SPAN_ARGS(id));
    struct span outbox =
        arena_print(arena, "apps.%.*s.outgoing.users.%.*s.*", SPAN_ARGS(app), SPAN_ARGS(id));
    struct span read = arena_print(arena, "rabbitmq.read:*/*/%.*s", SPAN_ARGS(own));
    struct span write = arena_print(arena, "rabbitmq.write:*/*/%.*s", SPAN_ARGS(own));
    struct span send = arena_print(arena, "rabbitmq.write:*/*/%.*s", SPAN_ARGS(outbox));
    return arena_print(arena, "[%.*s,%.*s,%.*s,\"rabbitmq.configure:*/*/*\"]",
                       SPAN_ARGS(json_quote(arena, read)), SPAN_ARGS(json_quote(arena, write)),
                       SPAN_ARGS(json_quote(arena, send)));
}

/* The claims that every token has; `who` and `scopes` are JSON. The object is left open. */
static void begin_claims(struct text *claims, struct span who, struct span scopes,
                         struct token_span span) {
    struct uuid uuid = uuid_random();
    text_print(claims, "{\"jti\":\"%s\",\"sub\":%.*s,\"scope\":%.*s", uuid.text, SPAN_ARGS(who),
               SPAN_ARGS(scopes));
    text_print(claims, ",\"client_id\":%.*s,\"cid\":%.*s,\"azp\":%.*s,\"user_id\":%.*s",
               SPAN_ARGS(who), SPAN_ARGS(who), SPAN_ARGS(who), SPAN_ARGS(who));
    text_print(claims, ",\"iat\":%lld,\"exp\":%lld", (long long)span.issued,
               (long long)span.expires);
    text_print(claims, ",\"aud\":[\"rabbitmq\",%.*s],\"kid\":\"tiledesk-key\"", SPAN_ARGS(who));
}

static jwt_alg_t library_algorithm(enum token_algorithm algorithm) {
    return algorithm == TOKEN_RS256 ? JWT_ALG_RS256 : JWT_ALG_HS256;
}

/* Of an empty kid none is said: the broker then uses its default key. */
static int describe(struct arena *arena, jwt_t *jwt, const struct token_signer *signer,
                    struct span claims) {
    if (signer->kid.size && jwt_add_header(jwt, "kid", arena_string(arena, signer->kid)))
        return -1;
    return jwt_add_grants_json(jwt, arena_string(arena, claims)) ? -1 : 0;
}

static int sign(struct arena *arena, const struct token_signer *signer, struct span claims,
                struct span *token, struct why *why) {
    int rc = -1;
    jwt_t *jwt = NULL;
    char *encoded = NULL;
    if (jwt_new(&jwt) || describe(arena, jwt, signer, claims) ||
        jwt_set_alg(jwt, library_algorithm(signer->algorithm),
                    (const unsigned char *)signer->key.at, (int)signer->key.size)) {
        why_say(why, "the claims could not be made into a token");
        goto out;
    }
    encoded = jwt_encode_str(jwt);
    if (!encoded) {
        why_say(why, "the token could not be signed%s",
                signer->algorithm == TOKEN_RS256 ? ": is the key a private RSA key in PEM?" : "");
        goto out;
    }
    if (strlen(encoded) > TOKEN_MAX) {
        why_say(why, "the token would be longer than %d bytes", TOKEN_MAX);
        goto out;
    }
    *token = arena_copy(arena, span_of(encoded));
    rc = 0;
out:
    free(encoded);
    jwt_free(jwt);
    return rc;
}

static int check_terms(const struct token_signer *signer, struct token_span span, struct why *why) {
    if (signer->key.size == 0)
        return why_say(why, "the key is empty");
    if (signer->key.size > TOKEN_KEY_MAX)
        return why_say(why, "the key is longer than %d bytes", TOKEN_KEY_MAX);
    if (token_check_kid(signer->kid, why) != 0)
        return -1;
    if (span.expires <= span.issued)
        return why_say(why, "the token would end before it begins");
    return 0;
}

int token_for_user(struct arena *arena, const struct token_signer *signer,
                   const struct token_user *user, struct token_span span, struct span *token,
                   struct why *why) {
    if (check_terms(signer, span, why) || token_check_user(arena, user->app, user->user, why))
        return -1;
    struct text claims = text_start(arena, 1024);
    begin_claims(&claims, json_quote(arena, user->user), user_scopes(arena, user), span);
    text_print(&claims, ",\"app_id\":%.*s,\"tiledesk_api_roles\":\"%s\"}",
               SPAN_ARGS(json_quote(arena, user->app)), user->is_admin ? "admin" : "user");
    return sign(arena, signer, text_span(&claims), token, why);
}

/* It has no app and no role: it is for the broker, not for the HTTP API. */
int token_for_observer(struct arena *arena, const struct token_signer *signer,
                       struct token_span span, struct span *token, struct why *why) {
    if (check_terms(signer, span, why))
        return -1;
    struct text claims = text_start(arena, 1024);
    begin_claims(&claims, SPAN("\"observer\""), SPAN(EVERYTHING), span);
    text_add_char(&claims, '}');
    return sign(arena, signer, text_span(&claims), token, why);
}
