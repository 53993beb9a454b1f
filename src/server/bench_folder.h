/* bench_folder: a policies' folder of its own in which a manifest names one policy alone, with the
 * settings that the real one gives it. */
#ifndef CHAT21D_BENCH_FOLDER_H
#define CHAT21D_BENCH_FOLDER_H

#include "words/why.h"

#include <stddef.h>

/* Makes a copy of `policies` below TMPDIR (or /tmp), readable by us alone; its path goes to
 * `folder`,
 * "" where that failed. A copy, for a word list that is a link out of the folder is refused. */
int bench_folder_make(char *folder, size_t size, const char *policies, struct why *why);
/* Writes its manifest anew: the entry of `name` from the one in `policies`. */
int bench_folder_only(const char *folder, const char *policies, const char *name, struct why *why);
/* "" is none. */
void bench_folder_remove(char *folder);

#endif
