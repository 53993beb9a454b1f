/* What the store's tests share: a folder of their own, and plans made in one line. */
#ifndef CHAT21D_TEST_STORE_SUPPORT_H
#define CHAT21D_TEST_STORE_SUPPORT_H

#include "ports/store.h"
#include "words/check.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

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

static inline void plan_add_letter(struct plan *plan, struct plan_letter letter) {
    struct plan_letter *letters = arena_array(plan->arena, plan->letter_count + 1, sizeof *letters);
    if (plan->letter_count)
        memcpy(letters, plan->letters, plan->letter_count * sizeof *letters);
    letters[plan->letter_count++] = letter;
    plan->letters = letters;
}

static inline void plan_set_effect(struct plan *plan, struct plan_effect effect) {
    plan->effects = arena_array(plan->arena, 1, sizeof *plan->effects);
    plan->effects[0] = effect;
    plan->effect_count = 1;
    plan->outcome = PLAN_APPLIED;
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
