/* words: the methods of a word list as policies have them, what they cost, and the lists that
 * reloads share. */
#include "claims.h"

#include "ports/policy/library.h"
#include "ports/policy/wordlists.h"
#include "ports/policy/words.h"
#include "words/check.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A state with a list, and what is run in it: the code of a function of `list` and `other`. */
struct world {
    struct state *state;
    struct wordlist *list;
    const char *code;
    char result[300];
};

static int build(lua_State *lua) {
    const struct world *world = state_of(lua)->task;
    library_open(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_ENVIRONMENT);
    words_push(lua, world->list);
    assert_true(words_is(lua, -1));
    lua_rawseti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    return 0;
}

static void open_world(struct world *world, const char *file) {
    struct why why;
    *world = (struct world){.list = wordlist_build(span_of(file), "list", &why)};
    assert_non_null(world->list);
    world->state = state_new("policies/x.lua", &clock_real, &why);
    assert_non_null(world->state);
    world->state->task = world;
    assert_int_equal(state_build(world->state, build), 0);
}

static void close_world(struct world *world) {
    assert_false(wordlist_is_last(world->list));
    state_free(&world->state);
    assert_true(wordlist_is_last(world->list));
    wordlist_release(&world->list);
}

static int run(lua_State *lua) {
    struct world *world = state_of(lua)->task;
    char chunk[400];
    snprintf(chunk, sizeof chunk, "local list, other = ... return %s", world->code);
    lua_settop(lua, 0);
    if (luaL_loadstring(lua, chunk) != 0)
        lua_error(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_ENVIRONMENT);
    lua_setfenv(lua, 1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, SLOT_CONFIG);
    lua_newuserdata(lua, 8);
    lua_call(lua, 2, LUA_MULTRET);
    size_t used = 0;
    for (int i = 1; i <= lua_gettop(lua); i++) {
        const char *text = lua_isboolean(lua, i)
                               ? (lua_toboolean(lua, i) ? "true" : "false")
                               : (lua_isnil(lua, i) ? "nil" : lua_tostring(lua, i));
        used += (size_t)snprintf(world->result + used, sizeof world->result - used, "%s%s",
                                 i > 1 ? " " : "", text ? text : "?");
    }
    return 0;
}

/* The results of an expression, or the error's words. `*units`, where not NULL: what it spent. */
static const char *result(struct world *world, const char *code, uint32_t *units) {
    struct state_limits limits = {
        .units = 300000, .wall_us = 10000000, .memory = 8388608, .largest = STATE_LARGEST + 4096};
    world->code = code;
    world->result[0] = '\0';
    return state_run(world->state, run, &limits, units) == 0 ? world->result : world->state->words;
}

static void methods(void **state) {
    (void)state;
    static const struct {
        const char *code, *result;
    } cases[] = {
        {"list:has('a Cat!')", "true"},
        {"list:has('concat')", "false"},
        {"list:has('')", "false"},
        {"list:has(5)", "false"},
        {"list:find('a Cat and a dog')", "3 5 cat"},
        {"list:find('a Cat and a dog', 4)", "13 15 dog"},
        {"list:find('a Cat and a dog', -3)", "13 15 dog"},
        {"list:find('a Cat and a dog', 14)", "nil"},
        {"list:find('a Cat', 99)", "nil"},
        {"list:find('ein \xc3\x84rger')", "5 10 \xc3\xa4rger"},
        {"list:count('cat cat dog ham')", "3"},
        {"list:count('ham')", "0"},
        {"list:mask('a Cat and bad dog, HAM')", "a *** and *** ***, HAM 2"},
        {"list:mask('bad dog', '#')", "### ### 1"},
        {"list:mask('\xc3\x84rger', '')", " 1"},
        {"list:mask('\xc3\x84rger', '\xe2\x80\xa2')",
         "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2 1"},
        {"list:mask('ham')", "ham 0"},
        {"list:replace('cat, dog', '[%0]')", "[%0], [%0] 2"},
        {"list:replace('cat', 'dog')", "dog 1"},
        {"list:replace('cat', 7)", "7 1"},
    };
    struct world world;
    open_world(&world, "cat\ndog\nbad dog\n\xc3\xa4rger\n");
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(result(&world, cases[i].code, NULL), cases[i].result);
    close_world(&world);
}

