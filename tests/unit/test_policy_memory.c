/* What policies remember: exact against a naive model, undone exactly, and never over its bounds.
 */
#include "claims.h"

#include "ports/policy/memory.h"
#include "ports/policy/memory_inside.h"
#include "words/check.h"

#include <stdio.h>
#include <stdlib.h>

static const struct memory_scope SHOP = {SPAN("flood"), SPAN("shop"), false, true};
static const struct memory_scope BANK = {SPAN("flood"), SPAN("bank"), false, true};
static const struct memory_scope SHADOW = {SPAN("flood"), SPAN("shop"), true, false};
static const struct memory_scope CACHE = {SPAN("cache"), SPAN("shop"), false, false};

/* The same numbers in every run. */
static uint32_t random_below(uint64_t *seed, uint32_t bound) {
    *seed = *seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(*seed >> 33) % bound;
}

struct key {
    char text[24];
};

static struct key key_of(unsigned number) {
    struct key key;
    snprintf(key.text, sizeof key.text, "key-%u", number);
    return key;
}

static bool take(struct policy_memory *memory, const struct memory_scope *scope, const char *key,
                 struct memory_limit limit) {
    limit.key = span_of(key);
    if (!limit.cost)
        limit.cost = 1;
    return memory_take(memory, memory_owner(memory, scope), &limit);
}

static void set_until(struct policy_memory *memory, const struct memory_scope *scope,
                      const char *key, const char *value, int64_t expires_ms) {
    struct kept_value wanted = {span_of(key), span_of(value), expires_ms, 1000};
    memory_set(memory, memory_owner(memory, scope), &wanted);
}

static void set(struct policy_memory *memory, const struct memory_scope *scope, const char *key,
                const char *value) {
    set_until(memory, scope, key, value, 0);
}

static struct span get(struct policy_memory *memory, const struct memory_scope *scope,
                       const char *key) {
    struct kv_change found;
    return memory_get(memory, memory_owner(memory, scope), span_of(key), 1000, &found) ? found.value
                                                                                       : SPAN_NONE;
}

/* ---- limits against a model ---- */

enum { MODEL_KEYS = 40 };

/* A bucket as one would write it down: tokens as a fraction, refilled at each step. */
struct model {
    bool is_known;
    __extension__ __int128 units;
    int64_t at_us;
};

static bool model_take(struct model *model, const struct memory_limit *limit) {
    __extension__ __int128 most = (__int128)limit->burst * 60000000;
    __extension__ __int128 held = most;
    if (model->is_known)
        held = model->units + (__int128)(limit->now_us - model->at_us) * limit->per_minute;
    if (held > most)
        held = most;
    if (held < (__int128)limit->cost * 60000000)
        return false;
    *model = (struct model){true, held - (__int128)limit->cost * 60000000, limit->now_us};
    return true;
}

static void test_limits_are_those_of_a_naive_model(void **state) {
    (void)state;
    static const uint32_t BURSTS[] = {1, 2, 3, 60, 1000, 1000000000};
    static const uint32_t RATES[] = {1, 7, 60, 600, 999999937, 1000000000};
    uint64_t seed = 20261122;
    for (int round = 0; round < 300; round++) {
        struct policy_memory *memory = policy_memory_new(NULL);
        struct model models[MODEL_KEYS] = {{.is_known = false}};
        int64_t now_us = 1;
        for (int step = 0; step < 400; step++) {
            unsigned at = random_below(&seed, MODEL_KEYS);
            now_us += random_below(&seed, 10) ? random_below(&seed, 2000)
                                              : random_below(&seed, 2000000000);
            struct memory_limit limit = {.burst = BURSTS[(unsigned)round % COUNT(BURSTS)],
                                         .per_minute = RATES[(unsigned)round / 6 % COUNT(RATES)],
                                         .cost = 1 + random_below(&seed, 3),
                                         .now_us = now_us};
            struct key key = key_of(at);
            assert_int_equal(take(memory, &SHOP, key.text, limit), model_take(&models[at], &limit));
        }
        policy_memory_free(&memory);
    }
}

