#include "meaning/group_words.h"

#include "meaning/facts.h"
#include "words/json_write.h"

/* ---- names ---- */

struct person {
    struct span fullname, firstname, lastname; /* absent: not known */
};

static struct span read_name(struct arena *arena, struct span person, struct span which) {
    struct json_value name;
    if (!json_find(person, which, &name) || name.type != JSON_STRING)
        return SPAN_NONE;
    struct span text = json_unquote(arena, name.text);
    return text.size ? text : SPAN_NONE;
}

static struct person find_person(struct arena *arena, const struct group_change *change,
                                 struct span id) {
    struct json_value found;
    struct person person = {SPAN_NONE, SPAN_NONE, SPAN_NONE};
    if (change->names.at && json_find(change->names, id, &found) && found.type == JSON_OBJECT)
        person = (struct person){read_name(arena, found.text, SPAN("fullname")),
                                 read_name(arena, found.text, SPAN("firstname")),
                                 read_name(arena, found.text, SPAN("lastname"))};
    if (!person.fullname.at)
        person.fullname = id;
    return person;
}

/* ---- labels ---- */

static struct json_writer open_label(struct arena *arena, const char *key) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "key", span_of(key));
    json_open(&writer, "parameters", '{');
    return writer;
}

static struct span close_label(struct json_writer *writer) {
    json_close(writer, '}');
    json_close(writer, '}');
    return json_written(writer);
}

static struct span label_text(struct arena *arena, const char *key, const char *parameter,
                              struct span text) {
    struct json_writer writer = open_label(arena, key);
    json_put_text(&writer, parameter, text);
    return close_label(&writer);
}

static struct span label_joined(struct arena *arena, const struct group_change *change,
                                struct span member) {
    struct person person = find_person(arena, change, member);
    struct json_writer writer = open_label(arena, "MEMBER_JOINED_GROUP");
    json_put_text(&writer, "member_id", member);
    json_put_text(&writer, "fullname", person.fullname);
    if (person.firstname.at)
        json_put_text(&writer, "firstname", person.firstname);
    if (person.lastname.at)
        json_put_text(&writer, "lastname", person.lastname);
    return close_label(&writer);
}

static struct span label_attributes(struct arena *arena, struct span attributes) {
    struct json_writer writer = open_label(arena, "ATTRIBUTES_UPDATED_GROUP");
    json_put_json(&writer, "attributes", attributes);
    return close_label(&writer);
}

struct span group_label(struct arena *arena, const struct group_change *change,
                        struct span newcomer) {
    switch (change->kind) {
    case GROUP_RENAME:
        return label_text(arena, "DATA_UPDATED_GROUP", "group_name", change->name);
    case GROUP_ATTRIBUTES:
        return label_attributes(arena, change->attributes);
    case GROUP_LEAVE:
        return label_text(arena, "MEMBER_LEFT_GROUP", "member_id", change->member_id);
    case GROUP_CREATE:
    case GROUP_MEMBERS:
    case GROUP_JOIN:
        break;
    }
    return newcomer.at ? label_joined(arena, change, newcomer) : SPAN_NONE;
}

struct span group_notice(struct arena *arena, struct span object, struct span label) {
    struct json_change notification = {.path = SPAN("notification")};
    struct span out;
    struct why why;
    if (!label.at)
        return object;
    notification.value = arena_print(arena, "{\"messagelabel\":%.*s}", SPAN_ARGS(label));
    return json_splice(arena, object, &notification, 1, &out, &why) == 0 ? out : object;
}

/* ---- messages ---- */

static struct span text_of(struct arena *arena, const struct group_change *change,
                           enum group_saying saying, struct span member) {
    struct person person = find_person(arena, change, member);
    struct span first = person.firstname.at ? person.firstname : member;
    switch (saying) {
    case SAYS_CREATED:
        break;
    case SAYS_JOINED_AT_ONCE:
        return arena_print(arena, "%.*s joined group on creation", SPAN_ARGS(person.fullname));
    case SAYS_JOINED:
        return arena_print(arena, "%.*s added to group", SPAN_ARGS(first));
    case SAYS_LEFT:
        return arena_print(arena, "%.*s removed from group", SPAN_ARGS(member));
    }
    return SPAN("Group created");
}

