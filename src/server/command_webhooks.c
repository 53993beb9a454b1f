/* chat21d webhooks: events that wait to be posted, and those that were given up. Listed and shown
 * from the store, which may be in use; retried and dropped by the running server. */
#include "server/commands.h"

#include "server/ask.h"
#include "server/output.h"
#include "server/print_webhook.h"
#include "server/subcommand.h"

#include <inttypes.h>

static const char HELP[] =
    "Usage: chat21d webhooks list [--dead] [--limit N] [--json] [--config FILE]\n"
    "       chat21d webhooks show ID [--json] [--config FILE]\n"
    "       chat21d webhooks retry ID|--all [--dead] [--json] [--config FILE]\n"
    "       chat21d webhooks drop ID|--all [--dead] [--json] [--config FILE]\n"
    "\n"
    "An event waits for each endpoint that is told of it until it was posted there. What failed "
    "is\n"
    "tried again for as long as CHAT21D_WEBHOOK_MAX_AGE says; what an endpoint refuses for good "
    "(4xx,\n"
    "a redirect), what is too old, and what there is no room for, is given up: it goes to the "
    "list of\n"
    "the dead, which is bounded too.\n"
    "\n"
    "  list       the newest, newest first; reads the store, with the server running or not\n"
    "  show       one of them, waiting or dead, with its body and its X-Chat21-Delivery\n"
    "  retry      posts it at once; one that was given up waits again, behind those of its\n"
    "             conversation\n"
    "  drop       takes it out for good, waiting or dead\n"
    "\n"
    "  --dead     (list, --all) what was given up, instead of what waits\n"
    "  --all      (retry, drop) all that wait, or all that were given up\n"
    "  --limit N  (list) at most N of them (default: 50; 10000 at most)\n"
    "  --json     for machines: one JSON object a line\n"
    "\n"
    "URLs are shown without user, password and query.\n"
    "\n"
    "Exit codes: 0 it worked, 1 it did not (no such event, no server), 2 usage.\n"
    "\n"
    "  chat21d webhooks list --dead --json | jq -r .error | sort | uniq -c\n";

enum { PAGE = 50 };

struct request {
    struct call call;
    int64_t id; /* 0: none was named */
    bool dead;
};

/* ---- list ---- */

static int print_page(const struct request *request, size_t room, int64_t *before, size_t *count,
                      struct why *why) {
    struct arena *arena = arena_new();
    struct outbox_row rows[PAGE];
    int rc =
        outbox_list(request->call.reader, arena, request->dead, *before, rows, room, count, why);
    for (size_t i = 0; rc == 0 && i < *count; i++) {
        *before = rows[i].id;
        if (request->call.as_json)
            print_webhook_json(arena, &rows[i], request->dead, false);
        else
            print_webhook_line(arena, &rows[i], request->dead);
    }
    arena_free(&arena);
    return rc;
}

/* A page at a time: each row brings its whole event along. */
static int list(struct request *request, struct why *why) {
    int64_t before = 0, left = request->call.limit;
    size_t count = PAGE;
    for (size_t room = PAGE; left > 0 && count == room; left -= (int64_t)count) {
        room = left < PAGE ? (size_t)left : PAGE;
        if (print_page(request, room, &before, &count, why) != 0)
            return -1;
    }
    if (before == 0 && !request->call.as_json)
        puts(request->dead ? "nothing was given up" : "nothing waits");
    return 0;
}

/* ---- show ---- */

static int find(struct store_reader *reader, struct arena *arena, int64_t id,
                struct outbox_row *row, bool *is_dead, struct why *why) {
    for (int dead = 0; dead < 2; dead++) {
        size_t count = 0;
        *is_dead = dead;
        if (outbox_list(reader, arena, *is_dead, id + 1, row, 1, &count, why) != 0)
            return -1;
        if (count && row->id == id)
            return 0;
    }
    return why_say(why, "no event has the id %" PRId64, id);
}

static int show(struct request *request, struct why *why) {
    struct arena *arena = request->call.arena;
    struct outbox_row row;
    bool is_dead;
    int rc = find(request->call.reader, arena, request->id, &row, &is_dead, why);
    if (rc == 0 && request->call.as_json)
        print_webhook_json(arena, &row, is_dead, true);
    else if (rc == 0)
        print_webhook(arena, &row, is_dead);
    return rc;
}

/* ---- retry, drop ---- */

static int order(const struct request *request, const char *what, const char *done,
                 struct why *why) {
    struct arena *arena = request->call.arena;
    struct span answer,
        question = arena_print(
            arena, "{\"do\":\"webhooks\",\"what\":\"%s\",\"id\":%" PRId64 ",\"dead\":%s}", what,
            request->id, request->dead ? "true" : "false");
    if (ask_for(arena, request->call.data, question, &answer, why) != 0)
        return -1;
    if (request->call.as_json) {
        printf("%.*s\n", SPAN_ARGS(answer));
    } else {
        output_count((uint64_t)answer_number(answer, "count"), "event");
        printf(" %s\n", done);
    }
    return 0;
}

static int retry(struct request *request, struct why *why) {
    return order(request, "retry", "to be posted at once", why);
}

static int drop(struct request *request, struct why *why) {
    return order(request, "drop", "dropped", why);
}

/* ---- the words ---- */

static const struct subcommand WORDS[] = {
    {"list", NULL, false, true, list},
    {"show", "an id", false, true, show},
    {"retry", "an id", true, false, retry},
    {"drop", "an id", true, false, drop},
};

int command_webhooks(int argc, char **argv) {
    struct request request = {.id = 0};
    struct call *call = &request.call;
    const struct subcommands all = {.help = HELP,
                                    .expects = "expected list, show, retry or drop",
                                    .thing = "event",
                                    .own = {"dead", OPTION_FLAG, &request.dead, 0, 0},
                                    SUBCOMMANDS(WORDS)};
    int rc;
    if (!subcommand_read(&all, argc, argv, call, &rc))
        return rc;
    if (call->which && !command_number(call->which, 1, INT64_MAX - 1, &request.id))
        return command_usage(argv[0], "%s: expected an id, as the list shows it", call->word->name);
    return subcommand_run(call, &request);
}
