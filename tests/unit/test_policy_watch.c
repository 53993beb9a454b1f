/* What is kept of how policies do: health, differences, through reloads. */
#include "policy_world.h"

static struct verdict ask_from(struct world *world, const char *sender) {
    struct verdict verdict;
    struct policy_question question = {.event = POLICY_MESSAGE,
                                       .body = SPAN("{\"text\":\"hello\"}"),
                                       .app = SPAN("tilechat"),
                                       .sender = span_of(sender),
                                       .recipient = SPAN("U2"),
                                       .message_id = SPAN("m-1"),
                                       .now_ms = 1700000000000};
    arena_free(&world->arena);
    world->arena = arena_new();
    policy_decide(world->set, world->arena, &question, &verdict);
    return verdict;
}

static struct policy_health health(struct world *world) {
    struct policy_health found;
    policy_set_health(world->set, 0, &found);
    return found;
}

static void fail_for_all(struct world *world) {
    static const char *const SENDERS[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < sizeof SENDERS / sizeof SENDERS[0]; i++)
        ask_from(world, SENDERS[i]);
}

static void test_a_reload_keeps_counts_and_closes_the_breaker(void **state) {
    struct world *world = *state;
    put_decide(world, "error('broken')");
    assert_true(load(world));
    fail_for_all(world);
    assert_int_equal(health(world).asked, 5);
    assert_true(health(world).is_set_aside);
    assert_int_equal(health(world).asked_again_us, world->now_us + 30 * (int64_t)1000000);
    assert_true(load(world));
    assert_int_equal(health(world).asked, 5);
    assert_int_equal(health(world).said[WORD_ERROR], 5);
    assert_has(health(world).last_error, "x.lua:2: broken");
    assert_false(health(world).is_set_aside);
    assert_has(ask_from(world, "a").failure, "broken");
    assert_int_equal(health(world).asked, 6);
}

static void test_a_rehearsal_sets_nobody_aside(void **state) {
    struct world *world = *state;
    world->host.never_sets_aside = true;
    put_decide(world, "error('broken')");
    assert_true(load(world));
    fail_for_all(world);
    assert_false(health(world).is_set_aside);
    ask_from(world, "a");
    assert_int_equal(health(world).said[WORD_ERROR], 6);
}

static void test_a_shadow_is_counted_apart(void **state) {
    struct world *world = *state;
    struct policy_difference difference;
    put_decide(world, "return { verb = 'drop', reason = 'x' }");
    assert_true(load(world));
    assert_int_equal(ask_from(world, "a").verb, VERB_DROP);
    put(world, "manifest", "return { { 'x', mode = 'shadow' } }");
    assert_true(load(world));
    assert_int_equal(health(world).asked, 0);
    assert_int_equal(policy_memory_differences(world->memory, 0, &difference), 0);
    assert_int_equal(ask_from(world, "a").verb, VERB_NONE);
    assert_int_equal(health(world).asked, 1);
    assert_int_equal(health(world).differences, 1);
    assert_true(load(world));
    assert_int_equal(policy_memory_differences(world->memory, 0, &difference), 1);
    assert_string_equal(difference.policy, "x");
    assert_string_equal(difference.message_id, "m-1");
    assert_int_equal(policy_memory_differences(world->memory, 1, &difference), 0);
    assert_int_equal(policy_memory_differences(world->memory, 100, &difference), 0);
}

/* What a shadow takes is its own: it has as much to take as the real one had. */
static void test_a_shadow_has_limits_of_its_own(void **state) {
    struct world *world = *state;
    put_decide(world,
               "if not ctx.limit('k', 1, 1) then return { verb = 'drop', reason = 'x' } end");
    assert_true(load(world));
    assert_int_equal(ask_from(world, "a").verb, VERB_NONE);
    put(world, "manifest", "return { { 'x', mode = 'shadow' } }");
    assert_true(load(world));
    ask_from(world, "a");
    assert_int_equal(health(world).differences, 0);
    ask_from(world, "a");
    assert_int_equal(health(world).differences, 1);
    put(world, "manifest", "return { { 'x' } }");
    assert_true(load(world));
    assert_int_equal(ask_from(world, "a").verb, VERB_DROP);
}

static void test_names_are_bounded(void **state) {
    struct world *world = *state;
    char text[200], name[16];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "p%d", i);
        snprintf(text, sizeof text,
                 "return { name = '%s', on = 'message', decide = function() end }", name);
        world->file_count = 0; /* one file at a time */
        put(world, name, text);
        snprintf(text, sizeof text, "return { { '%s' } }", name);
        put(world, "manifest", text);
        assert_true(load(world));
        ask_from(world, "a");
        check(unlink(world->files[0]) == 0);
    }
    world->file_count = 0;
    char path[160];
    snprintf(path, sizeof path, "%s/manifest.lua", world->folder);
    check(unlink(path) == 0);
    assert_int_equal(health(world).asked, 0); /* p299 found no place of its own */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_reload_keeps_counts_and_closes_the_breaker),
        TEST(test_a_rehearsal_sets_nobody_aside),
        TEST(test_a_shadow_is_counted_apart),
        TEST(test_a_shadow_has_limits_of_its_own),
        TEST(test_names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
