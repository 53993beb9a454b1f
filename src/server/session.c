/* The connection to the broker: opened from what the store says, opened again with back-off when it
 * is gone. Only one server works at a time; another one stands by for the lease. */
#include "server/worker.h"

#include "server/earlier.h"
#include "words/check.h"
#include "words/log.h"

#include <inttypes.h>

enum {
    BACK_OFF_FIRST_US = 100 * 1000,
    BACK_OFF_LONGEST_US = 5 * 1000 * 1000,
    STANDBY_US = 1000 * 1000,
};

static size_t patterns_of(struct arena *arena, struct span app, struct span *patterns) {
    size_t count = 0;
    for (int kind = 0; kind < ROUTE_KINDS; kind++)
        for (size_t i = 0;; i++) {
            struct span pattern = route_binding(arena, (enum route_kind)kind, app, i);
            if (!pattern.size)
                break;
            if (patterns)
                patterns[count] = pattern;
            count++;
        }
    return count;
}

static void make_bindings(struct worker *worker) {
    const struct config *config = worker->config;
    struct session *session = &worker->session;
    size_t room = 0;
    for (size_t i = 0; i < config->app_count; i++)
        room += patterns_of(worker->arena, config->apps[i], NULL);
    session->bindings = arena_array(worker->arena, room, sizeof *session->bindings);
    for (size_t i = 0; i < config->app_count; i++)
        session->binding_count +=
            patterns_of(worker->arena, config->apps[i], session->bindings + session->binding_count);
}

int session_init(struct worker *worker, struct why *why) {
    make_bindings(worker);
    worker->session.back_off_us = BACK_OFF_FIRST_US;
    why_say(&worker->session.why, "it has just started");
    worker->session.broker = broker_new(&worker->broker, why);
    return worker->session.broker ? 0 : -1;
}

void session_free(struct worker *worker) {
    broker_free(&worker->session.broker);
}

static bool is_in(struct span pattern, const struct span *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (span_equal(pattern, list[i]))
            return true;
    return false;
}

/* What was bound once and is wanted no more. Until it is unbound the store names old and new ones
 * both, so that a crash in between forgets none. */
static int find_unwanted(struct worker *worker, struct arena *arena, struct broker_start *start,
                         struct why *why) {
    struct session *session = &worker->session;
    struct span *old;
    size_t old_count;
    if (store_bindings(worker->store, arena, &old, &old_count, why) != 0)
        return -1;
    struct span *all = arena_array(arena, old_count + session->binding_count, sizeof *all);
    size_t unwanted = 0;
    for (size_t i = 0; i < old_count; i++)
        if (!is_in(old[i], session->bindings, session->binding_count))
            all[unwanted++] = old[i];
    memcpy(all + unwanted, session->bindings, session->binding_count * sizeof *all);
    start->unbind = all;
    start->unbind_count = unwanted;
    return store_set_bindings(worker->store, all, unwanted + session->binding_count, why);
}

static int knows(void *self, uint64_t offset, uint64_t digest, bool *is_known, struct why *why) {
    struct worker *worker = self;
    return store_knows(worker->store, offset, digest, is_known, why);
}

static int makes(void *self, uint64_t incarnation, struct why *why) {
    struct worker *worker = self;
    return store_set_incarnation(worker->store, incarnation, why);
}

/* Twice what may be in flight: some acknowledgements may have been lost as well. */
static int remember_drained(struct worker *worker, struct arena *arena, struct broker_start *start,
                            struct why *why) {
    size_t limit = 2 * (size_t)worker->config->broker.prefetch;
    uint64_t *digests;
    if (store_drained_recent(worker->store, arena, limit, &digests, &start->drained_recent_count,
                             why) != 0)
        return -1;
    start->drained_recent = digests;
    return 0;
}

static bool shares_queues(const struct worker *worker) {
    return worker->config->broker.intake == BROKER_INTAKE_QUEUE;
}

