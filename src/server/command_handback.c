/* chat21d handback: gives the traffic back to an earlier server, with what nobody took yet. */
#include "server/commands.h"

#include "ports/store.h"
#include "server/config.h"
#include "server/earlier.h"
#include "server/lock.h"
#include "server/login_keeper.h"
#include "server/options.h"
#include "server/output.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: chat21d handback [--leave-waiting] [--config FILE]\n"
    "\n"
    "The way back to the Node.js server, while this one is stopped. Moves what the stream holds "
    "and\n"
    "was not taken yet into the queues \"messages\", \"persist\" and \"webhooks\", binds them to "
    "the\n"
    "clients' keys again, and unbinds the stream: what comes from then on waits there as well. "
    "The\n"
    "other server is to be started behind it: where that binds the queues before, what comes "
    "until\n"
    "then comes twice. Does nothing where the stream is not bound; what it leaves when it is\n"
    "interrupted, the next call carries on with. The store stays as it is.\n"
    "\n"
    "  --leave-waiting  also where messages wait in the store (put off by policies, or in "
    "quarantine);\n"
    "                   they stay there, and are carried out if this server is ever started again\n"
    "  --config FILE    settings (default: the file CHAT21D_CONFIG names)\n"
    "\n"
    "Exit codes: 0 all of it is there, 1 it is not (said on standard error), 2 usage.\n";

/* The largest that the broker takes. */
enum { BODY_MAX = 128 * 1024 * 1024 };

struct handback {
    const struct config *config;
    struct arena *arena;
    struct store *store;
    bool leaves_waiting;
    bool is_done; /* before: the stream is not bound */
    struct broker_start start;
    struct broker_given given;
};

static int passed(void *self, uint64_t incarnation, uint64_t offset, uint64_t digest,
                  struct why *why) {
    struct handback *handback = self;
    struct origin origin = {incarnation, offset, digest};
    return store_set_position(handback->store, &origin, why);
}

static int knows(void *self, uint64_t offset, uint64_t digest, bool *is_known, struct why *why) {
    struct handback *handback = self;
    return store_knows(handback->store, offset, digest, is_known, why);
}

/* What is stored and did not go out can only be carried out by this server. */
static int refuse_unfinished(struct handback *handback, struct why *why) {
    int64_t newest, confirmed;
    struct store_waiting_counts waiting = store_waiting_counts(handback->store);
    if (store_progress(handback->store, &newest, &confirmed, why) != 0)
        return -1;
    if (newest != confirmed)
        return why_say(why,
                       "%" PRId64 " stored messages are not delivered to their end: start the "
                       "server once more, and stop it",
                       newest - confirmed);
    if (waiting.deferred + waiting.quarantined > 0 && !handback->leaves_waiting)
        return why_say(why,
                       "%" PRIu64 " messages wait in the store, %" PRIu64
                       " of them for a person's word (chat21d quarantine list): see to them first, "
                       "or leave them there with --leave-waiting",
                       waiting.deferred + waiting.quarantined, waiting.quarantined);
    return 0;
}

static int refuse_without_queues(const struct config *config, struct why *why) {
    for (int i = 0; i < BROKER_QUEUES; i++)
        if (!config->broker.queues[i])
            return why_say(why, "one of drain_queue, persist_queue and webhooks_queue is \"none\": "
                                "there has to be a queue to give back to");
    return 0;
}

static int make_start(struct handback *handback, struct why *why) {
    struct broker_start *start = &handback->start;
    struct store_mark mark;
    struct span *bound;
    if (store_mark(handback->store, &mark, why) != 0 ||
        store_bindings(handback->store, handback->arena, &bound, &start->binding_count, why) != 0)
        return -1;
    start->bindings = bound;
    start->earlier = earlier_patterns(handback->arena, handback->config, &start->earlier_count);
    start->incarnation = mark.incarnation;
    start->has_last = mark.has_offset;
    start->last_offset = mark.offset;
    start->last_digest = mark.digest;
    start->knows = knows;
    start->self = handback;
    handback->is_done = start->binding_count == 0;
    return 0;
}

