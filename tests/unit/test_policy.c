/* The policy host: what loads, what is refused and with which words, what a verdict may say, what
 * happens to a policy that runs away, and that nothing is left behind. */
#include "ports/policy.h"

#include "ports/policy/set.h"
#include "words/check.h"
#include "words/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a folder, a clock and facts of our own ---- */

struct world {
    char folder[64];
    struct clock clock;
    int64_t now_us;
    enum fact blocked;
    struct policy_host host;
    struct policy_memory *memory;
    struct policy_set *set;
    struct arena *arena;
    struct why why;
};

static int64_t wall_ms(void *self) {
    return ((struct world *)self)->now_us / 1000;
}

static int64_t steady_us(void *self) {
    return ((struct world *)self)->now_us;
}

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)app, (void)by, (void)whom;
    return ((struct world *)self)->blocked;
}

static int open_world(void **state) {
    struct world *world = must_calloc(1, sizeof *world);
    strcpy(world->folder, "/tmp/policies-XXXXXX");
    check(mkdtemp(world->folder));
    world->now_us = 1000000;
    world->clock = (struct clock){world, wall_ms, steady_us};
    world->blocked = FACT_ABSENT;
    world->host = (struct policy_host){
        .limits = policy_limits_default(), .clock = &world->clock, .facts = {world, blocked, NULL}};
    world->memory = policy_memory_new();
    world->arena = arena_new();
    log_set_level(LOG_ERROR);
    *state = world;
    return 0;
}

static int close_world(void **state) {
    struct world *world = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    check(system(command) == 0);
    policy_set_free(&world->set);
    policy_memory_free(&world->memory);
    arena_free(&world->arena);
    free(world);
    return 0;
}

static void put(struct world *world, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.lua", world->folder, name);
    FILE *file = fopen(path, "w");
    check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A policy called x with this body of decide, alone in the manifest. */
static void put_decide(struct world *world, const char *body) {
    char text[4096];
    snprintf(text, sizeof text,
             "local x = { name = \"x\", on = \"message\" }\n"
             "function x.decide(msg, ctx) %s end\nreturn x\n",
             body);
    put(world, "x", text);
    put(world, "manifest", "return { { \"x\" } }");
}

static bool load(struct world *world) {
    policy_set_free(&world->set);
    world->set = policy_set_load(world->folder, &world->host, world->memory, &world->why);
    return world->set != NULL;
}

static struct verdict ask_about(struct world *world, struct policy_question question) {
    struct verdict verdict;
    if (!question.body.at)
        question.body =
            SPAN("{\"text\":\"hello\",\"n\":1.5,\"attributes\":{\"a\":[1,2],\"b\":null}}");
    if (!question.app.at)
        question.app = SPAN("tilechat");
    question.sender = SPAN("U1");
    question.recipient = SPAN("U2");
    question.now_ms = 1700000000000;
    arena_free(&world->arena);
    world->arena = arena_new();
    policy_decide(world->set, world->arena, &question, &verdict);
    return verdict;
}

static struct verdict ask(struct world *world) {
    return ask_about(world, (struct policy_question){.event = POLICY_MESSAGE});
}

static struct verdict judge(struct world *world, const char *body) {
    put_decide(world, body);
    if (!load(world))
        fail_msg("%s", world->why.words);
    return ask(world);
}

static void expect_at(struct span got, const char *text, bool whole, int line) {
    if (whole ? span_is(got, text) : span_has(got, span_of(text)))
        return;
    print_error("expected \"%s\", got \"%.*s\"\n", text, SPAN_ARGS(got));
    _fail(__FILE__, line);
}
#define assert_span(got, text) expect_at((got), (text), true, __LINE__)
#define assert_has(got, text)  expect_at((got), (text), false, __LINE__)

/* ---- loading ---- */

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
    {"return { name = \"x\", on = \"mesage\" }", NULL, "on must be \"message\" or \"copy\""},
    {"return { name = \"x\", on = \"copy\", decid = 1 }", NULL,
     "no such key: decid (did you mean decide?)"},
    {"return { name = \"x\", on = \"copy\" }", NULL,
     "decide must be a function(msg, ctx), got nil"},
    {"return { name = \"x\", on = \"copy\", decide = error }", NULL, "decide must be a function"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, on_error = \"opne\" }", NULL,
     "on_error must be \"open\" or \"closed\""},
    {"return { name = \"x\", on = \"copy\", decide = function() end, always = 1 }", NULL,
     "always must be true or false"},
    {"return { name = \"x\", on = \"copy\", decide = function() end, config = { f = error } }",
     NULL, "config: a function cannot be a setting"},
    {"error({})", NULL, "policies/x.lua: an error that is a table, not a string"},
    {"error()", NULL, "policies/x.lua: an error that is a nil, not a string"},
    {"error(12, 0)", NULL, "policies/x.lua: 12"},
    {"error('a\\nb\\0c', 0)", NULL, "policies/x.lua: a b c"},
    {"local t = {} t.t = t return { name = \"x\", on = \"copy\", decide = function() end, "
     "config = { a = {} } }",
     "local t = {} t.t = t return { { \"x\", config = { a = t } } }", "nested over 8 deep"},
    {NULL, "return { { \"x\", config = { brust = 1 } } }",
     "policies/manifest.lua: entry 1 (x): config has no key brust (did you mean burst?)"},
    {NULL, "return { { \"x\", config = { burst = \"1\" } } }",
     "policies/manifest.lua: entry 1 (x): config burst must be a number, got a string"},
    {NULL, "return { { \"x\", mode = \"shadow\" } }", "mode \"shadow\" is not there yet"},
    {NULL, "return { { \"x\", mode = \"of\" } }", "entry 1 (x): mode must be"},
    {NULL, "return { { \"x\", aps = {} } }", "entry 1 (x): no such key: aps (did you mean apps?)"},
    {NULL, "return { { \"x\", apps = {} } }", "apps must be a list"},
    {NULL, "return { { \"x\", apps = { 1 } } }", "a name or pattern (with *) expected at place 1"},
    {NULL, "return { { \"x\" }, { \"x\" } }", "entry 2 (x): it is there already, as entry 1"},
    {NULL, "return { { \"../x\" } }", "entry 1: first a policy's name"},
    {NULL, "return { { \"manifest\" } }", "entry 1: first a policy's name"},
    {NULL, "return { \"x\" }", "entry 1: a table expected"},
    {NULL, "return { x = {} }", "a list of entries expected"},
    {NULL, "return { { \"y\" } }", "policies/y.lua: cannot be read: No such file or directory"},
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
                         "config = { burst = 1, words = {} } }");
        put(world, "manifest", refusal->manifest ? refusal->manifest : "return { { \"x\" } }");
        if (load(world))
            fail_msg("taken, not refused with: %s", refusal->words);
        assert_has(span_of(world->why.words), refusal->words);
    }
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
        "return { name = 'x', on = 'message', config = { a = 1, b = 2, burst = 3, words = {} },\n"
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

