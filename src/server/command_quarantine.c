/* chat21d quarantine: what waits for a person's word. Listed and shown from the store, which may be
 * in use; released and deleted by the running server. */
#include "server/commands.h"

#include "server/ask.h"
#include "server/status_print.h"
#include "server/subcommand.h"
#include "words/json.h"
#include "words/text.h"

#include <inttypes.h>

static const char HELP[] =
    "Usage: chat21d quarantine list [--deferred] [--limit N] [--json] [--config FILE]\n"
    "       chat21d quarantine show ID [--json] [--config FILE]\n"
    "       chat21d quarantine release ID [--json] [--config FILE]\n"
    "       chat21d quarantine delete ID [--json] [--config FILE]\n"
    "\n"
    "Messages that a policy put into quarantine wait for a person's word. Nobody has a copy of "
    "them.\n"
    "\n"
    "  list        the newest, newest first; reads the store, with the server running or not\n"
    "  show        one of them, with its message as it stands; reads the store likewise\n"
    "  release     delivers it under its id, unless a policy that is always asked objects; waits\n"
    "              until that is stored\n"
    "  delete      takes it out for good; waits until that is stored\n"
    "\n"
    "  --deferred  (list, show) those instead that a policy put off: they go by themselves\n"
    "  --limit N   (list) at most N of them (default: 50; 10000 at most)\n"
    "  --json      for machines: one JSON object a line\n"
    "\n"
    "Exit codes: 0 it worked, 1 it did not (no such message, no server), 2 usage.\n";

enum { PAGE = 100 };

struct request {
    struct call call;
    bool deferred;
};

/* ---- one message ---- */

static struct span body_of(struct arena *arena, const struct plan *plan) {
    return plan->body.head.at ? message_with_status(arena, plan->body, 0) : SPAN_NONE;
}

static void put_member(struct arena *arena, struct text *out, const char *name, struct span text) {
    text_print(out, ",\"%s\":", name);
    text_add(out, text.at ? json_quote(arena, text) : SPAN("null"));
}

static void print_json(struct arena *arena, const struct plan *plan, bool with_body) {
    struct text out = text_start(arena, 512);
    text_print(&out, "{\"message_id\":\"%s\",\"outcome\":\"%s\",\"received_ms\":%" PRId64,
               plan->id.text, plan_outcome_name(plan->outcome), plan->received_ms);
    put_member(arena, &out, "app", plan->app);
    put_member(arena, &out, "sender", plan->sender);
    put_member(arena, &out, "recipient", plan->recipient);
    put_member(arena, &out, "policy", plan->policy);
    put_member(arena, &out, "code", plan->code);
    put_member(arena, &out, "reason", plan->reason);
    text_print(&out, ",\"generation\":\"%016" PRIx64 "\"", plan->generation);
    if (plan->outcome == PLAN_DEFERRED)
        text_print(&out, ",\"due_ms\":%" PRId64 ",\"times\":%u", plan->wait.due_ms,
                   plan->wait.times);
    if (with_body) {
        struct span body = body_of(arena, plan);
        text_print(&out, ",\"message\":%.*s", SPAN_ARGS(body.at ? body : SPAN("null")));
    }
    printf("%.*s}\n", SPAN_ARGS(text_span(&out)));
}

static void print_span(struct span text) {
    command_print(stdout, text);
}

/* Nothing where there is no such text. */
static void print_part(const char *before, struct span text) {
    if (!text.size)
        return;
    fputs(before, stdout);
    print_span(text);
}

/* ID  2026-05-01 12:00:00  tilechat  alice -> bob  policy code: reason */
static void print_line(struct arena *arena, const struct plan *plan) {
    printf("%s  %s%.*s%s  ", plan->id.text, command_style(stdout, STYLE_DIM),
           SPAN_ARGS(status_time(arena, plan->received_ms)), command_style(stdout, STYLE_PLAIN));
    print_span(plan->app);
    printf("  %s", command_style(stdout, STYLE_BOLD));
    print_span(plan->sender);
    printf("%s -> ", command_style(stdout, STYLE_PLAIN));
    print_span(plan->recipient);
    putchar(' ');
    print_part(" ", plan->policy);
    fputs(command_style(stdout, STYLE_DIM), stdout);
    print_part(" ", plan->code);
    fputs(command_style(stdout, STYLE_PLAIN), stdout);
    print_part(": ", plan->reason);
    if (plan->outcome == PLAN_DEFERRED)
        printf("  (due %.*s, put off %u times)", SPAN_ARGS(status_time(arena, plan->wait.due_ms)),
               plan->wait.times);
    putchar('\n');
}