/* A stream that is bound as well would gather all of it a second time; and what it holds that
 * nobody took would wait there for ever. */
static int refuse_bound_stream(struct worker *worker, struct arena *arena, struct why *why) {
    struct span *bound;
    size_t count;
    if (store_bindings(worker->store, arena, &bound, &count, why) != 0)
        return -1;
    if (count == 0)
        return 0;
    return why_say(why,
                   "the stream %s was taken from before, and is still bound: chat21d handback "
                   "unbinds it and moves what it has left into the queues",
                   worker->config->broker.stream);
}

/* Whenever the stream is taken from again, the queues have to be drained first. */
static int make_shared_start(struct worker *worker, struct arena *arena, struct broker_start *start,
                             struct why *why) {
    struct store_mark mark;
    if (refuse_bound_stream(worker, arena, why) != 0 ||
        store_set_drained(worker->store, false, why) != 0 ||
        store_mark(worker->store, &mark, why) != 0)
        return -1;
    *start =
        (struct broker_start){.drained_next = mark.drained_next, .incarnation = mark.incarnation};
    start->earlier = earlier_patterns(arena, worker->config, &start->earlier_count);
    return 0;
}

static int make_start(struct worker *worker, struct arena *arena, struct broker_start *start,
                      struct why *why) {
    struct store_mark mark;
    if (shares_queues(worker))
        return make_shared_start(worker, arena, start, why);
    if (store_mark(worker->store, &mark, why) != 0)
        return -1;
    *start = (struct broker_start){
        .bindings = worker->session.bindings,
        .binding_count = worker->session.binding_count,
        .drain = !mark.drained,
        .drained_next = mark.drained_next,
        .incarnation = mark.incarnation,
        .has_last = mark.has_offset,
        .last_offset = mark.offset,
        .last_digest = mark.digest,
        .knows = knows,
        .makes = makes,
        .self = worker,
    };
    start->earlier = earlier_patterns(arena, worker->config, &start->earlier_count);
    if (start->drain && remember_drained(worker, arena, start, why) != 0)
        return -1;
    return find_unwanted(worker, arena, start, why);
}

/* The stream may not be the one that was left, or not all of it: said loudly. */
static void say_found(const struct broker_found *found, const struct broker_start *start) {
    if (found->stream == STREAM_NEW && start->has_last)
        log_line(LOG_ERROR, "stream",
                 "reason=\"the stream was deleted and made again: what it held is gone; taking "
                 "from its beginning\"");
    if (found->stream == STREAM_CUT)
        log_line(LOG_ERROR, "stream",
                 "cut=%" PRIu64 " from=%" PRIu64
                 " reason=\"the broker lost the last messages of the stream: what the server had "
                 "taken of them is stored; taking what came since\"",
                 found->cut, found->kept + 1);
    if (found->missing)
        log_line(LOG_ERROR, "stream",
                 "missing=%" PRIu64
                 " reason=\"retention overtook the server: these messages are gone\"",
                 found->missing);
}

/* A new incarnation is stored with the place where it begins: whatever happens next, nothing that
 * was taken under the old one is taken again. */
static int store_found(struct worker *worker, const struct broker_found *found,
                       const struct broker_start *start, struct why *why) {
    struct origin kept = {found->incarnation, found->kept, found->kept_digest};
    if (found->incarnation == start->incarnation)
        return 0;
    return found->stream == STREAM_CUT || found->stream == STREAM_NEXT
               ? store_set_position(worker->store, &kept, why)
               : store_set_incarnation(worker->store, found->incarnation, why);
}

static int note_found(struct worker *worker, const struct broker_start *start, struct why *why) {
    struct broker_found found = broker_found(worker->session.broker);
    say_found(&found, start);
    if (found.drain_waiting)
        log_line(LOG_INFO, "drain", "waiting=%zu", found.drain_waiting);
    if (shares_queues(worker))
        return 0;
    if (store_found(worker, &found, start, why) != 0)
        return -1;
    return store_set_bindings(worker->store, worker->session.bindings,
                              worker->session.binding_count, why);
}

