/* What happened on the way to a verdict, for whoever wants to know. */
#include "decide.h"

#include "words/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_BYTES = 200 }; /* of a question and of an answer */

/* Cut, but not within a character. */
static struct span cut(struct arena *arena, struct span text) {
    size_t size = text.size < SHOWN_BYTES ? text.size : SHOWN_BYTES;
    while (size < text.size && size > 0 && ((unsigned char)text.at[size] & 0xc0) == 0x80)
        size--;
    return arena_copy(arena, span_cut(text, 0, size));
}

void trace_asked(const struct call *call, struct span answer, const char *question, ...) {
    struct policy_trace *trace = call->trace;
    if (!trace)
        return;
    if (trace->asked_count == TRACE_ASKED) {
        trace->is_cut = true;
        return;
    }
    char words[1200]; /* two keys of ctx.limit's length, and their names */
    va_list args;
    va_start(args, question);
    vsnprintf(words, sizeof words, question, args);
    va_end(args);
    trace->asked[trace->asked_count++] =
        (struct policy_asked){.policy = arena_copy(call->arena, span_of(call->policy->name)),
                              .question = cut(call->arena, span_of(words)),
                              .answer = cut(call->arena, answer)};
}

/* ---- steps ---- */

static void add_changes(struct text *text, const struct answer *answer, bool unset) {
    bool is_first = true;
    for (size_t i = 0; i < answer->change_count; i++) {
        const struct json_change *change = &answer->changes[i];
        if (change->unset != unset)
            continue;
        if (!is_first)
            text_add_char(text, ',');
        is_first = false;
        text_add(text, json_quote(text->arena, change->path));
        if (unset)
            continue;
        text_add_char(text, ':');
        text_add(text, change->value);
    }
}

static struct span rewrite_shown(struct arena *arena, const struct answer *answer) {
    struct text text = text_start(arena, 256);
    text_add(&text, SPAN("{\"set\":{"));
    add_changes(&text, answer, false);
    text_add(&text, SPAN("},\"unset\":["));
    add_changes(&text, answer, true);
    text_add(&text, SPAN("]}"));
    return text_span(&text);
}

static struct span to_shown(struct arena *arena, const struct answer *answer) {
    struct text text = text_start(arena, 64);
    text_add(&text, SPAN("{\"to\":["));
    for (size_t i = 0; i < answer->to_count; i++) {
        if (i)
            text_add_char(&text, ',');
        text_add(&text, json_quote(arena, answer->to[i]));
    }
    text_add(&text, SPAN("]}"));
    return text_span(&text);
}

static struct span changes_shown(struct arena *arena, const struct answer *answer) {
    if (answer->change_count)
        return rewrite_shown(arena, answer);
    if (answer->to_count)
        return to_shown(arena, answer);
    if (answer->defer_ms)
        return arena_print(arena, "{\"seconds\":%.14g}", (double)answer->defer_ms / 1000);
    return SPAN_NONE;
}

/* A thousand copies that nothing is said of would leave no room for what decided. */
static bool is_left_out(const struct call *call, const struct called *called) {
    if (call->question->event != POLICY_COPY || called->word != WORD_NONE)
        return false;
    call->trace->asked_count = call->asked_before;
    call->trace->is_cut = call->was_cut;
    return true;
}

void trace_step(const struct call *call, const struct called *called, struct span words) {
    struct policy_trace *trace = call->trace;
    const struct answer *answer = &call->answer;
    if (!trace || is_left_out(call, called))
        return;
    if (trace->step_count == TRACE_STEPS) {
        trace->is_cut = true;
        return;
    }
    struct span owner = call->question->owner;
    trace->steps[trace->step_count++] =
        (struct policy_step){.policy = arena_copy(call->arena, span_of(call->policy->name)),
                             .event = call->question->event,
                             .is_shadow = call->policy->mode == POLICY_SHADOW,
                             .word = called->word,
                             .code = answer->code,
                             .reason = answer->reason.at ? answer->reason : words,
                             .owner = owner.at ? arena_copy(call->arena, owner) : SPAN_NONE,
                             .changes = changes_shown(call->arena, answer),
                             .replies = answer->reply_count,
                             .units = called->units,
                             .microseconds = called->microseconds};
}