/* ---- verdicts ---- */

static void test_verbs(void **state) {
    struct world *world = *state;
    struct verdict verdict = judge(world, "return nil");
    assert_int_equal(verdict.verb, VERB_NONE);
    assert_null(verdict.policy.at);
    assert_false(verdict.is_rewritten);

    verdict = judge(world, "return { verb = 'reject', code = 'spam.1', reason = 'no ads' }");
    assert_int_equal(verdict.verb, VERB_REJECT);
    assert_span(verdict.policy, "x");
    assert_span(verdict.code, "spam.1");
    assert_span(verdict.reason, "no ads");

    verdict = judge(world, "return { verb = 'drop', reason = 'quiet' }");
    assert_int_equal(verdict.verb, VERB_DROP);
    assert_span(verdict.reason, "quiet");

    verdict = judge(world, "return { verb = 'rewrite', set = { text = 'bye', ['attributes.c'] = 2,"
                           "['x.y.z'] = { 1, 'b', { k = true, a = 0.1 } } }, unset = { 'n' } }");
    assert_int_equal(verdict.verb, VERB_NONE);
    assert_true(verdict.is_rewritten);
    assert_span(verdict.body, "{\"text\":\"bye\",\"attributes\":{\"a\":[1,2],\"b\":null,\"c\":2},"
                              "\"x\":{\"y\":{\"z\":[1,\"b\",{\"a\":0.1,\"k\":true}]}}}");
}

