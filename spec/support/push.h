/* push: what the policy host returns, as Lua tables for specs. Each pushes one value. */
#ifndef CHAT21D_SPEC_PUSH_H
#define CHAT21D_SPEC_PUSH_H

#include "ports/policy.h"

#include <lua.h>

/* { verb, policy, code, reason, body, rewritten, redirect, redirect_policy, copy_to = { id, … },
 * replies = { { policy, to, text, type, attributes, metadata }, … }, defer_ms, errors, failure,
 * units, us }: what is absent is nil; text and the like are JSON; lists are always there. */
void push_verdict(lua_State *lua, const struct verdict *verdict, int64_t us);

/* { steps = { { policy, event, shadow, word, code, reason, owner, changes, units, us }, … }, asked
 * = { { policy, question, answer }, … }, cut, units, us } */
void push_trace(lua_State *lua, const struct policy_trace *trace);

/* { name, event, mode, set_aside, last_error, asked, errors, units, us, differences, said = { word
 * = count, … } } */
void push_health(lua_State *lua, const struct policy_health *health);

/* { { policy, message_id, app, sender, recipient, at_ms, decided, instead, code, reason }, … } */
void push_differences(lua_State *lua, const struct policy_memory *memory);

#endif
