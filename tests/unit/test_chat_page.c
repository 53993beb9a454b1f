/* The page at "/": which files there are, and what they are sent with. What is in them depends on
 * whether mqtt.js was fetched before the build; test_page (end to end) opens it in a browser. */
#include "claims.h"

#include "api/page.h"

static void there_is_always_something_to_look_at(void **state) {
    (void)state;
    const struct page_file *page = page_find(SPAN("/"));
    assert_non_null(page);
    assert_true(page->bytes.size > 0);
    assert_non_null(memmem(page->bytes.at, page->bytes.size, "chat21d", 7));
}

static void each_file_is_found_at_its_path(void **state) {
    (void)state;
    for (size_t i = 0; i < PAGE_FILE_COUNT; i++) {
        assert_ptr_equal(page_find(span_of(PAGE_FILES[i].path)), &PAGE_FILES[i]);
        assert_true(span_starts(span_of(PAGE_FILES[i].content_type), SPAN("text/")) ||
                    span_starts(span_of(PAGE_FILES[i].content_type), SPAN("image/")));
    }
}

static void all_else_is_not_there(void **state) {
    (void)state;
    static const char *const PATHS[] = {
        "", "//", "/page", "/page/", "/page/../page.css", "/page/none.js"};
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        assert_null(page_find(span_of(PATHS[i])));
}

/* A hint without its scripts, or the page with each of its own. */
static void it_is_whole_or_a_hint(void **state) {
    (void)state;
    bool is_page = span_starts(span_of(page_find(SPAN("/"))->content_type), SPAN("text/html"));
    assert_int_equal(is_page, page_find(SPAN("/page/mqtt.js")) != NULL);
    assert_int_equal(is_page, page_find(SPAN("/page/page.js")) != NULL);
    assert_int_equal(is_page, PAGE_FILE_COUNT > 1);
}

static void it_loads_nothing_from_elsewhere(void **state) {
    (void)state;
    assert_string_equal(PAGE_HEADERS[0].name, "Content-Security-Policy");
    struct span policy = span_of(PAGE_HEADERS[0].value);
    assert_true(span_starts(policy, SPAN("default-src 'none'; script-src 'self'; ")));
    assert_false(span_has(policy, SPAN("unsafe")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_always_something_to_look_at),
        cmocka_unit_test(each_file_is_found_at_its_path),
        cmocka_unit_test(all_else_is_not_there),
        cmocka_unit_test(it_is_whole_or_a_hint),
        cmocka_unit_test(it_loads_nothing_from_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
