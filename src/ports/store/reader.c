/* The read-only side: facts about users and groups, and about what waits. */
#include "ports/store/inside.h"

#include "words/check.h"
#include "words/clock.h"
#include "words/log.h"

#include <stdlib.h>

/* A failed read is logged at most this often. */
enum { LOG_EVERY_US = 1000000 };

struct store_reader *store_reader_open(const char *folder, struct why *why) {
    struct store_reader *reader = must_calloc(1, sizeof *reader);
    if (handle_open(&reader->handle, HANDLE_READER, folder, why) < 0)
        store_reader_close(&reader);
    return reader;
}

void store_reader_close(struct store_reader **reader) {
    if (!*reader)
        return;
    handle_close(&(*reader)->handle);
    free(*reader);
    *reader = NULL;
}

int store_reader_mark(struct store_reader *reader, struct store_mark *out, struct why *why) {
    struct progress progress = {.newest_seq = 0};
    if (progress_read(&reader->handle, &progress, why))
        return -1;
    *out = progress.mark;
    return 0;
}

enum fact reader_unavailable(struct store_reader *reader, int code, const char *tried) {
    int64_t now = clock_steady_us(&clock_real);
    if (reader->logged_us && now - reader->logged_us < LOG_EVERY_US) {
        reader->unlogged++;
        return FACT_UNAVAILABLE;
    }
    struct why why;
    char quoted[sizeof why.words * 2];
    handle_say(&reader->handle, code, tried, &why);
    log_line(LOG_ERROR, "store_read", "reason=%s unlogged=%u",
             log_quote(quoted, sizeof quoted, span_of(why.words)), reader->unlogged);
    reader->logged_us = now;
    reader->unlogged = 0;
    return FACT_UNAVAILABLE;
}

static enum fact blocked(void *self, struct span app, struct span by, struct span whom) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_BLOCKED);
    call_text(&call, app);
    call_text(&call, by);
    call_text(&call, whom);
    int code = call_row(&call);
    call_end(&call);
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read the block list");
}

static enum fact revoked(void *self, struct span app, struct span user, int64_t now_ms,
                         int64_t *since) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_REVOKED);
    call_text(&call, app);
    call_text(&call, user);
    call_number(&call, now_ms);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *since = call_get_number(&call, 0);
    call_end(&call);
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read a revocation");
}

/* The ids, each with a NUL after it. */
static size_t count_ids(struct span packed) {
    size_t count = 0;
    for (size_t i = 0; i < packed.size; i++)
        count += packed.at[i] == '\0';
    return count;
}

static void split_ids(struct arena *arena, struct span packed, struct group *group) {
    group->member_count = count_ids(packed);
    group->members = arena_array(arena, group->member_count, sizeof *group->members);
    const char *at = packed.at;
    for (size_t i = 0; i < group->member_count; i++) {
        group->members[i] = span_of(at);
        at += group->members[i].size + 1;
    }
}

static enum fact find_group(void *self, struct arena *arena, struct span app, struct span id,
                            struct group *out) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_GROUP);
    call_text(&call, app);
    call_text(&call, id);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        *out = (struct group){.id = arena_copy(arena, id),
                              .owner = call_get_span(&call, 0, arena),
                              .json = call_get_span(&call, 2, arena)};
        split_ids(arena, call_get_span(&call, 1, arena), out);
    }
    call_end(&call);
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read a group");
}

static enum fact waits(void *self, struct span app, struct span sender, struct span recipient,
                       size_t *count) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_WAITS);
    call_pair(&call, app, sender, recipient);
    call_number(&call, FACT_WAITS_MAX);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *count = (size_t)call_get_number(&call, 0);
    call_end(&call);
    if (code != SQLITE_ROW)
        return reader_unavailable(reader, code, "could not read what waits");
    return *count ? FACT_FOUND : FACT_ABSENT;
}

static enum fact waits_of(void *self, struct span app, struct span sender, uint64_t *count,
                          uint64_t *bytes) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_WAITS_OF);
    call_text(&call, app);
    call_text(&call, sender);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        *count = (uint64_t)call_get_number(&call, 0);
        *bytes = (uint64_t)call_get_number(&call, 1);
    }
    call_end(&call);
    if (code != SQLITE_ROW)
        return reader_unavailable(reader, code, "could not read what waits of a sender");
    return *count ? FACT_FOUND : FACT_ABSENT;
}

struct facts store_reader_facts(struct store_reader *reader) {
    return (struct facts){.self = reader,
                          .blocked = blocked,
                          .group = find_group,
                          .waits = waits,
                          .waits_of = waits_of,
                          .entry = lookup_entry,
                          .message = lookup_message,
                          .conversation = lookup_conversation,
                          .history = lookup_history,
                          .sent = lookup_sent,
                          .revoked = revoked,
                          .patches = lookup_patches};
}
