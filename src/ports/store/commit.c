/* Batches into transactions.
 *
 * A batch is tried without savepoints first: a savepoint a plan makes SQLite copy every page that
 * the plan touches (17.9 us of CPU a direct message instead of 14.0 at 500 in a batch). Only where
 * some data will not go in is the batch rolled back and written again with a savepoint each. */
#include "ports/store/inside.h"

#include "words/check.h"
#include "words/log.h"

/* Letters deleted in one commit, beyond those that it adds. */
enum { LETTERS_DROPPED = 1000 };

static int begin(struct store *store) {
    return handle_run(&store->handle, SQL_BEGIN);
}

/* Where the plan already is, if a plan of the same origin is there. */
static int64_t find_twin(struct store *store, const struct plan *plan) {
    uint64_t incarnation, offset;
    unsigned child;
    check(ident_read(span_of(plan->id.text), &incarnation, &offset, &child));
    struct call call = call_start(&store->handle, SQL_FIND_PLAN);
    call_number(&call, (int64_t)incarnation);
    call_number(&call, (int64_t)offset);
    call_number(&call, child);
    int64_t seq = call_row(&call) == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return seq;
}

static void judge(struct store *store, const struct plan *plan, int code, struct verdict *verdict) {
    verdict->seq = code == SQLITE_CONSTRAINT_UNIQUE ? find_twin(store, plan) : 0;
    if (code == SQLITE_CONSTRAINT_UNIQUE && !verdict->seq)
        verdict->seq = plan->replaces_seq; /* it was erased meanwhile: that stands */
    verdict->why = verdict->seq ? "it is stored already" : sqlite3_errstr(code);
}

/* Writes one family in a savepoint. A data error is its verdict, and no error. */
static int write_alone(struct store *store, const struct plan *plan, struct progress *next,
                       struct verdict *verdict) {
    const struct progress before = *next;
    int code = handle_run(&store->handle, SQL_SAVE);
    if (code != SQLITE_OK)
        return code;
    int wrote = family_write(store, plan, next);
    if (wrote != SQLITE_OK && !handle_is_data_error(wrote))
        return wrote;
    if (wrote != SQLITE_OK) {
        *next = before;
        code = handle_run(&store->handle, SQL_UNDO);
    }
    if (code == SQLITE_OK)
        code = handle_run(&store->handle, SQL_RELEASE);
    if (wrote != SQLITE_OK)
        judge(store, plan, wrote, verdict);
    return code;
}

/* Writes the families, numbering them from next->newest_seq + 1, up to the first whose data will
 * not go in: what comes after it waits for its replacement, so that numbers rise in order of
 * arrival.
 */
static int write_plans(struct store *store, const struct store_batch *batch, bool one_by_one,
                       struct progress *next) {
    int code = SQLITE_OK;
    bool is_stopped = false;
    for (size_t i = 0; code == SQLITE_OK && i < batch->count; i++) {
        const struct plan *plan = batch->plans[i];
        struct verdict *verdict = &store->verdicts[i];
        *verdict = (struct verdict){plan->seq, NULL};
        if (is_stopped || verdict->seq)
            continue;
        verdict->why = family_fault(plan);
        is_stopped = verdict->why != NULL;
        if (is_stopped)
            continue;
        code =
            one_by_one ? write_alone(store, plan, next, verdict) : family_write(store, plan, next);
        is_stopped = verdict->why && !verdict->seq;
        if (code == SQLITE_OK && !verdict->why)
            verdict->seq = next->newest_seq - (int64_t)plan->child_count;
    }
    return code;
}

/* The first plan that was not stored; batch->count: none. */
static size_t first_left_out(const struct store *store, const struct store_batch *batch) {
    size_t i = 0;
    while (i < batch->count && store->verdicts[i].seq != 0)
        i++;
    return i;
}

/* Was it taken from the stream just now? Not what was drained, nor what had waited in the store. */
static bool is_from_stream(const struct plan *plan) {
    return plan->origin.incarnation != 0 && !plan->replaces_seq;
}

/* Where the stream's mark goes; NULL: nowhere. It must not pass a message that was left out: a
 * crash before its replacement is stored would lose it. */
static const struct origin *mark_target(const struct store *store,
                                        const struct store_batch *batch) {
    size_t i = first_left_out(store, batch);
    if (!batch->has_passed)
        return NULL;
    if (i == batch->count)
        return &batch->passed;
    const struct plan *left_out = batch->plans[i];
    while (i-- > 0) {
        const struct origin *origin = &batch->plans[i]->origin;
        bool is_before =
            !is_from_stream(left_out) || (origin->incarnation == left_out->origin.incarnation &&
                                          origin->offset < left_out->origin.offset);
        if (is_from_stream(batch->plans[i]) && is_before)
            return origin;
    }
    return NULL;
}

static void move_mark(const struct store *store, const struct store_batch *batch,
                      struct store_mark *mark) {
    for (size_t i = 0; i < batch->count; i++) {
        const struct origin *origin = &batch->plans[i]->origin;
        if (origin->incarnation == 0 && store->verdicts[i].seq &&
            origin->offset >= mark->drained_next)
            mark->drained_next = origin->offset + 1;
    }
    const struct origin *to = mark_target(store, batch);
    if (!to ||
        (mark->has_offset && mark->incarnation == to->incarnation && mark->offset > to->offset))
        return;
    mark->incarnation = to->incarnation;
    mark->has_offset = true;
    mark->offset = to->offset;
    mark->digest = to->digest;
}

