/* chat21d policy: what a policy's author has beside an editor. Each word has a file of its own. */
#include "server/policy_words.h"

#include "words/nearest.h"

static const char HELP[] =
    "Usage: chat21d policy new NAME [--on message|copy|group]\n"
    "       chat21d policy bench [--policies FOLDER]\n"
    "\n"
    "  new    writes a policy and its spec, both of which pass, to begin from\n"
    "  bench  measures what a decision costs, for each policy and for all of them\n"
    "\n"
    "chat21d policy new --help and chat21d policy bench --help say more.\n";

static const struct word {
    const char *name, *full;
    int (*run)(int argc, char **argv);
} WORDS[] = {
    {"new", "chat21d policy new", policy_new},
    {"bench", "chat21d policy bench", policy_bench},
};
enum { WORD_COUNT = sizeof WORDS / sizeof WORDS[0] };

static int run_word(const struct word *word, int argc, char **argv) {
    char full[32];
    snprintf(full, sizeof full, "%s", word->full);
    argv[0] = full;
    return word->run(argc, argv);
}

int command_policy(int argc, char **argv) {
    const char *wanted = argc > 1 ? argv[1] : "--help";
    struct nearest nearest = nearest_start(span_of(wanted));
    char hint[NEAREST_MAX + 24];
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(wanted, WORDS[i].name) == 0)
            return run_word(&WORDS[i], argc - 1, argv + 1);
        nearest_offer(&nearest, span_of(WORDS[i].name));
    }
    if (strcmp(wanted, "--help") != 0 && strcmp(wanted, "-h") != 0)
        return command_usage(argv[0], "expected \"new\" or \"bench\", got \"%s\"%s", wanted,
                             nearest_words(&nearest, hint));
    fputs(HELP, argc > 1 ? stdout : stderr);
    return argc > 1 ? COMMAND_OK : COMMAND_USAGE;
}
