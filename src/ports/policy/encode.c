/* A value of a verdict as JSON: bounded in depth, entries and bytes, charged, the same text for the
 * same value (names sorted). */
#include "verdict.h"

#include "seal.h"
#include "words/text.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct encoder {
    lua_State *lua;
    struct state *state;
    struct arena *arena;
    struct text out;
    unsigned depth;
    unsigned entries;
};

static void add(struct encoder *encoder, struct span bytes) {
    if (encoder->out.size + bytes.size > ENCODE_BYTES)
        luaL_error(encoder->lua, "a value of over %d bytes of JSON", ENCODE_BYTES);
    state_charge_bytes(encoder->state, bytes.size);
    text_add(&encoder->out, bytes);
}

static void add_number(struct encoder *encoder, double number) {
    char digits[40];
    if (!isfinite(number))
        luaL_error(encoder->lua, "a number that is not finite (%s)",
                   isnan(number) ? "NaN" : "infinity");
    if (number == floor(number) && fabs(number) <= 9007199254740992.0) {
        snprintf(digits, sizeof digits, "%" PRId64, (int64_t)number);
    } else {
        for (int precision = 15; precision <= 17; precision++) {
            snprintf(digits, sizeof digits, "%.*g", precision, number);
            if (strtod(digits, NULL) == number)
                break;
        }
    }
    state_charge(encoder->state, 50);
    add(encoder, span_of(digits));
}

static void add_string(struct encoder *encoder, struct span bytes) {
    if (bytes.size > ENCODE_BYTES)
        luaL_error(encoder->lua, "a value of over %d bytes of JSON", ENCODE_BYTES);
    state_charge_bytes(encoder->state, 4 * bytes.size);
    add(encoder, json_quote(encoder->arena, bytes));
}

static void enter(struct encoder *encoder) {
    if (++encoder->depth > ENCODE_DEPTH)
        luaL_error(encoder->lua, "a table nested over %d deep, or in a circle", ENCODE_DEPTH);
    luaL_checkstack(encoder->lua, 6, "encode");
}

static void count_entry(struct encoder *encoder) {
    state_charge(encoder->state, 16);
    if (++encoder->entries > ENCODE_ENTRIES)
        luaL_error(encoder->lua, "a value of over %d entries", ENCODE_ENTRIES);
}

static void add_value(struct encoder *encoder, int index);

static void add_list(struct encoder *encoder, int table, size_t size) {
    add(encoder, SPAN("["));
    for (size_t i = 1; i <= size; i++) {
        if (i > 1)
            add(encoder, SPAN(","));
        lua_rawgeti(encoder->lua, table, (int)i);
        add_value(encoder, lua_gettop(encoder->lua));
        lua_pop(encoder->lua, 1);
    }
    add(encoder, SPAN("]"));
}

static int by_bytes(const void *left, const void *right) {
    const struct span *a = left, *b = right;
    int order = memcmp(a->at, b->at, a->size < b->size ? a->size : b->size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static void add_object(struct encoder *encoder, int table, size_t size) {
    lua_State *lua = encoder->lua;
    struct span *names = arena_array(encoder->arena, size + 1, sizeof *names);
    size_t count = 0;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        names[count].at = lua_tolstring(lua, -2, &names[count].size); /* the table holds it */
        count++;
    }
    qsort(names, count, sizeof *names, by_bytes);
    add(encoder, SPAN("{"));
    for (size_t i = 0; i < count; i++) {
        if (i)
            add(encoder, SPAN(","));
        add_string(encoder, names[i]);
        add(encoder, SPAN(":"));
        lua_pushlstring(lua, names[i].at, names[i].size);
        lua_rawget(lua, table);
        add_value(encoder, lua_gettop(lua));
        lua_pop(lua, 1);
    }
    add(encoder, SPAN("}"));
}

/* An empty table is an object. */
static void add_table(struct encoder *encoder, int table) {
    lua_State *lua = encoder->lua;
    enter(encoder);
    size_t names = 0, places = 0;
    lua_Number most = 0;
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        count_entry(encoder);
        if (lua_type(lua, -2) == LUA_TSTRING) {
            names++;
        } else if (lua_type(lua, -2) == LUA_TNUMBER) {
            lua_Number place = lua_tonumber(lua, -2);
            if (place < 1 || place != floor(place))
                luaL_error(lua, "a list with a place that is not 1, 2, 3…");
            most = place > most ? place : most;
            places++;
        } else {
            luaL_error(lua, "a table with a %s as a name", luaL_typename(lua, -2));
        }
    }
    if (names && places)
        luaL_error(lua, "a table that is half list, half object");
    if (places && most > (lua_Number)places)
        luaL_error(lua, "a list with a hole");
    if (places)
        add_list(encoder, table, places);
    else
        add_object(encoder, table, names);
    encoder->depth--;
}

static void add_value(struct encoder *encoder, int index) {
    lua_State *lua = encoder->lua;
    struct span bytes;
    switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN:
        add(encoder, lua_toboolean(lua, index) ? SPAN("true") : SPAN("false"));
        break;
    case LUA_TNUMBER:
        add_number(encoder, lua_tonumber(lua, index));
        break;
    case LUA_TSTRING:
        bytes.at = lua_tolstring(lua, index, &bytes.size);
        add_string(encoder, bytes);
        break;
    case LUA_TTABLE:
        add_table(encoder, index);
        break;
    case LUA_TUSERDATA:
        if (seal_is_values(lua, index)) {
            seal_open(lua, index);
            add_table(encoder, index);
            break;
        }
        luaL_error(lua, "a userdata, which JSON does not have");
        break;
    default:
        luaL_error(lua, "a %s, which JSON does not have", luaL_typename(lua, index));
    }
}

struct span encode_value(lua_State *lua, struct arena *arena, int index) {
    struct encoder encoder = {.lua = lua, .state = state_of(lua), .arena = arena};
    encoder.out = text_start(arena, 64);
    luaL_checkstack(lua, 6, "encode");
    add_value(&encoder, index);
    return text_span(&encoder.out);
}
