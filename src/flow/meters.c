#include "flow/meters.h"

#include "flow/inside.h"

/* Policies by outcomes: of all generations since the start. */
enum { DECIDERS_MAX = 512 };

void meters_init(struct flow *flow, uint64_t seed) {
    const struct flow_settings *settings = &flow->settings;
    const bool counts[FLOW_LABELS] = {true, settings->counts_ips, settings->counts_ips,
                                      settings->counts_topics};
    struct meters *meters = &flow->meters;
    for (size_t i = 0; i < FLOW_LABELS; i++)
        if (settings->labels_max && counts[i])
            meters->labels[i] = tally_new(settings->labels_max, seed);
    meters->deciders = tally_new(DECIDERS_MAX, seed);
}

void meters_free(struct flow *flow) {
    for (size_t i = 0; i < FLOW_LABELS; i++)
        tally_free(&flow->meters.labels[i]);
    tally_free(&flow->meters.deciders);
}

/* ---- durations ---- */

void meters_stage(struct flow *flow, struct parcel *parcel, enum flow_stage stage) {
    if (!parcel->taken_us)
        return;
    int64_t now = flow_now(flow);
    histogram_add(&flow->meters.stages[stage], now - parcel->since_us);
    if (stage == STAGE_DELIVER)
        histogram_add(&flow->meters.way, now - parcel->taken_us);
    parcel->since_us = now;
}

void meters_commit(struct flow *flow) {
    histogram_add(&flow->meters.commits, committer_took_us(flow->parts.committer));
}

/* ---- labels ---- */

static void count(struct flow *flow, enum flow_label label, struct span first, struct span second) {
    if (flow->meters.labels[label])
        tally_add(flow->meters.labels[label], first, second);
}

static void count_sources(struct flow *flow, const struct parcel *parcel) {
    struct span attributes = parcel->message.attributes, project = SPAN_NONE, ip = SPAN_NONE;
    if (attributes.at)
        project = json_find_text(parcel->plan->arena, attributes, SPAN("projectId"));
    if (attributes.at && flow->settings.counts_ips)
        ip = json_find_text(parcel->plan->arena, attributes, SPAN("ipAddress"));
    if (project.at)
        count(flow, LABEL_PROJECT, project, SPAN_NONE);
    if (ip.at)
        count(flow, LABEL_IP, ip, SPAN_NONE);
    if (project.at && ip.at)
        count(flow, LABEL_PROJECT_IP, project, ip);
    count(flow, LABEL_TOPIC, parcel->key, SPAN_NONE);
}

/* One that waited was counted when it came. */
void meters_decision(struct flow *flow, const struct parcel *parcel) {
    const struct plan *plan = parcel->plan;
    bool is_message = parcel->has_route && parcel->route.kind == ROUTE_MESSAGE && !plan->child &&
                      parcel->waited == WAITED_NOT && !parcel->is_repeat;
    if (is_message && plan->outcome != PLAN_DEAD && flow->settings.labels_max)
        count_sources(flow, parcel);
    if (plan->policy.size)
        tally_add(flow->meters.deciders, plan->policy, span_of(plan_outcome_name(plan->outcome)));
}

/* ---- the copy ---- */

bool flow_stored_offset(const struct flow *flow, uint64_t *offset) {
    *offset = flow->meters.stored_offset;
    return flow->meters.has_offset;
}

struct flow_measured flow_measured(const struct flow *flow, struct arena *arena) {
    const struct meters *meters = &flow->meters;
    struct flow_measured out = {
        .way = meters->way,
        .commits = meters->commits,
        .deciders = tally_rows(meters->deciders, arena),
        .under_way = flow->under_way,
        .bytes_under_way = flow->bytes_under_way,
        .unconfirmed = meters->unconfirmed,
        .has_offset = meters->has_offset,
        .stored_offset = meters->stored_offset,
    };
    memcpy(out.stages, meters->stages, sizeof out.stages);
    for (size_t i = 0; i < FLOW_LABELS; i++) {
        out.has_labels[i] = meters->labels[i] != NULL;
        if (meters->labels[i])
            out.labels[i] = tally_rows(meters->labels[i], arena);
    }
    return out;
}
