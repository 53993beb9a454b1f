/* What leaves the outbox without having been posted: what is too much, too old or nobody's any more
 * goes to the dead, the oldest of those make room; and what a person wants of all of them.
 *
 * A million rows may be too old at once: each commit takes a bounded number, besides as many as it
 * has added. */
#include "ports/store/inside.h"

#include "words/log.h"

enum { SWEPT = 1000 };

static const char TOO_MANY[] = "too many waited for this endpoint";
static const char TOO_OLD[] = "it waited too long";
static const char GONE[] = "the settings name this endpoint no more";

/* A range of an endpoint's oldest rows, which leave for one reason. */
struct leaving {
    int64_t endpoint, first, last, rows, bytes;
    const char *reason; /* NULL: a person drops them */
};

static bool is_too_much(const struct outbox_ends *ends, const struct outbox_load *load,
                        const struct leaving *gone) {
    return load->waiting - (uint64_t)gone->rows > ends->rows_max ||
           load->bytes - (uint64_t)gone->bytes > ends->bytes_max;
}

static bool is_too_old(const struct store *store, int64_t since_ms) {
    return since_ms < store->now_ms - store->outbox.age_max_ms;
}

/* Does the row leave, and why? */
static bool leaves(const struct store *store, const struct outbox_load *load,
                   const struct outbox_word *drop, const struct call *row,
                   const struct leaving *gone, const char **reason) {
    int64_t event = call_get_number(row, 0) & (OUTBOX_EVENT_END - 1);
    *reason = NULL;
    if (!load)
        *reason = GONE;
    else if (drop->left && event <= drop->newest)
        return true;
    else if (is_too_much(&store->outbox, load, gone))
        *reason = TOO_MANY;
    else if (is_too_old(store, call_get_number(row, 2)))
        *reason = TOO_OLD;
    return *reason != NULL;
}

