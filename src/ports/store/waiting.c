/* What waits: deferred until a time, or in quarantine until a person's word.
 *
 * Of the deferred only the first of each pair (its head) may go. Heads are marked in their rows and
 * have an index of their own, so that 10,000 which wait behind each other cost nothing to look at.
 */
#include "ports/store/inside.h"

#include "words/check.h"

static struct span or_empty(struct span text) {
    return text.at ? text : SPAN("");
}

void call_pair(struct call *call, struct span app, struct span sender, struct span recipient) {
    call_text(call, or_empty(app));
    call_text(call, or_empty(sender));
    call_text(call, or_empty(recipient));
}

static uint64_t body_bytes(const struct plan *plan) {
    return plan->body.head.size + plan->body.tail.size;
}

static uint64_t *count_of(struct store_waiting_counts *counts, enum plan_outcome outcome) {
    return outcome == PLAN_DEFERRED ? &counts->deferred : &counts->quarantined;
}

static int renew_head(struct store *store, const struct plan *plan) {
    struct call call = call_start(&store->handle, SQL_RENEW_HEAD);
    call_pair(&call, plan->app, plan->sender, plan->recipient);
    return call_run(&call);
}

int waiting_add(struct store *store, const struct plan *plan, int64_t seq, int64_t place,
                struct progress *next) {
    struct call call = call_start(&store->handle, SQL_ADD_WAITING);
    call_pair(&call, plan->app, plan->sender, plan->recipient);
    call_number(&call, seq);
    call_number(&call, (int64_t)plan->outcome);
    call_number(&call, plan->wait.due_ms);
    call_number(&call, place);
    call_number(&call, plan->wait.times);
    call_number(&call, plan->wait.next_child);
    call_number(&call, (int64_t)body_bytes(plan));
    int code = call_run(&call);
    ++*count_of(&next->waiting, plan->outcome);
    next->waiting.bytes += body_bytes(plan);
    next->has_waiting_changed = true;
    return code == SQLITE_OK && plan->outcome == PLAN_DEFERRED ? renew_head(store, plan) : code;
}

/* What has to be known of a plan that is replaced. */
struct stood {
    enum plan_outcome outcome;
    int64_t place;
    uint64_t bytes;
    struct origin origin;
    unsigned child;
};

/* SQLITE_ROW: it waits. */
static int find(struct store *store, int64_t seq, struct stood *stood) {
    struct call call = call_start(&store->handle, SQL_FIND_WAITING);
    call_number(&call, seq);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *stood = (struct stood){
            .outcome = (enum plan_outcome)call_get_number(&call, 0),
            .place = call_get_number(&call, 1),
            .bytes = (uint64_t)call_get_number(&call, 2),
            .origin = {(uint64_t)call_get_number(&call, 3), (uint64_t)call_get_number(&call, 4),
                       (uint64_t)call_get_number(&call, 6)},
            .child = (unsigned)call_get_number(&call, 5),
        };
    call_end(&call);
    return code;
}

/* The same message, so that what knows the stream by it goes on doing so? */
static bool is_same(const struct plan *plan, const struct stood *stood) {
    struct ident id = ident_make(stood->origin.incarnation, stood->origin.offset, stood->child);
    return span_is(span_of(plan->id.text), id.text) && plan->origin.digest == stood->origin.digest;
}

static int run_for(struct store *store, enum sql sql, int64_t seq) {
    struct call call = call_start(&store->handle, sql);
    call_number(&call, seq);
    return call_run(&call);
}

/* Letters that nobody confirmed yet would be forgotten with their plan. */
static int move_letters(struct store *store, int64_t from, int64_t to, struct progress *next) {
    if (from <= next->confirmed_seq || next->newest_letter < from)
        return SQLITE_OK;
    struct call call = call_start(&store->handle, SQL_MOVE_LETTERS);
    call_number(&call, to);
    call_number(&call, from);
    int code = call_run(&call);
    if (code == SQLITE_OK && sqlite3_changes64(store->handle.connection) > 0)
        next->newest_letter = to;
    return code;
}

static int take_out(struct store *store, int64_t seq, int64_t successor, struct progress *next) {
    int code = run_for(store, SQL_PROMOTE_NEXT, seq);
    if (code == SQLITE_OK)
        code = run_for(store, SQL_REMOVE_WAITING, seq);
    if (code == SQLITE_OK)
        code = run_for(store, SQL_REMOVE_PLAN, seq);
    return code == SQLITE_OK ? move_letters(store, seq, successor, next) : code;
}

