/* chat21d dead: the letters in the dead queue, listed, shown, requeued and dropped. Asks the
 * broker, not the server, which may be running or not. */
#include "server/commands.h"

#include "server/config.h"
#include "server/options.h"
#include "server/output.h"
#include "server/print_letter.h"
#include "words/clock.h"
#include "words/json_write.h"
#include "words/nearest.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d dead list [--newest] [--limit N] [--json] [--config FILE]\n"
    "       chat21d dead show N|ID [--json] [--config FILE]\n"
    "       chat21d dead requeue ID|--all [--json] [--config FILE]\n"
    "       chat21d dead drop ID|--all [--json] [--config FILE]\n"
    "\n"
    "What could not be understood waits in the dead queue: a letter each, with the key the "
    "message\n"
    "came with, and the reason. The queue is bounded: when it is full, the oldest go.\n"
    "\n"
    "  list      oldest first, the order in which they go; number, id, time, size, key and reason\n"
    "  show      one of them, by its number in the list or its id, with its body\n"
    "  requeue   sends the message once more under its own key, to be taken and judged as any "
    "that\n"
    "            comes now, under a new id; the letter goes when the broker has the message. What\n"
    "            cannot be sent stays: a letter that was cut (it keeps 64 KB), or a key that\n"
    "            nothing takes\n"
    "  drop      takes it out for good\n"
    "\n"
    "  --newest  (list) the newest ones instead; reads the whole queue\n"
    "  --limit N (list) at most N of them (default: 50; 10000 at most)\n"
    "  --all     (requeue, drop) every letter that is there now\n"
    "  --json    for machines: one JSON object a line\n"
    "\n"
    "Asks the broker (RABBITMQ_URI), with the server running or not, one at a time. While it "
    "reads,\n"
    "the letters are held, and go back to their places when it ends; a number may change when\n"
    "letters go, an id does not. Where several letters have one id the oldest is meant.\n"
    "\n"
    "Exit codes: 0 it worked, 1 it did not, or not for all, 2 usage.\n"
    "\n"
    "  chat21d dead list --json | jq -r .reason | sort | uniq -c\n";

enum { LIMIT = 50, LIMIT_MAX = 10000, NUMBER_DIGITS = 9 };
enum { QUIET_US = 1000000, EVERY_US = 250000 };

struct request {
    const char *config, *which;
    int64_t limit;
    bool newest, all, as_json;
};

/* One command at work. */
struct work {
    const char *name; /* "chat21d dead" */
    const struct request *request;
    struct broker_dead *dead;
    int64_t next_us; /* when to say next how far it is; 0: nobody watches */
    uint64_t done, stayed;
};

/* ---- one after the other ---- */

/* On a terminal, after a second, four times a second. */
static void progress(struct work *work, uint64_t number) {
    int64_t now_us = work->next_us ? clock_steady_us(&clock_real) : -1;
    if (now_us < work->next_us)
        return;
    work->next_us = now_us + EVERY_US;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " letters …", number,
            broker_dead_count(work->dead));
    fflush(stderr);
}

static enum dead_is next(struct work *work, struct dead_letter *letter, struct why *why) {
    enum dead_is is = broker_dead_next(work->dead, letter, why);
    if (is == DEAD_LETTER)
        progress(work, letter->number);
    return is;
}

/* ---- list, show ---- */

static int list(struct work *work, struct why *why) {
    const struct request *request = work->request;
    uint64_t count = broker_dead_count(work->dead), limit = (uint64_t)request->limit;
    uint64_t first = request->newest && count > limit ? count - limit : 0;
    struct dead_letter letter;
    enum dead_is is = DEAD_LETTER;
    for (uint64_t shown = 0; shown<limit; shown += letter.number> first) {
        if ((is = next(work, &letter, why)) != DEAD_LETTER)
            break;
        if (letter.number > first && request->as_json)
            print_letter_json(&letter, false);
        else if (letter.number > first)
            print_letter_line(&letter);
    }
    if (is == DEAD_FAILED)
        return -1;
    if (!request->as_json && count == 0)
        puts("the dead queue is empty");
    else if (!request->as_json && count > limit)
        printf("%" PRIu64 " letters in all\n", count);
    return 0;
}

/* A number is one where it can be none of an id's. */
static bool read_number(const char *which, uint64_t *number) {
    int64_t found;
    if (strlen(which) > NUMBER_DIGITS || !command_number(which, 1, INT64_MAX, &found))
        return false;
    *number = (uint64_t)found;
    return true;
}

/* Reads up to the one that was named. */
static int find(struct work *work, struct dead_letter *letter, struct why *why) {
    const char *which = work->request->which;
    uint64_t number = 0;
    read_number(which, &number);
    for (;;) {
        enum dead_is is = next(work, letter, why);
        if (is == DEAD_FAILED)
            return -1;
        if (is == DEAD_END)
            return why_say(why, "no letter \"%.64s\" is in the dead queue", which);
        if (number ? letter->number == number : span_is(letter->id, which))
            return 0;
    }
}

static int show(struct work *work, struct why *why) {
    struct dead_letter letter;
    if (find(work, &letter, why) < 0)
        return -1;
    if (work->request->as_json)
        print_letter_json(&letter, true);
    else
        print_letter(&letter);
    return 0;
}

/* ---- requeue, drop ---- */

