/* verdict: reads what decide returned, strictly: what is not exactly as the manual says is the
 * policy's error. */
#ifndef CHAT21D_POLICY_VERDICT_H
#define CHAT21D_POLICY_VERDICT_H

#include "question.h"

/* Within the call: reads the one value on the stack into call->answer, or throws. */
void verdict_read(lua_State *lua, struct call *call);

/* Within the call: the value at `index` as JSON text in the arena. Throws for what JSON has not
 * (NaN, functions, circles), for a table that is neither list nor object, and for too much of it.
 */
struct span encode_value(lua_State *lua, struct arena *arena, int index);

enum {
    ENCODE_DEPTH = 16,
    ENCODE_ENTRIES = 4096,
    ENCODE_BYTES = 256 * 1024, /* one value */
    VERDICT_PATHS = 64,
    VERDICT_PATH_BYTES = 200,
    VERDICT_PATH_PARTS = 8,
    VERDICT_CODE_BYTES = 64,
    VERDICT_REASON_BYTES = 500,
};

#endif
