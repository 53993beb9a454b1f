/* One plan into the tables. */
#include "ports/store/inside.h"

#include "words/check.h"

static const char *copies_fault(const struct plan *plan) {
    if (!plan->app.at || !plan->body.head.at)
        return "copies without an app or a body";
    for (size_t i = 0; i < plan->copy_count; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        if (!copy->owner.at || !copy->other.at)
            return "a copy without an owner or another side";
        if (!message_status_is_known(copy->status))
            return "a copy with an unknown status";
    }
    return NULL;
}

static const char *waiting_fault(const struct plan *plan) {
    if (!outcome_waits(plan->outcome))
        return NULL;
    if (plan->copy_count || plan->event_count)
        return "it waits, but has copies or tells events";
    for (size_t i = 0; i < plan->letter_count; i++)
        if (plan->letters[i].to == LETTER_OUTBOX)
            return "it waits, but writes to an outbox";
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
    if (!fault && plan->client_id.at)
        fault = sent_fault(plan);
    if (!fault && plan->copy_count)
        fault = copies_fault(plan);
    for (size_t i = 0; !fault && i < plan->effect_count; i++)
        fault = effect_fault(plan, &plan->effects[i]);
    for (size_t i = 0; !fault && i < plan->kv_count; i++)
        fault = key_fault(&plan->kv[i]);
    return fault;
}

/* A message whose foreign id is taken is that one once more: its copies are entries of it. */
static int write_copies(struct store *store, const struct plan *plan, int64_t seq,
                        struct progress *next) {
    int code = SQLITE_OK;
    packed_clear(&store->packed);
    if (plan->foreign_id.at)
        code = foreign_put(store, plan, &seq);
    for (size_t i = 0; code == SQLITE_OK && i < plan->copy_count; i++) {
        const struct plan_copy *copy = &plan->copies[i];
        int64_t row = 0;
        code = entry_put(store, plan, copy, seq, plan->updates_conversation, &row, next);
        if (code == SQLITE_OK)
            copies_add(&store->packed, row, copy->status);
    }
    return code;
}

int plan_write_row(struct store *store, const struct plan *plan, int64_t seq) {
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
    call_number(&call, (int64_t)plan->kind);
    call_text(&call, plan->foreign_id);
    return call_run(&call);
}

static int write_letter(struct store *store, const struct plan_letter *letter, int64_t seq,
                        size_t position) {
    struct call call = call_start(&store->handle, SQL_ADD_LETTER);
    call_number(&call, seq);
    call_number(&call, (int64_t)position);
    call_number(&call, (int64_t)letter->to);
    call_text(&call, letter->key);
    call_bytes(&call, letter->body);
    call_text(&call, letter->reason);
    call_number(&call, (int64_t)letter->whole);
    return call_run(&call);
}

/* The parts of the plan that stand beside its row. */
static int write_parts(struct store *store, const struct plan *plan, int64_t seq,
                       struct progress *next) {
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < plan->letter_count; i++)
        code = write_letter(store, &plan->letters[i], seq, i);
    for (size_t i = 0; code == SQLITE_OK && i < plan->effect_count; i++)
        code = effect_apply(store, plan, &plan->effects[i], next);
    if (code == SQLITE_OK && plan->kv_count)
        code = kv_apply(store, plan);
    if (code == SQLITE_OK && plan->client_id.at)
        code = sent_add(store, plan, next);
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
    if (code == SQLITE_OK)
        code = write_copies(store, plan, seq, next);
    if (code == SQLITE_OK)
        code = plan_write_row(store, plan, seq);
    if (code == SQLITE_OK)
        code = outbox_add_plan(store, plan, seq, packed_span(&store->packed), next);
    if (code == SQLITE_OK && outcome_waits(plan->outcome))
        code = waiting_add(store, plan, seq, place, next);
    if (code == SQLITE_OK)
        code = write_parts(store, plan, seq, next);
    if (plan->letter_count)
        next->newest_letter = seq;
    return code;
}
