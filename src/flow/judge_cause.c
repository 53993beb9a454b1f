/* What a verdict causes, as messages of their own (protocol, section 2):
 *
 *   redirect  the message, as rewritten, from its sender to somebody else
 *   copy_to   the same, besides
 *   reply     from `system`, to the group a message was sent to, else to its sender; to a change
 * that is no message: to whose it is, or, where a back end says what a group is, to the group
 *
 * Each is judged for itself: whoever blocked the sender does not get a copy that way either. */
#include "flow/judge_inside.h"

#include "words/text.h"

/* The child's recipient is a group only if it is stored; what a message says of a group stays with
 * the one it was written to. */
static enum judge_end find_kind(const struct judgement *at, struct plan *child, bool *is_group,
                                struct why *why) {
    const struct facts *facts = &at->judge->facts;
    const struct group *news = at->family->news;
    struct group found;
    *is_group = true;
    if (route_is_group_id(child->recipient) || (news && span_equal(news->id, child->recipient)))
        return JUDGE_PLANNED;
    enum fact fact = facts->group(facts->self, child->arena, child->app, child->recipient, &found);
    *is_group = fact == FACT_FOUND;
    if (fact != FACT_UNAVAILABLE)
        return JUDGE_PLANNED;
    why_say(why, "whether the recipient is a group cannot be read");
    return JUDGE_WAIT;
}

/* A child to `to`; NULL: it was cut, or cannot be. */
static struct plan *child_to(struct judgement *at, struct span policy, struct span sender,
                             struct span to) {
    struct plan *child = judge_child(at, policy);
    if (!child)
        return NULL;
    child->sender = arena_copy(child->arena, sender);
    child->recipient = arena_copy(child->arena, to);
    if (child->outcome == PLAN_REJECTED)
        return NULL;
    if (route_is_id(to))
        return child;
    child->recipient = SPAN_NONE;
    judge_child_refused(child, SPAN("bad_recipient"),
                        SPAN("the policy names a recipient that is no possible id"));
    return NULL;
}

static struct span field(struct span object, struct span name, struct span otherwise) {
    struct json_value value;
    bool is_string = object.size && json_find(object, name, &value) && value.type == JSON_STRING;
    return is_string ? value.text : otherwise;
}

/* What the body says of the kind of conversation has to fit its new recipient. */
static struct span body_for(const struct judgement *at, const struct plan *child, bool is_group) {
    struct json_change changes[] = {
        {.path = SPAN("channel_type"), .value = is_group ? SPAN("\"group\"") : SPAN("\"direct\"")},
        {.path = SPAN("group"), .unset = true},
    };
    struct span out = at->body;
    struct why why;
    bool says_group =
        at->is_group || span_is(field(at->body, SPAN("channel_type"), SPAN("")), "\"group\"");
    if (is_group || says_group)
        json_splice(child->arena, at->body, changes, 2, &out, &why);
    return out;
}

static enum judge_end pass_on(struct judgement *at, struct span policy, struct span to,
                              struct why *why) {
    bool is_group;
    struct plan *child = child_to(at, policy, at->plan->sender, to);
    if (!child)
        return JUDGE_PLANNED;
    enum judge_end end = find_kind(at, child, &is_group, why);
    if (end == JUDGE_PLANNED)
        judge_child_says(at->family, body_for(at, child, is_group));
    return end;
}

/* ---- replies ---- */

static struct span full_name(const struct judgement *at, const struct plan *child) {
    struct span id = json_quote(child->arena, child->recipient);
    const struct group *group = at->family->news ? at->family->news : at->stored;
    if (group && span_equal(child->recipient, at->plan->recipient))
        return field(group->json, SPAN("name"), id);
    if (at->matter && span_equal(child->recipient, at->plan->sender))
        return field(at->body, SPAN("sender_fullname"), id);
    return id;
}

static struct span or_else(struct span given, struct span otherwise) {
    return given.at ? given : otherwise;
}

/* A group that is not stored is only what the message says it is: the reply has to say it too. */
static void add_inline_group(const struct judgement *at, const struct plan *child,
                             struct text *text) {
    struct json_value group;
    if (!at->stored && at->matter && at->matter->message.has_inline_group &&
        span_equal(child->recipient, at->plan->recipient) &&
        json_find(at->body, SPAN("group"), &group))
        text_print(text, ",\"group\":%.*s", SPAN_ARGS(group.text));
}

static struct span reply_body(const struct judgement *at, const struct plan *child,
                              const struct policy_reply *reply, bool is_group) {
    struct text text = text_start(child->arena, reply->text.size + 256);
    text_print(&text, "{\"text\":%.*s,\"type\":%.*s,\"recipient_fullname\":%.*s",
               SPAN_ARGS(reply->text), SPAN_ARGS(or_else(reply->type, SPAN("\"text\""))),
               SPAN_ARGS(full_name(at, child)));
    text_print(&text, ",\"sender_fullname\":\"System\",\"channel_type\":\"%s\"",
               is_group ? "group" : "direct");
    text_print(&text, ",\"attributes\":%.*s,\"metadata\":%.*s",
               SPAN_ARGS(or_else(reply->attributes, SPAN("null"))),
               SPAN_ARGS(or_else(reply->metadata, SPAN("null"))));
    add_inline_group(at, child, &text);
    text_add_char(&text, '}');
    return text_span(&text);
}

static struct span usual_reader(const struct judgement *at) {
    const struct plan *plan = at->plan;
    bool to_group = at->matter ? at->is_group : at->family->news || !plan->sender.at;
    return to_group ? plan->recipient : plan->sender;
}

static enum judge_end answer(struct judgement *at, const struct policy_reply *reply,
                             struct why *why) {
    bool is_group;
    struct plan *child =
        child_to(at, reply->policy, SPAN("system"), or_else(reply->to, usual_reader(at)));
    if (!child)
        return JUDGE_PLANNED;
    enum judge_end end = find_kind(at, child, &is_group, why);
    if (end == JUDGE_PLANNED)
        judge_child_says(at->family, reply_body(at, child, reply, is_group));
    return end;
}

/* Where the message goes anyway. */
static bool goes_there(const struct judgement *at, struct span to) {
    const struct span *redirect = &at->verdict.redirect;
    return span_equal(to, redirect->at ? *redirect : at->plan->recipient);
}

static enum judge_end pass_on_all(struct judgement *at, struct why *why) {
    const struct verdict *verdict = &at->verdict;
    enum judge_end end = JUDGE_PLANNED;
    if (at->plan->outcome == PLAN_REDIRECTED)
        end = pass_on(at, verdict->redirect_policy, verdict->redirect, why);
    for (size_t i = 0; end == JUDGE_PLANNED && i < verdict->copy_to_count; i++)
        if (!goes_there(at, verdict->copy_to[i]))
            end = pass_on(at, verdict->copy_to_policies[i], verdict->copy_to[i], why);
    return end;
}

enum judge_end judge_cause(struct judgement *at, struct why *why) {
    const struct verdict *verdict = &at->verdict;
    bool is_passed = at->plan->outcome == PLAN_DELIVERED || at->plan->outcome == PLAN_REDIRECTED;
    enum judge_end end = JUDGE_PLANNED;
    if (at->plan->outcome == PLAN_DEAD)
        return end;
    if (is_passed && verdict->verb == VERB_NONE)
        end = pass_on_all(at, why);
    for (size_t i = 0; end == JUDGE_PLANNED && i < verdict->reply_count; i++)
        end = answer(at, &verdict->replies[i], why);
    return end;
}
