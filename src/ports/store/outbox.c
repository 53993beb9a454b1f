/* Events on their way to webhooks, written. */
#include "ports/store/inside.h"

int outbox_add(struct store *store, struct span app, const struct plan_event *event, int64_t seq,
               int64_t now_ms, struct progress *next) {
    /* No endpoint can be set yet, so nobody wants anything. */
    (void)store, (void)app, (void)event, (void)seq, (void)now_ms, (void)next;
    return SQLITE_OK;
}
