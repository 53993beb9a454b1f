/* chat21d run: the server, in the foreground. */
#include "server/commands.h"

#include "server/config.h"
#include "server/options.h"
#include "server/supervisor.h"
#include "server/version.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d run [--config FILE]\n"
    "\n"
    "Runs the server in the foreground until SIGTERM or SIGINT; SIGHUP reloads the policies.\n"
    "Settings come from the environment and from FILE (default: the one CHAT21D_CONFIG names),\n"
    "whose lines are \"name = value\"; # begins a comment. chat21d check says what is wrong.\n"
    "\n";

/* Ends with the table of the settings. In the arena. */
static const char *help(struct arena *arena) {
    struct span table = config_help(arena);
    return arena_print(arena, "%s%.*s", HELP, SPAN_ARGS(table)).at;
}

static void log_start(const struct config *config) {
    char quoted[512];
    log_set_level(config->log_level);
    log_set_format(config->log_format);
    log_line(LOG_INFO, "start", "version=" CHAT21D_VERSION " data=%s apps=%zu",
             log_quote(quoted, sizeof quoted, span_of(config->data)), config->app_count);
    for (size_t i = 0; i < config->tokens.warning_count; i++)
        log_line(LOG_WARN, "settings", "reason=%s",
                 log_quote(quoted, sizeof quoted, config->tokens.warnings[i]));
    if (config->not_served)
        log_line(LOG_WARN, "settings", "not_served=%s reason=\"not served by this version\"",
                 config->not_served);
}

static int run(const char *name, const char *file) {
    struct arena *arena = arena_new();
    struct config config;
    struct span problems;
    struct why why;
    int rc = COMMAND_FAILED;
    if (config_load(arena, file, environ, &config, &problems)) {
        command_failed(name, "cannot start, because of the settings:\n%.*s", SPAN_ARGS(problems));
        goto out;
    }
    config_hide_secrets(environ);
    prctl(PR_SET_DUMPABLE, 0); /* no core file with a token in it, and no peeking into /proc */
    umask(077);
    if (config_make_data(&config, &why)) {
        command_failed(name, "%s", why.words);
        goto out;
    }
    log_start(&config);
    rc = supervisor_run(&config);
out:
    arena_free(&arena);
    return rc;
}

int command_run(int argc, char **argv) {
    const char *file = NULL;
    struct arena *arena = arena_new();
    const struct option_row rows[] = {{"config", OPTION_TEXT, &file, 0, 0}};
    const struct options options = {.help = help(arena), OPTION_ROWS(rows)};
    struct arguments rest;
    int rc;
    bool goes_on = options_read(&options, argc, argv, &rest, &rc);
    arena_free(&arena);
    return goes_on ? run(argv[0], file) : rc;
}
