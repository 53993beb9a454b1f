/* Erasures: what is stored of a user, or of a group, taken out a chunk at a time.
 *
 * A chunk rides on a batch's transaction where the flow says so (every 20 ms), or has its own; it
 * ends after CHUNK_US, so that messages wait no longer for it than for a checkpoint. The scan of
 * the plans is what takes long: an index by sender or recipient would cost each message more than
 * an erasure now and then is worth. */
#include "ports/store/erase.h"

#include "words/check.h"
#include "words/clock.h"

enum { CHUNK_US = 2000 };

/* ---- small words ---- */

int erase_run(struct store *store, enum sql sql, int64_t id) {
    struct call call = call_start(&store->handle, sql);
    call_number(&call, id);
    return call_run(&call);
}

int erase_run_two(struct store *store, enum sql sql, int64_t id, int64_t seq) {
    struct call call = call_start(&store->handle, sql);
    call_number(&call, id);
    call_number(&call, seq);
    return call_run(&call);
}

int erase_has(struct store *store, enum sql sql, int64_t id, int64_t seq) {
    struct call call = call_start(&store->handle, sql);
    call_number(&call, id);
    if (sql == SQL_HAS_ENTRY)
        call_number(&call, seq);
    int code = call_row(&call);
    call_end(&call);
    return code;
}

