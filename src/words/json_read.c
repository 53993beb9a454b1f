/* Reading text that json_check has accepted. Everything is bounded by the span even if it was not,
 * so that a bug elsewhere reads nonsense and never memory that is not its own. */
#include "words/json_scan.h"

static const char *const TYPE_NAMES[] = {
    "null", "a boolean", "a boolean", "a number", "a string", "an array", "an object",
};

const char *json_type_name(enum json_type type) {
    return TYPE_NAMES[type];
}

/* The first quote or backslash, or the end. */
static const char *skip_plain(const char *at, const char *end) {
    for (; end - at >= 8; at += 8) {
        uint64_t word = json_word(at);
        uint64_t hits = json_any_equal(word, '"') | json_any_equal(word, '\\');
        if (hits) {
            at += json_bytes_before(hits);
            break;
        }
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

const char *json_skip_string(const char *at, const char *end) {
    at = skip_plain(at + 1, end);
    while (at < end && *at == '\\') /* what is escaped may be a quote */
        at = skip_plain(end - at >= 2 ? at + 2 : end, end);
    return at < end ? at + 1 : end;
}

/* Checked text is balanced, so one counter does for both kinds of brackets. */
static const char *skip_nested(const char *at, const char *end) {
    size_t depth = 0;
    while (at < end) {
        char byte = *at;
        if (byte == '"') {
            at = json_skip_string(at, end);
            continue;
        }
        at++;
        if (byte == '{' || byte == '[')
            depth++;
        else if ((byte == '}' || byte == ']') && --depth == 0)
            break;
    }
    return at;
}

static bool ends_scalar(char byte) {
    return byte == ',' || byte == '}' || byte == ']' || json_is_space(byte);
}

static const char *skip_value(const char *at, const char *end) {
    if (at == end)
        return end;
    if (*at == '"')
        return json_skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_nested(at, end);
    while (at < end && !ends_scalar(*at))
        at++;
    return at;
}

static enum json_type type_of(char first) {
    switch (first) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

static struct json_value value_between(const char *at, const char *end) {
    return (struct json_value){at < end ? type_of(*at) : JSON_NULL, {at, (size_t)(end - at)}};
}

struct json_value json_value(struct span text) {
    if (text.size == 0)
        return (struct json_value){JSON_NULL, text};
    const char *end = text.at + text.size;
    const char *at = json_skip_space(text.at, end);
    while (end > at && json_is_space(end[-1]))
        end--;
    return value_between(at, end);
}

struct json_walk json_walk(struct span text) {
    struct json_value whole = json_value(text);
    struct json_walk walk = {.is_object = whole.type == JSON_OBJECT};
    if (whole.type != JSON_OBJECT && whole.type != JSON_ARRAY)
        return walk;
    walk.at = whole.text.at + 1;
    walk.end = whole.text.at + whole.text.size - (whole.text.size > 1);
    return walk;
}

static const char *read_key(struct json_walk *walk, const char *at) {
    const char *after = json_skip_string(at, walk->end);
    walk->key = after - at < 2 ? SPAN_NONE : (struct span){at + 1, (size_t)(after - at) - 2};
    after = json_skip_space(after, walk->end);
    return json_skip_space(after < walk->end ? after + 1 : after, walk->end);
}

bool json_next(struct json_walk *walk) {
    const char *at = json_skip_space(walk->at, walk->end);
    if (at < walk->end && *at == ',')
        at = json_skip_space(at + 1, walk->end);
    if (at >= walk->end)
        return false;
    walk->member = at;
    if (walk->is_object)
        at = read_key(walk, at);
    const char *after = skip_value(at, walk->end);
    walk->value = value_between(at, after);
    /* Text that was never checked must not hold the walk in one place. */
    walk->at = after > walk->member ? after : walk->end;
    return true;
}

bool json_find(struct span object, struct span name, struct json_value *value) {
    bool found = false;
    for (struct json_walk walk = json_walk(object); walk.is_object && json_next(&walk);) {
        if (!json_key_is(walk.key, name))
            continue;
        *value = walk.value;
        found = true;
    }
    return found;
}

bool json_find_path(struct span object, struct span path, struct json_value *value) {
    struct json_value here = {JSON_OBJECT, object};
    for (bool is_last = false; !is_last;) {
        const char *dot = path.size ? memchr(path.at, '.', path.size) : NULL;
        is_last = !dot;
        struct span part = dot ? (struct span){path.at, (size_t)(dot - path.at)} : path;
        if (!json_find(here.text, part, &here))
            return false;
        if (dot)
            path = span_cut(path, part.size + 1, path.size);
    }
    *value = here;
    return true;
}

struct span json_find_text(struct arena *arena, struct span object, struct span path) {
    struct json_value value;
    if (!json_find_path(object, path, &value) || value.type != JSON_STRING)
        return SPAN_NONE;
    struct span text = json_unquote(arena, value.text);
    return text.size ? text : SPAN_NONE;
}
