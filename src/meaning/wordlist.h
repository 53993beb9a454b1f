/* wordlist: finds which of very many words and phrases a text holds, in time linear in the text.
 *
 * The words are put into one automaton (Aho and Corasick, 1975) that reads the text from its end to
 * its beginning: then what is found at a place is what begins there, the longest of it is known at
 * once, and taking matches from the left needs no second look. Case does not matter (fold.h), and
 * matches are byte ranges of the text as it is.
 *
 * A list is UTF-8 text, a word or phrase a line, with blanks around it taken off; empty lines and
 * lines that begin with # are skipped. A word matches where no letter or digit stands beside it; a
 * * in front or behind lets letters stand on that side: `cat` matches in "a cat!", `cat*` in "cats"
 * and
 * `*cat*` in "concatenate", too.
 *
 * Promises: matches are the leftmost, of those the longest, and do not overlap; a search allocates
 * nothing, and takes a few steps a byte of the text, and one for each word of the list that begins
 * there. Never fails on a text, whatever its bytes. A list never
 * changes after it is built, and may be searched by several threads. 17 bytes a node; words share
 * the nodes of their common endings (100,000 words: tests/bench/RESULTS.md). */
#ifndef CHAT21D_WORDLIST_H
#define CHAT21D_WORDLIST_H

#include "words/span.h"
#include "words/why.h"

#include <stdint.h>

enum {
    WORDLIST_BYTES = 16 * 1024 * 1024, /* of the file */
    WORDLIST_WORDS = 200000,
    WORDLIST_WORD = 200,      /* bytes of a word; also once folded */
    WORDLIST_NODES = 4000000, /* 68 MB */
};

struct fold;
struct wordlist;

/* Builds a list from the bytes of a file. NULL: `why` has "SHOWN:LINE: reason". The caller has the
 * one reference there is. */
struct wordlist *wordlist_build(struct span text, const char *shown, struct why *why);

/* References are counted, by several threads if need be; the last release frees the list. */
struct wordlist *wordlist_keep(struct wordlist *list);
void wordlist_release(struct wordlist **list);
/* Does nobody else hold it? */
bool wordlist_is_last(const struct wordlist *list);

size_t wordlist_count(const struct wordlist *list);  /* of different words */
size_t wordlist_memory(const struct wordlist *list); /* bytes */
const struct fold *wordlist_fold(const struct wordlist *list);

/* A search: a value that lives for one text. */
enum { WORDLIST_BLOCK = 1024 };
struct wordlist_search {
    const struct wordlist *list;
    struct span text;
    size_t at;        /* the next match begins here or later */
    size_t from, end; /* what `longest` knows of */
    uint64_t steps;   /* left */
    uint16_t longest[WORDLIST_BLOCK];
};

/* Matches begin at `init` (at most the text's size) or later; what stands before it is still looked
 * at, to see whether a word begins there. `steps` bound the search. */
void wordlist_start(struct wordlist_search *search, const struct wordlist *list, struct span text,
                    size_t init, uint64_t steps);

enum wordlist_result { WORDLIST_NO, WORDLIST_YES, WORDLIST_BUDGET };

/* The next match, as a part of the text, never empty. WORDLIST_BUDGET: no steps are left, and
 * `search->steps` is 0. */
enum wordlist_result wordlist_next(struct wordlist_search *search, struct span *match);

#endif
