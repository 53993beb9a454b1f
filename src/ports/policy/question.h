/* question: what a policy is given, `msg` and `ctx`. Both are userdata that live as long as the
 * state and read from the call that runs, so that a policy which keeps them holds nothing stale. */
#ifndef CHAT21D_POLICY_QUESTION_H
#define CHAT21D_POLICY_QUESTION_H

#include "set.h"

/* The top-level fields of a body, found once for all policies that ask. */
struct field {
    struct span name; /* unescaped */
    struct json_value value;
};
struct fields {
    bool is_read;
    struct field *list; /* in the arena */
    size_t count;
};

/* What a policy said; in the arena. */
struct answer {
    enum policy_word word; /* WORD_NONE to WORD_QUARANTINE */
    struct span code, reason;
    struct span body;                  /* rewrite: the new one */
    const struct json_change *changes; /* rewrite: what was changed */
    size_t change_count;
    const struct span *to; /* redirect: one; copy_to */
    size_t to_count;
    int64_t defer_ms;
    struct policy_reply *replies;
    size_t reply_count;
};

/* One call of one policy: the task of its state. */
struct call {
    const struct policy_set *set;
    struct policy *policy;
    const struct policy_question *question;
    struct policy_trace *trace; /* NULL: nobody wants to know */
    size_t asked_before;        /* what it held before the call */
    bool was_cut;
    struct arena *arena;
    struct span body; /* as rewritten so far */
    struct fields *fields;
    uint64_t sender; /* a digest of app and sender */
    int64_t now_us;
    unsigned lines; /* logged */
    struct span wait;
    struct answer answer;
};

/* Within state_build: makes msg and ctx, and puts them into their slots. */
void question_open(lua_State *lua);

/* At the beginning of a call, within it: forgets what the last one decoded. */
void question_reset(lua_State *lua);

/* ---- for msg.c and ctx.c ---- */

/* Notes what the running policy asked and what it was told, "blocked(ben, ann)" and "false";
 * nothing where nobody traces. The question is cut to 200 bytes, the answer too. */
void trace_asked(const struct call *call, struct span answer, const char *question, ...)
    __attribute__((format(printf, 3, 4)));

enum { QUESTION_MEMBER_UNITS = 20 }; /* of reading a member */

/* The running call; throws where there is none (a policy cannot get there). */
struct call *question_call(lua_State *lua);

/* Pushes bytes from outside, however large, where memory allows. */
void question_push(lua_State *lua, struct span bytes);

/* Pushes the value at a dotted path of the message, as msg has it; nil where there is none. */
void question_push_field(lua_State *lua, struct call *call, struct span path);

int msg_index(lua_State *lua);
int ctx_index(lua_State *lua);
int group_index(lua_State *lua);
int kv_index(lua_State *lua);
int ctx_limit(lua_State *lua);
int ctx_count(lua_State *lua);

/* A name of ctx, ctx.group or ctx.kv; a list ends with a NULL name. */
struct question_member {
    const char *name;
    int field; /* -1: the function */
    lua_CFunction function;
};
extern const struct question_member ctx_members[], group_members[], kv_members[];

#endif
