/* What a policy is given, what it may say, and what comes of it. */
#include "policy_world.h"

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
        ("(function() local t = {} for k, v in ('a=1,b=2'):gmatch('(%w)=(%w)') do "
         "t[#t + 1] = k .. v end return table.concat(t, ';') end)() == 'a1;b2'"),
        "(function() local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return n end)() == 4",
        "table.concat({ 1, 2, 'x' }, ', ') == '1, 2, x' and table.concat({}) == ''",
        "(function() local t = { 3, 1, 2 } table.sort(t) return table.concat(t) end)() == '123'",
        ("(function() local t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t, "
         "function(a, b) return a > b end) for i = 2, 200 do if t[i - 1] < t[i] then return false "
         "end end return true end)()"),
        ("(function() local t = { 1, 3 } table.insert(t, 2, 2) table.insert(t, 4) return "
         "table.concat(t) .. table.remove(t, 1) .. table.remove(t) .. #t end)() == '1234142'"),
        "select('#', unpack({ 1, 2, nil, 4 }, 1, 4)) == 4 and table.maxn({ 1, 2, [10] = 1 }) == 10",
        "(1e15 + 0.5) % 1 == 0.5",
    };
    for (size_t i = 0; i < sizeof CLAIMS / sizeof CLAIMS[0]; i++) {
        char body[1024];
        snprintf(body, sizeof body,
                 "if not (%s) then return { verb = 'drop', reason = 'untrue' } end", CLAIMS[i]);
        struct verdict verdict = judge(world, body);
        if (verdict.verb != VERB_NONE)
            fail_msg("untrue: %s (%.*s)", CLAIMS[i], SPAN_ARGS(verdict.failure));
        for (uint32_t units = 0; units < verdict.units; units += 5) { /* cut short anywhere */
            world->set->host.limits.call_units = units;
            verdict.verb = ask(world).verb;
            assert_true(verdict.verb == VERB_NONE || verdict.verb == VERB_REJECT);
        }
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
    assert_has(verdict.failure, "nil or drop expected on copy, got accept");
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
    size_t used = strlen(watched->names);
    snprintf(watched->names + used, sizeof watched->names - used, "%s", policy ? policy : ".");
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

int main(void) {
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
