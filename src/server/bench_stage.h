/* bench_stage: policies measured one by one and all together, for `chat21d policy bench`.
 *
 * A thousand senders write in turn, a second apart by the rehearsal's clock, so that no limit is
 * ever used up: what is measured is messages that pass. */
#ifndef CHAT21D_BENCH_STAGE_H
#define CHAT21D_BENCH_STAGE_H

#include "server/measure.h"
#include "server/rehearsal.h"

#define BENCH_RUN_NS (INT64_C(400) * 1000 * 1000)

struct bench_choice {
    const char *config, *policies, *body; /* body: a file; NULL: one of our own */
    int64_t run_ns;                       /* about how long each row may take */
};

struct bench_row {
    const char *name, *event;
    const char *said; /* of the last decision */
    struct measured measured;
    uint64_t units; /* of the last decision */
};
enum { BENCH_ROWS = 80 };

struct bench {
    struct rehearsal rehearsal;
    struct span body;
    char folder[64]; /* where single policies are loaded from; "": not there */
    unsigned turn;
    struct bench_row rows[BENCH_ROWS];
    size_t row_count;
};

/* Measures all. -1: `problems` has the words. End it all the same. */
int bench_run(struct bench *bench, const struct bench_choice *choice, struct span *problems);
void bench_end(struct bench *bench);

#endif
