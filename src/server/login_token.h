/* login_token: what a login's token says, and the next one of its kind. */
#ifndef CHAT21D_LOGIN_TOKEN_H
#define CHAT21D_LOGIN_TOKEN_H

#include "ports/token.h"
#include "server/login_plan.h"

/* How long it is good, as it says itself. Where it does not say since when, that is `now_ms`. What
 * is no token does not end. */
struct login_life login_token_life(struct arena *arena, struct span token, int64_t now_ms);

/* Was it signed with that key (HS256), and is it a server's, not a user's? Its times do not count.
 */
bool login_token_is_of(struct arena *arena, struct span token, const struct keyring_key *key);

/* A server's own, from now on, for so long. `*token` is in the arena. */
int login_token_make(struct arena *arena, const struct keyring_key *key, int64_t now_ms,
                     int64_t length_ms, struct span *token, struct why *why);

/* Reads a file that holds nothing but a token or a password, and white space behind it. `*token` is
 * in the arena. */
int login_token_read(struct arena *arena, const char *file, struct span *token, struct why *why);

#endif
