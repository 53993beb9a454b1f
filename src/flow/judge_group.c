/* Where a message to a group goes: one copy to each member (150) and the group's own (100), whose
 * timeline is the group's history (protocol, section 2). */
#include "flow/judge_inside.h"

#include "words/log.h"

/* Who is in the group: the stored one's members, else the inline one's and the sender, else the
 * sender alone; and always the group itself. */
static void find_members(struct judgement *at, struct group *members) {
    struct plan *plan = at->plan;
    const struct message *message = &at->matter->message;
    if (at->stored)
        *members = *at->stored;
    else if (message->has_inline_group)
        *members = message->inline_group;
    else
        *members = (struct group){.member_count = 0};
    if (!at->stored)
        group_add(plan->arena, members, plan->sender);
    group_add(plan->arena, members, plan->recipient);
}

/* May this member have a copy? Policies on the event `copy` may leave out just this one. All copies
 * are judged on one budget; if that runs dry the message is refused whole, rather than some members
 * left out. */
static enum judge_end ask_copy(struct judgement *at, struct span member, bool *gets_it,
                               struct why *why) {
    struct policy_question asked = judge_question(at, POLICY_COPY);
    struct verdict verdict;
    asked.owner = member;
    policy_decide(at->judge->policies, at->plan->arena, &asked, &verdict);
    *gets_it = verdict.verb == VERB_NONE;
    if (verdict.verb == VERB_WAIT) {
        why_say(why, "%.*s", SPAN_ARGS(verdict.reason));
        return JUDGE_WAIT;
    }
    if (!at->share.is_spent)
        return JUDGE_PLANNED;
    why_say(why, "judging its copies takes more than one message may cost");
    return judge_dead(at, "too_costly");
}

static bool is_group_itself(const struct plan *plan, struct span member) {
    return span_equal(member, plan->recipient);
}

/* A message that is dropped, or goes elsewhere, is seen by its sender alone, as if it had gone out;
 * one that a policy's word caused, by nobody. */
static bool is_left_out(const struct judgement *at, struct span member) {
    const struct plan *plan = at->plan;
    bool arrives = at->verdict.verb != VERB_DROP && plan->outcome != PLAN_REDIRECTED;
    return !arrives && (plan->child || !span_equal(member, plan->sender));
}

static void skip(const struct judgement *at, struct span member) {
    char group[300], who[300];
    if (at->judge->skips)
        at->judge->skips(at->judge->self, at->plan, member);
    log_line(LOG_WARN, "skipped_member",
             "message_id=%s group=%s member=%s reason=\"the inbox key would be over 255 bytes\"",
             at->plan->id.text, log_quote(group, sizeof group, at->plan->recipient),
             log_quote(who, sizeof who, member));
}

static enum judge_end plan_member(struct judgement *at, struct span member, bool asks,
                                  struct why *why) {
    struct plan *plan = at->plan;
    struct why ignored;
    bool gets_it = true;
    if (is_left_out(at, member))
        return JUDGE_PLANNED;
    if (!judge_key_fits(plan, member, plan->recipient, &ignored)) {
        skip(at, member);
        return JUDGE_PLANNED;
    }
    enum judge_end end = JUDGE_PLANNED;
    if (asks && !is_group_itself(plan, member))
        end = ask_copy(at, member, &gets_it, why);
    if (end == JUDGE_PLANNED && gets_it)
        plan->copies[plan->copy_count++] =
            (struct plan_copy){member, plan->recipient,
                               is_group_itself(plan, member) ? STATUS_SENT : STATUS_DELIVERED};
    return end;
}

/* One message to a large group is as much work as thousands of messages. */
static enum judge_end check_size(struct judgement *at, size_t copies, struct why *why) {
    const struct judge *judge = at->judge;
    struct family *family = at->family;
    size_t all = family->copies + copies, bytes = family->bytes + copies * at->body.size;
    if (bytes > judge->fanout_max) {
        why_say(why, "%zu bytes for %zu members are more than one message may cause", at->body.size,
                copies);
        return judge_dead(at, "too_large");
    }
    if (judge->may_copy && !judge->may_copy(judge->self, family->root, all, why))
        return judge_dead(at, "rate_limited");
    family->copies = all;
    family->bytes = bytes;
    return JUDGE_PLANNED;
}

/* All copies are judged on what is left of the message's budget, and a little for each. */
static void start_share(struct judgement *at, size_t copies) {
    struct policy_set *policies = at->judge->policies;
    uint64_t spent = policy_share_start(policies, 0).units - at->family->units;
    at->share = policy_share_start(policies, copies);
    at->share.units -= at->plan->child ? spent : 0;
    at->share.trace = at->trace;
}

enum judge_end judge_group(struct judgement *at, struct why *why) {
    struct plan *plan = at->plan;
    struct group members;
    if (!judge_key_fits(plan, plan->recipient, plan->recipient, why))
        return judge_dead(at, "key_too_long");
    find_members(at, &members);
    enum judge_end end = check_size(at, members.member_count, why);
    if (end != JUDGE_PLANNED)
        return end;
    plan->copies = arena_array(plan->arena, members.member_count, sizeof *plan->copies);
    plan->copy_count = 0;
    bool asks = policy_set_asks(at->judge->policies, POLICY_COPY, plan->app);
    start_share(at, members.member_count);
    for (size_t i = 0; i < members.member_count && end == JUDGE_PLANNED; i++)
        end = plan_member(at, members.members[i], asks, why);
    return end;
}
