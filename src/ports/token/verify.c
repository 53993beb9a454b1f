/* May these bytes of a stranger be believed? */
#include "ports/token/parts.h"
#include "words/json.h"

static const char *const FAULT[TOKEN_FAULTS] = {
    [TOKEN_RIGHT] = "right",
    [TOKEN_MISSING] = "missing",
    [TOKEN_MALFORMED] = "malformed",
    [TOKEN_BAD_ALGORITHM] = "bad_algorithm",
    [TOKEN_UNKNOWN_KEY] = "unknown_key",
    [TOKEN_BAD_SIGNATURE] = "bad_signature",
    [TOKEN_EXPIRED] = "expired",
    [TOKEN_NOT_YET] = "not_yet",
    [TOKEN_BAD_AUDIENCE] = "bad_audience",
    [TOKEN_BAD_CLAIMS] = "bad_claims",
};

const char *token_fault_name(enum token_fault fault) {
    return FAULT[fault];
}

/* What of a header counts; `text` is absent where it is not there. */
struct header {
    struct json_value alg, kid;
};

/* False: a member is there twice, or there is a `crit`: extensions that have to be understood (RFC
 * 7515, section 4.1.11), and none is. */
static bool read_header(struct span json, struct header *header) {
    struct json_walk walk = json_walk(json);
    while (json_next(&walk)) {
        struct json_value *into = json_key_is(walk.key, SPAN("alg"))   ? &header->alg
                                  : json_key_is(walk.key, SPAN("kid")) ? &header->kid
                                                                       : NULL;
        if (json_key_is(walk.key, SPAN("crit")) || (into && into->text.at))
            return false;
        if (into)
            *into = walk.value;
    }
    return true;
}

static bool is_text(struct arena *arena, const struct json_value *value, const char *text) {
    return value->text.at && value->type == JSON_STRING &&
           span_is(json_unquote(arena, value->text), text);
}

static enum token_fault check_signature(struct arena *arena, const struct keyring *keyring,
                                        const struct token_split *split) {
    struct header header = {.alg.text = SPAN_NONE};
    struct span kid = SPAN_NONE;
    if (!read_header(split->header, &header))
        return TOKEN_MALFORMED;
    if (!is_text(arena, &header.alg, token_algorithm_name(keyring_algorithm(keyring))))
        return TOKEN_BAD_ALGORITHM;
    if (header.kid.text.at && header.kid.type != JSON_STRING)
        return TOKEN_UNKNOWN_KEY;
    if (header.kid.text.at)
        kid = json_unquote(arena, header.kid.text);
    const struct keyring_slot *slot = keyring_find(keyring, kid);
    if (!slot)
        return TOKEN_UNKNOWN_KEY;
    return keyring_signed(keyring, slot, split->input, split->signature) ? TOKEN_RIGHT
                                                                         : TOKEN_BAD_SIGNATURE;
}

enum token_fault token_verify(struct arena *arena, const struct keyring *keyring, struct span token,
                              int64_t now_seconds, struct token_claims *claims) {
    struct token_split split;
    if (token.size == 0)
        return TOKEN_MISSING;
    if (token_split(arena, token, &split, NULL) != 0)
        return TOKEN_MALFORMED;
    enum token_fault fault = check_signature(arena, keyring, &split);
    if (fault != TOKEN_RIGHT)
        return fault;
    return token_read_claims(arena, keyring, split.claims, now_seconds, claims);
}
