#include "words.h"

#include "library.h"
#include "meaning/fold.h"
#include "seal.h"

#include <lauxlib.h>

static const char *const LIST = "word list"; /* as errors say it, too */

enum { STEP_UNITS = 3 }; /* a step is a look at two lines of the cache or so */

/* One call's way through a text. */
struct search {
    lua_State *lua;
    struct state *state;
    struct span text;
    struct wordlist_search at;
};

static struct span string_at(lua_State *lua, int arg) {
    struct span text;
    text.at = luaL_checklstring(lua, arg, &text.size);
    return text;
}

static const struct wordlist *list_at(lua_State *lua, int arg) {
    struct wordlist **list = luaL_checkudata(lua, arg, LIST);
    return *list;
}

/* Arguments 1 and 2 are the list and the text. */
static void search_start(struct search *search, lua_State *lua) {
    search->lua = lua;
    search->state = state_of(lua);
    const struct wordlist *list = list_at(lua, 1);
    search->text = string_at(lua, 2);
    state_charge(search->state, 20);
    wordlist_start(&search->at, list, search->text, 0, 0);
}

static bool search_next(struct search *search, struct span *match) {
    struct state *state = search->state;
    uint64_t units = state->is_metered ? state->units : UINT64_MAX / 2;
    search->at.steps = units / STEP_UNITS;
    enum wordlist_result result = wordlist_next(&search->at, match);
    if (result == WORDLIST_BUDGET)
        state_charge(state, units + 1); /* does not return */
    state_charge(state, (units / STEP_UNITS - search->at.steps) * STEP_UNITS);
    return result == WORDLIST_YES;
}

/* ---- the methods ---- */

static int has(lua_State *lua) {
    struct search search;
    struct span match;
    search_start(&search, lua);
    lua_pushboolean(lua, search_next(&search, &match));
    return 1;
}

/* The word as the list has it, in lower case: what the text has, folded. */
static void push_word(struct search *search, struct span match) {
    char word[WORDLIST_WORD];
    size_t size = 0;
    const struct fold *fold = wordlist_fold(search->at.list);
    for (size_t i = 0; i < match.size;) {
        struct folded folded = fold_at(fold, match, i);
        if (size + folded.size <= sizeof word) /* always */
            memcpy(word + size, folded.bytes, folded.size);
        size += folded.size;
        i += folded.taken;
    }
    state_charge_bytes(search->state, 16 * size);
    lua_pushlstring(search->lua, word, size);
}

static int find(lua_State *lua) {
    struct search search;
    struct span match;
    search_start(&search, lua);
    wordlist_start(&search.at, search.at.list, search.text, library_init(lua, 3, search.text.size),
                   0);
    if (!search_next(&search, &match)) {
        lua_pushnil(lua);
        return 1;
    }
    lua_Integer from = match.at - search.text.at;
    lua_pushinteger(lua, from + 1);
    lua_pushinteger(lua, from + (lua_Integer)match.size);
    push_word(&search, match);
    return 3;
}

static int count(lua_State *lua) {
    struct search search;
    struct span match;
    search_start(&search, lua);
    lua_Integer found = 0;
    while (search_next(&search, &match))
        found++;
    lua_pushinteger(lua, found);
    return 1;
}

/* ---- replacing: the buffer's pieces lie on the stack, so nothing else may stay there ---- */

static void add_bytes(struct search *search, luaL_Buffer *out, struct span bytes) {
    state_charge_bytes(search->state, bytes.size);
    luaL_addlstring(out, bytes.at, bytes.size);
}

/* Each character of `match` but blanks becomes `with`. */
static void add_mask(struct search *search, luaL_Buffer *out, struct span match, struct span with) {
    const struct fold *fold = wordlist_fold(search->at.list);
    state_charge(search->state, 8 * match.size);
    for (size_t i = 0; i < match.size;) {
        if (match.at[i] == ' ' || match.at[i] == '\t')
            luaL_addlstring(out, match.at + i, 1);
        else
            add_bytes(search, out, with);
        i += fold_at(fold, match, i).taken;
    }
}

static int rewrite(lua_State *lua, struct span with, bool is_mask) {
    struct search search;
    struct span match;
    search_start(&search, lua);
    if (!search_next(&search, &match)) {
        lua_pushvalue(lua, 2);
        lua_pushinteger(lua, 0);
        return 2;
    }
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    lua_Integer found = 0;
    const char *kept = search.text.at, *end = kept + search.text.size;
    do {
        add_bytes(&search, &out, (struct span){kept, (size_t)(match.at - kept)});
        if (is_mask)
            add_mask(&search, &out, match, with);
        else
            add_bytes(&search, &out, with);
        kept = match.at + match.size;
        found++;
    } while (search_next(&search, &match));
    add_bytes(&search, &out, (struct span){kept, (size_t)(end - kept)});
    luaL_pushresult(&out);
    lua_pushinteger(lua, found);
    return 2;
}

static int mask(lua_State *lua) {
    lua_settop(lua, 3);
    struct span with = lua_isnil(lua, 3) ? SPAN("*") : string_at(lua, 3);
    return rewrite(lua, with, true);
}

static int replace(lua_State *lua) {
    lua_settop(lua, 3);
    return rewrite(lua, string_at(lua, 3), false);
}

/* ---- the value ---- */

static int release(lua_State *lua) {
    wordlist_release(lua_touserdata(lua, 1));
    return 0;
}

static const luaL_Reg METHODS[] = {{"count", count}, {"find", find},       {"has", has},
                                   {"mask", mask},   {"replace", replace}, {NULL, NULL}};

static void push_metatable(lua_State *lua) {
    if (!luaL_newmetatable(lua, LIST))
        return;
    lua_newtable(lua);
    for (const luaL_Reg *method = METHODS; method->name; method++) {
        lua_pushcfunction(lua, method->func);
        lua_setfield(lua, -2, method->name);
    }
    seal_names(lua, "method of a word list");
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, release);
    lua_setfield(lua, -2, "__gc");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
}

void words_push(lua_State *lua, struct wordlist *list) {
    struct wordlist **own = lua_newuserdata(lua, sizeof *own);
    *own = NULL;
    push_metatable(lua);
    lua_setmetatable(lua, -2);
    *own = wordlist_keep(list);
}

bool words_is(lua_State *lua, int index) {
    if (lua_type(lua, index) != LUA_TUSERDATA || !lua_getmetatable(lua, index))
        return false;
    luaL_getmetatable(lua, LIST);
    bool is_list = lua_rawequal(lua, -1, -2);
    lua_pop(lua, 2);
    return is_list;
}
