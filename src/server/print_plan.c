#include "server/print_plan.h"

#include "server/output.h"

#include <inttypes.h>

/* What the server itself writes into every message. */
static const char *const STAMPED[] = {"message_id", "sender",    "recipient",
                                      "app_id",     "timestamp", "status"};

const char *status_name(int64_t status) {
    return status < 0      ? "failed"
           : status >= 300 ? "seen"
           : status >= 200 ? "received"
           : status >= 150 ? "delivered"
           : status >= 100 ? "sent"
                           : "sending";
}

struct span plan_body(struct arena *arena, const struct plan *plan) {
    if (!plan->body.head.at)
        return SPAN_NONE;
    int status = plan->copy_count ? plan->copies[0].status : STATUS_SENT;
    return message_with_status(arena, plan->body, status);
}

/* As a client would subscribe to it. */
static struct span topic_of(struct arena *arena, const struct plan *plan,
                            const struct plan_copy *copy) {
    struct span key;
    struct why why;
    if (route_inbox(arena, plan->form, plan->app, copy->owner, copy->other, &key, &why))
        return SPAN("(a key that is too long)");
    char *topic = arena_string(arena, key);
    for (size_t i = 0; i < key.size; i++)
        if (topic[i] == '.')
            topic[i] = '/';
    return (struct span){topic, key.size};
}

/* ---- for people ---- */

void print_kind(enum route_kind kind) {
    static const char *const SHOWN[ROUTE_KINDS] = {
        [ROUTE_MESSAGE] = "", /* the two sides say it */
        [ROUTE_BLOCK] = "a block, ",
        [ROUTE_GROUP] = "what a group is: ",
        [ROUTE_RECEIPT] = "a receipt, ",
        [ROUTE_CONVERSATION] = "a conversation's change, ",
        [ROUTE_ARCHIVE] = "a conversation's archiving, ",
        [ROUTE_PRESENCE] = "presence: ",
        [ROUTE_DELIVERED] = "a copy from a back end, ",
        [ROUTE_PERSIST] = "a copy from another observer, ",
        [ROUTE_WEBHOOK] = "an earlier observer's event",
        [ROUTE_GROUP_CHANGE] = "a group's change, ",
        [ROUTE_HISTORY] = "a newcomer's history, ",
    };
    printf("%s", (size_t)kind < sizeof SHOWN / sizeof *SHOWN ? SHOWN[kind] : "");
}

void print_sides(const struct plan *plan) {
    bool are_two = plan->sender.size && plan->recipient.size;
    output_styled(STYLE_BOLD, plan->sender);
    printf("%s", are_two ? " -> " : "");
    output_styled(STYLE_BOLD, plan->recipient);
    printf(", app ");
    output_text(plan->app);
    putchar('\n');
}

static enum style outcome_style(enum plan_outcome outcome) {
    return outcome == PLAN_DELIVERED || outcome == PLAN_APPLIED ? STYLE_GREEN : STYLE_RED;
}

/* What a policy caused has its name, whether one changed it on its way or not. */
static void print_reason(const struct plan *plan) {
    if (plan->policy.size) {
        bool is_passed = plan->outcome == PLAN_DELIVERED;
        printf("%s by ", !is_passed ? "" : plan->child ? "," : ", changed");
        output_styled(STYLE_BOLD, plan->policy);
    }
    if (plan->code.size) {
        printf(": ");
        output_text(plan->code);
    }
    if (plan->reason.size) {
        printf(": ");
        output_text(plan->reason);
    }
}

void print_outcome(const struct plan *plan) {
    output_label("outcome");
    output_styled(outcome_style(plan->outcome), span_of(plan_outcome_name(plan->outcome)));
    print_reason(plan);
    putchar('\n');
    if (plan->outcome != PLAN_DEFERRED)
        return;
    output_label("due");
    output_time(plan->wait.due_ms);
    printf(", put off for the %u. time\n", plan->wait.times);
}

/* What the plan has the server write to outboxes; that is forgotten once the broker has it. */
static void print_outbox(const struct plan *plan) {
    struct arena *arena = arena_new();
    size_t shown = 0;
    for (size_t i = 0; i < plan->letter_count && shown < PRINT_COPIES; i++) {
        if (plan->letters[i].to != LETTER_OUTBOX)
            continue;
        output_label(shown++ ? "" : "outbox");
        output_text(plan->letters[i].key);
        printf("  %.*s\n", SPAN_ARGS(plan_letter_id(plan, i, arena)));
    }
    arena_free(&arena);
}

void print_copies(const struct plan *plan) {
    struct arena *arena = arena_new();
    output_label("copies");
    if (plan->copy_count == 0)
        printf("none\n");
    for (size_t i = 0; i < plan->copy_count && i < PRINT_COPIES; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        if (i)
            output_label("");
        output_text(topic_of(arena, plan, copy));
        printf("  %d %s\n", copy->status, status_name(copy->status));
    }
    if (plan->copy_count > PRINT_COPIES) {
        output_label("");
        printf("and %zu more\n", plan->copy_count - PRINT_COPIES);
    }
    arena_free(&arena);
    print_outbox(plan);
}

