/* config_webhooks: what the settings of webhooks say together: who is told of what. Used by config
 * only. */
#ifndef CHAT21D_CONFIG_WEBHOOKS_H
#define CHAT21D_CONFIG_WEBHOOKS_H

#include "server/config.h"

/* Fills in config->webhooks.outbox.endpoints, from what else is there; where webhooks are off there
 * are none. Of -1 `why` names the setting, and shows nothing of a URL: it may hold a password
 * or a token. */
int config_webhooks(struct arena *arena, struct config *config, struct why *why);

#endif
