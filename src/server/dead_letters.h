/* dead_letters: takes one user's letters out of the broker's dead queue, on a thread of its own
 * with connections of its own, as `chat21d dead` would: the others go back to their places.
 *
 * A letter is the user's where its key names the app and the user, or its body says that the user
 * sent it, or is to have it. Bounded memory: the broker holds the letters meanwhile. */
#ifndef CHAT21D_DEAD_LETTERS_H
#define CHAT21D_DEAD_LETTERS_H

#include "ports/broker.h"

struct dead_letters;

/* Begins. The settings' strings are borrowed for its life. */
struct dead_letters *dead_letters_erase(const struct broker_settings *settings, struct span app,
                                        struct span user);
/* Is it over? 1: `*dropped` are gone; -1: not all could be (`why`), try again; 0: not yet. */
int dead_letters_over(struct dead_letters *letters, uint64_t *dropped, struct why *why);
/* Waits for the thread, at most for the letter and the answer that it is at. */
void dead_letters_free(struct dead_letters **letters);

/* For tests: is the letter that user's? */
bool dead_letter_is_of(const struct dead_letter *letter, struct span app, struct span user);

#endif
