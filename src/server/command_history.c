/* chat21d history: what a user's timeline holds, from the store, which may be in use. */
#include "server/commands.h"

#include "ports/store.h"
#include "server/config.h"
#include "server/options.h"
#include "server/print_plan.h"
#include "words/json.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 50, LIMIT_MAX = STORE_HISTORY_MAX };

static const char HELP[] =
    "Usage: chat21d history APP USER [OTHER] [--limit N] [--json | --count]\n"
    "\n"
    "Prints the newest entries of USER's timeline, oldest first; with OTHER (a user or a group)\n"
    "only that conversation. Reads the store in the data folder; the server may be running.\n"
    "\n"
    "  --limit N      at most N entries (default: 50; 10000 at most)\n"
    "  --json         one entry a line, as it is stored\n"
    "  --count        only how many there are, without a limit\n"
    "  --config FILE  settings (default: the file CHAT21D_CONFIG names)\n";

struct request {
    struct span app, user, other;
    const char *config;
    int64_t limit;
    bool as_json, only_count;
};

static struct span text_at(struct arena *arena, struct span entry, const char *path) {
    struct json_value value;
    if (!json_find_path(entry, span_of(path), &value))
        return SPAN_NONE;
    return value.type == JSON_STRING ? json_unquote(arena, value.text) : value.text;
}

static void print_time(struct span entry) {
    struct json_value value;
    int64_t ms = 0;
    char text[32] = "(no time)          ";
    if (json_find(entry, SPAN("timestamp"), &value) && json_whole(value, &ms)) {
        time_t seconds = (time_t)(ms / 1000);
        struct tm utc;
        if (gmtime_r(&seconds, &utc))
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    }
    printf("%s%s%s  ", command_style(stdout, STYLE_DIM), text, command_style(stdout, STYLE_PLAIN));
}

static const char *status_word(struct span entry) {
    struct json_value value;
    int64_t status = 0;
    bool is_there = json_find(entry, SPAN("status"), &value) && json_whole(value, &status);
    return is_there ? status_name(status) : "?";
}

/* 2024-05-01 12:00:00  delivered  alice -> bob: hello */
static void print_line(struct arena *arena, struct span entry) {
    struct span reason = text_at(arena, entry, "error.reason");
    print_time(entry);
    printf("%-9s  %s", status_word(entry), command_style(stdout, STYLE_BOLD));
    command_print(stdout, text_at(arena, entry, "sender"));
    printf("%s -> ", command_style(stdout, STYLE_PLAIN));
    command_print(stdout, text_at(arena, entry, "recipient"));
    printf(": ");
    command_print(stdout, text_at(arena, entry, "text"));
    if (reason.size) {
        printf("  %s(", command_style(stdout, STYLE_RED));
        command_print(stdout, reason);
        printf(")%s", command_style(stdout, STYLE_PLAIN));
    }
    putchar('\n');
}

static int print_count(struct store_reader *reader, const struct request *request,
                       struct why *why) {
    int64_t count;
    if (store_history_count(reader, request->app, request->user, request->other, &count, why))
        return -1;
    printf("%" PRId64 "\n", count);
    return 0;
}

static int print_entries(struct arena *arena, struct store_reader *reader,
                         const struct request *request, struct why *why) {
    struct store_entry *entries;
    size_t count;
    if (store_history(reader, arena, request->app, request->user, request->other, 0,
                      (size_t)request->limit, &entries, &count, why))
        return -1;
    while (count--) {
        if (request->as_json)
            printf("%.*s\n", SPAN_ARGS(entries[count].json));
        else
            print_line(arena, entries[count].json);
    }
    return 0;
}

static int print(struct arena *arena, const struct request *request, struct why *why) {
    const char *folder;
    if (config_value(arena, request->config, environ, "data", &folder, why))
        return -1;
    struct store_reader *reader = store_reader_open(folder, why);
    if (!reader)
        return -1;
    int rc = request->only_count ? print_count(reader, request, why)
                                 : print_entries(arena, reader, request, why);
    store_reader_close(&reader);
    return rc;
}

int command_history(int argc, char **argv) {
    struct request request = {.limit = LIMIT};
    const struct option_row rows[] = {
        {"limit", OPTION_NUMBER, &request.limit, 1, LIMIT_MAX},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"count", OPTION_FLAG, &request.only_count, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {.help = HELP,
                                    OPTION_ROWS(rows),
                                    .least = 2,
                                    .most = 3,
                                    .expects = "expected an app, a user, and perhaps another one"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    request.app = span_of(rest.at[0]);
    request.user = span_of(rest.at[1]);
    request.other = span_of(rest.at[2]); /* they end with NULL: absent */
    struct arena *arena = arena_new();
    struct why why;
    if (print(arena, &request, &why))
        rc = command_failed(argv[0], "%s", why.words);
    arena_free(&arena);
    return rc;
}
