#include "library.h"

#include "regex.h"
#include "seal.h"
#include "words/check.h"

#include <lauxlib.h>
#include <lualib.h>

/* Kept as Lua's own where there is no function: constant cost, or bounded by the arguments that
 * are on the stack already. The groups stand together, `string.` etc. in front. */
struct entry {
    const char *name;
    lua_CFunction function;
    bool wraps; /* takes Lua's own as its upvalue */
};
static const struct entry LIST[] = {
    {"assert", NULL, false},
    {"error", NULL, false},
    {"ipairs", seal_ipairs, true},
    {"next", NULL, false},
    {"pairs", seal_pairs, true},
    {"select", NULL, false},
    {"tonumber", strings_tonumber, true},
    {"tostring", strings_tostring, false},
    {"type", NULL, false},
    {"unpack", tables_unpack, false},
    {"math.abs", NULL, false},
    {"math.acos", NULL, false},
    {"math.asin", NULL, false},
    {"math.atan", NULL, false},
    {"math.atan2", NULL, false},
    {"math.ceil", NULL, false},
    {"math.cos", NULL, false},
    {"math.cosh", NULL, false},
    {"math.deg", NULL, false},
    {"math.exp", NULL, false},
    {"math.floor", NULL, false},
    {"math.fmod", NULL, false},
    {"math.frexp", NULL, false},
    {"math.huge", NULL, false},
    {"math.ldexp", NULL, false},
    {"math.log", NULL, false},
    {"math.log10", NULL, false},
    {"math.max", strings_numbers, true},
    {"math.min", strings_numbers, true},
    {"math.modf", NULL, false},
    {"math.pi", NULL, false},
    {"math.pow", NULL, false},
    {"math.rad", NULL, false},
    {"math.sin", NULL, false},
    {"math.sinh", NULL, false},
    {"math.sqrt", NULL, false},
    {"math.tan", NULL, false},
    {"math.tanh", NULL, false},
    {"regex.find", regex_find, false},
    {"regex.gmatch", regex_gmatch, false},
    {"regex.gsub", regex_gsub, false},
    {"regex.match", regex_match, false},
    {"string.byte", strings_byte, false},
    {"string.char", strings_char, false},
    {"string.find", pattern_find, false},
    {"string.format", strings_format, true},
    {"string.gmatch", pattern_gmatch, false},
    {"string.gsub", pattern_gsub, false},
    {"string.len", strings_len, false},
    {"string.lower", strings_lower, false},
    {"string.match", pattern_match, false},
    {"string.rep", strings_rep, false},
    {"string.reverse", strings_reverse, false},
    {"string.sub", strings_sub, false},
    {"string.upper", strings_upper, false},
    {"table.concat", tables_concat, false},
    {"table.insert", tables_insert, false},
    {"table.maxn", tables_maxn, false},
    {"table.remove", tables_remove, false},
    {"table.sort", tables_sort, false},
    {"table.unpack", tables_unpack, false},
};
enum { LISTED = sizeof LIST / sizeof LIST[0] };

const char *library_name(size_t index) {
    return index < LISTED ? LIST[index].name : NULL;
}

/* Pushes what `entry` stands for; `source` is the table that holds Lua's own. */
static void push_entry(lua_State *lua, const struct entry *entry, int source, const char *name) {
    if (!entry->function || entry->wraps) {
        lua_getfield(lua, source, name);
        check(!lua_isnil(lua, -1));
    }
    if (entry->function)
        lua_pushcclosure(lua, entry->function, entry->wraps ? 1 : 0);
}

/* The group `prefix` ("string.", or "" for what stands alone) as a new table on top. */
static void push_group(lua_State *lua, const char *prefix, const char *global) {
    if (global)
        lua_getfield(lua, LUA_GLOBALSINDEX, global);
    else
        lua_pushvalue(lua, LUA_GLOBALSINDEX);
    int source = lua_gettop(lua);
    lua_newtable(lua);
    size_t length = strlen(prefix);
    for (size_t i = 0; i < LISTED; i++) {
        const char *name = LIST[i].name;
        bool is_dotted = strchr(name, '.') != NULL;
        if (length ? strncmp(name, prefix, length) != 0 : is_dotted)
            continue;
        push_entry(lua, &LIST[i], source, name + length);
        lua_setfield(lua, -2, name + length);
    }
    lua_remove(lua, source);
}

static void open_own(lua_State *lua, lua_CFunction open, const char *name) {
    lua_pushcfunction(lua, open);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
}

/* Methods on strings ("x"):upper() read the string group; nothing else reaches it. */
static void set_methods(lua_State *lua, int group) {
    lua_pushliteral(lua, "");
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, group);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
}

static void clear(lua_State *lua, int table) {
    for (lua_pushnil(lua); lua_next(lua, table); lua_pushnil(lua)) {
        lua_pop(lua, 1);
        lua_pushnil(lua);
        lua_rawset(lua, table);
    }
}

void library_open(lua_State *lua) {
    open_own(lua, luaopen_base, "");
    open_own(lua, luaopen_table, LUA_TABLIBNAME);
    open_own(lua, luaopen_string, LUA_STRLIBNAME);
    open_own(lua, luaopen_math, LUA_MATHLIBNAME);

    regex_open(lua);
    lua_newtable(lua); /* the environment itself: always empty */
    int environment = lua_gettop(lua);
    push_group(lua, "", NULL);
    static const struct {
        const char *prefix, *name, *what;
    } GROUPS[] = {{"math.", "math", "name in math"},
                  {"regex.", "regex", "name in regex"},
                  {"string.", "string", "name in string"},
                  {"table.", "table", "name in table"}};
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++) {
        push_group(lua, GROUPS[i].prefix, GROUPS[i].name);
        seal_names(lua, GROUPS[i].what);
        if (strcmp(GROUPS[i].name, "string") == 0)
            set_methods(lua, lua_gettop(lua));
        lua_setfield(lua, -2, GROUPS[i].name);
    }
    seal_environment(lua, environment);

    clear(lua, LUA_GLOBALSINDEX);
    lua_getfield(lua, LUA_REGISTRYINDEX, "_LOADED");
    if (lua_istable(lua, -1))
        clear(lua, lua_gettop(lua));
    lua_pop(lua, 1);
    check(lua_gettop(lua) == environment);
}
