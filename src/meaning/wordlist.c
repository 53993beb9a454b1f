#include "wordlist_nodes.h"

#include "words/check.h"

#include <assert.h>

/* A text is read in blocks, each from behind its end (as far as a match that begins in it can
 * reach) back to its beginning; so a search that is content with its first match stays short. */

enum {
    SHRINK = 3,   /* bytes of a character whose folded one has a byte (the Kelvin sign) */
    RING = 256,   /* more than the bytes of a word */
    FLAG = 0x8000 /* in `ends`: a letter follows */
};
static_assert((int)WORDLIST_WORD < (int)RING, "a word's bytes fit the ring");
static_assert((int)WORDLIST_BLOCK + SHRINK * (int)WORDLIST_WORD < FLAG,
              "an offset fits beside the flag");

struct scan {
    struct wordlist_search *search;
    size_t at;           /* the text's place, going down */
    uint32_t state;      /* the node */
    size_t count;        /* folded bytes read */
    bool letter_behind;  /* `at` */
    uint16_t end;        /* of the character that is being read */
    uint16_t ends[RING]; /* of those read last: where its character ends, from the block on */
};

static bool spend(struct wordlist_search *search) {
    if (search->steps == 0)
        return false;
    search->steps--;
    return true;
}

/* `may_end`: a word may end with this byte, as far as what follows goes. */
static bool take_byte(struct scan *scan, uint8_t byte, bool may_end) {
    const struct wordlist *list = scan->search->list;
    uint32_t next = 0;
    for (;;) {
        if (!spend(scan->search))
            return false;
        next = node_child(list, scan->state, byte);
        if (next != 0 || scan->state == 0)
            break;
        scan->state = list->nodes[scan->state].fail;
    }
    if (scan->state == 0 && !may_end && !(list->nodes[next].kinds & LEADS_TO_OPEN))
        next = 0;
    scan->state = next;
    return true;
}

/* The kinds of words that may stand between such neighbours. */
static uint8_t kinds_between(bool letter_before, bool letter_behind) {
    static const uint8_t kinds[2][2] = {
        {WORD_WHOLE | WORD_OPEN_LEFT | WORD_OPEN_RIGHT | WORD_OPEN, WORD_OPEN_RIGHT | WORD_OPEN},
        {WORD_OPEN_LEFT | WORD_OPEN, WORD_OPEN}};
    return kinds[letter_before][letter_behind];
}

/* The longest word that begins where the scan is. */
static bool note_longest(struct scan *scan) {
    struct wordlist_search *search = scan->search;
    const struct wordlist *list = search->list;
    bool letter_before = scan->at && fold_before(&list->fold, search->text, scan->at).is_word;
    if (letter_before && !list->has_open_left)
        return true;
    size_t from = scan->at - search->from;
    for (uint32_t at = list->nodes[scan->state].found; at != 0;) {
        if (!spend(search))
            return false;
        const struct node *node = &list->nodes[at];
        uint16_t end = scan->ends[(scan->count - node->depth) % RING];
        if (node->kinds & kinds_between(letter_before, (end & FLAG) != 0)) {
            search->longest[from] = (uint16_t)((size_t)(end & ~FLAG) - from);
            return true;
        }
        at = list->nodes[node->fail].found;
    }
    return true;
}

static bool take_folded(struct scan *scan, char byte, bool may_end) {
    if (!take_byte(scan, (uint8_t)byte, may_end))
        return false;
    scan->ends[scan->count++ % RING] = scan->end;
    return true;
}

/* A character that is not ASCII, backwards. */
static bool take_other(struct scan *scan) {
    const struct wordlist_search *search = scan->search;
    struct folded folded = fold_before(&search->list->fold, search->text, scan->at);
    if (folded.taken > scan->at - search->from) {
        scan->at = search->from; /* the search began within a character */
        scan->state = 0;
        return true;
    }
    for (size_t i = folded.size; i > 0; i--)
        if (!take_folded(scan, folded.bytes[i - 1], i == folded.size && !(scan->end & FLAG)))
            return false;
    scan->at -= folded.taken;
    scan->letter_behind = folded.is_word;
    return true;
}

/* False: no steps are left. */
static bool take_character(struct scan *scan) {
    const struct wordlist_search *search = scan->search;
    const struct fold *fold = &search->list->fold;
    scan->end = (uint16_t)((scan->at - search->from) | (scan->letter_behind ? FLAG : 0));
    unsigned char byte = (unsigned char)search->text.at[scan->at - 1];
    if (byte >= 128)
        return take_other(scan);
    if (!take_folded(scan, (char)fold->lower[byte], !scan->letter_behind))
        return false;
    scan->at--;
    scan->letter_behind = fold->is_word[byte];
    return true;
}

static bool scan_block(struct wordlist_search *search, size_t behind) {
    const struct wordlist *list = search->list;
    struct scan scan; /* the ring is not cleared: it is read where it was written */
    scan.search = search;
    scan.at = behind;
    scan.state = 0;
    scan.count = 0;
    scan.letter_behind =
        behind < search->text.size && fold_at(&list->fold, search->text, behind).is_word;
    while (scan.at > search->from) {
        if (!take_character(&scan))
            return false;
        if (scan.at < search->end && list->nodes[scan.state].found != 0 && !note_longest(&scan))
            return false;
    }
    return true;
}

static bool next_block(struct wordlist_search *search) {
    size_t left = search->text.size - search->at;
    size_t size = left < WORDLIST_BLOCK ? left : WORDLIST_BLOCK;
    search->from = search->at;
    search->end = search->from + size;
    memset(search->longest, 0, size * sizeof *search->longest);
    size_t reach = SHRINK * search->list->longest;
    size_t behind = left - size < reach ? search->text.size : search->end + reach;
    return scan_block(search, behind);
}

void wordlist_start(struct wordlist_search *search, const struct wordlist *list, struct span text,
                    size_t init, uint64_t steps) {
    check(init <= text.size);
    search->list = list;
    search->text = text;
    search->at = search->from = search->end = init;
    search->steps = steps;
}

enum wordlist_result wordlist_next(struct wordlist_search *search, struct span *match) {
    while (search->at < search->text.size) {
        if (search->at >= search->end && !next_block(search)) {
            search->steps = 0;
            search->end = search->at; /* nothing is known of it */
            return WORDLIST_BUDGET;
        }
        for (; search->at < search->end; search->at++) {
            size_t size = search->longest[search->at - search->from];
            if (size == 0)
                continue;
            *match = span_cut(search->text, search->at, size);
            search->at += size;
            return WORDLIST_YES;
        }
    }
    return WORDLIST_NO;
}