static void print_text(const struct plan *plan) {
    struct arena *arena = arena_new();
    struct json_value text;
    struct span body = plan_body(arena, plan);
    if (body.at && json_find(body, SPAN("text"), &text)) {
        output_label("text");
        output_text(text.text);
        putchar('\n');
    }
    arena_free(&arena);
}

void print_children(const struct plan *plan) {
    for (size_t i = 0; i < plan->child_count; i++) {
        const struct plan *child = plan->children[i];
        putchar('\n');
        output_label("causes");
        print_sides(child);
        print_text(child);
        print_outcome(child);
        print_copies(child);
    }
}

/* ---- for machines ---- */

static void put_copies(struct json_writer *writer, struct arena *arena, const struct plan *plan) {
    json_open(writer, "copies", '[');
    for (size_t i = 0; i < plan->copy_count; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        json_open(writer, NULL, '{');
        json_put_text(writer, "topic", topic_of(arena, plan, copy));
        json_put_text(writer, "owner", copy->owner);
        json_put_number(writer, "status", copy->status);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_outbox(struct json_writer *writer, struct arena *arena, const struct plan *plan) {
    json_open(writer, "outbox", '[');
    for (size_t i = 0; i < plan->letter_count; i++) {
        if (plan->letters[i].to != LETTER_OUTBOX)
            continue;
        json_open(writer, NULL, '{');
        json_put_text(writer, "key", plan->letters[i].key);
        json_put_text(writer, "client_id", plan_letter_id(plan, i, arena));
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_children(struct json_writer *writer, const struct plan *plan) {
    json_open(writer, "children", '[');
    for (size_t i = 0; i < plan->child_count; i++)
        json_put_plan(writer, NULL, plan->children[i]);
    json_close(writer, ']');
}

void json_put_plan_members(struct json_writer *writer, const struct plan *plan) {
    struct arena *arena = arena_new();
    json_put_text(writer, "message_id", span_of(plan->id.text));
    json_put_text(writer, "app", plan->app);
    json_put_text(writer, "sender", plan->sender);
    json_put_text(writer, "recipient", plan->recipient);
    json_put_text(writer, "outcome", span_of(plan_outcome_name(plan->outcome)));
    json_put_text(writer, "policy", plan->policy);
    json_put_text(writer, "code", plan->code);
    json_put_text(writer, "reason", plan->reason);
    json_put_text(writer, "generation", arena_print(arena, "%016" PRIx64, plan->generation));
    json_put_number(writer, "received_ms", plan->received_ms);
    json_put_number(writer, "hops", plan->hops);
    if (plan->outcome == PLAN_DEFERRED)
        json_put_number(writer, "due_ms", plan->wait.due_ms);
    if (plan->wait.times)
        json_put_number(writer, "deferred", plan->wait.times);
    json_put_json(writer, "body", plan_body(arena, plan));
    put_copies(writer, arena, plan);
    put_outbox(writer, arena, plan);
    put_children(writer, plan);
    arena_free(&arena);
}

void json_put_plan(struct json_writer *writer, const char *key, const struct plan *plan) {
    json_open(writer, key, '{');
    json_put_plan_members(writer, plan);
    json_close(writer, '}');
}

/* ---- what was changed ---- */

static bool is_stamped(struct span path) {
    for (size_t i = 0; i < sizeof STAMPED / sizeof STAMPED[0]; i++)
        if (span_is(path, STAMPED[i]))
            return true;
    return false;
}

void plan_changes(struct arena *arena, struct span body, const struct plan *plan,
                  struct diff_field **fields, size_t *count) {
    enum { STAMPS = sizeof STAMPED / sizeof STAMPED[0] };
    struct span now = plan_body(arena, plan);
    size_t all = 0, kept = 0;
    *fields = NULL;
    *count = 0;
    if (!now.at)
        return;
    diff_objects(arena, body, now, PRINT_CHANGES + STAMPS, fields, &all);
    size_t there = all < PRINT_CHANGES + STAMPS ? all : PRINT_CHANGES + STAMPS;
    for (size_t i = 0; i < there; i++)
        if (!is_stamped((*fields)[i].path))
            (*fields)[kept++] = (*fields)[i];
    *count = kept + (all - there);
}

void json_put_changes(struct json_writer *writer, const char *key, const struct diff_field *fields,
                      size_t shown, size_t count) {
    json_open(writer, key, '[');
    for (size_t i = 0; i < count && i < shown; i++) {
        json_open(writer, NULL, '{');
        json_put_text(writer, "path", fields[i].path);
        json_put_json(writer, "before", fields[i].before);
        json_put_json(writer, "now", fields[i].now);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}
