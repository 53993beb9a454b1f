/* chat21d webhooks: events that wait to be posted, and those that were given up. Listed and shown
 * from the store, which may be in use; retried and dropped by the running server. */
#include "server/commands.h"

#include "ports/store.h"
#include "server/ask.h"
#include "server/config.h"
#include "server/options.h"
#include "server/output.h"
#include "server/print_webhook.h"
#include "words/nearest.h"

#include <inttypes.h>
#include <unistd.h>

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

enum { LIMIT = 50, LIMIT_MAX = 10000, PAGE = 50 };

struct request {
    const char *config, *which;
    const char *data;
    int64_t id; /* 0: none was named */
    int64_t limit;
    bool dead, all, as_json;
};

/* ---- list ---- */

static int print_page(struct store_reader *reader, const struct request *request, size_t room,
                      int64_t *before, size_t *count, struct why *why) {
    struct arena *arena = arena_new();
    struct outbox_row rows[PAGE];
    int rc = outbox_list(reader, arena, request->dead, *before, rows, room, count, why);
    for (size_t i = 0; rc == 0 && i < *count; i++) {
        *before = rows[i].id;
        if (request->as_json)
            print_webhook_json(arena, &rows[i], request->dead, false);
        else
            print_webhook_line(arena, &rows[i], request->dead);
    }
    arena_free(&arena);
    return rc;
}

/* A page at a time: each row brings its whole event along. */
static int list(struct store_reader *reader, const struct request *request, struct why *why) {
    int64_t before = 0, left = request->limit;
    size_t count = PAGE;
    for (size_t room = PAGE; left > 0 && count == room; left -= (int64_t)count) {
        room = left < PAGE ? (size_t)left : PAGE;
        if (print_page(reader, request, room, &before, &count, why) != 0)
            return -1;
    }
    if (before == 0 && !request->as_json)
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

static int show(struct store_reader *reader, const struct request *request, struct why *why) {
    struct arena *arena = arena_new();
    struct outbox_row row;
    bool is_dead;
    int rc = find(reader, arena, request->id, &row, &is_dead, why);
    if (rc == 0 && request->as_json)
        print_webhook_json(arena, &row, is_dead, true);
    else if (rc == 0)
        print_webhook(arena, &row, is_dead);
    arena_free(&arena);
    return rc;
}

static int with_store(const struct request *request,
                      int (*read)(struct store_reader *reader, const struct request *request,
                                  struct why *why),
                      struct why *why) {
    struct store_reader *reader = store_reader_open(request->data, why);
    if (!reader)
        return -1;
    int rc = read(reader, request, why);
    store_reader_close(&reader);
    return rc;
}

static int do_list(struct arena *arena, const struct request *request, struct why *why) {
    (void)arena;
    return with_store(request, list, why);
}

static int do_show(struct arena *arena, const struct request *request, struct why *why) {
    (void)arena;
    return with_store(request, show, why);
}

/* ---- retry, drop ---- */

static int order(struct arena *arena, const struct request *request, const char *what,
                 const char *done, struct why *why) {
    struct span answer,
        question = arena_print(
            arena, "{\"do\":\"webhooks\",\"what\":\"%s\",\"id\":%" PRId64 ",\"dead\":%s}", what,
            request->id, request->dead ? "true" : "false");
    if (ask_for(arena, request->data, question, &answer, why) != 0)
        return -1;
    if (request->as_json) {
        printf("%.*s\n", SPAN_ARGS(answer));
    } else {
        output_count((uint64_t)answer_number(answer, "count"), "event");
        printf(" %s\n", done);
    }
    return 0;
}

static int do_retry(struct arena *arena, const struct request *request, struct why *why) {
    return order(arena, request, "retry", "to be posted at once", why);
}

static int do_drop(struct arena *arena, const struct request *request, struct why *why) {
    return order(arena, request, "drop", "dropped", why);
}

/* ---- the words ---- */

static const struct word {
    const char *name;
    bool wants_one;
    bool changes; /* --all instead of one */
    int (*run)(struct arena *arena, const struct request *request, struct why *why);
} WORDS[] = {
    {"list", false, false, do_list},
    {"show", true, false, do_show},
    {"retry", true, true, do_retry},
    {"drop", true, true, do_drop},
};
enum { WORD_COUNT = sizeof WORDS / sizeof *WORDS };

static const struct word *find_word(const char *command, const char *name, int *rc) {
    struct nearest nearest = nearest_start(span_of(name));
    char hint[NEAREST_MAX + 24];
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(name, WORDS[i].name) == 0)
            return &WORDS[i];
        nearest_offer(&nearest, span_of(WORDS[i].name));
    }
    *rc = command_usage(command, "\"%s\": expected list, show, retry or drop%s", name,
                        nearest_words(&nearest, hint));
    return NULL;
}

/* What is wrong with the call; NULL: nothing. Reads the id. */
static const char *fault_of(const struct word *word, struct request *request) {
    if (!word->wants_one && (request->which || request->all))
        return "expected no event";
    if (request->all && !word->changes)
        return "expected one event, not --all";
    if (word->wants_one && !request->which == !request->all)
        return word->changes ? "which one? expected an id, or --all" : "which one? expected an id";
    if (request->which && !command_number(request->which, 1, INT64_MAX - 1, &request->id))
        return "expected an id, as the list shows it";
    return NULL;
}

static int run(const char *command, const struct word *word, struct request *request) {
    struct arena *arena = arena_new();
    struct why why;
    int rc = COMMAND_OK;
    if (config_value(arena, request->config, environ, "data", &request->data, &why) != 0 ||
        word->run(arena, request, &why) != 0)
        rc = command_failed(command, "%s", why.words);
    arena_free(&arena);
    return rc;
}

int command_webhooks(int argc, char **argv) {
    struct request request = {.limit = LIMIT};
    const struct option_row rows[] = {
        {"dead", OPTION_FLAG, &request.dead, 0, 0},
        {"limit", OPTION_NUMBER, &request.limit, 1, LIMIT_MAX},
        {"all", OPTION_FLAG, &request.all, 0, 0},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {.help = HELP,
                                    OPTION_ROWS(rows),
                                    .least = 1,
                                    .most = 2,
                                    .expects = "expected list, show, retry or drop"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    const struct word *word = find_word(argv[0], rest.at[0], &rc);
    if (!word)
        return rc;
    request.which = rest.at[1];
    const char *fault = fault_of(word, &request);
    if (fault)
        return command_usage(argv[0], "%s: %s", word->name, fault);
    return run(argv[0], word, &request);
}
