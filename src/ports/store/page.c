/* Pages of conversations and blocks, what is unread, and who is revoked. */
#include "ports/store/inside.h"

#include "words/check.h"

static enum sql statement_of(const struct store_page *page) {
    if (page->has_after)
        return SQL_CONVERSATIONS_AFTER;
    return page->has_before ? SQL_CONVERSATIONS_BEFORE : SQL_CONVERSATIONS;
}

/* `*looked`: how many messages were looked at. */
static int count_unread(struct store_reader *reader, int64_t id, unsigned *looked,
                        unsigned *unread) {
    struct call call = call_start(&reader->handle, SQL_UNREAD_OF);
    call_number(&call, id);
    call_number(&call, STORE_UNREAD_MAX);
    int code = call_row(&call);
    if (code == SQLITE_ROW) {
        *looked = (unsigned)call_get_number(&call, 0);
        *unread = (unsigned)call_get_number(&call, 1);
    }
    call_end(&call);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

struct asked {
    struct span app, owner;
    bool counts_unread;
};

static int take_conversation(struct store_reader *reader, struct arena *arena,
                             const struct asked *asked, const struct call *row,
                             struct store_conversation *out) {
    struct conversation conversation = {.app = asked->app, .owner = asked->owner};
    unsigned looked;
    read_conversation(row, arena, &conversation);
    *out = (struct store_conversation){.json = conversation_write(arena, &conversation),
                                       .has_last = !call_get_is_null(row, 9),
                                       .seq = call_get_number(row, 9)};
    return asked->counts_unread && conversation.is_new
               ? count_unread(reader, call_get_number(row, 10), &looked, &out->unread)
               : SQLITE_OK;
}

static void reverse(struct store_conversation *list, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        struct store_conversation one = list[i];
        list[i] = list[count - 1 - i];
        list[count - 1 - i] = one;
    }
}

int store_conversations(struct store_reader *reader, struct arena *arena, struct span app,
                        struct span owner, bool archived, const struct store_page *page,
                        bool counts_unread, struct store_conversation **list, size_t *count,
                        struct why *why) {
    check(page->limit <= STORE_PAGE_MAX);
    struct asked asked = {app, owner, counts_unread};
    struct store_conversation *found = arena_array(arena, page->limit, sizeof *found);
    size_t used = 0, bytes = 0;
    int code = SQLITE_DONE, inner = SQLITE_OK;
    struct call call = call_start(&reader->handle, statement_of(page));
    call_text(&call, app);
    call_text(&call, owner);
    call_number(&call, archived);
    call_number(&call, (int64_t)page->limit);
    if (page->has_before || page->has_after)
        call_number(&call, page->has_after ? page->after : page->before);
    while (inner == SQLITE_OK && bytes < STORE_PAGE_BYTES &&
           (code = call_row(&call)) == SQLITE_ROW) {
        check(used < page->limit);
        inner = take_conversation(reader, arena, &asked, &call, &found[used]);
        bytes += found[used++].json.size;
    }
    call_end(&call);
    if (inner != SQLITE_OK || (code != SQLITE_DONE && code != SQLITE_ROW))
        return handle_say(&reader->handle, inner != SQLITE_OK ? inner : code,
                          "could not read the conversations", why);
    if (page->has_after)
        reverse(found, used);
    *list = found;
    *count = used;
    return 0;
}

/* A conversation is new to who wrote in it as well; unread it is not. */
int store_unread(struct store_reader *reader, struct span app, struct span owner,
                 struct store_unread *out, struct why *why) {
    struct store_unread found = {.is_capped = false};
    size_t rows = 0;
    int code, inner = SQLITE_OK;
    struct call call = call_start(&reader->handle, SQL_UNREAD);
    call_text(&call, app);
    call_text(&call, owner);
    call_number(&call, STORE_PAGE_MAX + 1);
    while ((code = call_row(&call)) == SQLITE_ROW && inner == SQLITE_OK) {
        unsigned looked = 0, unread = 0;
        if (rows++ < STORE_PAGE_MAX)
            inner = count_unread(reader, call_get_number(&call, 0), &looked, &unread);
        found.conversations += unread > 0;
        found.messages += unread;
        found.is_capped |= rows > STORE_PAGE_MAX || looked == STORE_UNREAD_MAX;
    }
    call_end(&call);
    if (inner != SQLITE_OK || code != SQLITE_DONE)
        return handle_say(&reader->handle, inner != SQLITE_OK ? inner : code,
                          "could not count what is unread", why);
    *out = found;
    return 0;
}

int store_revoked(struct store_reader *reader, int64_t now_ms, int64_t *count, struct why *why) {
    struct call call = call_start(&reader->handle, SQL_COUNT_REVOKED);
    call_number(&call, now_ms);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *count = call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_ROW
               ? 0
               : handle_say(&reader->handle, code, "could not count revocations", why);
}

int store_blocks(struct store_reader *reader, struct arena *arena, struct span app, struct span by,
                 struct span after, size_t limit, struct span **list, size_t *count,
                 struct why *why) {
    struct span *found = arena_array(arena, limit, sizeof *found);
    size_t used = 0;
    int code;
    struct call call = call_start(&reader->handle, SQL_BLOCKS);
    call_text(&call, app);
    call_text(&call, by);
    call_text(&call, after.at ? after : SPAN(""));
    call_number(&call, (int64_t)limit);
    while ((code = call_row(&call)) == SQLITE_ROW) {
        check(used < limit);
        found[used++] = call_get_span(&call, 0, arena);
    }
    call_end(&call);
    if (code != SQLITE_DONE)
        return handle_say(&reader->handle, code, "could not read the block list", why);
    *list = found;
    *count = used;
    return 0;
}

int store_instances(struct store_reader *reader, struct span app, struct span user, struct span but,
                    size_t limit, size_t *count, struct why *why) {
    struct call call = call_start(&reader->handle, SQL_OTHER_INSTANCES);
    call_text(&call, app);
    call_text(&call, user);
    call_text(&call, but);
    call_number(&call, (int64_t)limit);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *count = (size_t)call_get_number(&call, 0);
    call_end(&call);
    return code == SQLITE_ROW
               ? 0
               : handle_say(&reader->handle, code, "could not count a user's devices", why);
}
