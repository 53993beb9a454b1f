#include "server/status_print.h"

#include "server/ask.h"
#include "server/commands.h"
#include "words/json.h"

#include <time.h>

/* ---- words for numbers ---- */

struct span status_duration(struct arena *arena, int64_t ms) {
    static const struct {
        int64_t seconds;
        const char *name, *part;
        int64_t part_seconds;
    } UNITS[] = {{86400, "d", "h", 3600}, {3600, "h", "min", 60}, {60, "min", "s", 1}};
    int64_t seconds = ms > 0 ? ms / 1000 : 0;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (seconds >= UNITS[i].seconds)
            return arena_print(
                arena, "%lld %s %lld %s", (long long)(seconds / UNITS[i].seconds), UNITS[i].name,
                (long long)(seconds % UNITS[i].seconds / UNITS[i].part_seconds), UNITS[i].part);
    return arena_print(arena, "%lld s", (long long)seconds);
}

struct span status_bytes(struct arena *arena, int64_t bytes) {
    static const char *const UNITS[] = {"KB", "MB", "GB"};
    double size = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024)
        return arena_print(arena, "%lld bytes", (long long)bytes);
    for (; size >= 1024 && unit < 2; unit++)
        size /= 1024;
    return arena_print(arena, "%.1f %s", size, UNITS[unit]);
}

struct span status_time(struct arena *arena, int64_t ms) {
    char text[32] = "(no time)";
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    return arena_copy(arena, span_of(text));
}

/* ---- lines ---- */

static void style(enum style which) {
    fputs(command_style(stdout, which), stdout);
}

static void title(const char *name) {
    style(STYLE_BOLD);
    printf("%-11s", name);
    style(STYLE_PLAIN);
}

/* Everything that a user or a policy may have had a hand in. */
static void print_span(struct span text) {
    command_print(stdout, text);
}

static void print_coloured(enum style colour, struct span text) {
    style(colour);
    print_span(text);
    style(STYLE_PLAIN);
}

static void print_server(struct arena *arena, struct span status) {
    int64_t up = answer_number(status, "now_ms") - answer_number(status, "started_ms");
    struct span state = answer_text(arena, status, "broker.state");
    struct span reason = answer_text(arena, status, "broker.reason");
    title("server");
    printf("chat21d %.*s, pid %lld, up %.*s\n", SPAN_ARGS(answer_text(arena, status, "version")),
           (long long)answer_number(status, "pid"), SPAN_ARGS(status_duration(arena, up)));
    title("broker");
    print_coloured(span_is(state, "open") ? STYLE_GREEN : STYLE_RED,
                   span_is(state, "open") ? SPAN("connected") : state);
    if (reason.at) {
        fputs(": ", stdout);
        print_span(reason);
    }
    putchar('\n');
}

static void print_logins(struct arena *arena, struct span status) {
    struct json_value list;
    if (!json_find(status, SPAN("logins"), &list))
        return;
    for (struct json_walk walk = json_walk(list.text); json_next(&walk);) {
        struct span login = walk.value.text;
        int64_t left = answer_number(login, "until_ms") - answer_number(status, "now_ms");
        bool is_due = span_is(answer_text(arena, login, "due"), "true");
        title("token");
        print_coloured(
            is_due ? STYLE_RED : STYLE_PLAIN,
            left > 0 ? arena_print(arena, "good for %.*s", SPAN_ARGS(status_duration(arena, left)))
                     : SPAN("over"));
        printf(" (login %.*s), renewed by %.*s\n", SPAN_ARGS(answer_text(arena, login, "name")),
               SPAN_ARGS(answer_text(arena, login, "renewed_by")));
    }
}

static void print_attention(struct arena *arena, struct span status) {
    struct json_value list;
    if (!json_find(status, SPAN("attention"), &list))
        return;
    for (struct json_walk walk = json_walk(list.text); json_next(&walk);) {
        title("attention");
        print_coloured(STYLE_RED, json_unquote(arena, walk.value.text));
        putchar('\n');
    }
}

