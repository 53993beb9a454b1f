/* What a back end says of groups, as flow/kind_group.c and kind_group_change.c have it judged. */
#include "meaning/group_change.h"
#include "server/rehearsal.h"

/* ---- what a group is now ---- */

static int read_group(struct plan *plan, struct span body, struct span *object, struct why *why) {
    enum json_type type;
    struct json_value value;
    struct group group;
    if (json_check(body, &type, why))
        return -1;
    if (type != JSON_OBJECT || !json_find(body, SPAN("group"), &value) || value.type != JSON_OBJECT)
        return why_say(why, "`group` is missing, or no object");
    if (group_read(plan->arena, value.text, &group, why))
        return -1;
    if (!group.id.size)
        return why_say(why, "the group has no uid");
    plan->recipient = group.id;
    *object = value.text;
    return 0;
}

struct rehearsed rehearsal_group(struct rehearsal *rehearsal, struct plan *plan, struct span body,
                                 struct rehearsed so_far, struct why *why) {
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    if (read_group(plan, body, &so_far.object, why))
        return rehearsal_dead(so_far, "bad_message");
    enum judge_end end = judge_update(&rehearsal->judge, plan, so_far.object, &so_far.changed,
                                      group, &so_far.code, why);
    return rehearsal_ended(so_far, end);
}

/* ---- a change of one ---- */

/* -1: it cannot be read. `*stored` NULL: there is none. */
static int find_stored(const struct rehearsal *rehearsal, struct plan *plan,
                       const struct group **stored) {
    const struct facts *facts = &rehearsal->judge.facts;
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    enum fact fact = facts->group(facts->self, plan->arena, plan->app, plan->recipient, group);
    *stored = fact == FACT_FOUND ? group : NULL;
    return fact == FACT_UNAVAILABLE ? -1 : 0;
}

static struct rehearsed judge_changed(struct rehearsal *rehearsal, struct plan *plan,
                                      struct span object, struct rehearsed so_far,
                                      struct why *why) {
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    so_far.object = object;
    enum judge_end end = judge_update(&rehearsal->judge, plan, so_far.object, &so_far.changed,
                                      group, &so_far.code, why);
    return rehearsal_ended(so_far, end);
}

/* What is refused before any policy is asked is so because of the group that is stored now. */
struct rehearsed rehearsal_group_change(struct rehearsal *rehearsal, struct plan *plan,
                                        struct span body, struct rehearsed so_far,
                                        struct why *why) {
    struct group_change change;
    struct group_changed changed;
    const struct group *stored;
    const char *code;
    if (group_change_read(plan->arena, body, &change, why))
        return rehearsal_dead(so_far, "bad_message");
    plan->sender = change.caller;
    plan->recipient = change.group_id;
    if (find_stored(rehearsal, plan, &stored)) {
        why_say(why, "what is stored cannot be read");
        so_far.end = REHEARSED_WAIT;
        return so_far;
    }
    if (group_change_apply(plan->arena, &change, plan->app, stored, plan->received_ms, &changed,
                           &code, why) == 0)
        return judge_changed(rehearsal, plan, changed.object, so_far, why);
    plan->outcome = PLAN_REJECTED;
    plan->code = span_of(code);
    plan->reason = arena_copy(plan->arena, span_of(why->words));
    return so_far;
}