static const struct {
    const char *decide, *words;
} BAD_VERDICTS[] = {
    {"return 5", "nil or a table expected, got number"},
    {"return {}", "verb: a string expected, got nil"},
    {"return { verb = 'rejct' }", "no such verb: rejct (did you mean reject?)"},
    {"return { verb = 'drop' }", "reason: a string expected, got nil"},
    {"return { verb = 'drop', reason = '' }", "reason: 1 to 500 bytes expected, got 0"},
    {"return { verb = 'drop', reason = ('x'):rep(501) }", "reason: 1 to 500 bytes expected"},
    {"return { verb = 'drop', reason = 'a', code = 'b' }", "drop takes no code"},
    {"return { verb = 'drop', reson = 'a' }", "drop takes no reson (did you mean reason?)"},
    {"return { verb = 'drop', reason = 'a', [1] = 2 }", "a number as a name"},
    {"return { verb = 'reject', reason = 'a' }", "code: a string expected, got nil"},
    {"return { verb = 'reject', code = 'a b', reason = 'a' }", "code: letters, digits"},
    {"return { verb = 'accept', reason = 'a' }", "accept takes no reason"},
    {"return { verb = 'rewrite' }", "set or unset expected"},
    {"return { verb = 'rewrite', set = {} }", "set or unset expected"},
    {"return { verb = 'rewrite', set = 1 }", "set: a table expected, got number"},
    {"return { verb = 'rewrite', set = { 1 } }", "set: a path expected, got a number"},
    {"return { verb = 'rewrite', set = { sender = 1 } }", "sender is not a policy's to change"},
    {"return { verb = 'rewrite', set = { ['status.a'] = 1 } }", "status is not a policy's"},
    {"return { verb = 'rewrite', unset = { 'timelineOf' } }", "timelineOf is not a policy's"},
    {"return { verb = 'rewrite', unset = { a = 'b' } }", "unset: a list of paths expected"},
    {"return { verb = 'rewrite', unset = { 1 } }", "unset: a path expected, got number"},
    {"return { verb = 'rewrite', set = { [''] = 1 } }", "a path of 1 to 200 bytes expected"},
    {"return { verb = 'rewrite', set = { ['a..b'] = 1 } }", "an empty part in the path a..b"},
    {"return { verb = 'rewrite', set = { ['.a'] = 1 } }", "an empty part"},
    {"return { verb = 'rewrite', set = { ['a.'] = 1 } }", "an empty part"},
    {"return { verb = 'rewrite', set = { ['a.b.c.d.e.f.g.h.i'] = 1 } }", "at most 8 parts"},
    {"return { verb = 'rewrite', set = { a = 1 }, unset = { 'a' } }", "a is changed twice"},
    {"return { verb = 'rewrite', set = { a = 1, ['a.b'] = 1 } }", "a.b is changed, and something"},
    {"return { verb = 'rewrite', set = { a = 0/0 } }", "not finite (NaN)"},
    {"return { verb = 'rewrite', set = { a = math.huge } }", "not finite (infinity)"},
    {"return { verb = 'rewrite', set = { a = error } }", "a function, which JSON does not have"},
    {"return { verb = 'rewrite', set = { a = msg } }", "a userdata, which JSON does not have"},
    {"return { verb = 'rewrite', set = { a = { 1, x = 2 } } }", "half list, half object"},
    {"return { verb = 'rewrite', set = { a = { [1] = 1, [3] = 2 } } }", "a list with a hole"},
    {"return { verb = 'rewrite', set = { a = { [true] = 1 } } }", "a table with a boolean"},
    {"local t = {} t.t = t return { verb = 'rewrite', set = { a = t } }", "or in a circle"},
    {"local t = {} for i = 1, 5000 do t[i] = i end return { verb = 'rewrite', set = { a = t } }",
     "over 4096 entries"},
    {"return { verb = 'rewrite', set = { a = ('x'):rep(300000) } }", "over 262144 bytes"},
    {"local t = {} for i = 1, 65 do t['a' .. i] = i end return { verb = 'rewrite', set = t }",
     "at most 64 paths"},
    {"return { verb = 'rewrite', set = { ['text.a'] = 1 } }", "text"},
    {"msg.text = 'x'", "cannot assign to msg.text"},
    {"ctx.now = 1", "cannot assign to ctx.now"},
    {"return ctx.nwo", "no such name in ctx: nwo (did you mean now?)"},
    {"ctx.config.a = 1", "cannot assign to a"},
    {"return ctx.config.a", "no such setting in ctx.config: a"},
    {"count = 1", "x.lua:2: cannot assign to count: a global can only be read"},
    {"ctx.limit('a', 0, 1)", "burst must be at least 1"},
    {"ctx.limit('a', 1, 0/0)", "per_minute must be at least 1"},
    {"ctx.count('A b')", "ctx.count: a name of a to z"},
    {"return (function(...) return select('#', ...) end)(unpack({}, 1, 1e7))", "more than 4000"},
    {"error(setmetatable)", "no such global: setmetatable"},
    {"return ('x'):rep(1e9)", "rep: the result would be over"},
    {"return ('x'):rep(1/0)", "rep: the result would be over"},
    {"return string.format('%p', msg)", "%p is not to be had"},
    {"return string.format('%s', msg)", "a userdata cannot be shown"},
    {"return pairs(msg)", "table expected, got userdata"},
    {"return ('a'):find('[')", "malformed pattern"},
    {"return ('abc'):gsub('.', function() return {} end)", "a replacement that is a table"},
    {"local function f(s) return (s:gsub('.', f)) end return f('a')", "more than 32 deep"},
    {"local function f() return f() + 1 end return f()", "stack overflow"},
    {"return table.concat({ 1, {}, 3 })", "concat: item 2 is a table"},
};

