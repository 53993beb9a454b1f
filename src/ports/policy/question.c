#include "question.h"

#include "library.h"
#include "memory.h"
#include "nearest.h"
#include "words/log.h"

#include <lauxlib.h>
#include <lua5.1/lua-cjson.h>
#include <stdlib.h>

enum { LINES_PER_CALL = 4, LINE_BYTES = 400, KEY_BYTES = 512 };

/* What a call outside the sandbox is charged, in units of some 3 ns. */
enum { COST_MEMBER = 20, COST_BLOCKED = 500, COST_LIMIT = 80, COST_LOG = 1000, COST_COUNT = 80 };

static struct call *call_of(lua_State *lua) {
    struct call *call = state_of(lua)->task;
    if (!call)
        luaL_error(lua, "asked outside of a decision");
    return call;
}

static void push_bytes(lua_State *lua, struct span bytes) {
    struct state *state = state_of(lua);
    state_suspend(state, bytes.size + 64);
    lua_pushlstring(lua, bytes.at ? bytes.at : "", bytes.size);
    state_resume(state);
}

static void push_bytes_or_nil(lua_State *lua, struct span bytes) {
    if (bytes.at)
        push_bytes(lua, bytes);
    else
        lua_pushnil(lua);
}

/* ---- msg ---- */

/* cjson refuses a lone surrogate, which clients do send: it becomes U+FFFD, as elsewhere. */
static struct span with_whole_surrogates(struct arena *arena, struct span text) {
    char *copy = NULL;
    for (size_t i = 0; i + 6 <= text.size; i++) {
        if (text.at[i] != '\\')
            continue;
        if (text.at[i + 1] != 'u' || (text.at[i + 2] | 0x20) != 'd') {
            i++;
            continue;
        }
        char third = text.at[i + 3];
        bool is_high =
            third == '8' || third == '9' || (third | 0x20) == 'a' || (third | 0x20) == 'b';
        bool is_low = !is_high && third > '7';
        bool is_pair = is_high && i + 12 <= text.size && text.at[i + 6] == '\\' &&
                       text.at[i + 7] == 'u' && (text.at[i + 8] | 0x20) == 'd' &&
                       (text.at[i + 9] | 0x20) >= 'c';
        if (is_pair) {
            i += 11;
        } else if (is_high || is_low) {
            if (!copy)
                copy = arena_string(arena, text);
            memcpy(copy + i, "\\ufffd", 6);
            i += 5;
        } else {
            i += 5;
        }
    }
    return copy ? (struct span){copy, text.size} : text;
}

/* An upper bound of what the decoded value takes: measured for tables of every shape. */
static size_t decoded_size(struct span text) {
    size_t need = 2048 + text.size;
    for (size_t i = 0; i < text.size; i++) {
        switch (text.at[i]) {
        case '{':
        case '[':
            need += 192;
            break;
        case ':':
            need += 128;
            break;
        case ',':
            need += 40;
            break;
        case '"':
            need += 24;
            break;
        default:
            break;
        }
    }
    return need;
}

/* Takes cjson's null (a light userdata) out of the table on top, at every depth. */
static void strip_nulls(lua_State *lua) {
    luaL_checkstack(lua, 4, "null");
    int table = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_istable(lua, -1)) {
            strip_nulls(lua);
        } else if (lua_islightuserdata(lua, -1)) {
            lua_pushvalue(lua, -2);
            lua_pushnil(lua);
            lua_rawset(lua, table);
        }
    }
}

/* Memory was reserved and the text is checked, so nothing fails while the limits are off; cjson
 * would leak its buffer if it did. */
static void push_decoded(lua_State *lua, struct call *call, struct span text) {
    struct state *state = state_of(lua);
    state_charge(state, 200 + 2 * (uint64_t)text.size);
    text = with_whole_surrogates(call->arena, text);
    state_suspend(state, decoded_size(text));
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_DECODE);
    lua_pushlstring(lua, text.at, text.size);
    lua_call(lua, 1, 1);
    if (span_has(text, SPAN("null")))
        strip_nulls(lua);
    state_resume(state);
}

