/* explain: everything that is known of one message: its stored plan, and the decision log's lines
 * of it. Only reads, beside a server at work. */
#ifndef CHAT21D_EXPLAIN_H
#define CHAT21D_EXPLAIN_H

#include "ports/store.h"

enum { EXPLAIN_LINES = 20 };

struct explained {
    struct arena *arena;
    struct span id; /* as it was asked for */
    /* The id under which this server keeps it: where it came with somebody else's, another one. */
    struct span own_id;
    bool is_ours; /* that has the form of our ids, of which: */
    uint64_t incarnation, offset;
    unsigned child;
    struct plan *plan;                /* as stored; NULL: the store has none */
    struct store_mark mark;           /* where the store stands */
    struct span lines[EXPLAIN_LINES]; /* of the decision log, newest first; checked JSON objects */
    size_t line_count;
    bool has_more_lines;
};

/* Looks in the data folder. -1: the store or the log cannot be read (`why`). Free it all the
 * same. */
int explain_find(struct explained *explained, const char *data, const char *id, struct why *why);
void explain_free(struct explained *explained);

/* Is anything known of it at all? */
bool explain_is_known(const struct explained *explained);
/* Why nothing is, in words. In the arena. */
struct span explain_unknown(const struct explained *explained);
/* Why the log has no line of what the store has, in words. */
struct span explain_no_line(const struct explained *explained);

void print_explained(const struct explained *explained);
void print_explained_json(const struct explained *explained);

#endif