static void print_set(struct arena *arena, struct span status) {
    int64_t now = answer_number(status, "now_ms");
    struct span refused = answer_text(arena, status, "policies.refused");
    title("policies");
    printf("generation %.*s, in force for %.*s\n",
           SPAN_ARGS(answer_text(arena, status, "policies.generation")),
           SPAN_ARGS(status_duration(arena, now - answer_number(status, "policies.since_ms"))));
    if (!refused.at)
        return;
    printf("%-11sa reload was refused %.*s ago: ", "",
           SPAN_ARGS(status_duration(arena, now - answer_number(status, "policies.refused_ms"))));
    print_coloured(STYLE_RED, refused);
    putchar('\n');
}

/* What a call costs, on average. */
static double mean(struct span policy, const char *of) {
    int64_t asked = answer_number(policy, "asked");
    return asked ? (double)answer_number(policy, of) / (double)asked : 0;
}

static void print_policy(struct arena *arena, struct span policy) {
    struct span error = answer_text(arena, policy, "last_error");
    struct span mode = span_is(answer_text(arena, policy, "set_aside"), "true")
                           ? SPAN("set aside")
                           : answer_text(arena, policy, "mode");
    int64_t errors = answer_number(policy, "errors");
    printf("  %-24.*s %-9.*s %-12.*s %10lld ", SPAN_ARGS(answer_text(arena, policy, "name")),
           SPAN_ARGS(mode), SPAN_ARGS(answer_text(arena, policy, "event")),
           (long long)answer_number(policy, "asked"));
    style(errors ? STYLE_RED : STYLE_PLAIN);
    printf("%8lld", (long long)errors);
    style(STYLE_PLAIN);
    printf(" %9.1f %8.0f %8lld\n", mean(policy, "microseconds"), mean(policy, "units"),
           (long long)answer_number(policy, "differences"));
    if (error.at) {
        fputs("      last error: ", stdout);
        print_span(error);
        putchar('\n');
    }
}

static void print_policies(struct arena *arena, struct span status) {
    struct json_value list;
    if (!json_find_path(status, SPAN("policies.list"), &list))
        return;
    style(STYLE_DIM);
    printf("  %-24s %-9s %-12s %10s %8s %9s %8s %8s\n", "", "mode", "event", "asked", "errors",
           "us/call", "units", "differ");
    style(STYLE_PLAIN);
    for (struct json_walk walk = json_walk(list.text); json_next(&walk);)
        print_policy(arena, walk.value.text);
}

/* "taken 12, delivered 10, …": what is not 0. */
static void print_outcomes(struct span status) {
    struct json_value outcomes;
    bool has_one = false;
    title("messages");
    if (json_find(status, SPAN("outcomes"), &outcomes))
        for (struct json_walk walk = json_walk(outcomes.text); json_next(&walk);)
            if (!span_is(walk.value.text, "0")) {
                printf("%s%.*s %.*s", has_one ? ", " : "", SPAN_ARGS(walk.key),
                       SPAN_ARGS(walk.value.text));
                has_one = true;
            }
    puts(has_one ? "" : "none yet");
}

static void print_waiting(struct arena *arena, struct span status) {
    int64_t deferred = answer_number(status, "waiting.deferred");
    int64_t due = answer_number(status, "waiting.next_due_ms");
    title("waiting");
    printf("%lld deferred", (long long)deferred);
    if (deferred && due)
        printf(" (the next is due in %.*s)",
               SPAN_ARGS(status_duration(arena, due - answer_number(status, "now_ms"))));
    printf(", %lld in quarantine, %.*s\n", (long long)answer_number(status, "waiting.quarantined"),
           SPAN_ARGS(status_bytes(arena, answer_number(status, "waiting.bytes"))));
}

/* port 8004: 120 answered, 4 refused, 0 failed, 2 waiting, 3 connections */
static void print_api(struct arena *arena, struct span status) {
    title("api");
    if (!span_is(answer_text(arena, status, "api.on"), "true")) {
        puts("not served");
        return;
    }
    printf("port %lld: %lld answered, %lld refused, %lld failed, %lld waiting, %lld connections\n",
           (long long)answer_number(status, "api.port"),
           (long long)answer_number(status, "api.answered"),
           (long long)answer_number(status, "api.refused"),
           (long long)answer_number(status, "api.failed"),
           (long long)answer_number(status, "api.waiting"),
           (long long)answer_number(status, "api.connections"));
}

