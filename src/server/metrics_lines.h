/* metrics_lines: the lines of the text form that Prometheus reads (exposition format 0.0.4). First
 * a family (HELP and TYPE), then its samples; Prometheus wants them together. */
#ifndef CHAT21D_METRICS_LINES_H
#define CHAT21D_METRICS_LINES_H

#include "words/histogram.h"
#include "words/tally.h"
#include "words/text.h"

struct metric_label {
    const char *name; /* NULL: there is none */
    struct span value;
};
#define METRIC_NO_LABEL ((struct metric_label){NULL, SPAN_NONE})

/* `type`: "counter", "gauge", "histogram". */
void metric_family(struct text *out, const char *name, const char *type, const char *help);

void metric_2(struct text *out, const char *name, struct metric_label first,
              struct metric_label second, uint64_t number);
void metric_1(struct text *out, const char *name, const char *label, const char *value,
              uint64_t number);
/* The family and its one sample, without labels. */
void metric_single(struct text *out, const char *name, const char *type, const char *help,
                   uint64_t number);
void metric_seconds(struct text *out, const char *name, const char *help, int64_t ms);
/* One sample, of microseconds. */
void metric_time(struct text *out, const char *name, struct metric_label label, uint64_t us);
/* One sample that may be below 0. */
void metric_signed(struct text *out, const char *name, struct metric_label label, int64_t number);
/* The buckets, sum and count of one; `label` may be METRIC_NO_LABEL. */
void metric_histogram(struct text *out, const char *name, struct metric_label label,
                      const struct histogram *histogram);
/* A sample a row, and one of "other" where there is more. `second` NULL: one label. */
void metric_rows(struct text *out, const char *name, const char *first, const char *second,
                 const struct tally_rows *rows);

#endif
