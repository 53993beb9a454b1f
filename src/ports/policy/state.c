#include "state.h"

#include "words/check.h"

#include <lauxlib.h>
#include <luajit.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What an allocation costs: malloc, and later the collector's work, against a VM instruction of
 * some 3 ns. Measured: see tests/bench/bench_policy.c. */
enum { ALLOCATION_UNITS = 30, BYTES_PER_UNIT = 16, HELPER_UNITS = 8 };

/* "policies/x.lua:12: " of the Lua code that is running, or the file alone. */
static int position(const struct state *state, char *out, size_t size) {
    lua_Debug frame;
    for (int level = 0; level < 8 && lua_getstack(state->lua, level, &frame); level++)
        if (lua_getinfo(state->lua, "Sl", &frame) && frame.currentline > 0)
            return snprintf(out, size, "%s:%d: ", frame.short_src, frame.currentline);
    if (state->line > 0) /* called in a tail: no frame of the file is left */
        return snprintf(out, size, "%s:%d: ", state->name, state->line);
    return snprintf(out, size, "%s: ", state->name);
}

/* From here on the call can only unwind: the allocator lets go, the hook fails each time. */
static void mark(struct state *state, enum state_stop stop, const char *format, va_list args) {
    int at = position(state, state->words, sizeof state->words);
    check(at >= 0 && (size_t)at < sizeof state->words);
    vsnprintf(state->words + at, sizeof state->words - (size_t)at, format, args);
    state->stop = stop;
    state->is_metered = false;
    if (stop == STOP_UNITS)
        state->units = 0;
}