static void test_bad_verdicts_are_the_policys_error(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof BAD_VERDICTS / sizeof BAD_VERDICTS[0]; i++) {
        struct verdict verdict = judge(world, BAD_VERDICTS[i].decide);
        if (verdict.verb != VERB_REJECT)
            fail_msg("%s gave no error", BAD_VERDICTS[i].decide);
        assert_span(verdict.code, "policy_error");
        assert_span(verdict.reason, "policy x failed");
        assert_has(verdict.failure, BAD_VERDICTS[i].words);
        assert_has(verdict.failure, "policies/x.lua:");
        verdict = ask(world); /* the state is still usable */
        assert_span(verdict.code, "policy_error");
        assert_has(verdict.failure, BAD_VERDICTS[i].words);
    }
}

/* ---- what a policy sees ---- */

static void test_reads_message_and_context(void **state) {
    struct world *world = *state;
    static const char *const CLAIMS[] = {
        "msg.text == 'hello'",
        "msg.n == 1.5",
        "msg.sender == 'U1' and msg.recipient == 'U2' and msg.app_id == 'tilechat'",
        "msg.attributes.a[2] == 2 and msg.attributes.b == nil and msg.attributes == msg.attributes",
        "msg.nothing == nil and msg[1] == nil",
        "ctx.now == 1700000000000 and ctx.app == 'tilechat' and ctx.is_group == false",
        "ctx.group == nil and ctx.owner == nil",
        "ctx.blocked('a', 'b') == false",
        "type(msg) == 'userdata' and tostring(msg) == 'userdata' and tostring({}) == 'table'",
        "tostring(nil) == 'nil' and tostring(1.5) == '1.5' and tonumber('0x10') == 16",
        "('hello'):upper() == 'HELLO' and ('abc'):sub(-2) == 'bc' and ('abc'):sub(2, 2) == 'b'",
        "('abc'):sub(0) == 'abc' and ('abc'):sub(5) == '' and ('abc'):sub(-9, 2) == 'ab'",
        "('ab'):rep(3, '-') == 'ab-ab-ab' and ('x'):rep(0) == '' and ('x'):rep(-1) == ''",
        "('abc'):byte(2) == 98 and select('#', ('abc'):byte(1, -1)) == 3 and ('').byte('') == nil",
        "string.char(72, 105) == 'Hi' and ('abc'):reverse() == 'cba' and ('abc'):len() == 3",
        "('%d %5.2f %q %s'):format(3, 1.5, 'a', true) == '3  1.50 \"a\" true'",
        "('hello world'):find('o w') == 5 and ('a.b'):find('.', 1, true) == 2",
        "select('#', ('abc'):find('(b)(c)')) == 4 and ('abc'):match('()b()') == 2",
        "('abc'):find('', 10) == 4 and ('abc'):find('b', -2) == 2 and ('abc'):find('a', 2) == nil",
        "('k=v, a=b'):gsub('(%w+)=(%w+)', '%2=%1') == 'v=k, b=a'",
        "('abc'):gsub('%w', { a = '1', b = false }) == '1bc'",
        "('abc'):gsub('', '-') == '-a-b-c-' and ('abc'):gsub('^a', 'x') == 'xbc'",
        "select(2, ('aaa'):gsub('a', 'b', 2)) == 2 and ('a b'):gsub('%w', '%0%0') == 'aa bb'",
        "(function() local t = {} for k, v in ('a=1,b=2'):gmatch('(%w)=(%w)') do t[#t + 1] = k .. "
        "v "
        "end return table.concat(t, ';') end)() == 'a1;b2'",
        "(function() local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return n end)() == 4",
        "table.concat({ 1, 2, 'x' }, ', ') == '1, 2, x' and table.concat({}) == ''",
        "(function() local t = { 3, 1, 2 } table.sort(t) return table.concat(t) end)() == '123'",
        "(function() local t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t, "
        "function(a, b) return a > b end) for i = 2, 200 do if t[i - 1] < t[i] then return false "
        "end end return true end)()",
        "(function() local t = { 1, 3 } table.insert(t, 2, 2) table.insert(t, 4) return "
        "table.concat(t) .. table.remove(t, 1) .. table.remove(t) .. #t end)() == '1234142'",
        "select('#', unpack({ 1, 2, nil, 4 }, 1, 4)) == 4 and table.maxn({ 1, 2, [10] = 1 }) == 10",
        "math.random == nil or true",
        "(1e15 + 0.5) % 1 == 0.5",
    };
    for (size_t i = 0; i < sizeof CLAIMS / sizeof CLAIMS[0]; i++) {
        if (strstr(CLAIMS[i], "math.random"))
            continue;
        char body[1024];
        snprintf(body, sizeof body,
                 "if not (%s) then return { verb = 'drop', reason = 'untrue' } end", CLAIMS[i]);
        struct verdict verdict = judge(world, body);
        if (verdict.verb != VERB_NONE)
            fail_msg("untrue: %s (%.*s)", CLAIMS[i], SPAN_ARGS(verdict.failure));
    }
}

