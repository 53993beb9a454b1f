/* memory_inside: shared by the files that memory.h lists. */
#ifndef CHAT21D_POLICY_MEMORY_INSIDE_H
#define CHAT21D_POLICY_MEMORY_INSIDE_H

#include "memory.h"

#include "journal.h"
#include "secret_hash.h"
#include "shelf.h"

enum { COUNTERS = 256, OWNERS_MAX = 4096 };
/* What every owner may have, however full the rest is: an eighth of the whole is set aside for it.
 * Holds one key and value of the largest kind, or some 60 buckets. */
enum { OWNER_SHARE = 8192 };
enum { OWNER_ITSELF = 768 }; /* its struct, its names, one item too many */
/* Of each item, beside itself: malloc's own bytes. */
enum { ITEM_OVERHEAD = 16 };

struct owner {
    struct owner *next; /* of the same hash */
    uint64_t hash;
    char *policy, *app;
    bool is_shadow, is_durable;
    struct shelf limits, keys;
    int64_t full_us;    /* when all its buckets are full */
    size_t bytes;       /* of both shelves, as last accounted */
    uint64_t judgement; /* that changed it last */
};

struct policy_memory {
    struct policy_memory_limits limits;
    struct secret secret;
    int64_t now_us;                   /* buckets must not see time go back */
    struct owner *owners[OWNERS_MAX]; /* by hash */
    size_t owner_count, owners_max;
    size_t sweep_at; /* the owner that is looked at next for full buckets */
    size_t bytes;    /* of all owners */
    size_t beyond;   /* of those, what is beyond their shares */
    size_t parked;   /* bytes taken away by the open judgement */
    struct standings *standings;
    struct wordlists *lists;
    struct policy_counter counters[COUNTERS];
    size_t counter_count;
    struct journal journal;
    uint64_t judgement; /* its number */
    bool is_open;       /* a judgement is */
    bool is_own;        /* policy_decide began it */
};

/* ---- owner.c ---- */

void owners_init(struct policy_memory *memory);
void owners_free(struct policy_memory *memory);
/* Has it room for `more` bytes? */
bool owner_has_room(const struct policy_memory *memory, const struct owner *owner, size_t more);
/* After each change of its shelves. */
void owner_account(struct policy_memory *memory, struct owner *owner);
/* Puts an item on one of its shelves, or takes it off; the journal knows. */
void owner_add(struct policy_memory *memory, struct owner *owner, struct shelf *shelf,
               struct shelf_item *item);
void owner_remove(struct policy_memory *memory, struct owner *owner, struct shelf *shelf,
                  struct shelf_item *item);

/* ---- limits.c ---- */

struct bucket {
    struct shelf_item item; /* due: when it is full */
    int64_t units;          /* that it held at `at_us`; a token is LIMIT_TOKEN of them */
    int64_t at_us;
};
/* Forgets up to `most` buckets of the owner that are full again. */
void limits_forget_full(struct policy_memory *memory, struct owner *owner, unsigned most);
/* There is no room beyond the shares: forgets some full buckets of others. */
void limits_sweep(struct policy_memory *memory);

/* ---- kept.c ---- */

/* An entry of ctx.kv: due when it expires, INT64_MAX never. The key's bytes, then the value's. */
struct kept {
    struct shelf_item item;
    uint16_t key_size, value_size;
    bool is_stored; /* the store has a row of that key */
    char bytes[];
};
struct span kept_key(const struct kept *kept);
struct span kept_value(const struct kept *kept);
int64_t kept_expires(const struct kept *kept); /* 0: never */
struct kept *kept_find(const struct owner *owner, uint64_t hash, struct span key);
void kept_load(struct policy_memory *memory, struct owner *owner, const struct kv_change *stored);

/* ---- kept_changes.c ---- */

/* What the journal says of keys, as changes for the store. */
size_t kept_changes(struct policy_memory *memory, struct arena *arena,
                    const struct kv_change **changes);

/* ---- counters.c ---- */

void counters_undo(struct policy_memory *memory, size_t index, bool was_made);
void counters_free(struct policy_memory *memory);

#endif