static void test_a_changed_limit_cuts_the_bucket_and_keeps_its_tokens(void **state) {
    (void)state;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct memory_limit wide = {.burst = 10, .per_minute = 1, .cost = 2, .now_us = 1};
    struct memory_limit narrow = {.burst = 5, .per_minute = 1, .cost = 1, .now_us = 1};
    assert_true(take(memory, &SHOP, "a", wide)); /* 8 are left, of which 5 count */
    for (int i = 0; i < 5; i++)
        assert_true(take(memory, &SHOP, "a", narrow));
    assert_false(take(memory, &SHOP, "a", narrow));
    assert_false(take(memory, &SHOP, "a", wide)); /* none came back by making it wider again */
    wide.cost = 1;
    wide.now_us = 60000001;
    assert_true(take(memory, &SHOP, "a", wide));
    assert_false(take(memory, &SHOP, "a", wide));
    policy_memory_free(&memory);
}

static void test_no_cost_beyond_the_burst(void **state) {
    (void)state;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct memory_limit limit = {.burst = 3, .per_minute = 60, .cost = 4, .now_us = 1};
    assert_false(take(memory, &SHOP, "a", limit));
    limit.cost = 3;
    assert_true(take(memory, &SHOP, "a", limit));
    assert_false(take(memory, &SHOP, "a", limit));
    policy_memory_free(&memory);
}

/* Full buckets go first, and then the one that is full soonest; never one that is used up, as long
 * as another is not. */
static void test_what_is_forgotten_is_what_forgives_least(void **state) {
    (void)state;
    struct policy_memory_limits limits = policy_memory_limits_default();
    limits.limit_entries = 100;
    struct policy_memory *memory = policy_memory_new(&limits);
    struct memory_limit limit = {.burst = 2, .per_minute = 1, .cost = 2, .now_us = 1};
    for (unsigned i = 0; i < 50; i++)
        assert_true(take(memory, &SHOP, key_of(i).text, limit)); /* used up */
    limit.cost = 1;
    for (unsigned i = 50; i < 5000; i++) /* a flood of others */
        assert_true(take(memory, &SHOP, key_of(i).text, limit));
    for (unsigned i = 0; i < 50; i++)
        assert_false(take(memory, &SHOP, key_of(i).text, limit));
    assert_int_equal(memory_owner(memory, &SHOP)->limits.count, 100);
    limit.now_us = INT64_C(200000000); /* all are full again: a few go with each new one */
    for (unsigned i = 9000; i < 9200; i++)
        assert_true(take(memory, &SHOP, key_of(i).text, limit));
    limit.cost = 2;
    for (unsigned i = 0; i < 50; i++)
        assert_true(take(memory, &SHOP, key_of(i).text, limit));
    policy_memory_free(&memory);
}

static void test_policies_and_apps_are_apart(void **state) {
    (void)state;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct memory_limit once = {.burst = 1, .per_minute = 1, .now_us = 1};
    const struct memory_scope *const SCOPES[] = {&SHOP, &BANK, &SHADOW, &CACHE};
    for (size_t i = 0; i < COUNT(SCOPES); i++) {
        assert_true(take(memory, SCOPES[i], "a", once));
        assert_false(take(memory, SCOPES[i], "a", once));
        assert_null(get(memory, SCOPES[i], "k").at);
        set(memory, SCOPES[i], "k", key_of((unsigned)i).text);
    }
    for (size_t i = 0; i < COUNT(SCOPES); i++)
        assert_span(get(memory, SCOPES[i], "k"), span_of(key_of((unsigned)i).text));
    policy_memory_free(&memory);
}

/* ---- the journal ---- */

