/* Asking the policies, one after another. */
#include "decide.h"
#include "memory.h"

#include "words/log.h"

#include <stdio.h>

/* The way through the policies for one question. */
struct asking {
    struct policy_set *set;
    struct arena *arena;
    const struct policy_question *question;
    struct verdict *out;
    struct combining combining;
    struct policy_share *share;
    struct fields *fields; /* of the body as it stands now */
    int64_t now_us;
    bool is_accepted;
};

/* ---- failures ---- */

enum { RETRY_FIRST_MS = 30 * 1000, RETRY_MOST_MS = 3600 * 1000 };

int64_t decide_retry_ms(unsigned times) {
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
static void failed(struct asking *asking, const struct policy *policy, struct span words) {
    asking->out->failure = words;
    log_failure(asking, policy);
    if (policy->on_error == ON_ERROR_OPEN) {
        asking->out->errors++;
        return;
    }
    struct answer answer = {.code = SPAN("policy_error"),
                            .reason = arena_print(asking->arena, "policy %s failed", policy->name)};
    enum policy_verb verb = verb_of_failure(asking, policy);
    if (verb == VERB_DEFER)
        answer.defer_ms = decide_retry_ms(asking->question->deferred);
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

static void answered(struct asking *asking, const struct policy *policy,
                     const struct answer *answer) {
    struct span left_out = combine(&asking->combining, policy, answer);
    if (left_out.at)
        log_left_out(asking, policy, left_out);
    if (answer->word == WORD_ACCEPT)
        asking->is_accepted = true;
    if (answer->word == WORD_REWRITE)
        asking->fields = arena_array(asking->arena, 1, sizeof *asking->fields);
}

static void waits(struct asking *asking, const struct policy *policy, struct span fact) {
    combine_stop(&asking->combining, policy, VERB_WAIT, &(struct answer){.reason = fact});
}

static void ask(struct asking *asking, const struct policy *policy) {
    struct call call = {.set = asking->set,
                        .policy = policy,
                        .question = asking->question,
                        .trace = asking->share->trace,
                        .arena = asking->arena,
                        .body = asking->out->body,
                        .fields = asking->fields,
                        .now_us = asking->now_us};
    struct called called = call_policy(&call, &asking->share->units);
    if (called.is_spent)
        asking->share->is_spent = true;
    if (called.word == WORD_ERROR)
        failed(asking, policy, called.words);
    else if (called.word == WORD_WAIT)
        waits(asking, policy, called.words);
    else
        answered(asking, policy, &call.answer);
}

/* ---- the whole ---- */

/* A copy may cost this much beyond the message's own budget: some 3 us. */
enum { COPY_UNITS = 1000 };

struct policy_share policy_share_start(const struct policy_set *set, size_t copies) {
    uint64_t units = (uint64_t)set->host.limits.message_units + COPY_UNITS * (uint64_t)copies;
    return (struct policy_share){.units = units};
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
    if (policy->mode == POLICY_SHADOW || !policy_serves(policy, question->event, question->app))
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
                            .now_us = clock_steady_us(set->host.clock)};
    memory_begin(set->memory, question);
    for (size_t i = 0; i < set->count && out->verb == VERB_NONE; i++)
        if (is_asked(&asking, &set->policies[i]))
            ask(&asking, &set->policies[i]);
    memory_end(set->memory, out->verb == VERB_WAIT);
    out->units = (uint32_t)(before - share->units);
    void_changes(out, question->body);
}
