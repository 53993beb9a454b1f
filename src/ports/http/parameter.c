#include "ports/http.h"
#include "words/percent.h"
#include "words/utf8.h"

/* Never longer than what it is made of. */
static struct span decode(struct arena *arena, struct span text, char plus) {
    char *out = arena_take(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int byte = percent_byte(span_cut(text, i, 3));
        if (byte >= 0)
            i += 2;
        else
            byte = text.at[i] == '+' ? plus : text.at[i];
        out[size++] = (char)byte;
    }
    return (struct span){out, size};
}

/* What stands before `byte`, all of it where there is none; `rest` is what stands behind it. */
static struct span until(struct span text, char byte, struct span *rest) {
    const char *at = text.size ? memchr(text.at, byte, text.size) : NULL;
    size_t size = at ? (size_t)(at - text.at) : text.size;
    *rest = span_cut(text, size + 1, text.size);
    return span_cut(text, 0, size);
}

struct span http_parameter(struct arena *arena, struct span query, const char *name) {
    while (query.size) {
        struct span value, pair = until(query, '&', &query);
        struct span key = until(pair, '=', &value);
        if (span_is(decode(arena, key, ' '), name) && pair.size)
            return decode(arena, value, ' ');
    }
    return SPAN_NONE;
}

int http_decode(struct arena *arena, struct span word, struct span *out) {
    struct span decoded = decode(arena, word, '+');
    for (size_t i = 0, size; i < decoded.size; i += size) {
        size = utf8_size(decoded.at + i, decoded.size - i);
        if (size == 0 || decoded.at[i] == '\0')
            return -1;
    }
    *out = decoded;
    return 0;
}
