/* wordlist: what a file may hold, what matches where, and that the budget holds. That it says what
 * a naive search says is for the fuzz target. */
#include "meaning/wordlist.h"

#include "meaning/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PLENTY = 10000000 };

static struct wordlist *build(const char *file) {
    struct why why;
    struct wordlist *list = wordlist_build(span_of(file), "list", &why);
    if (!list)
        fail_msg("%s", why.words);
    return list;
}

/* All matches, each in brackets. */
static const char *show(const struct wordlist *list, struct span text, size_t init) {
    static char shown[512];
    struct wordlist_search search;
    struct span match;
    size_t used = 0;
    shown[0] = '\0';
    wordlist_start(&search, list, text, init, PLENTY);
    while (wordlist_next(&search, &match) == WORDLIST_YES && used < sizeof shown)
        used += (size_t)snprintf(shown + used, sizeof shown - used, "[%.*s]", SPAN_ARGS(match));
    return shown;
}

static void what_matches(void **state) {
    (void)state;
    static const struct {
        const char *file, *text, *matches;
    } cases[] = {
        {"", "a text", ""},
        {"cat", "", ""},
        {"cat", "a cat, Cat! concat cats cat", "[cat][Cat][cat]"},
        {"cat*", "a cat, concat Cats", "[cat][Cat]"},
        {"*cat", "a cat, concat cats", "[cat][cat]"},
        {"*cat*", "a cat, concat cats", "[cat][cat][cat]"},
        {"cat\n*cat*", "cats", "[cat]"},
        {"  cat \r\n\n# dog\n\tdog\t", "cat # dog", "[cat][dog]"},
        {"cat", "cat1 1cat cat_cat", "[cat][cat]"},
        {"bar\nfoo bar", "foo bar bar", "[foo bar][bar]"},
        {"foo\nfoo bar\nbar baz", "foo bar baz", "[foo bar]"},
        {"foo\nfoo bar baz", "foo bar bat", "[foo]"},
        {"*a*\n*aa*", "aaaaa", "[aa][aa][a]"},
        {"c++", "c++ C++, c++x c+ c+++", "[c++][C++][c++]"},
        {"@here", "@here x@here @heres", "[@here]"},
        {"#x\n*#x", "#x", "[#x]"},
        {"caf\xc3\x89", "CAF\xc3\xa9 caf\xc3\xa9s", "[CAF\xc3\xa9]"},
        {"cat",
         "cat\xc3\xa9 \xc3\xa9"
         "cat \xe2\x80\x9c"
         "cat\xe2\x80\x9d",
         "[cat]"},
        {"na", "nai na\xcc\x88 na", "[na]"},
        {"kelvin",
         "\xe2\x84\xaa"
         "elvin!",
         "[\xe2\x84\xaa"
         "elvin]"},
        {"\xce\xbf\xce\xb4\xce\xbf\xcf\x82", "\xce\x9f\xce\x94\xce\x9f\xce\xa3",
         "[\xce\x9f\xce\x94\xce\x9f\xce\xa3]"},
        {"cat",
         "\xff"
         "cat\xc3 \xa9"
         "cat",
         "[cat][cat]"},
        {"\xef\xbb\xbf"
         "cat",
         "cat", "[cat]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wordlist *list = build(cases[i].file);
        assert_string_equal(show(list, span_of(cases[i].text), 0), cases[i].matches);
        wordlist_release(&list);
        assert_null(list);
    }
}

static void what_stands_before_init_counts(void **state) {
    (void)state;
    struct wordlist *list = build("cat");
    assert_string_equal(show(list, SPAN("cat concat"), 0), "[cat]");
    assert_string_equal(show(list, SPAN("cat concat"), 1), "");
    assert_string_equal(show(list, SPAN("concat cat"), 3), "[cat]");
    assert_string_equal(show(list, SPAN("cat"), 3), "");
    wordlist_release(&list);
}

/* A match at every place around the ends of blocks. */
static void long_texts(void **state) {
    (void)state;
    struct wordlist *list = build("needle in hay\nneedle");
    static char text[3 * WORDLIST_BLOCK];
    for (size_t at = WORDLIST_BLOCK - 40; at < WORDLIST_BLOCK + 40; at++) {
        memset(text, ' ', sizeof text);
        memcpy(text + at, "NEEDLE IN HAY", 13);
        memcpy(text + at + WORDLIST_BLOCK + 20, "needle", 6);
        struct span all = {text, sizeof text};
        assert_string_equal(show(list, all, 0), "[NEEDLE IN HAY][needle]");
        assert_string_equal(show(list, all, at + 1), "[needle]");
    }
    wordlist_release(&list);
}

static void a_wrong_file_is_said_with_its_line(void **state) {
    (void)state;
    static char line[400];
    memset(line, 'x', 201);
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"a\nb\xff\n", "list:2: bytes that are no UTF-8"},
        {"a\n\nb\001c", "list:3: a control character"},
        {"# x\n*\n", "list:2: a * and no word"},
        {"**", "list:1: a * and no word"},
        {line, "list:1: a word of over 200 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {""};
        assert_null(wordlist_build(span_of(cases[i].file), "list", &why));
        assert_string_equal(why.words, cases[i].words);
    }
    line[200] = '\0';
    struct wordlist *list = build(line);
    assert_string_equal(show(list, SPAN("x"), 0), "");
    wordlist_release(&list);
}

