/* inside: what the store's own files share. Nobody else includes it. */
#ifndef CHAT21D_STORE_INSIDE_H
#define CHAT21D_STORE_INSIDE_H

#include "ports/store.h"
#include "ports/store/copies.h"
#include "ports/store/handle.h"

/* The row `mark`, as last committed, and what is known about letters. */
struct progress {
    struct store_mark mark;
    int64_t newest_seq;
    int64_t confirmed_seq;
    int64_t newest_letter; /* the newest seq that ever had a letter; 0: none */
    int64_t dropped_to;    /* no letter is left at or below this seq */
};

/* What became of one plan of the batch under way. */
struct verdict {
    int64_t seq;     /* where it was stored; of a duplicate: where it already is; else 0 */
    const char *why; /* why it is bad; NULL: it went in */
};

struct store {
    struct handle handle;
    struct progress progress;
    struct packed packed; /* a plan's copies, a group's members, while they are written */
    struct verdict *verdicts;
    size_t verdict_room;
};

struct store_reader {
    struct handle handle;
    int64_t logged_us; /* when a failed read was logged last */
    unsigned unlogged; /* failed reads since */
};

/* mark.c: reads the row `mark`; writes it. */
int progress_read(struct handle *handle, struct progress *out, struct why *why);
int progress_write(struct handle *handle, const struct progress *progress);

/* plan_write.c: why the plan cannot be stored, found without asking the database; NULL: it can. */
const char *plan_fault(const struct plan *plan);
/* Writes the plan with its copies, letters and effects as `seq`. SQLITE_OK or a code. */
int plan_write(struct store *store, const struct plan *plan, int64_t seq);

#endif
