#include "server/subcommand.h"

#include "server/commands.h"
#include "server/config.h"
#include "words/nearest.h"

#include <unistd.h>

enum { LIMIT = 50, LIMIT_MAX = 10000 };

static const struct subcommand *find_word(const struct subcommands *all, const struct call *call,
                                          const char *name, int *rc) {
    struct nearest nearest = nearest_start(span_of(name));
    char hint[NEAREST_MAX + 24];
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(name, all->words[i].name) == 0)
            return &all->words[i];
        nearest_offer(&nearest, span_of(all->words[i].name));
    }
    *rc = command_usage(call->command, "\"%s\": %s%s", name, all->expects,
                        nearest_words(&nearest, hint));
    return NULL;
}

/* Was one thing named, or all, or none, as the word wants it? COMMAND_OK, or the complaint's code.
 */
static int check_which(const struct subcommands *all, const struct call *call) {
    const struct subcommand *word = call->word;
    if (!word->one && (call->which || call->all))
        return command_usage(call->command, "%s: expected no %s", word->name, all->thing);
    if (call->all && !word->takes_all)
        return command_usage(call->command, "%s: expected one %s, not --all", word->name,
                             all->thing);
    if (word->one && !call->which == !call->all)
        return command_usage(call->command, "%s: which one? expected %s%s", word->name, word->one,
                             word->takes_all ? ", or --all" : "");
    return COMMAND_OK;
}

static bool any_takes_all(const struct subcommands *all) {
    for (size_t i = 0; i < all->count; i++)
        if (all->words[i].takes_all)
            return true;
    return false;
}

bool subcommand_read(const struct subcommands *all, int argc, char **argv, struct call *call,
                     int *rc) {
    enum { ROWS = 5 };
    const struct option_row rows[ROWS] = {
        all->own,
        {"limit", OPTION_NUMBER, &call->limit, 1, LIMIT_MAX},
        {"json", OPTION_FLAG, &call->as_json, 0, 0},
        {"config", OPTION_TEXT, &call->config, 0, 0},
        {"all", OPTION_FLAG, &call->all, 0, 0},
    };
    const struct options options = {.help = all->help,
                                    .rows = rows,
                                    .row_count = any_takes_all(all) ? ROWS : ROWS - 1,
                                    .least = 1,
                                    .most = 2,
                                    .expects = all->expects};
    struct arguments rest;
    *call = (struct call){.command = argv[0], .limit = LIMIT};
    if (!options_read(&options, argc, argv, &rest, rc))
        return false;
    call->word = find_word(all, call, rest.at[0], rc);
    if (!call->word)
        return false;
    call->which = rest.at[1];
    *rc = check_which(all, call);
    return *rc == COMMAND_OK;
}

static int run_word(struct call *call, struct request *request, struct why *why) {
    if (config_value(call->arena, call->config, environ, "data", &call->data, why) != 0)
        return -1;
    if (call->word->reads_store && !(call->reader = store_reader_open(call->data, why)))
        return -1;
    int rc = call->word->run(request, why);
    store_reader_close(&call->reader);
    return rc;
}

int subcommand_run(struct call *call, struct request *request) {
    struct why why;
    int rc = COMMAND_OK;
    call->arena = arena_new();
    if (run_word(call, request, &why) != 0)
        rc = command_failed(call->command, "%s", why.words);
    arena_free(&call->arena);
    return rc;
}
