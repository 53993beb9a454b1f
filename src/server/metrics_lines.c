#include "server/metrics_lines.h"

#include <inttypes.h>
#include <stdio.h>

void metric_family(struct text *out, const char *name, const char *type, const char *help) {
    text_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A backslash, a quote and a line end are escaped; nothing else has to be. */
static void put_label(struct text *out, const struct metric_label *label) {
    text_print(out, "%s=\"", label->name);
    for (size_t i = 0; i < label->value.size; i++) {
        char byte = label->value.at[i];
        if (byte == '\\' || byte == '"')
            text_add_char(out, '\\');
        if (byte == '\n')
            text_add(out, SPAN("\\n"));
        else
            text_add_char(out, byte);
    }
    text_add_char(out, '"');
}

/* Up to the number; `suffix` is a histogram's. */
static void put_name(struct text *out, const char *name, const char *suffix,
                     struct metric_label first, struct metric_label second) {
    text_print(out, "%s%s", name, suffix);
    if (first.name || second.name)
        text_add_char(out, '{');
    if (first.name)
        put_label(out, &first);
    if (first.name && second.name)
        text_add_char(out, ',');
    if (second.name)
        put_label(out, &second);
    if (first.name || second.name)
        text_add_char(out, '}');
    text_add_char(out, ' ');
}

void metric_2(struct text *out, const char *name, struct metric_label first,
              struct metric_label second, uint64_t number) {
    put_name(out, name, "", first, second);
    text_print(out, "%" PRIu64 "\n", number);
}

void metric_1(struct text *out, const char *name, const char *label, const char *value,
              uint64_t number) {
    metric_2(out, name, (struct metric_label){label, span_of(value)}, METRIC_NO_LABEL, number);
}

void metric_single(struct text *out, const char *name, const char *type, const char *help,
                   uint64_t number) {
    metric_family(out, name, type, help);
    metric_2(out, name, METRIC_NO_LABEL, METRIC_NO_LABEL, number);
}

void metric_seconds(struct text *out, const char *name, const char *help, int64_t ms) {
    metric_family(out, name, "gauge", help);
    text_print(out, "%s %" PRId64 ".%03d\n", name, ms / 1000, (int)(ms % 1000));
}

void metric_signed(struct text *out, const char *name, struct metric_label label, int64_t number) {
    put_name(out, name, "", label, METRIC_NO_LABEL);
    text_print(out, "%" PRId64 "\n", number);
}

static void put_us(struct text *out, uint64_t us) {
    text_print(out, "%" PRIu64 ".%06u\n", us / 1000000, (unsigned)(us % 1000000));
}

void metric_time(struct text *out, const char *name, struct metric_label label, uint64_t us) {
    put_name(out, name, "", label, METRIC_NO_LABEL);
    put_us(out, us);
}

void metric_histogram(struct text *out, const char *name, struct metric_label label,
                      const struct histogram *histogram) {
    char bound[32];
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        if (i < HISTOGRAM_BOUNDS)
            snprintf(bound, sizeof bound, "%g", (double)HISTOGRAM_BOUNDS_US[i] / 1e6);
        put_name(out, name, "_bucket", label,
                 (struct metric_label){"le", i < HISTOGRAM_BOUNDS ? span_of(bound) : SPAN("+Inf")});
        text_print(out, "%" PRIu64 "\n", histogram_up_to(histogram, i));
    }
    put_name(out, name, "_sum", label, METRIC_NO_LABEL);
    put_us(out, histogram->sum_us);
    put_name(out, name, "_count", label, METRIC_NO_LABEL);
    text_print(out, "%" PRIu64 "\n", histogram_up_to(histogram, HISTOGRAM_BOUNDS));
}

void metric_rows(struct text *out, const char *name, const char *first, const char *second,
                 const struct tally_rows *rows) {
    const struct tally_row other = {SPAN("other"), SPAN("other"), rows->other};
    for (size_t i = 0; i <= rows->count; i++) {
        const struct tally_row *row = i < rows->count ? &rows->rows[i] : &other;
        if (i < rows->count || rows->other)
            metric_2(out, name, (struct metric_label){first, row->first},
                     (struct metric_label){second, row->second}, row->count);
    }
}
