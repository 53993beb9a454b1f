/* Changes of groups: apps.observer.APP.groups.change (meaning/group_change.h says what stands
 * there, and who may). Only a back end's token can write there; the HTTP API does.
 *
 * The stored group is changed and stored again, asked of policies on the event `group`; then
 * members are told, in this order: the update (...groups.G.clientupdated), what asks for the
 * newcomers' history (kind_history.c), and what `system` writes to the group (protocol, section 5).
 * The last two go to outboxes of the server's own and come back as traffic, behind all that was
 * taken before, and are judged as such.
 *
 * What is refused is stored as such, for who waits with a ticket; nobody else is told, and there is
 * no dead letter: it was understood. A caller has the budget of who changes facts (`changes`);
 * admins, as back ends are, have none. What `system` then writes has no budget of copies either
 * (ask_judge.c): it is bounded here. */
#include "flow/kinds.h"
#include "meaning/group_words.h"

/* What one change may cause beside the update itself. Newcomers are spoken of one by one (a message
 * to all, and an update) while that is so many copies in all; of more, each is told itself, and the
 * others hear of it by the update. */
enum { SAID_COPIES = 10000, HISTORY_ENTRIES = 20000 };

static enum outcome parse(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    struct group_change *change = arena_array(plan->arena, 1, sizeof *change);
    if (group_change_read(plan->arena, parcel->body, change, why) != 0)
        return OUTCOME_DEAD;
    parcel->change = change;
    plan->sender = change->caller;
    plan->recipient = change->group_id;
    parcel->is_limited =
        !change->is_admin && !sender_may(flow, flow->changes, parcel, flow->settings.changes, 1);
    return OUTCOME_NEXT;
}

static enum outcome refused(struct flow *flow, struct parcel *parcel, const char *code,
                            const struct why *why) {
    struct plan *plan = parcel->plan;
    refuse_children(plan);
    plan->letter_count = plan->effect_count = 0;
    plan->outcome = PLAN_REJECTED;
    plan->code = span_of(code);
    plan->reason = arena_copy(plan->arena, span_of(why->words));
    refuse_judged(flow, parcel);
    return OUTCOME_NEXT;
}

/* ---- who is told what ---- */

struct telling {
    struct flow *flow;
    struct plan *plan;
    const struct group_change *change;
    const struct group_changed *changed;
    const struct group *before; /* NULL: there was none */
    const struct group *now;
    struct span object; /* what it is now, as members are told */
    bool says_each;     /* newcomers are spoken of one by one */
    size_t bytes;       /* of the updates so far */
};

static bool speaks_of_each(const struct group_changed *changed, const struct group *now) {
    size_t count = changed->newcomer_count;
    return count <= 1 || count * now->member_count <= SAID_COPIES;
}

static int pay(struct telling *telling, size_t count, size_t size, struct why *why) {
    telling->bytes += count * size;
    return telling->bytes <= telling->flow->settings.fanout_max
               ? 0
               : why_say(why,
                         "updates of %zu bytes for %zu members are more than one change may "
                         "cause",
                         size, count);
}

static void add_notice(struct telling *telling, struct span user, struct span body) {
    struct plan *plan = telling->plan;
    struct span key;
    if (!route_is_id(user) || route_notice(plan->arena, plan->app, user, "groups", plan->recipient,
                                           "clientupdated", &key, NULL) != 0)
        telling->flow->counts.skipped_notices++;
    else
        plan->letters[plan->letter_count++] =
            (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = body};
}

/* `newcomer`: whom it is about, where it is about one. */
static int tell(struct telling *telling, const struct span *users, size_t count,
                struct span newcomer, struct why *why) {
    struct arena *arena = telling->plan->arena;
    struct span label = group_label(arena, telling->change, newcomer);
    struct span body = group_notice(arena, telling->object, label);
    if (pay(telling, count, body.size, why) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        add_notice(telling, users[i], body);
    return 0;
}

static int tell_of_newcomers(struct telling *telling, struct why *why) {
    const struct group_changed *changed = telling->changed;
    const struct group *now = telling->now;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < changed->newcomer_count; i++)
        rc = telling->says_each
                 ? tell(telling, now->members, now->member_count, changed->newcomers[i], why)
                 : tell(telling, &changed->newcomers[i], 1, changed->newcomers[i], why);
    return rc;
}