static void too_much_is_refused(void **state) {
    (void)state;
    char *file = malloc(WORDLIST_BYTES + 1);
    assert_non_null(file);
    size_t used = 0;
    for (int i = 0; i <= WORDLIST_WORDS; i++)
        used += (size_t)sprintf(file + used, "%d\n", i);
    struct why why;
    assert_null(wordlist_build((struct span){file, used}, "list", &why));
    assert_string_equal(why.words, "list:200001: over 200000 words");
    memset(file, '\n', WORDLIST_BYTES + 1);
    assert_null(wordlist_build((struct span){file, WORDLIST_BYTES + 1}, "list", &why));
    assert_string_equal(why.words, "list: 16777217 bytes, at most 16777216 are taken");
    struct wordlist *list = wordlist_build((struct span){file, WORDLIST_BYTES}, "list", &why);
    assert_non_null(list);
    assert_int_equal(wordlist_count(list), 0);
    wordlist_release(&list);
    free(file);
}

static void counted_and_shared(void **state) {
    (void)state;
    struct wordlist *list = build("cat\nCAT\ncat*\ndog");
    assert_int_equal(wordlist_count(list), 2);
    assert_in_range(wordlist_memory(list), 7 * 17, 4096);
    struct wordlist *other = wordlist_keep(list);
    assert_false(wordlist_is_last(list));
    wordlist_release(&list);
    assert_true(wordlist_is_last(other));
    assert_string_equal(show(other, SPAN("cats"), 0), "[cat]");
    wordlist_release(&other);
    wordlist_release(&other);
}

static void steps_run_out(void **state) {
    (void)state;
    struct wordlist *list = build("*a*");
    struct span text = SPAN("aaaaaaaaaaaaaaaaaaaa"), match;
    struct wordlist_search search;
    wordlist_start(&search, list, text, 0, 10);
    assert_int_equal(wordlist_next(&search, &match), WORDLIST_BUDGET);
    assert_int_equal(search.steps, 0);
    assert_int_equal(wordlist_next(&search, &match), WORDLIST_BUDGET);
    search.steps = PLENTY;
    assert_int_equal(wordlist_next(&search, &match), WORDLIST_YES);
    assert_ptr_equal(match.at, text.at);
    wordlist_release(&list);
}

/* Every word ends every other: the chain of words at a place is as long as it gets. */
static void steps_are_bounded_by_the_text(void **state) {
    (void)state;
    static char file[30000], text[20000];
    size_t used = 0;
    for (int size = 1; size <= 200; size++) {
        memset(file + used, 'a', (size_t)size);
        used += (size_t)size;
        file[used++] = '\n';
    }
    struct why why;
    struct wordlist *list = wordlist_build((struct span){file, used}, "list", &why);
    assert_non_null(list);
    memset(text, 'a', sizeof text);
    struct wordlist_search search;
    struct span match;
    wordlist_start(&search, list, (struct span){text, sizeof text}, 0, PLENTY);
    assert_int_equal(wordlist_next(&search, &match), WORDLIST_NO);
    assert_in_range(PLENTY - search.steps, sizeof text, 4 * sizeof text);
    wordlist_release(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matches),        cmocka_unit_test(what_stands_before_init_counts),
        cmocka_unit_test(long_texts),          cmocka_unit_test(a_wrong_file_is_said_with_its_line),
        cmocka_unit_test(too_much_is_refused), cmocka_unit_test(counted_and_shared),
        cmocka_unit_test(steps_run_out),       cmocka_unit_test(steps_are_bounded_by_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
