#include "meaning/group_change.h"

#include "meaning/route.h"
#include "words/check.h"
#include "words/json_write.h"
#include "words/log.h"

#include <inttypes.h>

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

/* ---- what becomes of it ---- */

struct changing {
    struct arena *arena;
    const struct group_change *change;
    struct span app;
    const struct group *stored; /* NULL: there is none */
    struct group members;       /* create, members: who is to be in it */
    struct json_change splices[5];
    size_t splice_count;
    const char *code;
    struct why *why;
};

static int refuse(struct changing *at, const char *code, const char *words) {
    at->code = code;
    return why_say(at->why, "%s", words);
}

static int refuse_id(struct changing *at, const char *what, struct span id) {
    char quoted[96];
    at->code = "bad_id";
    return why_say(at->why, "no %s can be called %s", what, log_quote(quoted, sizeof quoted, id));
}

static bool is_owner(const struct changing *at) {
    return at->stored && at->stored->owner.at && span_equal(at->stored->owner, at->change->caller);
}

static bool may_change(const struct changing *at) {
    const struct group_change *change = at->change;
    bool is_oneself = change->kind == GROUP_LEAVE && span_equal(change->member_id, change->caller);
    return change->is_admin || is_owner(at) || is_oneself;
}

static bool may_name_owner(const struct changing *at) {
    struct span owner = at->change->owner;
    return at->change->is_admin || !owner.at || span_equal(owner, at->change->caller);
}

/* Users are not called as groups are. */
static bool is_user_id(struct span id) {
    return route_is_id(id) && !route_is_group_id(id);
}

static int check_new(struct changing *at) {
    const struct group_change *change = at->change;
    if (!route_is_id(change->group_id) ||
        (!change->is_admin && !route_is_group_id(change->group_id)))
        return refuse_id(at, "group", change->group_id);
    return 0;
}

/* There may be none of that id yet, where it is to be created. */
static int check_right(struct changing *at) {
    if (!at->stored && at->change->kind != GROUP_CREATE)
        return refuse(at, "not_found", "Not found");
    if ((at->stored && !may_change(at)) || !may_name_owner(at))
        return refuse(at, "unauthorized", "Unauthorized");
    if (at->change->owner.at && !is_user_id(at->change->owner))
        return refuse_id(at, "owner", at->change->owner);
    return at->stored ? 0 : check_new(at);
}

static void set(struct changing *at, struct span path, struct span value) {
    check(at->splice_count < sizeof at->splices / sizeof *at->splices);
    at->splices[at->splice_count++] = (struct json_change){.path = path, .value = value};
}

static struct span member_path(const struct changing *at) {
    return arena_print(at->arena, "members.%.*s", SPAN_ARGS(at->change->member_id));
}

/* ---- members ---- */

/* The group's own id is always one of them, unsaid. */
static int check_member(struct changing *at, struct span id) {
    bool is_known = at->stored && group_has(at->stored, id);
    return is_known || is_user_id(id) ? 0 : refuse_id(at, "member", id);
}

static void leave_out_group(struct changing *at) {
    struct group *members = &at->members;
    size_t kept = 0;
    for (size_t i = 0; i < members->member_count; i++)
        if (!span_equal(members->members[i], at->change->group_id))
            members->members[kept++] = members->members[i];
    members->member_count = kept;
}

static int read_members(struct changing *at) {
    const struct group_change *change = at->change;
    struct span object = arena_print(at->arena, "{\"members\":%.*s}", SPAN_ARGS(change->members));
    if (group_read(at->arena, object, &at->members, at->why) != 0) {
        at->code = "bad_members";
        return -1;
    }
    leave_out_group(at);
    if (change->kind == GROUP_CREATE && !change->is_admin)
        group_add(at->arena, &at->members, change->caller);
    if (at->members.member_count > GROUP_MEMBERS_MAX)
        return refuse(at, "bad_members", "too many members");
    return 0;
}

static struct span write_members(const struct changing *at) {
    struct text text = text_start(at->arena, 32 * at->members.member_count + 2);
    text_add_char(&text, '{');
    for (size_t i = 0; i < at->members.member_count; i++) {
        text_add(&text, i ? SPAN(",") : SPAN(""));
        text_add(&text, json_quote(at->arena, at->members.members[i]));
        text_add(&text, SPAN(":1"));
    }
    text_add_char(&text, '}');
    return text_span(&text);
}

