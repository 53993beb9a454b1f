/* The persist stage: plans are gathered while the store is at work on the batch before, so a batch
 * is as large as the store is slow, and one message is a batch when it is quick. */
#include "flow/inside.h"

#include "words/check.h"
#include "words/log.h"

#include <stdlib.h>

/* The confirmed mark rides on the next batch; with none in sight it is noted after this long. A
 * crash before costs repeated copies (under the same ids), never a lost one. */
enum { NOTE_AFTER_US = 200 * 1000 };

void batch_init(struct batch *batch, size_t room) {
    batch->parcels = must_calloc(room, sizeof *batch->parcels);
    batch->store.plans = must_calloc(room, sizeof *batch->store.plans);
    batch->changes = must_calloc(FLOW_OUTBOX_MAX, sizeof *batch->changes);
    batch->store.changes = batch->changes;
    batch->orders = must_calloc(FLOW_ORDERS_AT_ONCE, sizeof *batch->orders);
    batch->store.orders = batch->orders;
    batch->order_words = arena_new();
    unstored_init(&batch->unstored);
}

void batch_free(struct batch *batch) {
    free(batch->parcels);
    free(batch->store.plans);
    free(batch->changes);
    free(batch->orders);
    arena_free(&batch->order_words);
    unstored_free(&batch->unstored);
}

bool batch_is_full(const struct flow *flow) {
    return flow->gathering.count >= flow->settings.batch_max;
}

void batch_add(struct flow *flow, struct parcel *parcel) {
    check(!batch_is_full(flow));
    flow->gathering.parcels[flow->gathering.count++] = parcel;
    if (parcel->plan)
        unstored_note(&flow->gathering.unstored, parcel->plan);
}

/* What comes again by itself, and would be another message then, is not stored under its old number
 * without need. (A stream's keeps it, and what was decided and counted for it stands.) */
void batch_forget(struct flow *flow) {
    struct batch *batch = &flow->gathering;
    size_t kept = 0;
    for (size_t i = 0; flow->intake.comes_again && i < batch->count; i++) {
        if (batch->parcels[i]->is_taken)
            batch->parcels[i]->stage = STAGE_PARSE; /* as if it had not got here */
        else
            batch->parcels[kept++] = batch->parcels[i];
    }
    if (!flow->intake.comes_again)
        return;
    batch->count = kept;
    unstored_forget(&batch->unstored);
    for (size_t i = 0; i < kept; i++)
        if (batch->parcels[i]->plan)
            unstored_note(&batch->unstored, batch->parcels[i]->plan);
}

/* When to note the confirmed mark though nothing else is to be stored. */
static bool note_is_due(struct flow *flow) {
    if (flow->confirmed_seq == flow->noted_seq) {
        flow->note_due_us = INT64_MAX;
        return false;
    }
    int64_t now = flow_now(flow);
    if (flow->note_due_us == INT64_MAX)
        flow->note_due_us = now + NOTE_AFTER_US;
    return now >= flow->note_due_us || (!flow->takes && !flow->oldest);
}

/* What the transaction is to hold, from the parcels of the batch. */
static void fill(struct flow *flow, struct batch *batch) {
    struct store_batch *store = &batch->store;
    store->count = 0;
    store->has_passed = false;
    store->confirmed_seq = flow->confirmed_seq;
    upkeep_fill(flow, store);
    for (size_t i = 0; i < batch->count; i++) {
        struct parcel *parcel = batch->parcels[i];
        if (parcel->plan)
            store->plans[store->count++] = parcel->plan;
        if (parcel->from_stream) {
            store->has_passed = true;
            store->passed = parcel->origin;
        }
    }
}

static void submit(struct flow *flow) {
    fill(flow, &flow->committing);
    flow->is_committing = true;
    flow->must_resubmit = false;
    committer_submit(flow->parts.committer, &flow->committing.store);
}

static void swap_batches(struct flow *flow) {
    struct batch full = flow->gathering;
    flow->gathering = flow->committing;
    flow->gathering.count = 0;
    flow->committing = full;
}

/* A suspect that is named may have gone to another consumer: it is not waited for for ever. */
enum { SUSPECT_AWAY = 1000 };

/* Offsets tell where a suspect is only within its own source; what is drained comes before all of
 * the stream, and another incarnation means that the suspect's stream is gone. A suspect that
 * waited is past when it was stored again, whatever arrives meanwhile. */
static bool is_past_suspect(struct flow *flow, const struct parcel *parcel) {
    bool is_same = parcel->origin.incarnation == flow->suspect_incarnation &&
                   parcel_name(flow, parcel) == flow->suspect_offset;
    if (flow->suspect_waits || parcel->waited)
        return is_same && flow->suspect_waits;
    if (parcel->origin.incarnation == flow->suspect_incarnation)
        return flow->suspect_offset >= FLOW_NAMED ? is_same || ++flow->suspect_away > SUSPECT_AWAY
                                                  : parcel->origin.offset >= flow->suspect_offset;
    return parcel->from_stream;
}

