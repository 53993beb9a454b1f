/* How answers add up: the table in policies/README.md, "What it says". */
#include "decide.h"

#include "words/check.h"

/* It outlives the set. */
static struct span name_of(const struct combining *combining, const struct policy *policy) {
    return arena_copy(combining->arena, span_of(policy->name));
}

static bool has(const struct verdict *verdict, struct span id) {
    for (size_t i = 0; i < verdict->copy_to_count; i++)
        if (span_equal(verdict->copy_to[i], id))
            return true;
    return false;
}

/* How many found no room. */
static size_t add_copy_to(struct combining *combining, const struct policy *policy,
                          const struct answer *answer) {
    struct verdict *out = combining->out;
    struct span name = name_of(combining, policy);
    size_t left_out = 0;
    if (!combining->copy_to) {
        size_t each = sizeof *combining->copy_to;
        combining->copy_to = arena_array(combining->arena, POLICY_COPY_TO_MAX, each);
        combining->copy_to_policies = arena_array(combining->arena, POLICY_COPY_TO_MAX, each);
    }
    out->copy_to = combining->copy_to;
    out->copy_to_policies = combining->copy_to_policies;
    for (size_t i = 0; i < answer->to_count; i++) {
        if (has(out, answer->to[i]))
            continue;
        if (out->copy_to_count == POLICY_COPY_TO_MAX) {
            left_out++;
            continue;
        }
        combining->copy_to[out->copy_to_count] = answer->to[i];
        combining->copy_to_policies[out->copy_to_count++] = name;
    }
    return left_out;
}

static size_t add_replies(struct combining *combining, const struct answer *answer) {
    struct verdict *out = combining->out;
    size_t left_out = 0;
    if (answer->reply_count == 0)
        return 0;
    if (!combining->replies)
        combining->replies =
            arena_array(combining->arena, POLICY_REPLIES_MAX, sizeof *combining->replies);
    out->replies = combining->replies;
    for (size_t i = 0; i < answer->reply_count; i++) {
        if (out->reply_count < POLICY_REPLIES_MAX)
            combining->replies[out->reply_count++] = answer->replies[i];
        else
            left_out++;
    }
    return left_out;
}

void combine_stop(struct combining *combining, const struct policy *policy, enum policy_verb verb,
                  const struct answer *answer) {
    struct verdict *out = combining->out;
    out->verb = verb;
    out->policy = name_of(combining, policy);
    out->code = answer->code;
    out->reason = answer->reason;
    out->defer_ms = answer->defer_ms;
    out->redirect = out->redirect_policy = SPAN_NONE;
    out->copy_to = out->copy_to_policies = NULL;
    out->replies = NULL;
    out->copy_to_count = out->reply_count = 0;
    add_replies(combining, answer);
}

static void rewrite(struct combining *combining, const struct policy *policy,
                    const struct answer *answer) {
    combining->out->body = answer->body;
    combining->out->is_rewritten = true;
    combining->out->policy = name_of(combining, policy);
}

static void redirect(struct combining *combining, const struct policy *policy,
                     const struct answer *answer) {
    check(answer->to_count == 1);
    combining->out->redirect = answer->to[0];
    combining->out->redirect_policy = name_of(combining, policy);
}

static struct span left_out_words(struct arena *arena, size_t copies, size_t replies) {
    if (copies)
        return arena_print(arena, "left out: %zu of its copies (at most %d of a message)", copies,
                           POLICY_COPY_TO_MAX);
    if (replies)
        return arena_print(arena, "left out: %zu of its replies (at most %d of a message)", replies,
                           POLICY_REPLIES_MAX);
    return SPAN_NONE;
}

struct span combine(struct combining *combining, const struct policy *policy,
                    const struct answer *answer) {
    size_t copies = 0, replies = 0;
    switch (answer->word) {
    case WORD_REJECT:
        combine_stop(combining, policy, VERB_REJECT, answer);
        return SPAN_NONE;
    case WORD_DROP:
        combine_stop(combining, policy, VERB_DROP, answer);
        return SPAN_NONE;
    case WORD_DEFER:
        combine_stop(combining, policy, VERB_DEFER, answer);
        return SPAN_NONE;
    case WORD_QUARANTINE:
        combine_stop(combining, policy, VERB_QUARANTINE, answer);
        return SPAN_NONE;
    case WORD_REWRITE:
        rewrite(combining, policy, answer);
        break;
    case WORD_REDIRECT:
        redirect(combining, policy, answer);
        break;
    case WORD_COPY_TO:
        copies = add_copy_to(combining, policy, answer);
        break;
    case WORD_NONE:
    case WORD_ACCEPT:
        break;
    case WORD_ERROR:
    case WORD_SET_ASIDE:
    case WORD_WAIT:
        check(!"no answer");
    }
    replies = add_replies(combining, answer);
    return left_out_words(combining->arena, copies, replies);
}