/* ---- list ---- */

static void print_plan(const struct request *request, const struct plan *plan) {
    if (request->call.as_json)
        print_json(request->call.arena, plan, false);
    else
        print_line(request->call.arena, plan);
}

/* A page at a time: each plan brings its whole message along. */
static int list(struct request *request, struct why *why) {
    enum plan_outcome outcome = request->deferred ? PLAN_DEFERRED : PLAN_QUARANTINED;
    int64_t before = 0, left = request->call.limit;
    struct plan *plans[PAGE];
    size_t count = PAGE;
    bool has_any = false;
    for (size_t room = PAGE; left > 0 && count == room; left -= (int64_t)count) {
        room = left < PAGE ? (size_t)left : PAGE;
        if (store_reader_waiting(request->call.reader, outcome, before, plans, room, &count, why) !=
            0)
            return -1;
        for (size_t i = 0; i < count; i++) {
            before = plans[i]->seq;
            print_plan(request, plans[i]);
            plan_free(&plans[i]);
        }
        has_any = has_any || count;
        if (!has_any && !request->call.as_json)
            printf("nothing is %s\n", request->deferred ? "deferred" : "in quarantine");
    }
    return 0;
}

/* ---- show ---- */

static int read_id(const char *text, struct ident *id, struct why *why) {
    uint64_t incarnation, offset;
    unsigned child;
    if (!ident_read(span_of(text), &incarnation, &offset, &child))
        return why_say(why, "\"%.64s\" is no message id", text);
    *id = ident_make(incarnation, offset, child);
    return 0;
}

static int show(struct request *request, struct why *why) {
    struct arena *arena = request->call.arena;
    enum plan_outcome outcome = request->deferred ? PLAN_DEFERRED : PLAN_QUARANTINED;
    struct ident id;
    struct plan *plan;
    if (read_id(request->call.which, &id, why) != 0 ||
        store_reader_plan(request->call.reader, &id, &plan, why) != 0)
        return -1;
    if (!plan)
        return why_say(why, "no message is stored under the id %s", id.text);
    int rc = plan->outcome == outcome ? 0
                                      : why_say(why, "the message %s is not %s: it is %s", id.text,
                                                request->deferred ? "deferred" : "in quarantine",
                                                plan_outcome_name(plan->outcome));
    if (rc == 0 && request->call.as_json) {
        print_json(arena, plan, true);
    } else if (rc == 0) {
        print_line(arena, plan);
        print_span(body_of(arena, plan));
        putchar('\n');
    }
    plan_free(&plan);
    return rc;
}

/* ---- release, delete ---- */

static int order(const struct request *request, const char *what, struct why *why) {
    struct arena *arena = request->call.arena;
    struct ident id;
    struct span answer;
    if (read_id(request->call.which, &id, why) != 0)
        return -1;
    struct span question = arena_print(arena, "{\"do\":\"%s\",\"id\":\"%s\"}", what, id.text);
    if (ask_for(arena, request->call.data, question, &answer, why) != 0)
        return -1;
    if (request->call.as_json)
        printf("%.*s\n", SPAN_ARGS(answer));
    else
        printf("%s is out of the quarantine, and stored: %.*s\n", id.text,
               SPAN_ARGS(answer_text(arena, answer, "outcome")));
    return 0;
}

static int release(struct request *request, struct why *why) {
    return order(request, "release", why);
}

static int delete (struct request *request, struct why *why) {
    return order(request, "discard", why);
}

/* ---- the words ---- */

static const struct subcommand WORDS[] = {
    {"list", NULL, false, true, list},
    {"show", "a message id", false, true, show},
    {"release", "a message id", false, false, release},
    {"delete", "a message id", false, false, delete},
};

int command_quarantine(int argc, char **argv) {
    struct request request = {.deferred = false};
    const struct subcommands all = {.help = HELP,
                                    .expects = "expected list, show, release or delete",
                                    .thing = "message",
                                    .own = {"deferred", OPTION_FLAG, &request.deferred, 0, 0},
                                    SUBCOMMANDS(WORDS)};
    int rc;
    if (!subcommand_read(&all, argc, argv, &request.call, &rc))
        return rc;
    return subcommand_run(&request.call, &request);
}
