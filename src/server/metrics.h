/* metrics: the view in the text form that Prometheus reads (exposition format 0.0.4).
 *
 * Names begin with chat21d_, but for those that dashboards of earlier servers read (chat21_…); what
 * ends in _total only rises while the worker lives. Labels are bounded: outcomes and words by their
 * enums, policies by a set's size, what policies count by the memory's 256 names, what strangers
 * write (metrics_flow.c) in number and size by words/tally.h. doc/chat21d.1 lists them. */
#ifndef CHAT21D_METRICS_H
#define CHAT21D_METRICS_H

#include "server/view.h"
#include "words/text.h"

void metrics_text(const struct view *view, struct text *out);

/* Parts of it. metrics_flow.c: */
void metrics_flow(const struct flow_measured *flow, struct text *out);
void metrics_stream(const struct view_stream *stream, struct text *out);
/* metrics_api.c: */
void metrics_api(const struct serving_counts *api, struct text *out);
/* metrics_webhooks.c: */
void metrics_webhooks(const struct view *view, struct text *out);

#endif
