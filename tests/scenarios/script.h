/* script: the language scenarios are written in; README.md beside it lists its words. */
#ifndef CHAT21D_SCRIPT_H
#define CHAT21D_SCRIPT_H

#include "words/why.h"

/* Plays a file. 0: everything happened as it says; else `why` has line and reason. */
int script_play(const char *path, const char *policies, struct why *why);

#endif
