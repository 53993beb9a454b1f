#include "server/print_trace.h"

#include "server/output.h"

#include <inttypes.h>

static enum style word_style(enum policy_word word) {
    switch (word) {
    case WORD_NONE:
        return STYLE_DIM;
    case WORD_REWRITE:
    case WORD_ACCEPT:
    case WORD_COPY_TO:
        return STYLE_GREEN;
    case WORD_REJECT:
    case WORD_DROP:
    case WORD_REDIRECT:
    case WORD_DEFER:
    case WORD_QUARANTINE:
    case WORD_ERROR:
    case WORD_SET_ASIDE:
    case WORD_WAIT:
        break;
    }
    return STYLE_RED;
}

static void print_asked(const struct policy_trace *trace, struct span policy) {
    for (size_t i = 0; i < trace->asked_count; i++) {
        const struct policy_asked *asked = &trace->asked[i];
        if (!span_equal(asked->policy, policy))
            continue;
        output_label("");
        output_style(STYLE_DIM);
        printf("    ");
        output_text(asked->question);
        printf(" = ");
        output_text(asked->answer);
        output_style(STYLE_PLAIN);
        putchar('\n');
    }
}

static void print_words(const struct policy_step *step) {
    output_styled(word_style(step->word), span_of(policy_word_name(step->word)));
    if (step->owner.at) {
        printf(" the copy of ");
        output_text(step->owner);
    }
    if (step->code.size) {
        printf(" ");
        output_text(step->code);
    }
    if (step->reason.size) {
        printf(": ");
        output_text(step->reason);
    }
    if (step->changes.size) {
        printf(" ");
        output_text(step->changes);
    }
    if (step->replies)
        printf(" + %zu %s", step->replies, step->replies == 1 ? "reply" : "replies");
}

/* Has this policy's name come before? Then its questions were shown. */
static bool is_first(const struct policy_trace *trace, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (span_equal(trace->steps[i].policy, trace->steps[at].policy))
            return false;
    return true;
}

void print_trace(const struct policy_trace *trace) {
    for (size_t i = 0; i < trace->step_count; i++) {
        const struct policy_step *step = &trace->steps[i];
        output_label(i ? "" : "policies");
        output_styled(STYLE_BOLD, step->policy);
        printf("%s  ", step->is_shadow ? " (shadow)" : "");
        print_words(step);
        output_style(STYLE_DIM);
        printf("  %" PRIu32 " units, %" PRIu32 " us", step->units, step->microseconds);
        output_style(STYLE_PLAIN);
        putchar('\n');
        if (is_first(trace, i))
            print_asked(trace, step->policy);
    }
    if (trace->is_cut) {
        output_label("");
        printf("and more, which is not kept\n");
    }
}

void print_budget(const struct policy_trace *trace, uint64_t allowed) {
    output_label("budget");
    printf("%" PRIu64 " of %" PRIu64 " units, %" PRId64 " us\n", trace->units, allowed,
           trace->microseconds);
}

static void put_step(struct json_writer *writer, const struct policy_step *step) {
    json_open(writer, NULL, '{');
    json_put_text(writer, "policy", step->policy);
    json_put_text(writer, "on", span_of(policy_event_name(step->event)));
    json_put_bool(writer, "shadow", step->is_shadow);
    json_put_text(writer, "said", span_of(policy_word_name(step->word)));
    json_put_text(writer, "code", step->code);
    json_put_text(writer, "reason", step->reason);
    json_put_text(writer, "owner", step->owner);
    json_put_json(writer, "changes", step->changes);
    json_put_number(writer, "replies", (int64_t)step->replies);
    json_put_number(writer, "units", step->units);
    json_put_number(writer, "microseconds", step->microseconds);
    json_close(writer, '}');
}

static void put_asked(struct json_writer *writer, const struct policy_trace *trace) {
    json_open(writer, "asked", '[');
    for (size_t i = 0; i < trace->asked_count; i++) {
        json_open(writer, NULL, '{');
        json_put_text(writer, "policy", trace->asked[i].policy);
        json_put_text(writer, "question", trace->asked[i].question);
        json_put_text(writer, "answer", trace->asked[i].answer);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

void json_put_trace(struct json_writer *writer, const struct policy_trace *trace,
                    uint64_t allowed) {
    json_open(writer, "policies", '[');
    for (size_t i = 0; i < trace->step_count; i++)
        put_step(writer, &trace->steps[i]);
    json_close(writer, ']');
    put_asked(writer, trace);
    json_open(writer, "budget", '{');
    json_put_number(writer, "units", (int64_t)trace->units);
    json_put_number(writer, "allowed", (int64_t)allowed);
    json_put_number(writer, "microseconds", trace->microseconds);
    json_put_bool(writer, "cut", trace->is_cut);
    json_close(writer, '}');
}
