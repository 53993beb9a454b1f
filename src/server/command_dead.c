/* chat21d dead: the letters in the dead queue, listed, shown, requeued and dropped. Asks the
 * broker, not the server, which may be running or not. */
#include "server/commands.h"

#include "server/config.h"
#include "server/login_keeper.h"
#include "server/output.h"
#include "server/print_letter.h"
#include "server/subcommand.h"
#include "words/clock.h"
#include "words/json_write.h"

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

enum { NUMBER_DIGITS = 9 };
enum { QUIET_US = 1000000, EVERY_US = 250000 };

/* One command at work. */
struct request {
    struct call call;
    bool newest;
    struct broker_dead *dead;
    int64_t next_us; /* when to say next how far it is; 0: nobody watches */
    uint64_t done, stayed;
};

/* ---- one after the other ---- */

/* On a terminal, after a second, four times a second. */
static void progress(struct request *request, uint64_t number) {
    int64_t now_us = request->next_us ? clock_steady_us(&clock_real) : -1;
    if (now_us < request->next_us)
        return;
    request->next_us = now_us + EVERY_US;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " letters …", number,
            broker_dead_count(request->dead));
    fflush(stderr);
}

static enum dead_is next(struct request *request, struct dead_letter *letter, struct why *why) {
    enum dead_is is = broker_dead_next(request->dead, letter, why);
    if (is == DEAD_LETTER)
        progress(request, letter->number);
    return is;
}

/* ---- list, show ---- */

