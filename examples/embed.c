/* embed: the policy engine inside a program of one's own, without broker, store or server.
 *
 *     build/examples/embed policies ann ben '{"text":"hello"}'     the body may come on stdin
 *
 * Asks a folder of policies about one message and prints the verdict. Exit 0: it passes; 1: it does
 * not; 2: the folder or the body is no good. Links build/libchat21policy.a and the ENGINE_LIBS of
 * the Makefile. A host of your own answers `facts` from wherever it keeps blocks and groups, and
 * reloads by loading a second set beside the first, with the same memory. */
#include "ports/policy.h"

#include <stdio.h>
#include <string.h>

static int complain(const char *what, const struct why *why) {
    fprintf(stderr, "embed: %s%s\n", what, why ? why->words : "");
    return 2;
}

static struct span read_body(struct arena *arena, const char *argument) {
    enum { MOST = 1 << 20 };
    if (argument)
        return span_of(argument);
    char *bytes = arena_take(arena, MOST);
    return (struct span){bytes, fread(bytes, 1, MOST, stdin)};
}

static int print_verdict(const struct verdict *verdict) {
    printf("%s", policy_verb_name(verdict->verb));
    if (verdict->code.at)
        printf(" %.*s", SPAN_ARGS(verdict->code));
    if (verdict->reason.at)
        printf(": %.*s", SPAN_ARGS(verdict->reason));
    if (verdict->policy.at)
        printf(" (%.*s)", SPAN_ARGS(verdict->policy));
    if (verdict->redirect.at)
        printf(" to %.*s", SPAN_ARGS(verdict->redirect));
    printf("\n");
    if (verdict->is_rewritten)
        printf("%.*s\n", SPAN_ARGS(verdict->body));
    return verdict->verb == VERB_NONE ? 0 : 1;
}

static int judge(struct policy_set *set, struct arena *arena, char **arguments) {
    struct why why;
    enum json_type type;
    struct policy_question question = {.event = POLICY_MESSAGE,
                                       .app = SPAN("example"),
                                       .sender = span_of(arguments[2]),
                                       .recipient = span_of(arguments[3]),
                                       .body = read_body(arena, arguments[4]),
                                       .now_ms = clock_wall_ms(&clock_real)};
    if (json_check(question.body, &type, &why) < 0)
        return complain("", &why);
    if (type != JSON_OBJECT)
        return complain("the body must be a JSON object", NULL);
    struct verdict verdict;
    policy_decide(set, arena, &question, &verdict);
    return print_verdict(&verdict);
}

int main(int count, char **arguments) {
    if (count < 4)
        return complain("usage: embed POLICIES SENDER RECIPIENT [BODY]", NULL);
    struct policy_host host = {.limits = policy_limits_default(), .clock = &clock_real};
    struct policy_memory *memory = policy_memory_new(NULL);
    struct why why;
    struct policy_set *set = policy_set_load(arguments[1], &host, memory, &why);
    struct arena *arena = arena_new();
    int rc = set ? judge(set, arena, arguments) : complain("", &why);
    arena_free(&arena);
    policy_set_free(&set);
    policy_memory_free(&memory);
    return rc;
}
