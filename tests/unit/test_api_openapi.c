/* The description that the HTTP API serves of itself, beside the table that it is made of. */
#include "api_support.h"

#include "api/inside.h"
#include "api/openapi.h"

#include <ctype.h>

enum { IDS_MAX = 200, PAGE_MAX = 1 << 20 };

static struct span document_of(struct arena *arena, const char *base) {
    struct span document = openapi_write(arena, base, "1.2.3");
    struct why why;
    if (json_check(document, NULL, &why) != 0)
        fail_msg("%s", why.words);
    return document;
}

static struct span find(struct span object, const char *name) {
    struct json_value value;
    return json_find(object, span_of(name), &value) ? value.text : SPAN_NONE;
}

static struct span text_at(struct arena *arena, struct span object, const char *path) {
    return json_find_text(arena, object, span_of(path));
}

static const char *path_of(const struct endpoint *endpoint) {
    const char *path = endpoint->path;
    return strncmp(path, "{base}", 6) == 0 ? path + 6 : path;
}

static const char *method_of(struct arena *arena, const struct endpoint *endpoint) {
    char *method = arena_string(arena, span_of(endpoint->method));
    for (char *at = method; *at; at++)
        *at = (char)(*at - 'A' + 'a');
    return method;
}

static bool is_operation(struct span key) {
    return span_is(key, "get") || span_is(key, "put") || span_is(key, "post") ||
           span_is(key, "delete");
}

static void every_call_is_described(void **state) {
    (void)state;
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (!openapi_call_of(&ENDPOINTS[i]))
            fail_msg("%s %s is described nowhere: a line in src/api/openapi_calls.c is missing",
                     ENDPOINTS[i].method, ENDPOINTS[i].path);
}

static void every_line_of_the_table_is_in_it(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    static const char *const ACCESS[] = {"open", "token", "app", "own", "admin"};
    struct span paths = find(document_of(arena, "/api"), "paths");
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        const struct endpoint *endpoint = &ENDPOINTS[i];
        struct span call = find(find(paths, path_of(endpoint)), method_of(arena, endpoint));
        if (!call.at)
            fail_msg("%s %s is not there", endpoint->method, endpoint->path);
        assert_true(span_is(text_at(arena, call, "summary"), endpoint->summary));
        assert_true(span_is(text_at(arena, call, "x-access"), ACCESS[endpoint->access]));
        assert_int_equal(find(call, "security").at != NULL, endpoint->access == ACCESS_OPEN);
        assert_int_equal(find(find(call, "responses"), "403").at == NULL,
                         endpoint->access == ACCESS_OPEN);
        bool is_below = path_of(endpoint) != endpoint->path;
        assert_int_equal(find(find(paths, path_of(endpoint)), "servers").at == NULL, is_below);
    }
}

static void nothing_else_is_in_it(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    struct span ids[IDS_MAX];
    size_t count = 0;
    for (struct json_walk path = json_walk(find(document_of(arena, "/api"), "paths"));
         json_next(&path);)
        for (struct json_walk call = json_walk(path.value.text); json_next(&call);) {
            if (!is_operation(call.key))
                continue;
            assert_true(count < IDS_MAX);
            ids[count++] = text_at(arena, call.value.text, "operationId");
            for (size_t i = 0; i + 1 < count; i++)
                if (span_equal(ids[i], ids[count - 1]))
                    fail_msg("two calls are %.*s", SPAN_ARGS(ids[i]));
        }
    assert_int_equal(count, ENDPOINT_COUNT);
}

/* "PUT /APP/groups/ID", as the man page has it. */
static struct span words_of(struct arena *arena, const struct endpoint *endpoint) {
    struct text text = text_start(arena, 100);
    bool is_variable = false;
    text_print(&text, "%s ", endpoint->method);
    for (const char *at = path_of(endpoint); *at; at++)
        if (*at == '{' || *at == '}')
            is_variable = *at == '{';
        else
            text_add_char(&text, is_variable ? (char)toupper((unsigned char)*at) : *at);
    return text_span(&text);
}

static void the_man_page_has_every_call(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    char *page = arena_take(arena, PAGE_MAX);
    FILE *file = fopen("doc/chat21d.1", "r");
    assert_non_null(file);
    struct span text = {page, fread(page, 1, PAGE_MAX, file)};
    assert_true(feof(file));
    fclose(file);
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        struct span call = words_of(arena, &ENDPOINTS[i]);
        if (!span_has(text, arena_print(arena, " %.*s ,", SPAN_ARGS(call))) &&
            !span_has(text, arena_print(arena, " %.*s\n", SPAN_ARGS(call))))
            fail_msg("doc/chat21d.1 does not know %.*s", SPAN_ARGS(call));
    }
}

/* ---- what it refers to ---- */

