/* Asking the policies, one after another. */
#include "decide.h"
#include "digest.h"
#include "memory.h"

#include "words/log.h"

#include <stdio.h>

/* ---- failures ---- */

enum { RETRY_FIRST_MS = 30 * 1000, RETRY_MOST_MS = 3600 * 1000 };

static int64_t retry_ms(unsigned times) {
    int64_t wait = RETRY_FIRST_MS;
    for (; times > 0 && wait < RETRY_MOST_MS; times--)
        wait *= 2;
    return wait < RETRY_MOST_MS ? wait : RETRY_MOST_MS;
}

static void log_failure(const struct asking *asking, const struct policy *policy) {
    char app[80], sender[140], words[320];
    log_line(LOG_WARN, "policy_error", "policy=%s on_error=%s app=%s sender=%s words=%s",
             policy->name, on_error_name(policy->on_error),
             log_quote(app, sizeof app, asking->question->app),
             log_quote(sender, sizeof sender, asking->question->sender),
             log_quote(words, sizeof words, asking->out->failure));
}

/* What a failure comes to where it is not passed over: a copy is left out, and only a message can
 * wait. */
static enum policy_verb verb_of_failure(const struct asking *asking, const struct policy *policy) {
    if (asking->question->event == POLICY_COPY)
        return VERB_DROP;
    bool can_wait = asking->question->event == POLICY_MESSAGE;
    return can_wait && policy->on_error == ON_ERROR_DEFER ? VERB_DEFER : VERB_REJECT;
}

/* The policy's own on_error decides. The sender learns nothing of the insides. */
static void failed(struct asking *asking, const struct policy *policy,
                   const struct called *called) {
    asking->out->failure = called->words;
    if (called->word == WORD_ERROR) /* that it is set aside was said once and loudly */
        log_failure(asking, policy);
    if (policy->on_error == ON_ERROR_OPEN) {
        asking->out->errors++;
        return;
    }
    struct answer answer = {.code = SPAN("policy_error"),
                            .reason = arena_print(asking->arena, "policy %s failed", policy->name)};
    enum policy_verb verb = verb_of_failure(asking, policy);
    if (verb == VERB_DEFER)
        answer.defer_ms = retry_ms(asking->question->deferred);
    combine_stop(&asking->combining, policy, verb, &answer);
}

/* ---- answers ---- */

static void log_left_out(const struct asking *asking, const struct policy *policy,
                         struct span words) {
    char app[80], quoted[160];
    log_line(LOG_WARN, "policy_left_out", "policy=%s app=%s words=%s", policy->name,
             log_quote(app, sizeof app, asking->question->app),
             log_quote(quoted, sizeof quoted, words));
}

/* Words of what found no room. */
static struct span answered(struct asking *asking, const struct policy *policy,
                            const struct answer *answer) {
    struct span left_out = combine(&asking->combining, policy, answer);
    if (left_out.at)
        log_left_out(asking, policy, left_out);
    if (answer->word == WORD_ACCEPT)
        asking->is_accepted = true;
    if (answer->word == WORD_REWRITE)
        asking->fields = arena_array(asking->arena, 1, sizeof *asking->fields);
    return left_out;
}

/* What this call does to the verdict; words for its trace. */
static struct span take(struct asking *asking, const struct call *call,
                        const struct called *called) {
    switch (called->word) {
    case WORD_ERROR:
    case WORD_SET_ASIDE:
        failed(asking, call->policy, called);
        return called->words;
    case WORD_WAIT:
        combine_stop(&asking->combining, call->policy, VERB_WAIT,
                     &(struct answer){.reason = called->words});
        return called->words;
    case WORD_NONE:
    case WORD_REWRITE:
    case WORD_ACCEPT:
    case WORD_REJECT:
    case WORD_DROP:
    case WORD_REDIRECT:
    case WORD_COPY_TO:
    case WORD_DEFER:
    case WORD_QUARANTINE:
        break;
    }
    return answered(asking, call->policy, &call->answer);
}

struct call asking_call(const struct asking *asking, struct policy *policy) {
    const struct policy_trace *trace = asking->share->trace;
    return (struct call){.set = asking->set,
                         .policy = policy,
                         .question = asking->question,
                         .trace = asking->share->trace,
                         .asked_before = trace ? trace->asked_count : 0,
                         .was_cut = trace && trace->is_cut,
                         .arena = asking->arena,
                         .body = asking->out->body,
                         .fields = asking->fields,
                         .sender = asking->sender,
                         .now_us = asking->now_us};
}

