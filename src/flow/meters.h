/* meters: what the flow measures of itself, beside its counts: how long messages take, and how many
 * come from whom. Belongs to the flow's thread; others see a copy (flow_measured). A message that
 * is carried out again after a loss, or judged again because it waited, is measured no second time.
 * Costs a clock reading a stage. */
#ifndef CHAT21D_FLOW_METERS_H
#define CHAT21D_FLOW_METERS_H

#include "flow/flow.h"
#include "words/histogram.h"
#include "words/tally.h"

/* The labels that existing dashboards read (protocol, section 6). */
enum flow_label { LABEL_PROJECT, LABEL_IP, LABEL_PROJECT_IP, LABEL_TOPIC };
enum { FLOW_LABELS = 4 };

struct flow_measured {
    struct histogram stages[FLOW_STAGES]; /* each from the end of the stage before */
    struct histogram way;                 /* from take to the last confirm */
    struct histogram commits;             /* one transaction of the store */
    struct tally_rows labels[FLOW_LABELS];
    bool has_labels[FLOW_LABELS]; /* are they counted at all? */
    struct tally_rows deciders;   /* policy, outcome */
    size_t under_way, bytes_under_way;
    size_t unconfirmed;     /* publications that the broker's word is awaited for */
    bool has_offset;        /* something of the stream is stored … */
    uint64_t stored_offset; /* … up to here */
};
/* A copy; labels in the arena. */
struct flow_measured flow_measured(const struct flow *flow, struct arena *arena);
/* Cheaper, for who asks often: how far the stream is stored; false: nothing of it is. */
bool flow_stored_offset(const struct flow *flow, uint64_t *offset);

#endif
