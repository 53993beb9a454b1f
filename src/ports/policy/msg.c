/* msg: the message as a policy reads it, field by field, decoded when first asked for. */
#include "question.h"

#include <lauxlib.h>
#include <stdlib.h>

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
    size_t need = 2048 + 2 * text.size; /* the text itself, and its strings */
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
        question_push(lua, json_unquote(call->arena, value.text));
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
    size_t room = 24;
    fields->list = arena_take(call->arena, room * sizeof *fields->list);
    fields->count = 0;
    struct json_walk walk = json_walk(call->body);
    while (json_next(&walk)) {
        if (fields->count == room) {
            struct field *grown = arena_take(call->arena, 2 * room * sizeof *grown);
            memcpy(grown, fields->list, room * sizeof *grown);
            fields->list = grown;
            room *= 2;
        }
        fields->list[fields->count++] =
            (struct field){json_unquote(call->arena, walk.key), walk.value};
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

/* What is no message has its own fields only: a group's say what it is. */
static bool push_identity(lua_State *lua, const struct policy_question *question,
                          struct span name) {
    if (question->event != POLICY_MESSAGE && question->event != POLICY_COPY)
        return false;
    if (span_equal(name, SPAN("sender")))
        question_push(lua, question->sender);
    else if (span_equal(name, SPAN("recipient")))
        question_push(lua, question->recipient);
    else if (span_equal(name, SPAN("app_id")))
        question_push(lua, question->app);
    else
        return false;
    return true;
}

/* Nothing but the value itself is decoded: what is around it costs a glance at its bytes. */
void question_push_field(lua_State *lua, struct call *call, struct span path) {
    struct state *state = state_of(lua);
    const char *dot = memchr(path.at, '.', path.size);
    if (!dot && push_identity(lua, call->question, path))
        return;
    size_t first = dot ? (size_t)(dot - path.at) : path.size;
    const struct field *field = field_named(state, call, span_cut(path, 0, first));
    struct json_value value = {.type = JSON_NULL};
    if (field && !dot)
        value = field->value;
    else if (field && field->value.type == JSON_OBJECT) {
        state_charge_bytes(state, 8 * field->value.text.size);
        json_find_path(field->value.text, span_cut(path, first + 1, path.size), &value);
    }
    push_value(lua, call, value);
}

int msg_index(lua_State *lua) {
    struct call *call = question_call(lua);
    struct state *state = state_of(lua);
    state_charge(state, QUESTION_MEMBER_UNITS);
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
