/* config_tokens: what the settings of tokens say together: which keys there are. Used by config; a
 * key is read by `chat21d token` too. */
#ifndef CHAT21D_CONFIG_TOKENS_H
#define CHAT21D_CONFIG_TOKENS_H

#include "server/config_webhooks.h"

enum { TOKEN_KEYS_MAX = 32 };

/* Fills in the ring and the warnings from what else is there. Each problem names the setting, and
 * shows nothing of a key. */
void config_tokens(struct arena *arena, struct config_tokens *tokens,
                   const struct problems *problems);

/* A problem for each key that stands in examples, unless that is allowed. */
void config_refuse_published(struct arena *arena, const struct config *config,
                             const struct problems *problems);

/* A PEM text as it was said, with line ends where \n is written out. */
struct span config_with_lines(struct arena *arena, struct span text);

/* The key in a file, without the line's end behind it. `*others_may` are the permissions that all
 * on this machine have on it (of S_IROTH, S_IWOTH). */
int config_read_key(struct arena *arena, const char *file, struct span *key, unsigned *others_may,
                    struct why *why);

#endif
