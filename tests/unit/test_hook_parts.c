/* hook: addresses, URLs, signatures, and what a status means. */
#include "claims.h"

#include "ports/hook.h"
#include "ports/hook/address.h"
#include "ports/hook/sign.h"

#include <arpa/inet.h>

/* ---- addresses ---- */

static const char *kind_of(const char *text) {
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return address_kind((struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return address_kind((struct sockaddr *)&six);
}

static void addresses_that_are_not_the_internets_are_told(void **state) {
    (void)state;
    static const char *const CASES[][2] = {
        {"0.0.0.0", "unspecified"},
        {"0.1.2.3", "unspecified"},
        {"10.0.0.1", "private"},
        {"10.255.255.255", "private"},
        {"100.64.0.1", "shared"},
        {"100.127.255.255", "shared"},
        {"127.0.0.1", "loopback"},
        {"127.255.0.1", "loopback"},
        {"169.254.169.254", "link-local"},
        {"172.16.0.1", "private"},
        {"172.31.255.255", "private"},
        {"192.168.1.1", "private"},
        {"198.19.255.255", "reserved"},
        {"224.0.0.1", "multicast"},
        {"239.255.255.255", "multicast"},
        {"255.255.255.255", "reserved"},
        {"::", "unspecified"},
        {"::1", "loopback"},
        {"::ffff:127.0.0.1", "loopback"},
        {"::ffff:10.1.2.3", "private"},
        {"::ffff:0.0.0.0", "unspecified"},
        {"::127.0.0.1", "loopback"},
        {"64:ff9b::7f00:1", "loopback"},
        {"64:ff9b::10.0.0.1", "private"},
        {"64:ff9b:1::1", "private"},
        {"2002:7f00:1::", "loopback"},
        {"2002:c0a8:101::1", "private"},
        {"2001::1", "reserved"},
        {"2001:db8::1", "reserved"},
        {"100::1", "reserved"},
        {"fc00::1", "private"},
        {"fdff::1", "private"},
        {"fe80::1", "link-local"},
        {"febf::1", "link-local"},
        {"fec0::1", "private"},
        {"ff02::1", "multicast"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const char *kind = kind_of(CASES[i][0]);
        if (!kind || !strstr(kind, CASES[i][1]))
            fail_msg("%s is %s, not %s", CASES[i][0], kind ? kind : "public", CASES[i][1]);
    }
}

static void all_others_are_public(void **state) {
    (void)state;
    static const char *const CASES[] = {"1.1.1.1",         "9.255.255.255",  "11.0.0.0",
                                        "100.63.255.255",  "100.128.0.0",    "126.255.255.255",
                                        "128.0.0.1",       "172.15.255.255", "172.32.0.0",
                                        "192.167.255.255", "192.169.0.0",    "223.255.255.255",
                                        "2606:4700::1",    "::ffff:1.1.1.1", "64:ff9b::8.8.8.8",
                                        "2002:808:808::1", "2a00:1450::2004"};
    for (size_t i = 0; i < COUNT(CASES); i++)
        if (kind_of(CASES[i]))
            fail_msg("%s is %s", CASES[i], kind_of(CASES[i]));
}

static void what_is_no_address_of_the_internet_is_not_public(void **state) {
    (void)state;
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_non_null(address_kind(&local));
}

/* ---- URLs ---- */

static void a_url_is_checked(void **state) {
    (void)state;
    static const struct {
        const char *url, *words; /* NULL: it is right */
    } CASES[] = {
        {"http://example.com/hooks?a=b", NULL},
        {"https://user:secret@example.com:8443/x", NULL},
        {"HTTPS://EXAMPLE.COM", NULL},
        {"http://8.8.8.8/", NULL},
        {"http://[2606:4700::1]/", NULL},
        {"", "no URL"},
        {"example.com/hooks", "does not begin with http"},
        {"ftp://example.com/", "does not begin with http"},
        {"file:///etc/passwd", "does not begin with http"},
        {"gopher://example.com/", "does not begin with http"},
        {"http://", "no URL"},
        {"http://exa mple.com/", "no URL"},
        {"http://example.com:99999/", "no URL"},
        {"http://localhost:3000/", "this machine"},
        {"http://LocalHost/", "this machine"},
        {"http://app.localhost/", "this machine"},
        {"http://127.0.0.1/", "loopback"},
        {"http://127.1/", "loopback"},
        {"http://2130706433/", "loopback"},
        {"http://0x7f000001/", "loopback"},
        {"http://0177.0.0.1/", "loopback"},
        {"http://10.0.0.1/", "private"},
        {"http://169.254.169.254/latest", "link-local"},
        {"http://[::1]/", "loopback"},
        {"http://[::ffff:127.0.0.1]/", "loopback"},
        {"http://[fd00::1]:80/", "private"},
        {"http://[fe80::1%25eth0]/", "link-local"},
        {"http://user:secret@127.0.0.1/", "loopback"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct why why = {""};
        int rc = hook_check_url(span_of(CASES[i].url), false, &why);
        if ((rc == 0) != (CASES[i].words == NULL))
            fail_msg("%s: %d %s", CASES[i].url, rc, why.words);
        if (rc != 0 && CASES[i].words)
            assert_says(&why, CASES[i].words);
        assert_null(strstr(why.words, "secret"));
    }
}

static void private_hosts_may_be_allowed(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(hook_check_url(SPAN("http://127.0.0.1:3000/"), true, &why), 0);
    assert_int_equal(hook_check_url(SPAN("http://localhost/"), true, &why), 0);
    assert_int_equal(hook_check_url(SPAN("http://localhost/"), false, &why), -1);
    assert_says(&why, "CHAT21D_WEBHOOK_PRIVATE=yes");
}

static void a_url_has_a_bound(void **state) {
    (void)state;
    static char url[HOOK_URL_MAX + 2] = "http://example.com/";
    struct why why;
    memset(url + 19, 'x', HOOK_URL_MAX - 19);
    assert_int_equal(hook_check_url((struct span){url, HOOK_URL_MAX}, false, &why), 0);
    url[HOOK_URL_MAX] = 'x';
    assert_int_equal(hook_check_url((struct span){url, HOOK_URL_MAX + 1}, false, &why), -1);
    assert_says(&why, "longer");
}

static void a_masked_url_shows_no_secret(void **state) {
    (void)state;
    static const char *const CASES[][2] = {
        {"http://example.com/a/b", "http://example.com/a/b"},
        {"http://u:p@example.com/a", "http://***@example.com/a"},
        {"http://u:p@x@example.com/a", "http://***@example.com/a"},
        {"http://u@example.com?token=1", "http://***@example.com?***"},
        {"http://example.com/a?b=c&d=e#f", "http://example.com/a?***"},
        {"http://example.com/@a?x", "http://example.com/@a?***"},
        {"http://example.com/a#b?c", "http://example.com/a#***"},
        {"http://u:1#p@example.com/", "http://u:1#***"},
        {"u:p@example.com", "***@example.com"},
        {"http://", "http://"},
        {"", ""},
        {"@", "***@"},
        {"?", "?***"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_span(hook_mask_url(arena, span_of(CASES[i][0])), span_of(CASES[i][1]));
    arena_free(&arena);
}

/* ---- signatures ---- */

static void fill(char *bytes, size_t size, int value) {
    memset(bytes, value, size);
}

/* RFC 4231, section 4: the cases that are not cut. */
static void hmac_is_that_of_the_standard(void **state) {
    (void)state;
    char key_1[20], key_3[20], data_3[50], key_4[25], data_4[50], key_6[131], hex[SIGN_HEX];
    fill(key_1, sizeof key_1, 0x0b);
    fill(key_3, sizeof key_3, 0xaa);
    fill(data_3, sizeof data_3, 0xdd);
    for (int i = 0; i < 25; i++)
        key_4[i] = (char)(i + 1);
    fill(data_4, sizeof data_4, 0xcd);
    fill(key_6, sizeof key_6, 0xaa);
    const struct {
        struct span key, data;
        const char *hex;
    } cases[] = {
        {{key_1, sizeof key_1},
         SPAN("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {SPAN("Jefe"), SPAN("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{key_3, sizeof key_3},
         {data_3, sizeof data_3},
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{key_4, sizeof key_4},
         {data_4, sizeof data_4},
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {{key_6, sizeof key_6},
         SPAN("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {{key_6, sizeof key_6},
         SPAN("This is a test using a larger than block-size key and a larger than block-size "
              "data. The key needs to be hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct span parts[] = {span_cut(cases[i].data, 0, 3),
                               span_cut(cases[i].data, 3, cases[i].data.size)};
        sign_hex(cases[i].key, parts, 2, hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

/* ---- statuses ---- */

static void a_status_says_whether_to_try_again(void **state) {
    (void)state;
    static const struct {
        int status;
        enum hook_class class;
    } CASES[] = {{200, HOOK_DONE},  {201, HOOK_DONE},  {204, HOOK_DONE},  {299, HOOK_DONE},
                 {301, HOOK_FINAL}, {302, HOOK_FINAL}, {307, HOOK_FINAL}, {400, HOOK_FINAL},
                 {401, HOOK_FINAL}, {404, HOOK_FINAL}, {407, HOOK_FINAL}, {408, HOOK_AGAIN},
                 {409, HOOK_FINAL}, {410, HOOK_FINAL}, {429, HOOK_AGAIN}, {499, HOOK_FINAL},
                 {500, HOOK_AGAIN}, {502, HOOK_AGAIN}, {503, HOOK_AGAIN}, {599, HOOK_AGAIN},
                 {600, HOOK_FINAL}, {999, HOOK_FINAL}};
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_int_equal(hook_class(CASES[i].status), CASES[i].class);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_are_not_the_internets_are_told),
        cmocka_unit_test(all_others_are_public),
        cmocka_unit_test(what_is_no_address_of_the_internet_is_not_public),
        cmocka_unit_test(a_url_is_checked),
        cmocka_unit_test(private_hosts_may_be_allowed),
        cmocka_unit_test(a_url_has_a_bound),
        cmocka_unit_test(a_masked_url_shows_no_secret),
        cmocka_unit_test(hmac_is_that_of_the_standard),
        cmocka_unit_test(a_status_says_whether_to_try_again),
    };
    return cmocka_run_group_tests_name("hook_parts", tests, NULL, NULL);
}
