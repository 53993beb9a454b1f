/* request_webhooks: {"do":"webhooks","what":"retry"|"drop","id":N,"dead":BOOL}; with N = 0 all that
 * wait or, with "dead", all that are dead. Answered once it is stored: {"ok":true,"count":N}. */
#ifndef CHAT21D_REQUEST_WEBHOOKS_H
#define CHAT21D_REQUEST_WEBHOOKS_H

#include "server/control.h"

struct worker;
bool request_webhooks(struct worker *worker, struct call *call);

#endif
