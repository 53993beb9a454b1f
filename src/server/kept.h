/* kept: a copy of the policies that were last taken, in the data folder (`policies.kept`), so that
 * a worker that has to start while the set on disk is broken goes on with the rules that were in
 * force: a crash must not turn a refused edit into an outage. */
#ifndef CHAT21D_KEPT_H
#define CHAT21D_KEPT_H

#include "ports/policy.h"
#include "words/arena.h"
#include "words/why.h"

/* The folder's path, in the arena. It may not be there. */
const char *kept_folder(struct arena *arena, const char *data);

/* Copies the files of `policies` (NAME.lua, and what is in lists/) beside the copy that is kept, as
 * they are now: before they are loaded, since whoever edits them may do so again right after. */
int kept_copy(const char *data, const char *policies, struct why *why);

/* Keeps what kept_copy made: synced, loaded as a test, and put in its place in one step; a power
 * cut leaves the one or the other. Where it is not `generation` nothing is kept (and nothing
 * wrong): whoever changed the files in between causes another load. */
int kept_take(const char *data, const struct policy_host *host, uint64_t generation,
              struct why *why);

#endif
