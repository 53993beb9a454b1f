/* Stored messages by their ids, and conversations as clients get them. */
#include "ports/store/inside.h"

#include "meaning/conversation.h"
#include "words/check.h"

/* The number in the first column, 0 where there is no row. Ends the call. */
static int read_seq(struct call *call, int64_t *seq) {
    int code = call_row(call);
    *seq = code == SQLITE_ROW ? call_get_number(call, 0) : 0;
    call_end(call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The message with that id: one of ours by where it stands, else one that came with it. 0: none.
 * The app is yet to be looked at. */
static int find_seq(struct store_reader *reader, struct span app, struct span id, int64_t *seq) {
    uint64_t incarnation, offset;
    unsigned child;
    int code = SQLITE_OK;
    *seq = 0;
    if (ident_read(id, &incarnation, &offset, &child)) {
        struct call call = call_start(&reader->handle, SQL_FIND_PLAN);
        call_number(&call, (int64_t)incarnation);
        call_number(&call, (int64_t)offset);
        call_number(&call, child);
        code = read_seq(&call, seq);
    }
    if (code != SQLITE_OK || *seq)
        return code;
    struct call call = call_start(&reader->handle, SQL_FIND_FOREIGN);
    call_text(&call, app);
    call_text(&call, id);
    return read_seq(&call, seq);
}

int store_reader_own_id(struct store_reader *reader, struct span foreign_id, struct ident *id,
                        bool *is_known, struct why *why) {
    struct call call = call_start(&reader->handle, SQL_OWN_ID);
    call_text(&call, foreign_id);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *id = ident_make((uint64_t)call_get_number(&call, 0), (uint64_t)call_get_number(&call, 1),
                         (unsigned)call_get_number(&call, 2));
    call_end(&call);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return handle_say(&reader->handle, code, "could not look for a message", why);
    *is_known = code == SQLITE_ROW;
    return 0;
}

/* The row's message. Ends the call. */
static enum fact read_message(struct store_reader *reader, struct call *call, struct arena *arena,
                              bool wants_body, struct fact_message *out) {
    int code = call_row(call);
    if (code == SQLITE_ROW) {
        *out = (struct fact_message){.seq = call_get_number(call, 0),
                                     .status = (int)call_get_number(call, 1),
                                     .sender = call_get_span(call, 2, arena),
                                     .recipient = call_get_span(call, 3, arena)};
        if (wants_body)
            out->body =
                (struct stamped){call_get_span(call, 4, arena), call_get_span(call, 5, arena)};
    }
    call_end(call);
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read a message");
}

enum fact lookup_entry(void *self, struct arena *arena, struct span app, struct span owner,
                       struct span other, struct span message_id, bool wants_body,
                       struct fact_message *out) {
    struct store_reader *reader = self;
    int64_t seq;
    int code = find_seq(reader, app, message_id, &seq);
    if (code != SQLITE_OK)
        return reader_unavailable(reader, code, "could not look for a message");
    if (!seq)
        return FACT_ABSENT;
    struct call call = call_start(&reader->handle, SQL_ENTRY);
    call_text(&call, app);
    call_text(&call, owner);
    call_text(&call, other);
    call_number(&call, seq);
    return read_message(reader, &call, arena, wants_body, out);
}

enum fact lookup_message(void *self, struct arena *arena, struct span app, struct span message_id,
                         bool wants_body, struct fact_message *out) {
    struct store_reader *reader = self;
    int64_t seq;
    int code = find_seq(reader, app, message_id, &seq);
    if (code != SQLITE_OK)
        return reader_unavailable(reader, code, "could not look for a message");
    if (!seq)
        return FACT_ABSENT;
    struct call call = call_start(&reader->handle, SQL_MESSAGE);
    call_text(&call, app);
    call_number(&call, seq);
    return read_message(reader, &call, arena, wants_body, out);
}

/* ---- conversations ---- */

/* The last message's bodies are only borrowed from the row: what is made of them is a copy. */
void read_conversation(const struct call *row, struct arena *arena,
                       struct conversation *conversation) {
    struct stamped body = {call_peek_span(row, 7), call_peek_span(row, 8)};
    struct span patch = call_get_span(row, 3, arena);
    conversation->other = call_get_span(row, 0, arena);
    conversation->is_new = call_get_number(row, 1) != 0;
    conversation->archived = call_get_number(row, 2) != 0;
    conversation->patches = (struct patches){patch, call_get_span(row, 5, arena)};
    if (body.head.at)
        conversation->last = message_with_status(arena, body, (int)call_get_number(row, 6));
    if (!call_get_number(row, 4))
        patches_settle(arena, &conversation->patches);
}

enum fact lookup_conversation(void *self, struct arena *arena, struct span app, struct span owner,
                              struct span other, struct fact_conversation *out) {
    struct store_reader *reader = self;
    struct conversation conversation = {.app = app, .owner = owner};
    struct call call = call_start(&reader->handle, SQL_CONVERSATION_OF);
    call_text(&call, app);
    call_text(&call, owner);
    call_text(&call, other);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        read_conversation(&call, arena, &conversation);
    call_end(&call);
    if (code == SQLITE_ROW)
        *out = (struct fact_conversation){.is_new = conversation.is_new,
                                          .archived = conversation.archived,
                                          .json = conversation_write(arena, &conversation)};
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read a conversation");
}

enum fact lookup_patches(void *self, struct arena *arena, struct span app, struct span owner,
                         struct span other, struct patches *out) {
    struct store_reader *reader = self;
    struct call call = call_start(&reader->handle, SQL_PATCHES_OF);
    call_text(&call, app);
    call_text(&call, owner);
    call_text(&call, other);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        *out = (struct patches){call_get_span(&call, 0, arena), call_get_span(&call, 2, arena)};
        if (!call_get_number(&call, 1))
            patches_settle(arena, out);
    }
    call_end(&call);
    if (code == SQLITE_ROW)
        return FACT_FOUND;
    return code == SQLITE_DONE ? FACT_ABSENT
                               : reader_unavailable(reader, code, "could not read a conversation");
}
