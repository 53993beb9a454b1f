/* What the flow measures of itself, and how far it is behind the stream. */
#include "server/metrics.h"

#include "server/metrics_lines.h"

/* The names are the Node.js server's. */
static const struct {
    const char *name, *help, *first, *second;
} LABELS[FLOW_LABELS] = {
    [LABEL_PROJECT] = {"chat21_messages_per_project_total", "Messages by project.", "project_id",
                       NULL},
    [LABEL_IP] = {"chat21_messages_per_ip_total", "Messages by IP address.", "ip_address", NULL},
    [LABEL_PROJECT_IP] = {"chat21_messages_per_project_ip_total",
                          "Messages by project and IP address.", "project_id", "ip_address"},
    [LABEL_TOPIC] = {"chat21_messages_per_topic_total", "Messages by routing key.", "topic", NULL},
};

static void put_labels(const struct flow_measured *flow, struct text *out) {
    for (size_t i = 0; i < FLOW_LABELS; i++) {
        if (!flow->has_labels[i])
            continue;
        metric_family(out, LABELS[i].name, "counter", LABELS[i].help);
        metric_rows(out, LABELS[i].name, LABELS[i].first, LABELS[i].second, &flow->labels[i]);
    }
}

static void put_durations(const struct flow_measured *flow, struct text *out) {
    metric_family(out, "chat21d_stage_seconds", "histogram",
                  "How long messages took, from the end of the stage before.");
    for (int stage = 0; stage < FLOW_STAGES; stage++)
        metric_histogram(
            out, "chat21d_stage_seconds",
            (struct metric_label){"stage", span_of(flow_stage_name((enum flow_stage)stage))},
            &flow->stages[stage]);
    metric_family(out, "chat21d_message_seconds", "histogram",
                  "How long messages took, from the stream to the last confirmed copy.");
    metric_histogram(out, "chat21d_message_seconds", METRIC_NO_LABEL, &flow->way);
    metric_family(out, "chat21d_store_commit_seconds", "histogram",
                  "How long transactions of the store took.");
    metric_histogram(out, "chat21d_store_commit_seconds", METRIC_NO_LABEL, &flow->commits);
}

void metrics_flow(const struct flow_measured *flow, struct text *out) {
    metric_family(out, "chat21d_policy_decided_total", "counter",
                  "Messages whose outcome a policy decided, replies and further copies included.");
    metric_rows(out, "chat21d_policy_decided_total", "policy", "outcome", &flow->deciders);
    put_labels(flow, out);
    put_durations(flow, out);
    metric_single(out, "chat21d_messages_under_way", "gauge", "Messages taken and not settled yet.",
                  flow->under_way);
    metric_single(out, "chat21d_under_way_bytes", "gauge", "The memory they take.",
                  flow->bytes_under_way);
    metric_single(out, "chat21d_publications_unconfirmed", "gauge",
                  "Publications whose confirm by the broker is awaited.", flow->unconfirmed);
}

void metrics_stream(const struct view_stream *stream, struct text *out) {
    metric_family(out, "chat21d_stream_lag_messages", "gauge",
                  "Messages in the stream that are not stored yet.");
    if (stream->is_known)
        metric_signed(out, "chat21d_stream_lag_messages", METRIC_NO_LABEL, stream->lag);
    metric_family(out, "chat21d_stream_retention_left_messages", "gauge",
                  "Messages from the first one that the stream keeps to the last one stored.");
    if (stream->is_known && stream->has_left)
        metric_signed(out, "chat21d_stream_retention_left_messages", METRIC_NO_LABEL, stream->left);
}
