#include "server/requests.h"

#include "server/metrics.h"
#include "server/request_tokens.h"
#include "server/request_webhooks.h"
#include "server/view.h"
#include "server/worker.h"
#include "words/json.h"
#include "words/log.h"
#include "words/nearest.h"

#include <inttypes.h>

enum { STATUS_DIFFERENCES = 5 };

static bool do_status(struct worker *worker, struct call *call) {
    view_json(view_take(worker, call->arena, STATUS_DIFFERENCES), call->arena, &call->answer);
    return true;
}

static bool do_differences(struct worker *worker, struct call *call) {
    text_add(&call->answer, SPAN("{\"ok\":true,\"differences\":"));
    view_differences(view_take(worker, call->arena, POLICY_DIFFERENCES), call->arena,
                     &call->answer);
    text_add_char(&call->answer, '}');
    return true;
}

static bool do_metrics(struct worker *worker, struct call *call) {
    struct text metrics = text_start(call->arena, 8192);
    metrics_text(view_take(worker, call->arena, 0), &metrics);
    text_add(&call->answer, SPAN("{\"ok\":true,\"metrics\":"));
    text_add(&call->answer, json_quote(call->arena, text_span(&metrics)));
    text_add_char(&call->answer, '}');
    return true;
}

/* Answered when a load is over that began after it was asked for. */
static bool do_reload(struct worker *worker, struct call *call) {
    const struct policies *policies = &worker->policies;
    if (call->asked == 0) {
        call->number = policies_reload(worker, "command");
        call->words = "the reload";
    }
    if (policies->ended < call->number)
        return false;
    if (policies->refused.words[0])
        call_fail(call, "%s", policies->refused.words);
    else
        text_print(&call->answer,
                   "{\"ok\":true,\"generation\":\"%016" PRIx64 "\",\"policies\":%zu}",
                   policy_set_generation(policies->set), policy_set_count(policies->set));
    return true;
}

/* ---- the quarantine ---- */

static bool read_id(struct call *call, struct ident *id) {
    struct json_value value;
    if (!json_find(call->request, SPAN("id"), &value) || value.type != JSON_STRING) {
        call_fail(call, "\"id\" is missing: a message id");
        return false;
    }
    struct span text = json_unquote(call->arena, value.text);
    uint64_t incarnation, offset;
    unsigned child;
    if (!ident_read(text, &incarnation, &offset, &child)) {
        char shown[96];
        call_fail(call, "%s is no message id", log_quote(shown, sizeof shown, text));
        return false;
    }
    *id = ident_make(incarnation, offset, child);
    return true;
}

/* What the store holds under the id now. False: it cannot be read, which is answered. */
static bool find_plan(struct worker *worker, struct call *call, const struct ident *id,
                      struct plan **plan) {
    struct why why;
    if (store_reader_plan(worker->reader, id, plan, &why) == 0)
        return true;
    call_fail(call, "%s", why.words);
    return false;
}

typedef int flow_order(struct flow *flow, const struct ident *id, struct why *why);

/* The first time: is it there at all? Then it is the flow's. True: answered, it cannot be done. */
static bool is_refused(struct worker *worker, struct call *call, const struct ident *id,
                       const struct plan *plan, flow_order *order) {
    struct why why;
    if (!plan)
        call_fail(call, "no message is stored under the id %s", id->text);
    else if (plan->outcome != PLAN_QUARANTINED)
        call_fail(call, "the message %s is not in quarantine: it is %s", id->text,
                  plan_outcome_name(plan->outcome));
    else if (order(worker->flow, id, &why) != 0)
        call_fail(call, "%s", why.words);
    else
        return false;
    return true;
}

static bool is_quarantined(const struct plan *plan) {
    return plan && plan->outcome == PLAN_QUARANTINED;
}

/* A policy that is always asked may put it there again, as another plan. */
static void say_done(struct call *call, const struct ident *id, const struct plan *plan) {
    if (is_quarantined(plan))
        call_fail(call, "the message %s is in quarantine again: %.*s %.*s", id->text,
                  SPAN_ARGS(plan->policy), SPAN_ARGS(plan->code));
    else
        text_print(&call->answer, "{\"ok\":true,\"message_id\":\"%s\",\"outcome\":\"%s\"}",
                   id->text, plan ? plan_outcome_name(plan->outcome) : "gone");
}

/* Done when another plan is stored under the id. */
static bool do_order(struct worker *worker, struct call *call, flow_order *order) {
    struct ident id;
    struct plan *plan = NULL;
    if (!read_id(call, &id) || !find_plan(worker, call, &id, &plan))
        return true;
    bool is_over = call->asked == 0 && is_refused(worker, call, &id, plan, order);
    if (call->asked == 0 && plan)
        call->number = (uint64_t)plan->seq;
    bool waits = !is_over && is_quarantined(plan) && (uint64_t)plan->seq == call->number;
    if (!is_over && !waits)
        say_done(call, &id, plan);
    plan_free(&plan);
    return !waits;
}

static bool do_release(struct worker *worker, struct call *call) {
    call->words = "the release";
    return do_order(worker, call, flow_release);
}

static bool do_discard(struct worker *worker, struct call *call) {
    call->words = "the deletion";
    return do_order(worker, call, flow_discard);
}

/* ---- the table ---- */

static const struct request {
    const char *name;
    bool (*run)(struct worker *worker, struct call *call);
} REQUESTS[] = {
    {"status", do_status},           {"metrics", do_metrics},    {"reload", do_reload},
    {"differences", do_differences}, {"release", do_release},    {"discard", do_discard},
    {"webhooks", request_webhooks},  {"revoke", request_revoke}, {"restore", request_restore},
};
enum { REQUEST_COUNT = sizeof REQUESTS / sizeof *REQUESTS };

static const struct request *find(struct call *call) {
    struct json_value value;
    if (!json_find(call->request, SPAN("do"), &value) || value.type != JSON_STRING) {
        call_fail(call, "\"do\" is missing: what is to be done");
        return NULL;
    }
    struct span name = json_unquote(call->arena, value.text);
    struct nearest nearest = nearest_start(name);
    for (size_t i = 0; i < REQUEST_COUNT; i++) {
        if (span_is(name, REQUESTS[i].name))
            return &REQUESTS[i];
        nearest_offer(&nearest, span_of(REQUESTS[i].name));
    }
    char hint[NEAREST_MAX + 24], shown[96];
    call_fail(call, "%s cannot be asked for%s", log_quote(shown, sizeof shown, name),
              nearest_words(&nearest, hint));
    return NULL;
}

bool requests_handle(void *self, struct call *call) {
    const struct request *request = find(call);
    return request ? request->run(self, call) : true;
}
