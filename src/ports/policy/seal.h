/* seal: tables that can only be read.
 *
 * A sealed table is a userdata that reads like the table: a table of its own kind would let `#`,
 * ipairs and assignments to names that are there go past its metatable. Where a list may be sealed
 * (a list in the settings), seal_open gets at it; pairs, ipairs, #, unpack, concat and gsub do. */
#ifndef CHAT21D_POLICY_SEAL_H
#define CHAT21D_POLICY_SEAL_H

#include "state.h"

/* Replaces the table on top by a sealed one. An unknown name is an error: "no such WHAT: x (did you
 * mean y?)". `what` is static. */
void seal_names(lua_State *lua, const char *what);

/* The same for a table of values, where what is not there is nil; and for the tables in it. */
void seal_values(lua_State *lua, const char *what);

/* The table on top holds the globals, and is taken off; the empty one at `environment` becomes
 * what policy code sees. */
void seal_environment(lua_State *lua, int environment);

/* Where a table is expected at `index`: puts the table itself there if it is sealed by seal_values.
 * For readers only. */
void seal_open(lua_State *lua, int index);
bool seal_is_values(lua_State *lua, int index);

/* Lua's ipairs and pairs (their own is the upvalue), for these too. */
int seal_ipairs(lua_State *lua);
int seal_pairs(lua_State *lua);

#endif
