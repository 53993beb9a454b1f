/* words: arena, text, span, utf8, log_quote and why. */
#include "claims.h"

#include "words/hash.h"
#include "words/log.h"
#include "words/text.h"
#include "words/utf8.h"

#include <stdalign.h>

static struct arena *arena;

static int make_arena(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
    return 0;
}

/* --- arena --- */

static void pieces_are_aligned_and_apart(void **state) {
    (void)state;
    static const size_t SIZES[] = {0, 1, 3, 8, 17, 4000, 5000, 1, 100000, 7};
    unsigned char *pieces[COUNT(SIZES)];
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        pieces[i] = arena_take(arena, SIZES[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)i, SIZES[i]);
    }
    for (size_t i = 0; i < COUNT(SIZES); i++)
        for (size_t at = 0; at < SIZES[i]; at++)
            assert_int_equal(pieces[i][at], i);
}

static void an_array_is_zero(void **state) {
    (void)state;
    memset(arena_take(arena, 1000), 0xFF, 1000);
    const int *numbers = arena_array(arena, 1000, sizeof *numbers);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], 0);
    assert_non_null(arena_array(arena, 0, 8));
}

static void copies_are_terminated(void **state) {
    (void)state;
    assert_string_equal(arena_string(arena, span_cut(SPAN("hello world"), 0, 5)), "hello");
    assert_string_equal(arena_string(arena, SPAN_NONE), "");
    assert_span(arena_copy(arena, SPAN("a\0b")), SPAN("a\0b"));
    assert_span(arena_print(arena, "%s-%05d", "x", 42), SPAN("x-00042"));
    assert_int_equal(arena_print(arena, "%5000s", "x").size, 5000);
}

static void what_is_taken_is_counted(void **state) {
    (void)state;
    struct arena *own = arena_new();
    assert_int_equal(arena_used(own), 0);
    arena_take(own, 100);
    arena_take(own, 10000);
    assert_in_range(arena_used(own), 10100, 10100 + 2 * alignof(max_align_t));
    arena_free(&own);
}

/* --- text --- */

static void a_text_grows(void **state) {
    (void)state;
    struct text text = text_start(arena, 0);
    for (int i = 0; i < 1000; i++) {
        text_add_char(&text, 'a');
        text_add(&text, SPAN("bc"));
        text_print(&text, "%d", i % 10);
        text_add(&text, SPAN_NONE);
    }
    struct span whole = text_span(&text);
    assert_int_equal(whole.size, 4000);
    for (size_t i = 0; i < 4000; i += 4) {
        struct span piece = span_cut(whole, i, 4);
        assert_true(span_starts(piece, SPAN("abc")));
        assert_int_equal(piece.at[3], '0' + (int)(i / 4 % 10));
    }
}

static void a_text_takes_a_piece_larger_than_itself(void **state) {
    (void)state;
    struct text text = text_start(arena, 1);
    text_add_char(&text, '<');
    struct span large = arena_print(arena, "%9000s", "x");
    text_add(&text, large);
    text_print(&text, "%9000s", "y");
    assert_int_equal(text_span(&text).size, 18001);
    assert_span(span_cut(text_span(&text), 1, 9000), large);
}

/* --- span --- */

static void spans_compare_and_cut(void **state) {
    (void)state;
    assert_true(span_equal(SPAN_NONE, SPAN("")));
    assert_false(span_equal(SPAN("a"), SPAN("b")));
    assert_true(span_starts(SPAN("abc"), SPAN("ab")));
    assert_false(span_starts(SPAN("a"), SPAN("ab")));
    assert_true(span_has(SPAN("abc"), SPAN("bc")));
    assert_true(span_has(SPAN_NONE, SPAN("")));
    assert_false(span_has(SPAN_NONE, SPAN("a")));
    assert_span(span_cut(SPAN("hello"), 1, 3), SPAN("ell"));
    assert_span(span_cut(SPAN("hello"), 4, 100), SPAN("o"));
    assert_int_equal(span_cut(SPAN("hello"), 100, 1).size, 0);
    assert_null(span_cut(SPAN_NONE, 1, 1).at);
    assert_null(span_of(NULL).at);
}

/* --- utf8 --- */

static void every_code_point_comes_back(void **state) {
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        char bytes[4];
        size_t size = utf8_put(bytes, code);
        if (utf8_size(bytes, size) != size || (size > 1 && utf8_size(bytes, size - 1) != 0))
            fail_msg("U+%04X", code);
    }
}

/* All pairs of first bytes, with tails that fit: as many are well formed as there are characters.
 */
