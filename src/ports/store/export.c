/* Everything that is stored of one user, line by line. */
#include "ports/store/inside.h"

#include "words/check.h"
#include "words/json_write.h"

#include <stdlib.h>

enum { ROWS = 100, EVENTS = 20, SCANNED = 500, PIECE = 128 * 1024 };

struct store_export {
    struct arena *arena; /* lives as long */
    struct span app, user;
    size_t stage;
    char *place;      /* the last row's words, where its table goes by words */
    int64_t position; /* its number, where it goes by one */
    char *other;      /* the conversation whose messages come; NULL: the next one does */
    bool has_more;    /* in this stage */
};

struct piece {
    struct store_reader *reader;
    struct store_export *export;
    struct arena *arena;
    struct text *out;
    struct why *why;
};

struct store_export *store_export_new(struct span app, struct span user) {
    struct store_export *export = must_calloc(1, sizeof *export);
    export->arena = arena_new();
    export->app = arena_copy(export->arena, app);
    export->user = arena_copy(export->arena, user);
    export->place = must_strdup("");
    return export;
}

void store_export_free(struct store_export **export) {
    if (!*export)
        return;
    arena_free(&(*export)->arena);
    free((*export)->place);
    free((*export)->other);
    free(*export);
    *export = NULL;
}

/* ---- lines ---- */

static struct json_writer line(const struct piece *piece, const char *kind) {
    struct json_writer writer = json_write(piece->arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "kind", span_of(kind));
    return writer;
}

static void put(const struct piece *piece, struct json_writer *writer) {
    json_close(writer, '}');
    text_add(piece->out, json_written(writer));
    text_add_char(piece->out, '\n');
}

static bool is_full(const struct piece *piece) {
    return piece->out->size >= PIECE;
}

static void stay_at(char **place, struct span words) {
    free(*place);
    *place = must_alloc(words.size + 1);
    if (words.size)
        memcpy(*place, words.at, words.size);
    (*place)[words.size] = '\0';
}

static struct call start(const struct piece *piece, enum sql sql) {
    struct call call = call_start(&piece->reader->handle, sql);
    call_text(&call, piece->export->app);
    call_text(&call, piece->export->user);
    return call;
}

static int ended(const struct piece *piece, struct call *call, int code) {
    call_end(call);
    return code == SQLITE_DONE || code == SQLITE_ROW
               ? 0
               : handle_say(&piece->reader->handle, code, "could not read what is exported",
                            piece->why);
}

/* ---- conversations, each with its messages ---- */

static void put_conversation(struct piece *piece, const struct call *row) {
    struct store_export *export = piece->export;
    struct conversation conversation = {.app = export->app, .owner = export->user};
    read_conversation(row, piece->arena, &conversation);
    struct json_writer writer = line(piece, "conversation");
    json_put_text(&writer, "conversation", conversation.other);
    json_put_json(&writer, "is", conversation_write(piece->arena, &conversation));
    put(piece, &writer);
    stay_at(&export->place, conversation.other);
    stay_at(&export->other, conversation.other);
    export->position = INT64_MIN;
}

static int next_conversation(struct piece *piece) {
    struct call call = start(piece, SQL_EXPORT_CONVERSATIONS);
    call_text(&call, span_of(piece->export->place));
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        put_conversation(piece, &call);
    piece->export->has_more = code == SQLITE_ROW;
    return ended(piece, &call, code);
}

static int put_message(struct piece *piece, const struct call *row) {
    struct store_entry entry;
    if (entry_read(piece->arena, row, &entry, piece->why) < 0)
        return -1;
    struct json_writer writer = line(piece, "message");
    json_put_text(&writer, "conversation", span_of(piece->export->other));
    json_put_number(&writer, "seq", entry.seq);
    json_put_json(&writer, "message", entry.json);
    put(piece, &writer);
    piece->export->position = entry.seq;
    return 0;
}

static void leave_conversation(struct store_export *export) {
    free(export->other);
    export->other = NULL;
}

static int put_messages(struct piece *piece) {
    int code = SQLITE_ROW, rows = 0, rc = 0;
    struct call call = start(piece, SQL_HISTORY_AFTER);
    call_text(&call, span_of(piece->export->other));
    call_number(&call, piece->export->position);
    call_number(&call, ROWS);
    while (rc == 0 && !is_full(piece) && (code = call_row(&call)) == SQLITE_ROW && ++rows)
        rc = put_message(piece, &call);
    if (code == SQLITE_DONE && rows < ROWS)
        leave_conversation(piece->export);
    return ended(piece, &call, code) < 0 ? -1 : rc;
}

