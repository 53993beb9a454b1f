/* token: the JSON Web Tokens with which users and servers log in to the broker (protocol, section
 * 4) and to the HTTP API: made, looked at, verified. The only module that includes jwt.h.
 *
 * A user's token opens its own paths and nothing else; the server's own opens everything. Never
 * logs a key or a token, and no words of refusal hold one.
 *
 * libjwt signs. It does not verify: libcrypto does, by an algorithm that the keyring knows, never
 * one that the token names. libjwt 1.10 reads an RSA key anew for each token (which takes sixteen
 * times as long: tests/bench/bench_token.c), succeeds without looking where the key is NULL, takes
 * a token that was signed with the public key as an HS256 secret, and compares signatures with
 * strcmp where a distribution has not mended it (CVE-2024-25189).
 *
 * Source: RFC 7519 (claims), 7515 (the three parts), 7518 (HS256, RS256); the scopes of RabbitMQ's
 * rabbitmq_auth_backend_oauth2, which are patterns: `*` stands for anything, and %XX is decoded. */
#ifndef CHAT21D_TOKEN_H
#define CHAT21D_TOKEN_H

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

#include <stdint.h>

enum token_algorithm { TOKEN_HS256, TOKEN_RS256 };

enum {
    TOKEN_MAX = 8192,      /* bytes of a token; a longer one is refused before it is looked at */
    TOKEN_KEY_MAX = 65536, /* bytes of a key */
    TOKEN_KID_MAX = 128,   /* bytes of a key's id: printable ASCII, without " \ , = */
    TOKEN_LEEWAY_MAX = 3600
};

/* ---- making ---- */

/* With what a token is signed. */
struct token_signer {
    enum token_algorithm algorithm;
    struct span key; /* HS256: its bytes; RS256: a private key in PEM */
    struct span kid; /* named in the header; absent (or empty): none is, as in existing ones */
};

/* Whom a user's token is for. An admin's opens no more on the broker than any user's: only the HTTP
 * API asks for the role. */
struct token_user {
    struct span app;
    struct span user;
    bool is_admin;
};

/* From when to when it is good, in seconds since 1970. */
struct token_span {
    int64_t issued;
    int64_t expires;
};

/* Refuses an empty key, a time that ends before it begins, an id that would open more than its own
 * paths (empty, `.` `/` `#` `*` `+` or a control byte in it) and reserved ones (the user "system",
 * "group-" in a user id, the apps "observer" and "outgoing"). `*token` is in the arena. */
int token_for_user(struct arena *arena, const struct token_signer *signer,
                   const struct token_user *user, struct token_span span, struct span *token,
                   struct why *why);

/* The server's own: reads, writes and configures everything. */
int token_for_observer(struct arena *arena, const struct token_signer *signer,
                       struct token_span span, struct span *token, struct why *why);

/* ---- looking: believes nothing ---- */

/* JSON text, both objects, checked (words/json). */
struct token_parts {
    struct span header, claims;
};

/* What a token says, whoever signed it. -1: it is none (`why`). The parts are in the arena. */
int token_look(struct arena *arena, struct span token, struct token_parts *parts, struct why *why);

/* ---- keys that are no secret ---- */

enum { TOKEN_SECRET_LEAST = 32 }; /* bytes of an HS256 key; RFC 7518, section 3.2 */

/* Does it stand in examples for everybody to read ("tokenKey")? */
bool token_key_is_published(struct span key);
/* Is it signed (HS256) with one of these? */
bool token_is_of_published_key(struct arena *arena, struct span token);

/* ---- verifying ---- */

/* The keys by which tokens are checked: one algorithm for all of them, said by the configuration.
 * Never changed once made, so that any thread may ask it. */
struct keyring;

struct keyring_key {
    struct span kid; /* what a token's header names; empty: the key of those that name none */
    struct span key; /* HS256: its bytes; RS256: a public key in PEM ("BEGIN PUBLIC KEY") */
};

struct keyring_settings {
    enum token_algorithm algorithm;
    const struct keyring_key *keys; /* copied, as is the audience */
    size_t count;
    struct span audience;   /* has to be in `aud`: "rabbitmq" */
    int64_t leeway_seconds; /* how far clocks may be apart: for exp, nbf and iat; at most
                               TOKEN_LEEWAY_MAX */
};

/* NULL: a kid that cannot be one; a key that is empty, or for RS256 no public RSA key of 2048 bits
 * or more; two of one kid; none at all. `why` names the key by its kid. */
struct keyring *keyring_new(const struct keyring_settings *settings, struct why *why);
/* Wipes the keys. */
void keyring_free(struct keyring **keyring);

/* What a token that is right says. All spans are in the arena. */
struct token_claims {
    struct span app;  /* `app_id`; absent: not a user's (a server's own). The API decides on it */
    struct span user; /* `sub`, or `user_id`; the same where both are there */
    bool is_admin;    /* `tiledesk_api_roles` has "admin": in a list, or between commas */
    int64_t issued;   /* `iat`, in seconds; 0 where it does not say: older than any revocation */
    int64_t expires;  /* `exp`, in seconds */
    struct span id;   /* `jti`; absent where it has none */
    struct span json; /* the claims whole, as they were signed */
};

enum token_fault {
    TOKEN_RIGHT,
    TOKEN_MISSING,       /* empty */
    TOKEN_MALFORMED,     /* too long, no three parts, no base64url, no JSON, a header with `crit` */
    TOKEN_BAD_ALGORITHM, /* not the keyring's: "none", and another one although it fits a key */
    TOKEN_UNKNOWN_KEY,   /* no key of that kid; or it names none, and there is no such key */
    TOKEN_BAD_SIGNATURE,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET,      /* `nbf`, or `iat`, is later than now */
    TOKEN_BAD_AUDIENCE, /* `aud` is neither the audience nor a list with it */
    TOKEN_BAD_CLAIMS    /* no `exp`, no user, one of what we read is there twice or is of another
                           type, `sub` and `user_id` differ, an id that nobody can have */
};
enum { TOKEN_FAULTS = 10 };

/* "right", "expired", ...: for logs and metrics. */
const char *token_fault_name(enum token_fault fault);

/* Judges the bytes of a stranger. `*claims` is untouched unless it is right. The header comes first
 * (algorithm, then kid), then the signature, over exactly the bytes that came and compared in
 * constant time, and only then the claims. Each part has one spelling only (no padding, no spare
 * bits), and of what is read here no member may stand there twice: who reads the claims elsewhere
 * reads the same. */
enum token_fault token_verify(struct arena *arena, const struct keyring *keyring, struct span token,
                              int64_t now_seconds, struct token_claims *claims);

#endif
