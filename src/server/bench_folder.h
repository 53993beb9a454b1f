/* bench_folder: a policies' folder of its own in which a manifest names one policy alone, with the
 * settings that the real one gives it. */
#ifndef CHAT21D_BENCH_FOLDER_H
#define CHAT21D_BENCH_FOLDER_H

#include "words/why.h"

#include <stddef.h>

/* Makes an empty one below TMPDIR (or /tmp), readable by us alone; its path goes to `folder`. */
int bench_folder_make(char *folder, size_t size, struct why *why);
/* Fills it anew: everything in `policies` as links, and a manifest that takes the entry of `name`
 * from the real one. */
int bench_folder_only(const char *folder, const char *policies, const char *name, struct why *why);
/* "" is none. */
void bench_folder_remove(char *folder);

#endif
