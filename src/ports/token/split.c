/* A token's three parts: their base64url and their JSON are checked here, whoever signed them. */
#include "ports/token/base64.h"
#include "ports/token/parts.h"
#include "words/json.h"

static const char *const PART[] = {"header", "payload", "signature"};

/* Cuts off what stands before the next dot. False: there is none. */
static bool cut_part(struct span *rest, struct span *part) {
    const char *dot = rest->size ? memchr(rest->at, '.', rest->size) : NULL;
    if (!dot)
        return false;
    *part = span_cut(*rest, 0, (size_t)(dot - rest->at));
    *rest = span_cut(*rest, part->size + 1, rest->size);
    return true;
}

/* What is decoded may be a secret to its owner: words of refusal say where, and show nothing. */
static int read_object(struct arena *arena, const char *part, struct span encoded,
                       struct span *json, struct why *why) {
    enum json_type type;
    struct span text;
    if (!base64_decode(arena, encoded, &text))
        return why_say(why, "its %s is no base64url", part);
    if (json_check(text, &type, why) != 0)
        return why_prefix(why, "its %s is ", part);
    if (type != JSON_OBJECT)
        return why_say(why, "its %s is %s, not an object", part, json_type_name(type));
    *json = text;
    return 0;
}

int token_split(struct arena *arena, struct span token, struct token_split *split,
                struct why *why) {
    struct token_split found = {.input = token};
    struct span rest = token, encoded[3];
    if (token.size == 0)
        return why_say(why, "it is empty");
    if (token.size > TOKEN_MAX)
        return why_say(why, "it is longer than %d bytes", TOKEN_MAX);
    if (!cut_part(&rest, &encoded[0]) || !cut_part(&rest, &encoded[1]))
        return why_say(why, "it has no three parts with dots between them");
    encoded[2] = rest;
    found.input.size = encoded[0].size + 1 + encoded[1].size;
    if (read_object(arena, PART[0], encoded[0], &found.header, why) ||
        read_object(arena, PART[1], encoded[1], &found.claims, why))
        return -1;
    if (!base64_decode(arena, encoded[2], &found.signature))
        return why_say(why, "its %s is no base64url", PART[2]);
    *split = found;
    return 0;
}

int token_look(struct arena *arena, struct span token, struct token_parts *parts, struct why *why) {
    struct token_split split;
    if (token_split(arena, token, &split, why) != 0)
        return -1;
    *parts = (struct token_parts){split.header, split.claims};
    return 0;
}
