/* diff: an object differs from itself in nothing, two differ from each other in the same fields
 * whichever comes first, and what is written of it is JSON. The input is two objects with a 0xff
 * between. */
#include "meaning/diff.h"
#include "words/check.h"
#include "words/json.h"
#include "words/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEPT = 64 };

static bool is_object(struct span text) {
    enum json_type type;
    return json_check(text, &type, NULL) == 0 && type == JSON_OBJECT;
}

static void check_mirrored(const struct diff_field *there, const struct diff_field *back,
                           size_t count) {
    for (size_t i = 0; i < count && i < KEPT; i++) {
        check(span_equal(there[i].path, back[i].path));
        check(span_equal(there[i].before, back[i].now));
        check(span_equal(there[i].now, back[i].before));
        check(there[i].before.at || there[i].now.at);
    }
}

static void check_written(struct arena *arena, const struct diff_field *fields, size_t count) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '[');
    for (size_t i = 0; i < count && i < KEPT; i++) {
        json_open(&writer, NULL, '{');
        json_put_text(&writer, "path", fields[i].path);
        json_put_json(&writer, "before", fields[i].before);
        json_put_json(&writer, "now", fields[i].now);
        json_close(&writer, '}');
    }
    json_close(&writer, ']');
    check(json_check(json_written(&writer), NULL, NULL) == 0);
}

static void compare(struct arena *arena, struct span one, struct span other) {
    struct diff_field *there, *back;
    size_t count, again;
    diff_objects(arena, one, one, KEPT, &there, &count);
    check(count == 0);
    diff_objects(arena, one, other, KEPT, &there, &count);
    diff_objects(arena, other, one, KEPT, &back, &again);
    check(count == again);
    check_mirrored(there, back, count);
    check_written(arena, there, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span all = {(const char *)data, size};
    const char *mark = size ? memchr(all.at, 0xff, size) : NULL;
    if (!mark)
        return 0;
    struct span one = span_cut(all, 0, (size_t)(mark - all.at));
    struct span other = span_cut(all, one.size + 1, size);
    if (!is_object(one) || !is_object(other))
        return 0;
    struct arena *arena = arena_new();
    compare(arena, one, other);
    arena_free(&arena);
    return 0;
}