static bool next_reference(struct span *text, struct span *name) {
    static const char SIGN[] = "\"$ref\"";
    const char *at = text->size ? memmem(text->at, text->size, SIGN, sizeof SIGN - 1) : NULL;
    if (!at)
        return false;
    const char *from = strchr(at + sizeof SIGN - 1, '"') + 1;
    const char *to = strchr(from, '"');
    *name = (struct span){from, (size_t)(to - from)};
    *text = span_cut(*text, (size_t)(to - text->at), text->size);
    return true;
}

static void what_it_refers_to_is_there(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    struct span document = span_of(arena_string(arena, document_of(arena, "/api")));
    struct span rest = document, name;
    size_t count = 0;
    for (; next_reference(&rest, &name); count++) {
        struct span path = span_cut(name, 2, name.size);
        char *dotted = arena_string(arena, path);
        struct json_value value;
        for (char *at = dotted; *at; at++)
            *at = *at == '/' ? '.' : *at;
        if (!span_starts(name, SPAN("#/components/")) ||
            !json_find_path(document, span_of(dotted), &value))
            fail_msg("there is no %.*s", SPAN_ARGS(name));
    }
    assert_true(count > 100);
}

static void all_of_its_parts_are_used(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    struct span document = document_of(arena, "/api");
    struct json_walk kind = json_walk(find(document, "components"));
    while (json_next(&kind))
        for (struct json_walk part = json_walk(kind.value.text); json_next(&part);) {
            if (span_is(kind.key, "securitySchemes"))
                continue;
            struct span reference = arena_print(arena, "\"#/components/%.*s/%.*s\"",
                                                SPAN_ARGS(kind.key), SPAN_ARGS(part.key));
            if (!span_has(document, reference))
                fail_msg("nothing is %.*s", SPAN_ARGS(reference));
        }
}

/* ---- served ---- */

static void it_is_served_to_everybody(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    struct asking asking = {.method = "GET", .path = "/api/openapi.json"};
    assert_int_equal(ask(served, &asking), 200);
    assert_true(span_equal(span_of(reply_body(served)), document_of(arena, "/api")));
    assert_non_null(strstr(served->reply, "\r\nContent-Type: application/json"));
}

static void the_base_is_the_servers(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    static const struct {
        const char *base, *servers;
    } CASES[] = {{"/api", "[{\"url\":\"/api\"}]"},
                 {"/a/b", "[{\"url\":\"/a/b\"}]"},
                 {"", "[{\"url\":\"/\"}]"}};
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct span document = document_of(arena, CASES[i].base);
        assert_true(span_is(find(document, "servers"), CASES[i].servers));
        assert_true(span_is(text_at(arena, document, "info.version"), "1.2.3"));
    }
}

/* The fields that have to be there, by what the call says without them. */
static void a_body_that_has_to_be_there_has_to(void **state) {
    struct served *served = *state;
    struct arena *arena = served->place->arena;
    struct span document = document_of(arena, "/api");
    size_t count = 0;
    for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
        const struct openapi_call *call = openapi_call_of(&ENDPOINTS[i]);
        struct span path = arena_print(arena, "components.requestBodies.%s.required",
                                       call->body ? call->body : "");
        struct json_value is_required;
        if (!call->body || !json_find_path(document, path, &is_required) ||
            is_required.type != JSON_TRUE)
            continue;
        const char *behind = strstr(ENDPOINTS[i].path, "{app}/") + 6, *id = strstr(behind, "{id}");
        int size = (int)(id ? (size_t)(id - behind) : strlen(behind));
        const char *where = arena_print(arena, "/api/tilechat/%.*s%s%s", size, behind,
                                        id ? "group-1" : "", id ? id + 4 : "")
                                .at;
        assert_int_equal(ask_as(served, "U1", ENDPOINTS[i].method, where, "{}"), 405);
        count++;
    }
    assert_true(count >= 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_described),
        cmocka_unit_test_setup_teardown(every_line_of_the_table_is_in_it, serve_set_up,
                                        serve_tear_down),
        cmocka_unit_test_setup_teardown(nothing_else_is_in_it, serve_set_up, serve_tear_down),
        cmocka_unit_test_setup_teardown(the_man_page_has_every_call, serve_set_up, serve_tear_down),
        cmocka_unit_test_setup_teardown(what_it_refers_to_is_there, serve_set_up, serve_tear_down),
        cmocka_unit_test_setup_teardown(all_of_its_parts_are_used, serve_set_up, serve_tear_down),
        cmocka_unit_test_setup_teardown(it_is_served_to_everybody, serve_set_up, serve_tear_down),
        cmocka_unit_test_setup_teardown(the_base_is_the_servers, serve_set_up, serve_tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_has_to_be_there_has_to, serve_set_up,
                                        serve_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
