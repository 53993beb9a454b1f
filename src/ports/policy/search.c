#include "search.h"

#include "library.h"
#include "seal.h"

#include <lauxlib.h>

static struct span string_at(lua_State *lua, int arg) {
    struct span text;
    text.at = luaL_checklstring(lua, arg, &text.size);
    return text;
}

void search_start(struct search *search, const struct search_kind *kind, lua_State *lua) {
    search->kind = kind;
    search->lua = lua;
    search->state = state_of(lua);
    search->subject = search->clean = string_at(lua, 1);
    search->pattern = string_at(lua, 2);
    search->is_anchored = false;
    kind->start(search);
}

static void push_capture(struct search *search, unsigned index) {
    const struct pattern_match *match = &search->match;
    if (index >= match->count) {
        if (index > 0)
            luaL_error(search->lua, "no such capture: %d", (int)index + 1);
        state_charge_bytes(search->state, (size_t)(match->to - match->from));
        lua_pushlstring(search->lua, match->from, (size_t)(match->to - match->from));
        return;
    }
    const struct pattern_capture *capture = &match->captures[index];
    if (capture->size == CAPTURE_UNSET) {
        lua_pushboolean(search->lua, false);
        return;
    }
    if (capture->size < 0) {
        lua_pushinteger(search->lua, capture->at - search->subject.at + 1);
        return;
    }
    state_charge_bytes(search->state, (size_t)capture->size);
    lua_pushlstring(search->lua, capture->at, (size_t)capture->size);
}

/* All captures, or the whole match where the pattern has none. */
static int push_captures(struct search *search, bool whole) {
    unsigned count = search->match.count ? search->match.count : whole;
    luaL_checkstack(search->lua, (int)count, "captures");
    for (unsigned i = 0; i < count; i++)
        push_capture(search, i);
    return (int)count;
}

int search_find(struct search *search, size_t init) {
    if (!search->kind->next(search, init)) {
        lua_pushnil(search->lua);
        return 1;
    }
    lua_pushinteger(search->lua, search->match.from - search->subject.at + 1);
    lua_pushinteger(search->lua, search->match.to - search->subject.at);
    return 2 + push_captures(search, false);
}

int search_match(struct search *search, size_t init) {
    if (search->kind->next(search, init))
        return push_captures(search, true);
    lua_pushnil(search->lua);
    return 1;
}

/* Upvalues: subject, pattern, where to go on (from 0), what is matched. */
int search_iterate(lua_State *lua, const struct search_kind *kind) {
    struct search search = {.kind = kind, .lua = lua, .state = state_of(lua)};
    search.subject.at = lua_tolstring(lua, lua_upvalueindex(1), &search.subject.size);
    search.pattern.at = lua_tolstring(lua, lua_upvalueindex(2), &search.pattern.size);
    search.clean.at = lua_tolstring(lua, lua_upvalueindex(4), &search.clean.size);
    size_t init = (size_t)lua_tointeger(lua, lua_upvalueindex(3));
    if (init > search.subject.size || !kind->next(&search, init))
        return 0;
    size_t end = (size_t)(search.match.to - search.subject.at);
    bool is_empty = search.match.to == search.match.from;
    lua_pushinteger(lua, (lua_Integer)(is_empty ? end + 1 : end));
    lua_replace(lua, lua_upvalueindex(3));
    return push_captures(&search, true);
}

int search_gmatch(lua_State *lua, const struct search_kind *kind) {
    struct search search;
    lua_settop(lua, 2);
    search_start(&search, kind, lua);
    if (lua_gettop(lua) == 2)
        lua_pushvalue(lua, 1);
    lua_pushinteger(lua, 0);
    lua_insert(lua, 3);
    lua_pushcclosure(lua, kind->iterator, 4);
    return 1;
}

/* Adds to the buffer: its pieces lie on the stack, so nothing else may stay there. */
static void add_bytes(struct search *search, luaL_Buffer *out, const char *at, size_t size) {
    state_charge_bytes(search->state, size);
    luaL_addlstring(out, at, size);
}

static void add_match(struct search *search, luaL_Buffer *out) {
    const struct pattern_match *match = &search->match;
    add_bytes(search, out, match->from, (size_t)(match->to - match->from));
}

static void add_template(struct search *search, luaL_Buffer *out, struct span template) {
    state_charge_bytes(search->state, 8 * template.size);
    for (size_t i = 0; i < template.size; i++) {
        if (template.at[i] == '%' && i + 1 < template.size)
            i++;
        else {
            luaL_addlstring(out, template.at + i, 1);
            continue;
        }
        char byte = template.at[i];
        if (byte < '0' || byte > '9') {
            luaL_addlstring(out, &byte, 1);
        } else if (byte == '0') {
            add_match(search, out);
        } else {
            push_capture(search, (unsigned)(byte - '1'));
            if (lua_isboolean(search->lua, -1))
                lua_pop(search->lua, 1); /* took no part: nothing */
            else
                luaL_addvalue(out);
        }
    }
}

/* Argument 3 says what takes a match's place; nil or false leave it as it is. */
static void add_replacement(struct search *search, luaL_Buffer *out) {
    lua_State *lua = search->lua;
    switch (lua_type(lua, 3)) {
    case LUA_TFUNCTION: {
        lua_pushvalue(lua, 3);
        int count = push_captures(search, true);
        state_enter(search->state);
        lua_call(lua, count, 1);
        state_leave(search->state);
        break;
    }
    case LUA_TTABLE:
        push_capture(search, 0);
        lua_gettable(lua, 3);
        break;
    default: {
        add_template(search, out, string_at(lua, 3));
        return;
    }
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        add_match(search, out);
    } else if (lua_isstring(lua, -1)) {
        state_charge_bytes(search->state, lua_objlen(lua, -1));
        luaL_addvalue(out);
    } else {
        luaL_error(lua, "gsub: a replacement that is a %s", luaL_typename(lua, -1));
    }
}

int search_gsub(lua_State *lua, const struct search_kind *kind) {
    struct search search;
    lua_settop(lua, 4);
    search_start(&search, kind, lua);
    seal_open(lua, 3);
    int type = lua_type(lua, 3);
    luaL_argcheck(lua,
                  type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TTABLE ||
                      type == LUA_TFUNCTION,
                  3, "a string, a table or a function expected");
    if (type == LUA_TNUMBER)
        lua_tolstring(lua, 3, NULL); /* once, in place: no conversion below the buffer */
    lua_Number most = library_number_or(lua, 4, (lua_Number)search.subject.size + 1);
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    const struct span *subject = &search.subject;
    size_t init = 0, kept = 0; /* what lies between goes over as it is, in one piece */
    lua_Integer count = 0;
    while ((lua_Number)count < most && kind->next(&search, init)) {
        count++;
        size_t from = (size_t)(search.match.from - subject->at);
        size_t to = (size_t)(search.match.to - subject->at);
        add_bytes(&search, &out, subject->at + kept, from - kept);
        add_replacement(&search, &out);
        kept = to;
        init = to > from ? to : to + 1;
        if (init > subject->size || search.is_anchored)
            break;
    }
    add_bytes(&search, &out, subject->at + kept, subject->size - kept);
    luaL_pushresult(&out);
    lua_pushinteger(lua, count);
    return 2;
}
