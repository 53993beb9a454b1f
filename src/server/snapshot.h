/* snapshot: a number for the files of a folder of policies as they are: which they are, how large
 * and when written, not what is in them. While it stays the same, what was read in between belongs
 * together. */
#ifndef CHAT21D_SNAPSHOT_H
#define CHAT21D_SNAPSHOT_H

#include <stdint.h>

/* Of NAME.lua, and of what is in lists/; links count as what they lead to. */
uint64_t snapshot_of(const char *path);

#endif
