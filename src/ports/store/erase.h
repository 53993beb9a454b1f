/* erase: what the files of an erasure share; inside.h does not include it.
 *
 * An erasure goes through its phases one after the other; each reads its table in order, a step of
 * bounded work at a time, and what was done and how far it has come are one transaction. */
#ifndef CHAT21D_STORE_ERASE_H
#define CHAT21D_STORE_ERASE_H

#include "ports/store/inside.h"

enum erase_phase {
    ERASE_BEGUN,  /* nothing was done yet */
    ERASE_OWN,    /* the user's own timelines and conversations; `place`: the other side */
    ERASE_PLANS,  /* messages and records; `position`: a seq, `copies` of the next one are done */
    ERASE_LASTS,  /* conversations whose last message is gone; `position`: an id */
    ERASE_LISTS,  /* (a group's) conversations that are to show nothing; the same */
    ERASE_SMALL,  /* names of messages, blocks, presence, devices; `position`: which */
    ERASE_EVENTS, /* that webhooks wait for; `position`: an id … */
    ERASE_DEAD_EVENTS, /* … and those given up */
    ERASE_OVER,
};

struct erasure {
    int64_t id;
    enum order_kind kind;
    struct span app, target; /* in the arena */
    int64_t newest_seq, begun_ms;
    enum erase_phase phase;
    int64_t position, copies;
    struct span place;
    struct arena *arena;
    int64_t until_us; /* of the chunk */
    /* By this chunk. */
    int64_t messages, entries, conversations, others;
};

/* Is the chunk's time over? A step that does many things looks after each of them. */
bool erase_is_late(const struct erasure *erasure);

/* One bounded step of each phase; `*is_over`: there is no more to do in it. */
typedef int erase_step(struct store *store, struct erasure *erasure, struct progress *next,
                       bool *is_over);
erase_step erase_own, erase_lasts, erase_lists; /* erase_lists.c */
erase_step erase_plans;                         /* erase_plans.c */
erase_step erase_small, erase_events;           /* erase_rest.c */

/* erase_lists.c: takes the conversation's row out; the newest stays as a number without words, so
 * that no other gets it: plans name conversations by it. */
int erase_conversation(struct store *store, struct erasure *erasure, int64_t id);
/* Its last message is the one before `seq`, if it was that one. One with nobody but the target, and
 * nothing in it, goes. */
int erase_last(struct store *store, struct erasure *erasure, int64_t id, int64_t seq);

/* A statement about one row, or two of its numbers. */
int erase_run(struct store *store, enum sql sql, int64_t id);
int erase_run_two(struct store *store, enum sql sql, int64_t id, int64_t seq);
/* SQLITE_ROW, SQLITE_DONE or a code. */
int erase_has(struct store *store, enum sql sql, int64_t id, int64_t seq);

/* The next rows of a scan (?1 position, ?2 newest, ?3 app, ?4 target, ?5 limit): the ids of those
 * that are meant; `*last` is the last that was read. */
struct erase_scan {
    enum sql sql;
    int64_t newest;
    size_t limit;
};
enum { ERASE_SCANNED_MAX = 512 };
int erase_read(struct store *store, const struct erasure *erasure, const struct erase_scan *scan,
               int64_t ids[ERASE_SCANNED_MAX], size_t *count, bool *is_over, int64_t *last);

#endif
