/* What another server's database held, into the tables. */
#include "ports/store/inside.h"

#include "words/check.h"

/* Imported messages are numbered from here on. Their ids are their own, so where they stand says
 * only that: an incarnation that no stream has (those are random), and how many came before. */
#define FIRST_SEQ (-(INT64_C(1) << 31))
enum { INCARNATION = 1 };

static int fail(struct store *store, int code, struct why *why) {
    handle_say(&store->handle, code, "could not import", why);
    handle_rollback(&store->handle);
    return -1;
}

static int done_or_fail(struct store *store, int code, struct why *why) {
    return code == SQLITE_OK ? 0 : fail(store, code, why);
}

int store_import_place(struct store *store, struct span file, struct store_import_place *place,
                       struct why *why) {
    struct call call = call_start(&store->handle, SQL_IMPORT_PLACE);
    call_text(&call, file);
    int code = call_row(&call);
    *place = (struct store_import_place){.position = 0};
    if (code == SQLITE_ROW)
        *place = (struct store_import_place){call_get_number(&call, 0), call_get_number(&call, 1),
                                             call_get_number(&call, 2)};
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : fail(store, code, why);
}

int store_import_begin(struct store *store, struct why *why) {
    return done_or_fail(store, handle_run(&store->handle, SQL_BEGIN), why);
}

int store_import_end(struct store *store, struct span file, const struct store_import_place *place,
                     struct why *why) {
    struct call call = call_start(&store->handle, SQL_SET_IMPORT_PLACE);
    call_text(&call, file);
    call_number(&call, place->position);
    call_number(&call, place->lines);
    call_number(&call, place->documents);
    int code = call_run(&call);
    if (code == SQLITE_OK)
        code = handle_run(&store->handle, SQL_COMMIT);
    return done_or_fail(store, code, why);
}

/* ---- messages ---- */