static int list(struct request *request, struct why *why) {
    uint64_t count = broker_dead_count(request->dead), limit = (uint64_t)request->call.limit;
    uint64_t first = request->newest && count > limit ? count - limit : 0;
    struct dead_letter letter;
    enum dead_is is = DEAD_LETTER;
    for (uint64_t shown = 0; shown<limit; shown += letter.number> first) {
        if ((is = next(request, &letter, why)) != DEAD_LETTER)
            break;
        if (letter.number > first && request->call.as_json)
            print_letter_json(&letter, false);
        else if (letter.number > first)
            print_letter_line(&letter);
    }
    if (is == DEAD_FAILED)
        return -1;
    if (!request->call.as_json && count == 0)
        puts("the dead queue is empty");
    else if (!request->call.as_json && count > limit)
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
static int find(struct request *request, struct dead_letter *letter, struct why *why) {
    const char *which = request->call.which;
    uint64_t number = 0;
    read_number(which, &number);
    for (;;) {
        enum dead_is is = next(request, letter, why);
        if (is == DEAD_FAILED)
            return -1;
        if (is == DEAD_END)
            return why_say(why, "no letter \"%.64s\" is in the dead queue", which);
        if (number ? letter->number == number : span_is(letter->id, which))
            return 0;
    }
}

static int show(struct request *request, struct why *why) {
    struct dead_letter letter;
    if (find(request, &letter, why) < 0)
        return -1;
    if (request->call.as_json)
        print_letter_json(&letter, true);
    else
        print_letter(&letter);
    return 0;
}

/* ---- requeue, drop ---- */

typedef enum dead_done doing(struct broker_dead *dead, struct why *why);

static void say_outcome(const struct request *request, const struct dead_letter *letter,
                        const char *what, const struct why *why) {
    if (request->call.as_json) {
        struct arena *arena = arena_new();
        struct json_writer writer = json_write(arena);
        json_open(&writer, NULL, '{');
        json_put_text(&writer, "id", letter->id);
        json_put_text(&writer, "outcome", span_of(why ? "stays" : what));
        json_put_text(&writer, "reason", why ? span_of(why->words) : SPAN_NONE);
        json_close(&writer, '}');
        printf("%.*s\n", SPAN_ARGS(json_written(&writer)));
        arena_free(&arena);
    } else if (why || !request->call.all) {
        command_print(stdout, letter->id);
        printf(why ? " stays: %s\n" : " is %s\n", why ? why->words : what);
    }
}

/* -1: it cannot go on. */
static int treat(struct request *request, const struct dead_letter *letter, doing *act,
                 const char *what, struct why *why) {
    enum dead_done done = act(request->dead, why);
    if (done == DEAD_NOT_DONE)
        return -1;
    request->done += done == DEAD_DONE;
    request->stayed += done == DEAD_STAYS;
    say_outcome(request, letter, what, done == DEAD_STAYS ? why : NULL);
    return 0;
}

static int treat_all(struct request *request, doing *act, const char *what, struct why *why) {
    struct dead_letter letter;
    enum dead_is is;
    while ((is = next(request, &letter, why)) == DEAD_LETTER)
        if (treat(request, &letter, act, what, why) < 0)
            return -1;
    return is == DEAD_FAILED ? -1 : 0;
}

static int change(struct request *request, doing *act, const char *what, struct why *why) {
    struct dead_letter letter;
    if (!request->call.all)
        return find(request, &letter, why) < 0 ? -1 : treat(request, &letter, act, what, why);
    int rc = treat_all(request, act, what, why);
    if (!request->call.as_json) {
        output_count(request->done, "letter");
        printf(" %s, %" PRIu64 " stayed\n", what, request->stayed);
    }
    return rc;
}

static int requeue(struct request *request, struct why *why) {
    return change(request, broker_dead_requeue, "requeued", why);
}

static int drop(struct request *request, struct why *why) {
    return change(request, broker_dead_drop, "dropped", why);
}

/* ---- the words ---- */

/* What changes the queue wants an id: a number may mean another letter by then. */
static const struct subcommand WORDS[] = {
    {"list", NULL, false, false, list},
    {"show", "a number or an id", false, false, show},
    {"requeue", "an id", true, false, requeue},
    {"drop", "an id", true, false, drop},
};

static int run_word(struct request *request, struct why *why) {
    int rc = request->call.word->run(request, why);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    struct why other;
    if (broker_dead_close(&request->dead, &other) < 0 && rc == 0) {
        *why = other;
        rc = -1;
    }
    return rc;
}

static int run(struct request *request) {
    const char *command = request->call.command;
    struct arena *arena = arena_new();
    struct config config;
    struct span problems = SPAN_NONE;
    struct login_keeper *login = NULL;
    struct why why;
    int rc = COMMAND_OK;
    signal(SIGPIPE, SIG_IGN); /* broker.h asks for it */
    if (isatty(STDERR_FILENO))
        request->next_us = clock_steady_us(&clock_real) + QUIET_US;
    if (config_load(arena, request->call.config, environ, &config, &problems) < 0)
        rc = command_failed(command, "the settings are not right:\n%.*s", SPAN_ARGS(problems));
    else if (!(login = login_for_command(&config, &why)) ||
             !(request->dead = broker_dead_open(&config.broker, &why)) ||
             run_word(request, &why) < 0)
        rc = command_failed(command, "%s", why.words);
    else if (request->stayed)
        rc = COMMAND_FAILED;
    login_keeper_free(&login);
    arena_free(&arena);
    return rc;
}

int command_dead(int argc, char **argv) {
    struct request request = {.dead = NULL};
    const struct call *call = &request.call;
    const struct subcommands all = {.help = HELP,
                                    .expects = "expected list, show, requeue or drop",
                                    .thing = "letter",
                                    .own = {"newest", OPTION_FLAG, &request.newest, 0, 0},
                                    SUBCOMMANDS(WORDS)};
    uint64_t number;
    int rc;
    if (!subcommand_read(&all, argc, argv, &request.call, &rc))
        return rc;
    if (call->word->takes_all && call->which && read_number(call->which, &number))
        return command_usage(argv[0],
                             "%s: a number may mean another letter by now: expected an id, as the "
                             "list shows it",
                             call->word->name);
    return run(&request);
}