static void mark_out_of(struct state *state, enum state_stop stop, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void mark_out_of(struct state *state, enum state_stop stop, const char *format, ...) {
    va_list args;
    va_start(args, format);
    mark(state, stop, format, args);
    va_end(args);
}

static void mark_out_of_units(struct state *state) {
    mark_out_of(state, STOP_UNITS, "over its budget of %u units", state->budget);
}

/* May the call have `more` bytes in one piece of `size`? Marks the stop if not. */
static bool grant(struct state *state, size_t size, size_t more) {
    if (size > state->largest) {
        mark_out_of(state, STOP_MEMORY, "asked for %zu bytes at once (at most %zu)", size,
                    state->largest);
        return false;
    }
    if (more > state->cap || state->used > state->cap - more) {
        mark_out_of(state, STOP_MEMORY, "out of memory (at most %zu bytes)", state->cap);
        return false;
    }
    uint64_t cost = ALLOCATION_UNITS + more / BYTES_PER_UNIT;
    if (state->units < cost) {
        mark_out_of_units(state);
        return false;
    }
    state->units -= cost;
    return true;
}

/* ---- how large the largest block is ---- */

enum { LIGHT = 16 * 1024 };

/* Two strings of that class read in each instruction from hook to hook: some 5 ms; of 3 MB, which
 * only a file that is loaded can make, 9. */
static uint32_t hook_interval(const struct state *state) {
    unsigned heaviest = STATE_WEIGHTS;
    while (heaviest > 0 && state->weights[heaviest - 1] == 0)
        heaviest--;
    uint32_t every = STATE_HOOK >> heaviest;
    return every > 0 ? every : 1;
}

static uint32_t *weight_of(struct state *state, size_t size) {
    unsigned weight = 0;
    while (weight + 1 < STATE_WEIGHTS && size >= (size_t)LIGHT << (weight + 1))
        weight++;
    return &state->weights[weight];
}

static void hook(lua_State *lua, lua_Debug *frame);

/* Begins to count anew, so it is not for what a policy can do between two hooks as often as it
 * likes. */
static void set_hook(struct state *state, uint32_t every) {
    state->hook_every = every;
    lua_sethook(state->lua, hook, LUA_MASKCOUNT, (int)every);
}

/* A block of a size became one of another; 0: none. Only towards more hooks at once: the other way
 * waits for the next one. */
static void weigh(struct state *state, size_t old, size_t size) {
    if (old >= LIGHT)
        --*weight_of(state, old);
    if (size < LIGHT)
        return;
    ++*weight_of(state, size);
    uint32_t every = hook_interval(state);
    if (state->is_running && state->stop == STOP_NO && every < state->hook_every)
        set_hook(state, every);
}

/* Counted and metered. */
static void *resize(struct state *state, void *block, size_t old, size_t size) {
    if (size == 0) {
        free(block);
        state->used -= old;
        return NULL;
    }
    if (size > old && state->is_metered && !grant(state, size, size - old))
        return NULL;
    void *moved = realloc(block, size);
    if (!moved) {
        check(size <= old);
        return block;
    }
    state->used += size;
    state->used -= old;
    return moved;
}

static void *allocate(void *self, void *block, size_t old, size_t size) {
    struct state *state = self;
    if (!block)
        old = 0;
    void *moved = resize(state, block, old, size);
    if ((size >= LIGHT || old >= LIGHT) && (moved || size == 0))
        weigh(state, old, size);
    return moved;
}

/* The size stands in front. */
enum { BLOCK_HEAD = 16 };

void *state_take(struct state *state, size_t size) {
    char *block = resize(state, NULL, 0, size + BLOCK_HEAD);
    if (!block)
        return NULL;
    size += BLOCK_HEAD;
    memcpy(block, &size, sizeof size);
    return block + BLOCK_HEAD;
}

void state_give(struct state *state, void *block) {
    if (!block)
        return;
    char *whole = (char *)block - BLOCK_HEAD;
    size_t size = 0;
    memcpy(&size, whole, sizeof size);
    resize(state, whole, size, 0);
}

void state_check(struct state *state) {
    if (state->stop != STOP_NO)
        luaL_error(state->lua, "%s", state->words);
}

static void hook(lua_State *lua, lua_Debug *frame) {
    (void)frame;
    struct state *state = state_of(lua);
    if (state->stop == STOP_NO && state->is_metered) {
        if (state->units < state->hook_every)
            mark_out_of_units(state);
        else if (clock_steady_us(state->clock) >= state->deadline_us)
            mark_out_of(state, STOP_TIME, "ran for over %u us", state->wall_us);
        else {
            state->units -= state->hook_every;
            uint32_t every = hook_interval(state);
            if (every != state->hook_every)
                set_hook(state, every);
            return;
        }
    }
    if (state->stop != STOP_NO) {
        lua_sethook(lua, hook, LUA_MASKCOUNT, 1);
        luaL_error(lua, "%s", state->words);
    }
}

static int on_panic(lua_State *lua) {
    (void)lua;
    check(!"an error outside a protected call");
    return 0;
}

struct state *state_new(const char *name, const struct clock *clock, struct why *why) {
    struct state *state = must_calloc(1, sizeof *state);
    snprintf(state->name, sizeof state->name, "%s", name);
    state->clock = clock;
    state->cap = state->largest = state->collect_at = SIZE_MAX; /* unlimited while it is built */
    state->lua = lua_newstate(allocate, state);
    if (!state->lua) {
        state_free(&state);
        why_say(why, "this build of LuaJIT has no room for an allocator of our own (no GC64)");
        return NULL;
    }
    lua_atpanic(state->lua, on_panic);
    luaJIT_setmode(state->lua, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    lua_gc(state->lua, LUA_GCSETPAUSE, 105);
    return state;
}

void state_free(struct state **state) {
    if (!*state)
        return;
    if ((*state)->lua)
        lua_close((*state)->lua);
    free((*state)->scratch);
    free(*state);
    *state = NULL;
}

struct state *state_of(lua_State *lua) {
    void *self;
    lua_getallocf(lua, &self);
    return self;
}

void state_clean(char *out, size_t size, struct span text) {
    size_t used = 0;
    for (; used < text.size && used + 1 < size; used++) {
        unsigned char byte = (unsigned char)text.at[used];
        out[used] = byte < 0x20 || byte == 0x7f ? ' ' : (char)byte;
    }
    if (used < text.size) /* cut: not within a character */
        while (used > 0 && ((unsigned char)text.at[used] & 0xc0) == 0x80)
            used--;
    out[used] = '\0';
}

/* Do the words begin with a file of the policies' folder? Then they say already where it is. */
static bool is_located(const struct state *state, const char *text) {
    const char *slash = strrchr(state->name, '/');
    size_t folder = slash ? (size_t)(slash - state->name) + 1 : strlen(state->name);
    return strncmp(text, state->name, folder) == 0;
}

/* What was thrown, on top of the stack, as words. Must not allocate: it is not protected. */
static void read_error(struct state *state) {
    lua_State *lua = state->lua;
    size_t size;
    int type = lua_type(lua, -1);
    if (type == LUA_TSTRING) {
        const char *text = lua_tolstring(lua, -1, &size);
        int at = 0;
        if (!is_located(state, text))
            at = position(state, state->words, sizeof state->words);
        state_clean(state->words + at, sizeof state->words - (size_t)at, (struct span){text, size});
        return;
    }
    int at = position(state, state->words, sizeof state->words);
    size_t room = sizeof state->words - (size_t)at;
    if (type == LUA_TNUMBER)
        snprintf(state->words + at, room, "%.14g", lua_tonumber(lua, -1));
    else
        snprintf(state->words + at, room, "an error that is a %s, not a string",
                 lua_typename(lua, type));
}

/* Out of memory cannot happen here: nothing is metered yet. */
static void set_main(struct state *state, lua_CFunction run) {
    lua_State *lua = state->lua;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_MAIN);
    if (lua_tocfunction(lua, -1) != run) {
        lua_pushcfunction(lua, run);
        lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_MAIN);
    }
    lua_pop(lua, 1);
    state->stop = STOP_NO;
    state->words[0] = '\0';
}