/* What shadows are measured against. */
static void note_effect(struct asking *asking, const struct call *call, size_t place) {
    const struct answer *answer = &call->answer;
    bool says_nothing = answer->word == WORD_NONE || answer->word == WORD_ACCEPT;
    bool is_stopped = asking->out->verb != VERB_NONE;
    if (answer->word == WORD_REDIRECT)
        asking->redirected_last = place + 1;
    if (is_stopped && call->policy->is_always)
        asking->is_stopped_by_always = true;
    if (!call->policy->is_always && (is_stopped || !says_nothing || answer->reply_count > 0))
        asking->changed_last = place + 1;
}

static void ask(struct asking *asking, size_t place) {
    struct call call = asking_call(asking, &asking->set->policies[place]);
    struct called called = call_policy(&call, &asking->share->units);
    if (called.is_spent)
        asking->share->is_spent = true;
    struct span words = take(asking, &call, &called);
    note_effect(asking, &call, place);
    trace_step(&call, &called, words);
}

/* Shown what it would be shown here, but asked when all is decided. */
static void pass_shadow(struct asking *asking, size_t place) {
    struct shadow *shadow = arena_take(asking->arena, sizeof *shadow);
    *shadow = (struct shadow){.policy = &asking->set->policies[place],
                              .place = place,
                              .body = asking->out->body,
                              .fields = asking->fields};
    *asking->last_shadow = shadow;
    asking->last_shadow = &shadow->next;
}

/* ---- the whole ---- */

/* A copy may cost this much beyond the message's own budget: some 3 us. */
enum { COPY_UNITS = 1000 };

struct policy_share policy_share_start(const struct policy_set *set, size_t copies) {
    uint64_t units = (uint64_t)set->host.limits.message_units + COPY_UNITS * (uint64_t)copies;
    return (struct policy_share){.units = units, .shadow_units = units};
}

/* What was read of the same body for the last question is good for this one. */
static struct fields *fields_for(struct policy_share *share, struct arena *arena,
                                 struct span body) {
    if (!share->fields || share->body.at != body.at || share->body.size != body.size) {
        share->fields = arena_array(arena, 1, sizeof *share->fields);
        share->body = body;
    }
    return share->fields;
}

/* After an accept, and for what a person let out of the quarantine, only those marked `always`. The
 * copies of such a message were never judged: they are as any other's. */
static bool is_asked(const struct asking *asking, const struct policy *policy) {
    const struct policy_question *question = asking->question;
    if (!policy_serves(policy, question->event, question->app))
        return false;
    bool is_released = question->is_released && question->event == POLICY_MESSAGE;
    return policy->is_always || !(asking->is_accepted || is_released);
}

/* What waits or is put off is judged again, from the beginning: its changes are void. */
static void void_changes(struct verdict *out, struct span body) {
    if (out->verb != VERB_WAIT && out->verb != VERB_DEFER)
        return;
    out->body = body;
    out->is_rewritten = false;
}

static void ask_all(struct asking *asking) {
    const struct policy_set *set = asking->set;
    for (size_t i = 0; i < set->count && asking->out->verb == VERB_NONE; i++) {
        if (!is_asked(asking, &set->policies[i]))
            continue;
        if (set->policies[i].mode == POLICY_SHADOW)
            pass_shadow(asking, i);
        else
            ask(asking, i);
    }
}

static void trace_total(const struct asking *asking, uint64_t units) {
    struct policy_trace *trace = asking->share->trace;
    if (!trace)
        return;
    trace->units += units;
    trace->microseconds += clock_steady_us(asking->set->host.clock) - asking->now_us;
}

void policy_decide(struct policy_set *set, struct arena *arena,
                   const struct policy_question *question, struct verdict *out) {
    struct policy_share own = policy_share_start(set, 0);
    struct policy_share *share = question->share ? question->share : &own;
    uint64_t before = share->units;
    *out = (struct verdict){.verb = VERB_NONE, .body = question->body};
    struct asking asking = {.set = set,
                            .arena = arena,
                            .question = question,
                            .out = out,
                            .combining = {.arena = arena, .out = out},
                            .share = share,
                            .fields = fields_for(share, arena, question->body),
                            .sender = digest_add(digest_add(0, question->app), question->sender),
                            .now_us = clock_steady_us(set->host.clock)};
    asking.last_shadow = &asking.shadows;
    memory_begin(set->memory);
    ask_all(&asking);
    out->units = (uint32_t)(before - share->units);
    trace_total(&asking, out->units);
    if (out->verb != VERB_WAIT)
        shadow_ask(&asking);
    memory_end(set->memory, out->verb == VERB_WAIT);
    void_changes(out, question->body);
}
