/* wordlists: the lists in use, so that a reload with an unchanged file does not build it again.
 *
 * A list is known by its bytes, wherever they lie. Has one owner thread at a time; the lists
 * themselves have no such bound. */
#ifndef CHAT21D_POLICY_WORDLISTS_H
#define CHAT21D_POLICY_WORDLISTS_H

#include "meaning/wordlist.h"

#include <stdint.h>

struct wordlists;
struct wordlists *wordlists_new(void);
/* Lists that somebody else holds live on. */
void wordlists_free(struct wordlists **lists);

/* The list in the file `path`: a regular file of at most WORDLIST_BYTES. The caller releases it
 * (wordlist_release). NULL: `why` has "SHOWN:LINE: reason" or "SHOWN: reason". `*digest` is that of
 * its bytes. Lets go of the lists that nobody else holds. */
struct wordlist *wordlists_load(struct wordlists *lists, const char *path, const char *shown,
                                uint64_t *digest, struct why *why);

/* Lets go of the lists that nobody else holds. */
void wordlists_drop_unused(struct wordlists *lists);

/* How many are held. */
size_t wordlists_count(const struct wordlists *lists);

#endif
