#include "meaning/change.h"

#include "words/json.h"

struct span change_receipt(struct arena *arena, const struct receipt *receipt) {
    return arena_print(
        arena,
        "{\"message_id\":%.*s,\"status\":200,\"user\":%.*s,\"conversation\":%.*s,\"sender\":%.*s}",
        SPAN_ARGS(json_quote(arena, receipt->message_id)),
        SPAN_ARGS(json_quote(arena, receipt->user)),
        SPAN_ARGS(json_quote(arena, receipt->conversation)),
        SPAN_ARGS(json_quote(arena, receipt->sender)));
}

struct span change_presence(struct arena *arena, struct span client, bool is_connected) {
    return arena_print(arena, "{\"client\":%.*s,\"connected\":%s}",
                       SPAN_ARGS(json_quote(arena, client)), is_connected ? "true" : "false");
}
