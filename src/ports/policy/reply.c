/* Messages from the system that a verdict asks for. */
#include "verdict.h"

#include <lauxlib.h>
#include <stdio.h>

static const char *const NAMES[] = {"attributes", "metadata", "text", "to", "type", NULL};
static const char *const NO_MORE[] = {NULL};

static struct span quoted(const struct reading *reading, const char *name, size_t most) {
    struct span text = reading_words(reading, name, most);
    state_charge_bytes(state_of(reading->lua), 4 * text.size);
    return json_quote(reading->call->arena, text);
}

/* The object `name` as JSON; absent where it is nil. */
static struct span object(const struct reading *reading, const char *name) {
    lua_State *lua = reading->lua;
    struct span json = SPAN_NONE;
    reading_push(reading, name);
    if (!lua_isnil(lua, -1)) {
        if (!reading_is_table(reading))
            reading_refuse(reading, "%s: a table with names expected, got %s", name,
                           luaL_typename(lua, -1));
        json = encode_value(lua, reading->call->arena, lua_gettop(lua));
        if (!span_starts(json, SPAN("{")))
            reading_refuse(reading, "%s: a table with names expected, got a list", name);
    }
    lua_pop(lua, 1);
    return json;
}

static bool is_there(const struct reading *reading, const char *name) {
    reading_push(reading, name);
    bool is = !lua_isnil(reading->lua, -1);
    lua_pop(reading->lua, 1);
    return is;
}

static void read_reply(const struct reading *reading, struct policy_reply *out) {
    lua_State *lua = reading->lua;
    reading_names(reading, "it", NAMES, NO_MORE);
    reading_push(reading, "to");
    if (!lua_isnil(lua, -1))
        out->to = reading_id(reading, "to");
    lua_pop(lua, 1);
    out->text = quoted(reading, "text", REPLY_TEXT_BYTES);
    if (is_there(reading, "type"))
        out->type = quoted(reading, "type", REPLY_TYPE_BYTES);
    out->attributes = object(reading, "attributes");
    out->metadata = object(reading, "metadata");
    size_t extra = out->attributes.size + out->metadata.size;
    if (extra > REPLY_EXTRA_BYTES)
        reading_refuse(reading, "attributes and metadata: at most %d bytes of JSON, got %zu",
                       REPLY_EXTRA_BYTES, extra);
}

void replies_read(const struct reading *reading) {
    lua_State *lua = reading->lua;
    struct call *call = reading->call;
    size_t size = reading_is_table(reading) ? reading_list(reading, POLICY_REPLIES_MAX) : 0;
    if (size == 0)
        reading_refuse(reading, "replies: a list of 1 to %d tables expected", POLICY_REPLIES_MAX);
    int list = lua_gettop(lua);
    struct policy_reply *replies = arena_array(call->arena, size, sizeof *replies);
    struct span policy = arena_copy(call->arena, span_of(call->policy->name));
    for (size_t i = 0; i < size; i++) {
        lua_rawgeti(lua, list, (int)i + 1);
        struct reading one = {.lua = lua, .call = call};
        snprintf(one.what, sizeof one.what, "reply %zu: ", i + 1);
        if (!reading_is_table(&one))
            reading_refuse(&one, "a table expected, got %s", luaL_typename(lua, -1));
        one.table = lua_gettop(lua);
        replies[i].policy = policy;
        read_reply(&one, &replies[i]);
        lua_settop(lua, list);
    }
    call->answer.replies = replies;
    call->answer.reply_count = size;
}
