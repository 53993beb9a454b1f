/* A group's conversations or messages, out of every timeline. For admins. */
#include "api/inside.h"

/* It is under way, whatever happens: the rest is done a chunk at a time. */
static void begun(struct api_call *call, const struct wait_end *end) {
    if (!wait_failed(call, end))
        reply_success(call, 200);
}

static enum http_when erase(struct api_call *call, enum order_kind kind) {
    const struct order order = {.kind = kind,
                                .app = call->app,
                                .target = call->id,
                                .now_ms = clock_wall_ms(call->api->parts.clock)};
    return wait_for_order(call, &order, begun);
}

enum http_when timelines_erase_conversations(struct api_call *call) {
    return erase(call, ORDER_ERASE_CONVERSATIONS);
}

enum http_when timelines_erase_messages(struct api_call *call) {
    return erase(call, ORDER_ERASE_MESSAGES);
}
