/* contacts_cache: what is known of people, for a while. A new one takes the place of one that
 * hashes alike. */
#ifndef CHAT21D_HOOK_CONTACTS_CACHE_H
#define CHAT21D_HOOK_CONTACTS_CACHE_H

#include "words/arena.h"

#include <stdint.h>

struct contacts_cache;

struct contacts_cache *contacts_cache_new(void);
void contacts_cache_free(struct contacts_cache **cache);

/* False: nothing is remembered. `*names` is in the arena; absent: that nothing is known. */
bool contacts_cache_find(struct contacts_cache *cache, struct arena *arena, struct span id,
                         int64_t now_us, struct span *names);
void contacts_cache_keep(struct contacts_cache *cache, struct span id, struct span names,
                         int64_t until_us);

#endif
