/* Blocks: whom a user has blocked. Changes go as a client's on MQTT would. */
#include "api/inside.h"

enum http_when blocks_list(struct api_call *call) {
    struct store_page page;
    struct span *found, after = query_text(call, "after");
    size_t count;
    struct why why;
    if (page_read_limit(call, &page) != 0)
        return HTTP_NOW;
    if (store_blocks(call->api->parts.reader, call->arena, call->app, call->user, after, page.limit,
                     &found, &count, &why) != 0)
        return reply_unavailable(call, &why);
    struct reply_page reply = {.count = count, .is_asked_for = page_is_asked_for(call)};
    struct span *items = arena_array(call->arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = json_quote(call->arena, found[i]);
    reply.items = items;
    if (count)
        reply.after = found[count - 1];
    return reply_page(call, &reply);
}

enum http_when blocks_one(struct api_call *call) {
    const struct facts *facts = &call->api->facts;
    struct why why = {.words = "a block cannot be read"};
    switch (facts->blocked(facts->self, call->app, call->user, call->other)) {
    case FACT_UNAVAILABLE:
        break;
    case FACT_FOUND:
        return reply_with(call, 200, "result", SPAN("{\"blocked\":true}"));
    case FACT_ABSENT:
        return reply_with(call, 200, "result", SPAN("{\"blocked\":false}"));
    }
    return reply_unavailable(call, &why);
}

static void changed(struct api_call *call, const struct wait_end *end) {
    reply_change(call, end, 200);
}

static enum http_when change(struct api_call *call, struct span body) {
    struct span key =
        arena_print(call->arena, "apps.%.*s.users.%.*s.blocks.%.*s.update", SPAN_ARGS(call->app),
                    SPAN_ARGS(call->user), SPAN_ARGS(call->other));
    struct submission what = {.key = key, .body = body};
    return wait_for_sent(call, &what, true, changed);
}

enum http_when blocks_put(struct api_call *call) {
    return change(call, SPAN("{\"blocked\":true}"));
}

enum http_when blocks_delete(struct api_call *call) {
    return change(call, SPAN("{\"blocked\":false}"));
}