int erase_read(struct store *store, const struct erasure *erasure, const struct erase_scan *scan,
               int64_t ids[ERASE_SCANNED_MAX], size_t *count, bool *is_over, int64_t *last) {
    size_t read = 0;
    int code;
    check(scan->limit <= ERASE_SCANNED_MAX);
    struct call call = call_start(&store->handle, scan->sql);
    call_number(&call, erasure->position);
    call_number(&call, scan->newest);
    call_text(&call, erasure->app);
    call_text(&call, erasure->target);
    call_number(&call, (int64_t)scan->limit);
    *last = erasure->position;
    for (*count = 0; (code = call_row(&call)) == SQLITE_ROW; read++) {
        *last = call_get_number(&call, 0);
        if (call_get_number(&call, 1))
            ids[(*count)++] = *last;
    }
    call_end(&call);
    *is_over = read < scan->limit;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- phase by phase ---- */

static int begin_step(struct store *store, struct erasure *erasure, struct progress *next,
                      bool *is_over) {
    (void)store, (void)erasure, (void)next;
    *is_over = true;
    return SQLITE_OK;
}

static erase_step *const STEPS[ERASE_OVER] = {
    [ERASE_BEGUN] = begin_step,    [ERASE_OWN] = erase_own,
    [ERASE_PLANS] = erase_plans,   [ERASE_LASTS] = erase_lasts,
    [ERASE_LISTS] = erase_lists,   [ERASE_SMALL] = erase_small,
    [ERASE_EVENTS] = erase_events, [ERASE_DEAD_EVENTS] = erase_events,
};

static bool belongs(enum order_kind kind, enum erase_phase phase) {
    switch (phase) {
    case ERASE_BEGUN:
    case ERASE_OVER:
        return true;
    case ERASE_OWN:
    case ERASE_SMALL:
        return kind == ORDER_ERASE_USER;
    case ERASE_PLANS:
    case ERASE_LASTS:
    case ERASE_EVENTS:
    case ERASE_DEAD_EVENTS:
        return kind != ORDER_ERASE_CONVERSATIONS;
    case ERASE_LISTS:
        return kind == ORDER_ERASE_CONVERSATIONS;
    }
    return false;
}

/* Imported messages have numbers below 0. */
static void go_on(struct erasure *erasure) {
    do
        erasure->phase++;
    while (!belongs(erasure->kind, erasure->phase));
    erasure->position = erasure->phase == ERASE_PLANS ? INT64_MIN : 0;
    erasure->copies = 0;
    erasure->place = SPAN("");
}

bool erase_is_late(const struct erasure *erasure) {
    return clock_steady_us(&clock_real) >= erasure->until_us;
}

static int work(struct store *store, struct erasure *erasure, struct progress *next) {
    unsigned steps = 0;
    erasure->until_us = clock_steady_us(&clock_real) + CHUNK_US;
    int code = SQLITE_OK;
    while (code == SQLITE_OK && erasure->phase != ERASE_OVER) {
        bool is_over = false;
        code = STEPS[erasure->phase](store, erasure, next, &is_over);
        if (code == SQLITE_OK && is_over)
            go_on(erasure);
        if (++steps == store->erase_steps || erase_is_late(erasure))
            break;
    }
    return code;
}

/* ---- the row ---- */

static int find_next(struct store *store, struct erasure *out) {
    struct call call = call_start(&store->handle, SQL_NEXT_ERASURE);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *out = (struct erasure){.id = call_get_number(&call, 0),
                                .kind = (enum order_kind)call_get_number(&call, 1),
                                .app = call_get_span(&call, 2, out->arena),
                                .target = call_get_span(&call, 3, out->arena),
                                .newest_seq = call_get_number(&call, 4),
                                .begun_ms = call_get_number(&call, 5),
                                .phase = (enum erase_phase)call_get_number(&call, 6),
                                .position = call_get_number(&call, 7),
                                .copies = call_get_number(&call, 8),
                                .place = call_get_span(&call, 9, out->arena),
                                .arena = out->arena};
    call_end(&call);
    return code;
}

static int keep(struct store *store, const struct erasure *erasure) {
    const int64_t numbers[] = {erasure->messages, erasure->entries, erasure->conversations,
                               erasure->others};
    struct call call = call_start(&store->handle, SQL_SET_ERASURE);
    call_number(&call, erasure->id);
    call_number(&call, erasure->phase);
    call_number(&call, erasure->position);
    call_number(&call, erasure->copies);
    call_text(&call, erasure->place);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        call_number(&call, numbers[i]);
    return call_run(&call);
}

static int finish(struct store *store, const struct erasure *erasure, struct progress *next) {
    struct call call = call_start(&store->handle, SQL_ERASED_STORED);
    call_number(&call, erasure->id);
    call_number(&call, store->now_ms);
    call_number(&call, erasure->kind == ORDER_ERASE_USER);
    next->erasures--;
    return call_run(&call);
}

static int chunk(struct store *store, struct erasure *erasure, struct progress *next) {
    check(erasure->phase < ERASE_OVER);
    int code = work(store, erasure, next);
    if (code == SQLITE_OK)
        code = keep(store, erasure);
    return code == SQLITE_OK && erasure->phase == ERASE_OVER ? finish(store, erasure, next) : code;
}

int erase_sweep(struct store *store, const struct store_batch *batch, struct progress *next) {
    if (!batch->erases || !next->erasures)
        return SQLITE_OK;
    struct erasure erasure = {.arena = arena_new()};
    int code = find_next(store, &erasure);
    if (code == SQLITE_ROW)
        code = chunk(store, &erasure, next);
    else if (code == SQLITE_DONE)
        next->erasures = 0;
    arena_free(&erasure.arena);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

bool store_erases(const struct store *store) {
    return store->progress.erasures > 0;
}

static int count_open(struct store *store, size_t *count) {
    struct call call = call_start(&store->handle, SQL_COUNT_ERASURES);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *count = (size_t)call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

int erase_start(struct store *store, struct why *why) {
    int code = count_open(store, &store->progress.erasures);
    return code == SQLITE_OK
               ? 0
               : handle_say(&store->handle, code, "could not read what is to be erased", why);
}

/* ---- orders ---- */

int erase_begin(struct store *store, const struct order *order, struct progress *next) {
    struct call call = call_start(&store->handle, SQL_BEGIN_ERASURE);
    call_number(&call, order->kind);
    call_text(&call, order->app);
    call_text(&call, order->target);
    call_number(&call, next->newest_seq);
    call_number(&call, order->now_ms);
    int code = call_run(&call);
    return code == SQLITE_OK ? count_open(store, &next->erasures) : code;
}

int erase_note(struct store *store, const struct order *order) {
    struct call call = call_start(
        &store->handle, order->kind == ORDER_ERASED_LOG ? SQL_ERASED_LOG : SQL_ERASED_DEAD);
    call_number(&call, order->erasure);
    call_number(&call, order->now_ms);
    call_number(&call, order->count);
    return call_run(&call);
}

/* ---- how far it has come ---- */

static void read_row(const struct call *row, struct arena *arena, struct store_erasure *out) {
    *out = (struct store_erasure){.id = call_get_number(row, 0),
                                  .app = call_get_span(row, 1, arena),
                                  .target = call_get_span(row, 2, arena),
                                  .newest_seq = call_get_number(row, 3),
                                  .messages = call_get_number(row, 4),
                                  .entries = call_get_number(row, 5),
                                  .conversations = call_get_number(row, 6),
                                  .others = call_get_number(row, 7),
                                  .log_lines = call_get_number(row, 8),
                                  .letters = call_get_number(row, 9),
                                  .begun_ms = call_get_number(row, 10),
                                  .stored_ms = call_get_number(row, 11),
                                  .log_ms = call_get_number(row, 12),
                                  .dead_ms = call_get_number(row, 13)};
}

static int read_one(struct store_reader *reader, struct call *call, struct arena *arena,
                    struct store_erasure *out, struct why *why) {
    int code = call_row(call);
    *out = (struct store_erasure){.id = 0};
    if (code == SQLITE_ROW)
        read_row(call, arena, out);
    call_end(call);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? 0
               : handle_say(&reader->handle, code, "could not read an erasure", why);
}

int store_erasure(struct store_reader *reader, struct arena *arena, enum order_kind kind,
                  struct span app, struct span target, struct store_erasure *out, struct why *why) {
    struct call call = call_start(&reader->handle, SQL_ERASURE);
    call_text(&call, app);
    call_text(&call, target);
    call_number(&call, kind);
    return read_one(reader, &call, arena, out, why);
}

int store_erasure_elsewhere(struct store_reader *reader, struct arena *arena,
                            struct store_erasure *out, struct why *why) {
    struct call call = call_start(&reader->handle, SQL_OPEN_ERASURE);
    return read_one(reader, &call, arena, out, why);
}
