/* subcommand: a command whose first argument is a word that says what to do, and whose second,
 * where the word wants it, names one of the things that the command is about: `chat21d dead show
 * 3`.
 *
 * They have the same options: --limit N, --json, --config FILE, --all where a word takes it, and
 * one of the command's own. What a word does is a function in the command's file, which says there
 * what its `struct request` is. */
#ifndef CHAT21D_SUBCOMMAND_H
#define CHAT21D_SUBCOMMAND_H

#include "ports/store.h"
#include "server/options.h"
#include "words/arena.h"

struct request;

struct subcommand {
    const char *name;
    const char *one;  /* what names the one thing, in words: "an id"; NULL: it takes none */
    bool takes_all;   /* --all instead of one */
    bool reads_store; /* subcommand_run opens it before and closes it after */
    int (*run)(struct request *request, struct why *why);
};

struct subcommands {
    const char *help;
    const char *expects; /* the words, for complaints: "expected list or show" */
    const char *thing;   /* what it is about, for complaints: "event" */
    struct option_row own;
    const struct subcommand *words;
    size_t count;
};
#define SUBCOMMANDS(array) .words = (array), .count = sizeof(array) / sizeof *(array)

/* What was asked for, and what it needs while it runs. */
struct call {
    const char *command; /* "chat21d dead" */
    const struct subcommand *word;
    const char *which; /* as it was named; NULL: nothing was */
    const char *config;
    int64_t limit; /* 50 where nothing was said */
    bool all, as_json;
    /* Within subcommand_run: */
    struct arena *arena;
    const char *data;            /* the data folder */
    struct store_reader *reader; /* where the word reads the store */
};

/* True: go on. False: the command is over, with `*rc`. */
bool subcommand_read(const struct subcommands *all, int argc, char **argv, struct call *call,
                     int *rc);

/* Finds the data folder, runs the word, and says what went wrong. `call` is the request's. Returns
 * the command's exit code. */
int subcommand_run(struct call *call, struct request *request);

#endif
