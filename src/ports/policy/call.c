/* One policy asked once. */
#include "decide.h"
#include "memory.h"
#include "standing.h"
#include "verdict.h"

#include "words/log.h"

#include <stdio.h>

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

static void tell(const struct policy_set *set, const char *policy) {
    if (set->watch)
        set->watch(set->watch_self, policy);
}

static int run(struct call *call, const struct state_limits *limits, uint32_t *used) {
    struct state *state = call->policy->state;
    tell(call->set, call->policy->name);
    state->task = call;
    int rc = state_run(state, judge, limits, used);
    state->task = NULL;
    tell(call->set, NULL);
    return rc;
}

static struct called without_units(const struct call *call) {
    return (struct called){.word = WORD_ERROR,
                           .is_spent = true,
                           .words = arena_print(call->arena, "%s: the message's budget is spent",
                                                call->policy->state->name)};
}

/* What facts took was added to the deadline, and so does not count. */
static uint32_t microseconds(const struct state *state) {
    int64_t spent = clock_steady_us(state->clock) - (state->deadline_us - state->wall_us);
    return spent > 0 ? (uint32_t)spent : 0;
}

static struct called ask(struct call *call, uint64_t *units) {
    const struct policy_limits *own = &call->set->host.limits;
    const struct state *state = call->policy->state;
    if (*units == 0)
        return without_units(call);
    bool is_last = own->call_units >= *units;
    struct state_limits limits = {.units = is_last ? (uint32_t)*units : own->call_units,
                                  .wall_us = own->call_wall_us,
                                  .memory = own->memory_bytes,
                                  .largest = STATE_LARGEST + 4096};
    struct called called = {.word = WORD_ERROR};
    int rc = run(call, &limits, &called.units);
    *units -= called.units;
    called.microseconds = microseconds(state);
    if (rc == 0) {
        called.word = call->answer.word;
    } else if (state->stop == STOP_WAIT) {
        called.word = WORD_WAIT;
        called.words = call->wait;
    } else {
        called.words = arena_copy(call->arena, span_of(state->words));
        called.is_spent = is_last && state->stop == STOP_UNITS;
    }
    if (rc != 0) /* what it had read of its verdict by then is nothing */
        call->answer = (struct answer){.word = WORD_NONE};
    return called;
}

/* ---- setting aside ---- */

static struct called set_aside(const struct call *call) {
    int64_t again_us = breaker_again_us(&call->policy->breaker, call->sender);
    int64_t seconds = (again_us - call->now_us + 999999) / 1000000;
    return (struct called){.word = WORD_SET_ASIDE,
                           .words = arena_print(call->arena,
                                                "%s: set aside, it failed for several senders; "
                                                "tried again in %lld s",
                                                call->policy->state->name, (long long)seconds)};
}

/* A shadow decides nothing: nobody has to act. */
static void log_change(const struct call *call, enum breaker_change change, struct span words) {
    static const char *const EVENTS[] = {[BREAKER_OPENED] = "policy_set_aside",
                                         [BREAKER_STAYS_OPEN] = "policy_still_fails",
                                         [BREAKER_CLOSED] = "policy_back"};
    const struct policy *policy = call->policy;
    char quoted[320];
    bool is_shadow = policy->mode == POLICY_SHADOW;
    log_line(is_shadow ? LOG_WARN : LOG_ERROR, EVENTS[change],
             "policy=%s mode=%s on_error=%s again_in_s=%lld words=%s", policy->name,
             is_shadow ? "shadow" : "on", on_error_name(policy->on_error),
             (long long)(policy->breaker.wait_us / 1000000),
             log_quote(quoted, sizeof quoted, words));
}

/* What failed for want of units is the fault of those who had them, and who waits says nothing. */
static void tell_breaker(const struct call *call, const struct called *called) {
    if (called->is_spent || called->word == WORD_WAIT || call->set->host.never_sets_aside)
        return;
    enum breaker_change change = breaker_note(&call->policy->breaker, call->sender,
                                              called->word == WORD_ERROR, call->now_us);
    if (change != BREAKER_SAME)
        log_change(call, change, called->words);
}

/* ---- the books ---- */

static void book(const struct call *call, const struct called *called) {
    struct policy *policy = call->policy;
    if (!policy->standing) /* not while it is loaded: that is another thread */
        policy->standing = standing_of(memory_standings(call->set->memory), policy);
    struct standing *standing = policy->standing;
    standing->said[called->word]++;
    if (called->word == WORD_SET_ASIDE)
        return;
    standing->asked++;
    standing->units += called->units;
    standing->microseconds += called->microseconds;
    if (called->word != WORD_ERROR)
        return;
    standing->errors++;
    snprintf(standing->last_error, sizeof standing->last_error, "%.*s", SPAN_ARGS(called->words));
}

struct called call_policy(struct call *call, uint64_t *units) {
    struct called called;
    if (breaker_lets(&call->policy->breaker, call->sender, call->now_us)) {
        called = ask(call, units);
        tell_breaker(call, &called);
    } else {
        called = set_aside(call);
    }
    book(call, &called);
    return called;
}
