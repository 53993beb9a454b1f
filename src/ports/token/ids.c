/* For whom a token may be: nobody whose id would open more than its own paths, and nobody whose
 * name is reserved. Asked when a token is made, and when one is verified. */
#include "ports/token/parts.h"
#include "words/json.h"

/* Bytes that are no UTF-8 would all become the same replacement character in the claims, and so
 * open the paths of another user; so would a lone surrogate that was escaped in them. */
static bool is_one_of_a_kind(struct arena *arena, struct span id) {
    return span_equal(json_unquote(arena, json_quote(arena, id)), id) &&
           !span_has(id, SPAN("\357\277\275"));
}

int token_check_id(struct arena *arena, const char *what, struct span id, struct why *why) {
    if (id.size == 0)
        return why_say(why, "the %s is empty", what);
    if (!is_one_of_a_kind(arena, id))
        return why_say(why, "the %s is not UTF-8, or has a replacement character in it", what);
    for (size_t i = 0; i < id.size; i++) {
        unsigned char byte = (unsigned char)id.at[i];
        if (byte < 0x20 || byte == 0x7f)
            return why_say(why, "the %s has a control byte in it", what);
        if (strchr("./#*+", byte))
            return why_say(why, "the %s has a \"%c\" in it, which means something in a topic", what,
                           byte);
    }
    return 0;
}

int token_check_user(struct arena *arena, struct span app, struct span user, struct why *why) {
    if (token_check_id(arena, "app", app, why) || token_check_id(arena, "user", user, why))
        return -1;
    if (span_is(app, "observer") || span_is(app, "outgoing"))
        return why_say(why, "\"%.*s\" is no app: the name is reserved", SPAN_ARGS(app));
    if (span_is(user, "system"))
        return why_say(why, "\"system\" is the server's own name, not a user's");
    if (span_has(user, SPAN("group-")))
        return why_say(why, "a user's id must not contain \"group-\": that names a group");
    return 0;
}

int token_check_kid(struct span kid, struct why *why) {
    if (kid.size > TOKEN_KID_MAX)
        return why_say(why, "a key's id is longer than %d bytes", TOKEN_KID_MAX);
    for (size_t i = 0; i < kid.size; i++)
        if (kid.at[i] <= ' ' || kid.at[i] > '~' || strchr("\"\\,=", kid.at[i]))
            return why_say(why, "a key's id has a byte in it that is none of printable ASCII, or a "
                                "quote, a backslash, a comma or =");
    return 0;
}
