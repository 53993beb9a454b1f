/* Policies that watch: asked about the same messages once all is decided, on units of their own,
 * with limits and keys of their own; what they would have changed is counted. */
#include "decide.h"
#include "memory.h"
#include "standing.h"

#include "words/text.h"

#include <stdio.h>

/* ---- would it have ended otherwise? ---- */

/* With the shadow's changes in what it became, is that anything else? (A later policy that changes
 * the same field would have won: then this says yes where it was no.) */
static bool rewrites_otherwise(const struct asking *asking, const struct answer *answer) {
    struct span body;
    struct why ignored;
    return json_splice(asking->arena, asking->out->body, answer->changes, answer->change_count,
                       &body, &ignored) < 0 ||
           !span_equal(body, asking->out->body);
}

static bool redirects_otherwise(const struct asking *asking, const struct shadow *shadow,
                                const struct answer *answer) {
    bool is_overruled = asking->redirected_last > shadow->place + 1;
    return !is_overruled && !span_equal(answer->to[0], asking->out->redirect);
}

static bool copies_otherwise(const struct asking *asking, const struct answer *answer) {
    const struct verdict *out = asking->out;
    for (size_t i = 0; i < answer->to_count; i++) {
        size_t j = 0;
        while (j < out->copy_to_count && !span_equal(answer->to[i], out->copy_to[j]))
            j++;
        if (j == out->copy_to_count)
            return true;
    }
    return false;
}

/* What goes out, would it go out otherwise? */
static bool changes_it(const struct asking *asking, const struct shadow *shadow,
                       const struct answer *answer) {
    if (asking->out->verb != VERB_NONE)
        return false;
    if (answer->reply_count > 0)
        return true;
    if (answer->word == WORD_REWRITE)
        return rewrites_otherwise(asking, answer);
    if (answer->word == WORD_REDIRECT)
        return redirects_otherwise(asking, shadow, answer);
    return answer->word == WORD_COPY_TO && copies_otherwise(asking, answer);
}

/* An accept spares the message what came after it. */
static bool spares_it(const struct asking *asking, const struct shadow *shadow) {
    return asking->changed_last > shadow->place + 1 && !asking->is_stopped_by_always;
}

static bool is_otherwise(const struct asking *asking, const struct shadow *shadow,
                         const struct answer *answer) {
    enum policy_verb verb = asking->out->verb;
    switch (answer->word) {
    case WORD_REJECT:
        return verb != VERB_REJECT;
    case WORD_DROP:
        return verb != VERB_DROP;
    case WORD_DEFER:
        return verb != VERB_DEFER;
    case WORD_QUARANTINE:
        return verb != VERB_QUARANTINE;
    case WORD_ACCEPT:
        return spares_it(asking, shadow) || changes_it(asking, shadow, answer);
    case WORD_NONE:
    case WORD_REWRITE:
    case WORD_REDIRECT:
    case WORD_COPY_TO:
        return changes_it(asking, shadow, answer);
    case WORD_ERROR:
    case WORD_SET_ASIDE:
    case WORD_WAIT:
        break;
    }
    return false;
}

/* ---- keeping it ---- */

static const char *decided(const struct asking *asking) {
    enum policy_event event = asking->question->event;
    bool is_message = event == POLICY_MESSAGE || event == POLICY_COPY;
    enum policy_verb verb = asking->out->verb;
    static const char *const WORDS[] = {
        [VERB_NONE] = "delivered", [VERB_REJECT] = "rejected",        [VERB_DROP] = "dropped",
        [VERB_DEFER] = "deferred", [VERB_QUARANTINE] = "quarantined", [VERB_WAIT] = "waits",
    };
    return verb == VERB_NONE && !is_message ? "applied" : WORDS[verb];
}

/* Its reason, or which fields it changes, or to whom it sends: never a text. */
static struct span reason_of(struct arena *arena, const struct answer *answer) {
    if (answer->reason.at)
        return answer->reason;
    struct text text = text_start(arena, 80);
    for (size_t i = 0; i < answer->change_count; i++)
        text_print(&text, "%s%.*s", i ? ", " : "changes ", SPAN_ARGS(answer->changes[i].path));
    for (size_t i = 0; i < answer->to_count; i++)
        text_print(&text, "%s%.*s", i ? ", " : "to ", SPAN_ARGS(answer->to[i]));
    if (answer->reply_count)
        text_print(&text, "%sreplies: %zu", text.size ? "; " : "", answer->reply_count);
    return text_span(&text);
}

static void keep_difference(const struct asking *asking, const struct call *call) {
    const struct policy_question *question = asking->question;
    const struct answer *answer = &call->answer;
    struct policy_difference kept = {
        .at_ms = question->now_ms, .decided = decided(asking), .instead = answer->word};
    bool is_copy = question->event == POLICY_COPY;
    snprintf(kept.policy, sizeof kept.policy, "%s", call->policy->name);
    state_clean(kept.message_id, sizeof kept.message_id, question->message_id);
    state_clean(kept.app, sizeof kept.app, question->app);
    state_clean(kept.sender, sizeof kept.sender, question->sender);
    state_clean(kept.recipient, sizeof kept.recipient,
                is_copy ? question->owner : question->recipient);
    state_clean(kept.code, sizeof kept.code, answer->code);
    state_clean(kept.reason, sizeof kept.reason, reason_of(asking->arena, answer));
    if (standings_add_difference(memory_standings(asking->set->memory), &kept))
        call->policy->standing->differences++;
}

/* ---- asking ---- */

static void ask(struct asking *asking, const struct shadow *shadow) {
    struct call call = asking_call(asking, shadow->policy);
    call.body = shadow->body;
    call.fields = shadow->fields;
    struct called called = call_policy(&call, &asking->share->shadow_units);
    trace_step(&call, &called, called.words);
    if (is_otherwise(asking, shadow, &call.answer))
        keep_difference(asking, &call);
}

void shadow_ask(struct asking *asking) {
    for (struct shadow *shadow = asking->shadows; shadow; shadow = shadow->next)
        if (asking->share->shadow_units > 0)
            ask(asking, shadow);
}
