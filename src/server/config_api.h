/* config_api: what the settings of the HTTP API say together: its certificate and key, the base of
 * its paths, whose word counts for whom. Used by config. */
#ifndef CHAT21D_CONFIG_API_H
#define CHAT21D_CONFIG_API_H

#include "server/config_webhooks.h"

/* Fills in what is read from files and lists. Each problem names the setting, and shows nothing of
 * a key. */
void config_api(struct arena *arena, struct config_api *api, const struct problems *problems);

#endif
