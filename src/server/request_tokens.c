#include "server/request_tokens.h"

#include "meaning/route.h"
#include "words/json.h"
#include "words/log.h"

#include <inttypes.h>

static struct span read_text(struct call *call, const char *name) {
    struct json_value value;
    return json_find(call->request, span_of(name), &value) && value.type == JSON_STRING
               ? json_unquote(call->arena, value.text)
               : SPAN_NONE;
}

static bool is_served(const struct config *config, struct span app) {
    for (size_t i = 0; i < config->app_count; i++)
        if (span_equal(config->apps[i], app))
            return true;
    return false;
}

/* False: answered. */
static bool read_order(struct worker *worker, struct call *call, enum order_kind kind,
                       struct order *order) {
    char shown[96];
    *order = (struct order){.kind = kind,
                            .app = read_text(call, "app"),
                            .target = read_text(call, "user"),
                            .now_ms = clock_wall_ms(worker->clock)};
    if (!is_served(worker->config, order->app))
        call_fail(call, "the app %s is not served here",
                  log_quote(shown, sizeof shown, order->app));
    else if (!route_is_id(order->target))
        call_fail(call, "%s is no possible user", log_quote(shown, sizeof shown, order->target));
    else
        return true;
    return false;
}

static void log_order(const struct order *order) {
    char app[96], user[96];
    log_line(LOG_INFO, "tokens", "state=%s app=%s user=%s",
             order->kind == ORDER_REVOKE ? "revoked" : "restored",
             log_quote(app, sizeof app, order->app), log_quote(user, sizeof user, order->target));
}

/* Gives it the first time; `call->number` is its own from then on. True: it is stored. */
static bool is_stored(struct worker *worker, struct call *call, const struct order *order) {
    call->words = "the store";
    if (!call->number && orders_give(worker->orders, order, &call->number))
        log_order(order);
    return call->number && flow_orders_stored(worker->flow) >= call->number;
}

bool request_revoke(struct worker *worker, struct call *call) {
    struct json_value value;
    struct order order;
    int64_t seconds = 0;
    if (!read_order(worker, call, ORDER_REVOKE, &order))
        return true;
    if (!json_find(call->request, SPAN("seconds"), &value) || !json_whole(value, &seconds) ||
        seconds < 1 || seconds > INT64_C(10) * 365 * 86400) {
        call_fail(call, "\"seconds\" is missing: for how long, up to ten years");
        return true;
    }
    if (!call->asked)
        call->count = (uint64_t)order.now_ms;
    order.now_ms = (int64_t)call->count;
    /* Tokens say only the second that they were made in: those of this one are among them. */
    order.since = order.now_ms / 1000 + 1;
    order.until_ms = order.now_ms + seconds * 1000;
    if (!is_stored(worker, call, &order))
        return false;
    text_print(&call->answer, "{\"ok\":true,\"since_ms\":%" PRId64 ",\"until_ms\":%" PRId64 "}",
               order.since * 1000, order.until_ms);
    return true;
}

bool request_restore(struct worker *worker, struct call *call) {
    struct facts facts = store_reader_facts(worker->reader);
    struct order order;
    int64_t since;
    if (!read_order(worker, call, ORDER_RESTORE, &order))
        return true;
    if (!call->asked)
        call->count =
            facts.revoked(facts.self, order.app, order.target, order.now_ms, &since) == FACT_FOUND;
    if (!is_stored(worker, call, &order))
        return false;
    text_print(&call->answer, "{\"ok\":true,\"was_revoked\":%s}", call->count ? "true" : "false");
    return true;
}
