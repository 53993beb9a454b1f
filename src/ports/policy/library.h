/* library: the names a policy may use, and nothing else.
 *
 * Lua's own functions where their cost does not depend on their arguments; functions of ours, which
 * charge for the work before doing it, everywhere else. No way to other code, files, time, chance
 * or the state's insides: see the list in library.c, which is also what luacheck is given. */
#ifndef CHAT21D_POLICY_LIBRARY_H
#define CHAT21D_POLICY_LIBRARY_H

#include "ports/policy/state.h"

/* Within state_build, once: opens Lua's libraries, keeps what is listed and pushes the environment
 * of policy code: an empty table that can only be read. */
void library_open(lua_State *lua);

/* The listed names, sorted as written: "assert", …, "string.rep"; NULL after the last. */
const char *library_name(size_t index);

/* The number at `arg`, as luaL_checknumber; a string that must be read for it is charged. */
lua_Number library_number(lua_State *lua, int arg);
lua_Number library_number_or(lua_State *lua, int arg, lua_Number otherwise);
/* The number at `arg` as a place in a text of `size` bytes where a search begins, from 0; as
 * string.find reads it. */
size_t library_init(lua_State *lua, int arg, size_t size);

/* The listed functions, by file: pattern_lua.c, regex_lua.c, strings.c, tables.c. */
int pattern_find(lua_State *lua);
int pattern_match(lua_State *lua);
int pattern_gmatch(lua_State *lua);
int pattern_gsub(lua_State *lua);

int regex_find(lua_State *lua);
int regex_match(lua_State *lua);
int regex_gmatch(lua_State *lua);
int regex_gsub(lua_State *lua);

int strings_byte(lua_State *lua);
int strings_char(lua_State *lua);
int strings_format(lua_State *lua); /* upvalue: Lua's own */
int strings_len(lua_State *lua);
int strings_lower(lua_State *lua);
int strings_rep(lua_State *lua);
int strings_reverse(lua_State *lua);
int strings_sub(lua_State *lua);
int strings_upper(lua_State *lua);
int strings_numbers(lua_State *lua);  /* upvalue: Lua's own, of numbers */
int strings_tonumber(lua_State *lua); /* upvalue: Lua's own */
int strings_tostring(lua_State *lua);

int tables_concat(lua_State *lua);
int tables_insert(lua_State *lua);
int tables_maxn(lua_State *lua);
int tables_remove(lua_State *lua);
int tables_sort(lua_State *lua);
int tables_unpack(lua_State *lua);

#endif
