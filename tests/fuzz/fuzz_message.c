/* message and group: whatever the body, it is refused in words or can be stamped, and the copies
 * are JSON with every stamped field once and right. The first byte's lowest bit says whether the
 * recipient is a group. */
#include "meaning/message.h"
#include "meaning/route.h"
#include "words/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t times_there(struct span object, struct span name) {
    size_t count = 0;
    for (struct json_walk walk = json_walk(object); json_next(&walk);)
        count += json_key_is(walk.key, name);
    return count;
}

static void check_field(struct span object, const char *name, struct span text) {
    struct json_value value;
    check(times_there(object, span_of(name)) == 1);
    check(json_find(object, span_of(name), &value));
    check(span_equal(value.text, text));
}

static void check_copy(struct arena *arena, struct stamped stamped, const struct stamp *stamp) {
    struct span copy = message_with_status(arena, stamped, STATUS_DELIVERED);
    enum json_type type;
    check(json_check(copy, &type, NULL) == 0 && type == JSON_OBJECT);
    check_field(copy, "message_id", arena_print(arena, "\"%s\"", stamp->id.text));
    check_field(copy, "sender", SPAN("\"U1\""));
    check_field(copy, "recipient", SPAN("\"group-1\""));
    check_field(copy, "app_id", SPAN("\"a\""));
    check_field(copy, "timestamp", SPAN("1700000000000"));
    check_field(copy, "status", SPAN("150"));
}

static void check_group(const struct group *group) {
    check(group->member_count <= GROUP_MEMBERS_MAX);
    check(!group->id.at || route_is_id(group->id));
    for (size_t i = 0; i < group->member_count; i++) {
        check(route_is_id(group->members[i]));
        for (size_t j = 0; j < i && i < 100; j++)
            check(!span_equal(group->members[i], group->members[j]));
    }
}

static void check_volatile_group(struct arena *arena, const struct message *message) {
    struct span body = message_with_group(arena, message->body, SPAN("group-1"), SPAN("U1"));
    struct message again;
    struct why why;
    check(message_read(arena, body, true, &again, &why) == 0);
    check(span_is(again.inline_group.id, "group-1"));
    check(group_has(&again.inline_group, SPAN("U1")));
    check(group_has(&again.inline_group, SPAN("group-1")));
    for (size_t i = 0; i < message->inline_group.member_count; i++)
        check(group_has(&again.inline_group, message->inline_group.members[i]));
}

static void check_accepted(struct arena *arena, const struct message *message,
                           const struct stamp *stamp) {
    check_copy(arena, message_stamp(arena, message->body, stamp), stamp);
    if (!message->has_inline_group)
        return;
    check_group(&message->inline_group);
    if (message->inline_group.member_count < 100)
        check_volatile_group(arena, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct arena *arena = arena_new();
    struct span body = {(const char *)data + 1, size - 1};
    struct stamp stamp = {ident_make(1, size, 0), SPAN("U1"), SPAN("group-1"), SPAN("a"),
                          1700000000000};
    struct message message;
    struct why why = {""};
    if (message_read(arena, body, data[0] & 1, &message, &why) == 0)
        check_accepted(arena, &message, &stamp);
    else
        check(why.words[0] != '\0');
    struct stamped refused = message_refused(arena, body, &stamp, SPAN("c"), span_of(why.words));
    check_copy(arena, refused, &stamp);
    check(times_there(message_with_status(arena, refused, STATUS_FAILED), SPAN("error")) == 1);
    arena_free(&arena);
    return 0;
}
