/* Strings, out of JSON and into it. */
#include "words/json_scan.h"
#include "words/utf8.h"

static const uint32_t REPLACEMENT = 0xFFFD;

static uint32_t hex_digit(char byte) {
    if (byte >= '0' && byte <= '9')
        return (uint32_t)(byte - '0');
    return (uint32_t)((byte | 0x20) - 'a' + 10) & 15;
}

/* The code unit of a \uXXXX at `at`; -1 where there is none. */
static int32_t code_unit(const char *at, const char *end) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++)
        unit = unit << 4 | hex_digit(at[i]);
    return (int32_t)unit;
}

/* One code point, or half of one that is alone; `at` is at a complete \uXXXX. */
static const char *decode_unicode(const char *at, const char *end, char out[4], size_t *size) {
    uint32_t code = (uint32_t)code_unit(at, end);
    at += 6;
    if (code >= 0xD800 && code <= 0xDFFF) {
        int32_t low = code <= 0xDBFF ? code_unit(at, end) : -1;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
            at += 6;
        } else {
            code = REPLACEMENT;
        }
    }
    *size = utf8_put(out, code);
    return at;
}

static char meaning_of(char escaped) {
    switch (escaped) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return escaped;
    }
}

const char *json_decode(const char *at, const char *end, char out[4], size_t *size) {
    if (code_unit(at, end) >= 0)
        return decode_unicode(at, end, out, size);
    *size = 1;
    if (*at == '\\' && end - at >= 2) {
        out[0] = meaning_of(at[1]);
        return at + 2;
    }
    out[0] = *at;
    return at + 1;
}

static bool has_escape(struct span text) {
    return text.size && memchr(text.at, '\\', text.size) != NULL;
}

bool json_key_is_exactly(struct span escaped, struct span name) {
    if (escaped.size <= name.size)
        return span_equal(escaped, name) && !has_escape(escaped);
    if (!has_escape(escaped))
        return false;
    size_t used = 0;
    const char *end = escaped.at + escaped.size;
    for (const char *at = escaped.at; at < end;) {
        char bytes[4];
        size_t size;
        at = json_decode(at, end, bytes, &size);
        if (name.size - used < size || memcmp(name.at + used, bytes, size) != 0)
            return false;
        used += size;
    }
    return used == name.size;
}

static struct span without_quotes(struct span text) {
    bool is_value = text.size >= 2 && text.at[0] == '"'; /* a key's first byte is never a quote */
    return is_value ? (struct span){text.at + 1, text.size - 2} : text;
}

struct span json_unquote(struct arena *arena, struct span text) {
    struct span inside = without_quotes(text);
    if (!has_escape(inside))
        return inside;
    char *bytes = arena_take(arena, inside.size); /* an escape is longer than what it stands for */
    size_t used = 0;
    const char *end = inside.at + inside.size;
    for (const char *at = inside.at; at < end;) {
        char decoded[4];
        size_t size;
        at = json_decode(at, end, decoded, &size);
        memcpy(bytes + used, decoded, size);
        used += size;
    }
    return (struct span){bytes, used};
}

static void escape_into(struct text *text, char byte) {
    static const char SHORT[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                 ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    if ((size_t)byte < sizeof SHORT && SHORT[(size_t)byte]) {
        text_add_char(text, '\\');
        text_add_char(text, SHORT[(size_t)byte]);
    } else {
        text_print(text, "\\u%04x", (unsigned)byte);
    }
}

void json_quote_into(struct text *text, struct span bytes) {
    text_add_char(text, '"');
    const char *end = bytes.size ? bytes.at + bytes.size : NULL;
    for (const char *at = bytes.at; end;) {
        const char *from = at;
        at = json_skip_plain(at, end);
        text_add(text, (struct span){from, (size_t)(at - from)});
        if (at == end)
            break;
        size_t size = utf8_size(at, (size_t)(end - at));
        if ((unsigned char)*at < 0x80)
            escape_into(text, *at);
        else
            text_add(text, size ? (struct span){at, size} : SPAN("\xEF\xBF\xBD"));
        at += size ? size : 1;
    }
    text_add_char(text, '"');
}

struct span json_quote(struct arena *arena, struct span bytes) {
    struct text text = text_start(arena, bytes.size + 2);
    json_quote_into(&text, bytes);
    return text_span(&text);
}
