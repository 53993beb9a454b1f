/* token_revoke: has the running server refuse a user's tokens, or take them again. */
#ifndef CHAT21D_TOKEN_REVOKE_H
#define CHAT21D_TOKEN_REVOKE_H

#include "words/arena.h"
#include "words/why.h"

#include <stdint.h>

struct token_revocation {
    const char *config; /* the file of settings, or NULL */
    struct span app, user;
    bool restores;
    int64_t seconds; /* for how long; not of a restore */
    bool as_json;
};

/* Prints what it means. -1: it was not done. */
int token_revoke(struct arena *arena, const struct token_revocation *what, struct why *why);

#endif
