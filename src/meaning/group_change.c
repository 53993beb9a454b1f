/* May a group be changed so, and what does it become? */
#include "meaning/group_change.h"

#include "meaning/route.h"
#include "words/check.h"
#include "words/json_write.h"
#include "words/log.h"

#include <inttypes.h>

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
    check(at->stored); /* only creating does without */
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
    check(at->stored);
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
