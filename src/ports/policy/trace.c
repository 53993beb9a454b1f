/* What happened on the way to a verdict, for whoever wants to know. */
#include "question.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_BYTES = 200 }; /* of a question and of an answer */

/* Cut, but not within a character. */
static struct span shown(struct arena *arena, struct span text) {
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
                              .question = shown(call->arena, span_of(words)),
                              .answer = shown(call->arena, answer)};
}
