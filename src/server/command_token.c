/* chat21d token: makes a token, for a user's client or for the server itself, says what one is, or
 * has a user's revoked. Neither a key nor a token is ever an argument: arguments are for everyone
 * on the machine to read.
 */
#include "server/commands.h"

#include "server/config_tokens.h"
#include "server/options.h"
#include "server/read_body.h"
#include "server/token_revoke.h"
#include "server/token_show.h"
#include "words/clock.h"

#include <unistd.h>

enum { DAY = 24 * 60 * 60, TTL = 30 * DAY, TTL_MAX = 3650 * DAY };

static const char HELP[] =
    "Usage: chat21d token USER [--app APP] [--role user|admin] [--ttl SECONDS] [KEY]\n"
    "       chat21d token --observer [--ttl SECONDS] [KEY]\n"
    "       chat21d token --show [FILE] [--json]\n"
    "       chat21d token --revoke USER [--app APP] [--for SECONDS] [--json]\n"
    "       chat21d token --restore USER [--app APP] [--json]\n"
    "\n"
    "Prints a token with which USER logs in to MQTT, as user \"JWT\" with the token as password, "
    "and\n"
    "to the HTTP API. The key is the broker's; it comes from JWT_KEY or from a file.\n"
    "\n"
    "  --app APP        the user's app (default: the first one of APP_ID)\n"
    "  --role ROLE      user (default) or admin: who may read and change all of the app over "
    "HTTP.\n"
    "                   On the broker an admin's token opens no more than any user's\n"
    "  --ttl SECONDS    how long it is good, up to ten years (default: 30 days)\n"
    "  --observer       the server's own token, for RABBITMQ_URI: it opens everything\n"
    "\n"
    "KEY:\n"
    "  --key-file FILE  the key; a line's end behind it does not count. --key is the same: a "
    "file's\n"
    "                   name, never the key\n"
    "  --alg ALG        HS256, or RS256 with a private key in PEM (default: CHAT21D_JWT_ALG)\n"
    "  --kid KID        to be named in the header; without a file: the key of that name in\n"
    "                   CHAT21D_JWT_KEYS\n"
    "\n"
    "  --show           say what a token is: of whom, what it opens, until when, and whether the\n"
    "                   HTTP API would take it, by the keys that are set. It is read from "
    "standard\n"
    "                   input, or from FILE; where the store is there, it is looked whether it "
    "was\n"
    "                   revoked\n"
    "  --revoke         have the running server refuse all of a user's tokens made up to now: the\n"
    "                   HTTP API does at once, and what the user sends is rejected, with the "
    "broker\n"
    "                   there or not. The broker itself lets them in until they expire: they "
    "still\n"
    "                   read what arrives, confirm, archive and block\n"
    "  --for SECONDS    until when (default: 30 days): as long as such tokens are good\n"
    "  --restore        take them again\n"
    "  --json           for machines\n"
    "  --config FILE    settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 it was made, or would be taken; 1 failed; 2 usage; 3 it would not be taken.\n"
    "\n"
    "  RABBITMQ_URI=\"amqp://chat21d:$(chat21d token --observer)@localhost:5672\"\n"
    "  chat21d token alice | chat21d token --show\n";

struct request {
    const char *argument; /* the user, or the file with a token; NULL: none */
    const char *app, *role, *key_file, *algorithm, *kid, *config;
    bool for_observer, shows, revokes, restores, as_json;
    int64_t ttl, revoked_for;
};

/* ---- making ---- */

static int read_algorithm(struct arena *arena, const struct request *request,
                          enum token_algorithm *algorithm, struct why *why) {
    const char *name = request->algorithm;
    if (!name && config_value(arena, request->config, environ, "jwt_alg", &name, why))
        return -1;
    if (strcmp(name, "HS256") != 0 && strcmp(name, "RS256") != 0)
        return why_say(why, "the algorithm is none of HS256, RS256");
    *algorithm = name[0] == 'R' ? TOKEN_RS256 : TOKEN_HS256;
    return 0;
}

/* Of what the settings name only HS256 keys sign: the others are public ones. */
static int find_key(struct arena *arena, const struct request *request, struct token_signer *signer,
                    struct why *why) {
    struct config_tokens tokens;
    struct span problems;
    if (signer->algorithm == TOKEN_RS256)
        return why_say(why, "RS256 signs with a private key: name its file with --key-file");
    if (config_load_tokens(arena, request->config, environ, &tokens, &problems) != 0)
        return why_say(why, "the settings are wrong:\n%.*s", SPAN_ARGS(problems));
    if (tokens.algorithm != TOKEN_HS256)
        return why_say(why, "the keys that are set are public ones (CHAT21D_JWT_ALG): name a "
                            "file with --key-file");
    for (size_t i = 0; i < tokens.ring.count; i++)
        if (span_equal(tokens.ring.keys[i].kid, signer->kid)) {
            signer->key = tokens.ring.keys[i].key;
            return 0;
        }
    if (signer->kid.size)
        return why_say(why, "no key of that name in CHAT21D_JWT_KEYS: name a file with --key-file");
    return why_say(why, "no key: set JWT_KEY, or name a file with --key-file");
}