static int run_main(struct state *state, bool is_metered) {
    lua_State *lua = state->lua;
    int level = lua_gettop(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_MAIN);
    state->is_metered = state->is_running = is_metered;
    int status = lua_pcall(lua, 0, 0, 0);
    state->is_metered = state->is_running = false;
    state->nested = 0;
    if (status != 0) {
        if (state->stop == STOP_NO)
            read_error(state);
        lua_pop(lua, 1);
    }
    check(lua_gettop(lua) == level);
    return status == 0 ? 0 : -1;
}

int state_build(struct state *state, lua_CFunction main) {
    set_main(state, main);
    lua_sethook(state->lua, NULL, 0, 0);
    return run_main(state, false);
}

size_t state_settle(struct state *state) {
    lua_gc(state->lua, LUA_GCCOLLECT, 0);
    size_t room = state->cap > state->used ? state->cap - state->used : 0;
    /* Not at every call when it is nearly full of what is in use: then the cap decides. */
    state->collect_at = state->used + (room / 2 > state->cap / 16 ? room / 2 : state->cap / 16);
    return state->used;
}

int state_run(struct state *state, lua_CFunction main, const struct state_limits *limits,
              uint32_t *used) {
    set_main(state, main);
    state->cap = limits->memory;
    state->largest = limits->largest;
    state->budget = limits->units;
    state->units = limits->units;
    state->wall_us = limits->wall_us;
    state->deadline_us = clock_steady_us(state->clock) + limits->wall_us;
    uint32_t every = hook_interval(state);
    set_hook(state, limits->units < every ? limits->units + 1 : every);
    int rc = run_main(state, true);
    if (used)
        *used = limits->units - (uint32_t)state->units;
    if (state->used >= state->collect_at) /* at nobody's charge: garbage is no one message's */
        state_settle(state);
    return rc;
}

void state_charge(struct state *state, uint64_t units) {
    if (!state->is_metered)
        return;
    if (state->units < units)
        state_end(state, STOP_UNITS, "over its budget of %u units", state->budget);
    state->units -= units;
}

void state_charge_bytes(struct state *state, size_t bytes) {
    state_charge(state, HELPER_UNITS + bytes / BYTES_PER_UNIT);
}

void state_end(struct state *state, enum state_stop stop, const char *format, ...) {
    va_list args;
    va_start(args, format);
    mark(state, stop, format, args);
    va_end(args);
    luaL_error(state->lua, "%s", state->words);
    abort();
}

void state_suspend(struct state *state, size_t bytes) {
    if (!state->is_metered)
        return;
    if (bytes > state->cap || state->used > state->cap - bytes)
        state_end(state, STOP_MEMORY, "out of memory (at most %zu bytes)", state->cap);
    state_charge_bytes(state, bytes);
    state->is_metered = false;
}

void state_resume(struct state *state) {
    state->is_metered = state->is_running && state->stop == STOP_NO;
}

void state_enter(struct state *state) {
    if (state->nested == STATE_NESTED)
        luaL_error(state->lua, "sort and gsub within each other, more than %d deep", STATE_NESTED);
    state->nested++;
}

void state_leave(struct state *state) {
    state->nested--;
}

char *state_scratch(struct state *state, size_t size) {
    if (size > STATE_LARGEST)
        state_end(state, STOP_MEMORY, "asked for %zu bytes at once (at most %d)", size,
                  STATE_LARGEST);
    if (size > state->scratch_size) {
        state->scratch = must_realloc(state->scratch, size);
        state->scratch_size = size;
    }
    return state->scratch;
}