static void count_out(const struct stood *stood, struct progress *next) {
    --*count_of(&next->waiting, stood->outcome);
    next->waiting.bytes -= stood->bytes;
    next->has_waiting_changed = true;
}

int waiting_replace(struct store *store, const struct plan *plan, int64_t seq, int64_t *place,
                    struct progress *next) {
    struct stood stood;
    int code = find(store, plan->replaces_seq, &stood);
    if (code == SQLITE_DONE)
        return SQLITE_CONSTRAINT_UNIQUE;
    if (code != SQLITE_ROW)
        return code;
    if (!is_same(plan, &stood))
        return SQLITE_CONSTRAINT;
    *place = stood.place;
    count_out(&stood, next);
    return take_out(store, plan->replaces_seq, seq, next);
}

int waiting_remove(struct store *store, int64_t seq, struct progress *next) {
    struct stood stood;
    int code = find(store, seq, &stood);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? SQLITE_OK : code;
    count_out(&stood, next);
    code = run_for(store, SQL_PROMOTE_NEXT, seq);
    return code == SQLITE_OK ? run_for(store, SQL_REMOVE_WAITING, seq) : code;
}

int waiting_renew_due(struct store *store, struct progress *next) {
    struct call call = call_start(&store->handle, SQL_NEXT_DUE);
    int code = call_row(&call);
    next->waiting.next_due_ms = code == SQLITE_ROW ? call_get_number(&call, 0) : INT64_MAX;
    next->has_waiting_changed = false;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int waiting_count(struct store *store, struct why *why) {
    struct store_waiting_counts *counts = &store->progress.waiting;
    struct call call = call_start(&store->handle, SQL_COUNT_WAITING);
    int code;
    while ((code = call_row(&call)) == SQLITE_ROW) {
        *count_of(counts, (enum plan_outcome)call_get_number(&call, 0)) =
            (uint64_t)call_get_number(&call, 1);
        counts->bytes += (uint64_t)call_get_number(&call, 2);
    }
    call_end(&call);
    if (code == SQLITE_DONE)
        code = waiting_renew_due(store, &store->progress);
    return code == SQLITE_OK ? 0
                             : handle_say(&store->handle, code, "could not count what waits", why);
}

struct store_waiting_counts store_waiting_counts(const struct store *store) {
    return store->progress.waiting;
}

static bool is_of(const struct plan *plan, const struct origin *origin) {
    return plan->origin.incarnation == origin->incarnation && plan->origin.offset == origin->offset;
}

/* Of one message's family only the first: their children are numbered from the same number on. */
static void drop_siblings(struct plan **plans, size_t *count) {
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        size_t same = 0;
        while (same < kept && !is_of(plans[same], &plans[i]->origin))
            same++;
        if (same < kept)
            plan_free(&plans[i]);
        else
            plans[kept++] = plans[i];
    }
    *count = kept;
}

int store_due(struct store *store, int64_t now_ms, struct plan **plans, size_t limit, size_t *count,
              struct why *why) {
    struct call call = call_start(&store->handle, SQL_DUE);
    call_number(&call, now_ms);
    call_number(&call, (int64_t)limit);
    if (plans_read(&call, plans, limit, count, why) < 0)
        return -1;
    drop_siblings(plans, count);
    return 0;
}

int store_waiting_plan(struct store *store, const struct ident *id, struct plan **plan,
                       struct why *why) {
    uint64_t incarnation, offset;
    unsigned child;
    struct plan *found = NULL;
    size_t count = 0;
    if (ident_read(span_of(id->text), &incarnation, &offset, &child)) {
        struct call call = call_start(&store->handle, SQL_FAMILY);
        call_number(&call, (int64_t)incarnation);
        call_number(&call, (int64_t)offset);
        call_number(&call, child);
        call_number(&call, child);
        if (plans_read(&call, &found, 1, &count, why) < 0)
            return -1;
    }
    if (count && !outcome_waits(found->outcome))
        plan_free(&found);
    *plan = found;
    return 0;
}

int store_reader_waiting(struct store_reader *reader, enum plan_outcome outcome, int64_t before_seq,
                         struct plan **plans, size_t limit, size_t *count, struct why *why) {
    check(outcome_waits(outcome));
    struct call call = call_start(&reader->handle, SQL_WAITING);
    call_number(&call, (int64_t)outcome);
    call_number(&call, before_seq ? before_seq : INT64_MAX);
    call_number(&call, (int64_t)limit);
    return plans_read(&call, plans, limit, count, why);
}
