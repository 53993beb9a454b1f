#include "memory.h"

#include "digest.h"
#include "meaning/bucket.h"
#include "standing.h"
#include "words/check.h"

#include <stdlib.h>
#include <sys/random.h>

/* Buckets stand apart for each policy and app, so that one app's senders cannot crowd out
 * another's; whoever comes after the last table shares one. */
enum { TABLES = 64, TABLE_ENTRIES = 16384, COUNTERS = 256 };
/* The questions of late that took tokens: see memory_begin. */
enum { RECENT = 64, GRANTS = 8 };

struct table {
    uint64_t owner; /* digest of policy and app */
    struct buckets *buckets;
};

struct grant {
    uint64_t key;
    bool is_granted;
    bool is_used;
};

struct recent {
    uint64_t question, message;
    bool is_again; /* it waited, so it will be asked again */
    unsigned count;
    struct grant grants[GRANTS];
};

struct policy_memory {
    uint64_t seed;
    int64_t now_us; /* buckets must not see time go back */
    struct table tables[TABLES + 1];
    size_t table_count;
    struct standings *standings;
    struct policy_counter counters[COUNTERS];
    size_t counter_count;
    struct recent recent[RECENT];
    size_t newest;
    const struct policy_question *question; /* that is being decided */
    struct recent *current;                 /* its place, once it took a token */
};

struct policy_memory *policy_memory_new(const struct policy_memory_limits *limits) {
    (void)limits;
    struct policy_memory *memory = must_calloc(1, sizeof *memory);
    memory->standings = standings_new();
    check(getrandom(&memory->seed, sizeof memory->seed, 0) == sizeof memory->seed);
    return memory;
}

void policy_memory_free(struct policy_memory **memory) {
    if (!*memory)
        return;
    for (size_t i = 0; i < (*memory)->table_count; i++)
        buckets_free(&(*memory)->tables[i].buckets);
    for (size_t i = 0; i < (*memory)->counter_count; i++) {
        free((char *)(*memory)->counters[i].policy);
        free((char *)(*memory)->counters[i].name);
    }
    standings_free(&(*memory)->standings);
    free(*memory);
    *memory = NULL;
}

struct standings *memory_standings(const struct policy_memory *memory) {
    return memory->standings;
}

/* ---- questions asked again ---- */

static uint64_t question_digest(const struct policy_memory *memory,
                                const struct policy_question *question) {
    uint64_t digest = digest_add(memory->seed ^ (uint64_t)question->event, question->app);
    digest = digest_add(digest, question->owner);
    digest = digest_add(digest, question->sender);
    return digest_add(digest, question->body);
}

/* The same for a message and each of its copies. */
static uint64_t message_digest(const struct policy_memory *memory,
                               const struct policy_question *question) {
    uint64_t digest = digest_add(memory->seed, question->app);
    digest = digest_add(digest, question->sender);
    digest = digest_add(digest, question->recipient);
    struct json_value id;
    bool has_id = json_find(question->body, SPAN("message_id"), &id);
    return digest_add(digest, has_id ? id.text : question->body);
}

void memory_begin(struct policy_memory *memory, const struct policy_question *question) {
    memory->question = question;
    memory->current = NULL;
}

void memory_end(struct policy_memory *memory, bool waits) {
    if (waits) {
        uint64_t message = message_digest(memory, memory->question);
        for (size_t i = 0; i < RECENT; i++)
            if (memory->recent[i].message == message)
                memory->recent[i].is_again = true;
    } else if (memory->current) {
        memory->current->is_again = false;
    }
    memory->question = NULL;
    memory->current = NULL;
}

static struct recent *find_current(struct policy_memory *memory) {
    if (memory->current)
        return memory->current;
    uint64_t question = question_digest(memory, memory->question);
    for (size_t i = 0; i < RECENT; i++) {
        struct recent *recent = &memory->recent[i];
        if (!recent->is_again || recent->question != question)
            continue;
        for (unsigned j = 0; j < recent->count; j++)
            recent->grants[j].is_used = false;
        return memory->current = recent;
    }
    memory->newest = (memory->newest + 1) % RECENT;
    memory->current = &memory->recent[memory->newest];
    *memory->current =
        (struct recent){.question = question, .message = message_digest(memory, memory->question)};
    return memory->current;
}

/* What the same question was told about `key` the last time it was asked; NULL: it was not. */
static const struct grant *granted_before(struct recent *current, uint64_t key) {
    for (unsigned i = 0; i < current->count; i++) {
        struct grant *grant = &current->grants[i];
        if (!grant->is_used && grant->key == key) {
            grant->is_used = true;
            return grant;
        }
    }
    return NULL;
}

static void remember(struct recent *current, uint64_t key, bool is_granted) {
    if (current->count < GRANTS)
        current->grants[current->count++] =
            (struct grant){.key = key, .is_granted = is_granted, .is_used = true};
}

/* ---- buckets ---- */

static struct buckets *table_of(struct policy_memory *memory, uint64_t owner) {
    for (size_t i = 0; i < memory->table_count; i++)
        if (memory->tables[i].owner == owner || i == TABLES)
            return memory->tables[i].buckets;
    struct table *table = &memory->tables[memory->table_count++];
    table->owner = owner;
    table->buckets = buckets_new(TABLE_ENTRIES, memory->seed);
    return table->buckets;
}

bool memory_take(struct policy_memory *memory, const struct memory_limit *limit) {
    uint64_t owner = digest_add(digest_add(memory->seed, limit->policy), limit->app);
    uint64_t key = digest_add(owner, limit->key);
    struct recent *current = find_current(memory);
    const struct grant *before = granted_before(current, key);
    if (before)
        return before->is_granted;
    if (limit->now_us > memory->now_us)
        memory->now_us = limit->now_us;
    /* The digest is the bucket's name: it holds the owner, too, for the table that is shared. */
    struct span name = {(const char *)&key, sizeof key};
    bool is_granted = buckets_take(table_of(memory, owner), name, limit->burst, limit->per_minute,
                                   memory->now_us);
    remember(current, key, is_granted);
    return is_granted;
}

/* ---- counters ---- */

static struct policy_counter *find_counter(struct policy_memory *memory, struct span policy,
                                           struct span name) {
    for (size_t i = 0; i < memory->counter_count; i++) {
        struct policy_counter *counter = &memory->counters[i];
        if (span_is(name, counter->name) && span_is(policy, counter->policy))
            return counter;
    }
    return NULL;
}

void memory_count(struct policy_memory *memory, struct span policy, struct span name) {
    struct policy_counter *counter = find_counter(memory, policy, name);
    if (!counter && memory->counter_count == COUNTERS)
        counter = &memory->counters[COUNTERS - 1];
    if (!counter) {
        bool is_last = memory->counter_count == COUNTERS - 1;
        counter = &memory->counters[memory->counter_count++];
        counter->policy = must_strdup(is_last ? "other" : policy.at);
        counter->name = is_last ? must_strdup("other") : strndup(name.at, name.size);
        check(counter->name);
    }
    counter->count++;
}

size_t policy_memory_counters(const struct policy_memory *memory,
                              const struct policy_counter **counters) {
    *counters = memory->counters;
    return memory->counter_count;
}
