/* What clients are told that is no inbox copy: one publication each, kept with the plan until the
 * broker confirmed it. */
#include "flow/inside.h"

#include "words/log.h"

static struct span skip(struct flow *flow, const struct plan *plan, const struct why *why) {
    char words[200];
    flow->counts.skipped_notices++;
    log_line(LOG_DEBUG, "skipped_notice", "message_id=%s reason=%s", plan->id.text,
             log_quote(words, sizeof words, span_of(why->words)));
    return SPAN_NONE;
}

static struct span add(struct plan *plan, struct span key, struct span body) {
    plan_add_letter(plan, (struct plan_letter){.to = LETTER_TOPIC, .key = key, .body = body});
    return key;
}

struct span notice_add(struct flow *flow, struct plan *plan, const char *what, const char *verb,
                       struct span body) {
    struct span key;
    struct why why;
    if (route_notice(plan->arena, plan->app, plan->sender, what, plan->recipient, verb, &key,
                     &why) != 0)
        return skip(flow, plan, &why);
    return add(plan, key, body);
}

struct span notice_of_message(struct flow *flow, struct plan *plan, struct span owner,
                              struct span other, struct span id, struct span body) {
    struct span key;
    struct why why;
    if (route_message_notice(plan->arena, plan->app, owner, other, id, &key, &why) != 0)
        return skip(flow, plan, &why);
    return add(plan, key, body);
}
