/* token: the JSON Web Tokens with which users and servers log in to the broker (protocol, section
 * 4). The only module that includes jwt.h.
 *
 * Signed with HS256. A user's token opens its own paths and nothing else; the observer's opens
 * everything. Never logs a key or a token. Source: RFC 7519; the scopes of RabbitMQ's
 * rabbitmq_auth_backend_oauth2, which are patterns: `*` stands for anything, and %XX is decoded. */
#ifndef CHAT21D_TOKEN_H
#define CHAT21D_TOKEN_H

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

#include <stdint.h>

/* Whom a user's token is for. */
struct token_user {
    struct span app;
    struct span user;
};

/* From when to when it is good, in seconds since 1970. */
struct token_span {
    int64_t issued;
    int64_t expires;
};

/* Refuses an empty key, a time that ends before it begins, an id that would open more than its own
 * paths (empty, `.` `/` `#` `*` `+` or a control byte in it) and reserved ones (the user "system",
 * "group-" in a user id, the apps "observer" and "outgoing"). `*token` is in the arena. */
int token_for_user(struct arena *arena, struct span key, const struct token_user *user,
                   struct token_span span, struct span *token, struct why *why);

/* The server's own: reads, writes and configures everything. */
int token_for_observer(struct arena *arena, struct span key, struct token_span span,
                       struct span *token, struct why *why);

#endif
