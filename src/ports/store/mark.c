/* Opening and closing, the stream's mark, the bindings. */
#include "ports/store/inside.h"

#include "words/check.h"

#include <stdlib.h>

int progress_read(struct handle *handle, struct progress *out, struct why *why) {
    struct call call = call_start(handle, SQL_MARK);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *out = (struct progress){
            .mark = {.incarnation = (uint64_t)call_get_number(&call, 0),
                     .has_offset = !call_get_is_null(&call, 1),
                     .offset = (uint64_t)call_get_number(&call, 1),
                     .digest = (uint64_t)call_get_number(&call, 2),
                     .drained = call_get_number(&call, 3) != 0,
                     .drained_next = (uint64_t)call_get_number(&call, 4)},
            .newest_seq = call_get_number(&call, 5),
            .confirmed_seq = call_get_number(&call, 6),
            .newest_letter = out->newest_letter,
            .dropped_to = out->dropped_to,
            .waiting = out->waiting,
            .presence_from_ms = out->presence_from_ms,
            .sent = out->sent,
            .erasures = out->erasures,
            .outbox = out->outbox,
        };
    if (code == SQLITE_ROW)
        out->outbox.newest = call_get_number(&call, 7);
    call_end(&call);
    if (code == SQLITE_DONE)
        code = SQLITE_CORRUPT; /* the row is made with the table and never deleted */
    return code == SQLITE_ROW ? 0 : handle_say(handle, code, "could not read the mark", why);
}

int progress_write(struct handle *handle, const struct progress *progress) {
    const struct store_mark *mark = &progress->mark;
    struct call call = call_start(handle, SQL_SET_MARK);
    call_number(&call, (int64_t)mark->incarnation);
    if (mark->has_offset)
        call_number(&call, (int64_t)mark->offset);
    else
        call_null(&call);
    call_number(&call, (int64_t)mark->digest);
    call_number(&call, mark->drained);
    call_number(&call, (int64_t)mark->drained_next);
    call_number(&call, progress->newest_seq);
    call_number(&call, progress->confirmed_seq);
    call_number(&call, progress->outbox.newest);
    return call_run(&call);
}

static int find_newest_letter(struct store *store, struct why *why) {
    struct call call = call_start(&store->handle, SQL_NEWEST_LETTER);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        store->progress.newest_letter = call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_ROW ? 0 : handle_say(&store->handle, code, "could not read letters", why);
}

