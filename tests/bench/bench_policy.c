/* What a decision costs: build/bench/bench_policy [FOLDER]
 *
 * Nanoseconds of CPU per decision for an empty policy, for some small ones and for a realistic one,
 * each alone in a set, on a 411-byte message; with FOLDER, for the whole set that lies there,
 * without and with a trace. Read the ratios: machines differ. */
#include "ports/policy.h"
#include "words/check.h"
#include "words/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char BODY[] =
    "{\"text\":\"Hello, I would like to know when my order number 4711 will be sent, please\","
    "\"type\":\"text\",\"recipient_fullname\":\"Support\",\"sender_fullname\":\"Jane Doe\","
    "\"attributes\":{\"projectId\":\"5f8e6c1a\",\"userEmail\":\"jane@example.org\","
    "\"client\":\"Mozilla/5.0\",\"sourcePage\":\"https://example.org/shop?id=17\",\"masked\":null},"
    "\"metadata\":null,\"channel_type\":\"direct\",\"message_id\":\"00000000-0000-8000-8000-"
    "000000000000\",\"sender\":\"U1\",\"recipient\":\"U2\",\"app_id\":\"tilechat\","
    "\"timestamp\":1700000000000}";

static const struct {
    const char *name, *decide;
} POLICIES[] = {
    {"empty", ""},
    {"one field", "if msg.text == 'x' then return nil end"},
    {"block list", "if ctx.blocked(msg.recipient, msg.sender) then "
                   "return { verb = 'drop', reason = 'blocked' } end"},
    {"rate limit", "if not ctx.limit(msg.sender, 1000000000, 1000000) then "
                   "return { verb = 'reject', code = 'rate', reason = 'too many' } end"},
    {"nested", "if msg.attributes and msg.attributes.projectId == 'x' then return nil end"},
    {"reject", "return { verb = 'reject', code = 'no', reason = 'not today' }"},
    {"rewrite", "return { verb = 'rewrite', set = { ['attributes.masked'] = 1 } }"},
    {"realistic", "if ctx.blocked(msg.recipient, msg.sender) then "
                  "return { verb = 'drop', reason = 'blocked' } end "
                  "if not ctx.limit(msg.sender, 1000000000, 1000000) then "
                  "return { verb = 'reject', code = 'rate', reason = 'too many' } end "
                  "local text, n = msg.text:gsub('%d%d%d+', '***') "
                  "if n == 0 or not msg.attributes.projectId then return nil end "
                  "return { verb = 'rewrite', set = { text = text, "
                  "['attributes.masked'] = n } }"},
    {"error", "error('no')"},
    {"endless", "while true do end"},
};

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    (void)self, (void)app, (void)by, (void)whom;
    return FACT_ABSENT;
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* CPU time: other processes do not count. */
static int64_t busy_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void measure(const char *name, const char *folder, bool traces) {
    struct policy_host host = {
        .limits = policy_limits_default(), .clock = &clock_real, .facts = {.blocked = blocked}};
    struct policy_memory *memory = policy_memory_new(NULL);
    struct why why;
    struct policy_set *set = policy_set_load(folder, &host, memory, &why);
    if (!set) {
        puts(why.words);
        exit(1);
    }
    struct policy_question question = {.event = POLICY_MESSAGE,
                                       .body = span_of(BODY),
                                       .app = SPAN("tilechat"),
                                       .sender = SPAN("U1"),
                                       .recipient = SPAN("U2"),
                                       .now_ms = 1700000000000};
    struct verdict verdict = {.units = 0};
    int64_t started = busy_us(), took = 0;
    long count = 0;
    for (; took < 500000; count += 100) {
        for (int i = 0; i < 100; i++) {
            struct arena *arena = arena_new();
            struct policy_share share = policy_share_start(set, 0);
            share.trace = traces ? arena_take(arena, sizeof *share.trace) : NULL;
            if (traces)
                share.trace->step_count = share.trace->asked_count = 0;
            question.share = &share;
            policy_decide(set, arena, &question, &verdict);
            arena_free(&arena);
        }
        took = busy_us() - started;
    }
    printf("%-12s %9.0f ns  %7u units\n", name, (double)took * 1000 / (double)count, verdict.units);
    policy_set_free(&set);
    policy_memory_free(&memory);
}

int main(int argc, char **argv) {
    log_set_level(LOG_ERROR);
    if (argc > 1) {
        measure(argv[1], argv[1], false);
        measure("traced", argv[1], true);
        return 0;
    }
    char folder[] = "/tmp/bench-policy-XXXXXX", manifest[64], policy[64], text[2048];
    check(mkdtemp(folder));
    snprintf(manifest, sizeof manifest, "%s/manifest.lua", folder);
    snprintf(policy, sizeof policy, "%s/x.lua", folder);
    put(manifest, "return { { \"x\" } }");
    for (size_t i = 0; i < sizeof POLICIES / sizeof POLICIES[0]; i++) {
        snprintf(text, sizeof text,
                 "return { name = 'x', on = 'message', decide = function(msg, ctx) %s end }",
                 POLICIES[i].decide);
        put(policy, text);
        measure(POLICIES[i].name, folder, false);
    }
    check(unlink(manifest) == 0 && unlink(policy) == 0 && rmdir(folder) == 0);
    return 0;
}