static void test_reads_awkward_bodies(void **state) {
    struct world *world = *state;
    put_decide(world, "local a = msg.a return { verb = 'drop', reason = type(a) .. ' ' .. "
                      "tostring(type(a) == 'table' and (a.b or a[1]) or a) }");
    assert_true(load(world));
    static const struct {
        const char *body, *reason;
    } CASES[] = {
        {"{\"a\":\"\\ud83d\\ude00\"}", "string \xF0\x9F\x98\x80"},
        {"{\"a\":{\"b\":\"\\ud800\"}}", "table \xEF\xBF\xBD"},
        {"{\"a\":{\"b\":\"\\udc00x\\ud83d\\ude00\"}}", "table \xEF\xBF\xBDx\xF0\x9F\x98\x80"},
        {"{\"a\":{\"b\":\"\\\\ud800\"}}", "table \\ud800"},
        {"{\"a\":[null,null]}", "table table"},
        {"{\"a\":{\"b\":null}}", "table table"},
        {"{\"a\":1,\"a\":2}", "number 2"},
        {"{\"\\u0061\":3}", "number 3"},
        {"{\"a\":null}", "nil nil"},
        {"{\"a\":true}", "boolean true"},
        {"{\"a\":12345678901234567890}", "number 1.2345678901235e+19"},
        {"{\"a\":-0.5e-3}", "number -0.0005"},
        {"{}", "nil nil"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct policy_question question = {.event = POLICY_MESSAGE, .body = span_of(CASES[i].body)};
        struct verdict verdict = ask_about(world, question);
        struct span reason = verdict.reason;
        if (span_starts(reason, SPAN("table table")))
            reason = span_cut(reason, 0, 11);
        assert_span(reason, CASES[i].reason);
    }
}

static void test_reads_the_group(void **state) {
    struct world *world = *state;
    struct span members[] = {SPAN("U1"), SPAN("U2")};
    struct group group = {
        .id = SPAN("group-1"), .owner = SPAN("U1"), .members = members, .member_count = 2};
    put_decide(world, "local g = ctx.group return { verb = 'drop', reason = g.id .. g.owner .. "
                      "g.size .. tostring(g.has('U2')) .. tostring(ctx.group.has('U3')) }");
    assert_true(load(world));
    struct policy_question question = {.event = POLICY_MESSAGE, .is_group = true, .group = &group};
    assert_span(ask_about(world, question).reason, "group-1U12truefalse");
}

static void test_unavailable_facts_wait(void **state) {
    struct world *world = *state;
    world->blocked = FACT_UNAVAILABLE;
    struct verdict verdict =
        judge(world, "local b = ctx.blocked('a', 'b') return { verb = 'drop', reason = 'x' }");
    assert_int_equal(verdict.verb, VERB_WAIT);
    assert_span(verdict.policy, "x");
    assert_span(verdict.reason, "the block list is unavailable");
    world->blocked = FACT_FOUND;
    assert_int_equal(ask(world).verb, VERB_DROP);
}

static void test_limits_hold_and_refill(void **state) {
    struct world *world = *state;
    judge(world, "if not ctx.limit(msg.sender, 2, 60) then return { verb = 'drop', reason = 'x' } "
                 "end");
    assert_int_equal(ask(world).verb, VERB_NONE);
    assert_int_equal(ask(world).verb, VERB_DROP);
    world->now_us += 1000000;
    assert_int_equal(ask(world).verb, VERB_NONE);
    assert_int_equal(ask(world).verb, VERB_DROP);
    struct policy_question other = {.event = POLICY_MESSAGE, .app = SPAN("other")};
    assert_int_equal(ask_about(world, other).verb, VERB_NONE);
    assert_true(load(world)); /* a reload forgets nothing */
    assert_int_equal(ask(world).verb, VERB_DROP);
}

static void test_waiting_pays_once(void **state) {
    struct world *world = *state;
    put_decide(world, "if not ctx.limit('k', 1, 1) then return { verb = 'drop', reason = 'x' } end "
                      "ctx.blocked('a', 'b')");
    assert_true(load(world));
    world->blocked = FACT_UNAVAILABLE;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(world).verb, VERB_WAIT);
    world->blocked = FACT_ABSENT;
    assert_int_equal(ask(world).verb, VERB_NONE);
    assert_int_equal(ask(world).verb, VERB_DROP);
}

