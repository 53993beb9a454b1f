#include "bench.h"

#include <time.h>

const char *const BENCH = "chat21.sandbox.set";

struct bench *bench_at(lua_State *lua) {
    struct bench *bench = luaL_checkudata(lua, 1, BENCH);
    luaL_argcheck(lua, bench->set, 1, "the set was closed");
    return bench;
}

/* ---- time ---- */

static int64_t wall_ms(void *self) {
    return ((struct bench *)self)->now_ms;
}

/* This thread's time on a processor: a spec must say the same on a machine that is busy. */
static int64_t worked_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t steady_us(void *self) {
    struct bench *bench = self;
    if (!bench->is_deciding)
        return bench->steady_us;
    int64_t real = worked_us();
    if (bench->real_us == 0)
        bench->real_us = real;
    return bench->steady_us + (real - bench->real_us);
}

void bench_start(struct bench *bench) {
    bench->real_us = 0;
    bench->is_deciding = true;
}

void bench_stop(struct bench *bench) {
    bench->is_deciding = false;
}

void bench_open_world(struct bench *bench, int64_t now_ms) {
    bench->arena = arena_new();
    bench->now_ms = now_ms;
    bench->steady_us = 1000000;
    bench->clock = (struct clock){bench, wall_ms, steady_us};
}

static int set_now(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    int64_t now = (int64_t)luaL_checknumber(lua, 2);
    bench->steady_us += (now - bench->now_ms) * 1000;
    bench->now_ms = now;
    return 0;
}

static int advance(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    int64_t by = (int64_t)luaL_checknumber(lua, 2);
    bench->steady_us += by * 1000;
    bench->now_ms += by;
    return 0;
}

/* ---- facts ---- */

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    const struct bench *bench = self;
    if (bench->is_unavailable)
        return FACT_UNAVAILABLE;
    for (size_t i = 0; i < bench->block_count; i++) {
        const struct bench_block *block = &bench->blocks[i];
        if (span_equal(app, block->app) && span_equal(by, block->by) &&
            span_equal(whom, block->whom))
            return FACT_FOUND;
    }
    return FACT_ABSENT;
}

static enum fact revoked(void *self, struct span app, struct span user, int64_t now_ms,
                         int64_t *since) {
    const struct bench *bench = self;
    (void)now_ms;
    if (bench->is_unavailable)
        return FACT_UNAVAILABLE;
    for (size_t i = 0; i < bench->revocation_count; i++)
        if (span_equal(app, bench->revocations[i].app) &&
            span_equal(user, bench->revocations[i].user)) {
            *since = 0;
            return FACT_FOUND;
        }
    return FACT_ABSENT;
}

static struct bench_group *find_group(const struct bench *bench, struct span app, struct span id) {
    for (size_t i = 0; i < bench->group_count; i++)
        if (span_equal(bench->groups[i].app, app) && span_equal(bench->groups[i].group.id, id))
            return &bench->groups[i];
    return NULL;
}

static enum fact group(void *self, struct arena *arena, struct span app, struct span id,
                       struct group *out) {
    const struct bench *bench = self;
    if (bench->is_unavailable)
        return FACT_UNAVAILABLE;
    const struct bench_group *found = find_group(bench, app, id);
    if (!found)
        return FACT_ABSENT;
    (void)arena; /* the bench lives longer */
    *out = found->group;
    return FACT_FOUND;
}

struct facts bench_facts(struct bench *bench) {
    return (struct facts){.self = bench, .blocked = blocked, .group = group, .revoked = revoked};
}

static struct span text_argument(lua_State *lua, struct arena *arena, int index) {
    struct span text;
    text.at = luaL_checklstring(lua, index, &text.size);
    return arena ? arena_copy(arena, text) : text;
}

/* set:block(app, by, whom) */
static int block_someone(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct bench_block *blocks = arena_array(bench->arena, bench->block_count + 1, sizeof *blocks);
    struct bench_block *added = &blocks[bench->block_count];
    added->app = text_argument(lua, bench->arena, 2);
    added->by = text_argument(lua, bench->arena, 3);
    added->whom = text_argument(lua, bench->arena, 4);
    if (bench->block_count)
        memcpy(blocks, bench->blocks, bench->block_count * sizeof *blocks);
    bench->blocks = blocks;
    bench->block_count++;
    return 0;
}

/* set:unblock(app, by, whom) */
static int unblock_someone(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct span app = text_argument(lua, NULL, 2), by = text_argument(lua, NULL, 3);
    struct span whom = text_argument(lua, NULL, 4);
    for (size_t i = bench->block_count; i > 0; i--) {
        const struct bench_block *block = &bench->blocks[i - 1];
        if (span_equal(block->app, app) && span_equal(block->by, by) &&
            span_equal(block->whom, whom))
            bench->blocks[i - 1] = bench->blocks[--bench->block_count];
    }
    return 0;
}

/* set:revoke(app, user) */
static int revoke(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct bench_revocation *more =
        arena_array(bench->arena, bench->revocation_count + 1, sizeof *more);
    more[bench->revocation_count].app = text_argument(lua, bench->arena, 2);
    more[bench->revocation_count].user = text_argument(lua, bench->arena, 3);
    if (bench->revocation_count)
        memcpy(more, bench->revocations, bench->revocation_count * sizeof *more);
    bench->revocations = more;
    bench->revocation_count++;
    return 0;
}

/* set:restore(app, user) */
static int restore(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct span app = text_argument(lua, NULL, 2), user = text_argument(lua, NULL, 3);
    for (size_t i = bench->revocation_count; i > 0; i--)
        if (span_equal(bench->revocations[i - 1].app, app) &&
            span_equal(bench->revocations[i - 1].user, user))
            bench->revocations[i - 1] = bench->revocations[--bench->revocation_count];
    return 0;
}

/* set:store_group(app, { id =, owner =, members = {…} }): in the place of what was stored. */
static int store_group(lua_State *lua) {
    struct bench *bench = bench_at(lua);
    struct span app = text_argument(lua, bench->arena, 2);
    const struct group *given = read_group(lua, 3, bench->arena);
    luaL_argcheck(lua, given && given->id.at, 3, "{ id =, owner =, members = { … } } expected");
    struct bench_group *place = find_group(bench, app, given->id);
    if (!place) {
        struct bench_group *more = arena_array(bench->arena, bench->group_count + 1, sizeof *more);
        if (bench->group_count)
            memcpy(more, bench->groups, bench->group_count * sizeof *more);
        bench->groups = more;
        place = &more[bench->group_count++];
    }
    *place = (struct bench_group){app, *given};
    return 0;
}

static int facts_unavailable(lua_State *lua) {
    bench_at(lua)->is_unavailable = lua_isnone(lua, 2) || lua_toboolean(lua, 2);
    return 0;
}

const luaL_Reg bench_world_methods[] = {
    {"set_now", set_now},
    {"advance", advance},
    {"block", block_someone},
    {"unblock", unblock_someone},
    {"revoke", revoke},
    {"restore", restore},
    {"store_group", store_group},
    {"facts_unavailable", facts_unavailable},
    {NULL, NULL},
};
