/* kv: what policies remember by key (ctx.kv), as values that plans carry and stores keep.
 *
 * Every policy and app has keys of its own. A value is text, a number or a boolean, written as
 * JSON; it is gone at `expires_ms`. */
#ifndef CHAT21D_KV_H
#define CHAT21D_KV_H

#include "words/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { KV_KEY_BYTES = 256, KV_VALUE_BYTES = 4096 };

/* One change: a value that is set, or a key that is gone. Carries what is there after it, never a
 * difference ("one more"), so that a change which is applied twice is applied once. */
struct kv_change {
    struct span policy, app, key;
    struct span value;  /* JSON text; absent: the key is gone */
    int64_t expires_ms; /* wall clock; 0: never */
};

#endif
