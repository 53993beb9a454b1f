#include "meaning/change.h"

#include "words/json.h"

/* ---- receipts ---- */

static int read_object(struct span body, struct why *why) {
    enum json_type type;
    if (json_check(body, &type, why) != 0)
        return -1;
    return type == JSON_OBJECT
               ? 0
               : why_say(why, "an object is expected, and this is %s", json_type_name(type));
}

int change_read_receipt(struct span body, bool *is_received, struct why *why) {
    struct json_value status;
    int64_t number;
    if (read_object(body, why) != 0)
        return -1;
    if (!json_find(body, SPAN("status"), &status) || status.type != JSON_NUMBER)
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
    if (read_object(body, why) != 0)
        return -1;
    if (body.size > CHANGE_PATCH_MAX)
        return why_say(why, "%zu bytes, where a conversation's patch has %d at most", body.size,
                       CHANGE_PATCH_MAX);
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
    bool is_gone;
    if (read_object(body, why) != 0)
        return -1;
    if (find_flag(body, SPAN("connected"), is_connected))
        return 0;
    if (!find_flag(body, SPAN("disconnected"), &is_gone))
        return why_say(why, "presence is {\"connected\":true} or {\"disconnected\":true}");
    *is_connected = !is_gone;
    return 0;
}

struct span change_presence(struct arena *arena, struct span client, bool is_connected) {
    return arena_print(arena, "{\"client\":%.*s,\"connected\":%s}",
                       SPAN_ARGS(json_quote(arena, client)), is_connected ? "true" : "false");
}