/* Everything that can be asked of a memory, in an order that shows how it would be forgotten. */
static struct span shown(struct arena *arena, struct policy_memory *memory) {
    const struct memory_scope *const SCOPES[] = {&SHOP, &BANK};
    struct span text = SPAN("");
    for (size_t i = 0; i < COUNT(SCOPES); i++) {
        const struct owner *owner = memory_owner(memory, SCOPES[i]);
        text = arena_print(arena, "%.*s| %zu %zu %lld", SPAN_ARGS(text), owner->limits.count,
                           owner->bytes, (long long)owner->full_us);
        for (struct shelf_item *item = owner->limits.oldest; item; item = item->newer) {
            const struct bucket *bucket = (const struct bucket *)item;
            text = arena_print(arena, "%.*s %llx:%lld:%lld:%lld", SPAN_ARGS(text),
                               (unsigned long long)item->hash, (long long)item->due,
                               (long long)bucket->units, (long long)bucket->at_us);
        }
        for (struct shelf_item *item = owner->keys.oldest; item; item = item->newer) {
            const struct kept *kept = (const struct kept *)item;
            text = arena_print(arena, "%.*s %.*s=%.*s:%lld:%d", SPAN_ARGS(text),
                               SPAN_ARGS(kept_key(kept)), SPAN_ARGS(kept_value(kept)),
                               (long long)item->due, kept->is_stored);
        }
    }
    const struct policy_counter *counters;
    size_t count = policy_memory_counters(memory, &counters);
    for (size_t i = 0; i < count; i++)
        text = arena_print(arena, "%.*s %s.%s=%llu", SPAN_ARGS(text), counters[i].policy,
                           counters[i].name, (unsigned long long)counters[i].count);
    return text;
}

/* The heaps stand as they must, and the chains lead everywhere. */
static void check_shelf(const struct shelf *shelf) {
    size_t count = 0;
    for (size_t i = 0; i < shelf->count; i++) {
        assert_int_equal(shelf->heap[i]->place, i);
        assert_true(i == 0 || shelf->heap[(i - 1) / 2]->due <= shelf->heap[i]->due);
    }
    const struct shelf_item *older = NULL;
    for (struct shelf_item *item = shelf->oldest; item; older = item, item = item->newer, count++) {
        assert_ptr_equal(item->older, older);
        assert_non_null(shelf_find(shelf, item->hash));
    }
    assert_ptr_equal(shelf->newest, older);
    assert_int_equal(count, shelf->count);
}

static void do_something(struct policy_memory *memory, uint64_t *seed, int64_t now_us) {
    const struct memory_scope *scope = random_below(seed, 3) ? &SHOP : &BANK;
    struct key key = key_of(random_below(seed, 30));
    struct memory_limit limit = {.burst = 2, .per_minute = 600, .now_us = now_us};
    switch (random_below(seed, 5)) {
    case 0:
    case 1:
        take(memory, scope, key.text, limit);
        break;
    case 2:
        set_until(memory, scope, key.text, key_of(random_below(seed, 1000)).text,
                  random_below(seed, 2) ? 900 + random_below(seed, 200) : 0);
        break;
    case 3:
        set(memory, scope, key.text, NULL);
        break;
    default:
        memory_count(memory, scope, span_of(key.text + 4));
    }
}

static void test_undo_restores_exactly(void **state) {
    (void)state;
    struct policy_memory_limits limits = {
        .limit_entries = 12, .kv_entries = 12, .kv_bytes = 1500, .total_bytes = 1 << 20};
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        struct policy_memory *memory = policy_memory_new(&limits);
        struct arena *arena = arena_new();
        int64_t now_us = 1;
        unsigned before = random_below(&seed, 60), within = random_below(&seed, 60);
        for (unsigned i = 0; i < before; i++)
            do_something(memory, &seed, now_us += random_below(&seed, 100000));
        struct span was = shown(arena, memory);
        policy_memory_begin(memory);
        for (unsigned i = 0; i < within; i++)
            do_something(memory, &seed, now_us += random_below(&seed, 100000));
        if (random_below(&seed, 2))
            policy_memory_undo(memory);
        else
            policy_memory_begin(memory); /* which undoes the one that is open */
        assert_span(shown(arena, memory), was);
        check_shelf(&memory_owner(memory, &SHOP)->limits);
        check_shelf(&memory_owner(memory, &SHOP)->keys);
        arena_free(&arena);
        policy_memory_free(&memory);
    }
}

