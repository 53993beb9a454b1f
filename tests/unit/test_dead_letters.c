/* dead_letters: which letters are a user's. */
#include "server/dead_letters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *key, *body;
    bool is_hers;
} LETTERS[] = {
    {"apps.shop.outgoing.users.ann.messages.ben.outgoing", "no JSON", true},
    {".apps.shop.users.ann.ben.messages.outgoing", "{}", true},
    {"apps.shop.outgoing.users.ben.messages.ann.outgoing", "{}", true},
    {"apps.bank.outgoing.users.ann.messages.ben.outgoing", "{}", false},
    {"apps.shop.outgoing.users.anna.messages.ben.outgoing", "{\"text\":\"ann\"}", false},
    {"observer.webhook.apps.shop.message_deliver", "{\"recipient_id\":\"ann\"}", true},
    {"observer.webhook.apps.shop.message_deliver", "{\"recipient_id\":\"ben\"}", false},
    {"observer.webhook.apps.shop.message_deliver", "{\"sender\":\"\\u0061nn\"}", true},
    {"observer.webhook.apps.shop.message_deliver", "{\"sender\":\"ann\"", false},
    {"", "{\"sender\":\"ann\"}", false},
};

static void a_letter_is_whose_key_or_body_says_so(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++) {
        struct dead_letter letter = {.key = span_of(LETTERS[i].key),
                                     .body = span_of(LETTERS[i].body)};
        if (dead_letter_is_of(&letter, SPAN("shop"), SPAN("ann")) != LETTERS[i].is_hers)
            fail_msg("%s %s", LETTERS[i].key, LETTERS[i].body);
    }
}

static void the_words_between_ids_are_nobodys(void **state) {
    (void)state;
    struct dead_letter letter = {.key = SPAN("apps.shop.outgoing.users.ann.messages.ben.outgoing"),
                                 .body = SPAN("{}")};
    assert_false(dead_letter_is_of(&letter, SPAN("shop"), SPAN("users")));
    assert_false(dead_letter_is_of(&letter, SPAN("users"), SPAN("ann")));
    letter.key = SPAN("apps.shop.users.users.conversations.ben.archive");
    assert_true(dead_letter_is_of(&letter, SPAN("shop"), SPAN("users")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_is_whose_key_or_body_says_so),
        cmocka_unit_test(the_words_between_ids_are_nobodys),
    };
    return cmocka_run_group_tests_name("dead letters", tests, NULL, NULL);
}
