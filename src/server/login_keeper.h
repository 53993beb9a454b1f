/* login_keeper: knows when the token ends that the server itself logs in to a broker with, warns in
 * good time, and sees to the next one where somebody provides it:
 *
 * - a file, which is read again when it changes;
 * - else a key that tokens are signed with (HS256), where the URI's own token is a server's of that
 *   key: then the next one is made here, as long-lived as that one.
 *
 * What it finds is set in a `struct login` (ports/login.h); the connections log in anew with it by
 * themselves. It does not verify what it is given: the broker does. A password that is no token has
 * no end. One owner, one thread; never logs a token. */
#ifndef CHAT21D_LOGIN_KEEPER_H
#define CHAT21D_LOGIN_KEEPER_H

#include "ports/login.h"
#include "server/config.h"
#include "words/clock.h"

/* Strings are borrowed for its life. */
struct login_settings {
    const char *name;         /* "broker": for the log, and for metrics */
    const char *uri;          /* whose password it is … */
    const char *uri_setting;  /* … "rabbitmq_uri (RABBITMQ_URI)" */
    const char *file;         /* of newer ones; NULL: none is named … */
    const char *file_setting; /* … in this setting */
    bool is_quiet;            /* logs nothing: a command's, whose output is for a person */
    const struct keyring_settings *ring; /* what tokens are signed with */
};
/* Those of the broker's own login, and of the one that analytics have of their own. */
struct login_settings login_of_broker(const struct config *config);
struct login_settings login_of_analytics(const struct config *config);

struct login_keeper;

/* Has looked once. NULL: the URI's words are wrong (`why`). */
struct login_keeper *login_keeper_new(const struct login_settings *settings,
                                      const struct clock *clock, struct why *why);
/* For a command, which is over before a token is: the broker's login, in the settings too. */
struct login_keeper *login_for_command(struct config *config, struct why *why);
/* Nobody may use the login any more. */
void login_keeper_free(struct login_keeper **keeper);

/* Where connections find the newest one. */
struct login *login_keeper_login(const struct login_keeper *keeper);

/* Renews it where it is time, or a newer one is there; warns. Once a second, and before a
 * connection is opened. */
void login_keeper_look(struct login_keeper *keeper);

struct login_state {
    const char *name;
    bool ends; /* false: the rest says nothing */
    int64_t until_ms;
    const char *renewed_by; /* "file", "key", "nobody" */
    bool is_due, is_over;   /* a person has to see to it; it is no longer good */
    char words[512];        /* then: what is the matter, and what to do */
};
struct login_state login_keeper_state(const struct login_keeper *keeper);

#endif
