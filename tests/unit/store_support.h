/* What the store's tests share: a folder of their own, and plans made in one line. */
#ifndef CHAT21D_TEST_STORE_SUPPORT_H
#define CHAT21D_TEST_STORE_SUPPORT_H

#include "ports/outbox.h"
#include "ports/store.h"
#include "words/check.h"
#include "words/hash.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

/* Only to look at what no call of the store shows. */
#include <sqlite3.h>

#define INCARNATION UINT64_C(0x123456789abcdef)

static inline char *folder_make(void) {
    const char *base = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/chat21d-store.XXXXXX", base ? base : "/tmp");
    check(mkdtemp(path));
    return must_strdup(path);
}

static inline void folder_remove(char *folder) {
    static const char *const NAMES[] = {"chat21d.db", "chat21d.db-wal", "chat21d.db-shm"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        unlink(path);
    }
    rmdir(folder);
    free(folder);
}

static inline struct store *store_at(const char *folder) {
    struct why why = {""};
    struct store *store = store_open(folder, false, &why);
    if (!store)
        fail_msg("%s", why.words);
    return store;
}

/* Somebody is told of everything that happens. */
static inline void tell_of_all(struct store *store) {
    static const struct outbox_endpoint ENDPOINT = {SPAN("https://one.example/"), UINT32_MAX};
    static const struct outbox_settings SETTINGS = {.endpoints = &ENDPOINT,
                                                    .endpoint_count = 1,
                                                    .rows_max = 1000,
                                                    .bytes_max = 1000000,
                                                    .age_max_ms = 1000000000,
                                                    .dead_max = 1000};
    struct why why = {""};
    if (outbox_use(store, &SETTINGS, &why) < 0)
        fail_msg("%s", why.words);
}

static inline struct store_reader *reader_at(const char *folder) {
    struct why why = {""};
    struct store_reader *reader = store_reader_open(folder, &why);
    if (!reader)
        fail_msg("%s", why.words);
    return reader;
}

/* A plan of the stream without copies. */
static inline struct plan *plan_at(uint64_t offset) {
    struct plan *plan = plan_new();
    plan->origin = (struct origin){INCARNATION, offset, offset * 7 + 1};
    plan->id = ident_make(INCARNATION, offset, 0);
    plan->app = SPAN("tilechat");
    plan->received_ms = 1700000000000 + (int64_t)offset;
    plan->generation = UINT64_C(0xfedcba9876543210);
    plan->updates_conversation = true;
    return plan;
}

static inline void plan_set_body(struct plan *plan, const char *text) {
    struct stamp stamp = {plan->id, plan->sender, plan->recipient, plan->app, plan->received_ms};
    struct span quoted = json_quote(plan->arena, span_of(text));
    plan->body = message_stamp(
        plan->arena, arena_print(plan->arena, "{\"text\":%.*s}", SPAN_ARGS(quoted)), &stamp);
}

static inline void plan_add_copy(struct plan *plan, const char *owner, const char *other,
                                 int status) {
    struct plan_copy *copies = arena_array(plan->arena, plan->copy_count + 1, sizeof *copies);
    if (plan->copy_count)
        memcpy(copies, plan->copies, plan->copy_count * sizeof *copies);
    copies[plan->copy_count++] = (struct plan_copy){
        arena_copy(plan->arena, span_of(owner)), arena_copy(plan->arena, span_of(other)), status};
    plan->copies = copies;
}

static inline void plan_set_effect(struct plan *plan, struct plan_effect effect) {
    plan->effects = arena_array(plan->arena, 1, sizeof *plan->effects);
    plan->effects[0] = effect;
    plan->effect_count = 1;
    plan->outcome = PLAN_APPLIED;
}

/* Nothing but an effect. */
static inline struct plan *plan_effecting(uint64_t offset, struct plan_effect effect) {
    struct plan *plan = plan_at(offset);
    plan_set_effect(plan, effect);
    return plan;
}

/* A direct message with its two copies. */
static inline struct plan *plan_direct(uint64_t offset, const char *from, const char *to,
                                       const char *text) {
    struct plan *plan = plan_at(offset);
    plan->sender = arena_copy(plan->arena, span_of(from));
    plan->recipient = arena_copy(plan->arena, span_of(to));
    plan_set_body(plan, text);
    plan_add_copy(plan, from, to, STATUS_SENT);
    plan_add_copy(plan, to, from, STATUS_DELIVERED);
    return plan;
}

static inline int commit_plans(struct store *store, struct plan **plans, size_t count,
                               struct why *why) {
    struct store_batch batch = {.plans = plans, .count = count};
    if (count) {
        batch.has_passed = true;
        batch.passed = plans[count - 1]->origin;
    }
    return store_commit(store, &batch, why);
}

/* Commits one plan that must go in, and frees it. Its seq. */
static inline int64_t commit_one(struct store *store, struct plan *plan) {
    struct why why = {""};
    if (commit_plans(store, &plan, 1, &why) < 0)
        fail_msg("%s", why.words);
    assert_false(plan->is_bad);
    int64_t seq = plan->seq;
    plan_free(&plan);
    return seq;
}

static inline void confirm(struct store *store, int64_t seq) {
    struct store_batch batch = {.confirmed_seq = seq};
    assert_int_equal(store_commit(store, &batch, NULL), 0);
}

