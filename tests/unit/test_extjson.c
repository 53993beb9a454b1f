/* extjson: what mongoexport writes, as a Node.js server shows it. */
#include "claims.h"

#include "meaning/extjson.h"

static struct arena *arena;

static int make_arena(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct {
    const char *claim;
    struct span document, plain;
} PLAIN[] = {
    {"plain JSON stays, white space and all", SPAN("{ \"a\" : [1.10, {}] }"),
     SPAN("{ \"a\" : [1.10, {}] }")},
    {"an id", SPAN("{\"_id\":{\"$oid\":\"5f1a2b\"},\"a\":1}"),
     SPAN("{\"_id\":\"5f1a2b\",\"a\":1}")},
    {"numbers keep their digits",
     SPAN("[{\"$numberLong\":\"9223372036854775807\"},{\"$numberInt\":\"-1\"},"
          "{\"$numberDouble\":\"1.10\"},{\"$numberDouble\":\"1E+20\"}]"),
     SPAN("[9223372036854775807,-1,1.10,1E+20]")},
    {"older exports write them bare", SPAN("[{\"$numberLong\":5},{\"$numberInt\" : 0}]"),
     SPAN("[5,0]")},
    {"what JSON cannot say is null",
     SPAN("[{\"$numberDouble\":\"NaN\"},{\"$numberDouble\":\"-Infinity\"},{\"$undefined\":true}]"),
     SPAN("[null,null,null]")},
    {"dates",
     SPAN("{\"a\":{\"$date\":{\"$numberLong\":\"1700000000123\"}}, \"b\":{\"$date\":0},"
          "\"c\":{\"$date\":{\"$numberLong\":\"-1\"}}}"),
     SPAN("{\"a\":\"2023-11-14T22:13:20.123Z\", \"b\":\"1970-01-01T00:00:00.000Z\","
          "\"c\":\"1969-12-31T23:59:59.999Z\"}")},
    {"dates that are texts",
     SPAN("[{\"$date\":\"2024-05-01T12:00:00Z\"},{\"$date\":"
          "\"2024-05-01T12:00:00.5Z\"},{\"$date\":\"2024-05-01T12:00:00."
          "123Z\"},{\"$date\":\"2024-05-01T12:00:00.000+0000\"}]"),
     SPAN("[\"2024-05-01T12:00:00.000Z\",\"2024-05-01T12:00:00.500Z\","
          "\"2024-05-01T12:00:00.123Z\",\"2024-05-01T12:00:00.000+0000\"]")},
    {"however deep", SPAN("{\"a\":[{\"b\":{\"c\":{\"$numberInt\":\"7\"}}}],\"d\":\"$x\"}"),
     SPAN("{\"a\":[{\"b\":{\"c\":7}}],\"d\":\"$x\"}")},
    {"the whole of it", SPAN(" {\"$numberInt\":\"7\"} "), SPAN(" 7 ")},
    {"an escaped name is the same name", SPAN("{\"a\":{\"\\u0024oid\":\"x\"}}"),
     SPAN("{\"a\":\"x\"}")},
    {"what else there is stays",
     SPAN("{\"a\":{\"$numberDecimal\":\"1.10\"},\"b\":{\"$oid\":5},"
          "\"c\":{\"$oid\":\"x\",\"d\":1},\"e\":{\"$binary\":{}}}"),
     SPAN("{\"a\":{\"$numberDecimal\":\"1.10\"},\"b\":{\"$oid\":5},"
          "\"c\":{\"$oid\":\"x\",\"d\":1},\"e\":{\"$binary\":{}}}")},
};

static void documents_are_as_a_node_server_shows_them(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(PLAIN); i++) {
        struct why why = {""};
        struct span out;
        print_message("%s\n", PLAIN[i].claim);
        assert_int_equal(json_check(PLAIN[i].document, NULL, NULL), 0);
        assert_int_equal(extjson_plain(arena, PLAIN[i].document, &out, &why), 0);
        assert_span(out, PLAIN[i].plain);
    }
}

static void what_is_written_wrong_is_refused(void **state) {
    (void)state;
    static const struct {
        struct span document;
        const char *words;
    } CASES[] = {
        {SPAN("{\"$numberLong\":\"x\"}"), "a number cannot be"},
        {SPAN("{\"$numberLong\":\"1.5\"}"), "a number cannot be"},
        {SPAN("{\"$numberInt\":\"\"}"), "a number cannot be"},
        {SPAN("{\"$numberInt\":\"-\"}"), "a number cannot be"},
        {SPAN("{\"$numberInt\":\"01\"}"), "a number cannot be"},
        {SPAN("{\"$numberDouble\":\" 1\"}"), "a number cannot be"},
        {SPAN("{\"$numberDouble\":\"1 \"}"), "a number cannot be"},
        {SPAN("{\"$numberDouble\":[]}"), "a number cannot be"},
        {SPAN("[{\"a\":{\"$date\":null}}]"), "a date cannot be \"null\""},
        {SPAN("{\"$date\":{\"$numberLong\":\"99999999999999999\"}}"), "a date cannot be"},
        {SPAN("{\"$date\":300000000000000}"), "a date cannot be"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct why why = {""};
        struct span out;
        assert_int_equal(extjson_plain(arena, CASES[i].document, &out, &why), -1);
        assert_says(&why, CASES[i].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_as_a_node_server_shows_them),
        cmocka_unit_test(what_is_written_wrong_is_refused),
    };
    return cmocka_run_group_tests_name("extjson", tests, make_arena, drop_arena);
}