static struct span changes_shown(struct arena *arena, const struct kv_change *changes,
                                 size_t count) {
    struct span text = SPAN("");
    for (size_t i = 0; i < count; i++)
        text = arena_print(
            arena, "%.*s%.*s/%.*s/%.*s=%.*s@%lld ", SPAN_ARGS(text), SPAN_ARGS(changes[i].policy),
            SPAN_ARGS(changes[i].app), SPAN_ARGS(changes[i].key),
            changes[i].value.at ? (int)changes[i].value.size : 4,
            changes[i].value.at ? changes[i].value.at : "gone", (long long)changes[i].expires_ms);
    return text;
}

static struct span kept(struct arena *arena, struct policy_memory *memory) {
    const struct kv_change *changes;
    size_t count;
    policy_memory_keep(memory, arena, &changes, &count);
    return changes_shown(arena, changes, count);
}

static void test_keep_tells_each_key_once(void **state) {
    (void)state;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct arena *arena = arena_new();
    policy_memory_begin(memory);
    set(memory, &SHOP, "a", "1");
    set(memory, &SHOP, "a", "2");
    set(memory, &BANK, "a", "\"x\"");
    set_until(memory, &SHOP, "b", "true", 5000);
    set(memory, &SHOP, "never_stored", "1");
    set(memory, &SHOP, "never_stored", NULL);
    set(memory, &SHOP, "not_there", NULL);
    set(memory, &CACHE, "c", "1");
    set(memory, &SHADOW, "s", "1");
    assert_span(kept(arena, memory),
                SPAN("flood/shop/a=2@0 flood/bank/a=\"x\"@0 flood/shop/b=true@5000 "));
    policy_memory_begin(memory);
    set(memory, &SHOP, "a", NULL);
    set(memory, &SHOP, "a", "3");
    set(memory, &SHOP, "a", NULL);
    assert_span(kept(arena, memory), SPAN("flood/shop/a=gone@0 "));
    policy_memory_begin(memory);
    assert_span(kept(arena, memory), SPAN(""));
    arena_free(&arena);
    policy_memory_free(&memory);
}

static void test_what_was_loaded_is_there_and_is_taken_out_again(void **state) {
    (void)state;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct arena *arena = arena_new();
    struct kv_change stored = {SPAN("flood"), SPAN("shop"), SPAN("a"), SPAN("7"), 0};
    policy_memory_load(memory, &stored);
    stored = (struct kv_change){SPAN("cache"), SPAN("shop"), SPAN("b"), SPAN("8"), 5000};
    policy_memory_load(memory, &stored); /* it said "store" when that was stored, now "memory" */
    assert_span(get(memory, &SHOP, "a"), SPAN("7"));
    assert_span(get(memory, &CACHE, "b"), SPAN("8"));
    policy_memory_begin(memory);
    set(memory, &SHOP, "a", NULL);
    set(memory, &CACHE, "b", "9");
    assert_span(kept(arena, memory), SPAN("flood/shop/a=gone@0 cache/shop/b=gone@0 "));
    policy_memory_begin(memory);
    set(memory, &CACHE, "b", NULL);
    assert_span(kept(arena, memory), SPAN(""));
    arena_free(&arena);
    policy_memory_free(&memory);
}

