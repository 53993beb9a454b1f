/* regex: whatever pattern meets whatever subject, through the functions that policies have: the
 * budget holds, memory is given back, and what is found lies within the subject. The input is the
 * pattern, a 0xff, and the subject. */
#include "ports/policy/library.h"
#include "words/check.h"

#include <lauxlib.h>
#include <stdint.h>

enum { UNITS = 20000, MEMORY = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct span pattern, subject;
};

static int open_library(lua_State *lua) {
    library_open(lua);
    lua_pop(lua, 1);
    return 0;
}

static void push(lua_State *lua, lua_CFunction function, const struct input *input) {
    lua_pushcfunction(lua, function);
    lua_pushlstring(lua, input->subject.at ? input->subject.at : "", input->subject.size);
    lua_pushlstring(lua, input->pattern.at ? input->pattern.at : "", input->pattern.size);
}

static int ask(lua_State *lua) {
    const struct input *input = state_of(lua)->task;
    size_t size = input->subject.size;
    lua_settop(lua, 0);
    push(lua, regex_find, input);
    lua_call(lua, 2, 2);
    if (!lua_isnil(lua, 1)) {
        lua_Integer from = lua_tointeger(lua, 1), to = lua_tointeger(lua, 2);
        check(from >= 1 && from <= (lua_Integer)size + 1 && to >= from - 1);
        check(to <= (lua_Integer)size);
    }
    lua_settop(lua, 0);
    push(lua, regex_gsub, input);
    lua_pushliteral(lua, "%0");
    lua_call(lua, 3, 2);
    check(lua_objlen(lua, 1) == size); /* each match is replaced by itself */
    check(size == 0 || memcmp(lua_tostring(lua, 1), input->subject.at, size) == 0);
    lua_settop(lua, 0);
    push(lua, regex_gmatch, input);
    lua_call(lua, 2, 1);
    for (bool more = true; more; lua_settop(lua, 1)) {
        lua_pushvalue(lua, 1);
        lua_call(lua, 0, 1);
        more = !lua_isnil(lua, -1);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span whole = {(const char *)data, size};
    const char *split = size ? memchr(whole.at, 0xff, size) : NULL;
    size_t pattern_size = split ? (size_t)(split - whole.at) : size;
    struct input input = {span_cut(whole, 0, pattern_size),
                          span_cut(whole, pattern_size + 1, size)};
    struct why why;
    struct state *state = state_new("policies/x.lua", &clock_real, &why);
    check(state && state_build(state, open_library) == 0);
    state->task = &input;
    struct state_limits limits = {
        .units = UNITS, .wall_us = 1000000, .memory = MEMORY, .largest = STATE_LARGEST};
    uint32_t used = 0;
    int rc = state_run(state, ask, &limits, &used);
    check(used <= UNITS && state->used <= MEMORY);
    check((rc == 0) == (state->words[0] == '\0'));
    check(state->stop != STOP_TIME);
    state_free(&state);
    return 0;
}