/* Of a new group members hear by its first messages. */
static int add_notices(struct telling *telling, struct why *why) {
    const struct group *before = telling->before, *now = telling->now;
    if (!before)
        return 0;
    switch (telling->change->kind) {
    case GROUP_CREATE:
    case GROUP_MEMBERS:
        return tell(telling, before->members, before->member_count, SPAN_NONE, why) == 0
                   ? tell_of_newcomers(telling, why)
                   : -1;
    case GROUP_JOIN:
        return tell_of_newcomers(telling, why);
    case GROUP_LEAVE:
        return tell(telling, before->members, before->member_count, SPAN_NONE, why);
    case GROUP_RENAME:
    case GROUP_ATTRIBUTES:
        break;
    }
    return tell(telling, now->members, now->member_count, SPAN_NONE, why);
}

/* ---- what comes back as traffic ---- */

static void add_outbox(struct plan *plan, struct span key, struct span body) {
    plan->letters[plan->letter_count++] =
        (struct plan_letter){.to = LETTER_OUTBOX, .key = key, .body = body};
}

/* A new group has no past that its members may see. */
static int ask_for_history(struct telling *telling, struct why *why) {
    const struct group_changed *changed = telling->changed;
    struct plan *plan = telling->plan;
    struct span key;
    if (changed->is_new || !changed->newcomer_count)
        return 0;
    size_t limit = HISTORY_ENTRIES / changed->newcomer_count;
    if (route_history(plan->arena, plan->app, &key, why) != 0)
        return -1;
    for (size_t i = 0; i < changed->newcomer_count; i++) {
        struct group_history history = {.group_id = plan->recipient,
                                        .member = changed->newcomers[i],
                                        .limit =
                                            limit < FACT_HISTORY_MAX ? limit : FACT_HISTORY_MAX};
        add_outbox(plan, key, group_history_write(plan->arena, &history));
    }
    return 0;
}

static void say(struct telling *telling, struct span key, enum group_saying saying,
                struct span member) {
    struct plan *plan = telling->plan;
    add_outbox(plan, key,
               group_message(plan->arena, telling->change, telling->object, saying, member));
}

static int add_sayings(struct telling *telling, struct why *why) {
    const struct group_changed *changed = telling->changed;
    struct plan *plan = telling->plan;
    enum group_saying joins = changed->is_new ? SAYS_JOINED_AT_ONCE : SAYS_JOINED;
    struct span key;
    if (route_outbox(plan->arena, plan->app, SPAN("system"), plan->recipient, &key, why) != 0)
        return -1;
    if (changed->is_new)
        say(telling, key, SAYS_CREATED, SPAN_NONE);
    for (size_t i = 0; telling->says_each && i < changed->newcomer_count; i++)
        say(telling, key, joins, changed->newcomers[i]);
    if (telling->change->kind == GROUP_LEAVE)
        say(telling, key, SAYS_LEFT, telling->change->member_id);
    return 0;
}

/* More than there will be: updates to those who were in it and who are, of each newcomer to all or
 * to that one, a history and a message for each, and one message more. */
static size_t letters_room(const struct telling *telling) {
    size_t newcomers = telling->changed->newcomer_count;
    size_t before = telling->before ? telling->before->member_count : 0;
    size_t now = telling->now->member_count;
    return before + now + (telling->says_each ? newcomers * now : newcomers) + 2 * newcomers + 1;
}

static int tell_all(struct telling *telling, struct why *why) {
    struct plan *plan = telling->plan;
    telling->says_each = speaks_of_each(telling->changed, telling->now);
    plan->letters = arena_array(plan->arena, letters_room(telling), sizeof *plan->letters);
    return add_notices(telling, why) == 0 && ask_for_history(telling, why) == 0
               ? add_sayings(telling, why)
               : -1;
}

/* ---- deciding ---- */