static void test_what_makes_room_is_told_to_the_store(void **state) {
    (void)state;
    struct policy_memory_limits limits = policy_memory_limits_default();
    limits.kv_entries = 3;
    struct policy_memory *memory = policy_memory_new(&limits);
    struct arena *arena = arena_new();
    policy_memory_begin(memory);
    set(memory, &SHOP, "a", "1");
    set_until(memory, &SHOP, "late", "2", 2000);
    set(memory, &SHOP, "c", "3");
    kept(arena, memory);
    policy_memory_begin(memory);
    struct kept_value wanted = {SPAN("d"), SPAN("4"), 0, 2000};
    memory_set(memory, memory_owner(memory, &SHOP), &wanted); /* what expired goes first */
    assert_span(kept(arena, memory), SPAN("flood/shop/late=gone@0 flood/shop/d=4@0 "));
    policy_memory_begin(memory);
    set(memory, &SHOP, "a", "5"); /* written again: now c is the oldest */
    set(memory, &SHOP, "e", "6");
    assert_span(kept(arena, memory),
                SPAN("flood/shop/a=5@0 flood/shop/c=gone@0 flood/shop/e=6@0 "));
    arena_free(&arena);
    policy_memory_free(&memory);
}

/* ---- bounds ---- */

static void test_a_flood_stays_within_the_bytes(void **state) {
    (void)state;
    struct policy_memory_limits limits = {
        .limit_entries = 2000, .kv_entries = 2000, .kv_bytes = 100000, .total_bytes = 1 << 20};
    struct policy_memory *memory = policy_memory_new(&limits);
    size_t fixed = policy_memory_bytes(memory), most = 0;
    char value[KV_VALUE_BYTES + 1];
    memset(value, '1', KV_VALUE_BYTES);
    value[KV_VALUE_BYTES] = '\0';
    uint64_t seed = 3;
    for (unsigned i = 0; i < 300000; i++) {
        struct key app = key_of(random_below(&seed, 30));
        struct memory_scope scope = {SPAN("flood"), span_of(app.text), i % 7 == 0, true};
        struct owner *owner = memory_owner(memory, &scope);
        if (!owner)
            continue;
        struct memory_limit limit = {
            .key = span_of(key_of(i).text), .burst = 9, .per_minute = 1, .cost = 1, .now_us = i};
        struct key key = key_of(i);
        limit.key = span_of(key.text);
        assert_true(memory_take(memory, owner, &limit));
        struct kept_value wanted = {
            span_of(key.text), {value, 1 + random_below(&seed, KV_VALUE_BYTES)}, 0, i};
        if (i % 3 == 0)
            memory_set(memory, owner, &wanted);
        size_t bytes = policy_memory_bytes(memory);
        most = bytes > most ? bytes : most;
    }
    /* Nobody was turned away at the start, the room was used, and it was enough. */
    assert_in_range(most - fixed, limits.total_bytes / 2, limits.total_bytes);
    policy_memory_free(&memory);
}

/* Whoever comes when all is taken still has its share; what others have stays. */
static void test_the_last_one_has_its_share(void **state) {
    (void)state;
    struct policy_memory_limits limits = {.limit_entries = 1000000,
                                          .kv_entries = 1000000,
                                          .kv_bytes = 1 << 30,
                                          .total_bytes = 1 << 20};
    struct policy_memory *memory = policy_memory_new(&limits);
    struct memory_limit limit = {.burst = 1, .per_minute = 1, .now_us = 1};
    for (unsigned i = 0; i < 100000; i++)
        assert_true(take(memory, &SHOP, key_of(i).text, limit));
    size_t before = memory_owner(memory, &SHOP)->limits.count;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(take(memory, &BANK, key_of(i).text, limit));
    const struct owner *bank = memory_owner(memory, &BANK);
    assert_in_range(bank->limits.count, 30, 100);
    assert_in_range(bank->bytes, 4096, OWNER_SHARE + 200);
    assert_int_equal(memory_owner(memory, &SHOP)->limits.count, before);
    /* Once what the first one took has come back, there is room again. */
    limit.now_us = 100000000;
    for (unsigned i = 0; i < 20000; i++)
        assert_true(take(memory, &BANK, key_of(i).text, limit));
    assert_in_range(bank->limits.count, 2000, 20000);
    policy_memory_free(&memory);
}

