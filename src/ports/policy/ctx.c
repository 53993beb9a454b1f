/* ctx: what a policy may know and do beside the message. */
#include "question.h"

#include "words/log.h"
#include "words/nearest.h"

#include <lauxlib.h>

enum { LINES_PER_CALL = 4, LINE_BYTES = 400, KEY_BYTES = 512 };

/* What a call outside the sandbox is charged, in units of some 3 ns. */
enum { COST_BLOCKED = 500, COST_LOG = 1000 };

static void push_or_nil(lua_State *lua, struct span bytes) {
    if (bytes.at)
        question_push(lua, bytes);
    else
        lua_pushnil(lua);
}

/* ---- ctx.group ---- */

static const struct group *group_of(lua_State *lua) {
    const struct group *group = question_call(lua)->question->group;
    if (!group)
        luaL_error(lua, "there is no group in this decision");
    return group;
}

static int group_has_member(lua_State *lua) {
    const struct group *group = group_of(lua);
    struct span id;
    id.at = luaL_checklstring(lua, 1, &id.size);
    state_charge(state_of(lua), 4 + group->member_count);
    bool has = group_has(group, id);
    trace_asked(question_call(lua), has ? SPAN("true") : SPAN("false"), "group.has(%.*s)",
                SPAN_ARGS(id));
    lua_pushboolean(lua, has);
    return 1;
}

/* ---- ctx's functions ---- */

static int ctx_blocked(lua_State *lua) {
    struct call *call = question_call(lua);
    struct state *state = state_of(lua);
    struct span by, whom;
    by.at = luaL_checklstring(lua, 1, &by.size);
    whom.at = luaL_checklstring(lua, 2, &whom.size);
    state_charge(state, COST_BLOCKED);
    const struct facts *facts = &call->set->host.facts;
    /* A slow store is not the policy's fault. */
    int64_t before = clock_steady_us(state->clock);
    enum fact fact =
        facts->blocked ? facts->blocked(facts->self, call->question->app, by, whom) : FACT_ABSENT;
    state->deadline_us += clock_steady_us(state->clock) - before;
    if (fact == FACT_UNAVAILABLE) {
        call->wait = SPAN("the block list is unavailable");
        trace_asked(call, SPAN("unavailable"), "blocked(%.*s, %.*s)", SPAN_ARGS(by),
                    SPAN_ARGS(whom));
        state_end(state, STOP_WAIT, "%s", call->wait.at);
    }
    bool is_blocked = fact == FACT_FOUND;
    trace_asked(call, is_blocked ? SPAN("true") : SPAN("false"), "blocked(%.*s, %.*s)",
                SPAN_ARGS(by), SPAN_ARGS(whom));
    lua_pushboolean(lua, is_blocked);
    return 1;
}

/* ctx.revoked(user): are its tokens, now? */
static int ctx_revoked(lua_State *lua) {
    struct call *call = question_call(lua);
    struct state *state = state_of(lua);
    const struct policy_question *question = call->question;
    struct span user;
    int64_t since;
    user.at = luaL_checklstring(lua, 1, &user.size);
    state_charge(state, COST_BLOCKED);
    const struct facts *facts = &call->set->host.facts;
    int64_t before = clock_steady_us(state->clock);
    enum fact fact =
        facts->revoked ? facts->revoked(facts->self, question->app, user, question->now_ms, &since)
                       : FACT_ABSENT;
    state->deadline_us += clock_steady_us(state->clock) - before;
    if (fact == FACT_UNAVAILABLE) {
        call->wait = SPAN("revocations are unavailable");
        trace_asked(call, SPAN("unavailable"), "revoked(%.*s)", SPAN_ARGS(user));
        state_end(state, STOP_WAIT, "%s", call->wait.at);
    }
    bool is_revoked = fact == FACT_FOUND;
    trace_asked(call, is_revoked ? SPAN("true") : SPAN("false"), "revoked(%.*s)", SPAN_ARGS(user));
    lua_pushboolean(lua, is_revoked);
    return 1;
}

/* Identity is the question's own, whatever stands in the body. */
static int ctx_field(lua_State *lua) {
    struct call *call = question_call(lua);
    struct span path;
    path.at = luaL_checklstring(lua, 1, &path.size);
    luaL_argcheck(lua, path.size >= 1 && path.size <= KEY_BYTES, 1, "a path of 1 to 512 bytes");
    state_charge(state_of(lua), QUESTION_MEMBER_UNITS);
    question_push_field(lua, call, path);
    return 1;
}

static int ctx_log(lua_State *lua) {
    struct call *call = question_call(lua);
    struct span text;
    text.at = luaL_checklstring(lua, 1, &text.size);
    state_charge(state_of(lua), COST_LOG);
    if (call->lines++ >= LINES_PER_CALL)
        return 0;
    char app[80], quoted[LINE_BYTES + 64];
    log_line(LOG_INFO, "policy", "policy=%s%s app=%s text=%s", call->policy->name,
             call->policy->mode == POLICY_SHADOW ? " mode=shadow" : "",
             log_quote(app, sizeof app, call->question->app),
             log_quote(quoted, sizeof quoted, span_cut(text, 0, LINE_BYTES)));
    return 0;
}

