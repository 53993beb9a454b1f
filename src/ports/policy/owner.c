/* Each policy and app apart. Whoever is beyond its share grows only while the whole is within its
 * bytes; where that is not so, it forgets of its own. */
#include "memory_inside.h"

#include "words/check.h"

#include <stdlib.h>

/* With small limits there is room for fewer: an eighth of the bytes holds all the shares. */
void owners_init(struct policy_memory *memory) {
    size_t most = memory->limits.total_bytes / 8 / (OWNER_SHARE + OWNER_ITSELF);
    if (most < 4)
        most = 4;
    memory->owners_max = most < OWNERS_MAX ? most : OWNERS_MAX;
}

static void free_items(struct shelf *shelf) {
    for (struct shelf_item *item = shelf->oldest, *newer; item; item = newer) {
        newer = item->newer;
        free(item);
    }
    shelf_free(shelf);
}

static void free_owner(struct owner *owner) {
    free_items(&owner->limits);
    free_items(&owner->keys);
    free(owner->policy);
    free(owner->app);
    free(owner);
}

void owners_free(struct policy_memory *memory) {
    for (size_t i = 0; i < OWNERS_MAX; i++)
        for (struct owner *owner = memory->owners[i], *next; owner; owner = next) {
            next = owner->next;
            free_owner(owner);
        }
}

/* ---- finding ---- */

static uint64_t hash_of(const struct policy_memory *memory, const struct memory_scope *scope) {
    uint64_t policy = secret_hash(&memory->secret, scope->policy);
    struct secret second = {policy, memory->secret.high + scope->is_shadow};
    return secret_hash(&second, scope->app);
}

static bool is_of(const struct owner *owner, uint64_t hash, const struct memory_scope *scope) {
    return owner->hash == hash && owner->is_shadow == scope->is_shadow &&
           span_is(scope->policy, owner->policy) && span_is(scope->app, owner->app);
}

static char *copy_text(struct span text) {
    char *copy = must_alloc(text.size + 1);
    if (text.size)
        memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return copy;
}

static size_t fixed_bytes(const struct owner *owner) {
    return sizeof *owner + strlen(owner->policy) + strlen(owner->app) + 3 * (size_t)ITEM_OVERHEAD;
}

/* One that would be no different if it were made anew: all its buckets are full, and it has no
 * keys. A shadow's memory is worth less than somebody's who is asked in earnest. */
static bool is_idle(const struct policy_memory *memory, const struct owner *owner) {
    if (memory->is_open && owner->judgement == memory->judgement)
        return false;
    return owner->is_shadow || (owner->keys.count == 0 && owner->full_us <= memory->now_us);
}

static void drop(struct policy_memory *memory, struct owner **at) {
    struct owner *owner = *at;
    size_t bytes = owner->bytes;
    *at = owner->next;
    memory->bytes -= bytes + fixed_bytes(owner);
    memory->beyond -= bytes > OWNER_SHARE ? bytes - OWNER_SHARE : 0;
    memory->owner_count--;
    free_owner(owner);
}

static bool drop_an_idle_one(struct policy_memory *memory) {
    for (size_t i = 0; i < OWNERS_MAX; i++)
        for (struct owner **at = &memory->owners[i]; *at; at = &(*at)->next)
            if (is_idle(memory, *at)) {
                drop(memory, at);
                return true;
            }
    return false;
}

struct owner *memory_owner(struct policy_memory *memory, const struct memory_scope *scope) {
    uint64_t hash = hash_of(memory, scope);
    struct owner **chain = &memory->owners[hash % OWNERS_MAX];
    struct owner *owner = *chain;
    while (owner && !is_of(owner, hash, scope))
        owner = owner->next;
    if (!owner) {
        if (memory->owner_count == memory->owners_max && !drop_an_idle_one(memory))
            return NULL;
        owner = must_calloc(1, sizeof *owner);
        owner->hash = hash;
        owner->policy = copy_text(scope->policy);
        owner->app = copy_text(scope->app);
        owner->is_shadow = scope->is_shadow;
        owner->next = *chain;
        *chain = owner;
        memory->owner_count++;
        memory->bytes += fixed_bytes(owner);
    }
    owner->is_durable = scope->is_durable;
    if (memory->is_open) /* whoever holds it may go on until the judgement ends */
        owner->judgement = memory->judgement;
    return owner;
}

/* ---- room ---- */

bool owner_has_room(const struct policy_memory *memory, const struct owner *owner, size_t more) {
    size_t whole = memory->limits.total_bytes / 8 * 7;
    size_t after = owner->bytes + more;
    if (after <= OWNER_SHARE)
        return true;
    size_t from = owner->bytes > OWNER_SHARE ? owner->bytes : OWNER_SHARE;
    return memory->beyond + (after - from) <= whole;
}

static size_t beyond_share(const struct owner *owner) {
    return owner->bytes > OWNER_SHARE ? owner->bytes - OWNER_SHARE : 0;
}

void owner_account(struct policy_memory *memory, struct owner *owner) {
    size_t bytes = owner->bytes, beyond = beyond_share(owner);
    owner->bytes = shelf_bytes(&owner->limits) + shelf_bytes(&owner->keys);
    memory->bytes = memory->bytes - bytes + owner->bytes;
    memory->beyond = memory->beyond - beyond + beyond_share(owner);
}

void owner_add(struct policy_memory *memory, struct owner *owner, struct shelf *shelf,
               struct shelf_item *item) {
    shelf_add(shelf, item);
    owner_account(memory, owner);
    if (memory->is_open)
        journal_note(memory, &(struct change){.kind = CHANGE_ADDED,
                                              .owner = owner,
                                              .shelf = shelf,
                                              .item = item,
                                              .full_us = owner->full_us});
}

void owner_remove(struct policy_memory *memory, struct owner *owner, struct shelf *shelf,
                  struct shelf_item *item) {
    shelf_remove(shelf, item);
    owner_account(memory, owner);
    if (!memory->is_open) {
        free(item);
        return;
    }
    memory->parked += item->size;
    journal_note(memory, &(struct change){
                             .kind = CHANGE_REMOVED, .owner = owner, .shelf = shelf, .item = item});
}
