/* output, print_plan and print_trace: what commands show, and that nothing from outside reaches a
 * terminal as an order. */
#include "claims.h"

#include "server/output.h"
#include "server/print_plan.h"
#include "server/print_trace.h"
#include "words/check.h"
#include "words/json.h"

#include <stdlib.h>
#include <unistd.h>

/* What is printed between the two goes into a file, and then into the arena. */
struct capture {
    struct arena *arena;
    FILE *file;
    int saved;
};

static struct capture capture_start(void) {
    struct capture capture = {.arena = arena_new(), .file = tmpfile()};
    check(capture.file);
    fflush(stdout);
    capture.saved = dup(STDOUT_FILENO);
    check(dup2(fileno(capture.file), STDOUT_FILENO) >= 0);
    return capture;
}

static struct span capture_end(struct capture *capture) {
    char *bytes = arena_take(capture->arena, 65536);
    fflush(stdout);
    check(dup2(capture->saved, STDOUT_FILENO) >= 0);
    close(capture->saved);
    rewind(capture->file);
    size_t size = fread(bytes, 1, 65536, capture->file);
    fclose(capture->file);
    return (struct span){bytes, size};
}

static void assert_shows(struct span shown, const char *wanted) {
    if (span_has(shown, span_of(wanted)))
        return;
    print_error("it shows\n%.*s\nand not\n%s\n", SPAN_ARGS(shown), wanted);
    fail();
}

static void control_bytes_do_not_pass(void **state) {
    (void)state;
    struct capture capture = capture_start();
    output_text(SPAN("a\033[2Jb\x07"
                     "c\xc2\x9b"
                     "d\x7f\n"));
    assert_span(capture_end(&capture), SPAN("a?[2Jb?c?d??"));
    arena_free(&capture.arena);
}

static void long_text_is_cut_between_characters(void **state) {
    (void)state;
    char text[OUTPUT_VALUE_MAX + 8];
    memset(text, 'x', sizeof text);
    struct capture capture = capture_start();
    output_text((struct span){text, OUTPUT_VALUE_MAX});
    assert_int_equal(capture_end(&capture).size, OUTPUT_VALUE_MAX);
    arena_free(&capture.arena);
    memcpy(text + OUTPUT_VALUE_MAX - 2, "\xe4\xbd\xa0", 3); /* three bytes, the limit within */
    capture = capture_start();
    output_text((struct span){text, sizeof text});
    struct span shown = capture_end(&capture);
    assert_int_equal(shown.size, OUTPUT_VALUE_MAX - 2 + 3);
    assert_shows(shown, "x\xe2\x80\xa6");
    arena_free(&capture.arena);
}

static void times_are_utc(void **state) {
    (void)state;
    struct capture capture = capture_start();
    output_time(1700000000042);
    output_time(0);
    output_time(-5);
    assert_span(capture_end(&capture), SPAN("2023-11-14 22:13:20.042 UTC(no time)(no time)"));
    arena_free(&capture.arena);
}

static void changes_are_a_diff(void **state) {
    (void)state;
    const struct diff_field fields[] = {
        {SPAN("text"), SPAN("\"heck\""), SPAN("\"****\"")},
        {SPAN("old"), SPAN("1"), SPAN_NONE},
        {SPAN("new"), SPAN_NONE, SPAN("2")},
    };
    struct capture capture = capture_start();
    output_changes(fields, 3, 5);
    assert_span(capture_end(&capture), SPAN("- text: \"heck\"\n"
                                            "          + text: \"****\"\n"
                                            "          - old: 1\n"
                                            "          + new: 2\n"
                                            "          and 2 more\n"));
    arena_free(&capture.arena);
}

/* A refused message with more in it than is good for a terminal. */
static struct plan *refused(void) {
    struct plan *plan = plan_new();
    plan->id = ident_make(1, 2, 0);
    plan->app = SPAN("shop");
    plan->sender = SPAN("ann");
    plan->recipient = SPAN("b\033en");
    plan->outcome = PLAN_REJECTED;
    plan->policy = SPAN("house");
    plan->code = SPAN("no");
    plan->reason = SPAN("not\nhere");
    struct stamp stamp = {plan->id, plan->sender, plan->recipient, plan->app, 5};
    plan->body = message_stamp(plan->arena, SPAN("{\"text\":\"hi\"}"), &stamp);
    plan->copies = arena_array(plan->arena, 1, sizeof *plan->copies);
    plan->copies[0] = (struct plan_copy){plan->sender, SPAN("ben"), STATUS_FAILED};
    plan->copy_count = 1;
    return plan;
}

