/* One plan into the tables. */
#include "ports/store/inside.h"

#include "words/check.h"

static bool is_known_status(int status) {
    switch (status) {
    case STATUS_FAILED:
    case STATUS_SENT:
    case STATUS_DELIVERED:
    case STATUS_RECEIVED:
    case STATUS_RETURN_RECEIPT:
    case 0:
    case 300:
        return true;
    default:
        return false;
    }
}

static const char *copies_fault(const struct plan *plan) {
    if (!plan->app.at || !plan->body.head.at)
        return "copies without an app or a body";
    for (size_t i = 0; i < plan->copy_count; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        if (!copy->owner.at || !copy->other.at)
            return "a copy without an owner or another side";
        if (!is_known_status(copy->status))
            return "a copy with an unknown status";
    }
    return NULL;
}

static const char *effect_fault(const struct plan *plan, const struct plan_effect *effect) {
    if (!plan->app.at)
        return "an effect without an app";
    if (effect->kind != EFFECT_GROUP)
        return effect->by.at && effect->whom.at ? NULL : "a block without both sides";
    return effect->group && effect->group->id.at && effect->group->json.at
               ? NULL
               : "a group without an id or its object";
}

static const char *waiting_fault(const struct plan *plan) {
    if (!outcome_waits(plan->outcome))
        return NULL;
    if (plan->copy_count)
        return "it waits, but has copies";
    return plan->body.head.at ? NULL : "it waits, but has no body to be judged again";
}

static const char *key_fault(const struct kv_change *change) {
    if (!change->policy.at || !change->app.at || !change->key.at)
        return "a kept key without a policy, an app or a name";
    if (change->key.size > KV_KEY_BYTES || change->value.size > KV_VALUE_BYTES)
        return "a kept key that is too long";
    return NULL;
}

const char *plan_fault(const struct plan *plan) {
    uint64_t incarnation, offset;
    unsigned child;
    if (!ident_read(span_of(plan->id.text), &incarnation, &offset, &child) ||
        incarnation != plan->origin.incarnation || offset != plan->origin.offset)
        return "its id was not made from its origin";
    const char *fault = waiting_fault(plan);
    if (!fault && plan->copy_count)
        fault = copies_fault(plan);
    for (size_t i = 0; !fault && i < plan->effect_count; i++)
        fault = effect_fault(plan, &plan->effects[i]);
    for (size_t i = 0; !fault && i < plan->kv_count; i++)
        fault = key_fault(&plan->kv[i]);
    return fault;
}

