/* lookup: one question to a contact directory. */
#ifndef CHAT21D_HOOK_LOOKUP_H
#define CHAT21D_HOOK_LOOKUP_H

#include "ports/contacts.h"
#include "ports/hook/parts.h"

struct lookup;

/* Under way from now on, as one of `multi`'s. */
struct lookup *lookup_new(CURLM *multi, const struct contacts_settings *settings, struct span id);
/* Breaks it off, if it is. */
void lookup_free(struct lookup **lookup);
bool lookup_is(const struct lookup *lookup, const CURL *easy);
struct span lookup_id(const struct lookup *lookup);
/* It has ended with `code`. The names as a JSON object, in the arena; absent: nothing is known. -1:
 * that is no answer; `why`. */
int lookup_conclude(const struct lookup *lookup, CURLcode code, struct arena *arena,
                    struct span *names, struct why *why);

#endif