static double number_of(struct json_value value) {
    int64_t whole;
    if (json_whole(value, &whole))
        return (double)whole;
    char digits[64];
    if (value.text.size >= sizeof digits)
        return strtod(value.text.at, NULL); /* within an object: a , or } ends it */
    memcpy(digits, value.text.at, value.text.size);
    digits[value.text.size] = '\0';
    return strtod(digits, NULL);
}

static void push_value(lua_State *lua, struct call *call, struct json_value value) {
    switch (value.type) {
    case JSON_NULL:
        lua_pushnil(lua);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        lua_pushboolean(lua, value.type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        state_charge_bytes(state_of(lua), 16 * value.text.size);
        lua_pushnumber(lua, number_of(value));
        break;
    case JSON_STRING:
        state_charge_bytes(state_of(lua), 4 * value.text.size);
        push_bytes(lua, json_string(call->arena, value.text));
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        push_decoded(lua, call, value.text);
        break;
    }
}

static void read_fields(struct state *state, struct call *call) {
    struct fields *fields = call->fields;
    state_charge_bytes(state, 8 * call->body.size);
    size_t count = 0;
    struct json_walk walk = json_walk(call->body);
    while (json_next(&walk))
        count++;
    fields->list = arena_array(call->arena, count + 1, sizeof *fields->list);
    fields->count = 0;
    walk = json_walk(call->body);
    while (json_next(&walk)) {
        struct field *field = &fields->list[fields->count++];
        field->name = json_string(call->arena, walk.key);
        field->value = walk.value;
    }
    fields->is_read = true;
}

/* The last one of that name, as JavaScript has it. */
static const struct field *field_named(struct state *state, struct call *call, struct span name) {
    if (!call->fields->is_read)
        read_fields(state, call);
    state_charge(state, 1 + call->fields->count / 4);
    for (size_t i = call->fields->count; i > 0; i--)
        if (span_equal(call->fields->list[i - 1].name, name))
            return &call->fields->list[i - 1];
    return NULL;
}

static bool push_identity(lua_State *lua, const struct policy_question *question,
                          struct span name) {
    if (span_equal(name, SPAN("sender")))
        push_bytes(lua, question->sender);
    else if (span_equal(name, SPAN("recipient")))
        push_bytes(lua, question->recipient);
    else if (span_equal(name, SPAN("app_id")))
        push_bytes(lua, question->app);
    else
        return false;
    return true;
}

static int msg_index(lua_State *lua) {
    struct call *call = call_of(lua);
    struct state *state = state_of(lua);
    state_charge(state, COST_MEMBER);
    if (lua_type(lua, 2) != LUA_TSTRING) {
        lua_pushnil(lua);
        return 1;
    }
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CACHE);
    lua_pushvalue(lua, 2);
    lua_rawget(lua, -2);
    if (!lua_isnil(lua, -1))
        return 1;
    struct span name;
    name.at = lua_tolstring(lua, 2, &name.size);
    if (!push_identity(lua, call->question, name)) {
        const struct field *field = field_named(state, call, name);
        if (!field || field->value.type == JSON_NULL)
            return 1; /* the nil on top */
        push_value(lua, call, field->value);
    }
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, -2);
    state->is_cached = true;
    lua_rawset(lua, 3);
    return 1;
}

void question_reset(lua_State *lua) {
    struct state *state = state_of(lua);
    if (!state->is_cached)
        return;
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CACHE);
    state->is_cached = false;
}

static int read_only(lua_State *lua) {
    const char *what = lua_tostring(lua, lua_upvalueindex(1));
    return luaL_error(lua, "cannot assign to %s.%s: %s can only be read%s", what,
                      lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?", what,
                      strcmp(what, "msg") == 0 ? " (return { verb = \"rewrite\", set = … })" : "");
}