static void opened(struct worker *worker) {
    struct session *session = &worker->session;
    struct intake intake = broker_intake(session->broker);
    struct publisher publisher = broker_publisher(session->broker);
    session->is_open = true;
    session->stands_by = false;
    session->back_off_us = BACK_OFF_FIRST_US;
    flow_connect(worker->flow, &intake, &publisher);
    if (shares_queues(worker))
        log_line(LOG_INFO, "broker", "state=open intake=queue");
    else
        log_line(LOG_INFO, "broker", "state=open stream=%s", worker->config->broker.stream);
}

/* A broker that refuses a login does not say that its token is over. */
static struct why with_login(const struct worker *worker, const struct why *why) {
    struct login_state login = login_keeper_state(worker->login);
    struct why words = *why;
    if (login.is_over)
        why_prefix(&words, "%s: ", login.words);
    return words;
}

static void try_later(struct worker *worker, const struct why *reason) {
    struct session *session = &worker->session;
    struct why known = with_login(worker, reason), *why = &known;
    char words[512];
    log_line(LOG_WARN, "broker", "state=closed retry_ms=%" PRId64 " reason=%s",
             session->back_off_us / 1000, log_quote(words, sizeof words, span_of(why->words)));
    session->stands_by = false;
    session->why = *why;
    session->retry_us = clock_steady_us(worker->clock) + session->back_off_us;
    session->back_off_us *= 2;
    if (session->back_off_us > BACK_OFF_LONGEST_US)
        session->back_off_us = BACK_OFF_LONGEST_US;
}

static void stand_by(struct worker *worker, const struct why *why) {
    struct session *session = &worker->session;
    char words[512];
    if (!session->stands_by)
        log_line(LOG_INFO, "broker", "state=standby reason=%s",
                 log_quote(words, sizeof words, span_of(why->words)));
    session->stands_by = true;
    session->why = *why;
    session->retry_us = clock_steady_us(worker->clock) + STANDBY_US;
}

static void open_now(struct worker *worker) {
    struct session *session = &worker->session;
    struct arena *arena = arena_new();
    struct broker_start start;
    struct why why;
    if (make_start(worker, arena, &start, &why) != 0) {
        try_later(worker, &why);
        arena_free(&arena);
        return;
    }
    switch (broker_open(session->broker, &start, &why)) {
    case BROKER_OPEN:
        if (note_found(worker, &start, &why) == 0) {
            opened(worker);
        } else {
            broker_close(session->broker);
            try_later(worker, &why);
        }
        break;
    case BROKER_STANDBY:
        stand_by(worker, &why);
        break;
    case BROKER_FAILED:
        try_later(worker, &why);
        break;
    }
    arena_free(&arena);
}

/* The drain counts as over only once what was drained is stored. */
static void note_drained(struct worker *worker) {
    struct session *session = &worker->session;
    struct why why;
    if (session->is_open && broker_drained(session->broker))
        session->drain_is_over = true;
    if (!session->drain_is_over || !flow_is_stored(worker->flow))
        return;
    session->drain_is_over = store_set_drained(worker->store, true, &why) != 0;
}

void session_move(struct worker *worker) {
    struct session *session = &worker->session;
    note_drained(worker);
    if (session->is_open || worker->stops || clock_steady_us(worker->clock) < session->retry_us)
        return;
    if (flow_is_stored(worker->flow)) {
        login_keeper_look(worker->login);
        open_now(worker);
    }
}

void session_lost(struct worker *worker, const struct why *why) {
    check(worker->session.is_open);
    worker->session.is_open = false;
    broker_close(worker->session.broker);
    flow_disconnect(worker->flow);
    try_later(worker, why);
}

int64_t session_due(const struct worker *worker) {
    bool waits = worker->session.is_open || worker->stops || !flow_is_stored(worker->flow);
    return waits ? INT64_MAX : worker->session.retry_us;
}
