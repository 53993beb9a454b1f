/* json: whatever the bytes, reading them ends and stays inside; and of what json_check accepts,
 * every part is a value again, every string comes back from being quoted, and writing it out from
 * the walk gives it back but for its white space. */
#include "words/check.h"
#include "words/json.h"
#include "words/text.h"
#include "words/utf8.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct span part, struct span whole) {
    return part.at >= whole.at && part.at + part.size <= whole.at + whole.size;
}

static void check_string(struct arena *arena, struct span text) {
    struct span bytes = json_unquote(arena, text);
    for (size_t i = 0, size; i < bytes.size; i += size)
        check((size = utf8_size(bytes.at + i, bytes.size - i)) > 0);
    struct span quoted = json_quote(arena, bytes);
    check(json_check(quoted, NULL, NULL) == 0);
    check(span_equal(json_unquote(arena, quoted), bytes));
    check(json_key_is(span_cut(quoted, 1, quoted.size - 2), bytes));
    if (text.at[0] != '"')
        check(json_key_is(text, bytes));
}

/* strtod knows as well, but for numbers that it has to round. */
static void check_number(struct arena *arena, struct json_value value) {
    int64_t whole;
    bool is_whole = json_whole(value, &whole);
    double number = strtod(arena_string(arena, value.text), NULL);
    if (is_whole)
        check(number == (double)whole && llabs((long long)whole) <= 1LL << 53);
    else if (value.text.size <= 15 && !memchr(value.text.at, 'e', value.text.size) &&
             !memchr(value.text.at, 'E', value.text.size))
        check(number != floor(number));
}

/* As it is, without the white space. */
static void write_compact(struct arena *arena, struct json_value value, struct text *out) {
    bool is_object = value.type == JSON_OBJECT, is_first = true;
    if (value.type == JSON_STRING)
        check_string(arena, value.text);
    if (value.type == JSON_NUMBER)
        check_number(arena, value);
    if (!is_object && value.type != JSON_ARRAY) {
        text_add(out, value.text);
        return;
    }
    text_add_char(out, is_object ? '{' : '[');
    for (struct json_walk walk = json_walk(value.text); json_next(&walk); is_first = false) {
        check(is_inside(walk.value.text, value.text));
        if (!is_first)
            text_add_char(out, ',');
        if (is_object) {
            if (walk.key.size)
                check_string(arena, walk.key);
            text_print(out, "\"%.*s\":", SPAN_ARGS(walk.key));
        }
        write_compact(arena, walk.value, out);
    }
    text_add_char(out, is_object ? '}' : ']');
}

/* The same, by knowing of nothing but strings. */
static struct span without_space(struct arena *arena, struct span text) {
    struct text out = text_start(arena, text.size);
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        if (!in_string && strchr(" \t\r\n", text.at[i]))
            continue;
        text_add_char(&out, text.at[i]);
        if (in_string && text.at[i] == '\\')
            text_add_char(&out, text.at[++i]);
        else if (text.at[i] == '"')
            in_string = !in_string;
    }
    return text_span(&out);
}

static void check_accepted(struct arena *arena, struct span text, enum json_type type) {
    check(json_value(text).type == type);
    struct text compact = text_start(arena, text.size);
    write_compact(arena, json_value(text), &compact);
    check(span_equal(text_span(&compact), without_space(arena, text)));
    enum json_type again;
    check(json_check(text_span(&compact), &again, NULL) == 0 && again == type);
}

static void walk_anything(struct span text) {
    size_t steps = 0;
    struct json_value value;
    for (struct json_walk walk = json_walk(text); json_next(&walk);) {
        check(++steps <= text.size);
        check(is_inside(walk.value.text, text));
    }
    json_find_path(text, SPAN("a.b.c"), &value);
}

static bool is_utf8(struct span bytes) {
    for (size_t i = 0, size; i < bytes.size; i += size)
        if ((size = utf8_size(bytes.at + i, bytes.size - i)) == 0)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct span text = {(const char *)data, size};
    enum json_type type;
    struct why why = {""};
    if (json_check(text, &type, &why) == 0)
        check_accepted(arena, text, type);
    else
        check(why.words[0] != '\0');
    walk_anything(text);
    struct span quoted = json_quote(arena, text);
    check(json_check(quoted, &type, NULL) == 0 && type == JSON_STRING);
    check(span_equal(json_unquote(arena, quoted), text) == is_utf8(text));
    arena_free(&arena);
    return 0;
}
