/* What policies remember. */
#include "ports/store/inside.h"

/* Keys that are over are deleted a few at a time, more than are set, so that the table stays small
 * without a commit that takes long. */
enum { KEYS_SWEPT = 8 };

static int change(struct store *store, const struct kv_change *change) {
    struct call call = call_start(&store->handle, change->value.at ? SQL_SET_KEY : SQL_REMOVE_KEY);
    call_text(&call, change->policy);
    call_text(&call, change->app);
    call_text(&call, change->key);
    if (change->value.at) {
        call_bytes(&call, change->value);
        call_number(&call, change->expires_ms);
    }
    return call_run(&call);
}

static int sweep(struct store *store, int64_t now_ms, int64_t bound) {
    struct call call = call_start(&store->handle, SQL_REMOVE_OLD_KEYS);
    call_number(&call, now_ms);
    call_number(&call, bound);
    return call_run(&call);
}

int kv_apply(struct store *store, const struct plan *plan) {
    int code = sweep(store, plan->received_ms, KEYS_SWEPT + (int64_t)plan->kv_count);
    for (size_t i = 0; code == SQLITE_OK && i < plan->kv_count; i++)
        code = change(store, &plan->kv[i]);
    return code;
}

static struct kv_change read_change(const struct call *row) {
    return (struct kv_change){.policy = call_peek_span(row, 0),
                              .app = call_peek_span(row, 1),
                              .key = call_peek_span(row, 2),
                              .value = call_peek_span(row, 3),
                              .expires_ms = call_get_number(row, 4)};
}

/* Those that are over at `now_ms` are passed over. */
static int each_key(struct handle *handle, int64_t now_ms,
                    void (*each)(void *self, const struct kv_change *stored), void *self,
                    struct why *why) {
    int code;
    struct call call = call_start(handle, SQL_KEYS);
    while ((code = call_row(&call)) == SQLITE_ROW) {
        struct kv_change stored = read_change(&call);
        if (stored.expires_ms == 0 || stored.expires_ms > now_ms)
            each(self, &stored);
    }
    call_end(&call);
    return code == SQLITE_DONE ? 0 : handle_say(handle, code, "could not read kept keys", why);
}

int store_kv_each(struct store *store, int64_t now_ms,
                  void (*each)(void *self, const struct kv_change *stored), void *self,
                  struct why *why) {
    int code = sweep(store, now_ms, -1);
    if (code != SQLITE_OK)
        return handle_say(&store->handle, code, "could not read kept keys", why);
    return each_key(&store->handle, now_ms, each, self, why);
}

int store_reader_kv_each(struct store_reader *reader, int64_t now_ms,
                         void (*each)(void *self, const struct kv_change *stored), void *self,
                         struct why *why) {
    return each_key(&reader->handle, now_ms, each, self, why);
}