static void nothing_else_is_well_formed(void **state) {
    (void)state;
    size_t sequences[5] = {0};
    for (int first = 0; first < 256; first++)
        for (int second = 0; second < 256; second++) {
            char bytes[4] = {(char)first, (char)second, (char)0x80, (char)0x80};
            sequences[utf8_size(bytes, sizeof bytes)]++;
        }
    assert_int_equal(sequences[1], 128 * 256);
    assert_int_equal(sequences[2], 0x800 - 0x80);
    assert_int_equal(sequences[3] * 64, 0x10000 - 0x800 - 0x800);
    assert_int_equal(sequences[4] * 64 * 64, 0x110000 - 0x10000);
    assert_int_equal(utf8_size("", 0), 0);
}

static void plain_text_has_no_control_characters(void **state) {
    (void)state;
    assert_true(utf8_is_plain(SPAN_NONE));
    assert_true(utf8_is_plain(SPAN("a b~\xc3\xa9\xf0\x9f\x98\x80")));
    assert_false(utf8_is_plain(SPAN("a\nb")));
    assert_false(utf8_is_plain(SPAN("a\x7f")));
    assert_false(utf8_is_plain(SPAN("\0")));
    assert_false(utf8_is_plain(SPAN("a\xc3")));
}

/* --- log_quote --- */

static void quotes_for_a_log_line(void **state) {
    (void)state;
    static const struct {
        struct span text;
        const char *quoted;
    } CASES[] = {
        {SPAN_NONE, "\"\""},
        {SPAN("plain text"), "\"plain text\""},
        {SPAN("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {SPAN("a\nb\0c\x7f"), "\"a\\x0ab\\x00c\\x7f\""},
        {SPAN("\xC3\xA9"), "\"\xC3\xA9\""},
    };
    char buffer[64];
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_string_equal(log_quote(buffer, sizeof buffer, CASES[i].text), CASES[i].quoted);
}

static void a_quote_is_cut_to_its_buffer(void **state) {
    (void)state;
    for (size_t size = 8; size < 40; size++) {
        char *buffer = test_malloc(size);
        log_quote(buffer, size, SPAN("\n\n\n\n\n\n\n\n\n\n\n\n"));
        size_t length = strlen(buffer);
        assert_true(length < size);
        assert_int_equal(buffer[0], '"');
        assert_int_equal(buffer[length - 1], '"');
        test_free(buffer);
    }
}

/* --- hash --- */

/* Values that its authors published; bytes above 127 count as such. */
static void a_hash_is_the_one_that_everybody_means(void **state) {
    (void)state;
    assert_true(hash_add(HASH_START, SPAN("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_add(HASH_START, SPAN("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_add(HASH_START, SPAN("foobar")) == UINT64_C(0x85944171f73967e8));
    assert_true(hash_add(hash_add(HASH_START, SPAN("foo")), SPAN("bar")) ==
                hash_add(HASH_START, SPAN("foobar")));
    assert_true(hash_add(HASH_START, SPAN("\xff")) == UINT64_C(0xaf64724c8602eb6e));
}

/* --- why --- */

static void a_reason_is_said_and_put_in_context(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(why_say(&why, "line %d", 7), -1);
    assert_string_equal(why.words, "line 7");
    assert_int_equal(why_prefix(&why, "%s: ", "a.lua"), -1);
    assert_string_equal(why.words, "a.lua: line 7");
    assert_int_equal(why_say(NULL, "nobody asked"), -1);
    assert_int_equal(why_prefix(NULL, "nobody asked"), -1);
}

static void a_long_reason_is_cut(void **state) {
    (void)state;
    struct why why;
    why_say(&why, "%2000s", "x");
    assert_int_equal(strlen(why.words), sizeof why.words - 1);
    why_prefix(&why, "%300s", "y");
    assert_int_equal(strlen(why.words), sizeof why.words - 1);
    why_prefix(&why, "%2000s", "z");
    assert_int_equal(strlen(why.words), sizeof why.words - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(an_array_is_zero),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(what_is_taken_is_counted),
        cmocka_unit_test(a_text_grows),
        cmocka_unit_test(a_text_takes_a_piece_larger_than_itself),
        cmocka_unit_test(spans_compare_and_cut),
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(nothing_else_is_well_formed),
        cmocka_unit_test(plain_text_has_no_control_characters),
        cmocka_unit_test(quotes_for_a_log_line),
        cmocka_unit_test(a_quote_is_cut_to_its_buffer),
        cmocka_unit_test(a_hash_is_the_one_that_everybody_means),
        cmocka_unit_test(a_reason_is_said_and_put_in_context),
        cmocka_unit_test(a_long_reason_is_cut),
    };
    return cmocka_run_group_tests_name("words", tests, make_arena, drop_arena);
}
