/* The store: what policies remember. */
#include "store_support.h"

#include "ports/store/fault.h"

struct place {
    char *folder;
    struct store *store;
    char listed[4096];
};

static int set_up(void **state) {
    struct place *place = must_calloc(1, sizeof *place);
    place->folder = folder_make();
    place->store = store_at(place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    store_close(&place->store);
    folder_remove(place->folder);
    free(place);
    return 0;
}

static void add_to_list(void *self, const struct kv_change *stored) {
    struct place *place = self;
    size_t used = strlen(place->listed);
    snprintf(place->listed + used, sizeof place->listed - used, "%.*s=%.*s/%lld ",
             SPAN_ARGS(stored->key), SPAN_ARGS(stored->value), (long long)stored->expires_ms);
}

/* The keys after the server's next start. */
static const char *list(struct place *place, int64_t now_ms) {
    store_close(&place->store);
    place->store = store_at(place->folder);
    place->listed[0] = '\0';
    assert_int_equal(store_kv_each(place->store, now_ms, add_to_list, place, NULL), 0);
    return place->listed;
}

static struct plan *keeping(uint64_t offset, const char *key, const char *value, int64_t expires) {
    struct plan *plan = plan_at(offset);
    plan->outcome = PLAN_DROPPED;
    plan_add_key(plan, key, value, expires);
    return plan;
}

static void keys_come_back_longest_unchanged_first(void **state) {
    struct place *place = *state;
    assert_string_equal(list(place, 0), "");
    struct plan *plan = keeping(1, "a", "1", 0);
    plan_add_key(plan, "b", "\"x\"", 0);
    plan_add_key(plan, "c", "true", 0);
    plan_add_key(plan, "a", "2", 0);
    commit_one(place->store, plan);
    assert_string_equal(list(place, 0), "b=\"x\"/0 c=true/0 a=2/0 ");
    commit_one(place->store, keeping(2, "b", "\"y\"", 0));
    commit_one(place->store, keeping(3, "a", NULL, 0));
    commit_one(place->store, keeping(4, "nobody's", NULL, 0));
    assert_string_equal(list(place, 0), "c=true/0 b=\"y\"/0 ");
}

static void every_policy_and_app_has_its_own(void **state) {
    struct place *place = *state;
    struct plan *plan = plan_at(1);
    struct kv_change kv[] = {
        {SPAN("one"), SPAN("a"), SPAN("k"), SPAN("1"), 0},
        {SPAN("one"), SPAN("b"), SPAN("k"), SPAN("2"), 0},
        {SPAN("two"), SPAN("a"), SPAN("k"), SPAN("3"), 0},
        {SPAN("two"), SPAN("a"), SPAN("K"), SPAN("4"), 0},
    };
    plan->kv = kv;
    plan->kv_count = 4;
    commit_one(place->store, plan);
    assert_string_equal(list(place, 0), "k=1/0 k=2/0 k=3/0 K=4/0 ");
    kv[1].value = SPAN_NONE;
    plan = plan_at(2);
    plan->kv = kv + 1;
    plan->kv_count = 1;
    commit_one(place->store, plan);
    assert_string_equal(list(place, 0), "k=1/0 k=3/0 K=4/0 ");
}

static void keys_that_are_over_go(void **state) {
    struct place *place = *state;
    struct plan *plan = keeping(1, "ever", "0", 0);
    int64_t now = plan->received_ms;
    plan_add_key(plan, "soon", "1", now + 1);
    plan_add_key(plan, "later", "2", now + 1000);
    commit_one(place->store, plan);
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM kv"), 3);
    list(place, now + 1);
    assert_null(strstr(place->listed, "soon"));
    assert_non_null(strstr(place->listed, "ever=0/0 later=2/"));
    assert_int_equal(query_at(place->folder, "SELECT count(*) FROM kv"), 2);
    /* Nobody has to start the server again for it. */
    plan = keeping(2, "new", "3", 0);
    plan->received_ms = now + 1000;
    commit_one(place->store, plan);
    assert_string_equal(list(place, 0), "ever=0/0 new=3/0 ");
}

static void keys_too_long_are_bad(void **state) {
    struct place *place = *state;
    char *long_text = must_calloc(1, KV_VALUE_BYTES + 2);
    memset(long_text, '7', KV_VALUE_BYTES + 1);
    for (int i = 0; i < 2; i++) {
        struct plan *plan = keeping(1, "k", long_text, 0);
        struct kv_change key = plan->kv[0];
        if (i == 1)
            key.key = (struct span){long_text, KV_KEY_BYTES + 1};
        key.value.size = i == 1 ? 1 : KV_VALUE_BYTES + 1;
        plan->kv = &key;
        assert_int_equal(commit_plans(place->store, &plan, 1, NULL), 0);
        assert_true(plan->is_bad && plan->seq == 0);
        plan_free(&plan);
    }
    struct plan *plan = keeping(1, "k", long_text, 0);
    ((struct kv_change *)plan->kv)->value.size = KV_VALUE_BYTES;
    commit_one(place->store, plan);
    free(long_text);
}

static void keys_that_cannot_be_read_are_said(void **state) {
    struct place *place = *state;
    struct why why = {""};
    commit_one(place->store, keeping(1, "k", "1", 0));
    store_set_fault(place->store, &(struct store_fault){STORE_FAULT_IO, .times = 1});
    assert_int_equal(store_kv_each(place->store, 0, add_to_list, place, &why), -1);
    assert_non_null(strstr(why.words, "could not read kept keys: the disk failed"));
    assert_string_equal(place->listed, "");
}

/* What try and replay ask beside a server at work. */
static void a_reader_sees_keys_and_mark(void **state) {
    struct place *place = *state;
    struct store_mark mark = {0};
    assert_int_equal(store_set_incarnation(place->store, INCARNATION, NULL), 0);
    struct plan *plan = keeping(3, "old", "1", 500);
    plan_add_key(plan, "new", "2", 2000);
    plan_add_key(plan, "ever", "3", 0);
    commit_one(place->store, plan);
    struct store_reader *reader = reader_at(place->folder);
    assert_int_equal(store_reader_kv_each(reader, 1000, add_to_list, place, NULL), 0);
    assert_string_equal(place->listed, "new=2/2000 ever=3/0 ");
    assert_int_equal(store_reader_mark(reader, &mark, NULL), 0);
    assert_true(mark.incarnation == INCARNATION && mark.has_offset && mark.offset == 3);
    store_reader_close(&reader);
    place->listed[0] = '\0';
    assert_string_equal(list(place, 0), "old=1/500 new=2/2000 ever=3/0 ");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(keys_come_back_longest_unchanged_first),
        CASE(every_policy_and_app_has_its_own),
        CASE(keys_that_are_over_go),
        CASE(keys_too_long_are_bad),
        CASE(keys_that_cannot_be_read_are_said),
        CASE(a_reader_sees_keys_and_mark),
    };
    return cmocka_run_group_tests_name("store kv", tests, NULL, NULL);
}
