/* load_keys: the keys of a table that a file returned. */
#ifndef CHAT21D_POLICY_LOAD_KEYS_H
#define CHAT21D_POLICY_LOAD_KEYS_H

#include "faults.h"
#include "set.h"

/* Complains of each key of the table at `index` that is not in the list (NULL at the end): "no such
 * key: x (did you mean y?)". Places 1 to `places` are allowed. */
void check_keys(lua_State *lua, int index, const struct subject *subject, const char *const *known,
                int places);

/* The field `on_error` of the table at `index`. False where it is nil, or complained about. */
bool read_on_error(lua_State *lua, int index, const struct subject *subject,
                   enum policy_on_error *on_error);

#endif
