/* import_report: how an import goes, on a terminal, and what became of it. */
#ifndef CHAT21D_IMPORT_REPORT_H
#define CHAT21D_IMPORT_REPORT_H

#include "server/import_work.h"

struct import_report {
    const struct import_work *work;
    const char *file;
    int64_t begun_us, shown_us;
    int64_t begun_at; /* bytes that were read before */
    int64_t complaints;
    bool is_live; /* standard error is a terminal */
};

void import_report_begin(struct import_report *report, const struct import_work *work,
                         const char *file);
/* FILE:LINE: words, on standard error; from the 100th on they are only counted. */
void import_report_complain(struct import_report *report, int64_t line, const char *words);
/* The line with documents, bytes, rate and time left, some times a second. */
void import_report_tell(struct import_report *report);
/* The summary, on standard output. */
void import_report_end(struct import_report *report, bool as_json, bool is_whole);

#endif