/* ---- ctx.group ---- */

static const struct group *group_of(lua_State *lua) {
    const struct group *group = call_of(lua)->question->group;
    if (!group)
        luaL_error(lua, "there is no group in this decision");
    return group;
}

static int group_has_member(lua_State *lua) {
    const struct group *group = group_of(lua);
    struct span id;
    id.at = luaL_checklstring(lua, 1, &id.size);
    state_charge(state_of(lua), 4 + group->member_count);
    lua_pushboolean(lua, group_has(group, id));
    return 1;
}

/* ---- ctx's functions ---- */

static int ctx_blocked(lua_State *lua) {
    struct call *call = call_of(lua);
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
        state_end(state, STOP_WAIT, "%s", call->wait.at);
    }
    lua_pushboolean(lua, fact == FACT_FOUND);
    return 1;
}

static uint32_t rate_at(lua_State *lua, int arg, const char *what) {
    lua_Number given = luaL_checknumber(lua, arg);
    if (!(given >= 1 && given <= 1e9))
        luaL_error(lua, "ctx.limit: %s must be at least 1", what);
    return (uint32_t)given;
}

static int ctx_limit(lua_State *lua) {
    struct call *call = call_of(lua);
    struct memory_limit limit = {
        .policy = span_of(call->policy->name), .app = call->question->app, .now_us = call->now_us};
    limit.key.at = luaL_checklstring(lua, 1, &limit.key.size);
    luaL_argcheck(lua, limit.key.size <= KEY_BYTES, 1, "a key of over 512 bytes");
    limit.burst = rate_at(lua, 2, "burst");
    limit.per_minute = rate_at(lua, 3, "per_minute");
    state_charge(state_of(lua), COST_LIMIT);
    lua_pushboolean(lua, memory_take(call->set->memory, &limit));
    return 1;
}

static int ctx_log(lua_State *lua) {
    struct call *call = call_of(lua);
    struct span text;
    text.at = luaL_checklstring(lua, 1, &text.size);
    state_charge(state_of(lua), COST_LOG);
    if (call->lines++ >= LINES_PER_CALL)
        return 0;
    char app[80], quoted[LINE_BYTES + 64];
    log_line(LOG_INFO, "policy", "policy=%s app=%s text=%s", call->policy->name,
             log_quote(app, sizeof app, call->question->app),
             log_quote(quoted, sizeof quoted, span_cut(text, 0, LINE_BYTES)));
    return 0;
}

static int ctx_count(lua_State *lua) {
    struct call *call = call_of(lua);
    struct span name;
    name.at = luaL_checklstring(lua, 1, &name.size);
    bool is_fit = name.size >= 1 && name.size <= POLICY_NAME_MAX;
    for (size_t i = 0; i < name.size && is_fit; i++)
        is_fit = (name.at[i] >= 'a' && name.at[i] <= 'z') || name.at[i] == '_' ||
                 (name.at[i] >= '0' && name.at[i] <= '9');
    if (!is_fit)
        return luaL_error(lua, "ctx.count: a name of a to z, 0 to 9 and _ (at most %d) expected",
                          POLICY_NAME_MAX);
    state_charge(state_of(lua), COST_COUNT);
    memory_count(call->set->memory, span_of(call->policy->name), name);
    return 0;
}

/* ---- ctx ---- */

enum ctx_field { CTX_APP, CTX_CONFIG, CTX_GROUP, CTX_IS_GROUP, CTX_NOW, CTX_OWNER };
enum group_field { GROUP_ID, GROUP_OWNER, GROUP_SIZE };

