/* Orders: what is stored though it is no traffic (meaning/order.h). */
#include "ports/store/inside.h"

#include "words/log.h"

static struct call start(struct store *store, enum sql sql, const struct order *order) {
    struct call call = call_start(&store->handle, sql);
    call_text(&call, order->app);
    call_text(&call, order->target);
    return call;
}

/* Revocations are few: with each new one those that are over go. */
static int revoke(struct store *store, const struct order *order) {
    struct call call = start(store, SQL_REVOKE, order);
    call_number(&call, order->since);
    call_number(&call, order->until_ms);
    int code = call_run(&call);
    if (code != SQLITE_OK)
        return code;
    call = call_start(&store->handle, SQL_DROP_REVOCATIONS);
    call_number(&call, order->now_ms);
    return call_run(&call);
}

static int restore(struct store *store, const struct order *order) {
    struct call call = start(store, SQL_RESTORE, order);
    return call_run(&call);
}

static int put_instance(struct store *store, const struct order *order) {
    struct call call = start(store, SQL_PUT_INSTANCE, order);
    call_text(&call, order->instance);
    call_bytes(&call, order->json);
    return call_run(&call);
}

static int drop_instance(struct store *store, const struct order *order) {
    struct call call = start(store, SQL_NO_INSTANCE, order);
    call_text(&call, order->instance);
    return call_run(&call);
}

static int apply(struct store *store, const struct order *order, struct progress *next) {
    switch (order->kind) {
    case ORDER_REVOKE:
        return revoke(store, order);
    case ORDER_RESTORE:
        return restore(store, order);
    case ORDER_INSTANCE:
        return put_instance(store, order);
    case ORDER_NO_INSTANCE:
        return drop_instance(store, order);
    case ORDER_ERASE_USER:
    case ORDER_ERASE_CONVERSATIONS:
    case ORDER_ERASE_MESSAGES:
        return erase_begin(store, order, next);
    case ORDER_ERASED_LOG:
    case ORDER_ERASED_DEAD:
        break;
    }
    return erase_note(store, order);
}

int orders_apply(struct store *store, const struct store_batch *batch, struct progress *next) {
    for (size_t i = 0; i < batch->order_count; i++) {
        int code = apply(store, &batch->orders[i], next);
        if (handle_is_data_error(code))
            log_line(LOG_ERROR, "store_bad_order", "kind=%d code=%d", batch->orders[i].kind, code);
        else if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}
