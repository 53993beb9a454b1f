#include "load.h"

#include "library.h"
#include "question.h"
#include "words/check.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Loading may take longer than deciding (a word list is built), but not for ever. */
enum { LOAD_FACTOR = 100, LOAD_WALL_US = 2000000 };
/* Of the memory, in one piece: enough for a table of 100,000 names; a string of 3 MB is what one
 * instruction can read twice in the time that a call may be late by. */
enum { LARGEST_EIGHTHS = 3 };

/* ---- files ---- */

/* Messages show the folder's own name, whatever path leads there, as long as LuaJIT would not cut
 * it. */
static void show(const char *folder, const char *name, char *out, size_t size) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && folder[begin - 1] != '/')
        begin--;
    if (end - begin > 12 || end == begin)
        snprintf(out, size, "policies/%s.lua", name);
    else
        snprintf(out, size, "%.*s/%s.lua", (int)(end - begin), folder + begin, name);
}

static int read_all(int file, struct source *out, struct why *why) {
    struct stat about;
    if (fstat(file, &about) < 0)
        return why_say(why, "%s: %s", out->shown, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return why_say(why, "%s: not a file", out->shown);
    if (about.st_size > POLICY_FILE_MAX)
        return why_say(why, "%s: %lld bytes, at most %d are taken", out->shown,
                       (long long)about.st_size, POLICY_FILE_MAX);
    out->bytes = must_alloc(POLICY_FILE_MAX + 1);
    while (out->size <= POLICY_FILE_MAX) {
        ssize_t got = read(file, out->bytes + out->size, POLICY_FILE_MAX + 1 - out->size);
        if (got < 0)
            return why_say(why, "%s: %s", out->shown, strerror(errno));
        if (got == 0)
            return 0;
        out->size += (size_t)got;
    }
    return why_say(why, "%s: at most %d bytes are taken", out->shown, POLICY_FILE_MAX);
}

int source_read(const char *folder, const char *name, struct source *out, struct why *why) {
    *out = (struct source){.size = 0};
    show(folder, name, out->shown, sizeof out->shown);
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s.lua", folder, name) >= (int)sizeof path)
        return why_say(why, "%s: the folder's path is too long", out->shown);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return why_say(why, "%s: cannot be read: %s", out->shown, strerror(errno));
    int rc = read_all(file, out, why);
    close(file);
    if (rc < 0)
        source_free(out);
    return rc;
}

void source_free(struct source *source) {
    free(source->bytes);
    source->bytes = NULL;
    source->size = 0;
}

/* ---- states ---- */

static int open_sandbox(lua_State *lua) {
    library_open(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_ENVIRONMENT);
    question_open(lua);
    return 0;
}

struct state *load_open(const struct source *source, const struct policy_host *host,
                        struct why *why) {
    struct state *state = state_new(source->shown, host->clock, why);
    if (state)
        check(state_build(state, open_sandbox) == 0);
    return state;
}

int load_run(struct state *state, const struct policy_host *host, lua_CFunction main,
             struct why *why) {
    uint64_t units = (uint64_t)host->limits.call_units * LOAD_FACTOR;
    struct state_limits limits = {.units = units > INT_MAX ? INT_MAX : (uint32_t)units,
                                  .wall_us = LOAD_WALL_US,
                                  .memory = host->limits.memory_bytes,
                                  .largest =
                                      (size_t)host->limits.memory_bytes / 8 * LARGEST_EIGHTHS};
    if (state_run(state, main, &limits, NULL) < 0)
        return why_say(why, "%s", state->words);
    return 0;
}

void load_chunk(lua_State *lua, const struct source *source) {
    char chunk[sizeof source->shown + 1];
    snprintf(chunk, sizeof chunk, "@%s", source->shown);
    if (luaL_loadbufferx(lua, source->bytes, source->size, chunk, "t") != 0)
        lua_error(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_ENVIRONMENT);
    lua_setfenv(lua, -2);
    lua_call(lua, 0, 1);
    if (!lua_istable(lua, -1))
        luaL_error(lua, "the file must return a table, it returns %s", luaL_typename(lua, -1));
}

bool policy_is_name(struct span name) {
    if (name.size == 0 || name.size > POLICY_NAME_MAX || span_is(name, "manifest"))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.at[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_'))
            return false;
    }
    return true;
}
