/* Who is told what of a change of a group (protocol, section 5): updates to clients, what asks for
 * newcomers' history, and what `system` writes to the group, in this order. The last two go to
 * outboxes of the server's own, and come back as traffic. */
#include "flow/inside.h"
#include "meaning/group_words.h"
#include "words/log.h"

/* What one change may cause beside the update itself. Newcomers are spoken of one by one (a message
 * to all, and an update) while that is so many copies in all; of more at once there is the update,
 * and no more is said. */
enum { SAID_COPIES = 10000, HISTORY_ENTRIES = 20000 };

/* An update is stored with its body for each member: so many bytes of it count as one copy more. */
enum { COPY_BYTES = 16 * 1024 };

/* ---- updates ---- */

static bool speaks_of_each(const struct group_changed *changed, const struct group *now) {
    size_t count = changed->newcomer_count;
    return count <= 1 || count * now->member_count <= SAID_COPIES;
}

static int pay(struct group_telling *telling, size_t count, size_t size, struct why *why) {
    if (telling->bytes + count * size > telling->flow->settings.fanout_max)
        return why_say(why,
                       "updates of %zu bytes for %zu members are more than one change may cause "
                       "(fanout_max)",
                       size, count);
    telling->bytes += count * size;
    return 0;
}

static bool changes_members(const struct group_telling *telling) {
    enum group_change_kind kind = telling->change->kind;
    return kind != GROUP_RENAME && kind != GROUP_ATTRIBUTES;
}

/* Who is in a group matters more than who hears of it at once: a large one can be left, too. */
static int leave_untold(struct group_telling *telling, size_t count, const struct why *why) {
    char words[300];
    if (!changes_members(telling))
        return -1;
    if (!telling->is_cut)
        log_line(LOG_WARN, "skipped_updates", "message_id=%s reason=%s", telling->plan->id.text,
                 log_quote(words, sizeof words, span_of(why->words)));
    telling->is_cut = true;
    telling->flow->counts.skipped_notices += count;
    return 0;
}

static void add_notice(struct group_telling *telling, struct span user, struct span body) {
    struct plan *plan = telling->plan;
    struct span key;
    if (!route_is_id(user) || route_notice(plan->arena, plan->app, user, "groups", plan->recipient,
                                           "clientupdated", &key, NULL) != 0)
        telling->flow->counts.skipped_notices++;
    else {
        plan->letters[plan->letter_count++] =
            (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = body};
        telling->copies += 1 + body.size / COPY_BYTES;
    }
}

/* `newcomer`: whom it is about, where it is about one. */
static int tell(struct group_telling *telling, const struct span *users, size_t count,
                struct span newcomer, struct why *why) {
    struct arena *arena = telling->plan->arena;
    struct span label = group_label(arena, telling->change, newcomer);
    if (pay(telling, count, telling->object.size + label.size, why) != 0)
        return leave_untold(telling, count, why);
    struct span body = group_notice(arena, telling->object, label);
    for (size_t i = 0; i < count; i++)
        add_notice(telling, users[i], body);
    return 0;
}

/* One by one, everybody hears of each; of many at once (their object is large, too) only they. */
static int tell_of_newcomers(struct group_telling *telling, struct why *why) {
    const struct group_changed *changed = telling->changed;
    const struct group *now = telling->now;
    int rc = 0;
    if (!telling->says_each)
        return tell(telling, changed->newcomers, changed->newcomer_count, SPAN_NONE, why);
    for (size_t i = 0; rc == 0 && i < changed->newcomer_count; i++)
        rc = tell(telling, now->members, now->member_count, changed->newcomers[i], why);
    return rc;
}

/* Of a new group members hear by its first messages. */
static int add_notices(struct group_telling *telling, struct why *why) {
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
static int ask_for_history(struct group_telling *telling, struct why *why) {
    const struct group_changed *changed = telling->changed;
    struct plan *plan = telling->plan;
    struct span key;
    if (changed->is_new || !changed->newcomer_count)
        return 0;
    size_t limit = HISTORY_ENTRIES / changed->newcomer_count;
    if (limit > FACT_HISTORY_MAX)
        limit = FACT_HISTORY_MAX;
    if (route_history(plan->arena, plan->app, &key, why) != 0)
        return -1;
    for (size_t i = 0; i < changed->newcomer_count; i++) {
        struct group_history history = {
            .group_id = plan->recipient, .member = changed->newcomers[i], .limit = limit};
        add_outbox(plan, key, group_history_write(plan->arena, &history));
    }
    telling->copies += limit * changed->newcomer_count;
    return 0;
}

static void say(struct group_telling *telling, struct span key, enum group_saying saying,
                struct span member) {
    struct plan *plan = telling->plan;
    add_outbox(plan, key,
               group_message(plan->arena, telling->change, telling->object, saying, member));
    telling->copies += telling->now->member_count + 1;
}

static int add_sayings(struct group_telling *telling, struct why *why) {
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
static size_t letters_room(const struct group_telling *telling) {
    size_t newcomers = telling->changed->newcomer_count;
    size_t before = telling->before ? telling->before->member_count : 0;
    size_t now = telling->now->member_count;
    return before + now + (telling->says_each ? newcomers * now : newcomers) + 2 * newcomers + 1;
}

int group_tell(struct group_telling *telling, struct why *why) {
    struct plan *plan = telling->plan;
    telling->says_each = speaks_of_each(telling->changed, telling->now);
    plan->letters = arena_array(plan->arena, letters_room(telling), sizeof *plan->letters);
    return add_notices(telling, why) == 0 && ask_for_history(telling, why) == 0
               ? add_sayings(telling, why)
               : -1;
}
