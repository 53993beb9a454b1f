/* shelf: items by hash, which also stand in the order they came and in the order they are due.
 *
 * What ctx.limit and ctx.kv remember of one policy and app: both forget by what is due first, kv
 * also by what came first. An item that was taken off keeps its place in mind, so that a judgement
 * can be undone: put back in the reverse order, everything stands as before.
 *
 * Items belong to whoever adds them; a shelf never frees one. Finding takes one step, adding and
 * due-dates a few (a heap). */
#ifndef CHAT21D_POLICY_SHELF_H
#define CHAT21D_POLICY_SHELF_H

#include <stddef.h>
#include <stdint.h>

/* The head of what stands on a shelf. `hash`, `size` (its bytes, for accounting) and `due` are set
 * before it is added; `due` changes through shelf_set_due only. */
struct shelf_item {
    struct shelf_item *next; /* of the same chain */
    struct shelf_item *older, *newer;
    uint64_t hash;
    int64_t due;
    uint32_t place; /* in the heap */
    uint32_t size;
};

struct shelf {
    struct shelf_item **chains; /* `chain_count` of them, a power of two; NULL: there are none */
    size_t chain_count;
    struct shelf_item **heap; /* the first is due first; room for `heap_room` */
    size_t heap_room;
    size_t count;
    size_t item_bytes;
    struct shelf_item *oldest, *newest;
};

/* Frees what the shelf itself has, not the items. */
void shelf_free(struct shelf *shelf);

/* Adds it as the newest. */
void shelf_add(struct shelf *shelf, struct shelf_item *item);
void shelf_remove(struct shelf *shelf, struct shelf_item *item);
/* Undoes the last shelf_remove that was not undone yet. */
void shelf_put_back(struct shelf *shelf, struct shelf_item *item);
void shelf_set_due(struct shelf *shelf, struct shelf_item *item, int64_t due);

/* The first item of that hash, and the next after it; NULL: there is none. */
struct shelf_item *shelf_find(const struct shelf *shelf, uint64_t hash);
struct shelf_item *shelf_find_next(const struct shelf_item *item);

/* What is due first; NULL: the shelf is empty. */
struct shelf_item *shelf_first_due(const struct shelf *shelf);

/* Bytes in use: the items' and its own. */
size_t shelf_bytes(const struct shelf *shelf);
/* By how much its own bytes grow when one more is added. */
size_t shelf_growth(const struct shelf *shelf);

#endif
