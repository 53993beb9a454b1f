#include "ports/hook/contacts_cache.h"

#include "words/check.h"
#include "words/hash.h"

#include <stdlib.h>

enum { PLACES = 4096 };

struct contacts_cache {
    struct place {
        char *id, *names; /* NULL: none is there; nothing is known */
        int64_t until_us;
    } places[PLACES];
};

struct contacts_cache *contacts_cache_new(void) {
    return must_calloc(1, sizeof(struct contacts_cache));
}

static void clear(struct place *place) {
    free(place->id);
    free(place->names);
    *place = (struct place){.id = NULL};
}

void contacts_cache_free(struct contacts_cache **cache) {
    if (!*cache)
        return;
    for (size_t i = 0; i < PLACES; i++)
        clear(&(*cache)->places[i]);
    free(*cache);
    *cache = NULL;
}

static struct place *place_of(struct contacts_cache *cache, struct span id) {
    return &cache->places[hash_add(HASH_START, id) % PLACES];
}

bool contacts_cache_find(struct contacts_cache *cache, struct arena *arena, struct span id,
                         int64_t now_us, struct span *names) {
    const struct place *place = place_of(cache, id);
    if (!place->id || !span_is(id, place->id) || place->until_us <= now_us)
        return false;
    *names = place->names ? arena_copy(arena, span_of(place->names)) : SPAN_NONE;
    return true;
}

static char *keep(struct span bytes) {
    char *kept = must_alloc(bytes.size + 1);
    memcpy(kept, bytes.at, bytes.size);
    kept[bytes.size] = '\0';
    return kept;
}

void contacts_cache_keep(struct contacts_cache *cache, struct span id, struct span names,
                         int64_t until_us) {
    struct place *place = place_of(cache, id);
    clear(place);
    *place = (struct place){keep(id), names.size ? keep(names) : NULL, until_us};
}
