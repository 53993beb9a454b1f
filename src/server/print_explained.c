#include "server/explain.h"

#include "server/output.h"
#include "server/print_plan.h"

#include <inttypes.h>

/* ---- the stored plan ---- */

static void print_place(const struct plan *plan) {
    output_label("place");
    if (plan->seq < 0)
        printf("imported");
    else if (plan->origin.incarnation == 0)
        printf("out of an earlier server's queue");
    else
        printf("offset %" PRIu64 " of the stream", plan->origin.offset);
    printf(", number %" PRId64 " of the store\n", plan->seq);
}

/* Whose word caused it. */
static void print_parent(const struct plan *plan) {
    if (plan->child == 0)
        return;
    struct ident parent = ident_make(plan->origin.incarnation, plan->origin.offset, 0);
    output_label("caused");
    printf("by policies, from %s\n", parent.text);
}

static void print_waiting(const struct plan *plan) {
    if (plan->outcome != PLAN_QUARANTINED)
        return;
    output_label("");
    printf("it waits for a person's word: chat21d quarantine\n");
}

static void print_generation(const struct plan *plan) {
    output_label("judged by");
    if (plan->generation)
        printf("generation %016" PRIx64 " of the policies\n", plan->generation);
    else
        printf("no policy\n");
}

/* One that came with somebody else's id may be asked for under either. */
static void print_ids(const struct plan *plan) {
    if (!plan->foreign_id.at)
        return;
    output_label("id");
    output_text(plan->foreign_id);
    printf(", from another server; here %s\n", plan->id.text);
}

static void print_plan(const struct plan *plan) {
    if (plan->seq > 0)
        print_kind(plan->kind);
    print_sides(plan);
    print_ids(plan);
    output_label("received");
    output_time(plan->received_ms);
    putchar('\n');
    print_place(plan);
    print_parent(plan);
    print_outcome(plan);
    print_waiting(plan);
    print_generation(plan);
    print_copies(plan);
}

static void print_caused(const struct plan *plan) {
    for (size_t i = 0; i < plan->child_count; i++) {
        output_label(i ? "" : "causes");
        printf("%s  ", plan->children[i]->id.text);
        output_text(plan->children[i]->recipient);
        printf("  %s\n", plan_outcome_name(plan->children[i]->outcome));
    }
}

/* ---- the log's lines ---- */

static struct span text_at(struct arena *arena, struct span object, const char *name) {
    struct json_value value;
    if (!json_find(object, span_of(name), &value))
        return SPAN_NONE;
    return value.type == JSON_STRING ? json_unquote(arena, value.text) : value.text;
}

static int64_t number_at(struct span object, const char *name) {
    struct json_value value;
    int64_t number = 0;
    if (json_find(object, span_of(name), &value))
        json_whole(value, &number);
    return number;
}

static struct json_walk list_at(struct span object, const char *name) {
    struct json_value list;
    if (!json_find(object, span_of(name), &list) || list.type != JSON_ARRAY)
        return json_walk(SPAN_NONE);
    return json_walk(list.text);
}

static void print_part(const char *before, struct span text) {
    if (!text.size)
        return;
    fputs(before, stdout);
    output_text(text);
}

static void print_asked(struct arena *arena, struct span line, struct span policy) {
    struct json_walk asked = list_at(line, "asked");
    while (json_next(&asked)) {
        struct span one = asked.value.text;
        if (!span_equal(text_at(arena, one, "policy"), policy))
            continue;
        output_label("");
        output_style(STYLE_DIM);
        print_part("    ", text_at(arena, one, "question"));
        print_part(" = ", text_at(arena, one, "answer"));
        output_style(STYLE_PLAIN);
        putchar('\n');
    }
}

static void print_step(struct arena *arena, struct span line, struct span step) {
    struct span policy = text_at(arena, step, "policy");
    output_label("");
    printf("  ");
    output_styled(STYLE_BOLD, policy);
    print_part(text_at(arena, step, "is_shadow").size ? " (shadow)  " : "  ",
               text_at(arena, step, "said"));
    print_part(" the copy of ", text_at(arena, step, "owner"));
    print_part(" ", text_at(arena, step, "code"));
    print_part(": ", text_at(arena, step, "reason"));
    putchar('\n');
    print_asked(arena, line, policy);
}

static void print_line(struct arena *arena, struct span line) {
    output_label("");
    int64_t decided_ms = number_at(line, "decided_ms");
    output_time(decided_ms ? decided_ms : number_at(line, "received_ms"));
    struct span kind = text_at(arena, line, "kind");
    print_part("  ", span_is(kind, "message") ? SPAN_NONE : kind);
    print_part("  ", text_at(arena, line, "outcome"));
    print_part(" by ", text_at(arena, line, "policy"));
    print_part(": ", text_at(arena, line, "code"));
    print_part(": ", text_at(arena, line, "reason"));
    print_part(text_at(arena, line, "is_released").size ? ", released by hand" : "", SPAN(" "));
    printf(" (%" PRId64 " units, %" PRId64 " us)\n", number_at(line, "units"),
           number_at(line, "us"));
    struct json_walk steps = list_at(line, "policies");
    while (json_next(&steps))
        if (steps.value.type == JSON_OBJECT)
            print_step(arena, line, steps.value.text);
}

static void print_lines(const struct explained *explained) {
    struct span none = explain_no_line(explained);
    output_label("log");
    if (none.size) {
        printf("%s\n", none.at);
        return;
    }
    output_count(explained->line_count, "judgement");
    printf("%s, newest first\n", explained->has_more_lines ? " and more" : "");
    for (size_t i = 0; i < explained->line_count; i++)
        print_line(explained->arena, explained->lines[i]);
}

void print_explained(const struct explained *explained) {
    output_label("message");
    output_text(explained->id);
    putchar('\n');
    if (!explain_is_known(explained)) {
        output_label("");
        printf("not known: %s\n", explain_unknown(explained).at);
        return;
    }
    output_label("");
    if (explained->plan)
        print_plan(explained->plan);
    else
        printf("the store has it no more; the log does\n");
    print_lines(explained);
    if (explained->plan)
        print_caused(explained->plan);
    if (explained->plan && explained->plan->copy_count == 0)
        return;
    output_label("not known");
    printf(
        "whether somebody was there to receive a copy: who is absent finds it in the timeline\n");
}

void print_explained_json(const struct explained *explained) {
    struct json_writer writer = json_write(explained->arena);
    bool is_known = explain_is_known(explained);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "message_id", explained->id);
    json_put_bool(&writer, "known", is_known);
    json_put_text(&writer, "unknown", is_known ? SPAN_NONE : explain_unknown(explained));
    if (explained->plan) {
        json_put_number(&writer, "seq", explained->plan->seq);
        json_put_number(&writer, "offset", (int64_t)explained->plan->origin.offset);
        json_put_plan(&writer, "plan", explained->plan);
    }
    json_open(&writer, "log", '[');
    for (size_t i = 0; i < explained->line_count; i++)
        json_put_json(&writer, NULL, explained->lines[i]);
    json_close(&writer, ']');
    json_put_text(&writer, "no_line", explain_no_line(explained));
    json_close(&writer, '}');
    printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
}