static void test_counts(void **state) {
    struct world *world = *state;
    judge(world, "ctx.count('seen') ctx.count('seen') ctx.log('a line')");
    const struct policy_counter *counters;
    assert_int_equal(policy_memory_counters(world->memory, &counters), 1);
    assert_string_equal(counters[0].policy, "x");
    assert_string_equal(counters[0].name, "seen");
    assert_int_equal(counters[0].count, 2);
    judge(world, "for i = 1, 600 do ctx.count('n' .. i) end");
    assert_int_equal(policy_memory_counters(world->memory, &counters), 256);
    assert_string_equal(counters[255].policy, "other");
    assert_int_equal(counters[255].count, 600 - 254);
}

/* ---- order ---- */

static void put_row(struct world *world) {
    put(world, "a",
        "return { name = 'a', on = 'message', decide = function(msg)\n"
        "if msg.text == 'pass' then return { verb = 'accept' } end\n"
        "return { verb = 'rewrite', set = { text = msg.text .. 'a' } } end }");
    put(world, "b",
        "return { name = 'b', on = 'message', decide = function(msg)\n"
        "return { verb = 'rewrite', set = { text = msg.text .. 'b' } } end }");
    put(world, "c",
        "return { name = 'c', on = 'message', always = true, decide = function(msg)\n"
        "return { verb = 'drop', reason = msg.text } end }");
}

static void test_order_accept_and_always(void **state) {
    struct world *world = *state;
    put_row(world);
    put(world, "manifest", "return { { 'a' }, { 'b' }, { 'c' } }");
    assert_true(load(world));
    struct policy_question question = {.event = POLICY_MESSAGE, .body = SPAN("{\"text\":\"-\"}")};
    assert_span(ask_about(world, question).reason, "-ab");
    question.body = SPAN("{\"text\":\"pass\"}");
    struct verdict verdict = ask_about(world, question);
    assert_span(verdict.reason, "pass");
    assert_span(verdict.policy, "c");
    put(world, "manifest", "return { { 'b' }, { 'a' } }");
    assert_true(load(world));
    question.body = SPAN("{\"text\":\"-\"}");
    assert_span(ask_about(world, question).body, "{\"text\":\"-ba\"}");
    put(world, "manifest", "return { { 'c' }, { 'a' } }");
    assert_true(load(world));
    assert_span(ask_about(world, question).reason, "-");
}

static void test_copies_are_dropped_or_not(void **state) {
    struct world *world = *state;
    put(world, "x",
        "return { name = 'x', on = 'copy', decide = function(msg, ctx)\n"
        "if ctx.owner == 'U9' then return { verb = 'drop', reason = 'hidden' } end\n"
        "if ctx.owner == 'U8' then return { verb = 'accept' } end end }");
    put(world, "manifest", "return { { 'x' } }");
    assert_true(load(world));
    struct policy_question question = {.event = POLICY_COPY, .owner = SPAN("U1")};
    assert_int_equal(ask_about(world, question).verb, VERB_NONE);
    question.owner = SPAN("U9");
    assert_int_equal(ask_about(world, question).verb, VERB_DROP);
    question.owner = SPAN("U8");
    struct verdict verdict = ask_about(world, question);
    assert_int_equal(verdict.verb, VERB_DROP); /* an error, closed: nobody is told */
    assert_span(verdict.code, "policy_error");
    assert_has(verdict.failure, "nil or drop expected for a copy, got accept");
}

static void test_on_error(void **state) {
    struct world *world = *state;
    put(world, "x",
        "return { name = 'x', on = 'message', on_error = 'open',\n"
        "decide = function() error('ouch') end }");
    put(world, "manifest", "return { { 'x' } }");
    assert_true(load(world));
    struct verdict verdict = ask(world);
    assert_int_equal(verdict.verb, VERB_NONE);
    assert_int_equal(verdict.errors, 1);
    assert_has(verdict.failure, "policies/x.lua:2: ouch");
    put(world, "manifest", "return { { 'x', on_error = 'closed' } }");
    assert_true(load(world));
    assert_int_equal(ask(world).verb, VERB_REJECT);
}

struct watched {
    char names[64];
};
static void note(void *self, const char *policy) {
    struct watched *watched = self;
    strcat(watched->names, policy ? policy : ".");
}

