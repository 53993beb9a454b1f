/* What the claims of a token say, once its signature is known to be right. */
#include "ports/token/parts.h"
#include "words/json.h"

enum claim { SUB, USER_ID, APP_ID, EXP, NBF, IAT, AUD, JTI, ROLES };
enum { CLAIMS = 9 };

static const char *const NAME[CLAIMS] = {
    [SUB] = "sub", [USER_ID] = "user_id", [APP_ID] = "app_id",
    [EXP] = "exp", [NBF] = "nbf",         [IAT] = "iat",
    [AUD] = "aud", [JTI] = "jti",         [ROLES] = "tiledesk_api_roles",
};

struct read {
    struct arena *arena;
    struct json_value value[CLAIMS]; /* `text` is absent where there is none */
};

static bool has(const struct read *read, enum claim claim) {
    return read->value[claim].text.at != NULL;
}

/* False: one of them is there twice. Readers differ in which one they keep. */
static bool collect(struct span json, struct read *read) {
    struct json_walk walk = json_walk(json);
    while (json_next(&walk))
        for (size_t i = 0; i < CLAIMS; i++) {
            if (!json_key_is(walk.key, span_of(NAME[i])))
                continue;
            if (has(read, i))
                return false;
            read->value[i] = walk.value;
        }
    return true;
}

/* False: it is there, and is no string. */
static bool read_text(const struct read *read, enum claim claim, struct span *text) {
    if (!has(read, claim))
        return true;
    if (read->value[claim].type != JSON_STRING)
        return false;
    *text = json_unquote(read->arena, read->value[claim].text);
    return true;
}

/* The same of a time, a whole number of seconds. */
static bool read_time(const struct read *read, enum claim claim, int64_t *seconds) {
    return !has(read, claim) || (json_whole(read->value[claim], seconds) && *seconds >= 0);
}

static bool read_user(const struct read *read, struct token_claims *claims) {
    struct span sub = SPAN_NONE, user_id = SPAN_NONE;
    if (!read_text(read, SUB, &sub) || !read_text(read, USER_ID, &user_id))
        return false;
    if (has(read, SUB) && has(read, USER_ID) && !span_equal(sub, user_id))
        return false;
    claims->user = has(read, SUB) ? sub : user_id;
    if (!read_text(read, APP_ID, &claims->app))
        return false;
    if (!has(read, APP_ID))
        return token_check_id(read->arena, "user", claims->user, NULL) == 0;
    return token_check_user(read->arena, claims->app, claims->user, NULL) == 0;
}

/* "admin", or "user, admin". */
static bool names_admin(struct span list) {
    while (list.size) {
        const char *comma = memchr(list.at, ',', list.size);
        struct span one = comma ? span_cut(list, 0, (size_t)(comma - list.at)) : list;
        if (span_is(span_trim(one), "admin"))
            return true;
        list = span_cut(list, one.size + 1, list.size);
    }
    return false;
}

static bool is_admin(const struct read *read) {
    const struct json_value *roles = &read->value[ROLES];
    if (!has(read, ROLES))
        return false;
    if (roles->type == JSON_STRING)
        return names_admin(json_unquote(read->arena, roles->text));
    struct json_walk walk = json_walk(roles->text);
    while (roles->type == JSON_ARRAY && json_next(&walk))
        if (walk.value.type == JSON_STRING &&
            span_is(json_unquote(read->arena, walk.value.text), "admin"))
            return true;
    return false;
}

static bool is_for(const struct read *read, struct span audience) {
    const struct json_value *aud = &read->value[AUD];
    if (!has(read, AUD))
        return false;
    if (aud->type == JSON_STRING)
        return span_equal(json_unquote(read->arena, aud->text), audience);
    struct json_walk walk = json_walk(aud->text);
    while (aud->type == JSON_ARRAY && json_next(&walk))
        if (walk.value.type == JSON_STRING &&
            span_equal(json_unquote(read->arena, walk.value.text), audience))
            return true;
    return false;
}

enum token_fault token_read_claims(struct arena *arena, const struct keyring *keyring,
                                   struct span json, int64_t now, struct token_claims *claims) {
    struct read read = {.arena = arena};
    struct token_claims found = {.json = json};
    int64_t not_before = 0, leeway = keyring_leeway(keyring);
    if (!collect(json, &read) || !has(&read, EXP) || !read_time(&read, EXP, &found.expires) ||
        !read_time(&read, NBF, &not_before) || !read_time(&read, IAT, &found.issued) ||
        !read_text(&read, JTI, &found.id) || !read_user(&read, &found))
        return TOKEN_BAD_CLAIMS;
    if (now >= found.expires + leeway)
        return TOKEN_EXPIRED;
    if (not_before > now + leeway || found.issued > now + leeway)
        return TOKEN_NOT_YET;
    if (!is_for(&read, keyring_audience(keyring)))
        return TOKEN_BAD_AUDIENCE;
    found.is_admin = is_admin(&read);
    *claims = found;
    return TOKEN_RIGHT;
}
