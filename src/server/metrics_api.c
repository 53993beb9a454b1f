/* The HTTP API. */
#include "server/metrics.h"
#include "server/metrics_lines.h"

static void put_requests(const struct serving_counts *api, struct text *out) {
    static const char *const CLASSES[] = {NULL, NULL, "2xx", "3xx", "4xx", "5xx"};
    metric_family(out, "chat21d_api_requests_total", "counter",
                  "Requests to the HTTP API that were answered, by their status.");
    for (size_t i = 2; i < sizeof CLASSES / sizeof *CLASSES; i++)
        metric_1(out, "chat21d_api_requests_total", "code", CLASSES[i], api->api.by_class[i]);
    metric_single(out, "chat21d_api_unauthorized_total", "counter",
                  "Requests without a right token, or for what is not theirs (401, 403).",
                  api->api.unauthorized);
    metric_single(out, "chat21d_api_limited_total", "counter",
                  "Requests beyond a user's or an address's limit (429).", api->api.limited);
    metric_single(out, "chat21d_api_cut_off_total", "counter",
                  "Requests that ended before: too large, too slow, or none.", api->http.refused);
    metric_single(out, "chat21d_api_waited_too_long_total", "counter",
                  "Changes that were not known to be carried out in time (202).",
                  api->api.waited_too_long);
}

void metrics_api(const struct serving_counts *api, struct text *out) {
    if (!api->is_open)
        return;
    put_requests(api, out);
    metric_single(out, "chat21d_api_waiting", "gauge",
                  "Requests that wait for what becomes of them.", api->api.waiting);
    metric_single(out, "chat21d_api_connections", "gauge", "Connections that are open.",
                  api->http.connections);
    metric_single(out, "chat21d_api_broker_connected", "gauge",
                  "Can it publish what it is asked to send?", api->can_send);
}
