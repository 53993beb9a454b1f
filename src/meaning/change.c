#include "meaning/change.h"

#include "meaning/conversation.h"
#include "words/json.h"

/* ---- receipts ---- */

int change_read_receipt(struct span body, bool *is_received, struct why *why) {
    enum json_type type;
    struct json_value status;
    int64_t number;
    if (json_check(body, &type, why) != 0)
        return -1;
    if (type != JSON_OBJECT || !json_find(body, SPAN("status"), &status) ||
        status.type != JSON_NUMBER)
        return why_say(why, "a receipt is {\"status\":200}, with a number");
    *is_received = json_whole(status, &number) && number == STATUS_RECEIVED;
    return 0;
}

bool change_may_confirm(struct span user, struct span other, const struct fact_message *entry) {
    if (span_equal(entry->recipient, user))
        return span_equal(entry->sender, other);
    return span_equal(entry->recipient, other) && !span_equal(entry->sender, user);
}

struct span change_receipt(struct arena *arena, const struct receipt *receipt) {
    return arena_print(
        arena,
        "{\"message_id\":%.*s,\"status\":200,\"user\":%.*s,\"conversation\":%.*s,\"sender\":%.*s}",
        SPAN_ARGS(json_quote(arena, receipt->message_id)),
        SPAN_ARGS(json_quote(arena, receipt->user)),
        SPAN_ARGS(json_quote(arena, receipt->conversation)),
        SPAN_ARGS(json_quote(arena, receipt->sender)));
}

/* ---- conversations ---- */

int change_read_patch(struct arena *arena, struct span body, struct span *patch, struct why *why) {
    const struct json_change FIXED[] = {
        {.path = SPAN("timelineOf"), .unset = true},
        {.path = SPAN("conversWith"), .unset = true},
        {.path = SPAN("app_id"), .unset = true},
        {.path = SPAN("key"), .unset = true},
    };
    enum json_type type;
    if (json_check(body, &type, why) != 0)
        return -1;
    if (type != JSON_OBJECT)
        return why_say(why, "a conversation's patch is an object, and this is %s",
                       json_type_name(type));
    if (body.size > CONVERSATION_PATCH_BYTES)
        return why_say(why, "%zu bytes, where a conversation's patch has %d at most", body.size,
                       CONVERSATION_PATCH_BYTES);
    return json_splice(arena, body, FIXED, sizeof FIXED / sizeof *FIXED, patch, why);
}

/* ---- presence ---- */

static bool find_flag(struct span object, struct span name, bool *is_true) {
    struct json_value value;
    if (!json_find(object, name, &value) || (value.type != JSON_TRUE && value.type != JSON_FALSE))
        return false;
    *is_true = value.type == JSON_TRUE;
    return true;
}

int change_read_presence(struct span body, bool *is_connected, struct why *why) {
    enum json_type type;
    bool is_gone;
    if (json_check(body, &type, why) != 0)
        return -1;
    if (type == JSON_OBJECT && find_flag(body, SPAN("connected"), is_connected))
        return 0;
    if (type != JSON_OBJECT || !find_flag(body, SPAN("disconnected"), &is_gone))
        return why_say(why, "presence is {\"connected\":true} or {\"disconnected\":true}");
    *is_connected = !is_gone;
    return 0;
}

struct span change_presence(struct arena *arena, struct span client, bool is_connected) {
    return arena_print(arena, "{\"client\":%.*s,\"connected\":%s}",
                       SPAN_ARGS(json_quote(arena, client)), is_connected ? "true" : "false");
}
