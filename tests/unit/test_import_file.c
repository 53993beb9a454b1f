/* import_file: documents of an export, in bounded memory, from any place. */
#include "claims.h"

#include "server/import_file.h"
#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/chat21d-import.XXXXXX";
static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    arena = arena_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    arena_free(&arena);
    return 0;
}

static struct import_file *file_of(struct span content, size_t document_max) {
    struct why why = {""};
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(content.at, 1, content.size, stream), content.size);
    fclose(stream);
    struct import_file *file = import_file_open(path, document_max, &why);
    if (!file)
        fail_msg("%s", why.words);
    return file;
}

/* "LINE:document " of each; "LINE:long " where it was too long; the words at the end. */
static const char *read_all(struct import_file *file) {
    static char found[2000];
    struct import_document document;
    struct why why = {""};
    int rc;
    found[0] = '\0';
    while ((rc = import_file_next(file, &document, &why)) > 0) {
        size_t used = strlen(found);
        struct span text = document.text.at ? document.text : SPAN("long");
        while (text.size && (text.at[text.size - 1] == '\n' || text.at[text.size - 1] == '\r'))
            text.size--;
        snprintf(found + used, sizeof found - used, "%lld:%.*s ", (long long)document.line,
                 SPAN_ARGS(text));
    }
    if (rc < 0)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s",
                 why.words + strlen(path));
    return found;
}

static const struct {
    const char *claim;
    struct span content;
    const char *documents;
} READ[] = {
    {"an empty file has none", SPAN(""), ""},
    {"one a line", SPAN("{\"a\":1}\n{\"a\":2}\n"), "1:{\"a\":1} 2:{\"a\":2} "},
    {"the last line need not end; empty ones are none; Windows may have written it",
     SPAN("\n{\"a\":1}\r\n  \n{\"a\":2}"), "2:{\"a\":1} 4:{\"a\":2} "},
    {"what is no document is one all the same", SPAN("x\n{\"a\":\n]"), "1:x 2:{\"a\": 3:] "},
    {"an array", SPAN("[{\"a\":[1,{}]},{\"b\":\"}\\\"{\"}]\n"),
     "1:{\"a\":[1,{}]} 1:{\"b\":\"}\\\"{\"} "},
    {"an array over lines", SPAN(" [\n{\"a\":1},\n\n{\"b\":\n2}\n]"), "2:{\"a\":1} 4:{\"b\":\n2} "},
    {"an empty array", SPAN("[]"), ""},
    {"an array of something else", SPAN("[{},\n7]"),
     "1:{} :2: a document expected, which is an object; what follows cannot be read"},
    {"an array that breaks off", SPAN("[{\"a\":1},{\"b\""), "1:{\"a\":1} 1:{\"b\" "},
    {"a byte order mark", SPAN("\xef\xbb\xbf{\"a\":1}\n"), "1:{\"a\":1} "},
    {"too long ones", SPAN("{\"a\":\"01234567890123456789\"}\n{\"b\":1}\n"), "1:long 2:{\"b\":1} "},
    {"too long ones of an array", SPAN("[{\"a\":\"0123456789}123456789\"}\n,{\"b\":1}]"),
     "1:long 2:{\"b\":1} "},
};

static void documents_come_one_by_one(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(READ); i++) {
        struct import_file *file = file_of(READ[i].content, 20);
        print_message("%s\n", READ[i].claim);
        assert_string_equal(read_all(file), READ[i].documents);
        if (!strstr(READ[i].documents, "cannot be read"))
            assert_int_equal(import_file_position(file), READ[i].content.size);
        import_file_close(&file);
    }
}

/* Wherever it was left off behind a document. */
static void it_goes_on_anywhere(void **state) {
    (void)state;
    static const struct span CONTENTS[] = {SPAN("{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}"),
                                           SPAN("[{\"a\":1}\n\n,{\"a\":2},\n{\"a\":3}]\n")};
    for (size_t i = 0; i < COUNT(CONTENTS); i++)
        for (int documents = 1; documents <= 3; documents++) {
            struct import_file *file = file_of(CONTENTS[i], 100);
            struct import_document document;
            for (int j = 0; j < documents; j++)
                assert_int_equal(import_file_next(file, &document, NULL), 1);
            int64_t position = import_file_position(file), lines = import_file_lines(file);
            char rest[100];
            snprintf(rest, sizeof rest, "%s", read_all(file));
            assert_int_equal(import_file_seek(file, position, lines, NULL), 0);
            assert_string_equal(read_all(file), rest);
            import_file_close(&file);
        }
}

/* Larger than what is read at once, and documents larger than that. */
static void a_large_file_is_read_in_pieces(void **state) {
    (void)state;
    enum { SIZE = 700000 };
    char *content = must_calloc(1, 3 * SIZE + 100);
    size_t size = (size_t)sprintf(content, "{\"a\":\"%*s\"}\n{\"b\":1}\n{\"c\":\"%*s\"}\n", SIZE,
                                  "", 2 * SIZE, "");
    struct import_file *file = file_of((struct span){content, size}, SIZE + 100);
    struct import_document document;
    assert_int_equal(import_file_next(file, &document, NULL), 1);
    assert_int_equal(document.text.size, SIZE + 9);
    assert_int_equal(import_file_next(file, &document, NULL), 1);
    assert_int_equal(document.text.size, 8);
    assert_int_equal(import_file_next(file, &document, NULL), 1);
    assert_null(document.text.at);
    assert_int_equal(document.line, 3);
    assert_int_equal(import_file_next(file, &document, NULL), 0);
    import_file_close(&file);
    free(content);
}

static void a_file_is_known_by_name_size_and_begin(void **state) {
    (void)state;
    struct import_file *file = file_of(SPAN("{}\n{}\n"), 100);
    struct span first = import_file_key(file, arena);
    assert_span(first, arena_print(arena, "%s 6 fee028cbd2c91d95", path + sizeof "/tmp"));
    import_file_close(&file);
    file = file_of(SPAN("{}\n{}\n"), 100);
    assert_span(import_file_key(file, arena), first);
    import_file_close(&file);
    file = file_of(SPAN("{}\n[]\n"), 100);
    assert_false(span_equal(import_file_key(file, arena), first));
    import_file_close(&file);
    file = file_of(SPAN("{}\n{}\n\n"), 100);
    assert_false(span_equal(import_file_key(file, arena), first));
    struct why why = {""};
    assert_int_equal(import_file_seek(file, 100, 0, &why), -1);
    import_file_close(&file);
    assert_null(import_file_open("/nonexistent", 100, &why));
    assert_says(&why, "/nonexistent: No such file");
    assert_null(import_file_open("/tmp", 100, &why));
    assert_says(&why, "is no regular file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(documents_come_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_goes_on_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_file_is_read_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_known_by_name_size_and_begin, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("import file", tests, NULL, NULL);
}