/* Those of the new ones who are no members yet. */
static int find_newcomers(struct changing *at, struct group_changed *out) {
    struct group none = {.member_count = 0};
    out->newcomers =
        group_added(at->arena, at->stored ? at->stored : &none, &at->members, &out->newcomer_count);
    for (size_t i = 0; i < out->newcomer_count; i++)
        if (!is_user_id(out->newcomers[i]))
            return refuse_id(at, "member", out->newcomers[i]);
    return 0;
}

static bool are_same(const struct changing *at, const struct group_changed *out) {
    return !out->newcomer_count && at->members.member_count == at->stored->member_count;
}

static int set_members(struct changing *at, struct group_changed *out) {
    if (read_members(at) != 0 || find_newcomers(at, out) != 0)
        return -1;
    if (at->change->kind == GROUP_MEMBERS && are_same(at, out))
        return refuse(at, "same_members", "Same members in group, skipping setGroupMembers()");
    set(at, SPAN("members"), write_members(at));
    return 0;
}

static int join(struct changing *at, struct group_changed *out) {
    const struct group_change *change = at->change;
    if (group_has(at->stored, change->member_id))
        return refuse(at, "already_member", "Already a member");
    if (check_member(at, change->member_id) != 0)
        return -1;
    if (at->stored->member_count >= GROUP_MEMBERS_MAX)
        return refuse(at, "bad_members", "too many members");
    out->newcomers = arena_array(at->arena, 1, sizeof *out->newcomers);
    out->newcomers[out->newcomer_count++] = change->member_id;
    set(at, member_path(at), SPAN("1"));
    return 0;
}

static int leave(struct changing *at) {
    if (!group_has(at->stored, at->change->member_id))
        return refuse(at, "not_found", "Not found");
    set(at, member_path(at), SPAN_NONE);
    at->splices[at->splice_count - 1].unset = true;
    return 0;
}

/* ---- the object ---- */

/* Of a group that is there already an owner is changed only by who says so. */
static int create(struct changing *at, struct group_changed *out) {
    const struct group_change *change = at->change;
    if (set_members(at, out) != 0)
        return -1;
    set(at, SPAN("name"), json_quote(at->arena, change->name));
    if (change->attributes.at)
        set(at, SPAN("attributes"), change->attributes);
    if (at->stored && change->owner.at)
        set(at, SPAN("owner"), json_quote(at->arena, change->owner));
    return 0;
}

static int gather(struct changing *at, struct group_changed *out) {
    switch (at->change->kind) {
    case GROUP_CREATE:
        return create(at, out);
    case GROUP_RENAME:
        set(at, SPAN("name"), json_quote(at->arena, at->change->name));
        return 0;
    case GROUP_ATTRIBUTES:
        set(at, SPAN("attributes"), at->change->attributes);
        return 0;
    case GROUP_MEMBERS:
        return set_members(at, out);
    case GROUP_JOIN:
        return join(at, out);
    case GROUP_LEAVE:
        return leave(at);
    }
    return 0;
}

/* What a new group has beside what is set, in the order that earlier servers wrote it. */
static struct span blank(const struct changing *at, int64_t now_ms) {
    struct json_writer writer = json_write(at->arena);
    struct span owner = at->change->owner;
    json_open(&writer, NULL, '{');
    json_put_text(&writer, "name", SPAN(""));
    json_put_text(&writer, "uid", at->change->group_id);
    json_put_text(&writer, "appId", at->app);
    json_put_text(&writer, "owner", owner.at ? owner : at->change->caller);
    json_put_json(&writer, "members", SPAN("{}"));
    json_put_number(&writer, "createdOn", now_ms);
    json_put_number(&writer, "updatedOn", now_ms);
    json_close(&writer, '}');
    return json_written(&writer);
}

int group_change_apply(struct arena *arena, const struct group_change *change, struct span app,
                       const struct group *stored, int64_t now_ms, struct group_changed *out,
                       const char **code, struct why *why) {
    struct changing at = {
        .arena = arena, .change = change, .app = app, .stored = stored, .why = why};
    struct group_changed changed = {.is_new = stored == NULL};
    int rc = check_right(&at);
    if (rc == 0)
        rc = gather(&at, &changed);
    if (rc == 0) {
        set(&at, SPAN("updatedOn"), arena_print(arena, "%" PRId64, now_ms));
        at.code = "bad_members"; /* those of the stored one are no object */
        rc = json_splice(arena, stored ? stored->json : blank(&at, now_ms), at.splices,
                         at.splice_count, &changed.object, why);
    }
    if (rc == 0)
        *out = changed;
    else
        *code = at.code;
    return rc;
}
