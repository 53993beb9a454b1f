/* random_json: JSON in all its spellings, from a seed. The same seed gives the same text.
 *
 * Text is put piece by piece; names come from two lists, so that stamped keys, look-alikes and
 * repeated ones are frequent. */
#ifndef CHAT21D_TESTS_RANDOM_JSON_H
#define CHAT21D_TESTS_RANDOM_JSON_H

#include "claims.h"

#include "words/text.h"
#include "words/utf8.h"

struct dice {
    uint64_t state;
};

/* splitmix64. */
static uint64_t roll(struct dice *dice) {
    uint64_t z = dice->state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static size_t below(struct dice *dice, size_t end) {
    return roll(dice) % end;
}

static struct span pick(struct dice *dice, const struct span *from, size_t count) {
    return from[below(dice, count)];
}

static const struct span STAMPED_NAMES[] = {SPAN("message_id"), SPAN("sender"),
                                            SPAN("recipient"),  SPAN("app_id"),
                                            SPAN("timestamp"),  SPAN("status")};
static const struct span OTHER_NAMES[] = {
    SPAN("text"),
    SPAN("attributes"),
    SPAN("a"),
    SPAN("b"),
    SPAN(""),
    SPAN("sender_"),
    SPAN("Sender"),
    SPAN("stat"),
    SPAN("a.b"),
    SPAN("\xC3\xA9\xC3\xA9"),
    SPAN("\xF0\x9F\x98\x80"),
    SPAN("\n\"\\/"),
};

static void put_space(struct dice *dice, struct text *text) {
    while (below(dice, 4) == 0)
        text_add_char(text, " \t\r\n"[below(dice, 4)]);
}

static void put_unit(struct dice *dice, struct text *text, uint32_t unit) {
    text_print(text, below(dice, 2) ? "\\u%04x" : "\\u%04X", unit);
}

static uint32_t code_of(struct span sequence) {
    uint32_t code =
        (unsigned char)sequence.at[0] & (0xFFu >> (sequence.size + (sequence.size > 1)));
    for (size_t i = 1; i < sequence.size; i++)
        code = code << 6 | ((unsigned char)sequence.at[i] & 0x3F);
    return code;
}

/* One character, plain where that may be, or escaped. */
static void put_character(struct dice *dice, struct text *text, struct span sequence) {
    uint32_t code = code_of(sequence);
    bool must_escape = code < 0x20 || code == '"' || code == '\\';
    if (!must_escape && below(dice, 4)) {
        text_add(text, sequence);
    } else if (code >= 0x10000) {
        put_unit(dice, text, 0xD800 + ((code - 0x10000) >> 10));
        put_unit(dice, text, 0xDC00 + ((code - 0x10000) & 0x3FF));
    } else if ((code == '"' || code == '\\' || code == '/') && below(dice, 2)) {
        text_add_char(text, '\\');
        text_add_char(text, (char)code);
    } else {
        put_unit(dice, text, code);
    }
}

/* A string that means `name`, in one of its many spellings. */
static void put_name(struct dice *dice, struct text *text, struct span name) {
    text_add_char(text, '"');
    for (size_t i = 0; i < name.size;) {
        size_t size = utf8_size(name.at + i, name.size - i);
        put_character(dice, text, span_cut(name, i, size));
        i += size;
    }
    text_add_char(text, '"');
}

static void put_string(struct dice *dice, struct text *text) {
    text_add_char(text, '"');
    for (size_t left = below(dice, 12); left > 0; left--) {
        uint32_t code = (uint32_t)(roll(dice) >> (43 + below(dice, 14)));
        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            continue;
        char bytes[4];
        put_character(dice, text, (struct span){bytes, utf8_put(bytes, code)});
    }
    if (below(dice, 20) == 0)
        text_add(text, SPAN("\\ud800"));
    if (below(dice, 20) == 0)
        text_add(text, SPAN("\\\"status\\\":1,{[\\\\"));
    text_add_char(text, '"');
}

static void put_number(struct dice *dice, struct text *text) {
    static const struct span ODD[] = {
        SPAN("0"),
        SPAN("-0"),
        SPAN("1.10"),
        SPAN("-0.0e-0"),
        SPAN("1E400"),
        SPAN("1e+05"),
        SPAN("0.1"),
        SPAN("-1.5E-7"),
        SPAN("9007199254740993"),
        SPAN("123456789012345678901234567890.123456789012345678901234567890")};
    if (below(dice, 2))
        text_add(text, pick(dice, ODD, COUNT(ODD)));
    else
        text_print(text, "%lld", (long long)(roll(dice) >> below(dice, 64)));
}

static struct span some_name(struct dice *dice) {
    return below(dice, 2) ? pick(dice, STAMPED_NAMES, COUNT(STAMPED_NAMES))
                          : pick(dice, OTHER_NAMES, COUNT(OTHER_NAMES));
}

static void put_value(struct dice *dice, struct text *text, int depth);

static void put_many(struct dice *dice, struct text *text, int depth, bool is_object) {
    text_add_char(text, is_object ? '{' : '[');
    put_space(dice, text);
    for (size_t left = below(dice, 4), first = left; left > 0; left--) {
        if (left != first)
            text_add_char(text, ',');
        put_space(dice, text);
        if (is_object) {
            put_name(dice, text, some_name(dice));
            put_space(dice, text);
            text_add_char(text, ':');
            put_space(dice, text);
        }
        put_value(dice, text, depth - 1);
        put_space(dice, text);
    }
    text_add_char(text, is_object ? '}' : ']');
}

static void put_value(struct dice *dice, struct text *text, int depth) {
    static const struct span WORDS[] = {SPAN("null"), SPAN("true"), SPAN("false")};
    size_t kind = below(dice, depth > 0 ? 8 : 4);
    if (kind == 0)
        text_add(text, pick(dice, WORDS, COUNT(WORDS)));
    else if (kind == 1)
        put_number(dice, text);
    else if (kind < 4)
        put_string(dice, text);
    else
        put_many(dice, text, depth, kind < 7);
}

#endif