static void test_watcher_is_told(void **state) {
    struct world *world = *state;
    struct watched watched = {""};
    put_row(world);
    put(world, "manifest", "return { { 'a' }, { 'b' }, { 'c' } }");
    assert_true(load(world));
    policy_watch(world->set, note, &watched);
    ask(world);
    assert_string_equal(watched.names, "a.b.c.");
}

/* ---- running away ---- */

static const struct {
    const char *decide, *words;
} RUNAWAYS[] = {
    {"while true do end", "over its budget"},
    {"local function f() return f() end return f()", "over its budget"},
    {"local t = {} while true do t[#t + 1] = {} end", "over its budget"},
    {"local s = 'x' while true do s = s .. s end", ""},
    {"local s = ('x'):rep(1e5) local t = {} for i = 1, 1e9 do t[i] = s .. i end", ""},
    {"local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(4e5) .. i end", ""},
    {"return (('a'):rep(30)):find(('a*'):rep(10) .. 'b')", "over its budget"},
    {"return (('a'):rep(1e5)):find('.-.-X')", "over its budget"},
    {"return (('('):rep(1e5)):find('%b()')", "over its budget"},
    {"for i = 1, 1e9 do local x = ('a'):rep(1e5):upper() end", "over its budget"},
    {"local t = {} for i = 1, 3e4 do t[i] = -i end while true do table.sort(t) end", "over its"},
    {"local t = {} for i = 1, 3e4 do t[i] = i end while true do table.insert(t, 1, 0) "
     "table.remove(t, 1) end",
     "over its budget"},
    {"local t = {} for i = 1, 1e4 do t[i] = 'x' end while true do table.concat(t) end", "over its"},
    {"while true do string.format('%99.99f', 1e300) end", "over its budget"},
    {"while true do ctx.limit('a', 1, 1) end", "over its budget"},
    {"while true do ctx.log('x') end", "over its budget"},
    {"local s = ('a'):rep(1e5) while true do s:gsub('a', 'bb') end", ""},
    {"local s = ('a'):rep(2e5) while true do s:find('b', 1, true) end", "over its budget"},
    {"local t = { 1, 2, 3 } while true do table.sort(t, function() return true end) end", "over"},
    {"for i = 1, 1e9 do local x = tostring(i) .. i end", "over its budget"},
    {"while true do local x = msg.attributes end", "over its budget"},
    {"local t = {} for i = 1, 1e9 do t[i .. ''] = i end", ""},
    {"while true do local x = function() return msg end end", "over its budget"},
};

/* Of this thread: other processes must not fail the test. */
static int64_t busy_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void test_runaways_are_stopped(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < sizeof RUNAWAYS / sizeof RUNAWAYS[0]; i++) {
        put_decide(world, RUNAWAYS[i].decide);
        assert_true(load(world));
        for (int again = 0; again < 3; again++) {
            int64_t before = busy_us();
            struct verdict verdict = ask(world);
            int64_t took = busy_us() - before;
            assert_span(verdict.code, "policy_error");
            assert_has(verdict.failure, RUNAWAYS[i].words);
            if (getenv("SHOW"))
                printf("%6lld us  %s  (%.*s)\n", (long long)took, RUNAWAYS[i].decide,
                       SPAN_ARGS(verdict.failure));
            if (took > 100000) /* the clock stands still: units alone stopped it */
                fail_msg("%lld us: %s", (long long)took, RUNAWAYS[i].decide);
        }
    }
}

static void test_memory_is_capped(void **state) {
    struct world *world = *state;
    world->host.limits.call_units = 100000000;
    world->host.limits.message_units = 100000000;
    struct verdict verdict =
        judge(world, "local t = {} for i = 1, 1e9 do t[i % 1000 + 1] = ('x'):rep(1e5) .. i end");
    assert_span(verdict.code, "policy_error");
    assert_has(verdict.failure, "out of memory (at most 8388608 bytes)");
    for (int i = 0; i < 20; i++)
        assert_has(ask(world).failure, "out of memory");
    assert_true(world->set->policies[0].state->used < 9000000);
}

/* A clock that runs: 1 ms each time it is looked at. */
static int64_t running_us(void *self) {
    return ((struct world *)self)->now_us += 1000;
}

static void test_wall_clock_is_the_backstop(void **state) {
    struct world *world = *state;
    world->clock.steady_us = running_us;
    struct verdict verdict = judge(world, "while true do end");
    assert_has(verdict.failure, "x.lua:2: ran for over 20000 us");
}

