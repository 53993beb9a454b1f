/* journal: what a judgement changed, in order, so that it can be undone in the reverse order.
 *
 * Items that were taken away are kept here until then; journal_keep frees them, journal_undo puts
 * them back where they stood. As long as no judgement is open nothing is noted, and what is taken
 * away is freed at once. */
#ifndef CHAT21D_POLICY_JOURNAL_H
#define CHAT21D_POLICY_JOURNAL_H

#include "shelf.h"

#include <stdbool.h>

struct policy_memory;
struct owner;

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_BUCKET, CHANGE_COUNTER };

struct change {
    enum change_kind kind;
    struct owner *owner;
    struct shelf *shelf;
    struct shelf_item *item;
    int64_t units, at_us, due; /* of a bucket, before; `due` of what was removed, too */
    int64_t full_us;           /* of the owner, before */
    size_t counter;            /* its index */
    bool was_made;             /* the counter was new */
};

struct journal {
    struct change *changes;
    size_t count, room;
};

void journal_note(struct policy_memory *memory, const struct change *change);
void journal_keep(struct policy_memory *memory);
void journal_undo(struct policy_memory *memory);
void journal_free(struct journal *journal);

#endif
