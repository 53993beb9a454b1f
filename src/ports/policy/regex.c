#include "regex.h"

#include "regex_code.h"
#include "search.h"
#include "words/check.h"

#include <lauxlib.h>
#include <stdlib.h>

enum {
    CALLOUT_UNITS = 6,
    MATCH_UNITS = 60, /* to begin; the search for a first byte, which has no callouts, is extra */
    SKIPPED_PER_UNIT = 4,
    EITHER_CASE_PER_UNIT = 32, /* of memchr, on the way to the one that may be nowhere */
    CLOCK_EVERY = 32,          /* callouts, */
    CLOCK_BYTES = 8192,        /* or bytes passed */
    GROUPS = 30,
    HEAP_KIB = 500,
    DEPTH = 100000
};

/* One match, as its callouts see it. */
struct run {
    struct state *state;
    const struct regex_code *code;
    uint64_t units; /* left */
    size_t last;    /* where the callout before was */
    unsigned callouts;
    size_t passed; /* since the clock was looked at */
};

/* ---- what is charged ---- */

/* The least number of a quantifier `{n`, or `{n,`, in the item: that many may be passed and found
 * too few before there is another callout. */
static size_t least_count(struct span item) {
    size_t most = 0;
    for (size_t i = 0; i + 1 < item.size; i++) {
        if (item.at[i] != '{')
            continue;
        size_t count = 0;
        for (i++; i < item.size && item.at[i] >= '0' && item.at[i] <= '9'; i++)
            count = 10 * count + (size_t)(item.at[i] - '0');
        most = count > most ? count : most;
    }
    return most;
}

static size_t longest_capture(const pcre2_callout_block *block) {
    size_t longest = 0;
    for (size_t i = 1; i < block->capture_top; i++) {
        size_t from = block->offset_vector[2 * i], to = block->offset_vector[2 * i + 1];
        if (from != PCRE2_UNSET && to > from && to - from > longest)
            longest = to - from;
    }
    return longest;
}

/* What the next item can do before anybody looks again, beyond what it passes. */
static size_t unseen(const struct run *run, const pcre2_callout_block *block) {
    const struct regex_code *code = run->code;
    struct span item = span_cut((struct span){code->pattern, code->pattern_size},
                                block->pattern_position, block->next_item_length);
    if (item.size == 0)
        return 0;
    check(item.at);
    bool is_group = item.at[0] == '(';
    size_t rest = block->subject_length - block->current_position;
    size_t count = code->has_counts ? least_count(item) : 0, work = count;
    if (code->has_references && (item.at[0] == '\\' || is_group))
        work += longest_capture(block) * (count ? count : 1);
    if (work > rest)
        work = rest;
    if (code->has_clusters && span_starts(item, SPAN("\\X")))
        work = rest;
    if (code->has_script_runs) /* each is gone through again where it ends */
        work += block->current_position;
    return is_group ? work + code->behind : work;
}

static bool is_late(struct run *run, size_t moved) {
    run->passed += moved;
    if (++run->callouts % CLOCK_EVERY != 0 && run->passed < CLOCK_BYTES)
        return false;
    run->passed = 0;
    return clock_steady_us(run->state->clock) >= run->state->deadline_us;
}

/* Ends the match by a number of our own; the call is ended by whoever ran the match. */
enum { OUT_OF_UNITS = -2001, OUT_OF_TIME = -2002 };

static int callout(pcre2_callout_block *block, void *self) {
    struct run *run = self;
    size_t at = block->current_position;
    size_t moved = at > run->last ? at - run->last : run->last - at;
    size_t cost = CALLOUT_UNITS + moved + unseen(run, block);
    run->last = at;
    if (run->units < cost)
        return OUT_OF_UNITS;
    run->units -= cost;
    if (run->state->is_metered && is_late(run, cost))
        return OUT_OF_TIME;
    return 0;
}

/* ---- memory: refused is not thrown here, PCRE2 stands in between ---- */

static void *take(size_t size, void *self) {
    return state_take(self, size);
}

static void give(void *block, void *self) {
    state_give(self, block);
}

static int close_regexes(lua_State *lua) {
    struct regexes *regexes = lua_touserdata(lua, 1);
    regex_codes_free(regexes);
    pcre2_match_data_free(regexes->data);
    pcre2_match_context_free(regexes->match);
    pcre2_compile_context_free(regexes->compile);
    pcre2_general_context_free(regexes->memory);
    return 0;
}