static int drop_letters(struct store *store, struct progress *next, size_t added) {
    if (next->dropped_to >= next->newest_letter || next->dropped_to >= next->confirmed_seq)
        return SQLITE_OK;
    int64_t bound = LETTERS_DROPPED + (int64_t)added;
    struct call call = call_start(&store->handle, SQL_DROP_LETTERS);
    call_number(&call, next->confirmed_seq);
    call_number(&call, bound);
    int code = call_run(&call);
    if (code == SQLITE_OK && sqlite3_changes64(store->handle.connection) < bound)
        next->dropped_to = next->confirmed_seq;
    return code;
}

static size_t count_letters(const struct store_batch *batch) {
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct plan *plan = batch->plans[i];
        count += plan->letter_count;
        for (size_t j = 0; j < plan->child_count; j++)
            count += plan->children[j]->letter_count;
    }
    return count;
}

/* The whole transaction but its COMMIT. */
static int write_batch(struct store *store, const struct store_batch *batch, bool one_by_one,
                       struct progress *next) {
    int code = begin(store);
    if (code == SQLITE_OK)
        code = outbox_apply(store, batch, next);
    if (code == SQLITE_OK)
        code = orders_apply(store, batch, next);
    if (code == SQLITE_OK)
        code = write_plans(store, batch, one_by_one, next);
    if (code == SQLITE_OK)
        code = presence_sweep(store, batch, next);
    if (code == SQLITE_OK)
        code = sent_sweep(store, batch->now_ms, next);
    if (code == SQLITE_OK)
        code = outbox_sweep(store, next);
    if (code == SQLITE_OK)
        code = erase_sweep(store, batch, next);
    if (code == SQLITE_OK && next->has_waiting_changed)
        code = waiting_renew_due(store, next);
    if (code != SQLITE_OK)
        return code;
    move_mark(store, batch, &next->mark);
    if (batch->confirmed_seq > next->confirmed_seq)
        next->confirmed_seq = batch->confirmed_seq;
    code = drop_letters(store, next, count_letters(batch));
    return code == SQLITE_OK ? progress_write(&store->handle, next) : code;
}

static void log_bad(const struct plan *plan, const struct verdict *verdict) {
    log_line(LOG_ERROR, "store_bad_plan",
             "message_id=%s incarnation=%llu offset=%llu seq=%lld reason=\"%s\"", plan->id.text,
             (unsigned long long)plan->origin.incarnation, (unsigned long long)plan->origin.offset,
             (long long)verdict->seq, verdict->why);
}

/* What was committed becomes the plans' and the store's. */
static void accept(struct store *store, struct store_batch *batch, const struct progress *next) {
    bool has_bad = false;
    for (size_t i = 0; i < batch->count; i++) {
        struct plan *plan = batch->plans[i];
        const struct verdict *verdict = &store->verdicts[i];
        if (!plan->seq && verdict->seq && !verdict->why)
            family_number(plan, verdict->seq);
        plan->seq = verdict->seq;
        plan->is_bad = verdict->why != NULL;
        has_bad |= plan->is_bad;
        if (plan->is_bad)
            log_bad(plan, verdict);
    }
    struct store_fault *fault = &store->handle.fault;
    if (has_bad && fault->kind == STORE_FAULT_DATA && fault->times-- <= 1)
        fault->kind = STORE_FAULT_NONE;
    store->progress = *next;
}

static void make_room(struct store *store, size_t count) {
    if (store->verdict_room >= count)
        return;
    store->verdict_room = count * 2;
    store->verdicts = must_realloc(store->verdicts, store->verdict_room * sizeof *store->verdicts);
}

static bool has_nothing_new(struct store *store, const struct store_batch *batch) {
    const struct progress *now = &store->progress;
    int64_t confirmed =
        batch->confirmed_seq > now->confirmed_seq ? batch->confirmed_seq : now->confirmed_seq;
    bool is_passed = !batch->has_passed ||
                     (now->mark.has_offset && now->mark.incarnation == batch->passed.incarnation &&
                      now->mark.offset >= batch->passed.offset);
    bool has_letters = now->dropped_to < now->newest_letter && now->dropped_to < confirmed;
    return batch->count == 0 && is_passed && !has_letters && confirmed == now->confirmed_seq &&
           batch->change_count == 0 && batch->order_count == 0 &&
           !outbox_is_due(store, batch->now_ms) && !presence_is_over(store, batch) &&
           !store_sent_is_over(store, batch->now_ms) && !(batch->erases && now->erasures);
}

int store_commit(struct store *store, struct store_batch *batch, struct why *why) {
    check(batch->confirmed_seq <= store->progress.newest_seq);
    if (has_nothing_new(store, batch))
        return 0;
    make_room(store, batch->count);
    store->now_ms = batch->now_ms;
    struct progress next = store->progress;
    int code = write_batch(store, batch, false, &next);
    if (handle_is_data_error(code)) {
        handle_rollback(&store->handle);
        next = store->progress;
        code = write_batch(store, batch, true, &next);
    }
    if (code == SQLITE_OK)
        code = handle_run(&store->handle, SQL_COMMIT);
    if (code != SQLITE_OK) {
        handle_say(&store->handle, code, "could not store", why);
        handle_rollback(&store->handle);
        return -1;
    }
    accept(store, batch, &next);
    return 0;
}
