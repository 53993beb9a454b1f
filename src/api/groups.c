/* Groups. What is to be changed is said to the flow (group_change.h), which knows who may and what
 * becomes of it; its refusals are answered as they are. */
#include "api/inside.h"

#include "meaning/group_change.h"
#include "meaning/route.h"
#include "words/uuid.h"

enum { REFUSED = 405 };

/* ---- one ---- */

static bool may_see(const struct api_call *call, const struct group *group) {
    return call->claims.is_admin || group_has(group, call->claims.user);
}

/* NULL: it was answered. */
static struct group *find(struct api_call *call, struct span id) {
    const struct facts *facts = &call->api->facts;
    struct group *group = arena_array(call->arena, 1, sizeof *group);
    struct why why = {.words = "a group cannot be read"};
    switch (facts->group(facts->self, call->arena, call->app, id, group)) {
    case FACT_FOUND:
        return group;
    case FACT_UNAVAILABLE:
        reply_unavailable(call, &why);
        break;
    case FACT_ABSENT:
        reply_refusal(call, 404, NULL, "Group doesn't exist");
        break;
    }
    return NULL;
}

enum http_when groups_one(struct api_call *call) {
    const struct group *group = find(call, call->id);
    if (!group)
        return HTTP_NOW;
    return may_see(call, group) ? reply_with(call, 200, "result", group->json)
                                : reply_refusal(call, 401, NULL, "Permission denied");
}

/* ---- changes ---- */

static void changed(struct api_call *call, const struct wait_end *end) {
    struct plan *plan = wait_failed(call, end) ? NULL : wait_plan(call, end);
    if (!plan)
        return;
    if (plan_is_refused(plan))
        reply_refusal(call, REFUSED, arena_string(call->arena, plan->code),
                      arena_string(call->arena, plan_reason(plan)));
    else
        reply_success(call, 200);
    plan_free(&plan);
}

/* What is to be published, once it is known how those are called who come. */
struct asked {
    struct group_change change;
    void (*finish)(struct api_call *call, const struct wait_end *end);
};

/* Names are a kindness: where they would make it too large it goes without. */
static enum http_when publish(struct api_call *call, struct span names) {
    struct asked *asked = call->matter;
    struct span key =
        arena_print(call->arena, "apps.observer.%.*s.groups.change", SPAN_ARGS(call->app));
    asked->change.names = names;
    struct span body = group_change_write(call->arena, &asked->change);
    if (names.at && body.size > call->api->settings.body_max) {
        asked->change.names = SPAN_NONE;
        body = group_change_write(call->arena, &asked->change);
    }
    struct submission what = {.key = key, .body = body};
    return wait_for_sent(call, &what, true, asked->finish);
}

static void add_newcomer(struct span *ids, size_t *count, struct span id) {
    for (size_t i = 0; i < *count; i++)
        if (span_equal(ids[i], id))
            return;
    if (*count < CONTACTS_AT_ONCE && route_is_id(id))
        ids[(*count)++] = id;
}

/* Of those who are to be members, the ones that are none yet. */
static void add_members(struct api_call *call, const struct group_change *change, struct span *ids,
                        size_t *count) {
    const struct facts *facts = &call->api->facts;
    struct group group;
    bool is_there =
        change->kind == GROUP_MEMBERS &&
        facts->group(facts->self, call->arena, call->app, change->group_id, &group) == FACT_FOUND;
    for (struct json_walk walk = json_walk(change->members); json_next(&walk);) {
        struct span id = json_unquote(call->arena, walk.key);
        if (!is_there || !group_has(&group, id))
            add_newcomer(ids, count, id);
    }
}

/* Who comes with it, as far as a directory may be asked for them. */
static size_t newcomers(struct api_call *call, const struct group_change *change,
                        struct span *ids) {
    size_t count = 0;
    if (change->kind == GROUP_CREATE && !change->is_admin)
        add_newcomer(ids, &count, change->caller);
    if (change->kind == GROUP_CREATE || change->kind == GROUP_MEMBERS)
        add_members(call, change, ids, &count);
    if (change->kind == GROUP_JOIN)
        add_newcomer(ids, &count, change->member_id);
    return count;
}