static int export_conversations(struct piece *piece) {
    piece->export->has_more = true;
    return piece->export->other ? put_messages(piece) : next_conversation(piece);
}

/* ---- small tables ---- */

typedef void put_row(struct piece *piece, const struct call *row);

/* Rows that go by words, the first column. */
static int export_rows(struct piece *piece, enum sql sql, put_row *each) {
    int code, rows = 0;
    struct call call = start(piece, sql);
    call_text(&call, span_of(piece->export->place));
    call_number(&call, ROWS);
    for (; (code = call_row(&call)) == SQLITE_ROW; rows++) {
        each(piece, &call);
        stay_at(&piece->export->place, call_peek_span(&call, 0));
    }
    piece->export->has_more = rows == ROWS;
    return ended(piece, &call, code);
}

static void put_block(struct piece *piece, const struct call *row) {
    struct json_writer writer = line(piece, "block");
    json_put_text(&writer, "blocked", call_peek_span(row, 0));
    put(piece, &writer);
}

static int export_blocks(struct piece *piece) {
    return export_rows(piece, SQL_BLOCKS, put_block);
}

static void put_instance(struct piece *piece, const struct call *row) {
    struct json_writer writer = line(piece, "instance");
    json_put_text(&writer, "id", call_peek_span(row, 0));
    json_put_json(&writer, "instance", call_peek_span(row, 1));
    put(piece, &writer);
}

static int export_instances(struct piece *piece) {
    return export_rows(piece, SQL_EXPORT_INSTANCES, put_instance);
}

static void put_presence(struct piece *piece, const struct call *row) {
    struct json_writer writer = line(piece, "presence");
    json_put_text(&writer, "client", call_peek_span(row, 0));
    json_put_number(&writer, "seen_ms", call_get_number(row, 1));
    put(piece, &writer);
}

static int export_presence(struct piece *piece) {
    return export_rows(piece, SQL_EXPORT_PRESENCE, put_presence);
}

static void put_revocation(struct piece *piece, const struct call *row) {
    struct json_writer writer = line(piece, "revocation");
    json_put_number(&writer, "since_ms", call_get_number(row, 1) * 1000);
    json_put_number(&writer, "until_ms", call_get_number(row, 2));
    put(piece, &writer);
}

static int export_revocation(struct piece *piece) {
    return export_rows(piece, SQL_EXPORT_REVOCATION, put_revocation);
}

static struct span id_of(struct piece *piece, const struct call *row, int column) {
    struct ident id = ident_make((uint64_t)call_get_number(row, column),
                                 (uint64_t)call_get_number(row, column + 1),
                                 (unsigned)call_get_number(row, column + 2));
    return arena_copy(piece->arena, span_of(id.text));
}

static void put_sent(struct piece *piece, const struct call *row) {
    struct json_writer writer = line(piece, "client_id");
    json_put_text(&writer, "client_id", call_peek_span(row, 0));
    json_put_text(&writer, "message_id", id_of(piece, row, 1));
    json_put_number(&writer, "received_ms", call_get_number(row, 4));
    put(piece, &writer);
}

static int export_sent(struct piece *piece) {
    return export_rows(piece, SQL_EXPORT_SENT, put_sent);
}

/* ---- what is looked through: groups, records, events ---- */

static bool is_member(struct span packed, struct span user) {
    for (struct span member; span_next(&packed, '\0', &member);)
        if (span_equal(member, user))
            return true;
    return false;
}

static void put_group(struct piece *piece, const struct call *row) {
    struct span user = piece->export->user, owner = call_peek_span(row, 3);
    if (!call_get_number(row, 1) ||
        (!is_member(call_peek_span(row, 4), user) && !span_equal(owner, user)))
        return;
    struct json_writer writer = line(piece, "group");
    json_put_text(&writer, "id", call_peek_span(row, 2));
    json_put_bool(&writer, "is_owner", span_equal(owner, user));
    put(piece, &writer);
}

static int put_record(struct piece *piece, int64_t seq);

