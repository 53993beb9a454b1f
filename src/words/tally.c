#include "words/tally.h"

#include "words/check.h"
#include "words/hash.h"
#include "words/utf8.h"

#include <stdlib.h>

/* Both values of the label are in `bytes`, one behind the other. */
struct entry {
    char *bytes;
    size_t first_size, size;
    bool is_pair;
    uint64_t hash, count;
};

struct tally {
    size_t most, count;
    uint64_t seed, other;
    struct entry *entries;
    uint32_t *slots; /* number of the entry + 1; 0: free. At most half are taken. */
    size_t mask;
};

/* A label as it is kept. */
struct label {
    char bytes[2 * TALLY_VALUE_MAX];
    size_t first_size, size;
    bool is_pair;
};

struct tally *tally_new(size_t most, uint64_t seed) {
    struct tally *tally = must_calloc(1, sizeof *tally);
    size_t slots = 16;
    check(most > 0 && most < UINT32_MAX / 4);
    while (slots < 2 * most)
        slots *= 2;
    tally->most = most;
    tally->seed = seed;
    tally->mask = slots - 1;
    tally->slots = must_calloc(slots, sizeof *tally->slots);
    tally->entries = must_calloc(most, sizeof *tally->entries);
    return tally;
}

void tally_free(struct tally **tally) {
    if (!*tally)
        return;
    for (size_t i = 0; i < (*tally)->count; i++)
        free((*tally)->entries[i].bytes);
    free((*tally)->entries);
    free((*tally)->slots);
    free(*tally);
    *tally = NULL;
}

static bool is_control(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f;
}

/* Returns the size; never a part of a character. */
static size_t clean(char *out, struct span value) {
    size_t used = 0;
    while (value.at && value.size) {
        size_t size = utf8_size(value.at, value.size);
        bool is_bad = size == 0 || is_control((unsigned char)value.at[0]);
        size_t adds = is_bad ? 3 : size;
        if (used + adds > TALLY_VALUE_MAX)
            break;
        memcpy(out + used, is_bad ? "\xef\xbf\xbd" : value.at, adds);
        used += adds;
        value = span_cut(value, size ? size : 1, value.size);
    }
    return used;
}

static void make_label(struct label *label, struct span first, struct span second) {
    label->first_size = clean(label->bytes, first);
    label->is_pair = second.at != NULL;
    label->size = label->first_size + clean(label->bytes + label->first_size, second);
}

static uint64_t hash_of(const struct tally *tally, const struct label *label) {
    struct span bytes = {label->bytes, label->size};
    uint64_t hash = hash_add(HASH_START ^ tally->seed, bytes);
    hash = (hash ^ label->first_size) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

static bool is_same(const struct entry *entry, uint64_t hash, const struct label *label) {
    return entry->hash == hash && entry->size == label->size &&
           entry->first_size == label->first_size && entry->is_pair == label->is_pair &&
           memcmp(entry->bytes, label->bytes, label->size) == 0;
}

static void keep(struct tally *tally, size_t slot, uint64_t hash, const struct label *label) {
    struct entry *entry = &tally->entries[tally->count++];
    *entry = (struct entry){.bytes = must_alloc(label->size + 1),
                            .first_size = label->first_size,
                            .size = label->size,
                            .is_pair = label->is_pair,
                            .hash = hash,
                            .count = 1};
    memcpy(entry->bytes, label->bytes, label->size);
    tally->slots[slot] = (uint32_t)tally->count;
}

/* What is called so is shown where all the others are. */
static bool is_other(const struct label *label) {
    struct span first = {label->bytes, label->first_size};
    struct span second = {label->bytes + label->first_size, label->size - label->first_size};
    return span_is(first, "other") && (!label->is_pair || span_is(second, "other"));
}

void tally_add(struct tally *tally, struct span first, struct span second) {
    struct label label;
    make_label(&label, first, second);
    uint64_t hash = hash_of(tally, &label);
    size_t slot = hash & tally->mask;
    for (; tally->slots[slot]; slot = (slot + 1) & tally->mask) {
        struct entry *entry = &tally->entries[tally->slots[slot] - 1];
        if (is_same(entry, hash, &label)) {
            entry->count++;
            return;
        }
    }
    if (tally->count == tally->most || is_other(&label))
        tally->other++;
    else
        keep(tally, slot, hash, &label);
}

struct tally_rows tally_rows(const struct tally *tally, struct arena *arena) {
    struct tally_rows out = {arena_array(arena, tally->count, sizeof *out.rows), tally->count,
                             tally->other};
    for (size_t i = 0; i < tally->count; i++) {
        const struct entry *entry = &tally->entries[i];
        struct span all = arena_copy(arena, (struct span){entry->bytes, entry->size});
        out.rows[i] = (struct tally_row){
            .first = span_cut(all, 0, entry->first_size),
            .second = entry->is_pair ? span_cut(all, entry->first_size, all.size) : SPAN_NONE,
            .count = entry->count};
    }
    return out;
}
