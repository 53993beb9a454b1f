/* The automaton of a word list, built level by level from the sorted words: no tree of pointers in
 * between, and the levels near the root, where a search mostly is, lie together.
 *
 * Most words must not have a letter behind them. So a search within a word cannot begin a match
 * there, and `fail` leaves out what could not: in a list of whole words it leads to the root, where
 * the search passes over the rest of the text's word. It costs a third of what it did without. */
#include "wordlist_nodes.h"

#include "words/check.h"

#include <stdlib.h>

/* The words that begin with what a node stands for, by their places in the sorted list. */
struct range {
    uint32_t from, to;
};

struct builder {
    struct wordlist *list;
    const struct entries *entries;
    struct range *ranges;
    size_t room;
};

static void grow(struct builder *builder) {
    struct wordlist *list = builder->list;
    builder->room = builder->room ? 2 * builder->room : 1024;
    list->nodes = must_realloc(list->nodes, builder->room * sizeof *list->nodes);
    list->labels = must_realloc(list->labels, builder->room);
    builder->ranges = must_realloc(builder->ranges, builder->room * sizeof *builder->ranges);
}

static void add_node(struct builder *builder, struct range range, uint8_t depth, uint8_t label) {
    struct wordlist *list = builder->list;
    if (list->node_count == builder->room)
        grow(builder);
    size_t at = list->node_count++;
    list->nodes[at] = (struct node){.depth = depth};
    list->labels[at] = label;
    builder->ranges[at] = range;
}

static uint8_t byte_at(const struct builder *builder, uint32_t word, uint8_t depth) {
    const struct entry *entry = &builder->entries->items[word];
    return (uint8_t)builder->entries->bytes[entry->offset + depth];
}

/* The children of node `at`: one for each byte that its words go on with. */
static void add_children(struct builder *builder, uint32_t at) {
    struct wordlist *list = builder->list;
    struct range range = builder->ranges[at];
    uint8_t depth = list->nodes[at].depth;
    list->nodes[at].first = (uint32_t)list->node_count;
    if (range.from < range.to && builder->entries->items[range.from].size == depth) {
        uint8_t kinds = builder->entries->items[range.from++].kinds;
        list->nodes[at].kinds = kinds;
        list->has_open_left |= (kinds & (WORD_OPEN_LEFT | WORD_OPEN)) != 0;
        if (depth > list->longest)
            list->longest = depth;
    }
    while (range.from < range.to) {
        uint8_t label = byte_at(builder, range.from, depth);
        uint32_t to = range.from + 1;
        while (to < range.to && byte_at(builder, to, depth) == label)
            to++;
        add_node(builder, (struct range){range.from, to}, (uint8_t)(depth + 1), label);
        list->nodes[at].count++;
        if (at == 0)
            list->root[label] = (uint32_t)list->node_count - 1;
        range.from = to;
    }
}

/* The character that ends where `left` more bytes of the first of the node's words are to come. */
static bool is_letter_before(const struct builder *builder, uint32_t at, uint8_t left) {
    const struct wordlist *list = builder->list;
    const struct entry *entry = &builder->entries->items[builder->ranges[at].from];
    const char *word = builder->entries->bytes + entry->offset;
    char bytes[4] = "";
    size_t size = 0;
    for (int i = list->nodes[at].depth - left - 1; i >= 0 && size < sizeof bytes; i--)
        bytes[size++] = word[i]; /* as in the text */
    if (((unsigned char)bytes[0] & 0xc0) == 0x80)
        return false; /* in a text that is no UTF-8 it is a character by itself */
    return fold_at(&list->fold, (struct span){bytes, size}, 0).is_word;
}

static bool may_match(const struct builder *builder, uint32_t at, uint32_t end) {
    const struct node *node = &builder->list->nodes[end];
    return (node->kinds & LEADS_TO_OPEN) || !is_letter_before(builder, at, node->depth);
}

/* The parent's own `fail` is known: it stands on a level before. */
static void link_child(const struct builder *builder, uint32_t parent, uint32_t child) {
    struct wordlist *list = builder->list;
    uint32_t at = parent, next = 0;
    while (at != 0 && next == 0) {
        at = list->nodes[at].fail;
        next = node_child(list, at, list->labels[child]);
        if (next != 0 && !may_match(builder, child, next))
            next = 0;
    }
    struct node *node = &list->nodes[child];
    node->fail = next;
    node->found = node->kinds & WORD_KINDS ? child : list->nodes[next].found;
}

static void link_nodes(const struct builder *builder) {
    struct wordlist *list = builder->list;
    for (uint32_t parent = 0; parent < list->node_count; parent++) {
        const struct node *node = &list->nodes[parent];
        for (uint32_t i = 0; i < node->count; i++)
            link_child(builder, parent, node->first + i);
    }
}

static void mark_open(struct wordlist *list) {
    for (size_t at = list->node_count; at > 0; at--) {
        struct node *node = &list->nodes[at - 1];
        if (node->kinds & (WORD_OPEN_RIGHT | WORD_OPEN))
            node->kinds |= LEADS_TO_OPEN;
        for (uint32_t i = 0; i < node->count; i++)
            node->kinds |= list->nodes[node->first + i].kinds & LEADS_TO_OPEN;
    }
}

static int build(struct wordlist *list, const struct entries *entries, const char *shown,
                 struct why *why) {
    struct builder builder = {.list = list, .entries = entries};
    int rc = 0;
    grow(&builder);
    add_node(&builder, (struct range){0, (uint32_t)entries->count}, 0, 0);
    for (uint32_t at = 0; at < list->node_count && rc == 0; at++) {
        add_children(&builder, at);
        if (list->node_count > WORDLIST_NODES)
            rc = why_say(why, "%s: too much text in all: over %d different endings", shown,
                         WORDLIST_NODES);
    }
    if (rc == 0) {
        list->nodes = must_realloc(list->nodes, list->node_count * sizeof *list->nodes);
        list->labels = must_realloc(list->labels, list->node_count + LABELS_AT_ONCE);
        memset(list->labels + list->node_count, 0, LABELS_AT_ONCE);
        list->word_count = entries->count;
        mark_open(list);
        link_nodes(&builder);
    }
    free(builder.ranges);
    return rc;
}

struct wordlist *wordlist_build(struct span text, const char *shown, struct why *why) {
    struct wordlist *list = must_calloc(1, sizeof *list);
    atomic_init(&list->references, 1);
    struct entries entries = {.count = 0};
    int rc = fold_open(&list->fold, why);
    if (rc == 0)
        rc = entries_read(&list->fold, text, shown, &entries, why);
    if (rc == 0)
        rc = build(list, &entries, shown, why);
    entries_free(&entries);
    if (rc < 0)
        wordlist_release(&list);
    return list;
}

struct wordlist *wordlist_keep(struct wordlist *list) {
    atomic_fetch_add(&list->references, 1);
    return list;
}

void wordlist_release(struct wordlist **list) {
    struct wordlist *own = *list;
    *list = NULL;
    if (!own || atomic_fetch_sub(&own->references, 1) > 1)
        return;
    fold_close(&own->fold);
    free(own->nodes);
    free(own->labels);
    free(own);
}

bool wordlist_is_last(const struct wordlist *list) {
    return atomic_load(&list->references) == 1;
}

size_t wordlist_count(const struct wordlist *list) {
    return list->word_count;
}

size_t wordlist_memory(const struct wordlist *list) {
    return sizeof *list + list->node_count * (sizeof *list->nodes + sizeof *list->labels);
}

const struct fold *wordlist_fold(const struct wordlist *list) {
    return &list->fold;
}