static int read_signer(struct arena *arena, const struct request *request,
                       struct token_signer *signer, struct why *why) {
    unsigned others_may;
    signer->kid = span_of(request->kid);
    if (read_algorithm(arena, request, &signer->algorithm, why))
        return -1;
    if (request->key_file)
        return config_read_key(arena, request->key_file, &signer->key, &others_may, why);
    return find_key(arena, request, signer, why);
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
    struct token_user user = {.user = span_of(request->argument),
                              .is_admin = strcmp(request->role, "admin") == 0};
    struct token_signer signer = {.algorithm = TOKEN_HS256};
    if (read_signer(arena, request, &signer, why))
        return -1;
    if (request->for_observer)
        return token_for_observer(arena, &signer, span, token, why);
    if (read_app(arena, request, &user.app, why))
        return -1;
    return token_for_user(arena, &signer, &user, span, token, why);
}

static int make_and_print(const char *name, struct arena *arena, const struct request *request) {
    struct span token = SPAN_NONE;
    struct why why;
    if (make(arena, request, &token, &why) != 0)
        return command_failed(name, "%s", why.words);
    printf("%.*s\n", SPAN_ARGS(token));
    return COMMAND_OK;
}

/* ---- showing ---- */

/* As a client would send it, too: "Bearer TOKEN". */
static int read_token(struct arena *arena, const char *file, struct span *token, struct why *why) {
    int rc = file ? read_body_file(arena, file, TOKEN_MAX + 16, token, why)
                  : read_body(arena, stdin, "standard input", TOKEN_MAX + 16, token, why);
    if (rc != 0)
        return -1;
    *token = span_trim(*token);
    if (span_starts(*token, SPAN("Bearer ")))
        *token = span_trim(span_cut(*token, 7, token->size));
    return 0;
}

static int show(const char *name, struct arena *arena, const struct request *request) {
    struct token_shown shown;
    struct span token;
    struct why why;
    if (read_token(arena, request->argument, &token, &why) ||
        token_show(arena, request->config, token, &shown, &why))
        return command_failed(name, "%s", why.words);
    if (request->as_json)
        print_token_json(&shown);
    else
        print_token(&shown);
    return shown.is_accepted ? COMMAND_OK : COMMAND_OTHERWISE;
}

/* ---- revoking ---- */

static int revoke_or_restore(const char *name, struct arena *arena, const struct request *request) {
    struct token_revocation what = {.config = request->config,
                                    .user = span_of(request->argument),
                                    .restores = request->restores,
                                    .seconds = request->revoked_for,
                                    .as_json = request->as_json};
    struct why why;
    if (read_app(arena, request, &what.app, &why) || token_revoke(arena, &what, &why))
        return command_failed(name, "%s", why.words);
    return COMMAND_OK;
}

/* ---- what is asked for ---- */

/* NULL: it can be done. */
static const char *complaint(const struct request *request) {
    if (request->shows + request->for_observer + request->revokes + request->restores > 1)
        return "--show, --observer, --revoke and --restore are different things";
    if (request->shows && request->argument && strncmp(request->argument, "eyJ", 3) == 0)
        return "a token must not be an argument, which everyone on the machine can read: it is "
               "read from standard input";
    if (request->for_observer && request->argument)
        return "--observer takes no user";
    if (!request->shows && !request->for_observer && !request->argument)
        return "expected one user";
    if (strcmp(request->role, "user") != 0 && strcmp(request->role, "admin") != 0)
        return "--role is user or admin";
    return NULL;
}

int command_token(int argc, char **argv) {
    struct request request = {.ttl = TTL, .revoked_for = TTL, .role = "user"};
    const struct option_row rows[] = {
        {"app", OPTION_TEXT, &request.app, 0, 0},
        {"role", OPTION_TEXT, &request.role, 0, 0},
        {"ttl", OPTION_NUMBER, &request.ttl, 1, TTL_MAX},
        {"observer", OPTION_FLAG, &request.for_observer, 0, 0},
        {"key-file", OPTION_TEXT, &request.key_file, 0, 0},
        {"key", OPTION_TEXT, &request.key_file, 0, 0},
        {"alg", OPTION_TEXT, &request.algorithm, 0, 0},
        {"kid", OPTION_TEXT, &request.kid, 0, 0},
        {"show", OPTION_FLAG, &request.shows, 0, 0},
        {"revoke", OPTION_FLAG, &request.revokes, 0, 0},
        {"restore", OPTION_FLAG, &request.restores, 0, 0},
        {"for", OPTION_NUMBER, &request.revoked_for, 1, TTL_MAX},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {
        .help = HELP, OPTION_ROWS(rows), .most = 1, .expects = "expected one user"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    request.argument = rest.at[0];
    const char *wrong = complaint(&request);
    if (wrong)
        return command_usage(argv[0], "%s", wrong);
    struct arena *arena = arena_new();
    rc = request.shows                         ? show(argv[0], arena, &request)
         : request.revokes || request.restores ? revoke_or_restore(argv[0], arena, &request)
                                               : make_and_print(argv[0], arena, &request);
    arena_free(&arena);
    return rc;
}
