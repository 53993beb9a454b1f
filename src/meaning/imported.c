#include "meaning/imported.h"

#include "meaning/extjson.h"
#include "meaning/route.h"
#include "words/check.h"
#include "words/log.h"

#include <limits.h>

/* The document as plain JSON, an object. */
static int read_document(struct arena *arena, struct span document, struct span *out,
                         struct why *why) {
    enum json_type type;
    document = span_trim(document); /* of the end of its line */
    if (json_check(document, &type, why) < 0)
        return -1;
    if (type != JSON_OBJECT)
        return why_say(why, "it is %s, not an object", json_type_name(type));
    return extjson_plain(arena, document, out, why);
}

/* A field that must be an id. */
static int read_id(struct arena *arena, struct span object, const char *name, struct span *out,
                   struct why *why) {
    char quoted[96];
    *out = json_find_text(arena, object, span_of(name));
    if (!out->at)
        return why_say(why, "it has no %s", name);
    return route_is_id(*out) ? 0
                             : why_say(why, "its %s %s is no possible id", name,
                                       log_quote(quoted, sizeof quoted, *out));
}

static int read_sides(struct arena *arena, struct span object, struct span *app, struct span *owner,
                      struct span *other, struct why *why) {
    if (read_id(arena, object, "app_id", app, why) < 0 ||
        read_id(arena, object, "timelineOf", owner, why) < 0)
        return -1;
    return read_id(arena, object, "conversWith", other, why);
}

static int64_t read_ms(struct span object, const char *name) {
    struct json_value value;
    int64_t ms = 0;
    return json_find(object, span_of(name), &value) && json_whole(value, &ms) ? ms : 0;
}

static bool read_flag(struct span object, const char *name) {
    return conversation_flag(object, span_of(name)) == FLAG_YES;
}

/* ---- entries ---- */

static int read_status(struct span object) {
    int64_t status = read_ms(object, "status");
    bool fits = status >= INT_MIN && status <= INT_MAX;
    return fits && message_status_is_known((int)status) ? (int)status : 0;
}

/* The document without what is the entry's or the database's, and with a hole for the status. */
static struct stamped body_of(struct arena *arena, struct span object) {
    enum { STATUS = 4 };
    static const struct json_change CHANGES[] = {
        {.path = {"_id", 3}, .unset = true},         {.path = {"__v", 3}, .unset = true},
        {.path = {"timelineOf", 10}, .unset = true}, {.path = {"conversWith", 11}, .unset = true},
        [STATUS] = {.path = {"status", 6}},
    };
    struct stamped body;
    struct why why;
    check(json_splice_around(arena, object, CHANGES, STATUS + 1, STATUS, &body.head, &body.tail,
                             &why) == 0);
    return body;
}

int imported_entry(struct arena *arena, struct span document, struct imported_entry *out,
                   struct why *why) {
    struct span object = SPAN_NONE;
    struct imported_entry entry;
    struct json_value updates;
    if (read_document(arena, document, &object, why) < 0 ||
        read_sides(arena, object, &entry.app, &entry.owner, &entry.other, why) < 0)
        return -1;
    entry.message_id = json_find_text(arena, object, SPAN("message_id"));
    if (!entry.message_id.at)
        return why_say(why, "it has no message_id");
    entry.sender = json_find_text(arena, object, SPAN("sender"));
    entry.recipient = json_find_text(arena, object, SPAN("recipient"));
    entry.status = read_status(object);
    entry.timestamp = read_ms(object, "timestamp");
    entry.updates_conversation =
        !json_find_path(object, SPAN("attributes.updateconversation"), &updates) ||
        updates.type != JSON_FALSE;
    entry.body = body_of(arena, object);
    *out = entry;
    return 0;
}

/* ---- the others ---- */

static struct span without_ids(struct arena *arena, struct span object) {
    static const struct json_change CHANGES[] = {
        {.path = {"_id", 3}, .unset = true},
        {.path = {"__v", 3}, .unset = true},
    };
    struct span out;
    struct why why;
    check(json_splice(arena, object, CHANGES, 2, &out, &why) == 0);
    return out;
}

int imported_conversation(struct arena *arena, struct span document,
                          struct imported_conversation *out, struct why *why) {
    struct span object = SPAN_NONE;
    struct imported_conversation found = {.is_cut = false};
    if (read_document(arena, document, &object, why) < 0 ||
        read_sides(arena, object, &found.app, &found.owner, &found.other, why) < 0)
        return -1;
    found.is_new = read_flag(object, "is_new");
    found.archived = read_flag(object, "archived");
    found.is_cut = patches_add(arena, &found.patches, without_ids(arena, object), NULL) < 0;
    patches_settle(arena, &found.patches);
    *out = found;
    return 0;
}

int64_t imported_updated_ms(struct span group) {
    return read_ms(group, "updatedOn");
}

int imported_group(struct arena *arena, struct span document, struct imported_group *out,
                   struct why *why) {
    struct span object = SPAN_NONE;
    struct imported_group found;
    if (read_document(arena, document, &object, why) < 0 ||
        read_id(arena, object, "appId", &found.app, why) < 0)
        return -1;
    object = without_ids(arena, object);
    if (group_read(arena, object, &found.group, why) < 0)
        return -1;
    if (!found.group.id.at)
        return why_say(why, "it has no uid");
    found.updated_ms = imported_updated_ms(object);
    *out = found;
    return 0;
}

int imported_instance(struct arena *arena, struct span document, struct imported_instance *out,
                      struct why *why) {
    struct span object = SPAN_NONE;
    struct imported_instance found;
    if (read_document(arena, document, &object, why) < 0 ||
        read_id(arena, object, "app_id", &found.app, why) < 0 ||
        read_id(arena, object, "user_id", &found.user, why) < 0)
        return -1;
    found.id = json_find_text(arena, object, SPAN("instance_id"));
    if (!found.id.at)
        return why_say(why, "it has no instance_id");
    found.json = without_ids(arena, object);
    *out = found;
    return 0;
}
