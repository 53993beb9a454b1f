/* chat21d reload: has the running server load its policies again, and says how that went. */
#include "server/commands.h"

#include "server/ask.h"
#include "server/config.h"
#include "server/options.h"

#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d reload [--config FILE] [--json]\n"
    "\n"
    "Has the running server load its policies again, and waits until they are in force, or "
    "refused\n"
    "(then the ones before go on). The server does so by itself when a file changes.\n"
    "\n"
    "  --json         the server's answer, as it came\n"
    "  --config FILE  settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 they are in force, 1 they were refused or no server answers, 2 usage.\n";

static int reload(struct arena *arena, const char *config, bool as_json, struct why *why) {
    const char *data;
    struct span answer;
    if (config_value(arena, config, environ, "data", &data, why) != 0 ||
        ask_for(arena, data, SPAN("{\"do\":\"reload\"}"), &answer, why) != 0)
        return -1;
    if (as_json)
        printf("%.*s\n", SPAN_ARGS(answer));
    else
        printf("generation %.*s is in force, %lld policies\n",
               SPAN_ARGS(answer_text(arena, answer, "generation")),
               (long long)answer_number(answer, "policies"));
    return 0;
}

int command_reload(int argc, char **argv) {
    const char *config = NULL;
    bool as_json = false;
    const struct option_row rows[] = {
        {"json", OPTION_FLAG, &as_json, 0, 0},
        {"config", OPTION_TEXT, &config, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows), .expects = "no argument"};
    struct arguments rest;
    struct why why;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    struct arena *arena = arena_new();
    if (reload(arena, config, as_json, &why) != 0)
        rc = command_failed(argv[0], "%s", why.words);
    arena_free(&arena);
    return rc;
}
