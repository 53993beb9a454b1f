/* faults: all that is wrong with a set, a line each, so that an operator mends it in one go. */
#ifndef CHAT21D_POLICY_FAULTS_H
#define CHAT21D_POLICY_FAULTS_H

#include "place.h"

#include "words/why.h"

/* Lines are added to `why`; what has no room there is counted. */
struct faults {
    struct why *why;
    size_t used;
    unsigned count, left_out;
};
struct faults faults_start(struct why *why);
void faults_add(struct faults *faults, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* -1 where there were any. */
int faults_end(struct faults *faults);

/* What in which file is complained about. */
struct subject {
    const char *shown;
    struct span text;
    struct faults *faults;
    const char *what;      /* "entry 2 (x): ", before the words; "": nothing */
    struct span within[2]; /* where it stands: the way to it */
    bool from_key;         /* as in struct place */
};
/* "SHOWN:LINE: WHAT" and the words. `key` of the subject, or NULL, is where the line is looked for.
 */
void complain(const struct subject *subject, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