/* The oldest that leave, at most `limit`. Without `load` (the endpoint is gone) all do. */
static int choose(struct store *store, struct outbox_load *load, const struct outbox_word *drop,
                  int64_t limit, struct leaving *out) {
    struct call call = call_start(&store->handle, SQL_OLDEST_EVENTS);
    call_number(&call, outbox_id(out->endpoint, 0));
    call_number(&call, outbox_id(out->endpoint, OUTBOX_EVENT_END - 1));
    call_number(&call, limit);
    int code;
    while ((code = call_row(&call)) == SQLITE_ROW) {
        const char *reason;
        bool stays = !leaves(store, load, drop, &call, out, &reason);
        if (stays && load)
            load->oldest_ms = call_get_number(&call, 2);
        if (stays || (out->rows && reason != out->reason))
            break;
        if (!out->rows++)
            out->first = call_get_number(&call, 0);
        out->last = call_get_number(&call, 0);
        out->bytes += call_get_number(&call, 1);
        out->reason = reason;
    }
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int bury(struct store *store, const struct leaving *leaving, struct progress *next) {
    struct call call = call_start(&store->handle, SQL_BURY_EVENTS);
    call_number(&call, leaving->first);
    call_number(&call, leaving->last);
    call_number(&call, store->now_ms);
    call_text(&call, span_of(leaving->reason));
    next->outbox.dead += (uint64_t)leaving->rows;
    next->outbox.given_up += (uint64_t)leaving->rows;
    log_line(LOG_WARN, "webhook_given_up", "events=%lld reason=\"%s\"", (long long)leaving->rows,
             leaving->reason);
    return call_run(&call);
}

static int leave(struct store *store, const struct leaving *leaving, struct progress *next) {
    int code = SQLITE_OK;
    if (leaving->rows == 0)
        return code;
    if (leaving->reason)
        code = bury(store, leaving, next);
    if (code == SQLITE_OK) {
        struct call call = call_start(&store->handle, SQL_PROMOTE_BEHIND);
        call_number(&call, leaving->endpoint);
        call_number(&call, leaving->first);
        call_number(&call, leaving->last);
        code = call_run(&call);
    }
    if (code == SQLITE_OK) {
        struct call call = call_start(&store->handle, SQL_REMOVE_EVENTS);
        call_number(&call, leaving->first);
        call_number(&call, leaving->last);
        code = call_run(&call);
    }
    outbox_count(store, leaving->endpoint, -leaving->rows, -leaving->bytes, next);
    return code;
}

static bool is_load_due(const struct store *store, const struct outbox_load *load, int64_t now_ms) {
    const struct outbox_ends *ends = &store->outbox;
    return load->waiting > ends->rows_max || load->bytes > ends->bytes_max ||
           (load->waiting && load->oldest_ms < now_ms - ends->age_max_ms);
}

static int64_t growth(uint64_t before, uint64_t now) {
    return now > before ? (int64_t)(now - before) : 0;
}

static int sweep_end(struct store *store, size_t i, struct progress *next, int64_t *dropped) {
    struct outbox_load *load = &next->outbox.loads[i];
    bool drops = next->outbox.drop.left && load->waiting;
    if (!drops && !is_load_due(store, load, store->now_ms))
        return SQLITE_OK;
    struct leaving leaving = {.endpoint = store->outbox.ends[i].number};
    int64_t limit =
        SWEPT + growth(store->progress.outbox.loads[i].waiting, next->outbox.loads[i].waiting);
    int code = choose(store, load, &next->outbox.drop, limit, &leaving);
    if (!leaving.reason)
        *dropped += leaving.rows;
    return code == SQLITE_OK ? leave(store, &leaving, next) : code;
}

static int sweep_ends(struct store *store, struct progress *next) {
    int code = SQLITE_OK;
    int64_t dropped = 0;
    for (size_t i = 0; code == SQLITE_OK && i < store->outbox.count; i++)
        code = sweep_end(store, i, next, &dropped);
    if (dropped == 0)
        next->outbox.drop.left = 0;
    return code;
}

int outbox_find_gone(struct store *store, int64_t *endpoint, bool *is_there) {
    struct call call = call_start(&store->handle, SQL_NEXT_GONE);
    int code = call_row(&call);
    *is_there = code == SQLITE_ROW;
    *endpoint = code == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int sweep_gone(struct store *store, struct progress *next) {
    struct leaving leaving = {.reason = NULL};
    int code = outbox_find_gone(store, &leaving.endpoint, &next->outbox.has_gone);
    if (code != SQLITE_OK || !next->outbox.has_gone)
        return code;
    code = choose(store, NULL, &next->outbox.drop, SWEPT, &leaving);
    return code == SQLITE_OK ? leave(store, &leaving, next) : code;
}

static void said(struct outbox_word *word, int64_t done) {
    word->left = done && (uint64_t)done < word->left ? word->left - (uint64_t)done : 0;
}

static int hurry_all(struct store *store, struct progress *next) {
    int code = SQLITE_OK;
    int64_t done = 0;
    for (size_t i = 0; code == SQLITE_OK && i < store->outbox.count; i++) {
        struct call call = call_start(&store->handle, SQL_HURRY_LANES);
        call_number(&call, store->outbox.ends[i].number);
        call_number(&call, next->outbox.hurry.said_ms);
        call_number(&call, SWEPT);
        code = call_run(&call);
        done += sqlite3_changes64(store->handle.connection);
    }
    said(&next->outbox.hurry, done);
    return code;
}

static int oldest_dead(struct store *store, const struct outbox_word *word, int64_t ids[SWEPT],
                       int64_t *count) {
    struct call call = call_start(&store->handle, SQL_OLDEST_DEAD);
    call_number(&call, word->said_ms);
    call_number(&call, word->left < SWEPT ? (int64_t)word->left : SWEPT);
    int code;
    for (*count = 0; (code = call_row(&call)) == SQLITE_ROW; ++*count)
        ids[*count] = call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int revive_all(struct store *store, struct progress *next) {
    int64_t ids[SWEPT], count = 0;
    int code = oldest_dead(store, &next->outbox.revive, ids, &count);
    for (int64_t i = 0; code == SQLITE_OK && i < count; i++)
        code = outbox_revive(store, ids[i], next);
    said(&next->outbox.revive, count);
    return code;
}

static int remove_old_dead(struct store *store, int64_t until_ms, int64_t limit, int64_t *removed,
                           struct progress *next) {
    struct call call = call_start(&store->handle, SQL_REMOVE_OLD_DEAD);
    call_number(&call, until_ms);
    call_number(&call, limit);
    int code = call_run(&call);
    *removed = code == SQLITE_OK ? sqlite3_changes64(store->handle.connection) : 0;
    next->outbox.dead -= (uint64_t)*removed;
    return code;
}

static int64_t least(int64_t left, int64_t right) {
    return left < right ? left : right;
}

static int sweep_dead(struct store *store, struct progress *next) {
    struct outbox_word *drop = &next->outbox.drop_dead;
    int64_t removed, limit = SWEPT + growth(store->progress.outbox.dead, next->outbox.dead);
    int code = SQLITE_OK;
    if (drop->left) {
        code = remove_old_dead(store, drop->said_ms, least((int64_t)drop->left, limit), &removed,
                               next);
        said(drop, removed);
    }
    int64_t excess = growth(store->outbox.dead_max, next->outbox.dead);
    if (code == SQLITE_OK && excess)
        code = remove_old_dead(store, INT64_MAX, least(excess, limit), &removed, next);
    return code;
}

int outbox_sweep(struct store *store, struct progress *next) {
    int code = SQLITE_OK;
    if (next->outbox.hurry.left)
        code = hurry_all(store, next);
    if (code == SQLITE_OK && next->outbox.revive.left)
        code = revive_all(store, next);
    if (code == SQLITE_OK)
        code = sweep_ends(store, next);
    if (code == SQLITE_OK && next->outbox.has_gone)
        code = sweep_gone(store, next);
    return code == SQLITE_OK ? sweep_dead(store, next) : code;
}

bool outbox_is_due(const struct store *store, int64_t now_ms) {
    const struct outbox_progress *now = &store->progress.outbox;
    bool is_due = now->has_gone || now->hurry.left || now->drop.left || now->revive.left ||
                  now->drop_dead.left || now->dead > store->outbox.dead_max;
    for (size_t i = 0; !is_due && i < store->outbox.count; i++)
        is_due = is_load_due(store, &now->loads[i], now_ms);
    return is_due;
}
