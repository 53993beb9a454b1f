/* doctor_report: the doctor's lines, and its verdict; and what it reads out of versions and URIs.
 */
#include "arena_support.h"
#include "claims.h"

#include "server/commands.h"
#include "server/doctor.h"
#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>

static void add(struct doctor_report *report, enum doctor_verdict verdict, const char *what,
                const char *words) {
    doctor_report_add(report, &(struct doctor_line){verdict, what, span_of(words), SPAN_NONE});
}

static struct span printed(const struct doctor_report *report, size_t from) {
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    check(stream);
    doctor_report_print(report, from, stream);
    fclose(stream);
    struct span text = arena_copy(arena, (struct span){bytes, size});
    free(bytes);
    return text;
}

static void the_worst_line_decides(void **state) {
    static const struct {
        enum doctor_verdict verdicts[3];
        enum doctor_verdict worst;
        int code;
    } CASES[] = {
        {{DOCTOR_SKIP, DOCTOR_SKIP, DOCTOR_SKIP}, DOCTOR_OK, COMMAND_OK},
        {{DOCTOR_OK, DOCTOR_SKIP, DOCTOR_OK}, DOCTOR_OK, COMMAND_OK},
        {{DOCTOR_WARN, DOCTOR_OK, DOCTOR_SKIP}, DOCTOR_WARN, COMMAND_OTHERWISE},
        {{DOCTOR_FAIL, DOCTOR_WARN, DOCTOR_OK}, DOCTOR_FAIL, COMMAND_FAILED},
        {{DOCTOR_SKIP, DOCTOR_WARN, DOCTOR_FAIL}, DOCTOR_FAIL, COMMAND_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct doctor_report report = {.arena = arena};
        for (size_t j = 0; j < 3; j++)
            add(&report, CASES[i].verdicts[j], "part", "words");
        assert_int_equal(doctor_report_worst(&report), CASES[i].worst);
        assert_int_equal(doctor_report_code(&report), CASES[i].code);
    }
}

static void a_line_has_its_verdict_its_name_and_the_mend_below(void **state) {
    (void)state;
    struct doctor_report report = {.arena = arena};
    add(&report, DOCTOR_OK, "broker", "is there");
    add(&report, DOCTOR_WARN, "token", "ends soon");
    doctor_report_mend(&report, SPAN("make another one"));
    doctor_report_mend(&report, SPAN("not this, too"));
    add(&report, DOCTOR_FAIL, "retention", "\033[2J");
    add(&report, DOCTOR_SKIP, "keys", "not looked at");
    assert_span(printed(&report, 0), SPAN("ok    broker      is there\n"
                                          "warn  token       ends soon\n"
                                          "                  -> make another one\n"
                                          "fail  retention   ?[2J\n"
                                          "skip  keys        not looked at\n"));
    assert_span(printed(&report, 3), SPAN("skip  keys        not looked at\n"));
}

static void machines_read_the_same(void **state) {
    (void)state;
    struct doctor_report report = {.arena = arena};
    add(&report, DOCTOR_OK, "broker", "\"R\"");
    add(&report, DOCTOR_WARN, "token", "ends");
    doctor_report_mend(&report, SPAN("another"));
    assert_span(doctor_report_json(&report),
                SPAN("{\"verdict\":\"warn\",\"checks\":["
                     "{\"check\":\"broker\",\"verdict\":\"ok\",\"words\":\"\\\"R\\\"\",\"mend\":"
                     "null},"
                     "{\"check\":\"token\",\"verdict\":\"warn\",\"words\":\"ends\",\"mend\":"
                     "\"another\"}]}"));
}

static void there_may_be_many_lines(void **state) {
    (void)state;
    struct doctor_report report = {.arena = arena};
    for (size_t i = 0; i < 200; i++)
        add(&report, i == 70 ? DOCTOR_FAIL : DOCTOR_OK, i == 70 ? "70" : "x", "");
    assert_int_equal(report.count, 200);
    assert_string_equal(report.lines[70].what, "70");
    assert_int_equal(doctor_report_worst(&report), DOCTOR_FAIL);
}

static void versions_are_numbers(void **state) {
    static const struct {
        const char *version;
        unsigned number;
    } CASES[] = {
        {"3.8.35", 3008}, {"3.9.0", 3009}, {"3.10.8", 3010}, {"3.13.0-rc.1", 3013}, {"4.0.2", 4000},
        {"4.1", 4001},    {"", 0},         {"3", 0},         {"three.9", 0},        {"3.x", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_int_equal(doctor_version(CASES[i].version), CASES[i].number);
}

static void places_are_local_by_their_names(void **state) {
    static const struct {
        const char *uri, *host;
        uint16_t port;
        bool is_tls, is_local;
    } CASES[] = {
        {"amqp://u:p@127.0.0.1:5673", "127.0.0.1", 5673, false, true},
        {"amqps://u:p@localhost", "localhost", 5671, true, true},
        {"amqp://u:p@[::1]/vhost", "::1", 5672, false, true},
        {"amqps://u:p@broker.example:1", "broker.example", 1, true, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct broker_place place;
        struct why why;
        assert_int_equal(broker_place(CASES[i].uri, &place, &why), 0);
        assert_string_equal(place.host, CASES[i].host);
        assert_int_equal(place.port, CASES[i].port);
        assert_int_equal(place.is_tls, CASES[i].is_tls);
        assert_int_equal(place.is_local, CASES[i].is_local);
    }
}

static void the_password_is_decoded(void **state) {
    struct span password;
    struct why why;
    (void)state;
    assert_int_equal(broker_password(arena, "amqp://u:a%2Fb@host", &password, &why), 0);
    assert_span(password, SPAN("a/b"));
    assert_int_equal(broker_password(arena, "http://u:secret@host", &password, &why), -1);
    assert_null(strstr(why.words, "secret"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, drop_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_worst_line_decides),  TEST(a_line_has_its_verdict_its_name_and_the_mend_below),
        TEST(machines_read_the_same),  TEST(there_may_be_many_lines),
        TEST(versions_are_numbers),    TEST(places_are_local_by_their_names),
        TEST(the_password_is_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
