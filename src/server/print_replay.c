#include "server/print_replay.h"

#include "server/output.h"
#include "server/print_plan.h"
#include "words/json_write.h"

#include <inttypes.h>

/* ---- for people ---- */

static void print_then_now(const struct replay_change *change) {
    output_label("");
    printf("%s", plan_outcome_name(change->then));
    if (change->then_policy.size) {
        printf(" by ");
        output_text(change->then_policy);
    }
    printf(" -> ");
    output_styled(change->now == PLAN_DELIVERED ? STYLE_GREEN : STYLE_RED,
                  span_of(plan_outcome_name(change->now)));
    if (change->now_policy.size) {
        printf(" by ");
        output_styled(STYLE_BOLD, change->now_policy);
    }
    if (change->now_code.size) {
        printf(": ");
        output_text(change->now_code);
    }
    if (change->now_reason.size) {
        printf(": ");
        output_text(change->now_reason);
    }
    putchar('\n');
}

static void print_change(const struct replay_change *change) {
    putchar('\n');
    output_time(change->received_ms);
    printf("  %s  ", change->id.text);
    output_styled(STYLE_BOLD, change->sender);
    printf(" -> ");
    output_styled(STYLE_BOLD, change->recipient);
    putchar('\n');
    print_then_now(change);
    if (change->then_copies != change->now_copies) {
        output_label("");
        printf("copies: %zu -> %zu\n", change->then_copies, change->now_copies);
    }
    if (change->then_children != change->now_children) {
        output_label("");
        printf("replies and further messages: %zu -> %zu\n", change->then_children,
               change->now_children);
    }
    if (change->field_count) {
        output_label("");
        output_changes(change->fields, REPLAY_FIELDS, change->field_count);
    }
}

static void print_kinds(const struct replay_report *report) {
    for (size_t i = 0; i < report->kind_count; i++) {
        const struct replay_kind *kind = &report->kinds[i];
        output_label("");
        printf("%8" PRIu64 "  %s -> %s  ", kind->count, plan_outcome_name(kind->then),
               plan_outcome_name(kind->now));
        output_text(kind->policy);
        if (kind->code.size) {
            printf(kind->policy.size ? ": " : "");
            output_text(kind->code);
        }
        if (!kind->policy.size && !kind->code.size)
            printf("(no policy: other facts)");
        putchar('\n');
    }
}

static void print_line(const char *label, uint64_t count, const char *words) {
    if (count == 0)
        return;
    output_label(label);
    printf("%" PRIu64 " %s\n", count, words);
}

void print_replay(const struct rehearsal *rehearsal, const struct replay_report *report) {
    output_label("replayed");
    output_count(report->judged, "message");
    printf(" since ");
    output_time(report->since_ms);
    printf("%s, policies from %s, generation %016" PRIx64 "\n",
           report->is_cut ? " (and there are more: --limit)" : "", rehearsal->config.policies,
           policy_set_generation(rehearsal->set));
    output_label("facts");
    printf("blocks and groups as they are now; limits and kept keys begin empty\n");
    output_label("same");
    printf("%" PRIu64 "\n", report->same);
    output_label("changed");
    printf("%" PRIu64 "\n", report->changed);
    print_kinds(report);
    print_line("not asked", report->others, "blocks, and what counts for nothing");
    print_line("not known", report->unknown,
               "that are not in the store: not taken yet, or of another stream");
    print_line("not sure", report->unjudged, "for which a fact could not be read");
    print_line("passed", report->passed,
               "places that could not be read: a message that the broker cannot deliver, and its"
               " neighbours");
    if (report->begins_late)
        printf("Something at the beginning could not be read.\n");
    size_t shown = report->changed < report->room ? (size_t)report->changed : report->room;
    for (size_t i = 0; i < shown; i++)
        print_change(&report->changes[i]);
    if (report->changed > shown)
        printf("\nand %" PRIu64 " more (--show)\n", report->changed - shown);
}

/* ---- for machines ---- */

static void put_side(struct json_writer *writer, const char *key, enum plan_outcome outcome,
                     struct span policy, struct span code) {
    json_open(writer, key, '{');
    json_put_text(writer, "outcome", span_of(plan_outcome_name(outcome)));
    json_put_text(writer, "policy", policy.size ? policy : SPAN_NONE);
    json_put_text(writer, "code", code.size ? code : SPAN_NONE);
}

static void put_change(struct json_writer *writer, const struct replay_change *change) {
    json_open(writer, NULL, '{');
    json_put_text(writer, "message_id", span_of(change->id.text));
    json_put_number(writer, "received_ms", change->received_ms);
    json_put_text(writer, "sender", change->sender);
    json_put_text(writer, "recipient", change->recipient);
    put_side(writer, "then", change->then, change->then_policy, change->then_code);
    json_put_number(writer, "copies", (int64_t)change->then_copies);
    json_put_number(writer, "children", (int64_t)change->then_children);
    json_close(writer, '}');
    put_side(writer, "now", change->now, change->now_policy, change->now_code);
    json_put_text(writer, "reason", change->now_reason.size ? change->now_reason : SPAN_NONE);
    json_put_number(writer, "copies", (int64_t)change->now_copies);
    json_put_number(writer, "children", (int64_t)change->now_children);
    json_close(writer, '}');
    json_put_changes(writer, "changes", change->fields, REPLAY_FIELDS, change->field_count);
    json_close(writer, '}');
}

static void put_kinds(struct json_writer *writer, const struct replay_report *report) {
    json_open(writer, "by_policy", '[');
    for (size_t i = 0; i < report->kind_count; i++) {
        const struct replay_kind *kind = &report->kinds[i];
        json_open(writer, NULL, '{');
        json_put_text(writer, "policy", kind->policy);
        json_put_text(writer, "code", kind->code);
        json_put_text(writer, "then", span_of(plan_outcome_name(kind->then)));
        json_put_text(writer, "now", span_of(plan_outcome_name(kind->now)));
        json_put_number(writer, "count", (int64_t)kind->count);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

void print_replay_json(const struct rehearsal *rehearsal, const struct replay_report *report) {
    struct json_writer writer = json_write(report->arena);
    json_open(&writer, NULL, '{');
    json_put_number(&writer, "since_ms", report->since_ms);
    json_put_text(&writer, "generation",
                  arena_print(report->arena, "%016" PRIx64, policy_set_generation(rehearsal->set)));
    json_put_text(&writer, "facts", SPAN("now"));
    json_put_text(&writer, "limits", SPAN("empty"));
    json_put_number(&writer, "messages", (int64_t)report->judged);
    json_put_number(&writer, "same", (int64_t)report->same);
    json_put_number(&writer, "changed", (int64_t)report->changed);
    json_put_number(&writer, "not_asked", (int64_t)report->others);
    json_put_number(&writer, "not_known", (int64_t)report->unknown);
    json_put_number(&writer, "not_sure", (int64_t)report->unjudged);
    json_put_number(&writer, "passed", (int64_t)report->passed);
    json_put_bool(&writer, "begins_late", report->begins_late);
    json_put_bool(&writer, "cut", report->is_cut);
    put_kinds(&writer, report);
    json_open(&writer, "changes", '[');
    for (size_t i = 0; i < report->changed && i < report->room; i++)
        put_change(&writer, &report->changes[i]);
    json_close(&writer, ']');
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
}
