/* Groups: apps.observer.APP.groups.update with {"group":{…},"notify_to":{"U":1,…}} (protocol,
 * section 1). Only a back end's token can write there. The group is stored whole, without its
 * `notification` (that is for this once), and each user of notify_to is told on
 * …groups.G.clientupdated. Policies on the event `group` may change it, or refuse it. */
#include "flow/kinds.h"

/* What the body says, after it was checked. */
static bool read_parts(struct parcel *parcel, struct json_value *group,
                       struct json_value *notify_to) {
    *notify_to = (struct json_value){.type = JSON_NULL};
    json_find(parcel->body, SPAN("notify_to"), notify_to);
    return json_find(parcel->body, SPAN("group"), group) && group->type == JSON_OBJECT;
}

static enum outcome check_group(struct parcel *parcel, struct span object, struct why *why) {
    struct group group;
    if (group_read(parcel->plan->arena, object, &group, why) != 0)
        return OUTCOME_DEAD;
    if (!group.id.size) {
        why_say(why, "the group has no uid");
        return OUTCOME_DEAD;
    }
    parcel->group_id = group.id;
    return OUTCOME_NEXT;
}

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    (void)flow;
    enum json_type type;
    struct json_value group, notify_to;
    if (json_check(parcel->body, &type, why) != 0)
        return OUTCOME_DEAD;
    if (type != JSON_OBJECT || !read_parts(parcel, &group, &notify_to)) {
        why_say(why, "`group` is missing, or no object");
        return OUTCOME_DEAD;
    }
    if (notify_to.type != JSON_NULL && notify_to.type != JSON_OBJECT) {
        why_say(why, "`notify_to` is %s, where an object of user ids is expected",
                json_type_name(notify_to.type));
        return OUTCOME_DEAD;
    }
    return check_group(parcel, group.text, why);
}

static size_t count_members(struct span object) {
    size_t count = 0;
    for (struct json_walk walk = json_walk(object); json_next(&walk);)
        count++;
    return count;
}

static enum outcome add_notices(struct flow *flow, struct plan *plan, const struct group *group,
                                struct span body, struct span notify_to, struct why *why) {
    size_t count = count_members(notify_to);
    if (count > GROUP_MEMBERS_MAX || count * body.size > flow->settings.fanout_max) {
        why_say(why, "%zu bytes for %zu users are more than one update may cause", body.size,
                count);
        return OUTCOME_DEAD;
    }
    plan->letters = arena_array(plan->arena, count ? count : 1, sizeof *plan->letters);
    for (struct json_walk walk = json_walk(notify_to); json_next(&walk);) {
        struct span key, user = json_unquote(plan->arena, walk.key);
        if (!route_is_id(user) || route_notice(plan->arena, plan->app, user, "groups", group->id,
                                               "clientupdated", &key, NULL) != 0)
            flow->counts.skipped_notices++;
        else
            plan->letters[plan->letter_count++] =
                (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = body};
    }
    return OUTCOME_NEXT;
}

/* Stored whole, and told to whom the back end names. */
static enum outcome apply(struct flow *flow, struct parcel *parcel, const struct group *group,
                          struct span changed, struct why *why) {
    struct plan *plan = parcel->plan;
    struct json_value object, notify_to;
    read_parts(parcel, &object, &notify_to);
    plan->effects = arena_array(plan->arena, 1, sizeof *plan->effects);
    plan->effects[0] = (struct plan_effect){.kind = EFFECT_GROUP, .group = group};
    plan->effect_count = 1;
    return add_notices(flow, plan, group, changed, notify_to.text, why);
}

/* A policy refused it: nothing is stored, nobody is told. */
static enum outcome refused(struct flow *flow, struct parcel *parcel) {
    if (parcel->plan->outcome == PLAN_REJECTED)
        refuse_unheard(flow, parcel);
    return OUTCOME_NEXT;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct asked asked = {.flow = flow, .parcel = parcel};
    struct judge judge = flow_judge(&asked);
    struct json_value object, notify_to;
    struct span changed;
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    read_parts(parcel, &object, &notify_to);
    plan->recipient = parcel->group_id;
    plan->letter_count = plan->effect_count = 0;
    enum outcome outcome = flow_judged(
        &asked, judge_update(&judge, plan, object.text, &changed, group, &parcel->code, why));
    if (outcome != OUTCOME_NEXT)
        return outcome;
    return plan->outcome == PLAN_APPLIED ? apply(flow, parcel, group, changed, why)
                                         : refused(flow, parcel);
}

const struct kind kind_group = {
    .name = "group", .parse = parse, .decide = decide, .refuse = refuse_silently};