static int set_sync(struct store *store, bool sync_every_commit, struct why *why) {
    const char *sql = sync_every_commit ? sql_sync_full : sql_sync_normal;
    int code = sqlite3_exec(store->handle.connection, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0
                             : handle_say(&store->handle, code, "could not open the store", why);
}

struct store *store_open(const char *folder, bool sync_every_commit, struct why *why) {
    struct store *store = must_calloc(1, sizeof *store);
    if (handle_open(&store->handle, HANDLE_WRITER, folder, why) < 0 ||
        set_sync(store, sync_every_commit, why) < 0 ||
        progress_read(&store->handle, &store->progress, why) < 0 ||
        find_newest_letter(store, why) < 0 || waiting_count(store, why) < 0 ||
        presence_start(store, why) < 0 || sent_start(store, why) < 0 || erase_start(store, why) < 0)
        store_close(&store);
    return store;
}

void store_close(struct store **store) {
    if (!*store)
        return;
    handle_close(&(*store)->handle);
    packed_free(&(*store)->packed);
    free((*store)->verdicts);
    free(*store);
    *store = NULL;
}

int store_mark(struct store *store, struct store_mark *out, struct why *why) {
    if (progress_read(&store->handle, &store->progress, why) < 0)
        return -1;
    *out = store->progress.mark;
    return 0;
}

int store_progress(struct store *store, int64_t *newest_seq, int64_t *confirmed_seq,
                   struct why *why) {
    if (progress_read(&store->handle, &store->progress, why) < 0)
        return -1;
    *newest_seq = store->progress.newest_seq;
    *confirmed_seq = store->progress.confirmed_seq;
    return 0;
}

/* One UPDATE is a transaction of its own. */
static int change(struct store *store, const struct progress *next, struct why *why) {
    int code = progress_write(&store->handle, next);
    if (code != SQLITE_OK)
        return handle_say(&store->handle, code, "could not store the mark", why);
    store->progress = *next;
    return 0;
}

static int set_position(struct store *store, const struct origin *at, bool has_offset,
                        struct why *why) {
    struct progress next = store->progress;
    check(at->incarnation > 0 && at->incarnation < IDENT_INCARNATION_END);
    next.mark.incarnation = at->incarnation;
    next.mark.has_offset = has_offset;
    next.mark.offset = at->offset;
    next.mark.digest = at->digest;
    return change(store, &next, why);
}

int store_set_incarnation(struct store *store, uint64_t incarnation, struct why *why) {
    return set_position(store, &(struct origin){.incarnation = incarnation}, false, why);
}

int store_set_position(struct store *store, const struct origin *passed, struct why *why) {
    return set_position(store, passed, true, why);
}

int store_knows(struct store *store, uint64_t offset, uint64_t digest, bool *is_known,
                struct why *why) {
    struct call call = call_start(&store->handle, SQL_KNOWS);
    call_number(&call, (int64_t)offset);
    call_number(&call, (int64_t)digest);
    int code = call_row(&call);
    call_end(&call);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return handle_say(&store->handle, code, "could not look for a message of the stream", why);
    *is_known = code == SQLITE_ROW;
    return 0;
}

int store_set_drained(struct store *store, bool is_drained, struct why *why) {
    struct progress next = store->progress;
    if (next.mark.drained == is_drained)
        return 0;
    next.mark.drained = is_drained;
    return change(store, &next, why);
}

int store_drained_recent(struct store *store, struct arena *arena, size_t limit, uint64_t **digests,
                         size_t *count, struct why *why) {
    uint64_t *found = arena_array(arena, limit + 1, sizeof *found);
    size_t free_below = limit;
    struct call call = call_start(&store->handle, SQL_DRAINED_RECENT);
    call_number(&call, (int64_t)limit);
    int code;
    while ((code = call_row(&call)) == SQLITE_ROW)
        found[--free_below] = (uint64_t)call_get_number(&call, 0);
    call_end(&call);
    if (code != SQLITE_DONE)
        return handle_say(&store->handle, code, "could not read what was drained", why);
    *digests = found + free_below;
    *count = limit - free_below;
    return 0;
}

int store_bindings(struct store *store, struct arena *arena, struct span **patterns, size_t *count,
                   struct why *why) {
    struct span *found = arena_array(arena, 8, sizeof *found);
    size_t used = 0, room = 8;
    struct call call = call_start(&store->handle, SQL_BINDINGS);
    int code;
    while ((code = call_row(&call)) == SQLITE_ROW) {
        if (used == room) {
            struct span *more = arena_array(arena, room * 2, sizeof *more);
            memcpy(more, found, used * sizeof *found);
            found = more;
            room *= 2;
        }
        found[used++] = call_get_span(&call, 0, arena);
    }
    call_end(&call);
    if (code != SQLITE_DONE)
        return handle_say(&store->handle, code, "could not read the bindings", why);
    *patterns = found;
    *count = used;
    return 0;
}

int store_set_bindings(struct store *store, const struct span *patterns, size_t count,
                       struct why *why) {
    int code = handle_run(&store->handle, SQL_BEGIN);
    if (code == SQLITE_OK)
        code = handle_run(&store->handle, SQL_CLEAR_BINDINGS);
    for (size_t i = 0; code == SQLITE_OK && i < count; i++) {
        struct call call = call_start(&store->handle, SQL_ADD_BINDING);
        call_text(&call, patterns[i]);
        code = call_run(&call);
    }
    if (code == SQLITE_OK)
        code = handle_run(&store->handle, SQL_COMMIT);
    if (code == SQLITE_OK)
        return 0;
    handle_say(&store->handle, code, "could not store the bindings", why);
    handle_rollback(&store->handle);
    return -1;
}
