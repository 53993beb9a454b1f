/* kept: a copy of the policies that were last taken, in the data folder (`policies.kept`), so that
 * a worker that has to start while the set on disk is broken goes on with the rules that were in
 * force: a crash must not turn a refused edit into an outage. */
#ifndef CHAT21D_KEPT_H
#define CHAT21D_KEPT_H

#include "words/arena.h"
#include "words/why.h"

/* The folder's path, in the arena. It may not be there. */
const char *kept_folder(struct arena *arena, const char *data);

/* Copies the Lua files of `policies`. The older copy is replaced once the new one is whole. */
int kept_save(const char *data, const char *policies, struct why *why);

#endif
