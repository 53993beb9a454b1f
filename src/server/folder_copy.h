/* folder_copy: a copy of a folder of policies: its files NAME.lua and what is in lists/.
 *
 * What begins with a dot, other folders, and whatever is no file are passed over; a link becomes
 * what it leads to (Kubernetes' files are links), so that the copy stands for itself. */
#ifndef CHAT21D_FOLDER_COPY_H
#define CHAT21D_FOLDER_COPY_H

#include "words/why.h"

/* Copies `policies` to a new folder (0700) `name` in the folder `at`; one that is there goes first.
 * An error leaves nothing there. */
int folder_copy(int at, const char *name, const char *policies, struct why *why);

/* Removes a folder that folder_copy made. It may not be there. */
void folder_remove(int at, const char *name);

/* A descriptor of the folder, or -1 with errno. */
int folder_open(int at, const char *name);

/* Calls `each` for the folder's entries but those that begin with a dot, until it gives other than
 * 0, which is what comes back. */
int folder_each(int folder, int (*each)(int folder, int to, const char *name, struct why *why),
                int to, struct why *why);

#endif
