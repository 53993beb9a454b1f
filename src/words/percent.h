/* percent: what %XX stands for (RFC 3986, section 2.1). */
#ifndef CHAT21D_PERCENT_H
#define CHAT21D_PERCENT_H

#include "words/span.h"

/* The byte that %XX at the beginning stands for; -1: that is none. */
int percent_byte(struct span text);

#endif