/* Where the next one stands: one step in the index each time. */
static int next_seq(struct store *store, int64_t *seq) {
    struct call call = call_start(&store->handle, SQL_NEWEST_IMPORTED);
    int code = call_row(&call);
    if (code == SQLITE_ROW)
        *seq = call_get_is_null(&call, 0) ? FIRST_SEQ : call_get_number(&call, 0) + 1;
    call_end(&call);
    if (code == SQLITE_ROW && *seq >= 0)
        return SQLITE_FULL;
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static int add_message(struct store *store, const struct imported_entry *entry, int64_t *seq) {
    struct plan plan = {.kind = ROUTE_PERSIST,
                        .foreign_id = entry->message_id,
                        .app = entry->app,
                        .sender = entry->sender,
                        .recipient = entry->recipient,
                        .received_ms = entry->timestamp,
                        .outcome = PLAN_DELIVERED,
                        .body = entry->body,
                        .updates_conversation = entry->updates_conversation};
    int code = next_seq(store, seq);
    if (code != SQLITE_OK)
        return code;
    plan.origin = (struct origin){INCARNATION, (uint64_t)(*seq - FIRST_SEQ), 0};
    plan.id = ident_make(INCARNATION, plan.origin.offset, 0);
    code = plan_write_row(store, &plan, *seq);
    return code == SQLITE_OK ? foreign_put(store, &plan, seq) : code;
}

static int find_or_add_conversation(struct store *store, const struct plan_copy *copy,
                                    struct span app, int64_t *id) {
    const struct plan plan = {.app = app};
    int code = conversation_find(store, app, copy->owner, copy->other, id);
    return code == SQLITE_OK && *id == 0 ? conversation_add(store, &plan, copy, 0, id) : code;
}

/* A message of this server's own with that id counts as well. */
static int find_message(struct store *store, const struct imported_entry *entry, int64_t *seq) {
    uint64_t incarnation, offset;
    unsigned child;
    int code = foreign_find(store, entry->app, entry->message_id, seq);
    if (code != SQLITE_OK || *seq || !ident_read(entry->message_id, &incarnation, &offset, &child))
        return code;
    struct call call = call_start(&store->handle, SQL_FIND_MESSAGE);
    call_text(&call, entry->app);
    call_number(&call, (int64_t)incarnation);
    call_number(&call, (int64_t)offset);
    call_number(&call, child);
    code = call_row(&call);
    *seq = code == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int put_last(struct store *store, int64_t conversation, int64_t seq) {
    struct call call = call_start(&store->handle, SQL_IMPORT_LAST);
    call_number(&call, conversation);
    call_number(&call, seq);
    return call_run(&call);
}

static int put_entry(struct store *store, const struct imported_entry *entry, int64_t seq,
                     bool *is_new) {
    const struct plan_copy copy = {entry->owner, entry->other, entry->status};
    int64_t conversation;
    int code = find_or_add_conversation(store, &copy, entry->app, &conversation);
    if (code == SQLITE_OK && entry->updates_conversation)
        code = put_last(store, conversation, seq);
    if (code != SQLITE_OK)
        return code;
    int64_t before = sqlite3_total_changes64(store->handle.connection);
    struct call call = call_start(&store->handle, SQL_IMPORT_ENTRY);
    call_number(&call, conversation);
    call_number(&call, seq);
    call_number(&call, entry->status);
    code = call_run(&call);
    *is_new = sqlite3_total_changes64(store->handle.connection) > before;
    return code;
}

int store_import_entry(struct store *store, const struct imported_entry *entry,
                       enum store_imported *done, struct why *why) {
    int64_t seq = 0;
    bool is_new = false;
    int code = find_message(store, entry, &seq);
    bool is_message = seq == 0;
    packed_clear(&store->packed);
    if (code == SQLITE_OK && is_message)
        code = add_message(store, entry, &seq);
    if (code == SQLITE_OK)
        code = put_entry(store, entry, seq, &is_new);
    *done = is_message ? IMPORTED_NEW : is_new ? IMPORTED_ENTRY : IMPORTED_KNOWN;
    return done_or_fail(store, code, why);
}

/* ---- the others ---- */

int store_import_conversation(struct store *store, const struct imported_conversation *conversation,
                              enum store_imported *done, struct why *why) {
    const struct plan_copy copy = {conversation->owner, conversation->other, 0};
    int64_t id;
    int code = find_or_add_conversation(store, &copy, conversation->app, &id);
    if (code != SQLITE_OK)
        return fail(store, code, why);
    struct call call = call_start(&store->handle, SQL_IMPORT_CONVERSATION);
    call_number(&call, id);
    call_bytes(&call, conversation->patches.old.at ? conversation->patches.old : SPAN("{}"));
    call_number(&call, conversation->is_new);
    call_number(&call, conversation->archived);
    code = call_run(&call);
    *done = sqlite3_changes64(store->handle.connection) > 0 ? IMPORTED_NEW : IMPORTED_KNOWN;
    return done_or_fail(store, code, why);
}

/* Is one there, and is it known to be older? */
static int look_at_group(struct store *store, const struct imported_group *group, bool *is_there,
                         bool *is_older) {
    struct call call = call_start(&store->handle, SQL_STORED_GROUP);
    call_text(&call, group->app);
    call_text(&call, group->group.id);
    int code = call_row(&call);
    *is_there = code == SQLITE_ROW;
    *is_older = false;
    if (code == SQLITE_ROW) {
        int64_t updated_ms = imported_updated_ms(call_peek_span(&call, 0));
        *is_older = updated_ms && updated_ms < group->updated_ms;
    }
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int store_import_group(struct store *store, const struct imported_group *group, bool replaces,
                       enum store_imported *done, struct why *why) {
    bool is_there, is_older;
    int code = look_at_group(store, group, &is_there, &is_older);
    *done = !is_there ? IMPORTED_NEW : is_older || replaces ? IMPORTED_REPLACED : IMPORTED_KNOWN;
    if (code == SQLITE_OK && *done != IMPORTED_KNOWN)
        code = group_put(store, group->app, &group->group);
    return done_or_fail(store, code, why);
}

int store_import_instance(struct store *store, const struct imported_instance *instance,
                          enum store_imported *done, struct why *why) {
    struct call call = call_start(&store->handle, SQL_IMPORT_INSTANCE);
    call_text(&call, instance->app);
    call_text(&call, instance->user);
    call_text(&call, instance->id);
    call_bytes(&call, instance->json);
    int code = call_run(&call);
    *done = sqlite3_changes64(store->handle.connection) > 0 ? IMPORTED_NEW : IMPORTED_KNOWN;
    return done_or_fail(store, code, why);
}
