/* What became of a change, as a reply. */
#include "api/inside.h"

bool plan_is_refused(const struct plan *plan) {
    return plan->outcome == PLAN_REJECTED || plan->outcome == PLAN_DEAD;
}

struct span plan_reason(const struct plan *plan) {
    return plan->reason.size ? plan->reason : plan->code;
}

/* 422: it was understood, and a policy does not want it. (403 means the token, to clients.) */
static unsigned status_of(const struct plan *plan) {
    if (span_is(plan->code, "rate_limited"))
        return 429;
    if (span_is(plan->code, "too_large"))
        return 413;
    return plan->outcome == PLAN_DEAD ? 400 : 422;
}

enum http_when reply_refused_plan(struct api_call *call, const struct plan *plan) {
    struct json_writer writer = json_write(call->arena);
    call->reply->status = status_of(plan);
    call->reply->content_type = "application/json; charset=utf-8";
    if (call->reply->status == 429)
        reply_header(call, "Retry-After", "1"); /* limits fill up again by the minute */
    json_open(&writer, NULL, '{');
    json_put_bool(&writer, "success", false);
    json_put_text(&writer, "err", plan_reason(plan));
    json_put_text(&writer, "code", plan->code);
    json_put_text(&writer, "message_id", span_of(plan->id.text));
    json_close(&writer, '}');
    text_add(&call->reply->body, json_written(&writer));
    return HTTP_NOW;
}

void reply_change(struct api_call *call, const struct wait_end *end, unsigned status) {
    struct plan *plan = wait_failed(call, end) ? NULL : wait_plan(call, end);
    if (!plan)
        return;
    if (plan_is_refused(plan))
        reply_refused_plan(call, plan);
    else
        reply_success(call, status);
    plan_free(&plan);
}
