/* why: the reason something in the world went wrong, in words a person can act on.
 *
 * A function that can fail returns 0 or -1 and takes a `struct why *` last; on -1 the words are
 * filled in and every other output is untouched. Words never hold a body, a token or a password. */
#ifndef CHAT21D_WHY_H
#define CHAT21D_WHY_H

struct why {
    char words[1600]; /* a broken set of policies has several lines */
};

/* Writes the words (cut at the struct's size, always terminated) and returns -1, so that a
 * failure reads `return why_say(why, "…")`. `why` may be NULL: nobody asked. */
int why_say(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts a context in front of the words already there ("policies/a.lua: " + words). Returns -1. */
int why_prefix(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
