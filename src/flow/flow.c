#include "flow/inside.h"

#include "words/check.h"
#include "words/log.h"

#include <stdlib.h>
#include <sys/random.h>

/* Bodies in memory at once; each costs a few times its size while it is decided. Beyond this
 * nothing is taken until some have gone out. */
enum { BYTES_UNDER_WAY = 16 * 1024 * 1024 };

/* Senders whose budgets are remembered at once; a forgotten one starts with a full budget. */
enum { SENDERS = 16384 };

static uint64_t random_seed(void) {
    uint64_t seed = 0;
    check(getrandom(&seed, sizeof seed, 0) == sizeof seed);
    return seed;
}

/* What the store already knows to be confirmed. */
static void read_progress(struct flow *flow) {
    int64_t newest;
    struct why why;
    if (store_progress(flow->parts.store, &newest, &flow->confirmed_seq, &why) != 0)
        log_line(LOG_ERROR, "store", "reason=\"%s\"", why.words);
    flow->noted_seq = flow->confirmed_seq;
}

struct flow *flow_new(const struct flow_settings *settings, const struct flow_parts *parts) {
    struct flow *flow = must_calloc(1, sizeof *flow);
    check(settings->batch_max > 0);
    flow->settings = *settings;
    flow->parts = *parts;
    flow->takes = true;
    flow->note_due_us = INT64_MAX;
    batch_init(&flow->gathering, settings->batch_max);
    batch_init(&flow->committing, settings->batch_max);
    flow->refusals = buckets_new(SENDERS, random_seed());
    flow->changes = buckets_new(SENDERS, random_seed());
    flow->copies = buckets_new(SENDERS, random_seed());
    flow->updates = buckets_new(SENDERS, random_seed());
    meters_init(flow, random_seed());
    flow->retries = retries_new(random_seed());
    flow->publication = arena_new();
    read_progress(flow);
    waits_count(flow);
    return flow;
}

void flow_free(struct flow **flow) {
    if (!*flow)
        return;
    struct flow *gone = *flow;
    while (gone->oldest)
        parcel_remove_oldest(gone);
    waits_forget(gone);
    batch_free(&gone->gathering);
    batch_free(&gone->committing);
    buckets_free(&gone->refusals);
    buckets_free(&gone->changes);
    buckets_free(&gone->copies);
    buckets_free(&gone->updates);
    analyse_free(gone);
    meters_free(gone);
    free(gone->awaited);
    retries_free(&gone->retries);
    arena_free(&gone->publication);
    free(gone);
    *flow = NULL;
}

void flow_use_policies(struct flow *flow, struct policy_set *policies) {
    flow->policies = policies;
}

void flow_use_memory(struct flow *flow, struct policy_memory *memory) {
    flow->memory = memory;
}

/* A message that is stored can only be judged again because it waits, or a child of it. */
static bool is_stored(const struct flow *flow, uint64_t incarnation, uint64_t offset) {
    struct store_mark mark;
    struct why why;
    if (store_mark(flow->parts.store, &mark, &why) != 0)
        return false;
    if (incarnation == INTAKE_DRAINED)
        return offset < mark.drained_next;
    return mark.incarnation == incarnation && mark.has_offset && offset <= mark.offset;
}

static bool waits(const struct flow *flow, uint64_t incarnation, uint64_t offset) {
    struct plan *plan = NULL;
    struct why why;
    struct ident id = ident_make(incarnation, offset, 0);
    if (store_waiting_plan(flow->parts.store, &id, &plan, &why) != 0)
        return false;
    bool is_there = plan != NULL;
    plan_free(&plan);
    return is_there;
}

void flow_suspect(struct flow *flow, uint64_t incarnation, uint64_t offset, bool set_aside) {
    flow->has_suspect = true;
    flow->suspect_waits = offset < FLOW_NAMED && (is_stored(flow, incarnation, offset) ||
                                                  waits(flow, incarnation, offset));
    flow->suspect_away = 0;
    flow->sets_aside = set_aside;
    flow->suspect_incarnation = incarnation;
    flow->suspect_offset = offset;
}

/* How far the stream is stored; the store says so itself only while it is idle, as it is now. */
static void read_mark(struct flow *flow) {
    struct store_mark mark;
    struct why why;
    if (store_mark(flow->parts.store, &mark, &why) != 0)
        return;
    flow->meters.has_offset = mark.has_offset;
    flow->meters.stored_offset = mark.offset;
}

void flow_connect(struct flow *flow, const struct intake *intake,
                  const struct publisher *publisher) {
    check(!flow->oldest && flow_is_stored(flow));
    flow->intake = *intake;
    flow->publisher = *publisher;
    flow->is_connected = true;
    flow->recovers = true;
    flow->recovered_seq = flow->confirmed_seq;
    read_mark(flow);
}

