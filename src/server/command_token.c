/* chat21d token: makes a token, for a user's client or for the server itself. The key is never an
 * argument: arguments are for everyone on the machine to read. */
#include "server/commands.h"

#include "ports/token.h"
#include "server/config_tokens.h"
#include "server/options.h"
#include "words/clock.h"

#include <stdlib.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60, TTL = 30 * DAY, TTL_MAX = 3650 * DAY };

static const char HELP[] =
    "Usage: chat21d token USER [--app APP] [--ttl SECONDS] [--key-file FILE]\n"
    "       chat21d token --observer [--ttl SECONDS] [--key-file FILE]\n"
    "\n"
    "Prints a token (HS256) with which USER logs in to MQTT, as user \"JWT\" with the token as\n"
    "password. The key is the broker's; it comes from JWT_KEY or from a file.\n"
    "\n"
    "  --app APP        the user's app (default: the first one of APP_ID)\n"
    "  --ttl SECONDS    how long it is good, up to ten years (default: 30 days)\n"
    "  --observer       the server's own token, for RABBITMQ_URI: it opens everything\n"
    "  --key-file FILE  the key; a line's end behind it does not count\n"
    "  --config FILE    settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "  RABBITMQ_URI=\"amqp://chat21d:$(chat21d token --observer)@localhost:5672\"\n";

struct request {
    const char *user, *app, *key_file, *config;
    bool for_observer;
    int64_t ttl;
};

static int read_key(struct arena *arena, const struct request *request, struct span *key,
                    struct why *why) {
    const char *text = NULL;
    if (request->key_file)
        return config_read_key(arena, request->key_file, key, &(unsigned){0}, why);
    if (config_value(arena, request->config, environ, "jwt_key", &text, why))
        return -1;
    if (!text)
        return why_say(why, "no key: set JWT_KEY, or name a file with --key-file");
    *key = span_of(text);
    return 0;
}

static int read_app(struct arena *arena, const struct request *request, struct span *app,
                    struct why *why) {
    const char *text = request->app;
    if (!text && config_value(arena, request->config, environ, "apps", &text, why))
        return -1;
    *app = request->app ? span_of(text) : span_cut(span_of(text), 0, strcspn(text, ", "));
    return 0;
}

static int make(struct arena *arena, const struct request *request, struct span *token,
                struct why *why) {
    int64_t now = clock_wall_ms(&clock_real) / 1000;
    struct token_span span = {now, now + request->ttl};
    struct token_user user = {.user = span_of(request->user)};
    struct token_signer signer = {.algorithm = TOKEN_HS256};
    if (read_key(arena, request, &signer.key, why))
        return -1;
    if (request->for_observer)
        return token_for_observer(arena, &signer, span, token, why);
    if (read_app(arena, request, &user.app, why))
        return -1;
    return token_for_user(arena, &signer, &user, span, token, why);
}

static int print(const char *name, const struct request *request) {
    struct arena *arena = arena_new();
    struct span token = SPAN_NONE;
    struct why why;
    int rc = make(arena, request, &token, &why);
    if (rc == 0)
        printf("%.*s\n", SPAN_ARGS(token));
    arena_free(&arena);
    return rc == 0 ? COMMAND_OK : command_failed(name, "%s", why.words);
}

int command_token(int argc, char **argv) {
    struct request request = {.ttl = TTL};
    const struct option_row rows[] = {
        {"app", OPTION_TEXT, &request.app, 0, 0},
        {"ttl", OPTION_NUMBER, &request.ttl, 1, TTL_MAX},
        {"observer", OPTION_FLAG, &request.for_observer, 0, 0},
        {"key-file", OPTION_TEXT, &request.key_file, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {
        .help = HELP, OPTION_ROWS(rows), .most = 1, .expects = "expected one user"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    if (rest.count != (request.for_observer ? 0 : 1))
        return command_usage(argv[0], request.for_observer ? "--observer takes no user"
                                                           : "expected one user");
    request.user = rest.at[0];
    return print(argv[0], &request);
}
