/* One million decisions, and no byte more than before: build/bench/soak [DECISIONS [POLICIES]]
 *
 * Messages of many kinds (to users and groups, short and long, broken, in other alphabets, with
 * attributes of every shape) by 5,000 senders, judged by all shipped policies as the server judges
 * them. The first half by one set, so that what its Lua states keep would show; the second with a
 * reload every 1,000, so that what a reload leaves behind would. The memory of the Lua states, of
 * what policies remember, and of the process is measured after a tenth, and after each half: where
 * one of them grew, exit 1. */
#include "server/rehearsal.h"

#include "ports/policy/set.h"
#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DECISIONS = 1000000, SENDERS = 5000, RELOAD_EVERY = 1000, APART_MS = 20 };
/* What may differ without anything growing: where in its cycle a collector is, and the allocator's
 * own pieces. */
enum { STATES_SLACK = 1024 * 1024, KEPT_SLACK = 64 * 1024, PROCESS_SLACK = 4 * 1024 * 1024 };

struct soak {
    struct rehearsal rehearsal;
    uint64_t random;
    uint64_t outcomes[PLAN_REDIRECTED + 1], dead;
    size_t reloads;
};

static uint32_t pick(struct soak *soak, uint32_t below) {
    soak->random = soak->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(soak->random >> 33) % below;
}

static const char *const TEXTS[] = {
    "\"hello\"",
    "\"what the heck, see https://example.org/shop?id=17 and call +49 30 901820\"",
    "\"Grüße aus Köln, 你好, \\ud83d\\ude00\"",
    "\"4111 1111 1111 1111, jane@example.org, DE89 3704 0044 0532 0130 00\"",
    "5",
    "null",
    "[\"a\",\"b\"]",
    "{\"a\":{\"b\":[1,2,3]}}",
    "\"\"",
};
static const char *const ATTRIBUTES[] = {
    "{\"hiddenFor\":\"user-7\",\"lang\":\"en\"}",
    "{\"updateconversation\":false,\"deep\":{\"a\":{\"b\":{\"c\":[1.5,null,true]}}}}",
    "null",
    "\"no object\"",
    "{}",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span body_of(struct soak *soak, struct arena *arena) {
    const char *text = TEXTS[pick(soak, COUNT(TEXTS))];
    const char *attributes = ATTRIBUTES[pick(soak, COUNT(ATTRIBUTES))];
    static char filling[4000];
    memset(filling, 'x', sizeof filling);
    if (pick(soak, 100) == 0)
        return SPAN("{\"text\":\"cut");
    return arena_print(arena, "{\"text\":%s,\"type\":\"text\",\"attributes\":%s,\"more\":\"%.*s\"}",
                       text, attributes, (int)pick(soak, pick(soak, 10) ? 100 : sizeof filling),
                       filling);
}

/* Every third to a group: half of them are stored. */
static struct span key_of(struct soak *soak, struct arena *arena) {
    bool is_group = pick(soak, 3) == 0;
    return arena_print(
        arena, "apps.tilechat.outgoing.users.user-%" PRIu32 ".messages.%s%" PRIu32 ".outgoing",
        pick(soak, SENDERS), is_group ? "group-" : "user-", pick(soak, is_group ? 200 : SENDERS));
}

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)self, (void)app;
    return by.at[by.size - 1] == '3' && whom.at[whom.size - 1] == '5' ? FACT_FOUND : FACT_ABSENT;
}

static enum fact group(void *self, struct arena *arena, struct span app, struct span id,
                       struct group *out) {
    struct soak *soak = self;
    (void)app;
    if (!route_is_group_id(id) || id.at[id.size - 1] % 2)
        return FACT_ABSENT;
    *out = (struct group){.id = id, .owner = SPAN("user-1")};
    for (uint32_t i = pick(soak, 20); i > 0; i--)
        group_add(arena, out, arena_print(arena, "user-%" PRIu32, pick(soak, SENDERS)));
    return FACT_FOUND;
}

