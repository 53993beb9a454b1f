/* bench: what the specs' module holds of one loaded set: its world (time, facts) is the spec's own.
 * sandbox.c loads and asks, deliver.c and change.c judge, world.c has time and facts, tables.c
 * reads and writes Lua tables, push.c writes verdicts. Not for the server. */
#ifndef CHAT21D_SPEC_BENCH_H
#define CHAT21D_SPEC_BENCH_H

#include "flow/judge.h"

#include <lauxlib.h>

struct bench_block {
    struct span app, by, whom;
};
struct bench_group {
    struct span app;
    struct group group;
};

struct bench {
    struct policy_set *set;
    struct policy_memory *memory;
    struct arena *arena; /* holds the facts; NULL once closed */
    struct clock clock;
    int64_t now_ms, steady_us;
    int64_t real_us; /* when the running decision first looked at the clock; 0: it has not */
    bool is_deciding;
    bool is_unavailable;
    struct bench_block *blocks;
    size_t block_count;
    struct bench_revocation {
        struct span app, user;
    } * revocations;
    size_t revocation_count;
    struct bench_group *groups;
    size_t group_count;
    uint64_t delivered; /* the offset of the last message that was delivered */
};

/* The first argument; an error where it is something else, or closed. */
struct bench *bench_at(lua_State *lua);
extern const char *const BENCH;

/* world.c: time stands still but for set_now and advance; within a call it is the time on a
 * processor, so that the backstop works: decisions go between these two. */
void bench_open_world(struct bench *bench, int64_t now_ms);
void bench_start(struct bench *bench);
void bench_stop(struct bench *bench);
struct facts bench_facts(struct bench *bench);
extern const luaL_Reg bench_world_methods[];

/* memory.c: what policies remember; made within the bounds that the field `memory` of the table
 * names. */
struct policy_memory *bench_memory_new(lua_State *lua, int table);
extern const luaL_Reg bench_memory_methods[];

/* tables.c. What text_field reads stays on the stack, and with it the bytes; absent: SPAN_NONE. */
struct span text_field(lua_State *lua, int table, const char *name);
lua_Number number_field(lua_State *lua, int table, const char *name, lua_Number otherwise);
bool flag_field(lua_State *lua, int table, const char *name);
/* { id =, owner =, members = {…} } at `index`; NULL where there is no table. */
const struct group *read_group(lua_State *lua, int index, struct arena *arena);
void set_text(lua_State *lua, const char *name, struct span text); /* absent: not set */
void set_number(lua_State *lua, const char *name, lua_Number number);
void set_flag(lua_State *lua, const char *name, bool flag);
/* Lua's words for checked JSON; null is what stands at `null`. */
void push_json(lua_State *lua, struct json_value value, int null);
/* Pushes a userdata that frees the arena, whatever throws before it is used up. */
struct arena *new_arena(lua_State *lua);
void open_arenas(lua_State *lua);

/* deliver.c: set:deliver{…}; its plans belong to userdata. */
int bench_deliver(lua_State *lua);
void open_plans(lua_State *lua);
/* For what the table at 2 says, but for its recipient: a plan on the stack. */
struct plan *bench_plan(lua_State *lua, struct bench *bench);
struct judge bench_judge(struct bench *bench);
/* A string of the table at 2, which has to be there. */
struct span copied_field(lua_State *lua, struct arena *arena, const char *name);
/* Pushes what became of it, with all that it caused; or that it waits for a fact. */
void bench_push_family(lua_State *lua, const struct bench *bench, const struct plan *plan,
                       struct arena *arena);
void bench_push_waits(lua_State *lua, const struct why *why);

/* change.c: set:change{…} */
int bench_change(lua_State *lua);

/* sandbox.c: the field `event` of the table at 2; a message where there is none. */
enum policy_event bench_event(lua_State *lua);

#endif
