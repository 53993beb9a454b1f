/* http_parameter: whatever the query, what is found is a value of it; what was written with %XX
 * comes back; and a word that is decoded is text. An input is "NAME\nQUERY". */
#include "ports/http.h"
#include "words/check.h"
#include "words/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(struct text *out, struct span bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        text_print(out, "%%%02x", (unsigned char)bytes.at[i]);
}

static void check_word(struct arena *arena, struct span word) {
    struct text encoded = text_start(arena, 64);
    struct span out, again;
    if (http_decode(arena, word, &out) != 0)
        return;
    check(out.size <= word.size);
    for (size_t i = 0, one; i < out.size; i += one) {
        one = utf8_size(out.at + i, out.size - i);
        check(one > 0 && out.at[i]);
    }
    encode(&encoded, out);
    check(http_decode(arena, text_span(&encoded), &again) == 0 && span_equal(again, out));
}

/* Behind a query that has none of that name it is found, and is what it was. */
static void check_found(struct arena *arena, const char *name, struct span value) {
    struct text query = text_start(arena, 64);
    encode(&query, span_of(name));
    text_add_char(&query, '=');
    encode(&query, value);
    text_add(&query, SPAN("&x"));
    struct span found = http_parameter(arena, text_span(&query), name);
    check(found.at && span_equal(found, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct span input = {(const char *)data, size};
    const char *end = size ? memchr(data, '\n', size) : NULL;
    size_t name_size = end ? (size_t)(end - input.at) : 0;
    const char *name = arena_string(arena, span_cut(input, 0, name_size));
    struct span query = span_cut(input, end ? name_size + 1 : 0, size);
    struct span found = http_parameter(arena, query, name);
    check(found.at || !found.size);
    check(found.size <= query.size);
    check(!found.at || query.size);
    check_word(arena, query);
    if (*name)
        check_found(arena, name, query);
    arena_free(&arena);
    return 0;
}