/* NEXT with `*stored` NULL: there is no such group. */
static enum outcome find_stored(struct flow *flow, struct plan *plan, const struct group **stored,
                                struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    *stored = NULL;
    switch (facts->group(facts->self, plan->arena, plan->app, plan->recipient, group)) {
    case FACT_UNAVAILABLE:
        why_say(why, "groups cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        *stored = group;
        break;
    case FACT_ABSENT:
        break;
    }
    return OUTCOME_NEXT;
}

/* A group that was never stored (its members stood in the messages) has a past all the same, and
 * who makes it theirs could have it shown to whom they like. */
static enum outcome find_past(struct flow *flow, struct plan *plan, bool *has_past,
                              struct why *why) {
    const struct facts *facts = &flow->parts.facts;
    struct fact_conversation past;
    *has_past = false;
    if (unstored_changes_conversation(flow, plan->app, plan->recipient))
        return unstored_wait(flow);
    switch (facts->conversation(facts->self, plan->arena, plan->app, plan->recipient,
                                plan->recipient, &past)) {
    case FACT_UNAVAILABLE:
        why_say(why, "conversations cannot be read");
        return OUTCOME_WAIT;
    case FACT_FOUND:
        *has_past = true;
        break;
    case FACT_ABSENT:
        break;
    }
    return OUTCOME_NEXT;
}

/* What is known of it; NEXT with `*code`: it is refused already. */
static enum outcome look(struct flow *flow, struct parcel *parcel, const struct group **stored,
                         const char **code, struct why *why) {
    struct plan *plan = parcel->plan;
    const struct group_change *change = parcel->change;
    bool has_past = false;
    enum outcome outcome = find_stored(flow, plan, stored, why);
    if (outcome == OUTCOME_NEXT && !*stored && change->kind == GROUP_CREATE && !change->is_admin)
        outcome = find_past(flow, plan, &has_past, why);
    if (outcome == OUTCOME_NEXT && has_past) {
        *code = "unauthorized";
        why_say(why, "Unauthorized");
    }
    return outcome;
}

static enum outcome apply(struct flow *flow, struct parcel *parcel, struct telling *telling,
                          struct why *why) {
    struct plan *plan = parcel->plan;
    if (plan->outcome == PLAN_REJECTED)
        refuse_judged(flow, parcel);
    if (plan->outcome != PLAN_APPLIED)
        return OUTCOME_NEXT;
    if (tell_all(telling, why) != 0)
        return refused(flow, parcel, "too_large", why);
    plan_add_effect(plan, (struct plan_effect){.kind = EFFECT_GROUP, .group = telling->now});
    return OUTCOME_NEXT;
}

static enum outcome judge(struct flow *flow, struct parcel *parcel, const struct group *stored,
                          const struct group_changed *changed, struct why *why) {
    struct plan *plan = parcel->plan;
    struct asked asked = {.flow = flow, .parcel = parcel};
    struct judge asks = flow_judge(&asked);
    struct group *group = arena_array(plan->arena, 1, sizeof *group);
    struct telling telling = {.flow = flow,
                              .plan = plan,
                              .change = parcel->change,
                              .changed = changed,
                              .before = stored,
                              .now = group};
    enum outcome outcome =
        flow_judged(&asked, judge_update(&asks, plan, changed->object, &telling.object, group,
                                         &parcel->code, why));
    return outcome == OUTCOME_NEXT ? apply(flow, parcel, &telling, why) : outcome;
}

static enum outcome decide(struct flow *flow, struct parcel *parcel, struct why *why) {
    struct plan *plan = parcel->plan;
    const struct group *stored;
    struct group_changed changed;
    const char *code = NULL;
    plan->letter_count = plan->effect_count = 0;
    if (parcel->is_limited) {
        why_say(why, "more than %u changes a minute", flow->settings.changes.per_minute);
        return refused(flow, parcel, "rate_limited", why);
    }
    enum outcome outcome = look(flow, parcel, &stored, &code, why);
    if (outcome != OUTCOME_NEXT)
        return outcome;
    if (code || group_change_apply(plan->arena, parcel->change, plan->app, stored,
                                   plan->received_ms, &changed, &code, why) != 0)
        return refused(flow, parcel, code, why);
    return judge(flow, parcel, stored, &changed, why);
}

const struct kind kind_group_change = {.name = "group_change",
                                       .knows_repeats = true,
                                       .parse = parse,
                                       .decide = decide,
                                       .refuse = refuse_silently};
