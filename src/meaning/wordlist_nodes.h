/* wordlist_nodes: the insides of a word list, shared by its files alone. */
#ifndef CHAT21D_WORDLIST_NODES_H
#define CHAT21D_WORDLIST_NODES_H

#include "fold.h"
#include "wordlist.h"

#include <endian.h>
#include <stdatomic.h>

/* Which kinds of entries end at a node: on which sides letters may stand. */
enum wordlist_kind {
    WORD_WHOLE = 1,
    WORD_OPEN_LEFT = 2,
    WORD_OPEN_RIGHT = 4,
    WORD_OPEN = 8,
    WORD_KINDS = 15,
    LEADS_TO_OPEN = 16 /* here or below ends a word behind which letters may stand */
};

/* A node is the end of a word, read backwards. Nodes stand in order of their depth, the children of
 * one beside each other; 0 is the root, and means "none" elsewhere. */
struct node {
    uint32_t first; /* of its children */
    uint32_t fail;  /* the longest other node that it ends with and that may match there */
    uint32_t found; /* the longest word it ends with, itself included */
    uint8_t count;  /* of children: fewer than there are bytes in UTF-8 */
    uint8_t depth;  /* bytes of the word so far */
    uint8_t kinds;  /* enum wordlist_kind; 0: no word */
};

enum { LABELS_AT_ONCE = 8 };

struct wordlist {
    atomic_uint references;
    struct fold fold;
    struct node *nodes;
    uint8_t *labels; /* by which byte a node is reached from its parent; padded by LABELS_AT_ONCE */
    size_t node_count, word_count;
    size_t longest;     /* bytes of a word */
    bool has_open_left; /* else nothing begins within a word */
    uint32_t root[256]; /* the root's children by byte */
};

/* The file's words, sorted and each one once. */
struct entry {
    uint64_t key; /* its first eight bytes: most comparisons end there */
    uint32_t offset;
    uint8_t size, kinds;
};
struct entries {
    struct entry *items;
    size_t count;
    char *bytes; /* folded and backwards */
    size_t size;
};

int entries_read(const struct fold *fold, struct span text, const char *shown, struct entries *out,
                 struct why *why);
void entries_free(struct entries *entries);

static inline uint32_t node_child(const struct wordlist *list, uint32_t at, uint8_t byte) {
    if (at == 0)
        return list->root[byte];
    const struct node *node = &list->nodes[at];
    const uint8_t *labels = list->labels + node->first;
    /* Eight at a time without a branch for each: the lowest zero byte of `same` is exact. */
    for (uint32_t i = 0; i < node->count; i += LABELS_AT_ONCE) {
        uint64_t word;
        memcpy(&word, labels + i, sizeof word);
        uint64_t same = le64toh(word) ^ (UINT64_C(0x0101010101010101) * byte);
        same = (same - UINT64_C(0x0101010101010101)) & ~same & UINT64_C(0x8080808080808080);
        if (same == 0)
            continue;
        uint32_t found = i + (uint32_t)__builtin_ctzll(same) / 8;
        return found < node->count ? node->first + found : 0;
    }
    return 0;
}

#endif