/* ---- ctx ---- */

enum ctx_field {
    CTX_APP,
    CTX_CONFIG,
    CTX_DEFERRED,
    CTX_GROUP,
    CTX_HOPS,
    CTX_IS_GROUP,
    CTX_KV,
    CTX_NOW,
    CTX_OTHER,
    CTX_OWNER,
    CTX_USER
};
enum group_field { GROUP_ID, GROUP_OWNER, GROUP_SIZE };

const struct question_member ctx_members[] = {
    {"app", CTX_APP, NULL},           {"blocked", -1, ctx_blocked},
    {"config", CTX_CONFIG, NULL},     {"count", -1, ctx_count},
    {"deferred", CTX_DEFERRED, NULL}, {"field", -1, ctx_field},
    {"group", CTX_GROUP, NULL},       {"hops", CTX_HOPS, NULL},
    {"is_group", CTX_IS_GROUP, NULL}, {"kv", CTX_KV, NULL},
    {"limit", -1, ctx_limit},         {"log", -1, ctx_log},
    {"now", CTX_NOW, NULL},           {"other", CTX_OTHER, NULL},
    {"owner", CTX_OWNER, NULL},       {"revoked", -1, ctx_revoked},
    {"user", CTX_USER, NULL},         {NULL, 0, NULL},
};
const struct question_member group_members[] = {
    {"has", -1, group_has_member}, {"id", GROUP_ID, NULL}, {"owner", GROUP_OWNER, NULL},
    {"size", GROUP_SIZE, NULL},    {NULL, 0, NULL},
};

static int no_such_member(lua_State *lua, const char *what, const struct question_member *members) {
    struct span name = SPAN("?");
    if (lua_type(lua, 2) == LUA_TSTRING)
        name.at = lua_tolstring(lua, 2, &name.size);
    struct nearest nearest = nearest_start(name);
    for (; members->name; members++)
        nearest_offer(&nearest, span_of(members->name));
    char shown[48], hint[NEAREST_MAX + 24];
    state_clean(shown, sizeof shown, name);
    return luaL_error(lua, "no such name in %s: %s%s", what, shown, nearest_words(&nearest, hint));
}

/* The upvalue holds a number (a field) or a function for each name. Leaves what it found on top;
 * -1: that is the result. */
static int member_at(lua_State *lua, const char *what, const struct question_member *members) {
    state_charge(state_of(lua), QUESTION_MEMBER_UNITS);
    lua_pushvalue(lua, 2);
    lua_rawget(lua, lua_upvalueindex(1));
    switch (lua_type(lua, -1)) {
    case LUA_TNUMBER:
        return (int)lua_tointeger(lua, -1);
    case LUA_TFUNCTION:
        return -1;
    default:
        return no_such_member(lua, what, members);
    }
}

int ctx_index(lua_State *lua) {
    struct call *call = question_call(lua);
    const struct policy_question *question = call->question;
    int field = member_at(lua, "ctx", ctx_members);
    if (field < 0)
        return 1;
    switch ((enum ctx_field)field) {
    case CTX_APP:
        question_push(lua, question->app);
        break;
    case CTX_CONFIG:
        lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
        break;
    case CTX_DEFERRED:
        lua_pushnumber(lua, (lua_Number)question->deferred);
        break;
    case CTX_HOPS:
        lua_pushnumber(lua, (lua_Number)question->hops);
        break;
    case CTX_GROUP:
        if (question->group)
            lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_GROUP);
        else
            lua_pushnil(lua);
        break;
    case CTX_IS_GROUP:
        lua_pushboolean(lua, question->is_group);
        break;
    case CTX_KV:
        lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_KV);
        break;
    case CTX_NOW:
        lua_pushnumber(lua, (lua_Number)question->now_ms);
        break;
    case CTX_OTHER:
        push_or_nil(lua, question->recipient);
        break;
    case CTX_OWNER:
        push_or_nil(lua, question->owner);
        break;
    case CTX_USER:
        push_or_nil(lua, question->sender);
        break;
    }
    return 1;
}

int group_index(lua_State *lua) {
    const struct group *group = group_of(lua);
    int field = member_at(lua, "ctx.group", group_members);
    if (field < 0)
        return 1;
    switch ((enum group_field)field) {
    case GROUP_ID:
        push_or_nil(lua, group->id);
        break;
    case GROUP_OWNER:
        push_or_nil(lua, group->owner);
        break;
    case GROUP_SIZE:
        lua_pushnumber(lua, (lua_Number)group->member_count);
        break;
    }
    return 1;
}

int kv_index(lua_State *lua) {
    member_at(lua, "ctx.kv", kv_members);
    return 1;
}