static int export_scan(struct piece *piece, enum sql sql, int64_t limit) {
    int code = SQLITE_ROW, rc = 0;
    int64_t rows = 0;
    struct call call = start(piece, sql);
    call_number(&call, piece->export->position);
    call_number(&call, limit);
    while (rc == 0 && !is_full(piece) && (code = call_row(&call)) == SQLITE_ROW && ++rows) {
        piece->export->position = call_get_number(&call, 0);
        if (sql == SQL_EXPORT_GROUPS)
            put_group(piece, &call);
        else if (call_get_number(&call, 1))
            rc = put_record(piece, piece->export->position);
    }
    piece->export->has_more = code == SQLITE_ROW || rows == limit;
    return ended(piece, &call, code) < 0 ? -1 : rc;
}

static int export_groups(struct piece *piece) {
    return export_scan(piece, SQL_EXPORT_GROUPS, ROWS);
}

static const char *record_kind(enum plan_outcome outcome) {
    return outcome_waits(outcome) ? "waiting" : "record";
}

/* What waits stands nowhere else; of the others the timelines have the words. */
static void write_record(struct piece *piece, int64_t seq, const struct call *row) {
    static const char *const NAMES[] = {"policy", "code", "reason"};
    enum plan_outcome outcome = (enum plan_outcome)call_get_number(row, 6);
    struct stamped body = {call_peek_span(row, 10), call_peek_span(row, 11)};
    struct json_writer writer = line(piece, record_kind(outcome));
    json_put_number(&writer, "seq", seq);
    json_put_text(&writer, "message_id",
                  call_get_is_null(row, 3) ? id_of(piece, row, 0) : call_peek_span(row, 3));
    json_put_text(&writer, "recipient", call_peek_span(row, 4));
    json_put_number(&writer, "received_ms", call_get_number(row, 5));
    json_put_text(&writer, "outcome", span_of(plan_outcome_name(outcome)));
    for (int i = 0; i < 3; i++)
        if (!call_get_is_null(row, 7 + i))
            json_put_text(&writer, NAMES[i], call_peek_span(row, 7 + i));
    if (outcome_waits(outcome) && body.head.at)
        json_put_json(&writer, "message", message_with_status(piece->arena, body, STATUS_SENT));
    put(piece, &writer);
}

static int put_record(struct piece *piece, int64_t seq) {
    struct call call = call_start(&piece->reader->handle, SQL_EXPORT_PLAN);
    call_number(&call, seq);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        write_record(piece, seq, &call);
    return ended(piece, &call, code);
}

static int export_records(struct piece *piece) {
    if (piece->export->position == 0)
        piece->export->position = INT64_MIN;
    return export_scan(piece, SQL_EXPORT_PLANS, SCANNED);
}

static bool is_about(const struct store_export *export, const struct event *event) {
    return span_equal(event->app, export->app) &&
           (span_equal(event->owner, export->user) || span_equal(event->other, export->user));
}

/* Newest first, as they are listed. */
static int export_listed(struct piece *piece, bool are_dead) {
    struct outbox_row *rows = arena_array(piece->arena, EVENTS, sizeof *rows);
    size_t count;
    if (outbox_list(piece->reader, piece->arena, are_dead, piece->export->position, rows, EVENTS,
                    &count, piece->why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        piece->export->position = rows[i].id;
        if (!is_about(piece->export, &rows[i].event))
            continue;
        struct json_writer writer = line(piece, "webhook");
        json_put_text(&writer, "url", rows[i].url);
        json_put_bool(&writer, "is_dead", are_dead);
        json_put_json(&writer, "event", event_write(piece->arena, &rows[i].event));
        put(piece, &writer);
    }
    piece->export->has_more = count == EVENTS;
    return 0;
}

static int export_events(struct piece *piece) {
    return export_listed(piece, false);
}

static int export_dead_events(struct piece *piece) {
    return export_listed(piece, true);
}

/* ---- stage by stage ---- */

static int (*const STAGES[])(struct piece *piece) = {
    export_conversations, export_blocks, export_groups,  export_instances, export_presence,
    export_revocation,    export_sent,   export_records, export_events,    export_dead_events,
};
enum { STAGE_COUNT = sizeof STAGES / sizeof *STAGES };

int store_export_more(struct store_reader *reader, struct store_export *export, struct text *out,
                      bool *is_over, struct why *why) {
    size_t before = out->size;
    struct piece piece = {reader, export, out->arena, out, why};
    check(export->stage < STAGE_COUNT);
    export->has_more = false;
    if (STAGES[export->stage](&piece) < 0)
        return -1;
    if (!export->has_more) {
        export->stage++;
        export->position = 0;
        stay_at(&export->place, SPAN(""));
    }
    *is_over = export->stage == STAGE_COUNT;
    if (out->size == before)
        text_add_char(out, '\n');
    return 0;
}
