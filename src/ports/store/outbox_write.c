/* Events on their way to webhooks, written. */
#include "ports/store/inside.h"

#include "words/check.h"

/* What a row costs beside its own words. Of a copy, whose words are its plan's, that is all. */
enum { ROW_BYTES = 96 };

static struct outbox_load *load_of(const struct store *store, int64_t endpoint,
                                   struct progress *next) {
    for (size_t i = 0; i < store->outbox.count; i++)
        if (store->outbox.ends[i].number == endpoint)
            return &next->outbox.loads[i];
    return NULL;
}

void outbox_count(const struct store *store, int64_t endpoint, int64_t rows, int64_t bytes,
                  struct progress *next) {
    struct outbox_load *load = load_of(store, endpoint, next);
    if (!load)
        return;
    if (rows > 0 && load->oldest_ms == INT64_MAX)
        load->oldest_ms = store->now_ms;
    load->waiting += (uint64_t)rows;
    load->bytes += (uint64_t)bytes;
    if (load->waiting == 0)
        load->oldest_ms = INT64_MAX;
}

int64_t outbox_next(struct progress *next) {
    check(next->outbox.newest + 1 < OUTBOX_EVENT_END);
    return ++next->outbox.newest;
}

static int64_t words_size(const struct plan_event *event) {
    return (int64_t)(event->owner.size + event->other.size + event->message_id.size +
                     event->topic.size + event->data.size);
}

/* Up to created_ms, which every row begins with. */
static void call_begin(struct call *call, int64_t endpoint, int64_t event, uint64_t lane,
                       enum event_kind kind, int64_t now_ms, int64_t bytes) {
    call_number(call, outbox_id(endpoint, event));
    call_number(call, endpoint);
    call_number(call, (int64_t)lane);
    call_number(call, kind);
    call_number(call, now_ms);
    call_number(call, bytes);
}

int outbox_add(struct store *store, struct span app, const struct plan_event *event, int64_t seq,
               int64_t now_ms, struct progress *next) {
    int code = SQLITE_OK;
    if (!(store->outbox.kinds & event_bit(event->kind)))
        return code;
    int64_t number = outbox_next(next), bytes = ROW_BYTES + (int64_t)app.size + words_size(event);
    uint64_t lane = event_lane(event->kind, app, event->owner, event->other);
    for (size_t i = 0; code == SQLITE_OK && i < store->outbox.count; i++) {
        const struct outbox_end *end = &store->outbox.ends[i];
        if (!(end->kinds & event_bit(event->kind)))
            continue;
        struct call call = call_start(&store->handle, SQL_ADD_EVENT);
        call_begin(&call, end->number, number, lane, event->kind, now_ms, bytes);
        if (seq)
            call_number(&call, seq);
        else
            call_null(&call);
        call_text(&call, app);
        call_text(&call, event->owner);
        call_text(&call, event->other);
        call_text(&call, event->message_id);
        call_text(&call, event->topic);
        call_bytes(&call, event->data);
        code = call_run(&call);
        outbox_count(store, end->number, 1, bytes, next);
    }
    return code;
}

static int add_copy(struct store *store, const struct plan *plan, const struct plan_copy *copy,
                    int64_t seq, int64_t conversation, struct progress *next) {
    enum event_kind kind = copy->status == STATUS_SENT ? EVENT_SENT : EVENT_DELIVERED;
    int code = SQLITE_OK;
    if (!(store->outbox.kinds & event_bit(kind)))
        return code;
    int64_t number = outbox_next(next);
    uint64_t lane = event_lane(kind, plan->app, copy->owner, copy->other);
    for (size_t i = 0; code == SQLITE_OK && i < store->outbox.count; i++) {
        const struct outbox_end *end = &store->outbox.ends[i];
        if (!(end->kinds & event_bit(kind)))
            continue;
        struct call call = call_start(&store->handle, SQL_ADD_COPY_EVENT);
        call_begin(&call, end->number, number, lane, kind, store->now_ms, ROW_BYTES);
        call_number(&call, seq);
        call_number(&call, conversation);
        code = call_run(&call);
        outbox_count(store, end->number, 1, ROW_BYTES, next);
    }
    return code;
}

int outbox_add_plan(struct store *store, const struct plan *plan, int64_t seq, struct span packed,
                    struct progress *next) {
    int code = SQLITE_OK, status;
    int64_t conversation;
    for (size_t i = 0; plan->tells_copies && code == SQLITE_OK && i < plan->copy_count; i++) {
        check(copies_next(&packed, &conversation, &status) == 1);
        if (status == STATUS_SENT || status == STATUS_DELIVERED)
            code = add_copy(store, plan, &plan->copies[i], seq, conversation, next);
    }
    for (size_t i = 0; code == SQLITE_OK && i < plan->event_count; i++)
        code = outbox_add(store, plan->app, &plan->events[i], seq, store->now_ms, next);
    return code;
}
