/* state: one Lua state, bounded on every side.
 *
 * A call is metered: VM instructions (a count hook), allocated bytes (the allocator) and the work
 * of helpers in C (state_charge) come off one budget of units; memory has a cap, a single
 * allocation a largest size (an instruction such as `..` on huge strings runs no hook), and the
 * steady clock is the backstop: arithmetic and `<` on long strings are instructions like any other
 * to the budget. As one of them takes up to 1.5 ns for each byte it reads, hooks come the more
 * often the larger the largest block is; below 16 KB nothing changes. Whatever runs dry ends the
 * call, and nothing in the sandbox can catch that: there is no pcall.
 *
 * Between calls nothing is metered and the state stays usable, whatever happened. Out of memory of
 * the machine itself ends the process (check.h). One owner thread at a time. */
#ifndef CHAT21D_POLICY_STATE_H
#define CHAT21D_POLICY_STATE_H

#include "words/clock.h"
#include "words/span.h"
#include "words/why.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATE_LARGEST = 512 * 1024 }; /* the largest string or table within a call */
enum { STATE_NESTED = 32 };          /* C functions that call Lua back (sort, gsub) in each other */
enum { STATE_HOOK = 100 };           /* instructions from hook to hook, at the most; see weight */
enum { STATE_WEIGHTS = 9 };          /* classes of blocks: from 16 KB on, each twice the last */

/* Where a state keeps what must not be allocated when it is needed. */
enum state_slot {
    SLOT_MAIN = 1, /* what state_run runs */
    SLOT_DECIDE,
    SLOT_MSG,
    SLOT_CTX,
    SLOT_CONFIG, /* of a manifest: its list */
    SLOT_GROUP,
    SLOT_KV,
    SLOT_CACHE,  /* the fields of msg decoded in this call */
    SLOT_DECODE, /* cjson.decode */
    SLOT_ENVIRONMENT,
    SLOT_REGEXES /* of regex.c */
};

enum state_stop { STOP_NO, STOP_UNITS, STOP_MEMORY, STOP_TIME, STOP_WAIT };

struct state {
    lua_State *lua;
    const struct clock *clock;

    size_t used, cap; /* bytes; the cap binds metered calls only */
    size_t collect_at;
    size_t largest;
    uint32_t weights[STATE_WEIGHTS]; /* how many blocks of each class there are */

    bool is_running; /* within state_run */
    bool is_metered;
    uint64_t units; /* left */
    uint32_t budget;
    uint32_t hook_every;
    int64_t deadline_us;
    uint32_t wall_us;
    unsigned nested;
    bool is_cached; /* something was put into SLOT_CACHE */

    enum state_stop stop;
    char words[200]; /* of the stop, or of the error: file, line, what */

    void *task;    /* what the running C function works on; its owner knows the type */
    char name[64]; /* "policies/x.lua" */
    int line;      /* of its decide, for errors without a line of their own; 0: none */
    char *scratch; /* for helpers in C, see state_scratch */
    size_t scratch_size;
};

/* NULL: this LuaJIT cannot use an allocator of our own here; `why` says so. `name` is the file, as
 * error messages show it. */
struct state *state_new(const char *name, const struct clock *clock, struct why *why);
void state_free(struct state **state);

/* The state that a C function runs in. Allocates nothing. */
struct state *state_of(lua_State *lua);

struct state_limits {
    uint32_t units;
    uint32_t wall_us;
    size_t memory;
    size_t largest;
};

/* Runs `main` (a C function without upvalues; its own data comes through state_of) protected and
 * metered. 0, or -1 with `state->words` filled and `state->stop` saying whether a limit was hit.
 * `*used`, where not NULL, gets the units spent. */
int state_run(struct state *state, lua_CFunction main, const struct state_limits *limits,
              uint32_t *used);

/* The same without any limit, for building the state; only for code of our own. */
int state_build(struct state *state, lua_CFunction main);

/* Collects all garbage; once at the end of building, later state_run does it by itself. Returns the
 * bytes in use. */
size_t state_settle(struct state *state);

/* For helpers in C, in a metered call: takes `units` off the budget before the work is done; does
 * not return when there are none left. */
void state_charge(struct state *state, uint64_t units);
/* The charge for touching `bytes` bytes. */
void state_charge_bytes(struct state *state, size_t bytes);

/* Ends the call. The words get file and line in front. */
_Noreturn void state_end(struct state *state, enum state_stop stop, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A value that is pushed on the user's behalf (a message's text) may be larger than the largest
 * allocation, and cjson leaks when it is interrupted: checks and charges `bytes` first, then lets
 * the allocator go until state_resume. Only code that cannot fail in between. */
void state_suspend(struct state *state, size_t bytes);
void state_resume(struct state *state);

/* Memory that a library in between needs: counted and metered as Lua's own. NULL: refused, and the
 * stop is marked, which state_check then throws. state_give takes NULL. */
void *state_take(struct state *state, size_t size);
void state_give(struct state *state, void *block);
/* Throws what could not be thrown where it was marked. */
void state_check(struct state *state);

/* Before and after calling Lua back from a C function. */
void state_enter(struct state *state);
void state_leave(struct state *state);

/* Borrowed bytes, good until the next call of this; at most STATE_LARGEST. */
char *state_scratch(struct state *state, size_t size);

/* Bytes of an error fit for a log line: cut, control bytes replaced. */
void state_clean(char *out, size_t size, struct span text);

#endif