/* https://…: up, 3 waiting, 120 posted, 2 failed: answered 500 */
static void print_webhook(struct arena *arena, struct span webhook) {
    struct span reason = answer_text(arena, webhook, "reason");
    print_span(answer_text(arena, webhook, "url"));
    printf(": %.*s, %lld waiting, %lld posted, %lld failed",
           SPAN_ARGS(answer_text(arena, webhook, "state")),
           (long long)answer_number(webhook, "waiting"),
           (long long)answer_number(webhook, "posted"),
           (long long)answer_number(webhook, "failed"));
    if (reason.size) {
        fputs(": ", stdout);
        print_span(reason);
    }
    putchar('\n');
}

static void print_webhooks(struct arena *arena, struct span status) {
    struct json_value list;
    bool has_title = false;
    if (!json_find_path(status, SPAN("webhooks.endpoints"), &list))
        return;
    for (struct json_walk walk = json_walk(list.text); json_next(&walk); has_title = true) {
        title(has_title ? "" : "webhooks");
        print_webhook(arena, walk.value.text);
    }
    int64_t dead = answer_number(status, "webhooks.dead");
    if (dead) {
        title("");
        printf("%lld given up: chat21d webhooks list --dead\n", (long long)dead);
    }
}

static void print_revoked(struct span status) {
    int64_t revoked = answer_number(status, "revoked");
    if (revoked <= 0)
        return;
    title("revoked");
    printf("tokens of %lld user%s: chat21d token --restore USER\n", (long long)revoked,
           revoked == 1 ? "" : "s");
}

static void print_rest(struct arena *arena, struct span status) {
    print_revoked(status);
    title("decisions");
    if (span_is(answer_text(arena, status, "decisions.on"), "true"))
        printf("%lld lines written, %lld dropped\n",
               (long long)answer_number(status, "decisions.written"),
               (long long)answer_number(status, "decisions.dropped"));
    else
        puts("no log is kept");
    title("memory");
    printf("policies remember %.*s\n",
           SPAN_ARGS(status_bytes(arena, answer_number(status, "policies.memory_bytes"))));
}

/* 2026-05-01 12:00:00  mask_words: alice -> bob was delivered, would have been "reject" (code) */
static void print_difference(struct arena *arena, struct span difference) {
    struct span code = answer_text(arena, difference, "code");
    printf("  %.*s  ", SPAN_ARGS(status_time(arena, answer_number(difference, "at_ms"))));
    print_span(answer_text(arena, difference, "policy"));
    fputs(": ", stdout);
    print_span(answer_text(arena, difference, "sender"));
    fputs(" -> ", stdout);
    print_span(answer_text(arena, difference, "recipient"));
    printf(" was %.*s, it says %.*s", SPAN_ARGS(answer_text(arena, difference, "decided")),
           SPAN_ARGS(answer_text(arena, difference, "instead")));
    if (code.size) {
        fputs(" (", stdout);
        print_span(code);
        putchar(')');
    }
    putchar('\n');
}

static void print_differences(struct arena *arena, struct span status) {
    struct json_value list;
    bool has_title = false;
    if (!json_find(status, SPAN("differences"), &list))
        return;
    for (struct json_walk walk = json_walk(list.text); json_next(&walk); has_title = true) {
        if (!has_title) {
            title("shadow");
            puts("the last decisions that shadow policies differ from");
        }
        print_difference(arena, walk.value.text);
    }
}

void status_print(struct arena *arena, struct span status) {
    print_server(arena, status);
    print_logins(arena, status);
    print_attention(arena, status);
    print_set(arena, status);
    print_policies(arena, status);
    print_outcomes(status);
    print_waiting(arena, status);
    print_api(arena, status);
    print_webhooks(arena, status);
    print_rest(arena, status);
    print_differences(arena, status);
}