static void mistakes(void **state) {
    (void)state;
    static const struct {
        const char *code, *words;
    } cases[] = {
        {"(list:has())", "bad argument #1 to 'has' (string expected, got no value)"},
        {"(list:has({}))", "bad argument #1 to 'has' (string expected, got table)"},
        {"(list.has('cat'))", "bad argument #1 to 'has' (word list expected, got string)"},
        {"(list.find(other, 'cat'))", "word list expected, got userdata"},
        {"(list:replace('cat'))", "string expected, got nil"},
        {"list:match('cat')", "no such method of a word list: match"},
        {"list:cont('cat')", "(did you mean count?)"},
        {"#list", "attempt to get length"},
    };
    struct world world;
    open_world(&world, "cat");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *words = result(&world, cases[i].code, NULL);
        if (!strstr(words, cases[i].words))
            fail_msg("'%s' is not in '%s'", cases[i].words, words);
    }
    close_world(&world);
}

/* Whatever the list and the text, the units bound it: no clock helps here. */
static void every_method_is_charged(void **state) {
    (void)state;
    static const char *const codes[] = {
        "(function() local s = ('a'):rep(500000) while true do list:has(s) end end)()",
        "(function() local s = ('a'):rep(500000) while true do list:find(s, -5) end end)()",
        "(function() local s = ('a '):rep(200000) return list:count(s) end)()",
        "(function() local s = ('a '):rep(50000) return list:mask(s, ('x'):rep(1000)) end)()",
        "(function() local s = 'a' while true do s = list:replace(s, s .. ' ' .. s) end end)()",
        "(function() local s = ('\\195\\137'):rep(200000) while true do list:has(s) end end)()",
    };
    char file[20000];
    size_t used = 0;
    for (int size = 1; size < 190; size++) {
        memset(file + used, 'a', (size_t)size);
        used += (size_t)size;
        file[used++] = '\n';
    }
    file[used] = '\0';
    struct world world;
    open_world(&world, file);
    for (size_t i = 0; i < COUNT(codes); i++) {
        uint32_t units = 0;
        result(&world, codes[i], &units);
        assert_int_not_equal(world.state->stop, STOP_NO);
        assert_int_not_equal(world.state->stop, STOP_TIME);
        assert_in_range(units, 1000, 300000);
    }
    uint32_t small = 0, large = 0;
    result(&world, "list:has(('b '):rep(100))", &small);
    result(&world, "list:has(('b '):rep(1000))", &large);
    assert_in_range(large - small, 1800 * 2, 1800 * 6);
    close_world(&world);
}

/* ---- the lists that reloads share ---- */

static char path[] = "/tmp/chat21d-words-XXXXXX";

static void write_list(const char *text) {
    FILE *file = fopen(path, "w");
    check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct wordlist *load(struct wordlists *lists) {
    struct why why;
    uint64_t digest;
    struct wordlist *list = wordlists_load(lists, path, "lists/x.txt", &digest, &why);
    if (!list)
        fail_msg("%s", why.words);
    return list;
}

static void an_unchanged_file_is_built_once(void **state) {
    (void)state;
    int file = mkstemp(path);
    check(file >= 0 && close(file) == 0);
    struct wordlists *lists = wordlists_new();
    write_list("cat\n");
    struct wordlist *first = load(lists), *again = load(lists);
    assert_ptr_equal(first, again);
    write_list("dog\n");
    struct wordlist *changed = load(lists);
    assert_ptr_not_equal(first, changed);
    assert_int_equal(wordlists_count(lists), 2);
    wordlist_release(&first);
    wordlist_release(&again);
    write_list("bird\n");
    struct wordlist *third = load(lists); /* nobody holds the first one any more */
    assert_int_equal(wordlists_count(lists), 2);
    wordlist_release(&third);
    wordlists_free(&lists);
    assert_true(wordlist_is_last(changed));
    wordlist_release(&changed);
    check(unlink(path) == 0);
}

static void what_is_no_list_is_said(void **state) {
    (void)state;
    struct wordlists *lists = wordlists_new();
    struct why why;
    uint64_t digest;
    assert_null(wordlists_load(lists, "/nonexistent/x", "lists/x.txt", &digest, &why));
    assert_string_equal(why.words, "lists/x.txt: cannot be read: No such file or directory");
    assert_null(wordlists_load(lists, "/tmp", "lists", &digest, &why));
    assert_string_equal(why.words, "lists: not a file");
    assert_null(wordlists_load(lists, "/dev/zero", "zero", &digest, &why));
    assert_string_equal(why.words, "zero: not a file");
    assert_int_equal(wordlists_count(lists), 0);
    wordlists_free(&lists);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(every_method_is_charged),
        cmocka_unit_test(an_unchanged_file_is_built_once),
        cmocka_unit_test(what_is_no_list_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