void regex_open(lua_State *lua) {
    struct regexes *regexes = lua_newuserdata(lua, sizeof *regexes);
    struct state *state = state_of(lua);
    *regexes = (struct regexes){.state = state};
    regexes->memory = pcre2_general_context_create(take, give, state);
    regexes->compile = pcre2_compile_context_create(regexes->memory);
    regexes->match = pcre2_match_context_create(regexes->memory);
    regexes->data = pcre2_match_data_create(PATTERN_CAPTURES + 1, regexes->memory);
    check(regexes->memory && regexes->compile && regexes->match && regexes->data);
    pcre2_set_max_pattern_length(regexes->compile, REGEX_PATTERN);
    pcre2_set_parens_nest_limit(regexes->compile, GROUPS);
    pcre2_set_heap_limit(regexes->match, HEAP_KIB);
    pcre2_set_depth_limit(regexes->match, DEPTH);
    pcre2_set_match_limit(regexes->match, UINT32_MAX); /* the budget is the limit */
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, close_regexes);
    lua_setfield(lua, -2, "__gc");
    lua_setmetatable(lua, -2);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_REGEXES);
}

/* ---- matching ---- */

static struct regexes *regexes_of(struct state *state) {
    lua_rawgeti(state->lua, LUA_REGISTRYINDEX, SLOT_REGEXES);
    struct regexes *regexes = lua_touserdata(state->lua, -1);
    lua_pop(state->lua, 1);
    return regexes;
}

_Noreturn static void fail(struct state *state, int result) {
    char words[120];
    if (result == OUT_OF_UNITS)
        state_charge(state, UINT64_MAX); /* does not return */
    if (result == OUT_OF_TIME)
        state_end(state, STOP_TIME, "ran for over %u us", state->wall_us);
    state_check(state);
    pcre2_get_error_message(result, (PCRE2_UCHAR *)words, sizeof words);
    luaL_error(state->lua, "regex: %s", words);
    abort();
}

/* \K within an assertion may put the beginning behind the end, or before what was passed already.
 */
static void read_match(const pcre2_match_data *data, struct span subject, size_t init,
                       struct pattern_match *out, unsigned count) {
    const size_t *at = pcre2_get_ovector_pointer((pcre2_match_data *)data);
    size_t first = at[0] > init ? at[0] : init;
    out->from = subject.at + (first < at[1] ? first : at[1]);
    out->to = subject.at + at[1];
    out->count = count;
    for (unsigned i = 0; i < count; i++) {
        size_t from = at[2 * i + 2], to = at[2 * i + 3];
        bool is_set = from != PCRE2_UNSET && from <= to;
        out->captures[i].at = subject.at + (is_set ? from : 0);
        out->captures[i].size = is_set ? (ptrdiff_t)(to - from) : CAPTURE_UNSET;
    }
}

/* Before the first callout PCRE2 looks for the first byte; where case does not matter, for both of
 * them, and for the one that is not there in all of the subject, at each match again. */
static void charge_start(struct state *state, const struct regex_code *code, size_t rest) {
    state_charge(state, MATCH_UNITS + (code->begins_either_case ? rest / EITHER_CASE_PER_UNIT : 0));
    if (state->is_metered && clock_steady_us(state->clock) >= state->deadline_us)
        fail(state, OUT_OF_TIME);
}

bool regex_search(struct state *state, struct span pattern, struct span subject, size_t init,
                  struct pattern_match *out) {
    struct regexes *regexes = regexes_of(state);
    const struct regex_code *code = regex_code(regexes, pattern);
    charge_start(state, code, subject.size - init);
    struct run run = {.state = state, .code = code, .last = init};
    run.units = state->is_metered ? state->units : UINT64_MAX / 2;
    uint64_t before = run.units;
    pcre2_set_callout(regexes->match, callout, &run);
    int result = pcre2_match(code->code, (PCRE2_SPTR)subject.at, subject.size, init,
                             PCRE2_NO_UTF_CHECK, regexes->data, regexes->match);
    if (result < 0 && result != PCRE2_ERROR_NOMATCH)
        fail(state, result);
    uint32_t count = 0;
    pcre2_pattern_info(code->code, PCRE2_INFO_CAPTURECOUNT, &count);
    bool is_found = result >= 0;
    if (is_found)
        read_match(regexes->data, subject, init, out, count);
    size_t end = is_found ? (size_t)(out->from - subject.at) : subject.size;
    size_t skipped = end > init ? end - init : 0;
    state_charge(state, before - run.units + skipped / SKIPPED_PER_UNIT);
    return is_found;
}
