/* diff and json_write: which fields differ, and JSON that others can read. */
#include "claims.h"

#include "meaning/diff.h"
#include "words/json.h"
#include "words/json_write.h"

/* "path:before>now" of each, a space between. */
static struct span shown(struct arena *arena, const char *before, const char *now, size_t limit) {
    struct diff_field *fields;
    struct span text = SPAN("");
    size_t count;
    struct why why;
    assert_int_equal(json_check(span_of(before), NULL, &why), 0);
    assert_int_equal(json_check(span_of(now), NULL, &why), 0);
    diff_objects(arena, span_of(before), span_of(now), limit, &fields, &count);
    for (size_t i = 0; i < count && i < limit; i++)
        text = arena_print(arena, "%.*s%s%.*s:%.*s>%.*s", SPAN_ARGS(text), i ? " " : "",
                           SPAN_ARGS(fields[i].path), SPAN_ARGS(fields[i].before),
                           SPAN_ARGS(fields[i].now));
    return arena_print(arena, "%zu %.*s", count, SPAN_ARGS(text));
}

static void it_names_the_fields(void **state) {
    (void)state;
    static const struct {
        const char *before, *now, *says;
    } CASES[] = {
        {"{}", "{}", "0 "},
        {"{\"a\":1}", "{ \"a\" : 1 }", "0 "},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "0 "},
        {"{\"a\":1}", "{\"a\":2}", "1 a:1>2"},
        {"{\"a\":1}", "{}", "1 a:1>"},
        {"{}", "{\"a\":null}", "1 a:>null"},
        {"{\"a\":\"\\u0041\"}", "{\"\\u0061\":\"A\"}", "0 "},
        {"{\"a\":\"1\"}", "{\"a\":1}", "1 a:\"1\">1"},
        {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":3,\"d\":4}}", "3 a.b:1> a.c:2>3 a.d:>4"},
        {"{\"a\":{\"b\":1}}", "{\"a\":[1]}", "1 a:{\"b\":1}>[1]"},
        {"{\"a\":[1,{\"b\":2}]}", "{\"a\":[1,{\"b\":3}]}", "1 a:[1,{\"b\":2}]>[1,{\"b\":3}]"},
        {"{\"a\":1,\"a\":2}", "{\"a\":2}", "0 "},
        {"{\"a\":1,\"a\":2,\"b\":0}", "{\"a\":1}", "2 a:2>1 b:0>"},
        {"{\"\":1}", "{\"\":2}", "1 :1>2"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_span(shown(arena, CASES[i].before, CASES[i].now, 8), span_of(CASES[i].says));
    arena_free(&arena);
}

static void it_counts_beyond_the_limit(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_span(shown(arena, "{\"a\":1,\"b\":1,\"c\":1}", "{}", 2), SPAN("3 a:1> b:1>"));
    assert_span(shown(arena, "{\"a\":1}", "{}", 0), SPAN("1 "));
    arena_free(&arena);
}

static void long_keys_are_cut(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    char body[1200] = "{\"";
    struct diff_field *fields;
    size_t count;
    memset(body + 2, 'k', 1000);
    memcpy(body + 1002, "\":1}", 5);
    diff_objects(arena, span_of(body), SPAN("{}"), 4, &fields, &count);
    assert_int_equal(count, 1);
    assert_int_equal(fields[0].path.size, DIFF_KEY_SHOWN);
    arena_free(&arena);
}

static void what_is_written_is_json(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct json_writer writer = json_write(arena);
    struct why why;
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "text", SPAN("a \"b\"\n\xff"));
    json_put_text(&writer, "none", SPAN_NONE);
    json_put_number(&writer, "number", -5);
    json_open(&writer, "list", '[');
    json_put_bool(&writer, NULL, true);
    json_put_json(&writer, NULL, SPAN("{\"x\":1}"));
    json_put_json(&writer, NULL, SPAN_NONE);
    json_open(&writer, NULL, '{');
    json_close(&writer, '}');
    json_close(&writer, ']');
    json_put_bool(&writer, "last", false);
    json_close(&writer, '}');
    assert_int_equal(json_check(json_written(&writer), NULL, &why), 0);
    assert_span(json_written(&writer),
                SPAN("{\"text\":\"a \\\"b\\\"\\n\xEF\xBF\xBD\",\"none\":null,\"number\":-5,"
                     "\"list\":[true,{\"x\":1},null,{}],\"last\":false}"));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_names_the_fields),
        cmocka_unit_test(it_counts_beyond_the_limit),
        cmocka_unit_test(long_keys_are_cut),
        cmocka_unit_test(what_is_written_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