static void test_one_owner_too_many_is_refused_until_one_is_idle(void **state) {
    (void)state;
    struct policy_memory_limits limits = policy_memory_limits_default();
    limits.total_bytes = 1179648; /* sixteen */
    struct policy_memory *memory = policy_memory_new(&limits);
    struct memory_limit limit = {.burst = 1, .per_minute = 60, .now_us = 1};
    struct memory_scope scope = {.policy = SPAN("p")};
    for (unsigned i = 0; i < 16; i++) {
        struct key app = key_of(i);
        scope.app = span_of(app.text);
        assert_true(take(memory, &scope, "a", limit));
    }
    scope.app = SPAN("one more");
    assert_null(memory_owner(memory, &scope));
    limit.now_us = 3000000;
    scope.app = SPAN("key-3");
    assert_true(take(memory, &scope, "a", limit)); /* time passed: the others are full again */
    scope.app = SPAN("one more");
    assert_non_null(memory_owner(memory, &scope));
    scope.app = SPAN("key-3");
    limit.now_us = 3000001;
    assert_false(take(memory, &scope, "a", limit)); /* the one that was in use was not dropped */
    policy_memory_free(&memory);
}

static void test_a_judgement_of_its_own(void **state) {
    (void)state;
    struct policy_memory *memory = policy_memory_new(NULL);
    struct memory_limit once = {.burst = 1, .per_minute = 1, .now_us = 1};
    memory_begin(memory);
    assert_true(take(memory, &SHOP, "a", once));
    memory_end(memory, true); /* it waits: nothing happened */
    memory_begin(memory);
    assert_true(take(memory, &SHOP, "a", once));
    memory_end(memory, false);
    policy_memory_undo(memory); /* none is open */
    assert_false(take(memory, &SHOP, "a", once));
    policy_memory_begin(memory);
    memory_begin(memory);
    assert_true(take(memory, &SHOP, "b", once));
    memory_end(memory, false); /* only part of the judgement that is open */
    policy_memory_undo(memory);
    assert_true(take(memory, &SHOP, "b", once));
    policy_memory_free(&memory);
}

/* The paper's own example: the key and the text are the numbers from 0 up. */
static void test_the_hash_is_siphash(void **state) {
    (void)state;
    struct secret secret = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    char text[15];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    assert_true(secret_hash(&secret, (struct span){text, sizeof text}) == 0xa129ca6149be45e5);
    assert_true(secret_hash(&secret, SPAN_NONE) == 0x726fdb47dd0e0e31);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_are_those_of_a_naive_model),
        cmocka_unit_test(test_a_changed_limit_cuts_the_bucket_and_keeps_its_tokens),
        cmocka_unit_test(test_no_cost_beyond_the_burst),
        cmocka_unit_test(test_what_is_forgotten_is_what_forgives_least),
        cmocka_unit_test(test_policies_and_apps_are_apart),
        cmocka_unit_test(test_undo_restores_exactly),
        cmocka_unit_test(test_keep_tells_each_key_once),
        cmocka_unit_test(test_what_was_loaded_is_there_and_is_taken_out_again),
        cmocka_unit_test(test_what_makes_room_is_told_to_the_store),
        cmocka_unit_test(test_a_flood_stays_within_the_bytes),
        cmocka_unit_test(test_the_last_one_has_its_share),
        cmocka_unit_test(test_one_owner_too_many_is_refused_until_one_is_idle),
        cmocka_unit_test(test_a_judgement_of_its_own),
        cmocka_unit_test(test_the_hash_is_siphash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
