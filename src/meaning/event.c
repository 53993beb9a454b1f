#include "meaning/event.h"

#include "meaning/route.h"
#include "words/hash.h"
#include "words/json_write.h"
#include "words/nearest.h"

static const char *const TYPES[EVENT_KINDS] = {
    [EVENT_SENT] = "message-sent",
    [EVENT_DELIVERED] = "message-delivered",
    [EVENT_RECEIVED] = "message-received",
    [EVENT_RETURN_RECEIPT] = "message-return-receipt",
    [EVENT_ARCHIVED] = "conversation-archived",
    [EVENT_UNARCHIVED] = "conversation-unarchived",
    [EVENT_ONLINE] = "presence-change",
    [EVENT_OFFLINE] = "presence-change",
};

const char *event_type(enum event_kind kind) {
    return TYPES[kind];
}

/* Two kinds have the type presence-change: naming it names both. */
static uint32_t kinds_of(struct span type) {
    uint32_t kinds = 0;
    for (int i = 0; i < EVENT_KINDS; i++)
        if (span_is(type, TYPES[i]))
            kinds |= event_bit((enum event_kind)i);
    return kinds;
}

static int say_unknown(struct span word, struct why *why) {
    char known[NEAREST_MAX + 24];
    struct nearest nearest = nearest_start(word);
    for (int i = 0; i < EVENT_KINDS; i++)
        nearest_offer(&nearest, span_of(TYPES[i]));
    return why_say(why, "%.*s is no event%s", SPAN_ARGS(span_cut(word, 0, 64)),
                   nearest_words(&nearest, known));
}

int event_read_list(struct span list, uint32_t *kinds, struct why *why) {
    uint32_t found = 0;
    while (list.size) {
        const char *comma = memchr(list.at, ',', list.size);
        size_t size = comma ? (size_t)(comma - list.at) : list.size;
        struct span word = span_trim(span_cut(list, 0, size));
        uint32_t named = kinds_of(word);
        if (word.size && !named)
            return say_unknown(word, why);
        found |= named;
        list = span_cut(list, comma ? size + 1 : size, list.size);
    }
    *kinds = found;
    return 0;
}

struct span event_recipient(enum event_kind kind, struct span owner, struct span other) {
    switch (kind) {
    case EVENT_SENT:
    case EVENT_RETURN_RECEIPT:
    case EVENT_ARCHIVED:
    case EVENT_UNARCHIVED:
        return other;
    case EVENT_DELIVERED:
    case EVENT_RECEIVED:
        return route_is_group_id(other) ? other : owner;
    case EVENT_ONLINE:
    case EVENT_OFFLINE:
        return SPAN_NONE;
    }
    return SPAN_NONE;
}

static void put(struct json_writer *writer, const char *key, struct span text) {
    if (text.at)
        json_put_text(writer, key, text);
}

static void put_extras(struct json_writer *writer, const struct event *event) {
    if (!event->topic.at)
        return;
    json_open(writer, "extras", '{');
    json_put_text(writer, "topic", event->topic);
    json_close(writer, '}');
}

static void put_data(struct json_writer *writer, const struct event *event) {
    if (event->data.at)
        json_put_json(writer, "data", event->data);
}

static void write_message(struct json_writer *writer, const struct event *event) {
    json_put_number(writer, "createdAt", event->created_ms);
    put(writer, "recipient_id", event->recipient);
    put(writer, "app_id", event->app);
    put(writer, "message_id", event->message_id);
    put_data(writer, event);
    put_extras(writer, event);
    if (event->kind == EVENT_SENT || event->kind == EVENT_DELIVERED)
        put(writer, "delivered_to", event->owner);
}

static void write_conversation(struct json_writer *writer, const struct event *event) {
    json_put_number(writer, "createdAt", event->created_ms);
    put(writer, "app_id", event->app);
    put(writer, "user_id", event->owner);
    put(writer, "recipient_id", event->other);
    put(writer, "convers_with", event->other);
    put_data(writer, event);
    put_extras(writer, event);
}

static void write_presence(struct json_writer *writer, const struct event *event) {
    const char *presence = event->kind == EVENT_ONLINE ? "online" : "offline";
    json_put_text(writer, "presence", span_of(presence));
    json_put_number(writer, "createdAt", event->created_ms);
    put(writer, "app_id", event->app);
    put(writer, "user_id", event->owner);
    json_put_bool(writer, "data", true);
}

struct span event_write(struct arena *arena, const struct event *event) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "event_type", span_of(event_type(event->kind)));
    switch (event->kind) {
    case EVENT_SENT:
    case EVENT_DELIVERED:
    case EVENT_RECEIVED:
    case EVENT_RETURN_RECEIPT:
        write_message(&writer, event);
        break;
    case EVENT_ARCHIVED:
    case EVENT_UNARCHIVED:
        write_conversation(&writer, event);
        break;
    case EVENT_ONLINE:
    case EVENT_OFFLINE:
        write_presence(&writer, event);
        break;
    }
    json_close(&writer, '}');
    return json_written(&writer);
}

/* It is stored, so it stays what it is; that somebody could choose ids with one number costs only
 * that their events wait for each other. */
static uint64_t add(uint64_t hash, struct span bytes) {
    hash = hash_add(hash, bytes);
    hash = hash_add(hash, SPAN("\xff")); /* so that "ab","c" is not "a","bc" */
    return hash ^ hash >> 32;
}

static bool comes_first(struct span left, struct span right) {
    size_t both = left.size < right.size ? left.size : right.size;
    int order = both ? memcmp(left.at, right.at, both) : 0;
    return order < 0 || (order == 0 && left.size <= right.size);
}

/* The upper bits are of one side alone, of a group's conversations the group's: the events of a
 * message to a thousand members stand next to each other in an index. */
uint64_t event_lane(enum event_kind kind, struct span app, struct span owner, struct span other) {
    bool is_presence = kind == EVENT_ONLINE || kind == EVENT_OFFLINE;
    uint64_t seed = add(HASH_START, app);
    bool is_swapped = route_is_group_id(other) != route_is_group_id(owner)
                          ? route_is_group_id(other)
                          : comes_first(other, owner);
    struct span first = is_swapped ? other : owner, second = is_swapped ? owner : other;
    if (is_presence)
        first = owner, second = SPAN_NONE, seed = ~seed;
    uint64_t upper = add(seed, first);
    return upper << 40 | (add(upper, second) & UINT64_C(0xffffffffff));
}
