/* Asking the policies, one after another. */
#include "memory.h"
#include "verdict.h"

#include "words/check.h"
#include "words/log.h"

#include <stdio.h>

static void tell(const struct policy_set *set, const char *policy) {
    if (set->watch)
        set->watch(set->watch_self, policy);
}

/* The whole of a call: everything that can throw is in here. */
static int judge(lua_State *lua) {
    struct call *call = state_of(lua)->task;
    question_reset(lua);
    lua_settop(lua, 0);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_DECIDE);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_MSG);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CTX);
    lua_call(lua, 2, 1);
    verdict_read(lua, call);
    return 0;
}

/* The way through the policies for one question. */
struct asking {
    struct policy_set *set;
    struct arena *arena;
    const struct policy_question *question;
    struct verdict *out;
    struct policy_share *share;
    struct fields *fields; /* of the body as it stands now */
    int64_t now_us;
    bool is_accepted;
};

static void decided(struct asking *asking, const struct policy *policy, enum policy_verb verb,
                    struct span code, struct span reason) {
    struct verdict *out = asking->out;
    out->verb = verb;
    out->policy = arena_copy(asking->arena, span_of(policy->name)); /* it outlives the set */
    out->code = code;
    out->reason = reason;
}

static void log_failure(const struct asking *asking, const struct policy *policy) {
    char app[80], sender[140], words[320];
    log_line(LOG_WARN, "policy_error", "policy=%s on_error=%s app=%s sender=%s words=%s",
             policy->name, on_error_name(policy->on_error),
             log_quote(app, sizeof app, asking->question->app),
             log_quote(sender, sizeof sender, asking->question->sender),
             log_quote(words, sizeof words, asking->out->failure));
}

/* The policy's own on_error decides. The sender learns nothing of the insides. */
static void failed(struct asking *asking, const struct policy *policy, struct span words) {
    asking->out->failure = words;
    log_failure(asking, policy);
    if (policy->on_error == ON_ERROR_OPEN) {
        asking->out->errors++;
        return;
    }
    bool is_copy = asking->question->event == POLICY_COPY;
    decided(asking, policy, is_copy ? VERB_DROP : VERB_REJECT, SPAN("policy_error"),
            arena_print(asking->arena, "policy %s failed", policy->name));
}

static void take_answer(struct asking *asking, const struct policy *policy,
                        const struct answer *answer) {
    switch (answer->kind) {
    case ANSWER_NONE:
        break;
    case ANSWER_ACCEPT:
        asking->is_accepted = true;
        break;
    case ANSWER_REWRITE:
        asking->out->body = answer->body;
        asking->out->is_rewritten = true;
        asking->out->policy = arena_copy(asking->arena, span_of(policy->name));
        asking->fields = arena_array(asking->arena, 1, sizeof *asking->fields);
        break;
    case ANSWER_REJECT:
        decided(asking, policy, VERB_REJECT, answer->code, answer->reason);
        break;
    case ANSWER_DROP:
        decided(asking, policy, VERB_DROP, SPAN_NONE, answer->reason);
        break;
    }
}

static void ask(struct asking *asking, const struct policy *policy) {
    const struct policy_limits *own = &asking->set->host.limits;
    struct call call = {.set = asking->set,
                        .policy = policy,
                        .question = asking->question,
                        .arena = asking->arena,
                        .body = asking->out->body,
                        .fields = asking->fields,
                        .now_us = asking->now_us};
    struct state_limits limits = {.units = own->call_units,
                                  .wall_us = own->call_wall_us,
                                  .memory = own->memory_bytes,
                                  .largest = STATE_LARGEST + 4096};
    uint64_t left = asking->share->units;
    if (left == 0) {
        asking->share->is_spent = true;
        failed(
            asking, policy,
            arena_print(asking->arena, "%s: the message's budget is spent", policy->state->name));
        return;
    }
    bool is_last = limits.units >= left;
    if (is_last)
        limits.units = (uint32_t)left;
    struct state *state = policy->state;
    uint32_t used = 0;
    state->task = &call;
    int rc = state_run(state, judge, &limits, &used);
    state->task = NULL;
    asking->share->units -= used;
    if (is_last && rc != 0 && state->stop == STOP_UNITS)
        asking->share->is_spent = true;
    if (rc == 0)
        take_answer(asking, policy, &call.answer);
    else if (state->stop == STOP_WAIT)
        decided(asking, policy, VERB_WAIT, SPAN_NONE, call.wait);
    else
        failed(asking, policy, arena_copy(asking->arena, span_of(state->words)));
}

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
                            .share = share,
                            .fields = fields_for(share, arena, question->body),
                            .now_us = clock_steady_us(set->host.clock)};
    memory_begin(set->memory, question);
    for (size_t i = 0; i < set->count && out->verb == VERB_NONE; i++) {
        const struct policy *policy = &set->policies[i];
        if (policy->mode == POLICY_SHADOW || !policy_serves(policy, question->event, question->app))
            continue;
        if (asking.is_accepted && !policy->is_always)
            continue;
        tell(set, policy->name);
        ask(&asking, policy);
        tell(set, NULL);
    }
    memory_end(set->memory, out->verb == VERB_WAIT);
    out->units = (uint32_t)(before - share->units);
    if (out->verb == VERB_WAIT) { /* nothing was decided */
        out->body = question->body;
        out->is_rewritten = false;
    }
}