static struct span label_of(struct arena *arena, const struct group_change *change,
                            struct span owner, enum group_saying saying, struct span member) {
    switch (saying) {
    case SAYS_CREATED:
        return label_text(arena, "GROUP_CREATED", "creator", owner);
    case SAYS_LEFT:
        return label_text(arena, "MEMBER_LEFT_GROUP", "member_id", member);
    case SAYS_JOINED_AT_ONCE:
    case SAYS_JOINED:
        break;
    }
    return label_joined(arena, change, member);
}

/* A string of the group's, unescaped; absent where it is none. */
static struct span string_of(struct arena *arena, struct span object, struct span which) {
    return read_name(arena, object, which);
}

struct span group_message(struct arena *arena, const struct group_change *change,
                          struct span object, enum group_saying saying, struct span member) {
    struct span name = string_of(arena, object, SPAN("name"));
    struct span owner = string_of(arena, object, SPAN("owner"));
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "type", SPAN("text"));
    json_put_text(&writer, "text", text_of(arena, change, saying, member));
    json_put_text(&writer, "channel_type", SPAN("group"));
    json_put_text(&writer, "sender_fullname", SPAN("System"));
    json_put_text(&writer, "recipient_fullname", name.at ? name : change->group_id);
    json_open(&writer, "attributes", '{');
    json_put_text(&writer, "subtype", SPAN("info"));
    json_put_bool(&writer, "updateconversation", true);
    json_put_json(&writer, "messagelabel", label_of(arena, change, owner, saying, member));
    json_close(&writer, '}');
    json_close(&writer, '}');
    return json_written(&writer);
}

/* ---- a newcomer's history ---- */

struct span group_history_write(struct arena *arena, const struct group_history *history) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "group_id", history->group_id);
    json_put_text(&writer, "member", history->member);
    json_put_number(&writer, "limit", (int64_t)history->limit);
    json_close(&writer, '}');
    return json_written(&writer);
}

static int read_id(struct arena *arena, struct span body, const char *name, struct span *id,
                   struct why *why) {
    *id = read_name(arena, body, span_of(name));
    return id->at && route_is_id(*id) ? 0 : why_say(why, "`%s` is missing, or no id", name);
}

int group_history_read(struct arena *arena, struct span body, struct group_history *out,
                       struct why *why) {
    enum json_type type;
    struct json_value limit;
    struct group_history history = {.limit = FACT_HISTORY_MAX};
    int64_t number;
    if (json_check(body, &type, why) != 0)
        return -1;
    if (type != JSON_OBJECT)
        return why_say(why, "what asks for a history is an object");
    if (read_id(arena, body, "group_id", &history.group_id, why) != 0 ||
        read_id(arena, body, "member", &history.member, why) != 0)
        return -1;
    if (json_find(body, SPAN("limit"), &limit) && json_whole(limit, &number) && number > 0 &&
        number < FACT_HISTORY_MAX)
        history.limit = (size_t)number;
    *out = history;
    return 0;
}

bool group_history_shows(struct arena *arena, struct span message, struct span member) {
    struct json_value hidden;
    return !json_find_path(message, SPAN("attributes.hiddenFor"), &hidden) ||
           hidden.type != JSON_STRING || !span_equal(json_unquote(arena, hidden.text), member);
}

static bool forces_notification(struct span message) {
    struct json_value forced;
    return json_find_path(message, SPAN("attributes.forcenotification"), &forced) &&
           forced.type == JSON_TRUE;
}

struct span group_history_copy(struct arena *arena, struct span message, struct span member,
                               struct span group_id) {
    struct json_change changes[] = {
        {.path = SPAN("status"), .value = SPAN("150")},
        {.path = SPAN("timelineOf"), .value = json_quote(arena, member)},
        {.path = SPAN("conversWith"), .value = json_quote(arena, group_id)},
        {.path = SPAN("__history"), .value = SPAN("\"true\"")},
        {.path = SPAN("attributes.sendnotification"), .value = SPAN("false")},
    };
    struct span out = message;
    struct why why;
    size_t all = sizeof changes / sizeof *changes;
    /* Attributes that are no object have no room for it. */
    if (forces_notification(message) || json_splice(arena, message, changes, all, &out, &why) != 0)
        json_splice(arena, message, changes, all - 1, &out, &why);
    return out;
}
