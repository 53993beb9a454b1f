/* token_show: what a token says, and whether the HTTP API would take it; whether it was revoked,
 * where the settings name a store that is there. */
#ifndef CHAT21D_TOKEN_SHOW_H
#define CHAT21D_TOKEN_SHOW_H

#include "ports/token.h"
#include "words/json.h"

struct token_shown {
    struct arena *arena;
    struct token_parts parts;
    int64_t now;          /* seconds */
    struct span audience; /* as the settings have it */
    bool is_judged;       /* there are keys to judge it by; then `fault` says how */
    enum token_fault fault;
    bool is_accepted;
    struct span reason; /* why not, in words */
};

/* `config`: the file of settings, or NULL. -1: it is no token at all. Everything is in the arena.
 */
int token_show(struct arena *arena, const char *config, struct span token,
               struct token_shown *shown, struct why *why);

/* A claim (a member of the header where `of_header`) as text: a string's bytes, else its JSON.
 * Absent: it has none. */
struct span token_shown_text(const struct token_shown *shown, bool of_header, const char *name);

void print_token(const struct token_shown *shown);
void print_token_json(const struct token_shown *shown);

#endif