/* The JSON of one entry of a timeline, newest first; NULL: there is none. In the arena. */
static inline const char *entry_at(const char *folder, struct arena *arena, const char *owner,
                                   const char *other, size_t index) {
    struct store_reader *reader = reader_at(folder);
    struct store_entry *entries;
    size_t count;
    struct why why = {""};
    int rc = store_history(reader, arena, SPAN("tilechat"), span_of(owner), span_of(other), 0, 200,
                           &entries, &count, &why);
    store_reader_close(&reader);
    if (rc < 0)
        fail_msg("%s", why.words);
    return index < count ? arena_string(arena, entries[index].json) : NULL;
}

static inline int64_t count_at(const char *folder, const char *owner, const char *other) {
    struct store_reader *reader = reader_at(folder);
    int64_t count = -1;
    assert_int_equal(
        store_history_count(reader, SPAN("tilechat"), span_of(owner), span_of(other), &count, NULL),
        0);
    store_reader_close(&reader);
    return count;
}

/* A child of `parent` that a policy caused: a reply to the sender, with one copy. */
static inline struct plan *plan_reply(const struct plan *parent, unsigned child) {
    struct plan *plan = plan_new();
    plan->origin = parent->origin;
    plan->child = child;
    plan->hops = parent->hops + 1;
    plan->id = ident_make(parent->origin.incarnation, parent->origin.offset, child);
    plan->app = SPAN("tilechat");
    plan->sender = SPAN("system");
    plan->recipient = arena_copy(plan->arena, parent->sender);
    plan->received_ms = parent->received_ms;
    plan->updates_conversation = true;
    plan_set_body(plan, "a reply");
    plan_add_copy(plan, arena_string(plan->arena, plan->recipient), "system", STATUS_DELIVERED);
    return plan;
}

static inline void plan_add_child(struct plan *plan, struct plan *child) {
    struct plan **children = arena_array(plan->arena, plan->child_count + 1, sizeof *children);
    if (plan->child_count)
        memcpy(children, plan->children, plan->child_count * sizeof *children);
    children[plan->child_count++] = child;
    plan->children = children;
}

/* The plan waits instead of being delivered. */
static inline struct plan *plan_put_off(struct plan *plan, enum plan_outcome outcome,
                                        int64_t due_ms) {
    plan->outcome = outcome;
    plan->copy_count = 0;
    plan->policy = SPAN("later");
    plan->wait = (struct plan_wait){.due_ms = due_ms, .times = 1, .next_child = 1};
    return plan;
}

static inline struct plan *plan_deferred(uint64_t offset, const char *from, const char *to,
                                         int64_t due_ms) {
    return plan_put_off(plan_direct(offset, from, to, "later"), PLAN_DEFERRED, due_ms);
}

static inline void plan_add_key(struct plan *plan, const char *key, const char *value,
                                int64_t expires_ms) {
    struct kv_change *kv = arena_array(plan->arena, plan->kv_count + 1, sizeof *kv);
    if (plan->kv_count)
        memcpy(kv, plan->kv, plan->kv_count * sizeof *kv);
    kv[plan->kv_count++] =
        (struct kv_change){SPAN("counter"), SPAN("tilechat"), arena_copy(plan->arena, span_of(key)),
                           value ? arena_copy(plan->arena, span_of(value)) : SPAN_NONE, expires_ms};
    plan->kv = kv;
}

static inline sqlite3 *connect_to(const char *folder, int flags) {
    sqlite3 *connection = NULL;
    char path[300];
    snprintf(path, sizeof path, "%s/chat21d.db", folder);
    assert_int_equal(sqlite3_open_v2(path, &connection, flags, NULL), SQLITE_OK);
    return connection;
}

static inline int64_t query_at(const char *folder, const char *sql) {
    sqlite3_stmt *statement = NULL;
    sqlite3 *connection = connect_to(folder, SQLITE_OPEN_READONLY);
    assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    int64_t number = INT64_MIN;
    if (sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return number;
}

static inline void mix_in(uint64_t *digest, const unsigned char *bytes, int size) {
    *digest = hash_add(*digest, (struct span){(const char *)bytes, (size_t)size});
    *digest = hash_add(*digest, SPAN("\x1f"));
}

static inline void mix_in_rows(uint64_t *digest, sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            mix_in(digest, text, sqlite3_column_bytes(statement, i));
        }
    sqlite3_finalize(statement);
}

/* Of everything that is in the store: two are equal where no row was added, changed or lost. */
static inline uint64_t digest_of(const char *folder) {
    uint64_t digest = HASH_START;
    sqlite3 *connection = connect_to(folder, SQLITE_OPEN_READONLY);
    static const char *const TABLES[] = {"mark",   "plan",     "conversation",    "timeline",
                                         "letter", "block",    "chat_group",      "waiting",
                                         "kv",     "presence", "foreign_message", "client_message"};
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2", TABLES[i]);
        mix_in_rows(&digest, connection, sql);
    }
    sqlite3_close(connection);
    return digest;
}

static inline void assert_span(struct span found, const char *expected) {
    if (!span_is(found, expected))
        fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARGS(found), expected);
}

static inline void assert_same_span(struct span found, struct span expected) {
    if (!found.at || !expected.at)
        assert_true(!found.at && !expected.at);
    else if (!span_equal(found, expected))
        fail_msg("\"%.*s\" is not \"%.*s\"", SPAN_ARGS(found), SPAN_ARGS(expected));
}

#endif
