#include "memory_inside.h"

#include "words/check.h"

#include <stdlib.h>

/* An ordinary message makes one or two changes; the room of an unusual one is given back. */
enum { FIRST_ROOM = 64, USUAL_ROOM = 1024 };

void journal_note(struct policy_memory *memory, const struct change *change) {
    struct journal *journal = &memory->journal;
    check(memory->is_open);
    if (journal->count == journal->room) {
        journal->room = journal->room ? 2 * journal->room : FIRST_ROOM;
        journal->changes = must_realloc(journal->changes, journal->room * sizeof *journal->changes);
    }
    journal->changes[journal->count++] = *change;
    if (change->owner)
        change->owner->judgement = memory->judgement;
}

void journal_free(struct journal *journal) {
    free(journal->changes);
    *journal = (struct journal){.count = 0};
}

static void clear(struct policy_memory *memory) {
    memory->journal.count = 0;
    memory->parked = 0;
    if (memory->journal.room > USUAL_ROOM)
        journal_free(&memory->journal);
}

void journal_keep(struct policy_memory *memory) {
    const struct journal *journal = &memory->journal;
    for (size_t i = 0; i < journal->count; i++)
        if (journal->changes[i].kind == CHANGE_REMOVED)
            free(journal->changes[i].item);
    clear(memory);
}

static void undo_bucket(const struct change *change) {
    struct bucket *bucket = (struct bucket *)change->item;
    bucket->units = change->units;
    bucket->at_us = change->at_us;
    shelf_set_due(change->shelf, change->item, change->due);
    change->owner->full_us = change->full_us;
}

static void undo(struct policy_memory *memory, const struct change *change) {
    switch (change->kind) {
    case CHANGE_ADDED:
        shelf_remove(change->shelf, change->item);
        free(change->item);
        change->owner->full_us = change->full_us;
        break;
    case CHANGE_REMOVED:
        shelf_put_back(change->shelf, change->item);
        break;
    case CHANGE_BUCKET:
        undo_bucket(change);
        break;
    case CHANGE_COUNTER:
        counters_undo(memory, change->counter, change->was_made);
        return;
    }
    owner_account(memory, change->owner);
}

void journal_undo(struct policy_memory *memory) {
    const struct journal *journal = &memory->journal;
    for (size_t i = journal->count; i > 0; i--)
        undo(memory, &journal->changes[i - 1]);
    clear(memory);
}