static void decide(struct soak *soak, uint64_t number) {
    struct plan *plan = plan_new();
    struct why why;
    rehearsal_at(&soak->rehearsal, soak->rehearsal.now_ms + APART_MS);
    plan->id = ident_make(1, number, 0);
    plan->received_ms = soak->rehearsal.now_ms;
    struct span key = key_of(soak, plan->arena), body = body_of(soak, plan->arena);
    struct rehearsed result = rehearsal_judge(&soak->rehearsal, plan, key, body, body.size, &why);
    check(result.end == REHEARSED || result.end == REHEARSED_DEAD);
    if (result.end == REHEARSED)
        soak->outcomes[plan->outcome]++;
    else
        soak->dead++;
    plan_free(&plan);
}

/* As a running server does it: the new set beside the old one. */
static void reload(struct soak *soak) {
    struct rehearsal *rehearsal = &soak->rehearsal;
    struct policy_host host = rehearsal->set->host;
    struct why why;
    struct policy_set *fresh =
        policy_set_load(rehearsal->config.policies, &host, rehearsal->memory, &why);
    check(fresh);
    policy_set_free(&rehearsal->set);
    rehearsal->set = rehearsal->judge.policies = fresh;
    soak->reloads++;
}

struct usage {
    size_t states, kept, process;
};

static size_t resident(void) {
    char text[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    check(file && fgets(text, sizeof text, file));
    fclose(file);
    const char *second = strchr(text, ' ');
    check(second);
    return strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static struct usage usage_now(const struct soak *soak) {
    const struct policy_set *set = soak->rehearsal.set;
    struct usage usage = {.kept = policy_memory_bytes(soak->rehearsal.memory)};
    for (size_t i = 0; i < set->count; i++)
        usage.states += set->policies[i].state->used;
    malloc_trim(0);
    usage.process = resident();
    return usage;
}

static bool has_grown(const char *what, size_t before, size_t now, size_t slack) {
    bool grew = now > before + slack;
    printf("%-26s %10zu -> %10zu bytes  %s\n", what, before, now, grew ? "GREW" : "flat");
    return grew;
}

static struct usage run(struct soak *soak, uint64_t from, uint64_t to, bool reloads) {
    for (uint64_t i = from; i < to; i++) {
        if (reloads && i % RELOAD_EVERY == 0)
            reload(soak);
        decide(soak, i);
    }
    return usage_now(soak);
}

static void print_outcomes(const struct soak *soak, uint64_t decisions) {
    printf("%" PRIu64 " decisions, %zu reloads:", decisions, soak->reloads);
    for (int i = 0; i <= PLAN_REDIRECTED; i++)
        if (soak->outcomes[i])
            printf(" %s %" PRIu64, plan_outcome_name((enum plan_outcome)i), soak->outcomes[i]);
    printf(" dead %" PRIu64 "\n", soak->dead);
}

static bool compare(const char *when, struct usage before, struct usage now) {
    printf("%s\n", when);
    bool grew = has_grown("  Lua states", before.states, now.states, STATES_SLACK);
    grew |= has_grown("  what policies remember", before.kept, now.kept, KEPT_SLACK);
    grew |= has_grown("  the process", before.process, now.process, PROCESS_SLACK);
    return grew;
}

static int soak_all(struct soak *soak, uint64_t decisions) {
    struct usage start = run(soak, 0, decisions / 10, false);
    struct usage half = run(soak, decisions / 10, decisions / 2, false);
    struct usage end = run(soak, decisions / 2, decisions, true);
    print_outcomes(soak, decisions);
    bool grew = compare("from a tenth to a half, by one set", start, half);
    grew |= compare("from a half to the end, with reloads", half, end);
    return grew ? 1 : 0;
}

int main(int argc, char **argv) {
    struct soak soak = {.random = 42};
    struct facts facts = {.self = &soak, .blocked = blocked, .group = group};
    struct rehearsal_choice choice = {.policies = argc > 2 ? argv[2] : "policies", .facts = &facts};
    uint64_t decisions = argc > 1 ? strtoull(argv[1], NULL, 10) : DECISIONS;
    struct span problems = SPAN_NONE;
    unsetenv("CHAT21D_CONFIG");
    setenv("APP_ID", "tilechat", 1);
    if (rehearsal_open(&soak.rehearsal, &choice, &problems)) {
        fprintf(stderr, "%.*s\n", SPAN_ARGS(problems));
        return 1;
    }
    int rc = soak_all(&soak, decisions);
    rehearsal_close(&soak.rehearsal);
    return rc;
}
