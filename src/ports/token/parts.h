/* What the files of the token port share. */
#ifndef CHAT21D_TOKEN_PARTS_H
#define CHAT21D_TOKEN_PARTS_H

#include "ports/token.h"

/* "HS256": as the header's `alg` says it. */
const char *token_algorithm_name(enum token_algorithm algorithm);

/* ---- ids.c ---- */

/* May a token be for them? Says why not, in words that show neither. */
int token_check_id(struct arena *arena, const char *what, struct span id, struct why *why);
int token_check_user(struct arena *arena, struct span app, struct span user, struct why *why);
/* Empty is right: no id. */
int token_check_kid(struct span kid, struct why *why);

/* ---- split.c ---- */

/* The three parts of a token, decoded. Both texts are JSON objects, as in token_look. */
struct token_split {
    struct span header, claims, signature;
    struct span input; /* what was signed: the first two parts, and the dot between them */
};
int token_split(struct arena *arena, struct span token, struct token_split *split, struct why *why);

/* ---- keyring.c ---- */

enum token_algorithm keyring_algorithm(const struct keyring *keyring);
struct span keyring_audience(const struct keyring *keyring);
int64_t keyring_leeway(const struct keyring *keyring);

/* NULL: there is none of that kid. */
struct keyring_slot;
const struct keyring_slot *keyring_find(const struct keyring *keyring, struct span kid);
bool keyring_signed(const struct keyring *keyring, const struct keyring_slot *slot,
                    struct span input, struct span signature);

/* Compares in constant time. */
bool hmac_signed(struct span secret, struct span input, struct span signature);

/* ---- claims.c ---- */

/* Reads and judges the claims of a token whose signature is right. */
enum token_fault token_read_claims(struct arena *arena, const struct keyring *keyring,
                                   struct span json, int64_t now, struct token_claims *claims);

#endif