typedef enum dead_done doing(struct broker_dead *dead, struct why *why);

static void say_outcome(const struct work *work, const struct dead_letter *letter, const char *what,
                        const struct why *why) {
    if (work->request->as_json) {
        struct arena *arena = arena_new();
        struct json_writer writer = json_write(arena);
        json_open(&writer, NULL, '{');
        json_put_text(&writer, "id", letter->id);
        json_put_text(&writer, "outcome", span_of(why ? "stays" : what));
        json_put_text(&writer, "reason", why ? span_of(why->words) : SPAN_NONE);
        json_close(&writer, '}');
        printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
        arena_free(&arena);
    } else if (why || !work->request->all) {
        command_print(stdout, letter->id);
        printf(why ? " stays: %s\n" : " is %s\n", why ? why->words : what);
    }
}

/* -1: it cannot go on. */
static int treat(struct work *work, const struct dead_letter *letter, doing *act, const char *what,
                 struct why *why) {
    enum dead_done done = act(work->dead, why);
    if (done == DEAD_NOT_DONE)
        return -1;
    work->done += done == DEAD_DONE;
    work->stayed += done == DEAD_STAYS;
    say_outcome(work, letter, what, done == DEAD_STAYS ? why : NULL);
    return 0;
}

static int treat_all(struct work *work, doing *act, const char *what, struct why *why) {
    struct dead_letter letter;
    enum dead_is is;
    while ((is = next(work, &letter, why)) == DEAD_LETTER)
        if (treat(work, &letter, act, what, why) < 0)
            return -1;
    return is == DEAD_FAILED ? -1 : 0;
}

static int change(struct work *work, doing *act, const char *what, struct why *why) {
    struct dead_letter letter;
    if (!work->request->all)
        return find(work, &letter, why) < 0 ? -1 : treat(work, &letter, act, what, why);
    int rc = treat_all(work, act, what, why);
    if (!work->request->as_json) {
        output_count(work->done, "letter");
        printf(" %s, %" PRIu64 " stayed\n", what, work->stayed);
    }
    return rc;
}

static int requeue(struct work *work, struct why *why) {
    return change(work, broker_dead_requeue, "requeued", why);
}

static int drop(struct work *work, struct why *why) {
    return change(work, broker_dead_drop, "dropped", why);
}

/* ---- the words ---- */

static const struct word {
    const char *name;
    int (*run)(struct work *work, struct why *why);
    bool wants_one;
    bool changes; /* --all instead of one; one is named by its id */
} WORDS[] = {
    {"list", list, false, false},
    {"show", show, true, false},
    {"requeue", requeue, true, true},
    {"drop", drop, true, true},
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
    *rc = command_usage(command, "\"%s\": expected list, show, requeue or drop%s", name,
                        nearest_words(&nearest, hint));
    return NULL;
}

/* What is wrong with the call; NULL: nothing. */
static const char *fault_of(const struct word *word, const struct request *request) {
    uint64_t number;
    if (!word->wants_one && (request->which || request->all))
        return "expected no letter";
    if (request->all && !word->changes)
        return "expected one letter, not --all";
    if (word->wants_one && !request->which == !request->all)
        return word->changes ? "which one? expected an id, or --all"
                             : "which one? expected a number or an id";
    if (word->changes && request->which && read_number(request->which, &number))
        return "a number may mean another letter by now: expected an id, as the list shows it";
    return NULL;
}

static int work_on(struct work *work, const struct word *word, struct why *why) {
    int rc = word->run(work, why);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    struct why other;
    if (broker_dead_close(&work->dead, &other) < 0 && rc == 0) {
        *why = other;
        rc = -1;
    }
    return rc;
}

static int run(const char *name, const struct word *word, const struct request *request) {
    struct work work = {.name = name, .request = request};
    struct arena *arena = arena_new();
    struct config config;
    struct span problems = SPAN_NONE;
    struct why why;
    int rc = COMMAND_OK;
    signal(SIGPIPE, SIG_IGN); /* broker.h asks for it */
    if (isatty(STDERR_FILENO))
        work.next_us = clock_steady_us(&clock_real) + QUIET_US;
    if (config_load(arena, request->config, environ, &config, &problems) < 0)
        rc = command_failed(name, "the settings are not right:\n%.*s", SPAN_ARGS(problems));
    else if (!(work.dead = broker_dead_open(&config.broker, &why)) ||
             work_on(&work, word, &why) < 0)
        rc = command_failed(name, "%s", why.words);
    else if (work.stayed)
        rc = COMMAND_FAILED;
    arena_free(&arena);
    return rc;
}

int command_dead(int argc, char **argv) {
    struct request request = {.limit = LIMIT};
    const struct option_row rows[] = {
        {"newest", OPTION_FLAG, &request.newest, 0, 0},
        {"limit", OPTION_NUMBER, &request.limit, 1, LIMIT_MAX},
        {"all", OPTION_FLAG, &request.all, 0, 0},
        {"json", OPTION_FLAG, &request.as_json, 0, 0},
        {"config", OPTION_TEXT, &request.config, 0, 0},
    };
    const struct options options = {.help = HELP,
                                    OPTION_ROWS(rows),
                                    .least = 1,
                                    .most = 2,
                                    .expects = "expected list, show, requeue or drop"};
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
