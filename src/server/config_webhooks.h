/* config_webhooks: what the settings of webhooks say together: who is told of what. Used by config
 * only. */
#ifndef CHAT21D_CONFIG_WEBHOOKS_H
#define CHAT21D_CONFIG_WEBHOOKS_H

#include "server/config.h"

/* Told of each thing that is wrong, in words that are copied. */
struct problems {
    void *self;
    void (*add)(void *self, struct span words);
};

/* Fills in config->webhooks.outbox.endpoints, from what else is there; where webhooks are off there
 * are none. Each problem names the setting, and shows nothing of a URL: it may hold a password or a
 * token. */
void config_webhooks(struct arena *arena, struct config *config, const struct problems *problems);

#endif
