/* Erasures of messages, and of the records of what else was asked for.
 *
 * Of a user: what it wrote goes, with its entries in everybody's timelines. What others wrote to it
 * stays where it stands in theirs; a record that stands in nobody's goes. Of a group: its messages.
 */
#include "ports/store/erase.h"

enum { SCANNED = 256, COPIES = 100 };

struct erased {
    struct span app, sender, copies, foreign_id;
    bool is_message;
    enum plan_outcome outcome;
};

static int read_plan(struct store *store, const struct erasure *erasure, int64_t seq,
                     struct erased *out) {
    struct call call = call_start(&store->handle, SQL_ERASED_PLAN);
    call_number(&call, seq);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *out = (struct erased){.app = call_get_span(&call, 0, erasure->arena),
                               .sender = call_get_span(&call, 1, erasure->arena),
                               .copies = call_get_span(&call, 2, erasure->arena),
                               .foreign_id = call_get_span(&call, 3, erasure->arena),
                               .is_message = call_get_number(&call, 4) != 0,
                               .outcome = (enum plan_outcome)call_get_number(&call, 5)};
    call_end(&call);
    return code;
}

/* ---- does it go? ---- */

/* SQLITE_ROW: it stands in a timeline that its copies name. */
static int stands(struct store *store, const struct erased *plan, int64_t seq) {
    struct span rest = plan->copies;
    int64_t conversation;
    int status, code = SQLITE_DONE;
    while (code == SQLITE_DONE && copies_next(&rest, &conversation, &status) > 0)
        code = erase_has(store, SQL_HAS_ENTRY, conversation, seq);
    return code;
}

/* One to the user, of somebody else. What other servers gave stands where no copy says. */
static int goes_with_user(struct store *store, const struct erased *plan, int64_t seq, bool *goes) {
    int code = SQLITE_DONE;
    *goes = false;
    if (plan->foreign_id.at || outcome_waits(plan->outcome))
        return SQLITE_OK;
    if (plan->is_message)
        code = stands(store, plan, seq);
    *goes = code == SQLITE_DONE;
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int goes(struct store *store, const struct erasure *erasure, const struct erased *plan,
                int64_t seq, bool *out) {
    bool is_senders = span_equal(plan->sender, erasure->target);
    *out = erasure->kind == ORDER_ERASE_USER ? is_senders : !is_senders && plan->is_message;
    return erasure->kind == ORDER_ERASE_USER && !is_senders ? goes_with_user(store, plan, seq, out)
                                                            : SQLITE_OK;
}

/* ---- it goes ---- */

static int erase_entry(struct store *store, struct erasure *erasure, int64_t conversation,
                       int64_t seq) {
    int code = erase_run_two(store, SQL_REMOVE_ENTRY, conversation, seq);
    if (code != SQLITE_OK)
        return code;
    erasure->entries += sqlite3_changes64(store->handle.connection);
    return erase_last(store, erasure, conversation, seq);
}

/* Some of its entries, from copy `erasure->copies` on; a large group's are not all one step. */
static int erase_copies(struct store *store, struct erasure *erasure, const struct erased *plan,
                        int64_t seq, bool *are_done) {
    struct span rest = plan->copies;
    int64_t conversation, number = 0, done = 0;
    int status, code = SQLITE_OK;
    *are_done = true;
    while (code == SQLITE_OK && copies_next(&rest, &conversation, &status) > 0) {
        if (number++ < erasure->copies)
            continue;
        *are_done = done < COPIES && (done == 0 || !erase_is_late(erasure));
        if (!*are_done)
            break;
        code = erase_entry(store, erasure, conversation, seq);
        done++;
    }
    erasure->copies = *are_done ? 0 : erasure->copies + done;
    return code;
}

static int forget_foreign(struct store *store, const struct erased *plan, int64_t seq) {
    struct call call = call_start(&store->handle, SQL_REMOVE_FOREIGN);
    call_text(&call, plan->app);
    call_text(&call, plan->foreign_id);
    call_number(&call, seq);
    return call_run(&call);
}

static int remove_plan(struct store *store, struct erasure *erasure, const struct erased *plan,
                       int64_t seq, struct progress *next) {
    int code = outcome_waits(plan->outcome) ? waiting_remove(store, seq, next) : SQLITE_OK;
    if (code == SQLITE_OK && plan->foreign_id.at)
        code = forget_foreign(store, plan, seq);
    if (code == SQLITE_OK)
        code = erase_run(store, SQL_ADD_ERASED, seq);
    if (code == SQLITE_OK)
        code = erase_run(store, SQL_REMOVE_LETTERS, seq);
    if (code == SQLITE_OK)
        code = erase_run(store, SQL_REMOVE_PLAN, seq);
    erasure->messages += plan->is_message;
    erasure->others += !plan->is_message;
    return code;
}

/* `*is_done` false: it has more copies. */
static int erase_plan(struct store *store, struct erasure *erasure, int64_t seq,
                      struct progress *next, bool *is_done) {
    struct erased plan;
    bool it_goes = false;
    *is_done = true;
    int code = read_plan(store, erasure, seq, &plan);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? SQLITE_OK : code;
    code = goes(store, erasure, &plan, seq, &it_goes);
    if (code != SQLITE_OK || !it_goes)
        return code;
    code = erase_copies(store, erasure, &plan, seq, is_done);
    return code == SQLITE_OK && *is_done ? remove_plan(store, erasure, &plan, seq, next) : code;
}

/* Reads some rows, or carries out one of those that are meant. */
int erase_plans(struct store *store, struct erasure *erasure, struct progress *next,
                bool *is_over) {
    const struct erase_scan what = {SQL_SCAN_PLANS, erasure->newest_seq, SCANNED};
    int64_t ids[ERASE_SCANNED_MAX], last;
    size_t count;
    bool is_done, is_end;
    int code = erase_read(store, erasure, &what, ids, &count, &is_end, &last);
    *is_over = code == SQLITE_OK && count == 0 && is_end;
    if (code != SQLITE_OK || count == 0) {
        erasure->position = code == SQLITE_OK ? last : erasure->position;
        return code;
    }
    code = erase_plan(store, erasure, ids[0], next, &is_done);
    erasure->position = code == SQLITE_OK && is_done ? ids[0] : ids[0] - 1;
    return code;
}