static void test_message_budget_spans_policies(void **state) {
    struct world *world = *state;
    put_decide(world, "for i = 1, 20000 do end");
    char manifest[400] = "return {", entry[64], text[256];
    for (int i = 0; i < 9; i++) {
        snprintf(entry, sizeof entry, "{ 'p%d' },", i);
        strcat(manifest, entry);
        snprintf(entry, sizeof entry, "p%d", i);
        snprintf(text, sizeof text,
                 "return { name = 'p%d', on = 'message', decide = function() for i = 1, 20000 do "
                 "end end }",
                 i);
        put(world, entry, text);
    }
    strcat(manifest, "}");
    put(world, "manifest", manifest);
    world->host.limits.message_units = 100000;
    assert_true(load(world));
    struct verdict verdict = ask(world);
    assert_span(verdict.code, "policy_error");
    assert_has(verdict.failure, "over its budget");
    assert_in_range(verdict.units, 100000, 100200);
}

/* Every budget from nothing up: the call is cut at every allocation and instruction there is, and
 * each time the state must come out whole. */
static void test_cut_anywhere(void **state) {
    struct world *world = *state;
    put_decide(world, "local t = {} for w in msg.text:gmatch('%a') do t[#t + 1] = w:upper() end "
                      "table.sort(t, function(a, b) return a > b end) "
                      "local a = msg.attributes.a[1] "
                      "local s = (msg.text .. a):gsub('l+', function(x) return x:rep(3) end) "
                      "return { verb = 'rewrite', set = { text = s .. table.concat(t), "
                      "['a.b'] = { 1, { x = t } } }, unset = { 'n' } }");
    assert_true(load(world));
    struct verdict whole = ask(world);
    assert_true(whole.is_rewritten);
    for (uint32_t units = 0; units < whole.units + 150; units++) {
        world->set->host.limits.call_units = units;
        struct verdict verdict = ask(world);
        if (verdict.verb == VERB_NONE)
            assert_true(verdict.is_rewritten);
        else
            assert_has(verdict.failure, "over its budget");
    }
    world->set->host.limits = policy_limits_default();
    for (uint32_t bytes = 0; bytes < 200000; bytes += 64) {
        world->set->host.limits.memory_bytes = bytes;
        struct verdict verdict = ask(world);
        if (verdict.verb != VERB_NONE)
            assert_has(verdict.failure, "out of memory");
    }
    world->set->host.limits = policy_limits_default();
    assert_true(ask(world).is_rewritten);
}

static size_t resident(void) {
    unsigned long size, pages;
    FILE *file = fopen("/proc/self/statm", "r");
    check(file && fscanf(file, "%lu %lu", &size, &pages) == 2);
    fclose(file);
    return pages * 4096;
}

static void test_memory_stays_flat(void **state) {
    struct world *world = *state;
    put_decide(world, "if msg.text == 'hello' and msg.attributes.a[1] == 1 and "
                      "ctx.limit(msg.sender .. ctx.now % 1000, 5, 5) then "
                      "return { verb = 'rewrite', set = { text = msg.text:upper() } } end "
                      "error('x' .. msg.text)");
    assert_true(load(world));
    size_t early = 0, used = 0;
    for (int i = 0; i < 100000; i++) {
        struct verdict verdict = ask(world);
        assert_true(verdict.verb == VERB_NONE || verdict.verb == VERB_REJECT);
        world->now_us += i % 7 * 1000000;
        if (i == 20000) {
            early = resident();
            used = world->set->policies[0].state->used;
        }
    }
#ifndef __SANITIZE_ADDRESS__ /* it keeps what was freed */
    assert_true(resident() < early + 1000000);
#endif
    assert_true(early > 0);
    assert_true(world->set->policies[0].state->used < used + 500000);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(test_loads_what_the_manifest_names),
        TEST(test_serves_apps_by_pattern),
        TEST(test_refuses_with_words),
        TEST(test_refuses_large_and_missing_files),
        TEST(test_settings_override_each_other),
        TEST(test_generation_follows_the_bytes),
        TEST(test_verbs),
        TEST(test_bad_verdicts_are_the_policys_error),
        TEST(test_reads_message_and_context),
        TEST(test_reads_awkward_bodies),
        TEST(test_reads_the_group),
        TEST(test_unavailable_facts_wait),
        TEST(test_limits_hold_and_refill),
        TEST(test_waiting_pays_once),
        TEST(test_counts),
        TEST(test_order_accept_and_always),
        TEST(test_copies_are_dropped_or_not),
        TEST(test_on_error),
        TEST(test_watcher_is_told),
        TEST(test_runaways_are_stopped),
        TEST(test_memory_is_capped),
        TEST(test_wall_clock_is_the_backstop),
        TEST(test_message_budget_spans_policies),
        TEST(test_cut_anywhere),
        TEST(test_memory_stays_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
