/* doctor_report: what the doctor found, line by line: for a person, for machines, and as an exit
 * code. Knows nothing of what is looked at. */
#ifndef CHAT21D_DOCTOR_REPORT_H
#define CHAT21D_DOCTOR_REPORT_H

#include "words/arena.h"

#include <stdio.h>

/* The later, the worse. */
enum doctor_verdict {
    DOCTOR_SKIP, /* not looked at, since something that it needs is missing: says nothing itself */
    DOCTOR_OK,
    DOCTOR_WARN, /* it works, and a person should know */
    DOCTOR_FAIL,
};

struct doctor_line {
    enum doctor_verdict verdict;
    const char *what; /* a word */
    struct span words;
    struct span mend; /* what a person can do; absent: nothing is to be done */
};

/* Starts as {.arena = …}, in which all of it is. */
struct doctor_report {
    struct arena *arena;
    struct doctor_line *lines;
    size_t count, room;
};

void doctor_report_add(struct doctor_report *report, const struct doctor_line *line);
/* The last line's, where it has none yet. */
void doctor_report_mend(struct doctor_report *report, struct span mend);

/* DOCTOR_OK at least. */
enum doctor_verdict doctor_report_worst(const struct doctor_report *report);
/* COMMAND_OK, COMMAND_OTHERWISE for a warning, COMMAND_FAILED. */
int doctor_report_code(const struct doctor_report *report);

/* Prints the lines from number `from` on. */
void doctor_report_print(const struct doctor_report *report, size_t from, FILE *stream);
/* {"verdict":"ok","checks":[{"check":…,"verdict":…,"words":…,"mend":…},…]}, in the arena. */
struct span doctor_report_json(const struct doctor_report *report);

#endif