static void a_plan_is_shown(void **state) {
    (void)state;
    struct plan *plan = refused();
    struct capture capture = capture_start();
    print_sides(plan);
    print_outcome(plan);
    print_copies(plan);
    struct span shown = capture_end(&capture);
    assert_shows(shown, "ann -> b?en, app shop\n");
    assert_shows(shown, "outcome   rejected by house: no: not?here\n");
    assert_shows(shown, "copies    apps/shop/users/ann/messages/ben/clientadded  -100 failed\n");
    arena_free(&capture.arena);
    plan_free(&plan);
}

static void many_copies_are_counted(void **state) {
    (void)state;
    struct plan *plan = refused();
    plan->copy_count = PRINT_COPIES + 3;
    plan->copies = arena_array(plan->arena, plan->copy_count, sizeof *plan->copies);
    for (size_t i = 0; i < plan->copy_count; i++)
        plan->copies[i] = (struct plan_copy){SPAN("ann"), SPAN("ben"), STATUS_DELIVERED};
    struct capture capture = capture_start();
    print_copies(plan);
    assert_shows(capture_end(&capture), "\n          and 3 more\n");
    arena_free(&capture.arena);
    plan_free(&plan);
}

static void a_plan_is_json(void **state) {
    (void)state;
    struct plan *plan = refused();
    struct json_writer writer = json_write(plan->arena);
    struct json_value value;
    struct why why;
    json_put_plan(&writer, NULL, plan);
    struct span json = json_written(&writer);
    assert_int_equal(json_check(json, NULL, &why), 0);
    assert_true(json_find(json, SPAN("outcome"), &value));
    assert_span(value.text, SPAN("\"rejected\""));
    assert_true(json_find_path(json, SPAN("body.status"), &value));
    assert_span(value.text, SPAN("-100"));
    assert_true(json_find(json, SPAN("copies"), &value));
    assert_span(value.text, SPAN("[{\"topic\":\"apps/shop/users/ann/messages/ben/clientadded\","
                                 "\"owner\":\"ann\",\"status\":-100}]"));
    plan_free(&plan);
}

/* The stamp is the server's: it is no change. */
static void only_what_policies_did_is_a_change(void **state) {
    (void)state;
    struct plan *plan = refused();
    struct diff_field *fields;
    size_t count;
    plan_changes(plan->arena, SPAN("{\"text\":\"hi\",\"sender\":\"forged\"}"), plan, &fields,
                 &count);
    assert_int_equal(count, 0);
    plan_changes(plan->arena, SPAN("{\"text\":\"ho\",\"more\":1}"), plan, &fields, &count);
    assert_int_equal(count, 2);
    assert_span(fields[0].path, SPAN("more"));
    assert_span(fields[1].now, SPAN("\"hi\""));
    plan_free(&plan);
}

static void a_trace_is_shown(void **state) {
    (void)state;
    struct policy_trace *trace = must_calloc(1, sizeof *trace);
    trace->steps[0] = (struct policy_step){.policy = SPAN("guard"),
                                           .event = POLICY_MESSAGE,
                                           .word = WORD_REJECT,
                                           .is_shadow = true,
                                           .code = SPAN("no"),
                                           .reason = SPAN("bl\aocked"),
                                           .units = 7,
                                           .microseconds = 3};
    trace->steps[1] = (struct policy_step){
        .policy = SPAN("hides"), .event = POLICY_COPY, .word = WORD_DROP, .owner = SPAN("ben")};
    trace->step_count = 2;
    trace->asked[0] = (struct policy_asked){SPAN("guard"), SPAN("blocked(ben, ann)"), SPAN("true")};
    trace->asked_count = 1;
    trace->units = 10;
    struct capture capture = capture_start();
    print_trace(trace);
    print_budget(trace, 100);
    struct span shown = capture_end(&capture);
    assert_shows(shown, "policies  guard (shadow)  reject no: bl?ocked  7 units, 3 us\n"
                        "              blocked(ben, ann) = true\n"
                        "          hides  drop the copy of ben  0 units, 0 us\n");
    assert_shows(shown, "budget    10 of 100 units");
    arena_free(&capture.arena);
    free(trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_bytes_do_not_pass),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(times_are_utc),
        cmocka_unit_test(changes_are_a_diff),
        cmocka_unit_test(a_plan_is_shown),
        cmocka_unit_test(many_copies_are_counted),
        cmocka_unit_test(a_plan_is_json),
        cmocka_unit_test(only_what_policies_did_is_a_change),
        cmocka_unit_test(a_trace_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
