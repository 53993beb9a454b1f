/* Events read back, whole, as they are to be posted. */
#include "ports/store/inside.h"

#include "words/check.h"

#include <stdlib.h>

/* Columns of EVENT_COLUMNS, behind the five of the row itself. */
enum {
    ID,
    PLACE,
    URL,
    DUE,
    SINCE,
    KIND,
    CREATED,
    TRIES,
    ANSWER,
    ERROR,
    APP,
    OWNER,
    OTHER,
    MESSAGE_ID,
    TOPIC,
    DATA,
    CONVERSATION,
    COPY_OWNER,
    COPY_OTHER,
    COPY_APP,
    RECIPIENT,
    FORM,
    INCARNATION,
    OFFSET,
    CHILD,
    FOREIGN_ID,
    HEAD,
    TAIL
};

/* Its words are with it. */
static void read_words(struct arena *arena, const struct call *call, struct event *event) {
    event->app = call_get_span(call, APP, arena);
    event->owner = call_get_span(call, OWNER, arena);
    event->other = call_get_span(call, OTHER, arena);
    event->recipient = event_recipient(event->kind, event->owner, event->other);
    event->message_id = call_get_span(call, MESSAGE_ID, arena);
    event->topic = call_get_span(call, TOPIC, arena);
    event->data = call_get_span(call, DATA, arena);
}

static struct span read_message_id(struct arena *arena, const struct call *call) {
    if (!call_get_is_null(call, FOREIGN_ID))
        return call_get_span(call, FOREIGN_ID, arena);
    struct ident id =
        ident_make((uint64_t)call_get_number(call, INCARNATION),
                   (uint64_t)call_get_number(call, OFFSET), (unsigned)call_get_number(call, CHILD));
    return arena_copy(arena, span_of(id.text));
}

/* A copy: its words are its plan's. */
static void read_copy(struct arena *arena, const struct call *call, struct event *event) {
    struct why why;
    if (call_get_is_null(call, COPY_OWNER) || call_get_is_null(call, HEAD))
        return;
    event->app = call_get_span(call, COPY_APP, arena);
    event->owner = call_get_span(call, COPY_OWNER, arena);
    event->other = call_get_span(call, COPY_OTHER, arena);
    event->recipient = call_get_span(call, RECIPIENT, arena);
    event->message_id = read_message_id(arena, call);
    /* It fitted when the copy was published. */
    if (route_inbox(arena, (enum inbox_form)call_get_number(call, FORM), event->app, event->owner,
                    event->other, &event->topic, &why) < 0)
        event->topic = SPAN_NONE;
    struct stamped body = {call_peek_span(call, HEAD), call_peek_span(call, TAIL)};
    event->data = message_with_status(arena, body,
                                      event->kind == EVENT_SENT ? STATUS_SENT : STATUS_DELIVERED);
}

static struct outbox_row read_row(struct arena *arena, const struct call *call) {
    struct outbox_row row = {
        .id = call_get_number(call, ID),
        .endpoint = call_get_is_null(call, PLACE) ? SIZE_MAX : (size_t)call_get_number(call, PLACE),
        .url = call_get_span(call, URL, arena),
        .tries = (unsigned)call_get_number(call, TRIES),
        .due_ms = call_get_number(call, DUE),
        .since_ms = call_get_number(call, SINCE),
        .event = {.kind = (enum event_kind)call_get_number(call, KIND),
                  .created_ms = call_get_number(call, CREATED)},
        .answer = (int)call_get_number(call, ANSWER),
        .error = call_get_span(call, ERROR, arena),
    };
    if (call_get_is_null(call, CONVERSATION))
        read_words(arena, call, &row.event);
    else
        read_copy(arena, call, &row.event);
    return row;
}

static int ended(struct call *call, int code, struct why *why) {
    call_end(call);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? 0
               : handle_say(call->handle, code, "could not read the webhooks' outbox", why);
}

static bool is_among(int64_t id, const int64_t *ids, size_t count) {
    size_t i = 0;
    while (i < count && ids[i] != id)
        i++;
    return i < count;
}

/* Nothing is put off for as long as that: the clock was ahead, and was set back. It would wait, and
 * its lane with it, until the time comes that it was then. */
enum { ASTRAY_MS = 2 * 60 * 60 * 1000 };

/* Ids that are under way. */
struct ids {
    const int64_t *ids;
    size_t count;
};

static int take_heads(struct call *call, struct arena *arena, struct ids except, int64_t until_ms,
                      struct outbox_row *rows, size_t limit, size_t *count, int64_t *next_due_ms,
                      struct why *why) {
    int code;
    *next_due_ms = INT64_MAX;
    while (*next_due_ms == INT64_MAX && (code = call_row(call)) == SQLITE_ROW) {
        if (is_among(call_get_number(call, ID), except.ids, except.count))
            continue;
        if (*count < limit && call_get_number(call, DUE) <= until_ms)
            rows[(*count)++] = read_row(arena, call);
        else
            *next_due_ms = call_get_number(call, DUE);
    }
    return ended(call, code, why);
}

static struct call heads_from(struct store_reader *reader, size_t endpoint, int64_t from_ms) {
    struct call call = call_start(&reader->handle, SQL_HEADS);
    call_number(&call, (int64_t)endpoint);
    call_number(&call, from_ms);
    return call;
}

int outbox_due(struct store_reader *reader, struct arena *arena, size_t endpoint, int64_t now_ms,
               const int64_t *except, size_t except_count, struct outbox_row *rows, size_t limit,
               size_t *count, int64_t *next_due_ms, struct why *why) {
    const struct ids under_way = {except, except_count};
    size_t used = 0;
    int64_t next, beyond;
    struct call call = heads_from(reader, endpoint, INT64_MIN);
    if (take_heads(&call, arena, under_way, now_ms, rows, limit, &used, &next, why) < 0)
        return -1;
    if (used < limit && next < INT64_MAX) {
        call = heads_from(reader, endpoint, now_ms + ASTRAY_MS);
        if (take_heads(&call, arena, under_way, INT64_MAX, rows, limit, &used, &beyond, why) < 0)
            return -1;
    }
    *count = used;
    *next_due_ms = next;
    return 0;
}

int outbox_list(struct store_reader *reader, struct arena *arena, bool dead, int64_t before_id,
                struct outbox_row *rows, size_t limit, size_t *count, struct why *why) {
    size_t used = 0;
    struct call call = call_start(&reader->handle, dead ? SQL_DEAD_EVENTS : SQL_WAITING_EVENTS);
    call_number(&call, before_id ? before_id : INT64_MAX);
    call_number(&call, (int64_t)limit);
    int code;
    while ((code = call_row(&call)) == SQLITE_ROW) {
        check(used < limit);
        rows[used++] = read_row(arena, &call);
    }
    if (ended(&call, code, why) < 0)
        return -1;
    *count = used;
    return 0;
}
