/* What happens to a policy that runs away, and that nothing is left behind. */
#include "policy_world.h"

#include <time.h>

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

/* With that clock 20 ms are twenty looks: what counts is how many instructions there are between
 * two of them. The loop has some 400. */
static void test_the_clock_is_looked_at_more_often_where_a_string_is_large(void **state) {
    struct world *world = *state;
    world->clock.steady_us = running_us;
    static const struct {
        const char *string;
        bool is_stopped;
    } cases[] = {
        {"('1'):rep(10000)", false},
        {"('1'):rep(250000)", true},
        {"('1'):rep(500000)", true},
        {"msg.text", true}, /* pushed by the host, not made by the policy */
    };
    static char body[300000];
    memset(body, '1', sizeof body);
    memcpy(body, "{\"text\":\"", 9);
    memcpy(body + sizeof body - 2, "\"}", 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char decide[200];
        snprintf(decide, sizeof decide, "local s, n = %s, 0 for i = 1, 200 do n = n + 1 end",
                 cases[i].string);
        put_decide(world, decide);
        assert_true(load(world));
        struct policy_question question = {.event = POLICY_MESSAGE};
        question.body = (struct span){body, sizeof body};
        struct verdict verdict = ask_about(world, question);
        assert_int_equal(span_has(verdict.failure, SPAN("ran for over")), cases[i].is_stopped);
    }
}

static void test_message_budget_spans_policies(void **state) {
    struct world *world = *state;
    put_decide(world, "for i = 1, 20000 do end");
    char manifest[400] = "return {", name[16], text[256];
    size_t used = strlen(manifest);
    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "p%d", i);
        snprintf(text, sizeof text,
                 "return { name = '%s', on = 'message', decide = function() for i = 1, 20000 do "
                 "end end }",
                 name);
        put(world, name, text);
        used += (size_t)snprintf(manifest + used, sizeof manifest - used, "{ '%s' },", name);
    }
    snprintf(manifest + used, sizeof manifest - used, "}");
    put(world, "manifest", manifest);
    world->host.limits.message_units = 100000;
    assert_true(load(world));
    struct verdict verdict = ask(world);
    assert_span(verdict.code, "policy_error");
    assert_has(verdict.failure, "budget");
    assert_in_range(verdict.units, 100000, 100200);
    world->host.limits.message_units = 0;
    assert_true(load(world));
    assert_has(ask(world).failure, "the message's budget is spent");
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
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    check(file && fgets(line, sizeof line, file));
    fclose(file);
    char *second = strchr(line, ' ');
    check(second);
    return strtoul(second, NULL, 10) * 4096;
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
        world->now_us += (int64_t)(i % 7) * 1000000;
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
    const struct CMUnitTest tests[] = {
        TEST(test_runaways_are_stopped),
        TEST(test_memory_is_capped),
        TEST(test_wall_clock_is_the_backstop),
        TEST(test_the_clock_is_looked_at_more_often_where_a_string_is_large),
        TEST(test_message_budget_spans_policies),
        TEST(test_cut_anywhere),
        TEST(test_memory_stays_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
