/* not_served: what earlier servers read from the environment and this version does not serve yet
 * (protocol, section 6). The names are known, so nothing is refused; what would have an effect is
 * said once. */
#ifndef CHAT21D_NOT_SERVED_H
#define CHAT21D_NOT_SERVED_H

#include "words/arena.h"
#include "words/span.h"

/* The names that are set to something that would have an effect, comma separated; NULL: none. */
const char *not_served(struct arena *arena, char *const *environment);

/* The value of a variable; NULL where it is not set, or empty. */
const char *environment_value(char *const *environment, const char *variable);

#endif
