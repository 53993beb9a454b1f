#include "server/token_show.h"

#include "ports/store.h"
#include "server/config.h"
#include "server/status_print.h"
#include "words/clock.h"

#include <unistd.h>

struct span token_shown_text(const struct token_shown *shown, bool of_header, const char *name) {
    struct json_value value;
    if (!json_find(of_header ? shown->parts.header : shown->parts.claims, span_of(name), &value))
        return SPAN_NONE;
    return value.type == JSON_STRING ? json_unquote(shown->arena, value.text) : value.text;
}

static struct span unknown_key(const struct token_shown *shown) {
    struct span kid = token_shown_text(shown, true, "kid");
    if (!kid.size)
        return SPAN("it names no key, and there is none for those (JWT_KEY)");
    return arena_print(shown->arena, "it names the key %.*s, which is not set (CHAT21D_JWT_KEYS)",
                       SPAN_ARGS(kid));
}

static struct span fault_words(const struct token_shown *shown) {
    switch (shown->fault) {
    case TOKEN_RIGHT:
        return SPAN_NONE;
    case TOKEN_MISSING:
        return SPAN("it is empty");
    case TOKEN_MALFORMED:
        return SPAN("its header says something twice, or asks for extensions (crit)");
    case TOKEN_BAD_ALGORITHM:
        return SPAN("its algorithm is not the one that is set (CHAT21D_JWT_ALG)");
    case TOKEN_UNKNOWN_KEY:
        return unknown_key(shown);
    case TOKEN_BAD_SIGNATURE:
        return SPAN("it was signed with another key, or changed since");
    case TOKEN_EXPIRED:
        return SPAN("it has expired");
    case TOKEN_NOT_YET:
        return SPAN("its time is to come (nbf, iat)");
    case TOKEN_BAD_AUDIENCE:
        return arena_print(shown->arena, "its aud has no \"%.*s\" (CHAT21D_JWT_AUDIENCE)",
                           SPAN_ARGS(shown->audience));
    case TOKEN_BAD_CLAIMS:
        return SPAN("it has no exp, says something twice or in another type, sub and user_id "
                    "differ, or nobody can have such an id");
    }
    return SPAN_NONE;
}

/* `apps` is the list as the settings have it. */
static bool is_in_list(struct span apps, struct span app) {
    while (apps.size) {
        const char *comma = memchr(apps.at, ',', apps.size);
        struct span one = comma ? span_cut(apps, 0, (size_t)(comma - apps.at)) : apps;
        if (span_equal(span_trim(one), app))
            return true;
        apps = span_cut(apps, one.size + 1, apps.size);
    }
    return false;
}

static void judge_app(struct token_shown *shown, const char *apps, struct span app) {
    shown->is_accepted = false;
    if (!app.at)
        shown->reason = SPAN("it is of no app, as a server's own: for the broker only");
    else if (apps && !is_in_list(span_of(apps), app))
        shown->reason =
            arena_print(shown->arena, "the app %.*s is not served here (APP_ID)", SPAN_ARGS(app));
    else
        shown->is_accepted = true;
}

static void say_revoked(struct token_shown *shown, int64_t since) {
    shown->is_accepted = false;
    shown->reason = arena_print(shown->arena, "this user's tokens from before %.*s are revoked",
                                SPAN_ARGS(status_time(shown->arena, since * 1000)));
}

/* The store knows, where there is one. */
static void judge_revocation(struct token_shown *shown, const char *data,
                             const struct token_claims *claims) {
    const char *file = arena_print(shown->arena, "%s/chat21d.db", data).at;
    struct why why;
    int64_t since;
    if (access(file, F_OK) != 0)
        return;
    struct store_reader *reader = store_reader_open(data, &why);
    struct facts facts = {.self = NULL};
    enum fact fact = FACT_UNAVAILABLE;
    if (reader) {
        facts = store_reader_facts(reader);
        fact = facts.revoked(facts.self, claims->app, claims->user, shown->now * 1000, &since);
    }
    if (fact == FACT_FOUND && claims->issued < since)
        say_revoked(shown, since);
    if (fact == FACT_UNAVAILABLE)
        shown->reason = SPAN("whether it was revoked cannot be read in the store");
    store_reader_close(&reader);
}

static void judge(struct token_shown *shown, const struct keyring *keyring, struct span token,
                  const char *apps, const char *data) {
    struct token_claims claims;
    shown->is_judged = true;
    shown->fault = token_verify(shown->arena, keyring, token, shown->now, &claims);
    shown->reason = fault_words(shown);
    if (shown->fault == TOKEN_RIGHT)
        judge_app(shown, apps, claims.app);
    if (shown->is_accepted && data)
        judge_revocation(shown, data, &claims);
}

/* Settings that are wrong are a reason why it cannot be told. */
static void judge_by_settings(struct token_shown *shown, const char *config, struct span token) {
    struct config_tokens tokens;
    struct span problems = SPAN_NONE;
    const char *apps = NULL, *data = NULL;
    struct why why = {""};
    if (config_load_tokens(shown->arena, config, environ, &tokens, &problems) != 0) {
        shown->reason = problems;
        return;
    }
    shown->audience = tokens.ring.audience;
    if (tokens.ring.count == 0) {
        shown->reason = SPAN("no key is set (JWT_KEY, CHAT21D_JWT_KEYS)");
        return;
    }
    struct keyring *keyring = keyring_new(&tokens.ring, &why);
    if (keyring && config_value(shown->arena, config, environ, "apps", &apps, &why) == 0 &&
        config_value(shown->arena, config, environ, "data", &data, &why) == 0)
        judge(shown, keyring, token, apps, data);
    else
        shown->reason = arena_copy(shown->arena, span_of(why.words));
    keyring_free(&keyring);
}

int token_show(struct arena *arena, const char *config, struct span token,
               struct token_shown *shown, struct why *why) {
    struct token_shown found = {
        .arena = arena, .now = clock_wall_ms(&clock_real) / 1000, .audience = SPAN("rabbitmq")};
    if (token_look(arena, token, &found.parts, why) != 0)
        return why_prefix(why, "this is no token: ");
    judge_by_settings(&found, config, token);
    *shown = found;
    return 0;
}
