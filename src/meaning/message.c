#include "meaning/message.h"

#include "words/check.h"
#include "words/text.h"

/* The fields the server reads. Of a repeated key the last one counts, as in JSON.parse. */
struct fields {
    struct json_value timestamp, channel_type, group, attributes;
};

static struct fields read_fields(struct span body) {
    struct json_value none = {JSON_NULL, SPAN_NONE};
    struct fields fields = {none, none, none, none};
    for (struct json_walk walk = json_walk(body); json_next(&walk);) {
        if (json_key_is(walk.key, SPAN("timestamp")))
            fields.timestamp = walk.value;
        else if (json_key_is(walk.key, SPAN("channel_type")))
            fields.channel_type = walk.value;
        else if (json_key_is(walk.key, SPAN("group")))
            fields.group = walk.value;
        else if (json_key_is(walk.key, SPAN("attributes")))
            fields.attributes = walk.value;
    }
    return fields;
}

/* Some clients count milliseconds with a fraction ("1700000000000.25"): it is cut off. */
static int64_t read_timestamp(struct json_value value) {
    int64_t number = 0;
    if (value.type != JSON_NUMBER || json_whole(value, &number))
        return number;
    const char *dot = memchr(value.text.at, '.', value.text.size);
    bool has_power =
        memchr(value.text.at, 'e', value.text.size) || memchr(value.text.at, 'E', value.text.size);
    if (dot && !has_power) {
        value.text.size = (size_t)(dot - value.text.at);
        json_whole(value, &number);
    }
    return number;
}

static bool is_string(struct json_value value, struct span string) {
    return value.type == JSON_STRING &&
           json_key_is(span_cut(value.text, 1, value.text.size - 2), string);
}

static int check_object(struct span body, struct why *why) {
    enum json_type type;
    if (json_check(body, &type, why) == -1)
        return -1;
    if (type != JSON_OBJECT)
        return why_say(why, "the body is %s, not an object", json_type_name(type));
    return 0;
}

int message_read(struct arena *arena, struct span body, bool to_group_id, struct message *out,
                 struct why *why) {
    if (check_object(body, why) == -1)
        return -1;
    struct fields fields = read_fields(body);
    struct message message = {.body = body, .updates_conversation = true};
    message.timestamp = read_timestamp(fields.timestamp);
    message.says_group = is_string(fields.channel_type, SPAN("group"));
    bool is_group = to_group_id || message.says_group;
    message.has_inline_group = is_group && fields.group.type != JSON_NULL;
    if (message.has_inline_group &&
        group_read(arena, fields.group.text, &message.inline_group, why) == -1)
        return -1;
    struct json_value updates;
    if (fields.attributes.type == JSON_OBJECT)
        message.attributes = fields.attributes.text;
    if (message.attributes.at &&
        json_find(message.attributes, SPAN("updateconversation"), &updates))
        message.updates_conversation = updates.type != JSON_FALSE;
    *out = message;
    return 0;
}

bool message_status_is_known(int status) {
    switch (status) {
    case STATUS_FAILED:
    case STATUS_SENDING:
    case STATUS_SENT:
    case STATUS_DELIVERED:
    case STATUS_RECEIVED:
    case STATUS_RETURN_RECEIPT:
    case STATUS_SEEN:
        return true;
    default:
        return false;
    }
}

/* --- the stamp --- */

enum { STATUS_FIELD = 5, STAMPED_FIELDS };

static void list_stamp(struct arena *arena, const struct stamp *stamp,
                       struct json_change changes[STAMPED_FIELDS]) {
    struct span id = {stamp->id.text, IDENT_SIZE};
    struct json_change stamped[STAMPED_FIELDS] = {
        {.path = SPAN("message_id"), .value = json_quote(arena, id)},
        {.path = SPAN("sender"), .value = json_quote(arena, stamp->sender)},
        {.path = SPAN("recipient"), .value = json_quote(arena, stamp->recipient)},
        {.path = SPAN("app_id"), .value = json_quote(arena, stamp->app)},
        {.path = SPAN("timestamp"),
         .value = arena_print(arena, "%lld", (long long)stamp->timestamp)},
        [STATUS_FIELD] = {.path = SPAN("status")}, /* the hole */
    };
    memcpy(changes, stamped, sizeof stamped);
}

static struct stamped apply(struct arena *arena, struct span body,
                            const struct json_change *changes, size_t count) {
    struct stamped out;
    struct why why;
    check(json_splice_around(arena, body, changes, count, STATUS_FIELD, &out.head, &out.tail,
                             &why) == 0);
    return out;
}

struct stamped message_stamp(struct arena *arena, struct span body, const struct stamp *stamp) {
    struct json_change changes[STAMPED_FIELDS];
    list_stamp(arena, stamp, changes);
    return apply(arena, body, changes, STAMPED_FIELDS);
}

struct span message_with_status(struct arena *arena, struct stamped stamped, int status) {
    struct text text = text_start(arena, stamped.head.size + stamped.tail.size + 8);
    text_add(&text, stamped.head);
    text_add(&text, arena_print(arena, "%d", status));
    text_add(&text, stamped.tail);
    return text_span(&text);
}

struct stamped message_refused(struct arena *arena, struct span body, const struct stamp *stamp,
                               struct span code, struct span reason) {
    if (check_object(body, NULL) == -1)
        body = SPAN("{\"type\":\"text\",\"text\":\"\"}");
    struct span code_text = json_quote(arena, code), reason_text = json_quote(arena, reason);
    struct json_change changes[STAMPED_FIELDS + 1];
    list_stamp(arena, stamp, changes);
    changes[STAMPED_FIELDS] = (struct json_change){
        .path = SPAN("error"),
        .value = arena_print(arena, "{\"code\":%.*s,\"reason\":%.*s}", SPAN_ARGS(code_text),
                             SPAN_ARGS(reason_text)),
    };
    return apply(arena, body, changes, STAMPED_FIELDS + 1);
}

/* --- the volatile group --- */

/* A change that makes `user` a member; the path is safe, since no id holds a dot. */
static struct json_change add_member(struct arena *arena, struct span user) {
    return (struct json_change){
        .path = arena_print(arena, "group.members.%.*s", SPAN_ARGS(user)),
        .value = SPAN("1"),
    };
}

struct span message_with_group(struct arena *arena, struct span body, struct span group_id,
                               struct span sender) {
    struct why why;
    struct json_value value;
    struct group group = {.member_count = 0};
    if (json_find(body, SPAN("group"), &value) && value.type != JSON_NULL)
        check(group_read(arena, value.text, &group, &why) == 0);
    struct json_change changes[3] = {
        {.path = SPAN("group.uid"), .value = json_quote(arena, group_id)},
    };
    size_t count = 1;
    /* Those that are members already keep what stands there: it may be more than a 1. */
    if (!group_has(&group, sender))
        changes[count++] = add_member(arena, sender);
    if (!group_has(&group, group_id))
        changes[count++] = add_member(arena, group_id);
    struct span out;
    check(json_splice(arena, body, changes, count, &out, &why) == 0);
    return out;
}
