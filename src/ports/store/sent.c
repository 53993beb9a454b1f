/* What senders call their messages. Rows stand in the order they came; the oldest go when they are
 * a day old, or more than there may be, a few at a time with each commit, and more than it adds. */
#include "ports/store/inside.h"

#include "words/check.h"

enum { SWEPT = 64 };

const char *sent_fault(const struct plan *plan) {
    if (!plan->app.at || !plan->sender.at)
        return "a sender's own id without an app or a sender";
    return plan->client_id.size > CLIENT_ID_MAX ? "a sender's own id that is too long" : NULL;
}

int sent_add(struct store *store, const struct plan *plan, struct progress *next) {
    uint64_t incarnation, offset;
    unsigned child;
    check(ident_read(span_of(plan->id.text), &incarnation, &offset, &child));
    struct call call = call_start(&store->handle, SQL_ADD_SENT);
    call_text(&call, plan->app);
    call_text(&call, plan->sender);
    call_text(&call, plan->client_id);
    call_number(&call, (int64_t)incarnation);
    call_number(&call, (int64_t)offset);
    call_number(&call, child);
    call_number(&call, plan->received_ms);
    int code = call_run(&call);
    if (code != SQLITE_OK || sqlite3_changes64(store->handle.connection) == 0)
        return code;
    struct sent_progress *sent = &next->sent;
    sent->newest = sqlite3_last_insert_rowid(store->handle.connection);
    sent->added++;
    if (sent->oldest_ms != INT64_MAX)
        return SQLITE_OK;
    sent->oldest = sent->newest;
    sent->oldest_ms = plan->received_ms;
    return SQLITE_OK;
}

static bool is_over(const struct sent_progress *sent, int64_t now_ms) {
    return sent->oldest_ms != INT64_MAX && (sent->oldest_ms <= now_ms - STORE_SENT_AGE_MS ||
                                            sent->newest - sent->oldest >= STORE_SENT_MAX);
}

bool store_sent_is_over(const struct store *store, int64_t now_ms) {
    return is_over(&store->progress.sent, now_ms);
}

static int read_oldest(struct store *store, struct sent_progress *sent) {
    struct call call = call_start(&store->handle, SQL_OLDEST_SENT);
    int code = call_row(&call);
    sent->oldest_ms = INT64_MAX;
    if (code == SQLITE_ROW) {
        sent->oldest = call_get_number(&call, 0);
        sent->oldest_ms = call_get_number(&call, 1);
        sent->newest = call_get_number(&call, 2);
    }
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int sent_sweep(struct store *store, int64_t now_ms, struct progress *next) {
    int64_t bound = SWEPT + 2 * (int64_t)next->sent.added;
    next->sent.added = 0;
    if (!is_over(&next->sent, now_ms))
        return SQLITE_OK;
    struct call call = call_start(&store->handle, SQL_SWEEP_SENT);
    call_number(&call, now_ms - STORE_SENT_AGE_MS);
    call_number(&call, next->sent.newest - STORE_SENT_MAX);
    call_number(&call, bound);
    int code = call_run(&call);
    return code == SQLITE_OK ? read_oldest(store, &next->sent) : code;
}

int sent_start(struct store *store, struct why *why) {
    int code = read_oldest(store, &store->progress.sent);
    return code == SQLITE_OK
               ? 0
               : handle_say(&store->handle, code, "could not read what was sent", why);
}

enum fact lookup_sent(void *self, struct span app, struct span sender, struct span client_id,
                      struct ident *id) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_SENT);
    call_text(&call, app);
    call_text(&call, sender);
    call_text(&call, client_id);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *id = ident_make((uint64_t)call_get_number(&call, 0), (uint64_t)call_get_number(&call, 1),
                         (unsigned)call_get_number(&call, 2));
    call_end(&call);
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read what was sent");
}
