/* chat21d explain: why did this message arrive, or not? */
#include "server/commands.h"

#include "server/config.h"
#include "server/explain.h"
#include "server/options.h"

#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d explain MESSAGE-ID\n"
    "\n"
    "Says what was decided for a message and why: from the store (outcome, policy, reason, "
    "copies,\n"
    "what it caused) and from the decision log (what each policy said and asked), and what is not\n"
    "known. The server may be running.\n"
    "\n"
    "  MESSAGE-ID     the field message_id of the message, as clients and logs have it\n"
    "  --json         for machines\n"
    "  --config FILE  settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 something is known of it, 1 nothing is (and it says why), 2 usage.\n"
    "\n"
    "  chat21d explain 12345678-9abc-8def-8c67-106f8401175d\n";

static int explain(const char *name, const char *data, const char *id, bool as_json) {
    struct explained explained;
    struct why why;
    int rc = COMMAND_OK;
    if (explain_find(&explained, data, id, &why))
        rc = command_failed(name, "%s", why.words);
    else if (as_json)
        print_explained_json(&explained);
    else
        print_explained(&explained);
    if (rc == COMMAND_OK && !explain_is_known(&explained))
        rc = COMMAND_FAILED;
    explain_free(&explained);
    return rc;
}

int command_explain(int argc, char **argv) {
    const char *config = NULL, *data;
    bool as_json = false;
    const struct option_row rows[] = {
        {"json", OPTION_FLAG, &as_json, 0, 0},
        {"config", OPTION_TEXT, &config, 0, 0},
    };
    const struct options options = {.help = HELP,
                                    OPTION_ROWS(rows),
                                    .least = 1,
                                    .most = 1,
                                    .expects = "expected one message id"};
    struct arguments rest;
    struct why why;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    struct arena *arena = arena_new();
    if (config_value(arena, config, environ, "data", &data, &why))
        rc = command_failed(argv[0], "%s", why.words);
    else
        rc = explain(argv[0], data, rest.at[0], as_json);
    arena_free(&arena);
    return rc;
}