static int give(struct handback *handback, struct why *why) {
    const struct broker_handback caller = {.self = handback, .passed = passed};
    struct broker_settings settings = handback->config->broker;
    settings.intake = BROKER_INTAKE_STREAM; /* whatever comes after this */
    settings.body_max = BODY_MAX;
    struct broker *broker = broker_new(&settings, why);
    if (!broker)
        return -1;
    /* If the stream is taken from again, the queues are drained first: also where this is broken
     * off, and the server is started instead. */
    int rc = store_set_drained(handback->store, false, why);
    if (rc == 0)
        rc = broker_hand_back(broker, &handback->start, &caller, &handback->given, why);
    broker_free(&broker);
    return rc != 0 ? -1 : store_set_bindings(handback->store, NULL, 0, why);
}

static int with_store(struct handback *handback, struct why *why) {
    if (make_start(handback, why) != 0)
        return -1;
    if (handback->is_done)
        return 0;
    if (refuse_without_queues(handback->config, why) != 0 || refuse_unfinished(handback, why) != 0)
        return -1;
    return give(handback, why);
}

static int with_lock(struct handback *handback, struct why *why) {
    const char *data = handback->config->data;
    int lock;
    switch (lock_take(data, &lock, why)) {
    case LOCK_TAKEN:
        break;
    case LOCK_HELD:
        return why_say(why, "the server runs on the data folder %s: stop it first", data);
    case LOCK_FAILED:
        return -1;
    }
    int rc = -1;
    handback->store = store_open(data, true, why);
    if (handback->store)
        rc = with_store(handback, why);
    store_close(&handback->store);
    close(lock);
    return rc;
}

static void say_done(const struct handback *handback) {
    const struct broker_settings *broker = &handback->config->broker;
    if (handback->is_done) {
        printf("the stream %s is not bound: there is nothing to give back\n", broker->stream);
        return;
    }
    output_count(handback->given.moved, "message");
    printf(" moved out of the stream %s; what comes now waits in %s and %s for the other server\n",
           broker->stream, broker->queues[BROKER_MESSAGES], broker->queues[BROKER_PERSIST]);
    if (handback->given.poisons) {
        output_count(handback->given.poisons, "message");
        printf(" could not be delivered by the broker (a key over 255 bytes): stepped over\n");
    }
    if (handback->given.missing) {
        output_count(handback->given.missing, "message");
        printf(" could not be moved: the stream's retention was over before they were taken\n");
    }
}

static int run(const char *name, const char *file, bool leaves_waiting) {
    struct arena *arena = arena_new();
    struct config config;
    struct handback handback = {
        .config = &config, .arena = arena, .leaves_waiting = leaves_waiting};
    struct span problems = SPAN_NONE;
    struct login_keeper *login = NULL;
    struct why why;
    int rc = COMMAND_OK;
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_ERROR);
    if (config_load(arena, file, environ, &config, &problems) != 0)
        rc = command_failed(name, "the settings are not right:\n%.*s", SPAN_ARGS(problems));
    else if (!(login = login_for_command(&config, &why)) || with_lock(&handback, &why) != 0)
        rc = command_failed(name, "%s", why.words);
    else
        say_done(&handback);
    login_keeper_free(&login);
    arena_free(&arena);
    return rc;
}

int command_handback(int argc, char **argv) {
    const char *file = NULL;
    bool leaves_waiting = false;
    const struct option_row rows[] = {
        {"leave-waiting", OPTION_FLAG, &leaves_waiting, 0, 0},
        {"config", OPTION_TEXT, &file, 0, 0},
    };
    const struct options options = {.help = HELP, OPTION_ROWS(rows), .expects = "no argument"};
    struct arguments rest;
    int rc;
    if (!options_read(&options, argc, argv, &rest, &rc))
        return rc;
    return run(argv[0], file, leaves_waiting);
}
