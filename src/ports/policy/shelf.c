#include "shelf.h"

#include "words/check.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16 };

void shelf_free(struct shelf *shelf) {
    free(shelf->chains);
    free(shelf->heap);
    *shelf = (struct shelf){.count = 0};
}

/* ---- the heap ---- */

static void put_at(struct shelf *shelf, size_t place, struct shelf_item *item) {
    shelf->heap[place] = item;
    item->place = (uint32_t)place;
}

static void rise(struct shelf *shelf, struct shelf_item *item, size_t place) {
    while (place > 0 && shelf->heap[(place - 1) / 2]->due > item->due) {
        put_at(shelf, place, shelf->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put_at(shelf, place, item);
}

static void sink(struct shelf *shelf, struct shelf_item *item, size_t place) {
    for (size_t child; (child = 2 * place + 1) < shelf->count; place = child) {
        if (child + 1 < shelf->count && shelf->heap[child + 1]->due < shelf->heap[child]->due)
            child++;
        if (shelf->heap[child]->due >= item->due)
            break;
        put_at(shelf, place, shelf->heap[child]);
    }
    put_at(shelf, place, item);
}

static void settle(struct shelf *shelf, struct shelf_item *item, size_t place) {
    if (place > 0 && shelf->heap[(place - 1) / 2]->due > item->due)
        rise(shelf, item, place);
    else
        sink(shelf, item, place);
}

void shelf_set_due(struct shelf *shelf, struct shelf_item *item, int64_t due) {
    item->due = due;
    settle(shelf, item, item->place);
}

struct shelf_item *shelf_first_due(const struct shelf *shelf) {
    return shelf->count ? shelf->heap[0] : NULL;
}

/* ---- chains ---- */

static struct shelf_item **chain_of(const struct shelf *shelf, uint64_t hash) {
    return &shelf->chains[hash & (shelf->chain_count - 1)];
}

static void link_into_chain(struct shelf *shelf, struct shelf_item *item) {
    struct shelf_item **chain = chain_of(shelf, item->hash);
    item->next = *chain;
    *chain = item;
}

static void unlink_from_chain(struct shelf *shelf, struct shelf_item *item) {
    struct shelf_item **at = chain_of(shelf, item->hash);
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
}

struct shelf_item *shelf_find(const struct shelf *shelf, uint64_t hash) {
    struct shelf_item *item = shelf->chains ? *chain_of(shelf, hash) : NULL;
    while (item && item->hash != hash)
        item = item->next;
    return item;
}

struct shelf_item *shelf_find_next(const struct shelf_item *item) {
    struct shelf_item *next = item->next;
    while (next && next->hash != item->hash)
        next = next->next;
    return next;
}

/* ---- room ---- */

size_t shelf_growth(const struct shelf *shelf) {
    if (shelf->count < shelf->heap_room)
        return 0;
    size_t more = shelf->heap_room ? shelf->heap_room : FIRST_ROOM;
    return more * (sizeof *shelf->heap + sizeof *shelf->chains);
}

size_t shelf_bytes(const struct shelf *shelf) {
    return shelf->item_bytes + shelf->heap_room * sizeof *shelf->heap +
           shelf->chain_count * sizeof(struct shelf_item *);
}

static void grow(struct shelf *shelf) {
    size_t room = shelf->heap_room ? 2 * shelf->heap_room : FIRST_ROOM;
    shelf->heap = must_realloc(shelf->heap, room * sizeof(struct shelf_item *));
    free(shelf->chains);
    shelf->chains = must_calloc(room, sizeof(struct shelf_item *));
    shelf->heap_room = shelf->chain_count = room;
    for (size_t i = 0; i < shelf->count; i++)
        link_into_chain(shelf, shelf->heap[i]);
}

/* ---- items ---- */

/* `item->older` says where. */
static void insert(struct shelf *shelf, struct shelf_item *item) {
    if (shelf->count == shelf->heap_room)
        grow(shelf);
    struct shelf_item **from_older = item->older ? &item->older->newer : &shelf->oldest;
    item->newer = *from_older;
    struct shelf_item **from_newer = item->newer ? &item->newer->older : &shelf->newest;
    *from_older = *from_newer = item;
    link_into_chain(shelf, item);
    shelf->item_bytes += item->size;
    shelf->count++;
    rise(shelf, item, shelf->count - 1);
}

void shelf_add(struct shelf *shelf, struct shelf_item *item) {
    item->older = shelf->newest;
    insert(shelf, item);
}

void shelf_put_back(struct shelf *shelf, struct shelf_item *item) {
    insert(shelf, item);
}

void shelf_remove(struct shelf *shelf, struct shelf_item *item) {
    unlink_from_chain(shelf, item);
    *(item->older ? &item->older->newer : &shelf->oldest) = item->newer;
    *(item->newer ? &item->newer->older : &shelf->newest) = item->older;
    shelf->item_bytes -= item->size;
    struct shelf_item *last = shelf->heap[--shelf->count];
    if (last != item)
        settle(shelf, last, item->place);
    if (shelf->count == 0)
        shelf_free(shelf);
}
