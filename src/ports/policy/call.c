/* One policy asked once. */
#include "decide.h"
#include "verdict.h"

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

struct called call_policy(struct call *call, uint64_t *units) {
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
    if (rc == 0) {
        called.word = call->answer.word;
    } else if (state->stop == STOP_WAIT) {
        called.word = WORD_WAIT;
        called.words = call->wait;
    } else {
        called.words = arena_copy(call->arena, span_of(state->words));
        called.is_spent = is_last && state->stop == STOP_UNITS;
    }
    return called;
}
