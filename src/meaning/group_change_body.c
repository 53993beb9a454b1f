/* What a back end wants changed of a group, as it is written and read. */
#include "meaning/group_change.h"

#include "meaning/route.h"
#include "words/json_write.h"

/* Which parts of the body each kind has: what is not said of a part must not be missing. */
enum { HAS_NAME = 1, HAS_MEMBERS = 2, HAS_MEMBER_ID = 4, HAS_ATTRIBUTES = 8 };

static const struct {
    const char *name;
    unsigned needs;
} KINDS[GROUP_CHANGES] = {
    [GROUP_CREATE] = {"create", HAS_NAME | HAS_MEMBERS},
    [GROUP_RENAME] = {"rename", HAS_NAME},
    [GROUP_ATTRIBUTES] = {"attributes", HAS_ATTRIBUTES},
    [GROUP_MEMBERS] = {"members", HAS_MEMBERS},
    [GROUP_JOIN] = {"join", HAS_MEMBER_ID},
    [GROUP_LEAVE] = {"leave", HAS_MEMBER_ID},
};

/* ---- the body ---- */

static void put_text(struct json_writer *writer, const char *key, struct span text) {
    if (text.at)
        json_put_text(writer, key, text);
}

static void put_json(struct json_writer *writer, const char *key, struct span json) {
    if (json.at)
        json_put_json(writer, key, json);
}

struct span group_change_write(struct arena *arena, const struct group_change *change) {
    struct json_writer writer = json_write(arena);
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "change", span_of(KINDS[change->kind].name));
    json_put_text(&writer, "caller", change->caller);
    json_put_bool(&writer, "is_admin", change->is_admin);
    json_put_text(&writer, "group_id", change->group_id);
    put_text(&writer, "name", change->name);
    put_text(&writer, "owner", change->owner);
    put_text(&writer, "member_id", change->member_id);
    put_json(&writer, "members", change->members);
    put_json(&writer, "attributes", change->attributes);
    put_json(&writer, "names", change->names);
    json_close(&writer, '}');
    return json_written(&writer);
}

/* Absent where it is missing or null; -1: it is something else. */
static int find_part(struct span body, const char *name, enum json_type type,
                     struct json_value *value, struct why *why) {
    *value = (struct json_value){.type = JSON_NULL};
    if (!json_find(body, span_of(name), value) || value->type == JSON_NULL)
        value->text = SPAN_NONE;
    else if (value->type != type)
        return why_say(why, "`%s` is %s, not %s", name, json_type_name(value->type),
                       json_type_name(type));
    return 0;
}

static int read_text(struct arena *arena, struct span body, const char *name, struct span *out,
                     struct why *why) {
    struct json_value value;
    if (find_part(body, name, JSON_STRING, &value, why) != 0)
        return -1;
    *out = value.text.at ? json_unquote(arena, value.text) : SPAN_NONE;
    if (!out->size)
        *out = SPAN_NONE;
    return 0;
}

/* No key has room for a longer one. */
static int read_id(struct arena *arena, struct span body, const char *name, struct span *out,
                   struct why *why) {
    if (read_text(arena, body, name, out, why) != 0)
        return -1;
    return out->size <= ROUTE_KEY_MAX ? 0
                                      : why_say(why, "`%s` has %zu bytes, where %d are possible",
                                                name, out->size, ROUTE_KEY_MAX);
}

static int read_object(struct span body, const char *name, struct span *out, struct why *why) {
    struct json_value value;
    if (find_part(body, name, JSON_OBJECT, &value, why) != 0)
        return -1;
    *out = value.text;
    return 0;
}

static int read_kind(struct arena *arena, struct span body, enum group_change_kind *kind,
                     struct why *why) {
    struct span word;
    if (read_text(arena, body, "change", &word, why) != 0)
        return -1;
    for (size_t i = 0; i < GROUP_CHANGES; i++)
        if (word.at && span_is(word, KINDS[i].name)) {
            *kind = (enum group_change_kind)i;
            return 0;
        }
    return why_say(why, "`change` is none of create, rename, attributes, members, join, leave");
}

static int read_caller(struct arena *arena, struct span body, struct group_change *change,
                       struct why *why) {
    struct json_value is_admin;
    if (read_id(arena, body, "caller", &change->caller, why) != 0)
        return -1;
    if (!change->caller.at || !route_is_id(change->caller))
        return why_say(why, "`caller` is missing, or no id");
    change->is_admin = json_find(body, SPAN("is_admin"), &is_admin) && is_admin.type == JSON_TRUE;
    return 0;
}

static int read_parts(struct arena *arena, struct span body, struct group_change *change,
                      struct why *why) {
    if (read_id(arena, body, "group_id", &change->group_id, why) != 0 ||
        read_text(arena, body, "name", &change->name, why) != 0 ||
        read_id(arena, body, "owner", &change->owner, why) != 0 ||
        read_id(arena, body, "member_id", &change->member_id, why) != 0)
        return -1;
    if (read_object(body, "members", &change->members, why) != 0 ||
        read_object(body, "attributes", &change->attributes, why) != 0)
        return -1;
    return read_object(body, "names", &change->names, why);
}

static int check_parts(const struct group_change *change, struct why *why) {
    unsigned needs = KINDS[change->kind].needs;
    const char *missing = !change->group_id.at                                 ? "group_id"
                          : (needs & HAS_NAME) && !change->name.at             ? "name"
                          : (needs & HAS_MEMBERS) && !change->members.at       ? "members"
                          : (needs & HAS_MEMBER_ID) && !change->member_id.at   ? "member_id"
                          : (needs & HAS_ATTRIBUTES) && !change->attributes.at ? "attributes"
                                                                               : NULL;
    return missing ? why_say(why, "`%s` is missing", missing) : 0;
}

int group_change_read(struct arena *arena, struct span body, struct group_change *out,
                      struct why *why) {
    enum json_type type;
    struct group_change change = {.is_admin = false};
    if (json_check(body, &type, why) != 0)
        return -1;
    if (type != JSON_OBJECT)
        return why_say(why, "a change of a group is an object");
    if (read_kind(arena, body, &change.kind, why) != 0 ||
        read_caller(arena, body, &change, why) != 0 || read_parts(arena, body, &change, why) != 0 ||
        check_parts(&change, why) != 0)
        return -1;
    *out = change;
    return 0;
}