void flow_disconnect(struct flow *flow) {
    if (!flow->is_connected)
        return;
    flow->is_connected = false;
    flow->recovers = false;
    flow->barrier = flow->looks_again = false;
    deliver_forget(flow);
    waits_forget(flow);
    batch_forget(flow);
    parcel_forget(flow);
}

bool flow_may_take(const struct flow *flow) {
    return flow->is_connected && flow->takes && !flow->recovers && !flow->barrier &&
           !flow->looks_again && flow->pause == PAUSE_NONE && !flow->has_died &&
           !batch_is_full(flow) && flow->bytes_under_way < BYTES_UNDER_WAY;
}

/* A message that waits for a fact asks again (it is the newest: nothing was taken after it). The
 * store's own batch, and what is to be recovered, are tried again on the run's usual way. */
static void try_again(struct flow *flow) {
    struct parcel *waiting = flow->newest;
    if (pause_tries(flow) && !flow->looks_again && waiting && waiting->stage == STAGE_DECIDE)
        way_advance(flow, waiting);
}

static bool may_look_again(const struct flow *flow) {
    return flow->looks_again && flow_is_stored(flow) && flow->pause == PAUSE_NONE &&
           !flow->has_died;
}

/* What had to see all before it as stored can (unstored.c). */
static void look_again(struct flow *flow) {
    if (!may_look_again(flow))
        return;
    flow->looks_again = false;
    way_advance(flow, flow->newest);
}

static void end_pause(struct flow *flow) {
    if (flow->pause == PAUSE_TRIES && !flow->is_committing && !flow->must_resubmit)
        pause_end(flow);
}

/* The next page can be read now: waiting would be for nothing. */
static bool may_recover(const struct flow *flow) {
    return flow->recovers && flow->pause == PAUSE_NONE && !flow->is_committing && !flow->has_died &&
           flow->under_way <= flow->settings.batch_max;
}

static int take_all(struct flow *flow, struct why *why) {
    while (flow_may_take(flow)) {
        int took = way_take(flow, why);
        if (took < 1)
            return took;
    }
    return 1;
}

/* What waited, and what arrives, go first by turns: each may fill the batch. */
static int go_on(struct flow *flow, struct why *why) {
    flow->waited_first = !flow->waited_first;
    if (flow->waited_first)
        waits_judge(flow);
    int took = take_all(flow, why);
    if (took >= 0)
        waits_judge(flow);
    return took;
}

enum flow_state flow_run(struct flow *flow, struct why *why) {
    if (flow->has_died)
        return FLOW_WAITS;
    try_again(flow);
    batch_move(flow);
    if (flow->recovers && flow->pause != PAUSE_HOLDS)
        recover_more(flow);
    end_pause(flow);
    if (!flow->is_connected)
        return FLOW_WAITS;
    look_again(flow);
    if (deliver_move(flow, why) < 0)
        return FLOW_LOST;
    int took = go_on(flow, why);
    if (took < 0)
        return FLOW_LOST;
    batch_move(flow);
    if (!flow->has_died && deliver_move(flow, why) < 0)
        return FLOW_LOST;
    bool has_more = (took == 1 || flow->loaded_count) && flow_may_take(flow);
    has_more |= deliver_has_more(flow) || may_recover(flow) || may_look_again(flow);
    return has_more ? FLOW_READY : FLOW_WAITS;
}

static int64_t earlier(int64_t left, int64_t right) {
    return left < right ? left : right;
}

int64_t flow_due(const struct flow *flow) {
    if (flow->pause == PAUSE_HOLDS)
        return flow->resume_us;
    int64_t due = flow->is_connected ? deliver_due(flow) : INT64_MAX;
    due = earlier(due, waits_due(flow));
    return flow->is_committing ? due : earlier(due, earlier(flow->note_due_us, upkeep_due(flow)));
}

void flow_stop_taking(struct flow *flow) {
    flow->takes = false;
}

bool flow_is_stored(const struct flow *flow) {
    return !flow->gathering.count && !flow->is_committing && !flow->must_resubmit;
}

bool flow_is_empty(const struct flow *flow) {
    return !flow->oldest && flow_is_stored(flow) && flow->confirmed_seq == flow->noted_seq &&
           !flow->gathering.store.change_count;
}

const char *flow_pause(const struct flow *flow) {
    return flow->pause == PAUSE_NONE ? NULL : flow->pause_why.words;
}

struct flow_counts flow_counts(const struct flow *flow) {
    return flow->counts;
}

void flow_probe(struct flow *flow, bool (*dies)(void *self, enum flow_stage after), void *self) {
    flow->dies = dies;
    flow->dies_self = self;
}

int64_t flow_now(const struct flow *flow) {
    return clock_steady_us(flow->parts.clock);
}
