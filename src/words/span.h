/* span: a borrowed piece of bytes, never terminated, never owned.
 *
 * A span is good as long as what it points into is: the call, or the arena named in the contract
 * of whoever returned it. `at` may be NULL only when `size` is 0 ("absent"). */
#ifndef CHAT21D_SPAN_H
#define CHAT21D_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *at;
    size_t size;
};

#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})
#define SPAN_NONE     ((struct span){NULL, 0})
/* For printf's "%.*s". */
#define SPAN_ARGS(s) (int)(s).size, (s).at ? (s).at : ""

static inline struct span span_of(const char *text) {
    return text ? (struct span){text, strlen(text)} : SPAN_NONE;
}

static inline bool span_equal(struct span left, struct span right) {
    return left.size == right.size && (left.size == 0 || memcmp(left.at, right.at, left.size) == 0);
}

/* `text` is never NULL. */
static inline bool span_is(struct span span, const char *text) {
    return span_equal(span, (struct span){text, strlen(text)});
}

static inline bool span_starts(struct span span, struct span prefix) {
    return span.size >= prefix.size && memcmp(span.at, prefix.at, prefix.size) == 0;
}

static inline bool span_has(struct span span, struct span part) {
    return part.size == 0 || (span.size && memmem(span.at, span.size, part.at, part.size) != NULL);
}

/* The part of `span` from `from` on, at most `size` bytes; both are cut to what is there. */
static inline struct span span_cut(struct span span, size_t from, size_t size) {
    if (from > span.size)
        from = span.size;
    if (size > span.size - from)
        size = span.size - from;
    return (struct span){span.at ? span.at + from : NULL, size};
}

/* Cuts the next part off `rest`, up to `end` and without it. False: there is none. */
static inline bool span_next(struct span *rest, char end, struct span *part) {
    if (!rest->size)
        return false;
    const char *found = memchr(rest->at, end, rest->size);
    *part = span_cut(*rest, 0, found ? (size_t)(found - rest->at) : rest->size);
    *rest = span_cut(*rest, part->size + 1, rest->size);
    return true;
}

/* Without the white space around it. */
static inline struct span span_trim(struct span span) {
    static const char WHITE[] = " \t\r\n\v\f";
    while (span.size && memchr(WHITE, span.at[0], sizeof WHITE - 1))
        span = span_cut(span, 1, span.size);
    while (span.size && memchr(WHITE, span.at[span.size - 1], sizeof WHITE - 1))
        span.size--;
    return span;
}

#endif
