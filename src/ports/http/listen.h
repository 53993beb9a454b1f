/* listen: the socket that a server of ours listens on. */
#ifndef CHAT21D_HTTP_LISTEN_H
#define CHAT21D_HTTP_LISTEN_H

#include "words/why.h"

#include <stdint.h>

/* A socket that listens there, -1: `why`. `*found` is the port it has got. */
int listen_on(const char *address, uint16_t port, uint16_t *found, struct why *why);

#endif