/* The conversation's row, 0 where there is none yet. */
static int find_conversation(struct store *store, struct span app, const struct plan_copy *copy,
                             int64_t *row) {
    struct call call = call_start(&store->handle, SQL_FIND_CONVERSATION);
    call_text(&call, app);
    call_text(&call, copy->owner);
    call_text(&call, copy->other);
    int code = call_row(&call);
    *row = code == SQLITE_ROW ? call_get_number(&call, 0) : 0;
    call_end(&call);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int add_conversation(struct store *store, const struct plan *plan,
                            const struct plan_copy *copy, int64_t seq, int64_t *row) {
    struct call call = call_start(&store->handle, SQL_ADD_CONVERSATION);
    call_text(&call, plan->app);
    call_text(&call, copy->owner);
    call_text(&call, copy->other);
    if (plan->updates_conversation)
        call_number(&call, seq);
    else
        call_null(&call);
    call_number(&call, plan->updates_conversation && copy->status != STATUS_FAILED);
    int code = call_run(&call);
    *row = sqlite3_last_insert_rowid(store->handle.connection);
    return code;
}

static int renew_conversation(struct store *store, int status, int64_t seq, int64_t row) {
    struct call call =
        call_start(&store->handle,
                   status == STATUS_FAILED ? SQL_CONTINUE_CONVERSATION : SQL_RENEW_CONVERSATION);
    call_number(&call, row);
    call_number(&call, seq);
    return call_run(&call);
}

static int write_copy(struct store *store, const struct plan *plan, const struct plan_copy *copy,
                      int64_t seq) {
    int64_t row = 0;
    int code = find_conversation(store, plan->app, copy, &row);
    if (code != SQLITE_OK)
        return code;
    if (row == 0)
        code = add_conversation(store, plan, copy, seq, &row);
    else if (plan->updates_conversation)
        code = renew_conversation(store, copy->status, seq, row);
    if (code != SQLITE_OK)
        return code;
    copies_add(&store->packed, row, copy->status);
    struct call call = call_start(&store->handle, SQL_ADD_ENTRY);
    call_number(&call, row);
    call_number(&call, seq);
    call_number(&call, copy->status);
    return call_run(&call);
}

static int write_row(struct store *store, const struct plan *plan, int64_t seq) {
    uint64_t incarnation, offset;
    unsigned child;
    check(ident_read(span_of(plan->id.text), &incarnation, &offset, &child));
    struct call call = call_start(&store->handle, SQL_ADD_PLAN);
    call_number(&call, seq);
    call_number(&call, (int64_t)incarnation);
    call_number(&call, (int64_t)offset);
    call_number(&call, child);
    call_number(&call, (int64_t)plan->origin.digest);
    call_text(&call, plan->app);
    call_text(&call, plan->sender);
    call_text(&call, plan->recipient);
    call_number(&call, (int64_t)plan->form);
    call_number(&call, plan->received_ms);
    call_number(&call, (int64_t)plan->outcome);
    call_text(&call, plan->policy);
    call_text(&call, plan->code);
    call_text(&call, plan->reason);
    call_number(&call, (int64_t)plan->generation);
    call_number(&call, plan->updates_conversation);
    call_bytes(&call, plan->copy_count ? packed_span(&store->packed) : SPAN_NONE);
    call_bytes(&call, plan->body.head);
    call_bytes(&call, plan->body.tail);
    call_number(&call, plan->hops);
    return call_run(&call);
}

static int write_letter(struct store *store, const struct plan_letter *letter, int64_t seq,
                        size_t position) {
    struct call call = call_start(&store->handle, SQL_ADD_LETTER);
    call_number(&call, seq);
    call_number(&call, (int64_t)position);
    call_number(&call, letter->to == LETTER_DEAD);
    call_text(&call, letter->key);
    call_bytes(&call, letter->body);
    call_text(&call, letter->reason);
    call_number(&call, (int64_t)letter->whole);
    return call_run(&call);
}

static int put_group(struct store *store, struct span app, const struct group *group) {
    packed_clear(&store->packed);
    for (size_t i = 0; i < group->member_count; i++) {
        packed_add_bytes(&store->packed, group->members[i]);
        packed_add_bytes(&store->packed, (struct span){"", 1});
    }
    struct call call = call_start(&store->handle, SQL_PUT_GROUP);
    call_text(&call, app);
    call_text(&call, group->id);
    call_text(&call, group->owner);
    call_bytes(&call, group->member_count ? packed_span(&store->packed) : SPAN(""));
    call_bytes(&call, group->json);
    return call_run(&call);
}

static int apply(struct store *store, struct span app, const struct plan_effect *effect) {
    if (effect->kind == EFFECT_GROUP)
        return put_group(store, app, effect->group);
    struct call call =
        call_start(&store->handle, effect->kind == EFFECT_BLOCK ? SQL_BLOCK : SQL_UNBLOCK);
    call_text(&call, app);
    call_text(&call, effect->by);
    call_text(&call, effect->whom);
    return call_run(&call);
}

/* The parts of the plan that stand beside its row. */
static int write_parts(struct store *store, const struct plan *plan, int64_t seq) {
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < plan->letter_count; i++)
        code = write_letter(store, &plan->letters[i], seq, i);
    for (size_t i = 0; code == SQLITE_OK && i < plan->effect_count; i++)
        code = apply(store, plan->app, &plan->effects[i]);
    if (code == SQLITE_OK && plan->kv_count)
        code = kv_apply(store, plan);
    return code;
}

int plan_write(struct store *store, const struct plan *plan, int64_t seq, struct progress *next) {
    const struct store_fault *fault = &store->handle.fault;
    if (fault->kind == STORE_FAULT_DATA && fault->offset == plan->origin.offset)
        return SQLITE_CONSTRAINT;
    int code = SQLITE_OK;
    int64_t place = seq;
    if (plan->replaces_seq)
        code = waiting_replace(store, plan, seq, &place, next);
    packed_clear(&store->packed);
    for (size_t i = 0; code == SQLITE_OK && i < plan->copy_count; i++)
        code = write_copy(store, plan, &plan->copies[i], seq);
    if (code == SQLITE_OK)
        code = write_row(store, plan, seq);
    if (code == SQLITE_OK && outcome_waits(plan->outcome))
        code = waiting_add(store, plan, seq, place, next);
    if (code == SQLITE_OK)
        code = write_parts(store, plan, seq);
    if (plan->letter_count)
        next->newest_letter = seq;
    return code;
}