struct member {
    const char *name;
    int field; /* -1: the function */
    lua_CFunction function;
};
static const struct member CTX[] = {
    {"app", CTX_APP, NULL},
    {"blocked", -1, ctx_blocked},
    {"config", CTX_CONFIG, NULL},
    {"count", -1, ctx_count},
    {"group", CTX_GROUP, NULL},
    {"is_group", CTX_IS_GROUP, NULL},
    {"limit", -1, ctx_limit},
    {"log", -1, ctx_log},
    {"now", CTX_NOW, NULL},
    {"owner", CTX_OWNER, NULL},
    {NULL, 0, NULL},
};
static const struct member GROUP[] = {
    {"has", -1, group_has_member}, {"id", GROUP_ID, NULL}, {"owner", GROUP_OWNER, NULL},
    {"size", GROUP_SIZE, NULL},    {NULL, 0, NULL},
};

static int no_such_member(lua_State *lua, const char *what, const struct member *members) {
    struct span name = SPAN("?");
    if (lua_type(lua, 2) == LUA_TSTRING)
        name.at = lua_tolstring(lua, 2, &name.size);
    struct nearest nearest = nearest_start(name);
    for (; members->name; members++)
        nearest_offer(&nearest, span_of(members->name));
    char shown[48], hint[80];
    state_clean(shown, sizeof shown, name);
    return luaL_error(lua, "no such name in %s: %s%s", what, shown, nearest_words(&nearest, hint));
}

/* The upvalue holds a number (a field) or a function for each name. Leaves what it found on top;
 * -1: that is the result. */
static int member_at(lua_State *lua, const char *what, const struct member *members) {
    state_charge(state_of(lua), COST_MEMBER);
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

static int ctx_index(lua_State *lua) {
    struct call *call = call_of(lua);
    const struct policy_question *question = call->question;
    int field = member_at(lua, "ctx", CTX);
    if (field < 0)
        return 1;
    switch ((enum ctx_field)field) {
    case CTX_APP:
        push_bytes(lua, question->app);
        break;
    case CTX_CONFIG:
        lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
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
    case CTX_NOW:
        lua_pushnumber(lua, (lua_Number)question->now_ms);
        break;
    case CTX_OWNER:
        push_bytes_or_nil(lua, question->owner);
        break;
    }
    return 1;
}

static int group_index(lua_State *lua) {
    const struct group *group = group_of(lua);
    int field = member_at(lua, "ctx.group", GROUP);
    if (field < 0)
        return 1;
    switch ((enum group_field)field) {
    case GROUP_ID:
        push_bytes_or_nil(lua, group->id);
        break;
    case GROUP_OWNER:
        push_bytes_or_nil(lua, group->owner);
        break;
    case GROUP_SIZE:
        lua_pushnumber(lua, (lua_Number)group->member_count);
        break;
    }
    return 1;
}

/* Pushes a userdata whose members are read by `index` (with `members` as its upvalue). */
static void push_object(lua_State *lua, const char *what, lua_CFunction index,
                        const struct member *members) {
    lua_newuserdata(lua, 1);
    lua_createtable(lua, 0, 3);
    lua_newtable(lua);
    for (; members && members->name; members++) {
        if (members->function)
            lua_pushcfunction(lua, members->function);
        else
            lua_pushinteger(lua, members->field);
        lua_setfield(lua, -2, members->name);
    }
    lua_pushcclosure(lua, index, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, read_only, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

static void open_decoder(lua_State *lua) {
    lua_pushcfunction(lua, luaopen_cjson);
    lua_call(lua, 0, 1);
    lua_getfield(lua, -1, "decode_invalid_numbers");
    lua_pushboolean(lua, 0);
    lua_call(lua, 1, 0);
    lua_getfield(lua, -1, "decode");
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_DECODE);
    lua_pop(lua, 1);
}

void question_open(lua_State *lua) {
    open_decoder(lua);
    push_object(lua, "msg", msg_index, NULL);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_MSG);
    push_object(lua, "ctx", ctx_index, CTX);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CTX);
    push_object(lua, "ctx.group", group_index, GROUP);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_GROUP);
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CACHE);
}