static enum http_when give(struct api_call *call, struct group_change *change,
                           void (*finish)(struct api_call *call, const struct wait_end *end)) {
    if (!call->api->settings.changes_groups)
        return reply_refusal(call, 503, "not_here",
                             "This server shares an earlier one's queues (CHAT21D_INTAKE=queue): "
                             "groups are changed there");
    struct asked *asked = arena_array(call->arena, 1, sizeof *asked);
    struct span ids[CONTACTS_AT_ONCE];
    change->caller = call->claims.user;
    change->is_admin = call->claims.is_admin;
    *asked = (struct asked){*change, finish};
    call->matter = asked;
    size_t count = call->api->parts.contacts.ask ? newcomers(call, change, ids) : 0;
    return count ? wait_for_names(call, ids, count, publish) : publish(call, SPAN_NONE);
}

/* An object's field, which has to be there; absent: it was answered. */
static struct span need_object(struct api_call *call, struct span object, const char *name,
                               const char *missing) {
    struct span json = body_json(object, name);
    if (!json.at) {
        reply_plain(call, REFUSED, missing);
        return SPAN_NONE;
    }
    if (json_value(json).type == JSON_OBJECT)
        return json;
    struct span words = arena_print(call->arena, "%s is no object", name);
    reply_refusal(call, 400, "bad_body", arena_string(call->arena, words));
    return SPAN_NONE;
}

static struct span need_text(struct api_call *call, struct span object, const char *name,
                             const char *missing) {
    struct span text = body_text(call, object, name);
    if (!text.at)
        reply_plain(call, REFUSED, missing);
    return text;
}

enum http_when groups_rename(struct api_call *call) {
    struct group_change change = {.kind = GROUP_RENAME, .group_id = call->id};
    struct span object;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    change.name = need_text(call, object, "group_name", "group_name is mandatory");
    return change.name.at ? give(call, &change, changed) : HTTP_NOW;
}

enum http_when groups_set_attributes(struct api_call *call) {
    struct group_change change = {.kind = GROUP_ATTRIBUTES, .group_id = call->id};
    struct span object;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    change.attributes = need_object(call, object, "attributes", "attributes is mandatory");
    return change.attributes.at ? give(call, &change, changed) : HTTP_NOW;
}

enum http_when groups_set_members(struct api_call *call) {
    struct group_change change = {.kind = GROUP_MEMBERS, .group_id = call->id};
    struct span object;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    change.members = need_object(call, object, "members", "members is mandatory");
    return change.members.at ? give(call, &change, changed) : HTTP_NOW;
}

enum http_when groups_join(struct api_call *call) {
    struct group_change change = {.kind = GROUP_JOIN, .group_id = call->id};
    struct span object;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    change.member_id = need_text(call, object, "member_id", "member_id is mandatory!");
    return change.member_id.at ? give(call, &change, changed) : HTTP_NOW;
}

enum http_when groups_leave(struct api_call *call) {
    struct group_change change = {
        .kind = GROUP_LEAVE, .group_id = call->id, .member_id = call->other};
    return give(call, &change, changed);
}

/* ---- a new one ---- */

static void created(struct api_call *call, const struct wait_end *end) {
    struct plan *plan = wait_failed(call, end) ? NULL : wait_plan(call, end);
    if (!plan)
        return;
    if (plan_is_refused(plan)) {
        reply_refusal(call, REFUSED, arena_string(call->arena, plan->code),
                      arena_string(call->arena, plan_reason(plan)));
    } else {
        const struct group *group = find(call, plan->recipient);
        if (group)
            reply_with(call, 201, "group", group->json);
    }
    plan_free(&plan);
}

static struct span new_id(struct arena *arena) {
    struct uuid uuid = uuid_random();
    return arena_print(arena, "group-%s", uuid.text);
}

enum http_when groups_create(struct api_call *call) {
    struct group_change change = {.kind = GROUP_CREATE};
    struct span object;
    if (body_read(call, &object) != 0)
        return HTTP_NOW;
    change.name = need_text(call, object, "group_name", "group_name not present!");
    if (!change.name.at)
        return HTTP_NOW;
    change.members = need_object(call, object, "group_members", "group_members not present!");
    if (!change.members.at)
        return HTTP_NOW;
    change.group_id = body_text(call, object, "group_id");
    if (!change.group_id.at)
        change.group_id = new_id(call->arena);
    change.attributes = body_json(object, "attributes");
    if (call->claims.is_admin)
        change.owner = body_text(call, object, "group_owner");
    return give(call, &change, created);
}
