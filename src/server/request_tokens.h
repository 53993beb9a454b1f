/* request_tokens: {"do":"revoke","app":…,"user":…,"seconds":N}, and "restore" without the last:
 * answered when it is stored. */
#ifndef CHAT21D_REQUEST_TOKENS_H
#define CHAT21D_REQUEST_TOKENS_H

#include "server/control.h"
#include "server/worker.h"

bool request_revoke(struct worker *worker, struct call *call);
bool request_restore(struct worker *worker, struct call *call);

#endif
