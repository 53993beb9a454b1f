/* json: reads and splices JSON text (RFC 8259) without ever building a tree.
 *
 * A message is bytes: a field nobody touched leaves exactly as it came. So nothing here encodes a
 * document again; a change is spliced into the original text.
 *
 * Promises: depth in the text costs a counter, not stack (json_splice goes one call deeper for each
 * part of a change's path, JSON_DEPTH at most); time linear in the text; never reads outside the
 * span; no allocation but from the arena it is given.
 * Limits: JSON_DEPTH levels. UTF-8 must be valid (no overlong forms, no surrogates); escaped lone
 * surrogates ("\ud800") are let through, as every JavaScript client does.
 *
 * json_check.c validates, json_read.c walks, json_number.c and json_unquote.c read and write
 * scalars, json_splice.c changes; json_scan.h is theirs. */
#ifndef CHAT21D_JSON_H
#define CHAT21D_JSON_H

#include "words/arena.h"
#include "words/span.h"
#include "words/why.h"

#include <stdint.h>

enum { JSON_DEPTH = 128 };

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* "null", "a boolean", "a number", "a string", "an array", "an object": for words of refusal. */
const char *json_type_name(enum json_type type);

/* Is `text` one whole valid JSON value (white space around it allowed)? Says where (bytes count
 * from 0) and what if not: "not JSON: a comma or } expected at byte 17". `*type`, where not NULL,
 * is the value's. */
int json_check(struct span text, enum json_type *type, struct why *why);

/* One value inside a text that json_check has accepted. `text` is the value's own bytes, without
 * white space around it; of a string, with its quotes. */
struct json_value {
    enum json_type type;
    struct span text;
};

/* The value that `text` (checked before) holds. */
struct json_value json_value(struct span text);

/* Walks the members of an object or the items of an array, in order. `text` must have been checked,
 * and be an object or array (others yield nothing).
 *
 *     struct json_walk walk = json_walk(object);
 *     while (json_next(&walk)) … walk.key, walk.value …
 */
struct json_walk {
    struct span key; /* objects: between the quotes, still escaped; arrays: absent */
    struct json_value value;
    const char *member; /* where the member begins (the key's quote), for splicing */
    const char *at, *end;
    bool is_object;
};
struct json_walk json_walk(struct span text);
bool json_next(struct json_walk *walk);

/* Is the key, as it stands escaped in the text, this name? ("\u0073ender" is "sender".) Asked for
 * every key of every message, so what nearly always settles it is inline: an escape is longer than
 * what it stands for, and a first byte that is no backslash stands for itself. */
bool json_key_is_exactly(struct span escaped, struct span name);
static inline bool json_key_is(struct span escaped, struct span name) {
    if (escaped.size < name.size)
        return false;
    bool has_first = name.size > 0 && escaped.at;
    if (has_first && escaped.at[0] != name.at[0] && escaped.at[0] != '\\')
        return false;
    return json_key_is_exactly(escaped, name);
}

/* The last member of that name (the one JavaScript's JSON.parse keeps). False: there is none. */
bool json_find(struct span object, struct span name, struct json_value *value);

/* The same through a dotted path, "attributes.masked"; a part that is no object finds nothing. */
bool json_find_path(struct span object, struct span path, struct json_value *value);

/* The text of the string there, unescaped as by json_unquote; absent where there is none, it is
 * empty, or it is no string. */
struct span json_find_text(struct arena *arena, struct span object, struct span path);

/* A string value's (with quotes) or key's (without) UTF-8 bytes, unescaped; points into the text
 * where nothing was escaped, else into the arena. A lone surrogate becomes U+FFFD. */
struct span json_unquote(struct arena *arena, struct span text);

/* `bytes` as a JSON string with quotes, in the arena. Invalid UTF-8 becomes U+FFFD. */
struct span json_quote(struct arena *arena, struct span bytes);

/* A number that is a whole one within ±2^53, however it is spelled ("10", "10.0", "1e1"). False for
 * anything else ("1.5", "1e400", a string). */
bool json_whole(struct json_value value, int64_t *number);

/* One change of an object. */
struct json_change {
    struct span path;  /* dotted; the parts are unescaped UTF-8 (other bytes are added as U+FFFD) */
    struct span value; /* checked JSON text, never absent; ignored when `unset` */
    bool unset;
};

/* Applies `count` changes to a checked object (nothing else: our bug), in one pass per level. A
 * member that is there is replaced in place (its first occurrence; every duplicate of a touched key
 * goes, and the last one's value is the one that changes below it start from); a missing one is
 * added at the end, in the order its key is first named in `changes`. A missing (or null) object on
 * a path is made, unless only for an `unset`. A part of a path that is something else is an error
 * that names it, unless for an `unset`, which then has nothing to do. Two changes of one path, or
 * of a path and a path below it: the later one wins, as if the other had not been said. A result
 * deeper than JSON_DEPTH is an error: what comes out would pass json_check. All other bytes are
 * kept, white space included. `*out` is in the arena. */
int json_splice(struct arena *arena, struct span object, const struct json_change *changes,
                size_t count, struct span *out, struct why *why);

/* The same, with a hole where the value of `changes[hole]` goes: `*head` is what comes before it,
 * `*tail` what comes after. That change must be one of a top-level key, and the last one of it. */
int json_splice_around(struct arena *arena, struct span object, const struct json_change *changes,
                       size_t count, size_t hole, struct span *head, struct span *tail,
                       struct why *why);

#endif
