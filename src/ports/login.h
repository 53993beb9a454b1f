/* login: the password that connections to a broker log in with, where it may change while they
 * live: a token that is renewed. Whoever renews it sets it; each connection looks for itself
 * whether it logged in with an older one (broker/renew.c), on its own thread.
 *
 * Thread-safe. Copies what it is given, and wipes what it no longer needs. Until something was set,
 * the URI's own password counts. */
#ifndef CHAT21D_LOGIN_H
#define CHAT21D_LOGIN_H

#include "words/span.h"

#include <stdint.h>

enum { LOGIN_PASSWORD_MAX = 16384 };

struct login;

struct login *login_new(void);
void login_free(struct login **login);

/* At most LOGIN_PASSWORD_MAX bytes, without a NUL. The same one as before changes nothing. */
void login_set(struct login *login, struct span password);

/* Grows with each change; 0: nothing was set. NULL has none. */
uint64_t login_generation(struct login *login);

/* A copy of the password, and the generation it is of; NULL: nothing was set, or `login` is NULL.
 * To be wiped with login_wipe. */
char *login_password(struct login *login, uint64_t *generation);
void login_wipe(char **password);

#endif