static void clear_suspect(struct flow *flow, const struct parcel *parcel) {
    if (!flow->has_suspect || !is_past_suspect(flow, parcel))
        return;
    flow->has_suspect = false;
    if (flow->parts.watch.clears)
        flow->parts.watch.clears(flow->parts.watch.self);
}

/* The store would not take this plan. Data that will not go in is the message's own fault: it is
 * buried, with all that it caused; a plan that cannot even be buried goes without anything, so that
 * at least it is known that it was there. A message that is stored already (it was read again after
 * a crash between two transactions) keeps the decision that stands. True: the batch must go again.
 */
static bool mend(struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    bool was_dead = plan->outcome == PLAN_DEAD;
    plan->is_bad = false;
    if (plan->seq) {
        plan->copy_count = plan->letter_count = 0;
        refuse_children(plan);
        parcel->was_known = true;
        return false;
    }
    parcel->code = "unstorable";
    refuse_dead(flow, parcel, "the store does not take its data");
    if (was_dead)
        plan->copy_count = plan->letter_count = plan->kv_count = 0;
    return true;
}

static bool mend_all(struct flow *flow) {
    bool again = false;
    for (size_t i = 0; i < flow->committing.count; i++) {
        struct parcel *parcel = flow->committing.parcels[i];
        if (parcel->plan && parcel->plan->is_bad && mend(flow, parcel))
            again = true;
    }
    return again;
}

/* Stored in one piece, a family goes out one by one: children right behind what caused them. */
static void put_children_on_way(struct flow *flow, struct parcel *parcel) {
    struct plan *plan = parcel->plan;
    struct parcel *last = parcel;
    if (!plan->child_count)
        return;
    for (size_t i = 0; i < plan->child_count; i++) {
        struct parcel *child = parcel_of_plan(plan->children[i]);
        child->is_told = true;
        child->decided_ms = parcel->decided_ms;
        parcel_insert(flow, last, child);
        report_decision(flow, child);
        last = child;
    }
    plan->child_count = 0;
    parcel_weigh(flow, parcel);
}

/* Of a repeat: what became of the first. */
static void tell_waiter(const struct flow *flow, const struct parcel *parcel) {
    const struct flow_waiters *waiters = &flow->parts.waiters;
    const struct ident *id = parcel->is_repeat ? &parcel->first : &parcel->plan->id;
    waiters->tell(waiters->self, parcel->ticket, id, parcel->is_repeat);
}

static void stored(struct flow *flow, struct parcel *parcel) {
    parcel->is_stored = true;
    if (parcel->from_stream) {
        flow->meters.has_offset = true;
        flow->meters.stored_offset = parcel->origin.offset;
    }
    clear_suspect(flow, parcel);
    if (parcel->waited != WAITED_NOT)
        flow->waited_under_way--;
    if (parcel->ticket.at && flow->parts.waiters.tell)
        tell_waiter(flow, parcel);
    if (parcel->plan && !parcel->was_known) {
        report_decision(flow, parcel);
        put_children_on_way(flow, parcel);
    }
    if (flow->is_connected)
        way_advance(flow, parcel);
}

/* What came from the intake is in the store, in the order it came. */
static void tell_intake(struct flow *flow) {
    const struct origin *newest = NULL;
    for (size_t i = 0; i < flow->committing.count; i++)
        if (flow->committing.parcels[i]->is_taken)
            newest = &flow->committing.parcels[i]->origin;
    if (newest && flow->is_connected && flow->intake.stored)
        flow->intake.stored(flow->intake.self, newest->incarnation, newest->offset);
}

static void take_back(struct flow *flow) {
    bool failed;
    struct why why;
    if (!flow->is_committing || !committer_take(flow->parts.committer, &failed, &why))
        return;
    flow->is_committing = false;
    meters_commit(flow);
    if (failed) {
        flow->must_resubmit = true;
        pause_start(flow, "store", &why);
        return;
    }
    upkeep_stored(flow);
    if (mend_all(flow)) {
        submit(flow);
        return;
    }
    flow->noted_seq = flow->committing.store.confirmed_seq;
    flow->note_due_us = INT64_MAX;
    tell_intake(flow);
    size_t count = flow->committing.count;
    flow->committing.count = 0;
    unstored_forget(&flow->committing.unstored);
    for (size_t i = 0; i < count && !flow->has_died; i++)
        stored(flow, flow->committing.parcels[i]);
    if (!flow->is_connected)
        parcel_forget(flow);
    if (!flow->gathering.count)
        flow->barrier = false;
    waits_count(flow);
}

void batch_move(struct flow *flow) {
    take_back(flow);
    if (flow->has_died || flow->is_committing || flow->pause == PAUSE_HOLDS)
        return;
    waits_load(flow);
    if (!flow->must_resubmit) {
        if (!flow->gathering.count && !note_is_due(flow) && !upkeep_is_due(flow))
            return;
        swap_batches(flow);
    }
    submit(flow);
    take_back(flow);
}
