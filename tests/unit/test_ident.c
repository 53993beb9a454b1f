/* ident: ids that lead back to where the message stands in the stream. */
#include "claims.h"

#include "meaning/ident.h"

#include <ctype.h>
#include <stdlib.h>

static const uint64_t INCARNATIONS[] = {0, 1, 0x123456789abcdef, IDENT_INCARNATION_END - 1};
static const uint64_t OFFSETS[] = {0, 1, 2, 1000, 1u << 31, IDENT_OFFSET_END - 1};
static const unsigned CHILDREN[] = {0, 1, 2, 512, IDENT_CHILDREN - 1};

static void every_id_leads_back(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(INCARNATIONS); i++)
        for (size_t o = 0; o < COUNT(OFFSETS); o++)
            for (size_t c = 0; c < COUNT(CHILDREN); c++) {
                struct ident id = ident_make(INCARNATIONS[i], OFFSETS[o], CHILDREN[c]);
                uint64_t incarnation, offset;
                unsigned child;
                assert_true(ident_read(span_of(id.text), &incarnation, &offset, &child));
                assert_int_equal(incarnation, INCARNATIONS[i]);
                assert_int_equal(offset, OFFSETS[o]);
                assert_int_equal(child, CHILDREN[c]);
            }
}

static void an_id_is_a_uuid_of_version_8(void **state) {
    (void)state;
    for (uint64_t offset = 0; offset < 1000; offset++) {
        struct ident id = ident_make(0xfedcba987654321, offset, 0);
        assert_int_equal(strlen(id.text), IDENT_SIZE);
        for (int i = 0; i < IDENT_SIZE; i++)
            if (i == 8 || i == 13 || i == 18 || i == 23)
                assert_int_equal(id.text[i], '-');
            else
                assert_true(isdigit(id.text[i]) || (id.text[i] >= 'a' && id.text[i] <= 'f'));
        assert_int_equal(id.text[14], '8');
        assert_non_null(strchr("89ab", id.text[19]));
    }
}

static void an_id_stays_what_it_was(void **state) {
    (void)state;
    /* Stores and clients remember ids: these may never change. */
    assert_string_equal(ident_make(0x123456789abcdef, 0, 0).text,
                        "12345678-9abc-8def-8000-000000000000");
    assert_string_equal(ident_make(0x123456789abcdef, 42, 0).text,
                        "12345678-9abc-8def-bfc3-e268dd4c2cb4");
}

static int by_bytes(const void *left, const void *right) {
    return strcmp(left, right);
}

static void no_two_messages_share_an_id(void **state) {
    (void)state;
    enum { OFFSETS_TRIED = 5000, CHILDREN_TRIED = 4, ALL = OFFSETS_TRIED * CHILDREN_TRIED };
    struct ident *ids = calloc(ALL, sizeof *ids);
    for (unsigned i = 0; i < ALL; i++)
        ids[i] = ident_make(7, i / CHILDREN_TRIED, i % CHILDREN_TRIED);
    qsort(ids, ALL, sizeof *ids, by_bytes);
    for (size_t i = 1; i < ALL; i++)
        assert_string_not_equal(ids[i - 1].text, ids[i].text);
    free(ids);
}

static void others_ids_are_not_ours(void **state) {
    (void)state;
    static const struct span OTHERS[] = {
        SPAN_NONE,
        SPAN(""),
        SPAN("-OaB3x"),
        SPAN("7f9c24e8-3b0d-4ef3-9a3f-2b1c5d6e7f80"),   /* version 4 */
        SPAN("12345678-9abc-8def-0000-000000000000"),   /* another variant */
        SPAN("12345678-9abc-8def-c000-000000000000"),   /* another variant */
        SPAN("12345678-9ABC-8DEF-8000-000000000000"),   /* never written so */
        SPAN("12345678-9abc-8def-8000-00000000000"),    /* too short */
        SPAN("12345678-9abc-8def-8000-0000000000000"),  /* too long */
        SPAN("12345678-9abc-8def-8000-00000000000g"),   /* no digit */
        SPAN("12345678 9abc-8def-8000-000000000000"),   /* no dash */
        SPAN("12345678-9abc-8def-8000-0000000000\0\0"), /* NUL */
    };
    for (size_t i = 0; i < COUNT(OTHERS); i++) {
        uint64_t incarnation = 1, offset = 2;
        unsigned child = 3;
        assert_false(ident_read(OTHERS[i], &incarnation, &offset, &child));
        assert_true(incarnation == 1 && offset == 2 && child == 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_id_leads_back),     cmocka_unit_test(an_id_is_a_uuid_of_version_8),
        cmocka_unit_test(an_id_stays_what_it_was), cmocka_unit_test(no_two_messages_share_an_id),
        cmocka_unit_test(others_ids_are_not_ours),
    };
    return cmocka_run_group_tests_name("ident", tests, NULL, NULL);
}
