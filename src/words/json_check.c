/* The validator: one loop over values, and a bit per open level to know an object from an array. */
#include "words/json_scan.h"
#include "words/utf8.h"

struct scan {
    const char *at, *end;
    unsigned depth;
    bool in_object[JSON_DEPTH]; /* what the open levels are; the last one is the innermost */
};

/* Every step returns NULL, or what is wrong at `scan->at`. */
typedef const char *complaint;

static char peek(const struct scan *scan) {
    return scan->at < scan->end ? *scan->at : '\0';
}

static void skip_space(struct scan *scan) {
    scan->at = json_skip_space(scan->at, scan->end);
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* 2 or 6; 0 where it is no escape. */
static size_t escape_size(const char *at, size_t left) {
    if (left < 2)
        return 0;
    if (at[1] != 'u')
        return at[1] && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
    for (size_t i = 2; i < 6; i++)
        if (i >= left || !is_hex(at[i]))
            return 0;
    return 6;
}

static complaint scan_string(struct scan *scan) {
    scan->at++;
    for (;;) {
        scan->at = json_skip_plain(scan->at, scan->end);
        size_t left = (size_t)(scan->end - scan->at), size;
        if (left == 0)
            return "a string that does not end";
        if (*scan->at == '"')
            break;
        if (*scan->at == '\\') {
            if ((size = escape_size(scan->at, left)) == 0)
                return "an escape that does not exist";
        } else if ((unsigned char)*scan->at < 0x20) {
            return "a bare control character in a string";
        } else if ((size = utf8_size(scan->at, left)) == 0) {
            return "bytes that are not UTF-8";
        }
        scan->at += size;
    }
    scan->at++;
    return NULL;
}

static complaint scan_digits(struct scan *scan) {
    if (!is_digit(peek(scan)))
        return "a digit expected";
    while (is_digit(peek(scan)))
        scan->at++;
    return NULL;
}

static complaint scan_number(struct scan *scan) {
    complaint wrong = NULL;
    if (*scan->at == '-')
        scan->at++;
    if (peek(scan) == '0')
        scan->at++;
    else
        wrong = scan_digits(scan);
    if (!wrong && peek(scan) == '.') {
        scan->at++;
        wrong = scan_digits(scan);
    }
    if (!wrong && (peek(scan) == 'e' || peek(scan) == 'E')) {
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-')
            scan->at++;
        wrong = scan_digits(scan);
    }
    return wrong;
}

static complaint scan_word(struct scan *scan, struct span word) {
    if ((size_t)(scan->end - scan->at) < word.size || memcmp(scan->at, word.at, word.size) != 0)
        return "a value expected";
    scan->at += word.size;
    return NULL;
}

/* A key and its colon. */
static complaint scan_key(struct scan *scan) {
    skip_space(scan);
    if (peek(scan) != '"')
        return "a key expected";
    complaint wrong = scan_string(scan);
    if (wrong)
        return wrong;
    skip_space(scan);
    if (peek(scan) != ':')
        return "a colon expected";
    scan->at++;
    return NULL;
}

_Static_assert(JSON_DEPTH == 128, "the words below say so");

/* Opens an object or array, and reads on to where its first value begins, if it has one. */
static complaint open_level(struct scan *scan, bool *wants_value) {
    if (scan->depth == JSON_DEPTH)
        return "more levels than 128";
    bool is_object = *scan->at++ == '{';
    scan->in_object[scan->depth++] = is_object;
    skip_space(scan);
    *wants_value = peek(scan) != (is_object ? '}' : ']');
    return is_object && *wants_value ? scan_key(scan) : NULL;
}

static complaint scan_value(struct scan *scan, bool *wants_value) {
    switch (peek(scan)) {
    case '{':
    case '[':
        return open_level(scan, wants_value);
    case '"':
        return scan_string(scan);
    case 't':
        return scan_word(scan, SPAN("true"));
    case 'f':
        return scan_word(scan, SPAN("false"));
    case 'n':
        return scan_word(scan, SPAN("null"));
    default:
        return peek(scan) == '-' || is_digit(peek(scan)) ? scan_number(scan) : "a value expected";
    }
}

/* After a value: closes the levels that end here, up to a comma (a value follows) or the end. */
static complaint close_levels(struct scan *scan, bool *wants_value) {
    while (scan->depth) {
        bool is_object = scan->in_object[scan->depth - 1];
        skip_space(scan);
        if (peek(scan) == ',') {
            scan->at++;
            *wants_value = true;
            return is_object ? scan_key(scan) : NULL;
        }
        if (peek(scan) != (is_object ? '}' : ']'))
            return is_object ? "a comma or } expected" : "a comma or ] expected";
        scan->at++;
        scan->depth--;
    }
    return NULL;
}

static complaint scan_document(struct scan *scan) {
    complaint wrong = NULL;
    bool wants_value = true;
    while (!wrong && wants_value) {
        wants_value = false;
        skip_space(scan);
        wrong = scan_value(scan, &wants_value);
        if (!wrong && !wants_value)
            wrong = close_levels(scan, &wants_value);
    }
    if (wrong)
        return wrong;
    skip_space(scan);
    return scan->at == scan->end ? NULL : "something after the value";
}

int json_check(struct span text, enum json_type *type, struct why *why) {
    if (text.size == 0)
        return why_say(why, "not JSON: empty");
    struct scan scan;
    scan.at = text.at;
    scan.end = text.at + text.size;
    scan.depth = 0;
    complaint wrong = scan_document(&scan);
    if (wrong)
        return why_say(why, "not JSON: %s at byte %zu%s", wrong, (size_t)(scan.at - text.at),
                       scan.at == scan.end ? ", where the text ends" : "");
    if (type)
        *type = json_value(text).type;
    return 0;
}
