/* chat21d status: how the running server does. */
#include "server/commands.h"

#include "server/ask.h"
#include "server/config.h"
#include "server/options.h"
#include "server/status_print.h"
#include "words/json.h"

#include <unistd.h>

enum { STATUS_ATTENTION = 3 };

static const char HELP[] =
    "Usage: chat21d status [--json | --metrics | --differences] [--config FILE]\n"
    "\n"
    "Says how the running server does: the broker, the policies in force and how each does, what "
    "was\n"
    "decided, what waits, and what needs a person.\n"
    "\n"
    "  --json         the same for machines, in one line\n"
    "  --metrics      as Prometheus reads it\n"
    "  --differences  the last decisions that shadow policies differ from, one JSON object a line\n"
    "  --config FILE  settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 all is well, 1 no server answers, 2 usage, 3 something needs a person (it is\n"
    "paused, has no broker or may not publish to it, the policies on disk were refused, a policy "
    "is\n"
    "set aside).\n";

struct request {
    const char *config;
    bool as_json, as_metrics, differences;
};

static int print_lines(struct span answer) {
    struct json_value list;
    if (json_find(answer, SPAN("differences"), &list))
        for (struct json_walk walk = json_walk(list.text); json_next(&walk);)
            printf("%.*s\n", SPAN_ARGS(walk.value.text));
    return COMMAND_OK;
}

static bool needs_person(struct span status) {
    struct json_value list;
    if (!json_find(status, SPAN("attention"), &list))
        return false;
    struct json_walk walk = json_walk(list.text);
    return json_next(&walk);
}

static int print(struct arena *arena, const struct request *request, struct span answer) {
    if (request->as_metrics) {
        struct span metrics = answer_text(arena, answer, "metrics");
        fwrite(metrics.at, 1, metrics.size, stdout);
        return COMMAND_OK;
    }
    if (request->differences)
        return print_lines(answer);
    if (request->as_json)
        printf("%.*s\n", SPAN_ARGS(answer));
    else
        status_print(arena, answer);
    return needs_person(answer) ? STATUS_ATTENTION : COMMAND_OK;
}

static int ask(struct arena *arena, const char *name, const struct request *request) {
    const char *data;
    struct span answer;
    struct why why;
    struct span question = request->as_metrics    ? SPAN("{\"do\":\"metrics\"}")
                           : request->differences ? SPAN("{\"do\":\"differences\"}")
                                                  : SPAN("{\"do\":\"status\"}");
    if (config_value(arena, request->config, environ, "data", &data, &why) != 0 ||
        ask_for(arena, data, question, &answer, &why) != 0)
        return command_failed(name, "%s", why.words);
    return print(arena, request, answer);
}

int command_status(int argc, char **argv) {
    struct request request = {.config = NULL};
    const struct option_row rows[] = {
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"metrics", OPTION_FLAG, &request.as_metrics, 0, 0},
        {"differences", OPTION_FLAG, &request.differences, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows), .expects = "no argument"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    if (request.as_json + request.as_metrics + request.differences > 1)
        return command_usage(argv[0], "one of --json, --metrics and --differences");
    struct arena *arena = arena_new();
    rc = ask(arena, argv[0], &request);
    arena_free(&arena);
    return rc;
}
