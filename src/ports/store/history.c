/* Timelines, read back. */
#include "ports/store/inside.h"

#include "words/check.h"

/* Adds whose inbox and which side to a copy of the message. */
static int as_json(struct arena *arena, struct stamped body, const struct plan_copy *copy,
                   struct span *json, struct why *why) {
    struct json_change changes[] = {
        {.path = SPAN("timelineOf"), .value = json_quote(arena, copy->owner)},
        {.path = SPAN("conversWith"), .value = json_quote(arena, copy->other)},
    };
    struct span whole = message_with_status(arena, body, copy->status);
    return json_splice(arena, whole, changes, 2, json, why);
}

int entry_read(struct arena *arena, const struct call *row, struct store_entry *entry,
               struct why *why) {
    struct plan_copy copy = {.status = (int)call_get_number(row, 1),
                             .owner = call_peek_span(row, 2),
                             .other = call_peek_span(row, 3)};
    struct stamped body = {call_peek_span(row, 7), call_peek_span(row, 8)};
    struct ident id =
        ident_make((uint64_t)call_get_number(row, 4), (uint64_t)call_get_number(row, 5),
                   (unsigned)call_get_number(row, 6));
    entry->seq = call_get_number(row, 0);
    entry->message_id = call_get_is_null(row, 9) ? arena_copy(arena, span_of(id.text))
                                                 : call_get_span(row, 9, arena);
    return as_json(arena, body, &copy, &entry->json, why);
}

struct bounds {
    size_t count, bytes;
};

/* The statement's rows, `most.count` of them, up to the first that brings them to `most.bytes`.
 * Ends the call. */
static int read_entries(struct store_reader *reader, struct arena *arena, struct call *call,
                        struct bounds most, struct store_entry **entries, size_t *count,
                        struct why *why) {
    struct store_entry *found = arena_array(arena, most.count, sizeof *found);
    size_t used = 0, bytes = 0;
    int rc = 0, code = SQLITE_DONE;
    while (rc == 0 && bytes < most.bytes && (code = call_row(call)) == SQLITE_ROW) {
        check(used < most.count);
        rc = entry_read(arena, call, &found[used], why);
        bytes += rc == 0 ? found[used++].json.size : 0;
    }
    call_end(call);
    if (rc == 0 && code != SQLITE_DONE && code != SQLITE_ROW)
        rc = handle_say(&reader->handle, code, "could not read a timeline", why);
    if (rc < 0)
        return -1;
    *entries = found;
    *count = used;
    return 0;
}

int store_history(struct store_reader *reader, struct arena *arena, struct span app,
                  struct span owner, struct span other, int64_t before_seq, size_t limit,
                  struct store_entry **entries, size_t *count, struct why *why) {
    check(limit <= STORE_HISTORY_MAX);
    struct call call =
        call_start(&reader->handle, other.at ? SQL_HISTORY_OF_CONVERSATION : SQL_HISTORY_OF_OWNER);
    call_text(&call, app);
    call_text(&call, owner);
    if (other.at)
        call_text(&call, other);
    call_number(&call, before_seq ? before_seq : INT64_MAX);
    call_number(&call, (int64_t)limit);
    return read_entries(reader, arena, &call, (struct bounds){limit, SIZE_MAX}, entries, count,
                        why);
}

static void reverse(struct store_entry *entries, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        struct store_entry entry = entries[i];
        entries[i] = entries[count - 1 - i];
        entries[count - 1 - i] = entry;
    }
}

int store_messages(struct store_reader *reader, struct arena *arena, struct span app,
                   struct span owner, struct span other, const struct store_page *page,
                   struct store_entry **entries, size_t *count, struct why *why) {
    check(page->limit <= STORE_PAGE_MAX && other.at);
    struct call call = call_start(&reader->handle, page->has_after ? SQL_HISTORY_AFTER
                                                                   : SQL_HISTORY_OF_CONVERSATION);
    call_text(&call, app);
    call_text(&call, owner);
    call_text(&call, other);
    call_number(&call, page->has_after ? page->after : page->has_before ? page->before : INT64_MAX);
    call_number(&call, (int64_t)page->limit);
    struct bounds most = {page->limit, STORE_PAGE_BYTES};
    if (read_entries(reader, arena, &call, most, entries, count, why) != 0)
        return -1;
    if (page->has_after)
        reverse(*entries, *count);
    return 0;
}

/* ---- as a fact ---- */

static void turn_around(struct fact_past *past, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        struct fact_past last = past[count - 1 - i];
        past[count - 1 - i] = past[i];
        past[i] = last;
    }
}

/* The statement's rows, newest first, as far as `bytes` go. Ends the call. */
static int read_past(struct arena *arena, struct call *call, size_t bytes, struct fact_past *past,
                     size_t *count) {
    struct store_entry entry;
    struct why why;
    int code;
    *count = 0;
    while ((code = call_row(call)) == SQLITE_ROW) {
        if (entry_read(arena, call, &entry, &why) < 0) {
            code = SQLITE_CORRUPT;
            break;
        }
        if (entry.json.size > bytes) {
            code = SQLITE_DONE;
            break;
        }
        bytes -= entry.json.size;
        past[(*count)++] = (struct fact_past){
            .seq = entry.seq, .status = (int)call_get_number(call, 1), .json = entry.json};
    }
    call_end(call);
    turn_around(past, *count);
    return code;
}

enum fact lookup_history(void *self, struct arena *arena, struct span app, struct span owner,
                         struct span other, struct span not_in, size_t limit, size_t bytes,
                         struct fact_past **out, size_t *count) {
    struct store_reader *reader = self;
    check(limit <= FACT_HISTORY_MAX);
    struct fact_past *past = arena_array(arena, limit, sizeof *past);
    struct call call = call_start(&reader->handle, SQL_HISTORY_BUT);
    call_text(&call, app);
    call_text(&call, owner);
    call_text(&call, other);
    call_text(&call, not_in);
    call_number(&call, (int64_t)limit);
    int code = read_past(arena, &call, bytes, past, count);
    *out = past;
    if (code != SQLITE_DONE)
        return reader_unavailable(reader, code, "could not read a group's history");
    return *count ? FACT_FOUND : FACT_ABSENT;
}

int store_history_count(struct store_reader *reader, struct span app, struct span owner,
                        struct span other, int64_t *count, struct why *why) {
    struct call call =
        call_start(&reader->handle, other.at ? SQL_COUNT_OF_CONVERSATION : SQL_COUNT_OF_OWNER);
    call_text(&call, app);
    call_text(&call, owner);
    if (other.at)
        call_text(&call, other);
    int code = call_row(&call);
    int64_t found = code == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    if (code != SQLITE_ROW)
        return handle_say(&reader->handle, code, "could not count a timeline", why);
    *count = found;
    return 0;
}
