/* requests: what the control socket can be asked. The table is in requests.c, one function each;
 * {"do":NAME, …}. */
#ifndef CHAT21D_REQUESTS_H
#define CHAT21D_REQUESTS_H

#include "server/control.h"

/* Answers as control_handle wants it; `self` is the worker. */
bool requests_handle(void *self, struct call *call);

#endif
