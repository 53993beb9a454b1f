/* A family: a message, and what policies' words about it cause: replies, further copies, a
 * redirect, and whatever is said about those. Each is a message of its own, judged by the same
 * policies; all stand in the list of the first one, in the order in which they were caused.
 *
 * They share budgets: units, copies, bytes. Two bounds end circles (a reply that is replied to, a
 * redirect back): how many words in a row (`hops_max`) and how many messages in all
 * (PLAN_CHILDREN_MAX). Nobody is told of what was cut; the logs say it. */
#include "flow/judge_inside.h"

#include "words/log.h"

struct family judge_family(const struct judge *judge, struct plan *root) {
    struct family family = {
        .judge = judge,
        .root = root,
        .next = root->wait.next_child ? root->wait.next_child : root->child + 1,
        .units = policy_share_start(judge->policies, 0).units,
    };
    if (judge->trace) {
        judge->trace->step_count = judge->trace->asked_count = 0;
        judge->trace->is_cut = false;
        judge->trace->units = 0;
        judge->trace->microseconds = 0;
    }
    if (judge->memory)
        policy_memory_begin(judge->memory);
    root->trace = judge->trace;
    root->outcome = PLAN_DELIVERED;
    root->policy = root->code = root->reason = SPAN_NONE;
    root->copy_count = 0;
    return family;
}

void judge_cut(struct judgement *at, struct span policy, struct span code, struct span reason) {
    char quoted[80];
    log_line(LOG_WARN, "cut", "message_id=%s policy=%s code=%.*s reason=\"%.*s\"",
             at->plan->id.text, log_quote(quoted, sizeof quoted, policy), SPAN_ARGS(code),
             SPAN_ARGS(reason));
    struct policy_trace *trace = at->trace;
    if (!trace || trace->step_count == TRACE_STEPS)
        return;
    trace->steps[trace->step_count++] = (struct policy_step){
        .policy = policy, .event = at->event, .word = WORD_ERROR, .code = code, .reason = reason};
}

/* Numbers that replies and further copies leave: without a child what is redirected would be lost.
 */
enum { FOR_REDIRECTS = 64 };

static bool has_room(const struct judgement *at) {
    const struct family *family = at->family;
    unsigned left = at->plan->outcome == PLAN_REDIRECTED ? 0 : FOR_REDIRECTS;
    return family->root->child_count < PLAN_CHILDREN_MAX && family->next + left < IDENT_CHILDREN;
}

/* Of its own arena: it may outlive the parent. */
static struct plan *make_child(struct judgement *at) {
    struct family *family = at->family;
    const struct plan *parent = at->plan;
    struct plan *child = plan_new();
    child->origin = parent->origin;
    child->child = family->next++;
    child->id = ident_make(child->origin.incarnation, child->origin.offset, child->child);
    child->hops = parent->hops + 1;
    child->app = arena_copy(child->arena, parent->app);
    child->form = parent->form;
    child->received_ms = family->judge->now_ms;
    return child;
}

static void append(struct family *family, struct plan *child) {
    struct plan *root = family->root;
    if (!root->child_count) {
        root->children = arena_array(root->arena, PLAN_CHILDREN_MAX, sizeof *root->children);
        family->matters = arena_array(root->arena, PLAN_CHILDREN_MAX, sizeof *family->matters);
    }
    root->children[root->child_count++] = child;
}

struct plan *judge_child(struct judgement *at, struct span policy) {
    struct family *family = at->family;
    if (!has_room(at)) {
        judge_cut(at, policy, SPAN("too_many_children"),
                  SPAN("policies cause more messages than one message may"));
        return NULL;
    }
    struct plan *child = make_child(at);
    append(family, child);
    child->policy = policy.at ? arena_copy(child->arena, policy) : SPAN_NONE;
    if (child->hops <= family->judge->hops_max)
        return child;
    judge_child_refused(
        child, SPAN("too_many_hops"),
        arena_print(child->arena, "%u words of policies caused each other", child->hops));
    return child;
}

void judge_child_refused(struct plan *child, struct span code, struct span reason) {
    child->outcome = PLAN_REJECTED;
    child->code = code;
    child->reason = reason;
}

void judge_child_says(struct family *family, struct span body) {
    struct plan *child = family->root->children[family->root->child_count - 1];
    struct message *message = &family->matters[family->root->child_count - 1].message;
    struct why why;
    bool to_group = route_is_group_id(child->recipient);
    if (message_read(child->arena, arena_copy(child->arena, body), to_group, message, &why) != 0)
        judge_child_refused(child, SPAN("bad_message"),
                            arena_copy(child->arena, span_of(why.words)));
}

static bool is_cut(const struct plan *child) {
    return child->outcome == PLAN_REJECTED;
}

static struct policy_trace *trace_of_child(const struct family *family, struct plan *child) {
    struct policy_trace *trace =
        family->judge->trace ? arena_array(child->arena, 1, sizeof *trace) : NULL;
    child->trace = trace;
    return trace;
}

enum judge_end judge_children(struct family *family, struct why *why) {
    struct plan *root = family->root;
    for (size_t i = 0; i < root->child_count; i++) {
        struct plan *child = root->children[i];
        if (is_cut(child))
            continue;
        struct judgement at = {.family = family,
                               .judge = family->judge,
                               .matter = &family->matters[i],
                               .plan = child,
                               .trace = trace_of_child(family, child)};
        if (judge_one(&at, why) == JUDGE_WAIT || judge_cause(&at, why) == JUDGE_WAIT)
            return JUDGE_WAIT;
    }
    return JUDGE_PLANNED;
}

/* Of one origin only one plan is judged at a time, so numbers go on where they ended; the store
 * knows the highest that it has. What was forgotten has used none up: a redirect that is asked
 * about again and again while facts are unavailable would run out of them, and be lost. */
static void pass_numbers_on(struct family *family) {
    struct plan *root = family->root;
    root->wait.next_child = family->next;
    for (size_t i = 0; i < root->child_count; i++)
        root->children[i]->wait.next_child = family->next;
}

static void end_memory(struct family *family, enum judge_end end) {
    struct policy_memory *memory = family->judge->memory;
    struct plan *root = family->root;
    if (memory && end == JUDGE_WAIT)
        policy_memory_undo(memory);
    else if (memory)
        policy_memory_keep(memory, root->arena, &root->kv, &root->kv_count);
}

static void forget_children(struct plan *root) {
    for (size_t i = 0; i < root->child_count; i++)
        plan_free(&root->children[i]);
    root->child_count = 0;
}

enum judge_end judge_finish(struct family *family, const struct plan_wait *before,
                            enum judge_end end) {
    struct plan *root = family->root;
    if (end != JUDGE_PLANNED) {
        forget_children(root);
        root->wait = *before;
    } else {
        pass_numbers_on(family);
    }
    end_memory(family, end);
    return end;
}
