/* What loads, and what is refused with which words. */
#include "policy_world.h"

#include "ports/policy/memory.h"
#include "ports/policy/wordlists.h"

#include <sys/stat.h>

static void test_loads_what_the_manifest_names(void **state) {
    struct world *world = *state;
    put(world, "manifest", "return { { \"b\" }, { \"a\", mode = \"off\" }, { \"c\" } }");
    put(world, "b", "return { name = \"b\", on = \"message\", decide = function() end }");
    put(world, "c", "return { name = \"c\", on = \"copy\", decide = function() end }");
    assert_true(load(world));
    assert_int_equal(policy_set_count(world->set), 2);
    assert_string_equal(policy_set_name(world->set, 0), "b");
    assert_string_equal(policy_set_name(world->set, 1), "c");
    assert_true(policy_set_asks(world->set, POLICY_COPY, SPAN("tilechat")));
    put(world, "manifest", "return {}");
    assert_true(load(world));
    assert_false(policy_set_asks(world->set, POLICY_MESSAGE, SPAN("tilechat")));
}

static void test_serves_apps_by_pattern(void **state) {
    struct world *world = *state;
    put_decide(world, "");
    put(world, "manifest", "return { { \"x\", apps = { \"shop-*\", \"*b*c\", \"exact\" } } }");
    assert_true(load(world));
    static const struct {
        const char *app;
        bool is_served;
    } CASES[] = {{"shop-", true},    {"shop-1", true}, {"shop", false}, {"exact", true},
                 {"exactly", false}, {"abxbc", true},  {"abcd", false}, {"", false}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_int_equal(policy_set_asks(world->set, POLICY_MESSAGE, span_of(CASES[i].app)),
                         CASES[i].is_served);
}

/* `x` is the policy's file, `manifest` the list; NULL: the plain one. */
static const struct refusal {
    const char *x, *manifest, *words;
} REFUSALS[] = {
    {"return {", NULL, "policies/x.lua:1: unexpected symbol near '<eof>'"},
    {"return 5", NULL, "policies/x.lua: the file must return a table, it returns number"},
    {"local a = 1\nb = 2\nreturn {}", NULL, "policies/x.lua:2: cannot assign to b"},
    {"local a\nlocal c = strng\nreturn {}", NULL,
     "policies/x.lua:2: no such global: strng (did you mean string?)"},
    {"string.rep = nil", NULL, "cannot assign to rep"},
    {"local a = ('x').upperr", NULL, "no such name in string: upperr (did you mean upper?)"},
    {"while true do end", NULL, "policies/x.lua:1: over its budget"},
    {"local t = {} for i = 1, 1e9 do t[i] = {} end", NULL, "policies/x.lua:1: "},
    {"\x1bLJ\x02", NULL, "attempt to load chunk with wrong mode"},
    {"return { name = \"y\" }", NULL, "name must be \"x\""},
    {"return { name = \"x\", on = \"mesage\" }", NULL,
     "on must be \"message\", \"copy\", \"group\", \"receipt\", \"conversation\", "
     "\"archive\" or \"presence\""},
    {"return { name = \"x\", on = \"copy\", decid = 1 }", NULL,
     "no such key: decid (did you mean decide?)"},
    {"return { name = \"x\", on = \"copy\" }", NULL,
     "decide must be a function(msg, ctx), got nil"},
    {"return { name = \"x\", on = \"copy\", decide = error }", NULL, "decide must be a function"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, on_error = \"opne\" }", NULL,
     "on_error must be \"open\", \"closed\" or \"defer\""},
    {"return { name = \"x\", on = \"copy\", decide = function() end, always = 1 }", NULL,
     "always must be true or false"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, settings = { f = { type = "
     "'table', default = { error } } } }",
     NULL, "settings.f: default: a table of plain values expected, got a function"},
    {"error({})", NULL, "policies/x.lua: an error that is a table, not a string"},
    {"error()", NULL, "policies/x.lua: an error that is a nil, not a string"},
    {"error(12, 0)", NULL, "policies/x.lua: 12"},
    {"error('a\\nb\\0c', 0)", NULL, "policies/x.lua: a b c"},
    {"local t = {} t.t = t return { name = \"x\", on = \"copy\", decide = function() end, "
     "settings = { a = { type = 'table', default = {} } } }",
     "local t = {} t.t = t return { { \"x\", config = { a = t } } }", "nested over 8 deep"},
    {"local t = {} t.t = t return { name = \"x\", on = \"copy\", decide = function() end, "
     "settings = { a = { type = 'table', default = t } } }",
     NULL,
     "policies/x.lua:1: settings.a: default: a table of plain values expected, got a table nested"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, "
     "settings = { a = { type = 'table', default = {} } } }",
     "return { { \"x\", config = { a = { [error] = 1 } } } }",
     "entry 1 (x): config a: a table of plain values expected, got a table with a name that is no"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, "
     "settings = { a = { type = 'table', default = { [{}] = 1 } } } }",
     NULL, "settings.a: default: a table of plain values expected, got a table with a name that"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, "
     "settings = { a = { type = 'table', default = {} } } }",
     "local t = { 1 } for i = 1, 6 do local u = {} for j = 1, 20 do u[j] = t end t = u end "
     "return { { \"x\", config = { a = t } } }",
     "a table of plain values expected, got a table of over 100000 entries"},
    {"local t = {} for i = 1, 20 do t['a' .. i] = { type = 'table', default = {} } end "
     "return { name = \"x\", on = \"copy\", decide = function() end, settings = t }",
     "local t, all = {}, {} for i = 1, 90000 do t[i] = {} end for i = 1, 20 do all['a' .. i] = t "
     "end return { { \"x\", config = all } }",
     "config: more than the policy's memory holds"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, settings = { 1 } }", NULL,
     "settings: a name of a to z"},
    {NULL, "return { { \"x\", config = { brust = 1 } } }",
     "policies/manifest.lua:1: entry 1 (x): config has no key brust (did you mean burst?)"},
    {NULL, "return { { \"x\", config = { burst = \"1\" } } }",
     "policies/manifest.lua:1: entry 1 (x): config burst: a number expected, got \"1\""},
    {NULL, "return { { \"x\", mode = \"shadwo\" } }", "mode must be \"on\", \"shadow\" or \"off\""},
    {NULL, "return { { \"x\", mode = \"of\" } }", "entry 1 (x): mode must be"},
    {NULL, "return { { \"x\", aps = {} } }", "entry 1 (x): no such key: aps (did you mean apps?)"},
    {NULL, "return { { \"x\", apps = {} } }", "apps must be a list"},
    {NULL, "return { { \"x\", apps = { 1 } } }", "a name or pattern (with *) expected at place 1"},
    {NULL, "return { { \"x\" }, { \"x\" } }", "entry 2 (x): it is there already, as entry 1"},
    {NULL, "return { { \"../x\" } }", "entry 1: first a policy's name"},
    {NULL, "return { { \"manifest\" } }", "entry 1: first a policy's name"},
    {NULL, "return { \"x\" }", "entry 1: a table expected"},
    {NULL, "return { x = {} }", "a list of entries expected"},
    {NULL, "return {\n{ \"y\" } }",
     "policies/manifest.lua:2: entry 1 (y): policies/y.lua: cannot be read: No such file"},
    {NULL, "local t = {} for i = 1, 65 do t[i] = { \"x\" .. i } end return t", "at most 64"},
    {NULL, "return {\n{ \"x\", } },", "policies/manifest.lua:2: unexpected symbol near '<eof>'"},
    {NULL, "return { { \"x\", on_error = 1 } }", "on_error must be"},
};

static void test_refuses_with_words(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        const struct refusal *refusal = &REFUSALS[i];
        put(world, "x",
            refusal->x ? refusal->x
                       : "return { name = \"x\", on = \"message\", decide = function() end,\n"
                         "settings = { burst = { type = 'number', default = 1 },\n"
                         "words = { type = 'strings', default = {} } } }");
        put(world, "manifest", refusal->manifest ? refusal->manifest : "return { { \"x\" } }");
        if (load(world))
            fail_msg("taken, not refused with: %s", refusal->words);
        assert_has(span_of(world->why.words), refusal->words);
    }
}

static void test_names_the_nearest_file(void **state) {
    struct world *world = *state;
    put(world, "greeting", "return { name = 'greeting', on = 'copy', decide = function() end }");
    put(world, "manifest", "return { { 'greetings' } }");
    assert_false(load(world));
    assert_has(span_of(world->why.words), "No such file or directory (did you mean greeting?)");
}

static void test_refuses_large_and_missing_files(void **state) {
    struct world *world = *state;
    assert_false(load(world));
    assert_has(span_of(world->why.words), "manifest.lua: cannot be read: No such file");
    put_decide(world, "");
    char *large = must_alloc(300001);
    memset(large, ' ', 300000);
    large[300000] = '\0';
    put(world, "x", large);
    free(large);
    assert_false(load(world));
    assert_has(span_of(world->why.words), "x.lua: 300000 bytes, at most 262144 are taken");
}

static void test_settings_override_each_other(void **state) {
    struct world *world = *state;
    const struct policy_override overrides[] = {{"x", "burst", 7}, {"nobody", "burst", 1}};
    put(world, "x",
        "return { name = 'x', on = 'message', settings = {\n"
        "a = { type = 'number', default = 1 }, b = { type = 'number', default = 2 },\n"
        "burst = { type = 'number', default = 3 }, words = { type = 'strings', default = {} } },\n"
        "decide = function(msg, ctx) local c = ctx.config\n"
        "return { verb = 'drop', reason = c.a .. ' ' .. c.b .. ' ' .. c.burst .. ' ' .. c.words[2]"
        " } end }");
    put(world, "manifest",
        "return { { 'x', config = { b = 5, burst = 6, words = { 'u', 'v' } } } }");
    world->host.overrides = overrides;
    world->host.override_count = 2;
    assert_true(load(world));
    assert_span(ask(world).reason, "1 5 7 v");
    const struct policy_override wrong[] = {{"x", "brust", 7}};
    world->host.overrides = wrong;
    world->host.override_count = 1;
    assert_false(load(world));
    assert_has(span_of(world->why.words), "config has no key brust (did you mean burst?)");
}

static void test_settings_can_only_be_read(void **state) {
    struct world *world = *state;
    static const char *const CLAIMS[] = {
        "#c.words == 2 and c.words[1] == 'u' and c.words[3] == nil and #c.none == 0",
        "table.concat(c.words, ',') == 'u,v' and unpack(c.words) == 'u' and c.map.u == 'x'",
        "('uw'):gsub('.', c.map) == 'xw' and c.deep.er[1][1] == 1",
        "(function() local s = '' for i, w in ipairs(c.words) do s = s .. i .. w end return s "
        "end)()"
        " == '1u2v'",
        "(function() local s = '' for k, v in pairs(c.map) do s = s .. k .. v end return s end)() "
        "== 'ux'",
        "(function() local n = 0 for _ in pairs(c.none) do n = n + 1 end for _ in ipairs(c.none) "
        "do "
        "n = n + 1 end return n end)() == 0",
        "(function() local s = '' for k, v in pairs({ 7 }) do s = s .. k .. v end return s end)() "
        "== '17'",
    };
    char text[1024];
    for (size_t i = 0; i < sizeof CLAIMS / sizeof CLAIMS[0]; i++) {
        snprintf(text, sizeof text,
                 "return { name = 'x', on = 'message', settings = { "
                 "words = { type = 'strings', default = {} }, "
                 "map = { type = 'table', default = { u = 'x' } }, "
                 "none = { type = 'table', default = {} }, "
                 "deep = { type = 'table', default = { er = { { 1 } } } } }, decide = "
                 "function(msg, ctx)\n"
                 "local c = ctx.config return { verb = 'drop', reason = tostring(%s) } end }",
                 CLAIMS[i]);
        put(world, "x", text);
        put(world, "manifest", "return { { 'x', config = { words = { 'u', 'v' } } } }");
        if (!load(world))
            fail_msg("%s", world->why.words);
        struct verdict verdict = ask(world);
        assert_has(verdict.failure, "");
        assert_span(verdict.reason, "true");
    }
    put(world, "x",
        "return { name = 'x', on = 'message', settings = { words = { type = 'strings', default = "
        "{} } }, decide = function(msg, "
        "ctx)\n"
        "ctx.config.words[1] = 'x' end }");
    assert_true(load(world));
    assert_has(ask(world).failure, "x.lua:2: cannot assign to");
}

static void test_generation_follows_the_bytes(void **state) {
    struct world *world = *state;
    put_decide(world, "return nil");
    assert_true(load(world));
    uint64_t first = policy_set_generation(world->set);
    assert_true(load(world));
    assert_true(policy_set_generation(world->set) == first);
    put_decide(world, "return nil ");
    assert_true(load(world));
    assert_true(policy_set_generation(world->set) != first);
    put_decide(world, "return nil");
    put(world, "manifest", "return { { \"x\", mode = \"on\" } }");
    assert_true(load(world));
    assert_true(policy_set_generation(world->set) != first);
}

/* Else what the last set but one had read would be held until another list is. */
static void test_lists_go_with_the_last_set_that_has_them(void **state) {
    struct world *world = *state;
    char folder[100], path[120];
    snprintf(folder, sizeof folder, "%s/lists", world->folder);
    snprintf(path, sizeof path, "%s/x.txt", folder);
    check(mkdir(folder, 0700) == 0);
    FILE *file = fopen(path, "w");
    check(file && fputs("cat\n", file) >= 0 && fclose(file) == 0);
    put(world, "x",
        "return { name = 'x', on = 'message', decide = function() end, "
        "settings = { words = { type = 'words', default = 'lists/x.txt' } } }");
    put(world, "manifest", "return { { 'x' } }");
    bool is_loaded = load(world);
    check(unlink(path) == 0 && rmdir(folder) == 0);
    assert_true(is_loaded);
    assert_int_equal(wordlists_count(memory_lists(world->memory)), 1);
    policy_set_free(&world->set);
    assert_int_equal(wordlists_count(memory_lists(world->memory)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_loads_what_the_manifest_names),
        TEST(test_serves_apps_by_pattern),
        TEST(test_refuses_with_words),
        TEST(test_names_the_nearest_file),
        TEST(test_refuses_large_and_missing_files),
        TEST(test_settings_override_each_other),
        TEST(test_settings_can_only_be_read),
        TEST(test_generation_follows_the_bytes),
        TEST(test_lists_go_with_the_last_set_that_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
