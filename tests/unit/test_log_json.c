/* log_json: a line of the log as JSON, whatever bytes are in it. */
#include "claims.h"

#include <stdio.h>

#include "words/json.h"
#include "words/log.h"
#include "words/log_json.h"

static struct span json_of(char *out, size_t room, struct span line) {
    struct span json = {out, log_json(line, out, room)};
    struct why why = {""};
    if (json_check(json, NULL, &why) != 0)
        fail_msg("%s: %.*s", why.words, SPAN_ARGS(json));
    return json;
}

static void lines_become_objects(void **state) {
    static const struct {
        const char *line, *json;
    } CASES[] = {
        {"", "{}"},
        {"time=2026-01-02T03:04:05.678Z level=info event=broker state=open stream=chat21d.intake",
         "{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"broker\","
         "\"state\":\"open\",\"stream\":\"chat21d.intake\"}"},
        {"taken=12 waited=0.5 below=-3 zero=0",
         "{\"taken\":12,\"waited\":0.5,\"below\":-3,\"zero\":0}"},
        {"a=007 b=1e5 c=1. d=.5 e=- f=1.2.3 g=1234567890123456",
         "{\"a\":\"007\",\"b\":\"1e5\",\"c\":\"1.\",\"d\":\".5\",\"e\":\"-\",\"f\":\"1.2.3\","
         "\"g\":\"1234567890123456\"}"},
        {"reason=\"two words\" n=\"12\"", "{\"reason\":\"two words\",\"n\":\"12\"}"},
        {"user=\"a\\\"b\\\\c\\x0ad\"", "{\"user\":\"a\\\"b\\\\c\\u000ad\"}"},
        {"cut=\"off in the mid", "{\"cut\":\"off in the mid\"}"},
        {"alone  b= c", "{\"alone\":true,\"b\":\"\",\"c\":true}"},
        {"name=\xc3\xa9 bad=\"\xff\xe2\x82\"",
         "{\"name\":\"\xc3\xa9\",\"bad\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}"},
        {"high=\"\\xe4\\x41\"", "{\"high\":\"\xef\xbf\xbd"
                                "A\"}"},
        {"lone=\"\\q \\x4\"", "{\"lone\":\"\\\\q \\\\x4\"}"},
    };
    char out[1024];
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_span(json_of(out, sizeof out, span_of(CASES[i].line)), span_of(CASES[i].json));
}

static void what_was_quoted_comes_back_byte_for_byte(void **state) {
    struct arena *arena = arena_new();
    char bytes[128], quoted[1024], line[1100], out[2048];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    struct span all = {bytes, sizeof bytes};
    int size = snprintf(line, sizeof line, "user=%s", log_quote(quoted, sizeof quoted, all));
    struct span json = json_of(out, sizeof out, (struct span){line, (size_t)size});
    struct json_value value;
    assert_true(json_find(json, SPAN("user"), &value));
    assert_span(json_unquote(arena, value.text), all);
    arena_free(&arena);
}

static void whatever_the_room_it_is_json(void **state) {
    char out[64];
    (void)state;
    for (size_t room = 2; room <= sizeof out; room++)
        assert_true(json_of(out, room, SPAN("a=\"\x01\xff\" bb=12345 c=\"\\\\\\\"\" d")).size <=
                    room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_objects),
        cmocka_unit_test(what_was_quoted_comes_back_byte_for_byte),
        cmocka_unit_test(whatever_the_room_it_is_json),
    };
    return cmocka_run_group_tests_name("log_json", tests, NULL, NULL);
}
