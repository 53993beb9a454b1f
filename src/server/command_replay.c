/* chat21d replay: what would the policies on disk have made of the last hours' messages? */
#include "server/commands.h"

#include "server/options.h"
#include "server/print_replay.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d replay [--since 2h] [--policies FOLDER]\n"
    "\n"
    "Reads the stream's own recent messages, judges each with the policies on disk, and says how\n"
    "many decisions would be others than those that were made, which, and how. Nothing is sent or\n"
    "stored, and a server at work is not disturbed.\n"
    "\n"
    "Facts (blocks, groups) are as they are now, not as they were; limits and what policies keep "
    "by\n"
    "key begin empty; the clock follows the messages' own times.\n"
    "\n"
    "  --since TIME       how far back: 90s, 30m, 2h, 7d (default: 1h); the stream's retention\n"
    "                     bounds it\n"
    "  --policies FOLDER  the policies (default: the setting policies)\n"
    "  --limit N          at most N messages (default: 1000000)\n"
    "  --show N           at most N changed messages in full (default: 20)\n"
    "  --json             for machines\n"
    "  --config FILE      settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 nothing would change, 3 something would, 1 it could not be found out, 2 usage.\n"
    "\n"
    "  chat21d replay --since 2h --policies drafts\n";

enum { HOUR_MS = 60 * 60 * 1000, SHOWN = 20, SHOWN_MAX = 10000, LIMIT = 1000000 };
enum { QUIET_US = 1000000, EVERY_US = 250000 };

struct request {
    const char *policies, *config;
    int64_t since, limit, shown;
    bool as_json;
};

/* On a terminal, after a second, four times a second; `self` is when next. */
static void progress(void *self, const struct replay_report *report) {
    int64_t *next_us = self;
    int64_t now_us = clock_steady_us(&clock_real);
    if (now_us < *next_us)
        return;
    *next_us = now_us + EVERY_US;
    fprintf(stderr, "\r%" PRIu64 " messages, %" PRIu64 " changed …", report->judged,
            report->changed);
    fflush(stderr);
}

static int run(const char *name, struct rehearsal *rehearsal, const struct request *request) {
    bool is_watched = isatty(STDERR_FILENO);
    int64_t next_us = clock_steady_us(&clock_real) + QUIET_US;
    struct replay_choice choice = {
        .since_ms = clock_wall_ms(&clock_real) - request->since,
        .limit = (uint64_t)request->limit,
        .shown = (size_t)request->shown,
        .progress = is_watched ? progress : NULL,
        .self = &next_us,
    };
    struct replay_report report = {.arena = NULL};
    struct why why;
    int rc = replay_run(rehearsal, &choice, &report, &why);
    if (is_watched)
        fputs("\r\033[K", stderr);
    if (rc)
        rc = command_failed(name, "it could not be found out: %s", why.words);
    else if (request->as_json)
        print_replay_json(rehearsal, &report);
    else
        print_replay(rehearsal, &report);
    if (rc == COMMAND_OK && report.changed)
        rc = COMMAND_OTHERWISE;
    replay_free(&report);
    return rc;
}

static int replay(const char *name, const struct request *request) {
    struct rehearsal_choice choice = {
        .config = request->config, .policies = request->policies, .needs_broker = true};
    struct rehearsal rehearsal;
    struct span problems = SPAN_NONE;
    int rc;
    signal(SIGPIPE, SIG_IGN); /* broker.h asks for it */
    if (rehearsal_open(&rehearsal, &choice, &problems))
        rc = command_failed(name, "it could not be found out:\n%.*s", SPAN_ARGS(problems));
    else
        rc = run(name, &rehearsal, request);
    rehearsal_close(&rehearsal);
    return rc;
}

int command_replay(int argc, char **argv) {
    struct request request = {.since = HOUR_MS, .limit = LIMIT, .shown = SHOWN};
    const struct option_row rows[] = {
        {"since", OPTION_SPAN, &request.since, 0, 0},
        {"limit", OPTION_NUMBER, &request.limit, 1, INT64_C(1) << 40},
        {"show", OPTION_NUMBER, &request.shown, 0, SHOWN_MAX},
        {"policies", OPTION_TEXT, &request.policies, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows)};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    return replay(argv[0], &request);
}
